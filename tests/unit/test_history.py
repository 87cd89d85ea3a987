"""The record of past commits."""

from __future__ import annotations

import errno
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shell.errors import ShellError
from shell.history import Entry, History
from shell.model.values import Number, format_json

NOW = datetime(2026, 1, 2, 3, 4, 5, 99, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a history in an empty folder."""
    return History(str(tmp_path))


def add(history: History, key: str, **more: Any) -> Entry:
    """Add a commit."""
    members: dict[str, Any] = {
        "now": NOW,
        "operator": "me",
        "comment": "why",
        "target": "/ca.json",
        "plan": [{"action": "add", "n": Number("1.20")}],
        "before": "a",
        "after": "b",
        "backup": "/backup",
        "outcome": "committed",
        **more,
    }
    return history.add(key=key, **members)


def test_commits_are_counted_and_come_back(history: History) -> None:
    """Numbers begin at 1, and every member is read as it was written, numbers by spelling."""
    assert [add(history, key).id for key in "xyz"] == [1, 2, 3]
    entries = history.entries()
    assert [entry.id for entry in entries] == [1, 2, 3]
    assert entries[0] == add(history, "x")
    assert entries[1].time == "2026-01-02T03:04:05Z"
    assert isinstance(entries[1].plan[0]["n"], Number)  # type: ignore[index,call-overload]
    assert history.entry(2).key == "y"
    assert stat.S_IMODE(os.stat(os.path.join(history.folder, "history.jsonl")).st_mode) == 0o600


def test_a_commit_is_recorded_once(history: History) -> None:
    """Recording a key again gives the entry that is there."""
    first = add(history, "x", live=True)
    assert add(history, "x", live=None) == first
    assert len(history.entries()) == 1


def test_an_unknown_number_is_told(history: History) -> None:
    """The error says what there is."""
    with pytest.raises(ShellError) as caught:
        history.entry(1)
    assert "nothing was committed" in caught.value.hint
    add(history, "x")
    with pytest.raises(ShellError, match="no commit 2") as caught:
        history.entry(2)
    assert "1 to 1" in caught.value.hint


@pytest.mark.parametrize("torn", [b"{", b'{"id": 1', b'{"key": "x"}\n', b"[]\n", b'{"id": 7}\n', b"\xff\n"])
def test_a_torn_line_is_cut_off_by_the_next_commit(history: History, torn: bytes) -> None:
    """What a crash left of a line is not shown, and does not stay."""
    add(history, "x")
    path = Path(history.folder, "history.jsonl")
    path.write_bytes(path.read_bytes() + torn)
    assert [entry.key for entry in history.entries()] == ["x"]
    assert add(history, "y").id == 2
    assert [entry.key for entry in history.entries()] == ["x", "y"]


def test_members_of_a_later_version_are_left_out(history: History) -> None:
    """An entry with more than this version knows is read all the same."""
    entry = add(history, "x")
    Path(history.folder, "history.jsonl").write_text(format_json({**entry.to_json(), "new": "thing"}) + "\n")
    assert history.entries() == [entry]


def test_numbers_are_given_once(history: History) -> None:
    """Commits at the same moment get numbers of their own."""
    threads = [threading.Thread(target=add, args=(history, str(number))) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.id for entry in history.entries()] == list(range(1, 9))


def test_a_full_disk_leaves_the_history_as_it_was(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that cannot be recorded leaves no half of a line."""
    add(history, "x")
    real = os.write

    def write(descriptor: int, data: Any) -> int:
        real(descriptor, data[:10])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(ShellError) as caught:
        add(history, "y")
    monkeypatch.undo()
    assert "--state-dir" in caught.value.hint
    assert Path(history.folder, "history.jsonl").read_bytes().count(b"\n") == 1


def test_a_history_that_cannot_be_read_is_told(history: History) -> None:
    """Something else in its place is an error."""
    os.mkdir(os.path.join(history.folder, "history.jsonl"))
    with pytest.raises(ShellError):
        history.entries()
