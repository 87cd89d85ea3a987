"""A text in the person's editor, given back as often as it takes.

The file lies in a private folder that is removed afterwards, 0600, since a provisioner may hold what is
nobody else's business.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from typing import TYPE_CHECKING

from shell.errors import ShellError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.results import Result
    from shell.ui.reader import Reader
    from shell.ui.screen import Screen


def edit(
    text: str, suffix: str, resume: Callable[[str], Result], reader: Reader, screen: Screen
) -> Result | None:
    """Let a text be edited and return what `resume` makes of it, or None where nothing is to be done.

    Where `resume` raises a ShellError the person sees it, and gets the text back if he wants.
    """
    with tempfile.TemporaryDirectory(prefix="step-shell-") as folder:
        path = os.path.join(folder, "provisioner" + suffix)
        _write(path, text)
        while True:
            _open_editor(path)
            try:
                return resume(_read(path))
            except ShellError as error:
                screen.error(error)
            if not _again(reader):
                screen.notice("nothing was changed")
                return None


def _again(reader: Reader) -> bool:
    try:
        return not reader.ask("Enter edits the text again, n drops it: ").strip().lower().startswith("n")
    except (EOFError, KeyboardInterrupt):
        return False


def _open_editor(path: str) -> None:
    command = _editor()
    try:
        done = subprocess.run([*command, path], check=False)
    except OSError as error:
        raise ShellError(
            "no-editor",
            f"the editor {command[0]} cannot be started: {(error.strerror or str(error)).lower()}",
            hint="name one in the environment, for example: EDITOR=nano step-shell ...",
        ) from None
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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
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
