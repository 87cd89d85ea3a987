"""What the next start does about an interrupted commit to a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import pytest

from shell.backends import filewrite
from shell.backends.filelock import FileLock
from shell.commit.recovery import Recovered, is_mixture, open_commit, recover_file
from shell.errors import Incomplete, ShellError
from shell.journal import Journal
from tests.support.filecommit import Bench, acme

Moment = Literal["before", "after"]


class Died(BaseException):
    """The process is killed here."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a ca.json with one provisioner, and a draft with one more."""
    return Bench(tmp_path, acme("one")).add("two")


def die(bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: Moment, *, in_place: bool = False) -> None:
    """Commit, and die just before or after the file is written; the process's locks go with it."""
    name = "write_in_place" if in_place else "replace"
    real = getattr(filewrite, name)

    def dying(*args: Any, **more: Any) -> None:
        if moment == "after":
            done = real(*args, **more)
            if done is not None:
                os.close(done.descriptor)
        raise Died

    opened = []
    begin = Journal.begin

    def keep(*args: Any) -> Any:
        opened.append(begin(*args))
        return opened[0]

    with monkeypatch.context() as patch:
        patch.setattr(filewrite, name, dying)
        patch.setattr(Journal, "begin", keep)
        with pytest.raises(Died):
            bench.commit(in_place=in_place, comment="the one")
    opened[0].leave()


def recovered(bench: Bench, **more: Any) -> Recovered:
    """Recover what is there to recover."""
    done = recover_file(bench.target, bench.state, **more)
    assert done is not None
    assert open_commit(bench.state) is None
    assert bench.litter() == []
    return done


def outcomes(bench: Bench) -> list[str]:
    """Return how the commits in the history ended."""
    return [entry.outcome for entry in bench.state.history.entries()]


def test_there_may_be_nothing_to_recover(bench: Bench) -> None:
    """Without an interrupted commit nothing happens."""
    assert open_commit(bench.state) is None
    assert recover_file(bench.target, bench.state) is None


def test_an_interrupted_commit_can_be_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was under way is known without touching it; a journal of another kind is not ours."""
    before = bench.data
    die(bench, monkeypatch, "before")
    shown = open_commit(bench.state)
    assert shown is not None
    assert (shown.comment, shown.path, shown.way) == ("the one", str(bench.path), "replace")
    assert Path(shown.backup).read_bytes() == before
    assert open_commit(bench.state) == shown
    recovered(bench)
    bench.state.journal.begin({"kind": "ca"}).leave()
    assert open_commit(bench.state) is None


def test_before_the_rename_nothing_has_changed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file is there, the commit is closed, and the history has nothing of it."""
    before = bench.data
    die(bench, monkeypatch, "before")
    done = recovered(bench)
    assert done.word == "nothing"
    assert "2026-01-02 03:04:05 UTC" in done.note
    assert bench.data == before
    assert outcomes(bench) == []


def test_after_the_rename_the_commit_is_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file stays, and the history has the commit, though nobody knows whether it is live."""
    die(bench, monkeypatch, "after")
    assert recovered(bench).word == "committed"
    assert bench.names == ["one", "two"]
    (entry,) = bench.state.history.entries()
    assert (entry.outcome, entry.comment, entry.live) == ("committed", "the one", None)


@pytest.mark.parametrize("in_place", [True, False])
def test_a_finished_commit_can_be_taken_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    """Asked for, the old bytes come back."""
    before = bench.data
    die(bench, monkeypatch, "after", in_place=in_place)
    assert recovered(bench, direction="back").word == "rolled-back"
    assert bench.data == before
    assert outcomes(bench) == ["rolled-back"]


def test_a_commit_that_the_ca_had_refused_goes_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the old file was back already or not, it is there in the end."""
    before = bench.data
    die(bench, monkeypatch, "after")
    opened = bench.state.journal.open_commit()
    assert opened is not None
    opened.step({"refused": "it says no"})
    opened.leave()
    done = recovered(bench)
    assert done.word == "rolled-back"
    assert "it says no" in done.note
    assert bench.data == before

    die(bench, monkeypatch, "before")
    opened = bench.state.journal.open_commit()
    assert opened is not None
    opened.step({"refused": "it says no"})
    opened.leave()
    assert recovered(bench).word == "rolled-back"
    assert outcomes(bench) == ["rolled-back", "rolled-back"]


