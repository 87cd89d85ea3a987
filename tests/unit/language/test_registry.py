"""The registry: finding commands by their first words, and the proof of their declarations."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from shell.language.command import Command
from shell.language.declarations import DeclarationError
from shell.language.lexer import tokenize
from shell.language.parameters import Parameter, Rest, Switch, Text
from shell.language.registry import DRAFT, NOTHING, Registry, Resolution
from tests.unit.language.fake import COMMANDS, REGISTRY


def resolve(text: str, *, interactive: bool = True) -> Resolution:
    """Resolve the words of a line."""
    return REGISTRY.resolve(tokenize(text), interactive=interactive)


@pytest.mark.parametrize(
    ("text", "name", "used"),
    [
        ("list", "list", 1),
        ("add list", "add", 1),
        ("exit", "quit", 1),
        ("webhook add x", "webhook add", 2),
        ("history", "history", 1),
        ("history show 3", "history show", 2),
        ("history other", "history", 1),
    ],
)
def test_a_whole_name_is_found(text: str, name: str, used: int) -> None:
    """One word or two, by name or alias; a word that is no second word is an argument."""
    for interactive in (True, False):
        found = resolve(text, interactive=interactive)
        assert found.command is not None
        assert (found.command.name, found.used, found.problem, found.full) == (name, used, None, "")


@pytest.mark.parametrize(
    ("text", "full", "used"),
    [
        ("sho", "show", 1),
        ("webhook a", "webhook add", 2),
        ("web r x", "webhook remove", 2),
        ("web add x", "webhook add", 2),
        ("hist", "history", 1),
        ("hist 3", "history", 1),
        ("hist sho 3", "history show", 2),
    ],
)
def test_an_unambiguous_beginning_counts_at_the_prompt_only(text: str, full: str, used: int) -> None:
    """It is announced there; a batch is told to write the name out."""
    found = resolve(text)
    assert (found.full, found.used, found.problem) == (full, used, None)
    refused = resolve(text, interactive=False)
    assert refused.problem is not None
    assert (refused.problem.code, refused.problem.hint) == ("abbreviated-command", f"write it out: {full}")


def test_what_is_exact_is_never_abbreviated() -> None:
    """Not even at the prompt, and not with a single letter missing."""
    found = resolve("commi")
    assert found.problem is not None
    assert (found.problem.code, found.full) == ("abbreviated-command", "")
    assert "never" in found.problem.message


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("lisst", "unknown-command", "did you mean list?"),
        ("zzzzz", "unknown-command", "see all commands with: help"),
        ("''", "unknown-command", "see all commands with: help"),
        ("webhook", "incomplete-command", "one of: webhook add, webhook remove"),
        ("web", "incomplete-command", "one of: webhook add, webhook remove"),
        ("webhook ad x", "", ""),
        ("webhook addd x", "unknown-command", "did you mean webhook add?"),
        ("webhook zzz", "unknown-command", "one of: webhook add, webhook remove"),
        ("webhook '' x", "incomplete-command", "one of: webhook add, webhook remove"),
        ("d", "ambiguous-command", "write more of it"),
    ],
)
def test_a_word_that_names_no_command_gets_a_way_on(text: str, code: str, hint: str) -> None:
    """The nearest name, the names that are possible, or the list of all."""
    problem = resolve(text).problem
    assert (problem.code if problem else "", problem.hint if problem else "") == (code, hint)


def test_two_second_words_with_one_beginning_are_ambiguous() -> None:
    """As the first words are."""
    registry = Registry({"a one": "m", "a other": "m"})
    found = registry.resolve(tokenize("a o"), interactive=True)
    assert found.problem is not None
    assert found.problem.message == '"o" could be any of one, other'


def test_a_module_is_imported_when_a_command_of_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Knowing the names needs no import; an unknown name is a KeyError."""
    registry = Registry({"one": "no.such.module"})
    assert registry.names == ("one",)
    assert not registry.is_group("one")
    with pytest.raises(ModuleNotFoundError):
        registry.get("one")
    with pytest.raises(KeyError):
        registry.get("two")


