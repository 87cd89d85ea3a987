"""The write-ahead record of a commit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from shell.errors import ShellError
from shell.journal import Journal, Open
from shell.model.values import Number


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return a journal in an empty folder."""
    (tmp_path / "journal").mkdir()
    return Journal(str(tmp_path / "journal"))


def crash(journal: Journal, *steps: dict[str, Any], sealed: dict[str, Any] | None = None) -> Path:
    """Begin a commit, do some steps, and die; returns the path of the journal."""
    opened = journal.begin({"plan": ["a", Number("1.20")]}, sealed)
    for step in steps:
        opened.step(step)
    opened.leave()
    return Path(journal.folder, "journal")


def test_an_interrupted_commit_is_found_with_all_its_steps(journal: Journal) -> None:
    """Plan and steps come back as they were written, values and all."""
    crash(journal, {"done": "one"}, {"done": "two"})
    opened = journal.open_commit()
    assert opened is not None
    assert opened.plan == {"plan": ["a", Number("1.20")]}
    assert isinstance(opened.plan["plan"][1], Number)  # type: ignore[index]
    assert opened.steps == [{"done": "one"}, {"done": "two"}]
    opened.step({"done": "three"})
    opened.leave()
    again = journal.open_commit()
    assert again is not None
    assert len(again.steps) == 3
    again.close("committed")
    assert journal.open_commit() is None


def test_a_closed_commit_leaves_nothing(journal: Journal) -> None:
    """After closing neither the journal nor what was sealed is there."""
    opened = journal.begin({"plan": "x"}, {"secret": "s"})
    assert sorted(os.listdir(journal.folder)) == ["journal", "journal.sealed"]
    assert all(
        stat.S_IMODE(os.stat(os.path.join(journal.folder, name)).st_mode) == 0o600
        for name in os.listdir(journal.folder)
    )
    opened.close("committed")
    opened.leave()
    assert os.listdir(journal.folder) == []


def test_a_commit_under_way_is_not_taken_for_an_interrupted_one(journal: Journal) -> None:
    """While a process works on it, others see no open commit, and cannot begin one."""
    opened = journal.begin({})
    assert Journal(journal.folder).open_commit() is None
    with pytest.raises(ShellError) as caught:
        Journal(journal.folder).begin({})
    assert caught.value.code == "commit-running"
    opened.close("committed")


def test_over_an_interrupted_commit_none_is_begun(journal: Journal) -> None:
    """What was interrupted must be recovered first."""
    crash(journal)
    with pytest.raises(ShellError) as caught:
        journal.begin({})
    assert caught.value.code == "commit-open"
    assert journal.open_commit() is not None


def test_secrets_are_sealed_apart(journal: Journal) -> None:
    """They are not in the readable part, can be replaced, and come back after a crash."""
    path = crash(journal, sealed={"key": "secret-1"})
    opened = journal.open_commit()
    assert opened is not None
    assert opened.sealed == {"key": "secret-1"}
    opened.seal({"key": "secret-2"})
    assert opened.sealed == {"key": "secret-2"}
    assert b"secret" not in path.read_bytes()
    opened.close("rolled-back")
    assert opened.sealed == {}


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_last_record_counts_as_not_written(journal: Journal, cut: int) -> None:
    """However much of the last line is missing, the records before it stand, and writing goes on after them."""
    path = crash(journal, {"step": "one"}, {"step": "two"})
    data = path.read_bytes()
    last = len(data.splitlines(keepends=True)[-1])
    path.write_bytes(data[: max(-cut, -last)])
    opened = journal.open_commit()
    assert opened is not None
    assert opened.steps == [{"step": "one"}]
    opened.step({"step": "other"})
    opened.leave()
    again = journal.open_commit()
    assert again is not None
    assert again.steps == [{"step": "one"}, {"step": "other"}]
    again.leave()


def test_a_record_that_a_crash_left_as_rubbish_counts_as_not_written(journal: Journal) -> None:
    """A last line of zeros, or with a wrong checksum, is cut off."""
    path = crash(journal, {"step": "one"})
    good = path.read_bytes()
    for rubbish in (bytes(20), b"00000000 {}\n", b"x\n"):
        path.write_bytes(good + rubbish)
        opened = journal.open_commit()
        assert opened is not None
        assert len(opened.steps) == 1
        opened.leave()
        assert path.read_bytes() == good


def test_damage_before_the_end_is_an_error(journal: Journal) -> None:
    """A line that changed after it was written is not skipped over."""
    path = crash(journal, {"step": "one"}, {"step": "two"})
    path.write_bytes(path.read_bytes().replace(b"one", b"One"))
    with pytest.raises(ShellError, match="line 2") as caught:
        journal.open_commit()
    assert caught.value.code == "journal-damaged"
    with pytest.raises(ShellError):
        journal.begin({})


