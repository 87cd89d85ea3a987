"""The journal: a write-ahead record of the one commit that may be under way on a target.

A store that knows no target: records are JSON objects whose meaning is the caller's. The plan is
written once, whole and durably, before anything is done; then one record per step, each with one
fsync; closing says how it ended. Each line carries a checksum, so that a line torn by a crash is
recognised and counts as not written. What an undo needs to hold of secrets lies in a sealed file of
its own, removed when the commit is closed. All files are 0600.

While a process works on a commit it holds a lock on the journal, so that others do not take a commit
that is under way for one that was interrupted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from typing import TYPE_CHECKING

from shell.durable import Temporary, failure, read_all, sync_folder, write_all, write_atomically
from shell.errors import ShellError
from shell.escape import visible
from shell.model.values import format_json, parse_json

if TYPE_CHECKING:
    from typing import TypeAlias

    from shell.model.values import JSON

    Record: TypeAlias = dict[str, JSON]

NAME = "journal"
SEALED = "journal.sealed"


class Open:
    """A commit that was begun and not closed.

    `plan` is what `begin` was given, `steps` the records since, in order. `sealed` is what was sealed,
    or empty. Every method that writes returns only when it is durable, and raises ShellError.
    """

    def __init__(self, journal: Journal, descriptor: int, plan: Record, steps: list[Record]) -> None:
        self._journal = journal
        self._descriptor = descriptor
        self.plan = plan
        self.steps = steps

    @property
    def sealed(self) -> Record:
        """The secrets that this commit may need to be undone, or to go on."""
        return self._journal.read_sealed()

    def step(self, record: Record) -> None:
        """Write one more record: one fsync."""
        self._append({"step": record})
        self.steps.append(record)

    def seal(self, secrets: Record) -> None:
        """Replace what is sealed."""
        self._journal.write_sealed(secrets)

    def close(self, outcome: str) -> None:
        """Write how the commit ended, and remove journal and seal; there is no open commit any more."""
        self._append({"close": outcome})
        self._journal.remove()
        self.leave()

    def leave(self) -> None:
        """Let go of the commit without closing it: whoever opens the journal next finds it open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _append(self, record: Record) -> None:
        try:
            end = os.lseek(self._descriptor, 0, os.SEEK_END)
            try:
                write_all(self._descriptor, _line(record))
                os.fsync(self._descriptor)
            except OSError:
                # a record that is written in half would look like the damage of a crash
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, end)
                raise
        except OSError as error:
            raise self._journal.failure(error) from None


