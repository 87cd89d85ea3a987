"""Programs that ask for a line on a terminal: how soon they take keys, and how soon a key is on the screen."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pexpect

from benchmarks.measuring import Cost

ACCEPTS_KEYS = r"\x1b\[\?2004h"  # bracketed paste is turned on: raw mode is there, and the prompt is drawn
SIZE = (30, 100)
SECONDS = 60
QUIET = 0.05
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class FirstPrompt:
    """A program from its start until it takes keys, with its peak of memory until then."""

    words: Sequence[str | Path]
    environment: Mapping[str, str]

    def run(self) -> Cost:
        """Start it, wait for the prompt, and end it."""
        began = time.perf_counter()
        child = self.start()
        try:
            child.expect(ACCEPTS_KEYS)
            return Cost(time.perf_counter() - began, kilobytes=_peak(child.pid))
        finally:
            _end(child)

    def keys(self, line: str, settled: float) -> list[Cost]:
        """Return what each key of a line takes until something new is on the screen.

        The first key comes `settled` seconds after the prompt; each later one when the screen is quiet.
        """
        child = self.start()
        try:
            child.expect(ACCEPTS_KEYS)
            _until_quiet(child.child_fd, settled)
            return [_pressed(child.child_fd, key) for key in line]
        finally:
            _end(child)

    def start(self) -> pexpect.spawn[bytes]:
        """Start it on a terminal of its own."""
        first, *words = map(str, self.words)
        environment = {**self.environment, "TERM": "xterm-256color"}
        return pexpect.spawn(first, words, env=environment, timeout=SECONDS, dimensions=SIZE)


def _end(child: pexpect.spawn[bytes]) -> None:
    """Kill it and wait until it is gone, however long a busy machine takes for that."""
    child.kill(signal.SIGKILL)
    child.wait()
    child.close()


def _peak(process: int) -> int:
    """Return the peak of memory of a process in kB; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _until_quiet(terminal: int, seconds: float = QUIET) -> None:
    """Throw away what comes until nothing has come for so long."""
    while select.select([terminal], [], [], seconds)[0]:
        os.read(terminal, _CHUNK)


def _pressed(terminal: int, key: str) -> Cost:
    began = time.perf_counter()
    os.write(terminal, key.encode())
    os.read(terminal, _CHUNK)
    taken = time.perf_counter() - began
    _until_quiet(terminal)
    return Cost(taken)
