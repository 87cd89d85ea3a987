"""Every step that a process takes towards the file system, to be listed or to die at.

Python reports opening, renaming, removing, locking and the like to audit hooks; what it does not
report (write, fsync, truncate) is wrapped. Nothing in the program knows of it.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

AUDITED = frozenset(
    {
        *("open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod", "os.chown", "os.truncate"),
        *("fcntl.flock", "os.setxattr", "os.listdir", "os.utime"),
    }
)
WRAPPED = ("write", "fsync", "fchmod", "fchown", "ftruncate", "posix_fallocate", "close")


class Steps:
    """Counts steps, keeps their names with the file each is about, and calls `at_step` before each.

    `install` cannot be undone: it is for a process of its own.
    """

    def __init__(self, at_step: Callable[[int, str], None] = lambda _number, _name: None) -> None:
        self.seen: list[tuple[str, str]] = []
        self._at_step = at_step
        self._active = False

    def install(self) -> Steps:
        """Begin."""
        for name in WRAPPED:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        sys.addaudithook(self._audit)
        self._active = True
        return self

    def stop(self) -> None:
        """Count no further."""
        self._active = False

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in AUDITED:
            subject = arguments[0] if arguments else ""
            self._step(
                event.removeprefix("os."), _path(subject) if isinstance(subject, int) else str(subject)
            )

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *more: Any) -> Any:
            self._step(name, _path(descriptor))
            if name == "write" and len(more[0]) > 1:
                # half of it is out, and then the process dies or the disk is full
                half = bytes(more[0][: len(more[0]) // 2])
                done = real(descriptor, half)
                self._step("half-written", _path(descriptor))
                return done + int(real(descriptor, more[0][done:]))
            return real(descriptor, *more)

        return call

    def _step(self, name: str, path: str) -> None:
        if not self._active:
            return
        self._active = False
        try:
            self.seen.append((name, path))
            self._at_step(len(self.seen), name)
        finally:
            self._active = True


def _path(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def die_at(number: int) -> Callable[[int, str], None]:
    """Return what kills the process at this step, from 1."""

    def at_step(step: int, _: str) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return at_step


def fail_at(number: int, name: str) -> Callable[[int, str], None]:
    """Return what makes the disk full from the N-th step of this name on, from 1."""
    count = 0

    def at_step(_: int, step: str) -> None:
        nonlocal count
        count += step == name
        if step == name and count >= number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return at_step
