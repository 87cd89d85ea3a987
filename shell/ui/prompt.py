"""The prompt: reads lines, has them run, and does not let staged edits be lost on the way out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from shell.commands import REGISTRY
from shell.errors import ExitCode
from shell.interpreter import Interpreter
from shell.ui.reader import PlainReader
from shell.ui.runner import LeaveError, Runner
from shell.ui.screen import Screen

if TYPE_CHECKING:
    from shell.session import Session
    from shell.ui.reader import Reader


def run(session: Session, json: bool) -> int:
    """Let a person work in a session until he leaves; returns the exit code."""
    interpreter = Interpreter(session, REGISTRY, interactive=True, json=json)
    screen = Screen()
    reader = _reader(session)
    return _Prompt(session, reader, screen, Runner(interpreter, session, reader, screen)).loop()


def is_dumb() -> bool:
    """Whether the terminal can do no more than print lines."""
    return os.environ.get("TERM", "").lower() in ("", "dumb", "unknown") or not sys.stderr.isatty()


def _reader(session: Session) -> Reader:
    return PlainReader(lambda: f"{session.target.label}> ")


class _Prompt:
    def __init__(self, session: Session, reader: Reader, screen: Screen, runner: Runner) -> None:
        self._session = session
        self._reader = reader
        self._screen = screen
        self._runner = runner

    def loop(self) -> int:
        """Read and run lines until the person leaves."""
        while True:
            try:
                text = self._reader.line()
            except KeyboardInterrupt:
                self._screen.notice("")
                continue
            except EOFError:
                text = "quit"
            try:
                self._runner.run(text)
            except LeaveError:
                if self._may_leave():
                    return ExitCode.DONE

    def _may_leave(self) -> bool:
        """Ask what becomes of staged edits, where there are any; returns whether to leave."""
        session = self._session
        if not session.has_staged_edits:
            return True
        self._screen.notice(f"staged and not committed: {session.plan().summary}")
        try:
            answer = self._reader.ask("commit, discard or stay [stay]? ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            self._screen.notice("")
            return False
        if answer and "commit".startswith(answer):
            self._runner.run("commit")
        elif answer and "discard".startswith(answer):
            session.discard()
        return not session.has_staged_edits
