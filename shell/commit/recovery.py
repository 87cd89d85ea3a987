"""What the next start does about a commit to a file that was interrupted.

A file that was replaced is the old one or the new one, and its digest says which. One that was written
in place may be torn; the backup has the old content and the sealed part of the journal the new one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shell.backends import filewrite
from shell.backends.cafile import digest_of
from shell.backends.filelock import DEFAULT_TIMEOUT, FileLock
from shell.commit.record import KIND, FileCommit
from shell.commit.uninterrupted import uninterrupted
from shell.durable import Pieces
from shell.errors import Incomplete, ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from shell.backends.cafile import CaFile
    from shell.journal import Open
    from shell.state import State

Direction = Literal["", "back", "forward"]
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of an interrupted commit.

    `word` is "committed", "nothing" (it had changed nothing), "rolled-back" (the old content is there
    again) or "unknown" (somebody else has changed the file since). `note` says it, safe to show.
    """

    word: Literal["committed", "nothing", "rolled-back", "unknown"]
    note: str
    commit: FileCommit


def open_commit(state: State) -> FileCommit | None:
    """Return the interrupted commit of a file, for `recover show`; None where there is none."""
    opened = state.journal.open_commit()
    if opened is None:
        return None
    opened.leave()
    return FileCommit.from_record(opened.plan) if opened.plan.get("kind") == KIND else None


def recover_file(
    target: CaFile, state: State, direction: Direction = "", *, timeout: float = DEFAULT_TIMEOUT
) -> Recovered | None:
    """Finish or take back the interrupted commit, and close it; None where there is none.

    Without a direction the file decides: old and new content stay, torn content goes back. "back" also
    takes a finished one back, "forward" finishes a torn one. Raises Incomplete where the file is neither
    the old content, nor the new, nor a mixture of the two, and no direction is given; ShellError where
    the system refuses.
    """
    if open_commit(state) is None:
        return None
    with FileLock(os.path.realpath(target.path), timeout) as lock, uninterrupted():
        return _recover(target, state, lock, direction)


def tidy(target: CaFile, state: State) -> list[str]:
    """Remove what killed processes left beside the file and in the state folder; returns the names, safe to show.

    What a living process holds stays. For every start that may write, and for every commit.
    """
    return [*filewrite.clean(target), *state.clean()]


def recover_under_lock(target: CaFile, state: State, lock: FileLock) -> tuple[str, ...]:
    """As `recover_file` without a direction, for a caller that holds the lock; returns the notes."""
    done = _recover(target, state, lock, "")
    return (done.note,) if done else ()


def _recover(target: CaFile, state: State, lock: FileLock, direction: Direction) -> Recovered | None:
    opened = state.journal.open_commit()
    if opened is None:
        return None
    try:
        done = _Recovery(target, state, lock, opened, direction).run()
        if done.word != "nothing":
            done.commit.add_to(state.history, done.word, None)
        opened.close(done.word)
    except BaseException:
        opened.leave()
        raise
    return done


class _Recovery:
    """One interrupted commit, held by this process, with the file locked."""

    def __init__(
        self, target: CaFile, state: State, lock: FileLock, opened: Open, direction: Direction
    ) -> None:
        self._target = target
        self._lock = lock
        self._opened = opened
        self._direction = direction
        self._commit = FileCommit.from_record(opened.plan)

    def run(self) -> Recovered:
        """Look at the file and do what is left to do."""
        data, _ = self._target.read_bytes()
        digest = digest_of(data)
        if digest == self._commit.before:
            return self._unchanged()
        if digest == self._commit.after:
            return self._written()
        if self._commit.way == "in-place":
            return self._torn(data)
        return self._done(
            "unknown",
            "and the file has been changed by something else since, so that it cannot be told whether it "
            f"was written; the content before it is in {visible(self._commit.backup)}",
        )

    def _unchanged(self) -> Recovered:
        if any("refused" in step for step in self._opened.steps):
            return self._done("rolled-back", "after the CA had refused the new file; the old one is in place")
        return self._done("nothing", "before the file was written: nothing has changed")

    def _written(self) -> Recovered:
        refused = [step["refused"] for step in self._opened.steps if "refused" in step]
        if not refused and self._direction != "back":
            return self._done(
                "committed",
                "after the file was written: it is committed; whether the CA has taken it over is not known",
            )
        old = self._old()
        if self._commit.way == "in-place":
            filewrite.restore_in_place(self._target.real, old)
        else:
            self._lock.adopt(filewrite.replace(self._target.real, old).descriptor)
        why = (
            f"when the CA had refused the new file ({refused[0]})"
            if refused
            else "after the file was written"
        )
        return self._done("rolled-back", f"{why}; the old content is in place again")

    def _torn(self, data: bytes) -> Recovered:
        new = self._new()
        if not self._direction and not is_mixture(data, self._old(), new):
            raise Incomplete(
                "file-torn",
                f"a commit to {self._target.shown} was interrupted while it wrote into the file, which is now "
                "neither the old content, nor the new, nor a part of each",
                hint="recover back puts the old content in place, recover forward the new one; "
                f"the old one is also in {visible(self._commit.backup)}",
            )
        if self._direction == "forward":
            filewrite.restore_in_place(self._target.real, new)
            return self._done("committed", "while it wrote into the file; the new content is in place now")
        filewrite.restore_in_place(self._target.real, self._old())
        return self._done("rolled-back", "while it wrote into the file; the old content is in place again")

    def _old(self) -> bytes:
        try:
            with open(self._commit.backup, "rb") as file:
                data = file.read()
        except OSError as error:
            raise self._lost(f"its backup cannot be read: {(error.strerror or str(error)).lower()}") from None
        if digest_of(data) != self._commit.before:
            raise self._lost("its backup is damaged")
        return data

    def _new(self) -> bytes:
        text = self._opened.sealed.get("after")
        data = bytes(Pieces(text)) if isinstance(text, str) else b""
        if digest_of(data) != self._commit.after:
            raise self._lost("the new content in the journal is damaged")
        return data

    def _lost(self, why: str) -> ShellError:
        return Incomplete(
            "cannot-recover",
            f"the interrupted commit to {self._target.shown} cannot be recovered: {why}",
            hint=f"put the file right by hand, then remove the journal in {visible(os.path.dirname(self._commit.backup))}/..",
        )

    def _done(self, word: Literal["committed", "nothing", "rolled-back", "unknown"], how: str) -> Recovered:
        when = self._commit.time[:19].replace("T", " ")
        return Recovered(word, f"the commit of {when} UTC was interrupted {how}", self._commit)


def is_mixture(data: bytes, old: bytes, new: bytes) -> bool:
    """Whether data is what an interrupted writing of `new` over `old` can leave.

    Each page begins with the one and ends with the other, or with zeros where room was taken: the system
    writes pages in an order of its own, and stops anywhere in the one it is at.
    """
    longest = max(len(old), len(new))
    if not min(len(old), len(new)) <= len(data) <= longest:
        return False
    written = new + old[len(new) :]
    room = old + bytes(longest - len(old))
    return all(
        _is_cut(data[at : at + _PAGE], written[at : at + _PAGE], room[at : at + _PAGE])
        for at in range(0, len(data), _PAGE)
    )


def _is_cut(page: bytes, begins: bytes, ends: bytes) -> bool:
    """Whether a page has the first bytes of the one and the following bytes of the other."""
    if begins.startswith(page) or ends.startswith(page):
        return True
    cut = next(place for place, (one, other) in enumerate(zip(page, begins, strict=False)) if one != other)
    return ends.startswith(page[cut:], cut)
