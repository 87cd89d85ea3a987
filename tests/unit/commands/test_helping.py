"""`help`: about everything, and its examples are lines that work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shell.commands import REGISTRY
from shell.commands.helping import Subject
from shell.commands.topics import TOPICS
from shell.demo import make_demo
from shell.errors import ShellError, UsageError
from shell.language.lexer import quote
from shell.model.fields import FIELDS
from shell.model.types import TYPES
from shell.model.values import format_json
from shell.plain import render
from tests.support.lines import Lines

EXAMPLES = [(command.name, example) for command in REGISTRY.commands() for example in command.examples]
# what examples name that a demonstration does not have: provisioners, commits, keys, files
OF_THE_WORLD = {
    "no-such-provisioner",
    "no-such-commit",
    "no-such-key",
    "no-such-file",
    "name-taken",
    "unreadable",
}


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Return a session on the demonstration, in a folder with the files that examples name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password.txt").write_text("password\n")
    (tmp_path / "secret.txt").write_text("secret\n")
    (tmp_path / "entry.json").write_text('{"type": "ACME"}')
    (tmp_path / "changes.steps").write_text("commit\n")
    return Lines(Path(make_demo()), interactive=True)


def text(lines: Lines, subject: str) -> str:
    """Return what `help` prints about a subject."""
    return render(
        lines.run(line=f"help {quote(subject)}" if " " not in subject else f"help {subject}"), json=False
    )


def test_every_command_has_examples_of_its_own() -> None:
    """Each command has an example, which begins with its name."""
    assert {command.name for command in REGISTRY.commands()} == {name for name, _ in EXAMPLES}
    assert [example for name, example in EXAMPLES if not example.startswith(name)] == []


@pytest.mark.parametrize("example", [example for _, example in EXAMPLES])
def test_examples_are_lines_that_work(lines: Lines, example: str) -> None:
    """Each example runs on the demonstration; what it names may not be there, but it is never a wrong line."""
    assert lines.interpreter.analyse(example).problems == []
    if "--online" in example:
        return  # tests do not leave this machine
    try:
        lines.interpreter.run(example)
    except ShellError as error:
        if isinstance(error, UsageError) or error.code not in OF_THE_WORLD:
            raise


@pytest.mark.parametrize("name", list(REGISTRY.names))
def test_a_command_is_explained(lines: Lines, name: str) -> None:
    """Usage, every argument and flag, and every example stand in the help of a command, also of an alias."""
    shown = text(lines, name)
    command = REGISTRY.get(name)
    assert shown.startswith(f"{command.usage}\n{command.summary}\n")
    assert [row.label for row in command.parameters if row.label not in shown] == []
    assert [row.help for row in command.parameters if row.help not in shown] == []
    assert [example for example in command.examples if f"  {example}\n" not in shown] == []


@pytest.mark.parametrize("path", sorted({row.path for row in FIELDS}))
def test_a_field_is_explained(lines: Lines, path: str) -> None:
    """Meaning, kind, default, types, the flags of step and an example stand in the help of a field."""
    shown = text(lines, path)
    for row in (row for row in FIELDS if row.path == path):
        assert row.help in shown
        assert row.kind.name in shown
        assert f"default     {row.default}" in shown or not row.default
        assert all(type_.name in shown for type_ in row.types) or "types       all" in shown


def test_the_help_of_a_field_names_the_flag_and_an_example(lines: Lines) -> None:
    """The flag of step and the line that sets it are there, and case does not matter."""
    shown = text(lines, "claims.maxtlscertduration")
    assert "step flags  --x509-max-dur" in shown
    assert "example     set NAME claims.maxTLSCertDuration 24h" in shown


@pytest.mark.parametrize("type_", [type_.name for type_ in TYPES])
def test_a_type_is_explained(lines: Lines, type_: str) -> None:
    """What it is for and its fields, with those that it needs."""
    shown = text(lines, type_.lower())
    assert shown.startswith(f"{type_}\n")
    assert "name" in shown
    assert "required" in shown


@pytest.mark.parametrize("topic", list(TOPICS))
def test_a_topic_is_explained(lines: Lines, topic: str) -> None:
    """The topics that the issue names, and more, each with its text; the overview names them."""
    summary, explained = TOPICS[topic]
    shown = text(lines, topic)
    assert f"{summary}\n" in shown
    assert " ".join(shown.split()).endswith(" ".join(" ".join(explained).split()))
    assert max(map(len, shown.splitlines())) <= 120
    assert topic in render(lines.run(line="help"), json=False)
    assert {"staging", "commit", "batch", "exit-codes", "secrets"} <= TOPICS.keys()


def test_a_topic_is_found_by_other_words(lines: Lines) -> None:
    """Blanks do for dashes, and keys and marks are explained with the prompt."""
    assert text(lines, "exit codes") == text(lines, "exit-codes")
    assert text(lines, "keys") == text(lines, "marks") == text(lines, "prompt")
    assert "Ctrl-R" in text(lines, "keys")


def test_the_overview_has_every_command(lines: Lines) -> None:
    """`help` alone lists every command with its summary."""
    shown = render(lines.run(line="help"), json=False)
    assert [row.name for row in REGISTRY.commands() if f"  {row.name}" not in shown] == []
    assert [row.summary for row in REGISTRY.commands() if row.summary not in shown] == []


def test_a_group_is_explained(lines: Lines) -> None:
    """The first word of several commands lists them."""
    assert [line.split()[:2] for line in text(lines, "webhook").splitlines()] == [
        ["webhook", "add"],
        ["webhook", "update"],
        ["webhook", "remove"],
    ]


def test_help_as_json_has_the_same_lines(lines: Lines) -> None:
    """A program gets the subject and the lines."""
    document = json.loads(format_json(lines.run(line="help list").json))
    assert document["subject"] == "list"
    assert "\n".join(document["lines"]) + "\n" == text(lines, "list")


def test_an_unknown_subject_gets_the_nearest(lines: Lines) -> None:
    """A mistyped subject is an error with what was meant."""
    with pytest.raises(UsageError) as caught:
        lines.run(line="help comit")
    assert caught.value.hint == "did you mean: help commit?"


def test_every_subject_completes(lines: Lines) -> None:
    """Commands, topics, types and fields are offered; behind the first word of a group its second words."""
    subject = Subject()
    offered = {each.text for each in subject.candidates("", {}, lines.session)}
    assert {name.partition(" ")[0] for name in REGISTRY.names} <= offered
    assert {*TOPICS, *(type_.name for type_ in TYPES), *(row.path for row in FIELDS)} <= offered
    second = {each.text for each in subject.candidates("", {"subject": ("history",)}, lines.session)}
    assert second == {"show"}
