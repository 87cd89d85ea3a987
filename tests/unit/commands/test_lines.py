"""The lines of `diff --commands`: run on the base, they make the same draft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, note, settings

from shell.commands.lines import command_lines
from shell.commands.secretfiles import SecretFiles
from shell.errors import ShellError
from shell.language.lexer import SOURCE_PREFIXES, tokenize
from shell.model.kinds import RAW
from shell.model.provisioner import Provisioner, parse_path
from shell.model.values import Number, format_json, parse_json
from shell.model.view import ProvisionerId
from shell.staging.compare import same
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Drop, Edit, Remove, Set, Unset
from shell.staging.masks import place_of, row_at, types_of
from shell.staging.plan import plan_of
from tests.support import drafts
from tests.support.drafts import acme, contents, hook, ident, make_base, oidc


class Interpreter:
    """As much of the commands as the lines need, on a draft; `secrets` are what the sources hold."""

    def __init__(self, draft: Draft, secrets: dict[str, str]) -> None:
        self.draft = draft
        self.secrets = secrets

    def run(self, line: str) -> None:
        """Stage what a line says."""
        tokens = [token for token in tokenize(line) if token.kind != "comment"]
        assert all(token.kind == "word" and token.closed for token in tokens), line
        if not tokens:
            return
        command, *rest = tokens
        flags: list[str] = []
        words: list[Any] = []
        plain = False
        arguments = iter(rest)
        for token in arguments:
            if token.value == "--entry":
                words.append(next(arguments))
            elif plain or not token.value.startswith("-"):
                words.append(token)
            elif token.value == "--":
                plain = True
            else:
                flags.append(token.value)
        if command.value == "add":
            words.sort(key=lambda word: word.value.startswith("{"))
        self.draft.stage([getattr(self, f"_{command.value}")(flags, *words)], line)

    def _find(self, word: Any) -> ProvisionerId:
        found = self.draft.named(word.value)
        if not found and (place := re.fullmatch(r"%([1-9]\d*)", word.value)):
            return list(self.draft.ids())[int(place[1]) - 1]
        assert len(found) == 1, word.value
        return found[0]

    def _add(self, flags: list[str], name: Any, json: Any) -> Edit:
        members = parse_json(json.value)
        assert isinstance(members, dict)
        assert members["name"] == name.value
        return Add(self.draft.new_id(), Provisioner(members))

    def _remove(self, flags: list[str], name: Any) -> Edit:
        return Remove(self._find(name))

    def _rename(self, flags: list[str], name: Any, new: Any) -> Edit:
        return Set(self._find(name), ("name",), new.value)

    def _unset(self, flags: list[str], name: Any, field: Any) -> Edit:
        return Unset(self._find(name), parse_path(field.value))

    def _set(self, flags: list[str], name: Any, field: Any, *values: Any) -> Edit:
        id_, path = self._find(name), parse_path(field.value)
        if "--append" in flags:
            return Append(id_, path, tuple(word.value for word in values))
        if "--drop" in flags:
            return Drop(id_, path, tuple(word.value for word in values))
        row = row_at(types_of(self.draft.current(id_)), place_of(path))
        kind = row.kind if row else RAW
        texts = [self._text(word) for word in values]
        if kind.is_list:
            items: list[Any] = []
            for text in texts:
                items += kind.parse(text)  # type: ignore[arg-type]  # a kind of list gives a list
            return Set(id_, path, items)
        (text,) = texts
        return Set(id_, path, kind.parse(text))

    def _text(self, word: Any) -> str:
        is_source = word.literal_at and word.raw.startswith(SOURCE_PREFIXES)
        return self.secrets[word.value] if is_source else word.value


class Sources:
    """Gives sources for secrets, and remembers them."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    def __call__(self, name: str, field: str, value: str) -> str:
        """Return a source that has to be quoted."""
        source = f"@some dir/{len(self.secrets)}"
        self.secrets[source] = value
        return source


def lines_of(draft: Draft) -> list[str]:
    """Return the lines of a draft, with placeholders for secrets."""
    return command_lines(plan_of(draft), draft.base, SecretFiles())


def staged(entries: list[dict[str, Any]], *edits: Edit) -> Draft:
    """Return a draft with these edits as one step."""
    draft = Draft(make_base(*entries))
    draft.stage(edits, "line")
    return draft


