"""Where things are written: results to standard output, all else to standard error.

What is taller than the terminal goes through a pager, as git does it: $PAGER, else `less`, else none.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from shell.plain import render as plain_render
from shell.plain import render_error
from shell.ui import terminal

if TYPE_CHECKING:
    from shell.errors import ShellError
    from shell.results import Result

# Quit where it fits, keep colours, leave the text on the screen; and run no programs from within less.
_PAGER_SETTINGS = {"LESS": "FRX", "LESSSECURE": "1"}
_LINE_AND_TOOLBAR = 4  # lines of the terminal that what is shown above them leaves free


class Screen:
    """Writes for a person at a prompt."""

    def __init__(self) -> None:
        self._results_on_terminal = sys.stdout.isatty()
        self._notices_on_terminal = sys.stderr.isatty()

    def show(self, result: Result, json: bool) -> None:
        """Write a result to standard output, and what is to be said about it to standard error."""
        for text in (*result.notices, *result.remarks):
            self.notice(text)
        if not self._results_on_terminal:
            sys.stdout.write(plain_render(result, json))
            sys.stdout.flush()
            return
        text = terminal.render(result, json)
        if text.count("\n") < terminal.height() or not _page(text):
            sys.stdout.write(text)
            sys.stdout.flush()

    def show_above(self, result: Result) -> None:
        """Write as much of a result as fits above a line that is being typed."""
        lines = terminal.render(result, json=False).splitlines()
        room = max(terminal.height() - _LINE_AND_TOOLBAR, 1)
        if len(lines) > room:
            lines[room - 1 :] = [f"… and {len(lines) - room + 1} more; type the beginning of one"]
        self.notice("\n".join(lines))

    def notice(self, text: str) -> None:
        """Write a line to standard error."""
        sys.stdout.flush()
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()

    def error(self, error: ShellError, json: bool = False) -> None:
        """Write what went wrong to standard error."""
        drawn = terminal.error_text if self._notices_on_terminal else render_error
        self.notice(drawn(error, json))


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
