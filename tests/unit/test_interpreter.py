"""The interpreter: a line to its result, for the prompt and for batches."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from shell.errors import ShellError, UsageError
from shell.interpreter import Answer, Interpreter, together
from shell.plain import render
from tests.unit.language.fake import REGISTRY, Session


@pytest.fixture
def session() -> Session:
    """Return a session."""
    return Session()


@pytest.fixture
def batch(session: Session) -> Interpreter:
    """Return an interpreter as a batch has it."""
    return Interpreter(session, REGISTRY, interactive=False)


@pytest.fixture
def prompt(session: Session) -> Interpreter:
    """Return an interpreter as the prompt has it."""
    return Interpreter(session, REGISTRY, interactive=True)


def run(interpreter: Interpreter, text: str) -> Answer:
    """Run a line that does something."""
    answer = interpreter.run(text)
    assert answer is not None
    return answer


def output(interpreter: Interpreter, text: str) -> str:
    """Return what a line prints."""
    answer = run(interpreter, text)
    return render(answer, answer.as_json)


def test_a_line_gives_the_result_of_its_command(batch: Interpreter) -> None:
    """Text, notices and the exit code are the command's."""
    answer = run(batch, "list")
    assert (render(answer, answer.as_json), answer.notices) == (
        "NAME  TYPE\nacme  ACME\nops   JWK\n",
        ["two"],
    )
    assert run(batch, "check").exit_code == 3


@pytest.mark.parametrize("text", ["", "   ", "# a comment", "\\\n"])
def test_nothing_gives_nothing(batch: Interpreter, text: str) -> None:
    """A blank line or a comment has no result."""
    assert batch.run(text) is None


def test_everything_that_is_wrong_with_a_line_is_told_at_once(batch: Interpreter, session: Session) -> None:
    """With file, line and column, counted over continued lines; nothing runs."""
    with pytest.raises(UsageError) as caught:
        batch.run("add x --length z \\\n  --typ JWK", "f.steps", 7)
    first = caught.value
    assert [first.place, *(cause.place for cause in first.causes)] == ["f.steps:7:16", "f.steps:8:3"]
    assert session.staged == []


def test_at_the_prompt_an_error_has_only_a_column(prompt: Interpreter) -> None:
    """A line that is in view needs no number, unless it is one of several."""
    for text, line, column in (("add x --typ", 0, 7), ("add x \\\n --typ", 2, 2)):
        with pytest.raises(UsageError) as caught:
            prompt.run(text)
        assert (caught.value.file, caught.value.line, caught.value.column) == ("", line, column)


def test_an_error_of_a_command_gets_the_place_of_the_command(batch: Interpreter, prompt: Interpreter) -> None:
    """In a batch; the prompt shows none."""
    with pytest.raises(ShellError) as caught:
        batch.run("\\\n  fail", "f", 4)
    assert caught.value.place == "f:5:3"
    with pytest.raises(ShellError) as caught:
        prompt.run("fail")
    assert caught.value.place == ""


def test_an_abbreviation_is_announced_at_the_prompt(prompt: Interpreter, batch: Interpreter) -> None:
    """A batch refuses it."""
    assert run(prompt, "sho acme").remarks == ["sho is short for show"]
    with pytest.raises(UsageError, match="short for show"):
        batch.run("sho acme")


def test_the_session_knows_the_line_without_its_secrets(batch: Interpreter, session: Session) -> None:
    """That is what it may keep and show."""
    batch.run("add x --client-secret hunter2 # why")
    assert session.lines == ["add x --client-secret … # why"]


def test_a_pasted_line_must_agree_with_the_target(batch: Interpreter, session: Session) -> None:
    """It is told with the place of the command, before anything runs."""
    batch.run("step ca provisioner add x --ca-url https://ca")
    assert session.staged == ["x"]
    with pytest.raises(UsageError) as caught:
        batch.run("step ca provisioner add y --ca-url https://other", "f", 2)
    assert (caught.value.code, caught.value.place) == ("other-target", "f:2:21")
    assert session.staged == ["x"]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("list | match ops", "NAME  TYPE\nops   JWK\n"),
        ("list | match 'acme +ACME'", "NAME  TYPE\nacme  ACME\n"),
        ("list | except a | match .", "NAME  TYPE\nops   JWK\n"),
        ("list | match nothing", ""),
        ("list | count", "2\n"),
        ("list | match a | count", "1\n"),
        ("list | count | match 3", ""),
        ("show x | match '^name: x$'", "name: x\n"),
        ("show x | except name | count", "1\n"),
    ],
)
def test_filters_work_on_rows_and_lines(batch: Interpreter, text: str, printed: str) -> None:
    """On their plain text, one after the other; headings stay with their rows, notices and codes stay."""
    assert output(batch, text) == printed
    assert run(batch, "list | count").notices == ["two"]
    assert run(batch, "check | count").exit_code == 3


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("list --json", [{"name": "acme", "type": "ACME"}, {"name": "ops", "type": "JWK"}]),
        ("list --json | match JWK", [{"name": "ops", "type": "JWK"}]),
        ("list --json | except ops | count", 1),
        ("show x --json | match type", ['  "type": "ACME"']),
        ("show x --json | count", 4),
        ("list --json | count | match 2", ["2"]),
    ],
)
def test_filters_work_on_json(batch: Interpreter, text: str, document: object) -> None:
    """On the items of an array, on the lines of another document; the outcome is JSON again."""
    printed = output(batch, text)
    assert json.loads(printed) == document
    assert printed.count("\n") == 1


