"""The history of a target: one record for every commit, counted from 1.

A file of JSON lines that is only ever appended to, 0600. A line that a crash tore is cut off by the
next append and never shown. Differences are stored masked: no secret is in it.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING

from shell.durable import failure, read_all, write_all
from shell.errors import ShellError
from shell.escape import visible
from shell.model.values import Number, format_json, parse_json

if TYPE_CHECKING:
    from shell.model.values import JSON

NAME = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit.

    `time` is UTC, as ISO 8601 to the second. `operator` is who committed. `plan` is the masked
    difference, as `diff --json` gives it. `before` and `after` are the fingerprints of the target,
    `backup` the path of a copy of what was there before, or empty. `key` identifies the commit, so that
    finishing an interrupted one never records it twice. `live` is None where it could not be known.
    """

    id: int
    key: str
    time: str
    operator: str
    comment: str
    target: str
    plan: JSON
    before: str
    after: str
    backup: str
    outcome: str
    live: bool | None = None

    def to_json(self) -> dict[str, JSON]:
        """Return the entry as `history --json` prints it."""
        members: dict[str, JSON] = {name: getattr(self, name) for name in _FIELDS}
        return {**members, "id": Number(self.id)}

    @classmethod
    def from_json(cls, document: JSON) -> Entry:
        """Return what `to_json` gave the document for; raises ValueError. Members of later versions are left out."""
        if not isinstance(document, dict) or not isinstance(document.get("id"), Number):
            raise ValueError("not an entry of a history")
        members = {name: document[name] for name in _FIELDS if name in document}
        try:
            return cls(**{**members, "id": int(str(document["id"]))})  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError(str(error)) from None


class History:
    """The history in a folder, which is made by whoever owns it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._path = os.path.join(folder, NAME)

    def entries(self) -> list[Entry]:
        """Return every commit, the oldest first; raises ShellError where the history cannot be read."""
        try:
            with open(self._path, "rb") as file:
                return _parsed(file.read())[0]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._failure(error) from None

    def entry(self, number: int) -> Entry:
        """Return one commit; raises ShellError `no-such-commit`."""
        entries = self.entries()
        for found in entries:
            if found.id == number:
                return found
        raise ShellError(
            "no-such-commit",
            f"the history of this target has no commit {number}",
            hint=f"it has 1 to {entries[-1].id}; see: history" if entries else "nothing was committed yet",
        )

    def add(
        self,
        *,
        key: str,
        now: datetime,
        operator: str,
        comment: str,
        target: str,
        plan: JSON,
        before: str,
        after: str,
        backup: str,
        outcome: str,
        live: bool | None = None,
    ) -> Entry:
        """Append a commit and return it with its number; one that is there already is returned as it is.

        Returns when it is durable. Raises ShellError where it cannot be written.
        """
        stamp = now.isoformat(timespec="seconds").replace("+00:00", "Z")
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                entries, good = _parsed(read_all(descriptor))
                for found in entries:
                    if found.key == key:
                        return found
                entry = Entry(
                    entries[-1].id + 1 if entries else 1,
                    *(key, stamp, operator, comment, target, plan, before, after, backup, outcome, live),
                )
                _append(descriptor, good, entry)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._failure(error) from None
        return entry

    def _failure(self, error: OSError) -> ShellError:
        return failure(
            error,
            f"the history in {visible(self.folder)} cannot be used",
            hint="name another folder for drafts, journals and history with --state-dir",
        )


def _append(descriptor: int, end: int, entry: Entry) -> None:
    os.ftruncate(descriptor, end)
    os.lseek(descriptor, end, os.SEEK_SET)
    try:
        write_all(descriptor, format_json(entry.to_json()).encode() + b"\n")
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise


_FIELDS = tuple(field.name for field in fields(Entry))


def _parsed(data: bytes) -> tuple[list[Entry], int]:
    """Return the entries, and how many bytes of the data they are."""
    entries, good = [], 0
    for line in data.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            entries.append(Entry.from_json(parse_json(line.decode())))
        except ValueError:
            break
        good += len(line)
    return entries, good
