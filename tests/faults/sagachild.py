"""Commits to a CA that wait to be killed: `python -m tests.faults.sagachild URL ROOT PASSWORD-FILE STATE-DIR`.

For each line on standard input, a number N, it forks a process that reads the CA, stages the mixed commit,
says `ready PID`, and commits when another line comes. At its N-th step towards the journal and the history
it says `here` and waits. Its end is told as `end WORD STEPS`, or only as `gone STATUS`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from shell.backends.admin.connection import Connection
from shell.backends.admin.https import HttpsTransport, Timeouts
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.target import AdminCa
from shell.state import State
from tests.faults.steps import Steps
from tests.support.mixed import commit_mixed

WRITING = frozenset(("write", "half-written", "fsync", "rename", "link", "remove"))


def say(text: str) -> None:
    """Write a line at once."""
    os.writev(1, [f"{text}\n".encode()])


def line() -> str:
    """Read a line, and no byte more: the processes share the pipe."""
    text = b""
    while not text.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            sys.exit(0)
        text += byte
    return text.decode().strip()


class Stops:
    """Counts the steps that touch the state folder, and waits at one of them."""

    def __init__(self, folder: str, number: int) -> None:
        self.count = 0
        self._folder = folder
        self._number = number
        self.steps = Steps(self._at_step)

    def _at_step(self, _: int, name: str) -> None:
        if name not in WRITING or self._folder not in self.steps.seen[-1][1]:
            return
        self.count += 1
        if self.count == self._number:
            say("here")
            signal.pause()


def work(target: AdminCa, state_dir: str, number: int) -> None:
    """Commit as one process that is to die."""
    stops = Stops(state_dir, number)

    def before() -> None:
        say(f"ready {os.getpid()}")
        line()
        stops.steps.install()

    known = target.connection
    word = commit_mixed(target, State.open(state_dir, known.url, root=known.root_sha256), before)
    stops.steps.stop()
    say(f"end {word} {stops.count}")


def main(url: str, root: str, password_file: str, state_dir: str) -> None:
    """Fork for each line."""
    pem = Path(root).read_text()
    password = Path(password_file).read_bytes().rstrip()
    while True:
        number = int(line())
        child = os.fork()
        if child == 0:
            transport = HttpsTransport(url, root_pem=pem, timeouts=Timeouts(5.0, 20.0))
            connection = Connection(transport)
            login = PasswordLogin(connection, password=lambda _: password, provisioner="admin")
            work(AdminCa(connection, login), state_dir, number)
            os._exit(0)
        say(f"gone {os.waitpid(child, 0)[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
