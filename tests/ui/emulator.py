"""The program in a terminal that is emulated: what a person would see, and keys that he would press."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import pexpect
import pyte

from tests.support.program import COMMAND, IMPORT_PATH

PROMPT = "ca.json> "
ENTER, TAB, ESCAPE = "\r", "\t", "\x1b"
CTRL_A, CTRL_C, CTRL_D, CTRL_E, CTRL_L, CTRL_R, CTRL_U, CTRL_X = (
    "\x01",
    "\x03",
    "\x04",
    "\x05",
    "\x0c",
    "\x12",
    "\x15",
    "\x18",
)
UP, RIGHT = "\x1b[A", "\x1b[C"
PATIENCE = 60.0
"""Seconds: what takes one here may take many where several suites run at once."""


class _Screen(pyte.HistoryScreen):
    """A screen whose answers go back to the program, as those of a real terminal do."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        self._answer = answer
        super().__init__(columns, lines, history=5000, ratio=0.5)

    def write_process_input(self, data: str) -> None:
        self._answer(data)


def _style(cell: pyte.screens.Char) -> str:
    """Return the style of a cell as rich spells it."""
    parts = [
        name
        for name, on in (("bold", cell.bold), ("underline", cell.underscore), ("reverse", cell.reverse))
        if on
    ]
    for prefix, colour in (("", cell.fg), ("on ", cell.bg)):
        if colour != "default":
            named = colour.replace("brown", "yellow").replace("bright", "bright_")
            parts.append(
                prefix
                + (f"#{colour}" if len(colour) == 6 and set(colour) <= set("0123456789abcdef") else named)
            )
    return " ".join(parts)


class Terminal:
    """One run of the program, or of another command.

    `wait_for` reads until the screen shows what is wanted, and fails in time.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        columns: int = 100,
        lines: int = 30,
    ) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": IMPORT_PATH, **(env or {})}
        program, *arguments = command
        self.child = pexpect.spawn(
            program,
            [*arguments, *map(str, argv)],
            env=environment,
            cwd=cwd,
            dimensions=(lines, columns),
            timeout=PATIENCE,
        )
        self.child.delaybeforesend = None
        self.raw = ""
        self._screen = _Screen(columns, lines, self.send)
        self._stream = pyte.ByteStream(self._screen)

    def send(self, keys: str) -> None:
        """Press keys."""
        self.child.send(keys)

    def line(self, text: str) -> None:
        """Type a line and Enter."""
        self.send(text + ENTER)

    def paste(self, text: str) -> None:
        """Paste as a terminal does that brackets what is pasted."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(lines, columns)
        self.child.setwinsize(lines, columns)

    @property
    def text(self) -> str:
        """What the screen shows, without blanks at the ends of the lines."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def past(self) -> str:
        """What has scrolled off the screen, and what it shows."""
        top = [
            "".join(line[x].data for x in range(self._screen.columns)).rstrip()
            for line in self._screen.history.top
        ]
        return "\n".join([*top, self.text])

    @property
    def input_line(self) -> str:
        """The line that the cursor is in."""
        row = min(self._screen.cursor.y, self._screen.lines - 1)  # a resize may have left it below
        return str(self._screen.display[row]).rstrip()

    def rows(self) -> list[list[tuple[str, str]]]:
        """Return the lines of the screen as runs of text, each with its style as rich spells it."""
        return [
            [
                ("".join(cell.data for cell in cells), style)
                for style, cells in groupby((row[x] for x in range(self._screen.columns)), key=_style)
            ]
            for row in (self._screen.buffer[y] for y in range(self._screen.lines))
        ]

    def colour_of(self, text: str) -> str:
        """Return the foreground of the last place where the screen shows a text."""
        for row in reversed(range(self._screen.lines)):
            column = self._screen.display[row].rfind(text)
            if column >= 0:
                return str(self._screen.buffer[row][column].fg)
        raise AssertionError(f"{text!r} is not shown:\n{self.text}")

    def wait_for(self, wanted: str | Callable[[], bool], *, without: str = "") -> str:
        """Return the screen as soon as it shows a text (and not the other), or a condition holds."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ended = not self.child.isalive()
            if ended:
                self._read_the_rest()
            shown = wanted() if callable(wanted) else wanted in self.past
            if shown and not (without and without in self.text):
                return self.text
            if time.monotonic() > deadline or ended:
                raise AssertionError(f"waited in vain for {wanted!r}; the screen shows:\n{self.text}")
            self._read()

    def wait_for_line(self, wanted: str) -> None:
        """Wait until the line with the cursor is this one."""
        self.wait_for(lambda: self.input_line == wanted.rstrip())

    def wait_for_prompt(self, prompt: str = PROMPT) -> None:
        """Wait until an empty prompt is there."""
        self.wait_for_line(prompt)

    def interrupt(self) -> None:
        """Press Ctrl-C, and again each second until the line that runs has said that it was interrupted.

        A program that is just about to run a line may take the first one for a key of its next prompt.
        """
        deadline = time.monotonic() + PATIENCE
        while "interrupted" not in self.text:
            assert time.monotonic() < deadline, f"nothing was interrupted:\n{self.text}"
            self.send(CTRL_C)
            again = time.monotonic() + 1
            while "interrupted" not in self.text and time.monotonic() < again:
                self._read()

    def end(self) -> int:
        """Wait until the program has ended and return its exit code, or minus the signal."""
        deadline = time.monotonic() + PATIENCE
        while self.child.isalive() and time.monotonic() < deadline:
            self._read()
        self._read_the_rest()
        assert not self.child.isalive(), f"the program has not ended:\n{self.text}"
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the program."""
        os.kill(self.child.pid, number)

    def close(self) -> None:
        """End the program, however it is."""
        self.child.close(force=True)

    def _read_the_rest(self) -> None:
        """Take in the last words of a program that has ended: it may have done so before they were read."""
        while self._read():
            pass

    def _read(self) -> bool:
        """Take in what the program writes; returns whether it wrote something within a moment."""
        try:
            data = self.child.read_nonblocking(65536, timeout=0.05)
            self.raw += data.decode(errors="replace")
            self._stream.feed(data)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            time.sleep(0.01)
            return False
        return True
