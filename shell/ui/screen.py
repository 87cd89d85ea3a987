"""Where things are written: results to standard output, all else to standard error.

What is taller than the terminal goes through a pager, as git does it: $PAGER, else `less`, else none. A dumb
terminal has none: a screen reader, or the editor around it, has the text then.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from shell.observer import Observer
from shell.plain import render as plain_render
from shell.plain import render_error
from shell.ui import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.errors import ShellError
    from shell.results import Result

# Keep colours, leave the text on the screen; and run no programs from within less.
_PAGER_SETTINGS = {"LESS": "RX", "LESSSECURE": "1"}
_PROMPT_AND_TOOLBAR = 2  # lines of the terminal that stand below what is shown
_TICK = 1.0  # seconds between two lines that say how long something takes
_LINE_AND_TOOLBAR = 4  # lines of the terminal that what is shown above them leaves free


class Screen:
    """Writes for a person at a prompt; `observer` is told of errors."""

    def __init__(self, observer: Observer | None = None) -> None:
        self._observer = observer or Observer()
        self._results_on_terminal = sys.stdout.isatty()
        self._notices_on_terminal = sys.stderr.isatty()
        self._passing = False
        self._done = threading.Event()

    def show(self, result: Result, json: bool) -> None:
        """Write a result to standard output, and what is to be said about it to standard error."""
        self._clear()
        for text in (*result.notices, *result.remarks):
            self.notice(text)
        if not self._results_on_terminal:
            sys.stdout.write(plain_render(result, json))
            sys.stdout.flush()
            return
        text = terminal.render(result, json)
        fits = text.count("\n") <= terminal.height() - _PROMPT_AND_TOOLBAR
        if fits or terminal.is_dumb() or not _page(text):
            sys.stdout.write(text)
            sys.stdout.flush()

    def show_above(self, result: Result) -> None:
        """Write as much of a result as fits above a line that is being typed."""
        lines = terminal.render(result, json=False).splitlines()
        room = max(terminal.height() - _LINE_AND_TOOLBAR, 1)
        if len(lines) > room:
            lines[room - 1 :] = [f"… and {len(lines) - room + 1} more; type the beginning of one"]
        self.write("\n".join(lines))

    def notice(self, text: str) -> None:
        """Write something to standard error, on a terminal in lines that fit."""
        self.write(terminal.notice_text(text) if self._notices_on_terminal else text)

    def write(self, text: str) -> None:
        """Write a text as it is to standard error; it may be there to be copied."""
        self._clear()
        sys.stdout.flush()
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()

    def progress(self, text: str) -> None:
        """Write a line that the next one replaces; on a terminal that cannot do that, as any other."""
        if not self._notices_on_terminal or terminal.is_dumb():
            self.notice(text)
            return
        sys.stdout.flush()
        sys.stderr.write(f"\r\x1b[K{text[: terminal.width() - 1]}")
        sys.stderr.flush()
        self._passing = True

    def _clear(self) -> None:
        """Take the line away that was to be replaced."""
        if self._passing:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._passing = False

    @contextlib.contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Show how long something takes, once it takes long."""
        done = self._done = threading.Event()
        began = time.monotonic()

        def tick() -> None:
            while not done.wait(_TICK):
                self.progress(f"{what}: {time.monotonic() - began:.0f} s; Ctrl-C interrupts it safely")

        ticking = threading.Thread(target=tick, daemon=True)
        ticking.start()
        try:
            yield
        finally:
            done.set()
            ticking.join()
            self._clear()

    def stop_busy(self) -> None:
        """Show no more how long it takes, since the person is asked something now."""
        self._done.set()

    def error(self, error: ShellError, json: bool = False) -> None:
        """Write what went wrong to standard error."""
        self._observer.failed(error)
        drawn = terminal.error_text if self._notices_on_terminal else render_error
        self.write(drawn(error, json))


def _page(text: str) -> bool:
    """Show a text in the pager; returns whether there is one that could be started."""
    command = _pager()
    if not command:
        return False
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env={**_PAGER_SETTINGS, **os.environ})
    except OSError:
        return False
    try:
        pager.communicate(text.encode("utf-8", "backslashreplace"))
    except KeyboardInterrupt:
        # the pager has got the interrupt too, and decides itself whether it ends
        pager.wait()
    return True


def _pager() -> list[str]:
    named = os.environ.get("PAGER")
    if named is None:
        return ["less"] if shutil.which("less") else []
    try:
        return shlex.split(named)
    except ValueError:
        return []
