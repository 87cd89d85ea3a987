"""`set`, `unset`, `rename` and `edit`: changes to any field of any provisioner, known to us or not.

The words of the step CLI (`add`, `update`, `remove`) are in `shell.commands.provisioning`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.masks import field_at, is_secret
from shell.commands.parameters import FIELD, NEW_NAME, PROVISIONER, VALUE, switch
from shell.commands.words import item_values, value_of
from shell.errors import UsageError
from shell.escape import visible
from shell.language.command import DRAFT, Command
from shell.language.parameters import Parameter
from shell.model.fields import FIELDS, fields_of, structure_of
from shell.model.provisioner import format_path
from shell.results import Request, Result, remark
from shell.staging.edits import Append, Drop, Set, Unset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.commands.words import Word
    from shell.model.provisioner import Path, Provisioner
    from shell.session import Session
    from shell.staging.edits import Edit


def set_(
    session: Session,
    name: str,
    field: Path,
    values: Sequence[Word],
    *,
    append: bool = False,
    drop: bool = False,
    unknown: bool = False,
) -> Result:
    """Stage a value for a field."""
    id_ = session.find(name)
    item = session.view.provisioner(id_)
    path = known_path(item, field, unknown=unknown)
    _refuse_type(path)
    edit: Edit
    if append or drop:
        items = tuple(item_values(session, values))
        edit = Append(id_, path, items) if append else Drop(id_, path, items)
    else:
        edit = Set(id_, path, value_of(session, item.type, path, values))
    if path == ("name",):
        _check_new_name(session, id_, edit)
    session.stage([edit])
    return remark(_staged(item, path, "set"))


def unset(session: Session, name: str, field: Path) -> Result:
    """Stage the removal of a field."""
    id_ = session.find(name)
    item = session.view.provisioner(id_)
    path = known_path(item, field, unknown=False)
    _refuse_type(path)
    if path == ("name",):
        raise UsageError(
            "name-needed", "a provisioner needs a name", hint=f"to give it another: rename {name} NEW"
        )
    if item.get(path) is None:
        return remark(f"{visible(item.name)} has no {visible(format_path(path))}; nothing to do")
    session.stage([Unset(id_, path)])
    return remark(_staged(item, path, "unset"))


def rename(session: Session, name: str, new_name: str) -> Result:
    """Stage another name for a provisioner."""
    id_ = session.find(name)
    item = session.view.provisioner(id_)
    if item.name == new_name:
        return remark(f"{visible(new_name)} has that name already; nothing to do")
    session.require_free(new_name)
    session.stage([Set(id_, ("name",), new_name)])
    return remark(f"staged: {visible(item.name)} is named {visible(new_name)}")


def edit(session: Session, name: str) -> Result:
    """Ask for the provisioner to be edited as JSON, and stage what was changed."""
    from shell.commands import editor  # of no use to a batch

    id_ = session.find(name)
    item = session.view.provisioner(id_)

    def resume(text: str) -> Result:
        edits = editor.edits_from_text(id_, item, text)
        if not edits:
            return remark("nothing was changed")
        session.stage(edits)
        return remark(f"staged: {len(edits)} change{'s' if len(edits) > 1 else ''} to {visible(item.name)}")

    request = Request("edit", text=editor.text_for(item), resume=resume, suffix=".json")
    return Result(request=request)


def known_path(item: Provisioner, path: Path, *, unknown: bool) -> Path:
    """Return the path with the spelling of the field table.

    Raises UsageError for a path that the type does not have, unless it is there already or `unknown`
    says that a field is meant which this program has not heard of.
    """
    canonical = _canonical(item, path)
    if item.type is None or unknown or item.get(canonical) is not None or field_at(item.type, canonical):
        return canonical
    prefix = format_path(canonical) + "."
    if any(row.path.startswith(prefix) for row in fields_of(item.type)):
        return canonical
    if _inside_raw(item, canonical):
        return canonical
    raise _no_such_field(item, canonical)


def _canonical(item: Provisioner, path: Path) -> Path:
    names, structure = [], structure_of(item.type)
    for place, name in enumerate(path):
        if name.isdecimal():
            names.append(name)
            continue
        canonical, inner = structure.lookup(name)
        names.append(canonical)
        if inner is None:
            return (*names, *path[place + 1 :])
        structure = inner
    return tuple(names)


def _inside_raw(item: Provisioner, path: Path) -> bool:
    """Whether the path leads into a field that is any JSON object, such as templateData or key."""
    rows = (field_at(item.type, path[:length]) for length in range(1, len(path)))
    return any(row is not None and row.kind.name.startswith("JSON") for row in rows)


def _no_such_field(item: Provisioner, path: Path) -> UsageError:
    from difflib import get_close_matches

    text = format_path(path)
    elsewhere = sorted({type_.name for row in FIELDS if row.path == text for type_ in row.types})
    if elsewhere:
        return UsageError(
            "field-of-other-type",
            f'a provisioner of type {item.type_name} has no field "{visible(text)}"; it is a field of {", ".join(elsewhere)}',
            hint=f"see its fields with: help {item.type_name}",
        )
    known = [row.path for row in fields_of(item.type)] if item.type else []
    last = {path.rpartition(".")[2].lower(): path for path in known}
    near = get_close_matches(text, known, n=1) or [
        last[name] for name in get_close_matches(text.lower(), last, n=1)
    ]
    hint = f"did you mean {near[0]}?" if near else f"see its fields with: help {item.type_name}."
    return UsageError(
        "no-such-field",
        f'{item.type_name} provisioners have no field "{visible(text)}"',
        hint=f"{hint} A field that this program has not heard of is set with: set --unknown NAME FIELD VALUE",
    )


def _refuse_type(path: Path) -> None:
    if path == ("type",):
        raise UsageError(
            "type-is-fixed",
            "the type of a provisioner cannot be changed",
            hint="add another provisioner of that type, and remove this one",
        )


def _check_new_name(session: Session, id_: object, edit: Edit) -> None:
    if isinstance(edit, Set) and isinstance(edit.value, str) and session.view.named(edit.value) != [id_]:
        session.require_free(edit.value)


def _staged(item: Provisioner, path: Path, what: str) -> str:
    secret = " (a secret)" if is_secret(item.type, path) else ""
    return f"staged: {what} {visible(format_path(path))}{secret} of {visible(item.name)}"


COMMANDS = (
    Command(
        "set",
        set_,
        (
            Parameter("name", PROVISIONER, "the provisioner", required=True),
            Parameter("field", FIELD, "the field, such as claims.maxTLSCertDuration", required=True),
            Parameter(
                "values",
                VALUE,
                "the value; a list takes one word per item (to remove a field: unset)",
                many=True,
                required=True,
            ),
            switch("append", "put the values at the end of a list"),
            switch("drop", "take the values out of a list"),
            switch("unknown", "the field is one that this program has not heard of; the value is JSON"),
        ),
        "Set a field of a provisioner.",
        DRAFT,
        examples=(
            "set acme challenges dns-01 http-01",
            "set acme claims.defaultTLSCertDuration 12h",
            "set acme caaIdentities --append ca.example.com",
        ),
    ),
    Command(
        "unset",
        unset,
        (
            Parameter("name", PROVISIONER, "the provisioner", required=True),
            Parameter("field", FIELD, "the field", required=True),
        ),
        "Remove a field of a provisioner, so that the default holds.",
        DRAFT,
        examples=("unset acme claims.maxTLSCertDuration",),
    ),
    Command(
        "rename",
        rename,
        (
            Parameter("name", PROVISIONER, "the provisioner", required=True),
            Parameter("new_name", NEW_NAME, "the name it gets", required=True),
        ),
        "Give a provisioner another name.",
        DRAFT,
        examples=("rename acme acme-internal",),
    ),
    Command(
        "edit",
        edit,
        (Parameter("name", PROVISIONER, "the provisioner", required=True),),
        "Edit a provisioner as JSON in your editor.",
        DRAFT,
        examples=("edit acme",),
    ),
)
