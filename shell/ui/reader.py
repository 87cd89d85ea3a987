"""What a prompt needs of whatever reads from the person, and the plain reader for a plain terminal.

On a dumb terminal, which a screen reader or an editor's shell window may be, lines are read as the
system gives them: no redrawing, no menus, no colours.
"""

from __future__ import annotations

import os
import signal
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Protocol

from shell.language.lexer import is_incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class HungUpError(Exception):
    """The terminal is gone, or the program is told to end: the number of the signal is its argument."""


class LineLeftError(KeyboardInterrupt):
    """Ctrl-C at a prompt: the person has given up what he was typing. Any other Ctrl-C comes after Enter."""


def end_by(number: int) -> None:
    """End the process by a signal, as it would have ended without a handler."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


class Reader(Protocol):
    """Reads from the person. Every method raises KeyboardInterrupt on Ctrl-C and EOFError on Ctrl-D."""

    def line(self, text: str = "") -> str:
        """Return a logical line; `text` stands there at the beginning and can be changed.

        Raises LineLeftError on Ctrl-C while the line is typed.
        """

    def ask(self, question: str, choices: Sequence[str] = (), *, file: bool = False) -> str:
        """Return the answer to a question, without the blanks around it; it may be another than the choices.

        `file` says that it is a path.
        """

    def secret(self, question: str) -> str:
        """Return the answer to a question, which is not shown while it is typed."""

    def remember(self, line: str) -> None:
        """Put a line that was not typed into the history."""


class PlainReader:
    """Reads lines as the terminal gives them; `prompt` is called for the text before each."""

    def __init__(self, prompt: Callable[[], str]) -> None:
        self._prompt = prompt

    def line(self, text: str = "") -> str:
        """Return a logical line. A text that should stand there already is shown, and Enter takes it."""
        if text:
            sys.stderr.write(text.rstrip("\n") + "\n")
        read = self._read(self._prompt()) or text
        while is_incomplete(read):
            read += "\n" + self._read("> ")
        return read

    def ask(self, question: str, choices: Sequence[str] = (), *, file: bool = False) -> str:
        """Return the answer to a question."""
        return self._read(question).strip()

    def _read(self, question: str) -> str:
        try:
            sys.stdout.flush()
            sys.stderr.write(question)
            sys.stderr.flush()
            answer = sys.stdin.readline()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            raise LineLeftError from None
        if not answer:
            raise EOFError
        return answer.rstrip("\n")

    def secret(self, question: str) -> str:
        """Return the answer to a question, typed with the echo off."""
        return getpass(question)

    def remember(self, line: str) -> None:
        """Do nothing: a plain terminal has no history."""