def test_json_can_be_asked_of_the_whole_program(session: Session) -> None:
    """Then no line needs the flag."""
    interpreter = Interpreter(session, REGISTRY, interactive=False, json=True)
    assert json.loads(output(interpreter, "list | count")) == 2


def test_output_goes_to_a_file(batch: Interpreter, tmp_path: Path) -> None:
    """Mode 0600, the old content replaced whole, nothing printed, nothing left beside it."""
    path = tmp_path / "out"
    path.write_text("old and longer than what comes")
    path.chmod(0o644)
    answer = run(batch, f"check --json > {path}")
    assert (render(answer, answer.as_json), answer.exit_code) == ("", 3)
    assert answer.remarks == [f"written to {path}"]
    assert path.read_text() == "null\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert output(batch, f"list | match ops > {path}") == ""
    assert path.read_text() == "NAME  TYPE\nops   JWK\n"
    assert sorted(tmp_path.glob("*")) == [tmp_path / "home", path]


def test_output_follows_a_link_and_goes_into_a_pipe(batch: Interpreter, tmp_path: Path) -> None:
    """The link stays one; what is no regular file is not replaced."""
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(target)
    batch.run(f"list | count > {link}")
    assert (link.is_symlink(), target.read_text()) == (True, "2\n")
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    batch.run(f"list | count > {pipe}")
    reader.join()
    assert (read, stat.S_ISFIFO(pipe.stat().st_mode)) == (["2\n"], True)


@pytest.mark.parametrize("name", ["none/out", ".", "home/x/y"])
def test_a_file_that_cannot_be_written_is_an_error(batch: Interpreter, tmp_path: Path, name: str) -> None:
    """The folder is not made."""
    with pytest.raises(ShellError, match="cannot write") as caught:
        batch.run(f"list > {tmp_path / name}", "f", 1)
    assert (caught.value.exit_code, caught.value.place, bool(caught.value.hint)) == (1, "f:1:1", True)


def test_a_restricted_batch_keeps_to_itself(session: Session, tmp_path: Path) -> None:
    """It writes no files and runs no command that reaches further; nothing of the line runs."""
    interpreter = Interpreter(session, REGISTRY, interactive=False, restricted=True)
    with pytest.raises(UsageError) as caught:
        interpreter.run(f"source x > {tmp_path / 'out'}", "f", 1)
    assert [caught.value.code, *(cause.code for cause in caught.value.causes)] == ["restricted", "restricted"]
    assert not (tmp_path / "out").exists()
    assert output(interpreter, "list | count") == "2\n"


def test_a_question_mark_shows_what_may_stand_there(prompt: Interpreter, session: Session) -> None:
    """The argument with its meaning, and the words for it; nothing runs."""
    session.names = [f"p{number}" for number in range(500)]
    lines = output(prompt, "add ?").split("\n")
    assert lines[:2] == ["NAME: The name.", "p0    a name"]
    assert len(lines) == 202
    assert "List them." in output(prompt, "?")
    assert session.staged == []


def test_help_can_be_json(session: Session) -> None:
    """One document with the words and what they mean."""
    interpreter = Interpreter(session, REGISTRY, interactive=True, json=True)
    assert json.loads(output(interpreter, "webhook ?")) == [
        {"text": "webhook add", "description": "Add a hook."},
        {"text": "webhook remove", "description": "Remove a hook."},
    ]


def test_lines_are_prepared_together(batch: Interpreter) -> None:
    """Every line of every text is read before one runs, and all errors come as one."""
    steps = batch.prepare([("a", "# c\nlist\n\nadd \\\n x"), ("b", "show")])
    assert [(step.file, step.line, step.column, step.written) for step in steps] == [
        ("a", 2, 1, "list"),
        ("a", 4, 1, "add"),
        ("b", 1, 1, "show"),
    ]
    with pytest.raises(UsageError) as caught:
        batch.prepare(
            [("a", "lst\nlist x"), ("b", "?")], lambda steps: [UsageError("rule", f"{len(steps)} steps")]
        )
    assert [caught.value.code, *(cause.code for cause in caught.value.causes)] == [
        "unknown-command",
        "too-many-arguments",
        "help-in-batch",
        "rule",
    ]


def test_no_errors_make_no_error() -> None:
    """And several make the first with the others as its causes."""
    assert together([]) is None
