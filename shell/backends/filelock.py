"""The lock on a configuration file: held for a commit only, and on the file itself.

It is an flock, which the system gives back when the process dies. A commit replaces the file by
renaming another one over it, so a waiter that got the lock looks whether the name still leads to the
file that it locked, and starts over where it does not.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time

from shell.durable import reason
from shell.errors import ShellError
from shell.escape import visible

_SHORTEST_WAIT = 0.005
_LONGEST_WAIT = 0.1
DEFAULT_TIMEOUT = 30.0
"""How long a commit waits for another one, in seconds."""


class FileLock:
    """The exclusive lock on the file at `real`; a context manager.

    Waits up to `timeout` seconds. Raises ShellError: `locked`, naming who holds it; `no-such-file`;
    `cannot-lock`.
    """

    def __init__(self, real: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._real = real
        self._timeout = timeout
        self._held: list[int] = []

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Get the lock on the file that the path leads to now."""
        deadline = time.monotonic() + self._timeout
        wait = _SHORTEST_WAIT
        while True:
            descriptor = self._open()
            if _try(descriptor, self._real) and self._leads_to(descriptor):
                self._held.append(descriptor)
                return
            # of a file that is not there any more nobody needs to be named
            holder = _holder(descriptor)
            os.close(descriptor)
            if time.monotonic() >= deadline:
                raise ShellError(
                    "locked",
                    f"{visible(self._real)} is locked by {holder or 'another process'}; "
                    f"waited {self._timeout:g} seconds",
                    hint="it is committing; try again when it has finished",
                )
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def adopt(self, descriptor: int) -> None:
        """Take over the lock on the file that was renamed over this one; its descriptor is closed at the end."""
        self._held.append(descriptor)

    def release(self) -> None:
        """Give the lock back."""
        while self._held:
            os.close(self._held.pop())

    def _open(self) -> int:
        try:
            return os.open(self._real, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            code = "no-such-file" if error.errno == errno.ENOENT else "cannot-lock"
            raise ShellError(
                code,
                f"{visible(self._real)} cannot be locked: {reason(error)}",
                hint="nothing was written; `status` says what the target is",
            ) from None

    def _leads_to(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.stat(self._real), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _try(descriptor: int, real: str) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise ShellError(
            "cannot-lock",
            f"{visible(real)} cannot be locked: {reason(error)}",
            hint="the file system has no locks; use a copy on a local disk and move it back",
        ) from None
    return True


def _holder(descriptor: int) -> str:
    """Return who holds the lock, as far as the system says: `step-shell (process 4711)`."""
    status = os.fstat(descriptor)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in _text("/proc/locks").splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5] == place and words[4].isdecimal():
            command = _text(f"/proc/{words[4]}/comm").strip() or "a process"
            return f"{visible(command)} (process {words[4]})"
    return ""


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