def test_a_file_that_somebody_has_changed_since_stays(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot be told whether the commit was made; the note names the backup, and the commit is closed."""
    die(bench, monkeypatch, "after")
    bench.path.write_bytes(bench.data + b"\n")
    theirs = bench.data
    done = recovered(bench)
    assert done.word == "unknown"
    assert done.commit.backup in done.note
    assert bench.data == theirs
    assert outcomes(bench) == ["unknown"]


def tear(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Die with half of the new content over the old one; returns the old content."""
    before = bench.data
    bench.draft.undo()
    for number in range(200):
        bench.add(f"number-{number}")
    die(bench, monkeypatch, "before", in_place=True)
    opened = bench.state.journal.open_commit()
    assert opened is not None
    new = str(opened.sealed["after"]).encode()
    opened.leave()
    bench.path.write_bytes(new[:8192] + bytes(len(new) - 8192))
    return before


def test_a_torn_file_goes_back_by_itself(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the interrupted writing left is recognised, and the old content is put in place."""
    before = tear(bench, monkeypatch)
    assert recovered(bench).word == "rolled-back"
    assert bench.data == before
    assert sorted(os.listdir(bench.state.folder)) == ["backups", "history.jsonl"]


def test_a_torn_file_can_be_finished(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, the new content is put in place."""
    tear(bench, monkeypatch)
    assert recovered(bench, direction="forward").word == "committed"
    assert len(bench.names) == 201


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_a_file_that_is_neither_is_left_until_somebody_decides(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, direction: Literal["back", "forward"]
) -> None:
    """Foreign content is not overwritten unasked: exit 6, and the commit stays open."""
    before = tear(bench, monkeypatch)
    bench.path.write_bytes(b"something else")
    for _ in range(2):
        with pytest.raises(Incomplete) as caught:
            recover_file(bench.target, bench.state)
        assert caught.value.code == "file-torn"
    assert bench.path.read_bytes() == b"something else"
    recovered(bench, direction=direction)
    assert (bench.data == before) is (direction == "back")


@pytest.mark.parametrize("damage", ["missing", "other"])
def test_without_its_backup_a_torn_file_cannot_go_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """The error says what is missing; going forward still works."""
    tear(bench, monkeypatch)
    shown = open_commit(bench.state)
    assert shown is not None
    if damage == "missing":
        os.unlink(shown.backup)
    else:
        Path(shown.backup).write_bytes(b"other")
    with pytest.raises(Incomplete, match="backup") as caught:
        recover_file(bench.target, bench.state)
    assert caught.value.code == "cannot-recover"
    recovered(bench, direction="forward")


def test_without_its_seal_a_torn_file_cannot_be_finished(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says that the new content is lost."""
    tear(bench, monkeypatch)
    Path(bench.state.folder, "journal.sealed").unlink()
    with pytest.raises(Incomplete, match="new content"):
        recover_file(bench.target, bench.state, "forward")


def test_recovering_waits_for_the_lock(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process is committing to is not touched."""
    die(bench, monkeypatch, "before")
    with FileLock(str(bench.path)), pytest.raises(ShellError) as caught:
        recover_file(bench.target, bench.state, timeout=0.01)
    assert caught.value.code == "locked"
    recovered(bench)


@pytest.mark.parametrize("cut", [0, 1, 4095, 4096, 4097, 9000])
@pytest.mark.parametrize("lengths", [(10000, 12000), (12000, 10000), (5, 9000), (9000, 5), (4096, 8192)])
def test_every_prefix_of_an_interrupted_writing_is_a_mixture(lengths: tuple[int, int], cut: int) -> None:
    """Pages of the new content, then of the old one, with or without zeros behind, are recognised; others are not."""
    old, new = (bytes([65 + n]) * length for n, length in enumerate(lengths))
    cut = min(cut // 4096 * 4096, len(new))
    room = old + bytes(max(0, len(new) - len(old)))
    assert is_mixture(new[:cut] + room[cut:], old, new)
    assert is_mixture(new + old[len(new) :], old, new)
    assert is_mixture(new, old, new)
    assert is_mixture(old, old, new)
    assert not is_mixture(b"x" * len(old), old, new)
    assert not is_mixture(old + new, old, new)
