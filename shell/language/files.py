"""The parameter type for a path, which is the one that looks at the machine while typing."""

from __future__ import annotations

import os

from shell.errors import UsageError
from shell.language.parameters import Candidate, ParameterType, expand_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.language.lexer import Word
    from shell.language.parameters import Bound

_LIMIT = 1000
_FRESH = 2.0  # seconds


class FilePath(ParameterType):
    """A path; an unquoted `~` at its start is the home folder.

    Completing a path reads its folder, at most `_LIMIT` entries of it, and keeps what it read for
    `_FRESH` seconds, so that the keystrokes in one folder cost one reading. A folder on a dead network
    file system can still block: let candidates be asked for outside the thread that echoes keys.
    """

    name = "path"
    metavar = "FILE"
    on_disk = True

    def __init__(self, metavar: str = "FILE") -> None:
        self.metavar = metavar
        self._folder = ""
        self._read_at = float("-inf")
        self._entries: list[tuple[str, bool]] = []

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the path as text; raises UsageError for one that no system takes."""
        if "\0" in word.value:
            raise UsageError("bad-value", "a path cannot hold a null character")
        return expand_home(word.value, word.raw)

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the entries of the folder that the prefix names so far; folders end in `/`."""
        folder, start = os.path.split(prefix)
        hidden = start.startswith(".")
        shown = prefix[: len(prefix) - len(start)]
        for name, is_folder in self._listing(os.path.expanduser(folder) or "."):
            if name.startswith(start) and (hidden or not name.startswith(".")):
                yield Candidate(shown + name + ("/" if is_folder else ""), "folder" if is_folder else "")

    def _listing(self, folder: str) -> list[tuple[str, bool]]:
        import time

        now = time.monotonic()
        if folder != self._folder or now - self._read_at > _FRESH:
            self._folder, self._read_at, self._entries = folder, now, _entries(folder)
        return self._entries


def _entries(folder: str) -> list[tuple[str, bool]]:
    """Return names and whether each is a folder, sorted; nothing where the folder cannot be read."""
    found: list[tuple[str, bool]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                found.append((entry.name, entry.is_dir()))
                if len(found) == _LIMIT:
                    break
    except (OSError, ValueError):
        return []
    return sorted(found)
