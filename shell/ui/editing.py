"""A text in the person's editor, given back as often as it takes.

The file lies in a private folder that is removed afterwards, 0600, since a provisioner may hold what is
nobody else's business.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.results import Result
    from shell.ui.reader import Reader
    from shell.ui.screen import Screen

_COMMENT = "#"


def edit(
    text: str, suffix: str, resume: Callable[[str], Result], reader: Reader, screen: Screen
) -> Result | None:
    """Let a text be edited and return what `resume` makes of it, or None where nothing is to be done.

    Where `resume` raises a ShellError the person gets his text back, with the error as a comment beside
    the line that it is about. A text that is emptied means that nothing is to be done.
    """
    with tempfile.TemporaryDirectory(prefix="step-shell-") as folder:
        path = os.path.join(folder, "provisioner" + suffix)
        _write(path, text)
        while True:
            _open_editor(path)
            text = _without_comments(_read(path))
            if not text.strip():
                break
            try:
                return resume(text)
            except ShellError as error:
                screen.error(error)
                _write(path, _with_comments(text, error))
            if not _again(reader):
                break
    screen.notice("nothing was changed")
    return None


def _again(reader: Reader) -> bool:
    try:
        return not reader.ask("Enter edits the text again, n drops it: ").strip().lower().startswith("n")
    except (EOFError, KeyboardInterrupt):
        return False


def _with_comments(text: str, error: ShellError) -> str:
    """Return the text with what is wrong said under the line that it is about, or at the top."""
    lines = text.splitlines()
    for each in reversed((error, *error.causes)):
        at = min(each.line, len(lines))
        mark = " " * max(each.column - 2, 0) + "^ " if at else ""
        comment = [
            f"{_COMMENT}{mark}error: {each.message}",
            *([f"{_COMMENT}hint: {each.hint}"] if each.hint else []),
        ]
        lines[at:at] = [visible(line) for part in comment for line in part.splitlines()]
    return "\n".join(lines) + "\n"


def _without_comments(text: str) -> str:
    """Return the text without lines that are comments, which no line of JSON looks like."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith(_COMMENT))


def _open_editor(path: str) -> None:
    command = _editor()
    # the editor has Ctrl-C to itself; a handler, unlike ignoring, is not passed on to it
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        done = subprocess.run([*command, path], check=False)
    except OSError as error:
        raise ShellError(
            "no-editor",
            f"the editor {command[0]} cannot be started: {(error.strerror or str(error)).lower()}",
            hint="name one in the environment, for example: EDITOR=nano step-shell ...",
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if done.returncode:
        raise ShellError(
            "editor-failed",
            f"the editor {command[0]} ended with {done.returncode}; nothing was changed",
            hint="another one is used with: EDITOR=nano step-shell ...",
        )


def _editor() -> list[str]:
    """Return the words that start the editor: $VISUAL, else $EDITOR, else vi."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError:
            words = []
        if words:
            return words
    return ["vi"]


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError as error:
        raise ShellError(
            "no-text", f"the edited text cannot be read: {(error.strerror or str(error)).lower()}"
        ) from None
