"""Words to arguments: flags as Go's parser and the step CLI read them."""

from __future__ import annotations

import pytest

from shell.language.analysis import Analysis, analyse
from shell.language.parameters import Source
from tests.unit.language.fake import REGISTRY


def read(text: str) -> Analysis:
    """Analyse a line of a batch."""
    return analyse(text, REGISTRY)


def flags(text: str) -> object:
    """Return the flags of a line that has no problems."""
    analysis = read(text)
    assert analysis.problems == []
    return analysis.arguments["flags"]


def codes(text: str) -> list[str]:
    """Return the codes of a line's problems."""
    return [problem.code for problem in read(text).problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add x --domain a --domain=b -domain c", {"domain": ("a", "b", "c")}),
        ("add --domain a x", {"domain": ("a",)}),
        ('add x --domain ""', {"domain": ("",)}),
        ("add x --domain=", {"domain": ("",)}),
        ("add x --domain=a=b", {"domain": ("a=b",)}),
        ("add x --domain 'a b' --domain='c d' '--domain=e f'", {"domain": ("a b", "c d", "e f")}),
        ("add x --domain -1 --domain -", {"domain": ("-1", "-")}),
        ("add x --ssh", {"ssh": True}),
        ("add x -ssh=false", {"ssh": False}),
        ("add x --ssh --ssh=F", {"ssh": False}),
        ("add x --root-file a --roots b", {"roots": "b"}),
        ("add x --client-secret=@f", {"client_secret": Source("file", "f")}),
        ("add x --client-secret env:A", {"client_secret": Source("env", "A")}),
        ("add x '--client-secret=@f'", {"client_secret": "@f"}),
        ("add x --client-secret='@f'", {"client_secret": "@f"}),
        ("add x --domain @x.com", {"domain": ("@x.com",)}),
        ("add x", {}),
    ],
)
def test_flags_are_read_as_step_reads_them(text: str, expected: dict[str, object]) -> None:
    """Values behind a blank or `=`, one dash or two, empty, repeated, quoted, before or behind the name."""
    assert flags(text) == expected


def test_what_is_not_given_gets_its_default() -> None:
    """Every plain parameter is there; those that are collected are not."""
    assert read("add x").arguments == {"name": "x", "type": "JWK", "flags": {}}
    assert read("show").arguments == {"name": None}
    assert read("help").arguments == {"topic": ()}


def test_two_dashes_end_the_flags() -> None:
    """What follows is a positional, whatever it looks like; a single dash is one anyway."""
    assert read("add -- --ssh").arguments["name"] == "--ssh"
    assert read("add -").arguments["name"] == "-"
    assert codes("add -- x --ssh") == ["too-many-arguments"]


def test_a_greedy_parameter_takes_what_looks_like_a_flag() -> None:
    """Also `--json`, and also before the first plain word."""
    assert read("help --json add -x").arguments["topic"] == ("--json", "add", "-x")


def test_arguments_are_read_in_the_order_of_the_declaration() -> None:
    """So that a type may depend on an argument that is declared before it, wherever that is written."""
    assert list(read("add --domain a --type acme x").bound) == ["name", "type", "domain"]
    assert list(read("add x --domain b --ssh --domain a").bound["domain"]) == ["b", "a"]


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_value_behind_a_switch_is_told_to_stand_behind_an_equals_sign(value: str) -> None:
    """As step would take it for a name; quoted it is one."""
    (problem,) = read(f"add x --ssh {value}").problems
    assert (problem.code, problem.hint, problem.column) == ("detached-value", f"write --ssh={value}", 13)
    (problem, missing) = read(f"add --ssh {value}").problems
    assert (problem.code, missing.code) == ("detached-value", "missing-argument")
    assert read(f"add --ssh '{value}'").arguments["name"] == value


def test_json_is_a_flag_of_every_command() -> None:
    """With a value too; another value than a boolean is refused."""
    assert [read(text).json for text in ("list --json", "list -json=true", "list --json=false", "list")] == [
        True,
        True,
        False,
        False,
    ]
    assert codes("list --json=x") == ["bad-value"]


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("add x --domian a", "unknown-flag", "did you mean --domain?"),
        ("add x --zzzzzzz", "unknown-flag", "see its flags with: help add; write -- before"),
        ("list -5", "unknown-flag", "it has none; write -- before"),
        ("add x --ca-url https://ca", "unknown-flag", "chosen once, when step-shell starts"),
        ("add x --domain", "missing-value", "write --domain TEXT"),
        ("add x --domain --json", "missing-value", "write --domain TEXT"),
        ("add x --domain --ssh", "missing-value", "or --domain=TEXT for one that begins with dashes"),
        ("add x --length 11", "bad-value", "from 1 to 10"),
        ("add x y z", "too-many-arguments", "usage: add NAME [flags]"),
        ("list y", "too-many-arguments", "usage: list"),
        ("add --ssh", "missing-argument", "usage: add NAME [flags]"),
        ("add x ---", "unknown-flag", "see its flags"),
        ("add x --=", "unknown-flag", "see its flags"),
    ],
)
def test_a_wrong_word_is_told_once_with_the_way_on(text: str, code: str, hint: str) -> None:
    """One problem for one cause: the value behind an unknown flag is not told as well."""
    (problem,) = read(text).problems
    assert problem.code == code
    assert hint in problem.hint


def test_a_missing_value_is_told_where_the_flag_stands() -> None:
    """And a flag in its place is still read as one."""
    analysis = read("add x --domain --ssh --roots")
    assert [(problem.code, problem.column) for problem in analysis.problems] == [
        ("missing-value", 7),
        ("missing-value", 22),
    ]
    assert analysis.bound["ssh"] is True


def test_a_required_flag_without_its_value_is_told_once() -> None:
    """It is missing its value, and so not missing itself."""
    assert codes("webhook add x --url") == ["missing-value"]
    assert codes("webhook add --url") == ["missing-value", "missing-argument"]
    assert codes("webhook add x") == codes("set a b") == ["missing-argument"]
    (problem,) = analyse("set", REGISTRY).problems
    assert problem.message == "set needs NAME, FIELD and VALUE"
    assert [row.name for row in read("set a").missing] == ["field", "value"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--ca-url https://a --root=r", [("--ca-url", "https://a"), ("--root", "r")]),
        ("--admin-name a --admin-issuer b", [("--admin-subject", "a"), ("--admin-provisioner", "b")]),
        ("--password-file p --context=''", [("--admin-password-file", "p"), ("--context", "")]),
    ],
)
def test_a_pasted_line_may_name_its_target(text: str, expected: list[tuple[str, str]]) -> None:
    """Behind step's own prefix, with step's flags and their aliases, anywhere in the line."""
    for line in (f"step ca provisioner add x {text}", f"step ca provisioner webhook add {text} x --url u"):
        analysis = read(line)
        assert (analysis.problems, analysis.prefixed, analysis.target_flags) == ([], True, expected)
    assert set(codes(f"add x {text}")) == {"unknown-flag"}


def test_a_target_flag_needs_its_value_too() -> None:
    """As any other."""
    (problem,) = read("step ca provisioner list --ca-url").problems
    assert problem.hint.startswith("write --ca-url VALUE,")
    assert codes("step ca provisioner add x --root --ssh") == ["missing-value"]


def test_a_command_keeps_a_flag_of_its_own_that_is_named_like_a_target_flag() -> None:
    """The declaration comes first."""
    analysis = read("step ca provisioner add x --roots r")
    assert (analysis.arguments["flags"], analysis.target_flags) == ({"roots": "r"}, [])
