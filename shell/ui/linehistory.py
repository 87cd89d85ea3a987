"""The lines typed before: a file per target, 0600, without secrets.

What may hold a secret is not kept: a line with a literal one; and one that is wrong, since nobody can
tell what its words are, is known only until the session ends. A line typed with a leading blank is not
kept at all. Each entry is
one JSON string, so that lines of several parts stay whole, and is appended in one write, so that two
sessions can share the file.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from prompt_toolkit.history import History

from shell.durable import write_atomically
from shell.errors import ShellError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shell.language.anatomy import Analysis
    from shell.session import Session

NAME = "lines"
_KEPT = 2000
_LONGEST = 4000  # characters; what is longer was pasted


class LineHistory(History):
    """The history of one target; `analyse` returns what a line says, None for several lines."""

    def __init__(self, session: Session, analyse: Callable[[str], Analysis | None]) -> None:
        super().__init__()
        self._session = session
        self._analyse = analyse

    @property
    def _path(self) -> str:
        return os.path.join(self._session.state.folder, NAME)

    def load_history_strings(self) -> Iterable[str]:
        """Yield the entries, the newest first."""
        entries = self._read()
        if len(entries) > 2 * _KEPT:
            entries = entries[-_KEPT:]
            self._rewrite(entries)
        return reversed(entries)

    def append_string(self, string: str) -> None:
        """Keep a line, unless it should not be remembered or is the one before again."""
        if string[:1].isspace() or not string.strip() or len(string) > _LONGEST:
            return
        analysis = self._analyse(string)
        if analysis is None or analysis.has_literal_secret():
            return
        if self._loaded_strings[:1] == [string]:
            return
        if analysis.problems:
            self._loaded_strings.insert(0, string)
            return
        super().append_string(string)

    def store_string(self, string: str) -> None:
        """Append a line to the file; where that is impossible, it is known until the end of the session."""
        try:
            self._session.state.ensure()
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(string).encode() + b"\n")
        except (OSError, ShellError):
            return

    def _read(self) -> list[str]:
        try:
            with open(self._path, "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            return []
        return [entry for line in lines if (entry := _entry(line))]

    def _rewrite(self, entries: list[str]) -> None:
        try:
            write_atomically(self._path, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        except OSError:
            return


def _entry(line: bytes) -> str:
    """Return the line of an entry; the empty text for one that was torn or is none of ours."""
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return entry if isinstance(entry, str) else ""