class Journal:
    """The journal in a folder, which is made by whoever owns it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._path = os.path.join(folder, NAME)
        self._sealed_path = os.path.join(folder, SEALED)

    def begin(self, plan: Record, sealed: Record | None = None) -> Open:
        """Record what is about to be done; returns when it is durable.

        Raises ShellError: `commit-open` where another commit is open, or the disk refuses.
        """
        try:
            while (descriptor := self._begun(plan, sealed)) is None:
                pass
        except BlockingIOError:
            raise ShellError(
                "commit-running",
                "another process is committing to this target",
                hint="try again when it has finished",
            ) from None
        except OSError as error:
            raise self.failure(error) from None
        return Open(self, descriptor, plan, [])

    def _begun(self, plan: Record, sealed: Record | None) -> int | None:
        """Put a new journal in the place of the closed one; None where somebody else changed it meanwhile."""
        closed = self._hold()
        try:
            if closed is not None:
                if not self._leads_to(closed):
                    return None
                if _is_open(self._read(closed)):
                    raise ShellError(
                        "commit-open",
                        "an earlier commit on this target was interrupted and is still open",
                        hint="recover show",
                    )
            return self._write_plan(plan, sealed, replace=closed is not None)
        finally:
            if closed is not None:
                os.close(closed)

    def _write_plan(self, plan: Record, sealed: Record | None, *, replace: bool) -> int | None:
        temporary = Temporary(self._path)
        try:
            write_all(temporary.descriptor, _line({"begin": plan}))
            os.fsync(temporary.descriptor)
            if replace:
                # what the closed commit had sealed must never be taken for ours
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._sealed_path)
                temporary.put_in_place()
            else:
                # linked, not renamed: of two processes that begin the first journal at once one fails
                os.link(temporary.name, self._path)
                os.unlink(temporary.name)
        except FileExistsError:
            temporary.remove()
            return None
        except BaseException:
            temporary.remove()
            raise
        try:
            # sealed under the lock on the journal, so that a seal without a journal cannot be
            if sealed:
                write_atomically(self._sealed_path, format_json(sealed).encode())
            sync_folder(self.folder)
        except BaseException:
            self.remove()
            temporary.close()
            raise
        return temporary.descriptor

    def open_commit(self) -> Open | None:
        """Return the commit that was interrupted, now held by this process; None where there is none.

        What is left of one that was closed is removed. A commit that a living process is working on is none. Raises ShellError `journal-damaged` where a
        line other than the last is not as it was written.
        """
        try:
            descriptor = self._hold()
        except BlockingIOError:
            return None
        except OSError as error:
            raise self.failure(error) from None
        if descriptor is None:
            return None
        try:
            records = self._read(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        ours = self._leads_to(descriptor)
        if not ours or not _is_open(records):
            if ours:
                # closed, and the process died before it had removed it
                self.remove()
            os.close(descriptor)
            return None
        plan, *steps = (next(iter(record.values())) for record in records)
        return Open(self, descriptor, _record(plan), [_record(step) for step in steps])

    def _hold(self) -> int | None:
        """Open and lock the journal; None where there is none, BlockingIOError where a process works on it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _leads_to(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def read_sealed(self) -> Record:
        """Return the sealed record, or an empty one."""
        try:
            with open(self._sealed_path, encoding="utf-8") as file:
                found = parse_json(file.read())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self.failure(error) from None
        return found if isinstance(found, dict) else {}

    def write_sealed(self, secrets: Record) -> None:
        """Write the sealed record durably."""
        try:
            write_atomically(self._sealed_path, format_json(secrets).encode())
        except OSError as error:
            raise self.failure(error) from None

    def remove(self) -> None:
        """Remove the files of a closed commit."""
        for path in (self._sealed_path, self._path):
            with contextlib.suppress(OSError):
                os.unlink(path)

    def failure(self, error: OSError) -> ShellError:
        """Return the error for a person when the journal cannot be used."""
        return failure(
            error,
            f"the journal in {visible(self.folder)} cannot be used",
            hint="name another folder for drafts, journals and history with --state-dir",
        )

    def _read(self, descriptor: int) -> list[Record]:
        """Return the records of the journal, and cut off a torn last line."""
        lines = read_all(descriptor).splitlines(keepends=True)
        parsed = [_parsed(line) for line in lines]
        if None in parsed[:-1]:
            raise ShellError(
                "journal-damaged",
                f"the journal in {visible(self.folder)} is damaged in line {parsed.index(None) + 1}",
                hint=f"look at {visible(self._path)} and at the target; when all is well, move the journal away",
            )
        if parsed and parsed[-1] is None:
            os.ftruncate(descriptor, sum(map(len, lines[:-1])))
        return [record for record in parsed if record is not None]


def _is_open(records: list[Record]) -> bool:
    return bool(records) and "begin" in records[0] and "close" not in records[-1]


def _record(value: JSON) -> Record:
    return value if isinstance(value, dict) else {}


def _line(record: Record) -> bytes:
    text = format_json(record).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def _parsed(line: bytes) -> Record | None:
    """Return the record of a line, or None where the line is not as it was written."""
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(text):
        return None
    found = parse_json(text.decode())
    return found if isinstance(found, dict) else None