@settings(deadline=None, max_examples=300)
@given(drafts.drafts())
@example(staged([acme("a"), acme("a"), acme("-d")], Remove(ident(0)), Set(ident(1), ("name",), "-d")))
def test_the_lines_run_on_the_base_make_the_same_draft(draft: Draft) -> None:
    """Whatever is staged, its lines stage the same, to the last secret, and none of them shows one."""
    sources = Sources()
    lines = command_lines(plan_of(draft), draft.base, sources)
    assert "hunter" not in "\n".join(lines)
    again = Draft(draft.base)
    interpreter = Interpreter(again, sources.secrets)
    for line in lines:
        note(line)
        interpreter.run(line)
    assert plan_of(again).digest == plan_of(draft).digest
    assert same(contents(again), contents(draft))  # type: ignore[arg-type]  # lists are invariant


ZERO, ONE, TWO = ident(0), ident(1), ident(2)


def test_one_plain_line_for_each_field() -> None:
    """Fields are set and unset one by one, lists by what comes and goes."""
    before = oidc("a", domains=["x", "y"], claims={"enableSSHCA": True, "minTLSCertDuration": "5m"})
    draft = staged(
        [before, acme("b")],
        Set(ZERO, ("listenAddress",), ":1 2"),
        Set(ZERO, ("claims", "enableSSHCA"), False),
        Unset(ZERO, ("claims", "minTLSCertDuration")),
        Append(ZERO, ("domains",), ("z",)),
        Drop(ZERO, ("domains",), ("x",)),
        Set(ZERO, ("scopes",), ["openid", "email"]),
        Set(ZERO, ("later", "x"), "text"),
        Remove(ONE),
    )
    assert lines_of(draft) == [
        "set a domains --drop x",
        "set a domains --append z",
        "set a claims.enableSSHCA false",
        "unset a claims.minTLSCertDuration",
        "set a listenAddress ':1 2'",
        "set a scopes openid email",
        "set a later.x --unknown '\"text\"'",
        "remove b",
    ]


def test_an_addition_is_one_line_and_its_secrets() -> None:
    """The entry is JSON with its members in order; secrets follow as sources."""
    entry = oidc("new", clientSecret="hunter", options={"webhooks": [hook("h", secret="hunter")]})
    draft = Draft(make_base())
    draft.stage([Add(draft.new_id(), Provisioner(entry))], "add")
    kept = {**entry, "options": {"webhooks": [hook("h")]}}
    del kept["clientSecret"]
    assert lines_of(draft) == [
        f"add new --entry '{format_json(kept)}'",
        "set new clientSecret @new.clientSecret",
        "set new options.webhooks.0.secret @new.options.webhooks.0.secret",
    ]


def test_names_that_are_swapped_go_through_one_in_between() -> None:
    """A chain of renames starts at its free end; a circle is opened with a name nobody has."""
    chain = staged([acme("a"), acme("b")], Set(ZERO, ("name",), "b"), Set(ONE, ("name",), "c"))
    assert lines_of(chain) == ["rename b c", "rename a b"]
    swap = staged(
        [acme("a"), acme("b"), acme("c")],
        Set(ZERO, ("name",), "b"),
        Set(ONE, ("name",), "a"),
        Set(TWO, ("name",), "a-renamed"),
        Set(ZERO, ("forceCN",), True),
    )
    assert lines_of(swap) == [
        "set a forceCN true",
        "rename c a-renamed",
        "rename a a-renamed-2",
        "rename b a",
        "rename a-renamed-2 b",
    ]


def test_a_name_is_free_before_it_is_given_again() -> None:
    """What is removed goes before another provisioner gets its name."""
    draft = staged([acme("a"), acme("b")], Remove(ZERO), Set(ONE, ("name",), "a"))
    assert lines_of(draft) == ["remove a", "rename b a"]
    again = staged([acme("a")], Remove(ZERO), Add(ONE, Provisioner(oidc("a"))))
    assert lines_of(again) == ["remove a", f"add a --entry '{format_json(oidc('a'))}'"]


