"""The log file: one line for each event, in UTC, added at the end of a file that only its owner may read.

    2026-11-24T11:40:03.127Z info 4711 commit outcome=committed id=3 added=1

Imported only with `--log-file`, and then on the reading path. The `logging` of the standard library would
cost a start more than this, and takes up what libraries log of their requests. A file that cannot be
written to, such as one on a full disk, loses lines and stops nothing.
"""

from __future__ import annotations

import os
import re
import stat
from time import gmtime, strftime, time_ns

from shell.durable import reason
from shell.errors import UsageError
from shell.escape import visible
from shell.observer import LEVELS, WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.observer import Observer, Value

_PLAIN = re.compile(r"[^\s\"=\\]+")
_LONGEST = 1000  # characters of a value
_OURS = re.compile(rb"[0-9]{4}-|\n")
"""What a log of ours begins with, also one whose first line was cut off by a full disk."""


class LogFile:
    """A file that events are written to, from a level on; give `write` to `Observer.listen`.

    `observer` tells a person, once, that lines are lost. Raises UsageError for a level that there is not, and
    where the file cannot be opened, or is something else than a log: a ca.json named by mistake must not get
    lines.
    """

    def __init__(self, path: str, level: str, observer: Observer) -> None:
        if level not in LEVELS:
            raise UsageError(
                "bad-log-level",
                f"{visible(level)} is no level",
                hint=f"--log-level is one of {', '.join(LEVELS)}",
            )
        self._levels = LEVELS[: LEVELS.index(level) + 1]
        self._path = path
        self._lost = 0
        self._torn = False
        self._observer = observer
        self._complained = False
        try:
            # a pipe that nobody reads must not hold up the program
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
            self._descriptor = os.open(path, flags, 0o600)
        except (OSError, ValueError) as error:
            raise UsageError(
                "log-file",
                f"the log file {visible(path)} cannot be opened: "
                + (reason(error) if isinstance(error, OSError) else str(error)),
                hint="name a file in a folder that exists and that you may write to",
            ) from None
        if not _is_log(path):
            os.close(self._descriptor)
            raise UsageError(
                "log-file",
                f"{visible(path)} is no log of step-shell; nothing was written to it",
                hint="name a new file, or one that an earlier --log-file has made",
            )

    def write(self, level: str, event: str, fields: Mapping[str, Value]) -> None:
        """Add the line of an event, where its level is written; never raises for what the system refuses."""
        if level not in self._levels:
            return
        now = time_ns()
        stamp = f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(now // 10**9))}.{now // 10**6 % 1000:03}Z"
        lines = [_line(stamp, level, event, fields)]
        if self._lost:
            lines.insert(0, _line(stamp, WARNING, "gap", {"lines": self._lost}))
        data = ("\n" * self._torn + "".join(lines)).encode("utf-8", "backslashreplace")
        try:
            written = os.write(self._descriptor, data)
        except OSError as error:
            self._lose(reason(error))
            return
        self._torn = written < len(data)
        if self._torn:
            self._lose("no space is left on the device")
        else:
            self._lost = 0

    def _lose(self, why: str) -> None:
        self._lost += 1
        if not self._complained:
            self._complained = True
            self._observer.tell(
                f"warning: the log file {visible(self._path)} cannot be written to: {why}; "
                "the program goes on, and the log has a gap"
            )


def _line(stamp: str, level: str, event: str, fields: Mapping[str, Value]) -> str:
    words = [f"{name}={_shown(value)}" for name, value in fields.items() if value not in ("", None)]
    return " ".join((stamp, level, str(os.getpid()), event, *words)) + "\n"


def _is_log(path: str) -> bool:
    """Whether a path is a log of ours, an empty file, or no file at all but a pipe or a device."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return True
        with open(path, "rb") as file:
            begin = file.read(5)
    except OSError:
        return True  # it may be written to and not read
    return not begin or _OURS.match(begin) is not None


def _shown(value: Value) -> str:
    """Return a value as it stands behind its name: as JSON does it, where it is no plain word."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    text = visible(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
