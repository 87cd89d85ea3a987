"""What a person is told of the lines that run, and what becomes of mistakes of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from shell.ui.runner import LeaveError, Runner
from shell.ui.screen import Screen
from tests.unit.ui.conftest import Desk


@pytest.fixture
def runner(desk: Desk) -> Runner:
    """Return what runs lines on a ca.json, without a terminal."""
    return Runner(desk.interpreter, desk.session, desk.watch, Screen())


def test_a_mistake_of_ours_ends_a_line_and_not_the_session(
    desk: Desk, runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exception that nobody expected is told with its place, what is staged stays, and lines go on."""
    runner.run("set acme forceCN true")

    def fail() -> object:
        raise KeyError("nobody thought of this")

    with monkeypatch.context() as patch:
        patch.setattr(desk.session, "plan", fail)
        runner.run("diff")
    told = capsys.readouterr().err
    assert "error: this is a mistake in step-shell: KeyError in fail (test_runner.py:" in told
    assert "what is staged is kept" in told
    runner.run("diff")
    assert "forceCN" in capsys.readouterr().out


def test_leaving_is_no_mistake(runner: Runner) -> None:
    """`quit` reaches whoever reads the lines."""
    with pytest.raises(LeaveError):
        runner.run("quit")


def test_several_lines_have_a_summary_and_one_has_none(
    runner: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines say how many of them ran and what is staged; where a commit leaves one line, it speaks for itself."""
    runner.run("list\nshow acme\n")
    assert capsys.readouterr().err == "2 of 2 lines run; nothing is staged\n"
    runner.run("set acme forceCN true\ncommit\n")
    assert capsys.readouterr().err == "staged: set forceCN of acme\n"
    assert runner.take_rest() == "commit"


def test_lines_behind_a_connect_wait(
    desk: Desk, runner: Runner, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was left at the new target comes first: pasted lines wait on the next prompt, those of a file are refused."""
    other = tmp_path / "other.json"
    other.write_text(desk.path.read_text())
    runner.run(f"# a comment\nlist | count\nconnect {other}\nremove people\n# the end\nremove acme\n")
    assert capsys.readouterr().err == "2 of 4 lines run; nothing is staged\n"
    assert runner.take_rest() == "remove people\n# the end\nremove acme"
    script = tmp_path / "script.steps"
    script.write_text(f"connect {desk.path}\nremove people\n")
    runner.run(f"source {script}")
    told = capsys.readouterr().err
    assert f"{script}:1:1: error: the lines behind it have not run" in told
    assert not desk.session.has_staged_edits


def test_a_paste_of_comments_is_nothing(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines that say nothing run as nothing."""
    runner.run("# one\n# two\n")
    assert capsys.readouterr().err == ""


def test_a_beginning_that_nothing_has_is_told(runner: Runner, capsys: pytest.CaptureFixture[str]) -> None:
    """`?` behind the beginning of a command shows which there are, or that there is none."""
    runner.explain("cla")
    assert capsys.readouterr().err.startswith("claims  Show the claims in force")
    runner.explain("zz")
    assert capsys.readouterr().err == "nothing that may stand here begins so\n"


def test_an_interrupted_commit_says_whether_it_is_open(
    desk: Desk, runner: Runner, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C during a commit that has begun names what settles it; elsewhere nothing is to be settled."""

    def interrupt(*given: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk.interpreter, "run", interrupt)
    runner.run("commit")
    assert capsys.readouterr().err == "interrupted\n"
    monkeypatch.setattr(type(desk.session.site), "interrupted", lambda site, state: object())
    runner.run("list")
    assert capsys.readouterr().err == "interrupted\n"
    runner.run("commit")
    assert capsys.readouterr().err == "interrupted; what was begun is to be settled: see recover show\n"
