"""The files that stand for secrets in the lines of `diff --commands`."""

from __future__ import annotations

import os
import re

from shell.errors import ShellError
from shell.escape import visible

_ODD = re.compile(r"[^A-Za-z0-9._-]+")


class SecretFiles:
    """Gives each secret a source, `@FILE`; with a folder the secret is written there, with mode 0600.

    Without one the file is for somebody to supply, which `notices` says.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder
        self._names: list[str] = []

    @property
    def notices(self) -> list[str]:
        """What to tell about the files, or nothing where there are none."""
        if not self._names:
            return []
        if self.folder is None:
            return ["secrets are not shown; supply them in these files: " + ", ".join(self._names)]
        return [
            f"secrets are in {visible(self.folder)}: {', '.join(self._names)}; remove them when they are used"
        ]

    def __call__(self, name: str, field: str, value: str) -> str:
        """Return the source of a secret of a provisioner; raises ShellError where it cannot be written."""
        plain = _ODD.sub("_", f"{name}.{field}").lstrip(".-") or "secret"
        number, unique = 1, plain
        while unique in self._names:
            number += 1
            unique = f"{plain}-{number}"
        self._names.append(unique)
        if self.folder is None:
            return f"@{unique}"
        path = os.path.join(self.folder, unique)
        _write(path, value)
        return f"@{path}"


def _write(path: str, value: str) -> None:
    try:
        _make_folder(os.path.dirname(path))
        # never into a file that is there: it may be a link, or readable to others
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(value.encode("utf-8", "surrogatepass"))
    except FileExistsError:
        raise ShellError(
            "file-exists",
            f"{visible(path)} is there already",
            hint="name a new folder with --secrets-to",
        ) from None
    except OSError as error:
        raise ShellError(
            "cannot-write",
            f"cannot write {visible(path)}: {error.strerror}",
            hint="name a folder that you may write to with --secrets-to",
        ) from error


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, "it is not a folder", folder) from None
