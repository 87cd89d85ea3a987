"""What lines get from outside: files, environment variables and open descriptors, for secrets and file values."""

from __future__ import annotations

import os
import stat

from shell.errors import ShellError, UsageError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.language.parameters import Source


class Sources:
    """Reads sources; with a `folder`, which a restricted session has, only files below it."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._kept: dict[tuple[str, str], bytes] = {}

    @property
    def restricted(self) -> bool:
        """Whether only files below one folder are read."""
        return self._folder is not None

    def allowed(self, path: str) -> str:
        """Return the path of a file that a line names, where it may be used.

        Raises UsageError where a restricted session names a file outside its folder.
        """
        if self._folder is None:
            return os.path.expanduser(path)
        folder = os.path.realpath(self._folder)
        real = os.path.realpath(os.path.join(folder, path))
        if os.path.commonpath([real, folder]) != folder:
            raise UsageError(
                "outside-folder",
                f"a restricted batch may not use {visible(path)}",
                hint=f"put the file into {visible(self._folder)}",
            )
        return real

    def read(self, source: Source) -> bytes:
        """Return what a source holds.

        A pipe gives its bytes once, so they are kept and the same words give them again; a file is read
        anew each time. Raises ShellError saying why there is nothing to read.
        """
        if self.restricted and source.kind != "file":
            # what the environment and the descriptors of this process hold is not the lines' to publish
            raise UsageError(
                "restricted",
                f"a restricted batch may not use {visible(str(source))}",
                hint=f"put the value into a file in {visible(self._folder or '')}",
            )
        key = (source.kind, source.name)
        if key in self._kept:
            return self._kept[key]
        if source.kind == "env":
            return _variable(source.name)
        content, once = self._stream(source)
        if once:
            self._kept[key] = content
        return content

    def _stream(self, source: Source) -> tuple[bytes, bool]:
        """Return the content of a file or descriptor, and whether it can be read only once."""
        is_descriptor = source.kind == "fd"
        opener: Callable[[], int] = (
            (lambda: os.dup(int(source.name)))
            if is_descriptor
            else (lambda: os.open(self.allowed(source.name), os.O_RDONLY | os.O_CLOEXEC))
        )
        try:
            with os.fdopen(opener(), "rb") as stream:
                return stream.read(), is_descriptor or not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
        except OSError as error:
            what = f"descriptor {source.name}" if is_descriptor else visible(source.name)
            raise ShellError(
                "unreadable",
                f"cannot read {what}: {(error.strerror or str(error)).lower()}",
                hint="check it and its permissions",
            ) from error


def _variable(name: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise ShellError(
            "no-variable",
            f"the environment has no variable {visible(name)}",
            hint="export it before the start",
        )
    return os.fsencode(value)