def test_a_journal_that_was_closed_but_not_removed_is_no_open_commit(journal: Journal) -> None:
    """A crash between closing and removing leaves a journal that the next commit takes the place of."""
    path = crash(journal, {"step": "one"})
    opened = journal.open_commit()
    assert opened is not None
    closed = path.read_bytes()
    opened.close("committed")
    path.write_bytes(closed)
    opened = journal.open_commit()
    assert opened is not None
    opened._append({"close": "committed"})
    opened.leave()
    assert journal.open_commit() is None
    journal.begin({"plan": "next"}).leave()
    following = journal.open_commit()
    assert following is not None
    assert following.plan == {"plan": "next"}
    following.leave()


def test_an_empty_journal_is_none(journal: Journal) -> None:
    """A file without a whole record is no commit, and a commit can begin."""
    Path(journal.folder, "journal").write_bytes(b"0000")
    assert journal.open_commit() is None
    journal.begin({}).close("committed")


def test_a_journal_that_is_replaced_meanwhile_is_looked_at_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opened a closed journal just before another commit began sees that one."""
    Path(journal.folder, "journal").write_bytes(b"")
    answers = [False]
    real = journal._leads_to
    monkeypatch.setattr(
        journal, "_leads_to", lambda descriptor: answers.pop() if answers else real(descriptor)
    )
    journal.begin({}).close("committed")
    assert answers == []


def test_the_first_journal_of_two_wins(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two processes that find no journal and begin one, the second is told that the first is committing."""
    other = Journal(journal.folder)
    opened: list[Open] = []
    real = os.link

    def link(*paths: str) -> None:
        monkeypatch.setattr(os, "link", real)
        opened.append(other.begin({"plan": "theirs"}))
        real(*paths)

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(ShellError) as caught:
        journal.begin({"plan": "ours"})
    assert caught.value.code == "commit-running"
    assert opened[0].plan == {"plan": "theirs"}
    assert journal._leads_to(opened[0]._descriptor)


def test_a_journal_that_vanishes_leads_nowhere(journal: Journal) -> None:
    """A descriptor of a file that was removed is not the journal."""
    opened = journal.begin({})
    Path(journal.folder, "journal").unlink()
    assert not journal._leads_to(opened._descriptor)
    opened.leave()


def refuse(*_: Any, **__: Any) -> Any:
    """Fail like a full disk."""
    raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("call", ["write", "fsync", "rename", "link"])
def test_a_commit_that_cannot_be_journaled_is_not_begun(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A full disk is told with --state-dir, and leaves neither a journal nor secrets."""
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(ShellError) as caught:
        journal.begin({}, {"secret": "s"})
    monkeypatch.undo()
    assert caught.value.code == "disk-full"
    assert "--state-dir" in caught.value.hint
    assert os.listdir(journal.folder) == []


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_step_that_cannot_be_written_leaves_no_half_of_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The journal is as it was before the step, and the error is told."""
    opened = journal.begin({})
    real = os.write
    monkeypatch.setattr(
        os, call, refuse if call == "fsync" else lambda d, data: real(d, data[:5]) and refuse()
    )
    with pytest.raises(ShellError):
        opened.step({"x": "y"})
    monkeypatch.undo()
    opened.leave()
    again = journal.open_commit()
    assert again is not None
    assert again.steps == []
    again.leave()


def test_what_cannot_be_read_is_told(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal or a seal that the system does not give is an error."""
    crash(journal, sealed={"a": "b"})
    opened = journal.open_commit()
    assert opened is not None
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ShellError):
        _ = opened.sealed
    monkeypatch.undo()
    opened.leave()
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ShellError):
        journal.open_commit()
    monkeypatch.undo()
    monkeypatch.setattr("shell.journal.write_atomically", refuse)
    with pytest.raises(ShellError):
        journal.write_sealed({})
    monkeypatch.undo()


def test_the_seal_of_a_closed_commit_is_never_that_of_the_next(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deaths, one after closing and one before sealing, leave a commit without a seal."""
    monkeypatch.setattr(journal, "remove", lambda: None)
    journal.begin({"plan": "first"}, {"secret": "first"}).close("committed")
    monkeypatch.setattr("shell.journal.write_atomically", refuse)
    with pytest.raises(ShellError):
        journal.begin({"plan": "second"}, {"secret": "second"})
    opened = Journal(journal.folder).open_commit()
    assert opened is not None
    assert (opened.plan, opened.sealed) == ({"plan": "second"}, {})
    opened.leave()