def test_repeated_and_empty_names_are_called_by_place() -> None:
    """`%N` is the place in the list as it is when the line runs."""
    draft = staged(
        [acme("a"), acme("a"), acme("a"), acme("")],
        Remove(ZERO),
        Remove(TWO),
        Set(ONE, ("forceCN",), True),
        Set(ONE, ("name",), "b"),
        Set(ident(3), ("name",), "c"),
    )
    assert lines_of(draft) == ["set %2 forceCN true", "remove %3", "remove %1", "rename %1 b", "rename %2 c"]
    new = staged([acme("a")], Add(ONE, Provisioner(oidc("a", clientSecret="hunter"))))
    assert lines_of(new)[1] == "set %2 clientSecret @_2.clientSecret"


def test_what_no_command_can_say_is_a_comment() -> None:
    """A value that `set` refuses, and a name taken away, are named in comments."""
    draft = staged(
        [acme("a", claims={"enableSSHCA": True})],
        Set(ZERO, ("claims", "enableSSHCA"), "perhaps"),
        Set(ZERO, ("website",), Number("5")),
        Unset(ZERO, ("name",)),
    )
    assert lines_of(draft) == [
        "# a: name is taken away, which no command does",
        "# a: claims.enableSSHCA has a value that set does not accept; use edit",
        "# a: website has a value that set does not accept; use edit",
    ]


def test_text_that_looks_like_something_else_stays_text() -> None:
    """Words with dashes stand behind `--`, and texts like sources and lists are quoted or written as JSON."""
    draft = staged(
        [oidc("a")],
        Set(ZERO, ("listenAddress",), "-1"),
        Set(ZERO, ("domains",), ["[x", "@y"]),
        Set(ZERO, ("groups",), []),
        Set(ZERO, ("options", "x509", "template"), "@file"),
    )
    assert lines_of(draft) == [
        "set -- a listenAddress -1",
        """set a domains '["[x", "@y"]'""",
        "set a groups '[]'",
        "set a options.x509.template '@file'",
    ]


def test_a_structured_secret_is_json_in_its_file() -> None:
    """Basic authentication, and an unknown member with the name of a secret, are written as JSON."""
    sources = Sources()
    draft = staged(
        [acme("a", options={"webhooks": [hook("h")]})],
        Set(ZERO, ("options", "webhooks", "0", "basicAuth"), {"username": "u"}),
        Set(ZERO, ("wrapped", "encryptedKey"), "text"),
    )
    lines = command_lines(plan_of(draft), draft.base, sources)
    assert list(sources.secrets.values()) == ['{"username": "u"}', '"text"']
    assert lines == [
        "set a options.webhooks.0.basicAuth @'some dir/0'",
        "set a wrapped.encryptedKey --unknown @'some dir/1'",
    ]


def test_secret_files_are_written_for_the_owner_only(tmp_path: Path) -> None:
    """With a folder each secret has a file of its own, 0600, whatever the provisioner is called."""
    folder = tmp_path / "new" / "secrets"
    files = SecretFiles(str(folder))
    first, second = files("../a b", "clientSecret", "one"), files("../a b", "clientSecret", "two")
    assert (first, second) == (f"@{folder}/_a_b.clientSecret", f"@{folder}/_a_b.clientSecret-2")
    assert [Path(source[1:]).read_text() for source in (first, second)] == ["one", "two"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert files.notices == [
        f"secrets are in {folder}: _a_b.clientSecret, _a_b.clientSecret-2; remove them when they are used"
    ]


def test_secret_files_never_overwrite(tmp_path: Path) -> None:
    """A file that is there stays as it is, and a folder that cannot be is an error, not a traceback."""
    (tmp_path / "a.key").write_text("mine")
    with pytest.raises(ShellError, match="is there already"):
        SecretFiles(str(tmp_path))("a", "key", "secret")
    assert (tmp_path / "a.key").read_text() == "mine"
    with pytest.raises(ShellError, match="cannot write"):
        SecretFiles(str(tmp_path / "a.key"))("a", "key", "secret")


def test_placeholders_are_told() -> None:
    """Without a folder the files are named, for somebody to supply."""
    files = SecretFiles()
    assert files.notices == []
    assert files("a", "clientSecret", "hunter") == "@a.clientSecret"
    assert files.notices == ["secrets are not shown; supply them in these files: a.clientSecret"]
