"""`add`, `update`, `remove`, `copy` and `jwe-key`: the words of `step ca provisioner`, as staged edits.

What a flag means stands in the flags table; where the result differs from step's on purpose is said in
docs/differences.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.changes import edits_of, fresh_values, refuse_conflicts, refuse_missing
from shell.commands.entries import new_entry
from shell.commands.entrytext import entry_from_text
from shell.commands.flags import ADD, UPDATE
from shell.commands.flagvalues import SourceFile, flag_parameters
from shell.commands.keywork import KeyWork, key_changes, key_work, with_key_password
from shell.commands.parameters import KEY_ID, NEW_NAME, PROVISIONER, TYPE, switch
from shell.commands.recipes import changes_of
from shell.commands.words import text_of
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.command import DRAFT, NOTHING, Command
from shell.language.parameters import Parameter, Text
from shell.model import types
from shell.model.provisioner import format_path
from shell.model.types import find_type
from shell.results import Lines, Result
from shell.staging.edits import Add, Remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shell.commands.recipes import Change
    from shell.commands.words import Word
    from shell.language.parameters import Source
    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId
    from shell.session import Session
    from shell.staging.edits import Edit


def add(
    session: Session,
    name: str,
    key_file: Source | None = None,
    *,
    type: str | None = None,
    entry: Word | None = None,
    flags: Mapping[str, object],
) -> Result:
    """Stage a new provisioner: from flags, from a key file, or from the JSON of its entry."""
    session.require_free(name)
    if entry is not None:
        if type is not None or flags or key_file is not None:
            raise UsageError(
                "contradicting-flags", "--entry says everything", hint="leave the other flags out"
            )
        return _stage_new(session, entry_from_text(name, text_of(session, entry, trimmed=True)), [])
    of_type = find_type(type) or types.JWK
    if key_file is not None and of_type is not types.JWK:
        raise UsageError(
            "contradicting-flags",
            f"a key file makes a JWK provisioner, not one of type {of_type.name}",
            hint="leave out the file, or --type",
        )
    work = key_work(flags, key_file) if of_type is types.JWK else KeyWork()
    changes, notices = changes_of(session, ADD, of_type, flags)
    refuse_missing(of_type, name, changes, has_key=work.gives_key)

    def finish(keys: list[Change], more: list[str]) -> Result:
        item = new_entry(of_type, name, fresh_values([*keys, *changes]))
        return _stage_new(session, item, [*notices, *more])

    return _with_keys(session, name, work, None, finish)


def update(session: Session, name: str, *, flags: Mapping[str, object]) -> Result:
    """Stage changes of a provisioner: of what the flags name, and of nothing else."""
    id_ = session.find(name)
    item = session.view.provisioner(id_)
    if item.type is None:
        raise UsageError(
            "unknown-type",
            f"{visible(item.name)} is of a type that this program has not heard of",
            hint=f"change its fields with: set {name} FIELD JSON, or: edit {name}",
        )
    if not flags:
        raise UsageError(
            "nothing-given", "update changes what its flags name, and there are none", hint="help update"
        )
    work = key_work(flags) if item.type is types.JWK else KeyWork()
    changes, notices = changes_of(session, UPDATE, item.type, flags)
    new_name = flags.get("new_name", item.name)
    if new_name != item.name:
        session.require_free(str(new_name))

    def finish(keys: list[Change], more: list[str]) -> Result:
        edits, remarks = edits_of(id_, item, [*keys, *changes])
        told = [*notices, *more, *remarks]
        if not edits:
            return Result(notices=[*told, f"{visible(item.name)} is so already; nothing to do"])
        session.stage(edits)
        return Result(notices=told, remarks=[f"staged: {_fields_of(edits)} of {visible(item.name)}"])

    return _with_keys(session, name, work, item, finish)


def _fields_of(edits: Iterable[Edit]) -> str:
    """Return the fields that edits are about, each once."""
    paths = dict.fromkeys(format_path(edit.path) for edit in edits if not isinstance(edit, Add | Remove))
    return ", ".join(map(visible, paths))


def remove(session: Session, name: str, *, kid: str | None = None, all: bool = False) -> Result:
    """Stage the removal of a provisioner; with `kid` only if that is its key."""
    if kid is not None:
        ids = _with_kid(session, name, kid)
    elif all:
        ids = list(session.view.named(name)) or [session.find(name)]
    else:
        ids = [session.find(name)]
    names = [visible(session.view.summary(id_).name) for id_ in ids]
    session.stage(Remove(id_) for id_ in ids)
    return Result(remarks=[f"staged: removal of {each}" for each in names])


def copy(session: Session, name: str, new_name: str, *, flags: Mapping[str, object]) -> Result:
    """Stage a copy of a provisioner under another name, with an identity of its own."""
    from shell.commands.copying import copied

    item = session.get(name)
    session.require_free(new_name)
    if item.type is None:
        return _stage_new(session, copied(item, new_name), [])
    of_type = item.type
    work = key_work(flags) if of_type is types.JWK else KeyWork()
    changes, notices = changes_of(session, ADD, of_type, flags)
    start = copied(item, new_name, changes, has_key=work.gives_key)

    def finish(keys: list[Change], more: list[str]) -> Result:
        from shell.staging.edits import apply

        result: Provisioner | None = start
        id_ = session.draft.new_id()
        edits, remarks = edits_of(id_, start, [*keys, *changes])
        for edit in edits:
            result = apply(edit, result)
        return _stage_new(session, result or start, [*notices, *more, *remarks])

    return _with_keys(session, new_name, work, None, finish)


def jwe_key(session: Session, kid: str) -> Result:
    """Return the encrypted private key of a key identifier, as the CA gives it to anybody."""
    view = session.view
    found = [id_ for id_ in view.ids() if (row := view.summary(id_)).type is types.JWK and row.kid == kid]
    if not found:
        raise ShellError(
            "no-such-key", f'no provisioner has the key "{visible(kid)}"', hint="see the keys with: list"
        )
    # of several the CA gives out the last one it stored
    item = view.provisioner(found[-1])
    encrypted = item.members.get("encryptedKey")
    if not isinstance(encrypted, str) or not encrypted:
        raise ShellError(
            "no-encrypted-key",
            f"{visible(item.name)} has this key, and its private half is not in the file",
            hint="whoever made the provisioner keeps it elsewhere",
        )
    return Result([Lines([visible(encrypted)])], json=encrypted)


def _with_keys(
    session: Session,
    name: str,
    work: KeyWork,
    present: Provisioner | None,
    finish: Callable[[list[Change], list[str]], Result],
) -> Result:
    """Return `finish(changes, notices)` of the key that a line asks for, after its password where it needs one."""
    if work.is_empty:
        return finish([], [])

    def then(password: str | None, notices: list[str]) -> Result:
        changes, more = key_changes(session, work, password, present)
        return finish(changes, [*notices, *more])

    return with_key_password(session, name, work, then)


def _stage_new(session: Session, item: Provisioner, notices: list[str]) -> Result:
    session.require_free(item.name)
    refuse_conflicts(item)
    session.stage([Add(session.draft.new_id(), item)])
    what = visible(item.type_name) or "no type"
    return Result(notices=notices, remarks=[f"staged: new provisioner {visible(item.name)} ({what})"])


def _with_kid(session: Session, name: str, kid: str) -> list[ProvisionerId]:
    """Return the provisioner of this name with this key; raises UsageError naming the keys there are."""
    view = session.view
    ids = list(view.named(name)) or [session.find(name)]
    kids = {id_: view.summary(id_).kid for id_ in ids if view.summary(id_).type is types.JWK}
    found = [id_ for id_, own in kids.items() if own == kid]
    if not found:
        own = ", ".join(visible(each) for each in kids.values())
        raise UsageError(
            "other-key",
            f'{visible(name)} has not the key "{visible(kid)}"; nothing is removed',
            hint=f"its key is {own}" if own else "it has no key",
        )
    return found


COMMANDS = (
    Command(
        "add",
        add,
        (
            Parameter("name", NEW_NAME, "the name of the new provisioner", required=True),
            Parameter("key_file", SourceFile("JWK-FILE"), "a key file, which makes a JWK provisioner"),
            Parameter("type", TYPE, "the type, JWK without it", flag="--type"),
            Parameter(
                "entry",
                Text("JSON", secret=True),
                "the whole entry as in ca.json, or @FILE with it",
                flag="--entry",
            ),
            *flag_parameters(ADD, type_given=True),
        ),
        "Add a provisioner.",
        DRAFT,
        examples=(
            "add acme --type ACME --require-eab",
            "add cicd --create --password-file password.txt",
            "add Google --type OIDC --client-id ID --client-secret @secret.txt --configuration-endpoint https://accounts.google.com",
            "add legacy --entry @entry.json",
        ),
        details="A key password protects the key of the new provisioner; it is not your login password.",
    ),
    Command(
        "update",
        update,
        (
            Parameter("name", PROVISIONER, "the provisioner", required=True),
            *flag_parameters(UPDATE, type_given=False),
        ),
        "Change what the flags name in a provisioner.",
        DRAFT,
        examples=(
            "update cicd --x509-max-dur 2160h",
            "update Google --remove-domain example.com --domain example.org",
            'update cicd --x509-template ""',
        ),
        details="Removals come before additions; lists keep their order and hold each item once.",
    ),
    Command(
        "remove",
        remove,
        (
            Parameter("name", PROVISIONER, "the provisioner", required=True),
            Parameter("kid", KEY_ID, "remove it only if this is its key", flag="--kid"),
            switch("all", "all of this name, in a file that has several"),
        ),
        "Remove a provisioner.",
        DRAFT,
        examples=("remove acme", "remove max@smallstep.com --kid 1234"),
    ),
    Command(
        "copy",
        copy,
        (
            Parameter("name", PROVISIONER, "the provisioner to copy", required=True),
            Parameter("new_name", NEW_NAME, "the name of the copy", required=True),
            *flag_parameters(ADD, type_given=False),
        ),
        "Copy a provisioner under another name, with a key, client or tenant of its own.",
        DRAFT,
        examples=("copy acme acme-internal", "copy cicd cicd2 --create --password-file password.txt"),
    ),
    Command(
        "jwe-key",
        jwe_key,
        (Parameter("kid", KEY_ID, "the key identifier", required=True),),
        "Print the encrypted private key of a JWK provisioner.",
        NOTHING,
        examples=("jwe-key 1234",),
    ),
)