def test_all_commands_come_once_in_the_order_of_the_table() -> None:
    """Aliases do not repeat them."""
    assert REGISTRY.commands() == list(COMMANDS)
    assert REGISTRY.group("webhook") == ["webhook add", "webhook remove"]
    assert repr(COMMANDS[0]) == "Command(list)"


def test_the_usage_line_says_what_is_needed() -> None:
    """Required words, optional ones in brackets, required flags, and that there are more."""

    def command(*rows: Parameter) -> str:
        return Command("x", str, rows, "X.").usage

    assert command() == "x"
    assert (
        command(
            Parameter("a", Text(), "A.", required=True),
            Parameter("b", Text(), "B.", many=True),
            Parameter("c", Text("C"), "C.", flag="--c", required=True),
            Parameter("d", Switch(), "D.", flag="--d", required=True),
            Parameter("e", Text(), "E.", flag="--e"),
        )
        == "x A [B...] --c C --d [flags]"
    )


def test_a_harmless_flag_changes_the_effect() -> None:
    """Only when it is given as true."""
    commit = REGISTRY.get("commit")
    assert [commit.effect_of(row) for row in ({}, {"dry_run": False}, {"dry_run": True})] == [
        "target",
        "target",
        "nothing",
    ]


def test_good_declarations_are_accepted() -> None:
    """The whole table of the tests is one."""
    REGISTRY.validate()


def declared(monkeypatch: pytest.MonkeyPatch, *commands: Command, table: dict[str, str] | None = None) -> str:
    """Return what is wrong with these declarations."""
    module = ModuleType("declared_by_a_test")
    module.COMMANDS = commands  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = {name: module.__name__ for row in commands for name in (row.name, *row.aliases)}
    with pytest.raises(DeclarationError) as caught:
        Registry(names if table is None else table).validate()
    assert "\n".join(caught.value.faults) == str(caught.value)
    return str(caught.value)


def takes_all(session: object, **arguments: object) -> None:
    """Take any arguments."""


def test_every_fault_of_a_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """All at once, each with the name of its command."""
    text = declared(
        monkeypatch,
        Command("Bad Name here", takes_all, (), "", "sometimes", harmless=("gone",)),
        Command("two", lambda session, a: None, (Parameter("b", Text(), "B."),), "Two.", NOTHING),
    )
    for fault in (
        "the name 'Bad Name here' is not one or two plain words",
        "the effect 'sometimes' is none of nothing, draft, target, shell",
        "it has no summary",
        "harmless names gone, which is no parameter",
        "two: its function does not take what is declared",
    ):
        assert fault in text


def test_every_fault_of_a_parameter_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, flags, places and defaults."""
    text = declared(
        monkeypatch,
        Command(
            "x",
            takes_all,
            (
                Parameter("a b", Text(), ""),
                Parameter("c", Text(), "C.", required=True),
                Parameter("d", Text(), "D.", many=True, required=True, default=("x",)),
                Parameter("e", Switch(), "E."),
                Parameter("f", Text(), "F.", flag="f"),
                Parameter("g", Text(), "G.", flag="--json"),
                Parameter("h", Text(), "H.", flag="--h", aliases=("--h",)),
                Parameter("h", Rest(), "H.", flag="--i"),
            ),
            "X.",
            DRAFT,
        ),
    )
    for fault in (
        "x: A B: its name is no identifier",
        "x: A B: it has no help",
        "x: C is required and stands behind A B, which is not",
        "x: D takes many words and is not the last",
        "x: D: it is required and has a default",
        "x: E: a positional has no into, no aliases and no switch",
        "x: the flag 'f' is not spelled --like-this",
        "x: the flag --json is declared twice, or reserved",
        "x: the flag --h is declared twice, or reserved",
        "x: the parameter h is declared twice",
        "x: --i: a greedy type is for a positional with many",
    ):
        assert fault in text


def test_table_and_declarations_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name declared twice, in no table, or in the table only, is a fault."""
    home = "declared_by_a_test"
    one = Command("one", takes_all, (), "One.")
    two = Command("two", takes_all, (), "Two.", aliases=("one",))
    text = declared(monkeypatch, one, two, table={"one": home, "gone": home})
    assert text.split("\n") == [
        f"{home}: two is not in the table under this module",
        f"{home}: one is declared twice",
        f"{home}: gone is in the table and declared nowhere",
    ]
