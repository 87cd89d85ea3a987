"""Writing files so that nothing is lost: the old content or the new one, never a mixture or a trace.

Lives here: whole writes, fsync of folders, locked temporary files beside their target, and the removal
of those that a killed process left behind. Knows no format and no target. A temporary file is named
`.NAME.RANDOM.step-shell` and stays locked (flock) while the process that made it lives, which is how
the next start tells litter from the work of a neighbour.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat

from shell.errors import ShellError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUFFIX = ".step-shell"
CHUNK = 1 << 20
_PIECE = 1 << 18
_RANDOM_BYTES = 8
_LONGEST_NAME = 255 - len(SUFFIX) - 2 * _RANDOM_BYTES - 2
# A folder on these file systems cannot be synced; they have no other way to be made durable.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)

_REASONS = {
    errno.ENOSPC: ("disk-full", "no space is left on the device"),
    errno.EDQUOT: ("disk-full", "the disk quota is exceeded"),
    errno.EFBIG: ("disk-full", "the file would be larger than the limit for files"),
    errno.EACCES: ("no-permission", "permission denied"),
    errno.EPERM: ("no-permission", "the operation is not permitted"),
    errno.EROFS: ("read-only", "the file system is read-only"),
    errno.EIO: ("disk-error", "the device reports an input/output error"),
    errno.EBUSY: ("busy", "something is mounted on it"),
}


def reason(error: OSError) -> str:
    """Return why the system refused, in words."""
    known = _REASONS.get(error.errno or 0)
    return known[1] if known else (error.strerror or str(error)).lower()


def failure(error: OSError, what: str, *, hint: str) -> ShellError:
    """Return the error for a person: `what` could not be done, and why; the code says which kind it is."""
    code = _REASONS.get(error.errno or 0, ("cannot-write", ""))[0]
    return ShellError(code, f"{what}: {reason(error)}", hint=hint)


class Pieces:
    """The bytes of a text, made a piece at a time, so that a large file is not in memory twice.

    `text` is what the codec has read or made: bytes that were no UTF-8 stand in it as lone surrogates.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.text), _PIECE):
            yield self.text[start : start + _PIECE].encode("utf-8", "surrogateescape")

    def equal(self, data: bytes) -> bool:
        """Whether these are the bytes; sooner said than their digest."""
        position = 0
        for piece in self:
            if data[position : position + len(piece)] != piece:
                return False
            position += len(piece)
        return position == len(data)

    def __bytes__(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")


def pieces_of(data: bytes | Pieces) -> Iterable[bytes]:
    """Return the bytes piece by piece."""
    return data if isinstance(data, Pieces) else (data,)


def write_all(descriptor: int, data: bytes | Pieces) -> None:
    """Write every byte; raises OSError."""
    for piece in pieces_of(data):
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view[:CHUNK]) :]


def read_all(descriptor: int) -> bytes:
    """Return everything from where the descriptor stands; raises OSError."""
    chunks = []
    while chunk := os.read(descriptor, CHUNK):
        chunks.append(chunk)
    return b"".join(chunks)


def sync_folder(folder: str) -> None:
    """Make what happened to the names in a folder durable; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


class Temporary:
    """A new file beside `path`, mode 0600, locked for as long as `descriptor` is open.

    `put_in_place` renames it over `path`; `remove` takes it away. The descriptor stays open, and with it
    the lock on what is then the file itself, until `close`. Raises OSError.
    """

    __slots__ = ("descriptor", "name", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor, self.name = _create(path)

    def put_in_place(self) -> None:
        """Rename over the target: from here on it has the new content, on every file system or not at all."""
        os.rename(self.name, self.path)

    def remove(self) -> None:
        """Take the temporary file away."""
        with contextlib.suppress(OSError):
            os.unlink(self.name)
        self.close()

    def close(self) -> None:
        """Let go of the file and of the lock on it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _create(path: str) -> tuple[int, str]:
    folder, base = os.path.split(path)
    base = os.fsdecode(os.fsencode(base)[:_LONGEST_NAME])
    while True:
        name = os.path.join(folder, f".{base}.{os.urandom(_RANDOM_BYTES).hex()}{SUFFIX}")
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor, name
        except BaseException:
            os.unlink(name)
            os.close(descriptor)
            raise
        # a neighbour that cleans up was quicker than the lock
        os.close(descriptor)


def write_atomically(path: str, data: bytes | Pieces) -> None:
    """Make `data` the content of a file of ours, mode 0600, durably; raises OSError."""
    temporary = Temporary(path)
    try:
        write_all(temporary.descriptor, data)
        os.fsync(temporary.descriptor)
        temporary.put_in_place()
    except BaseException:
        temporary.remove()
        raise
    temporary.close()
    sync_folder(os.path.dirname(path))


def clean_litter(folder: str, base: str = "") -> list[str]:
    """Remove temporary files that no living process holds, and return their names as they may be shown.

    With `base` only those for the file of this name. Never raises: litter that cannot be removed stays.
    """
    removed = []
    for name in _litter(folder, base):
        with contextlib.suppress(OSError):
            if _remove_if_abandoned(os.path.join(folder, name)):
                removed.append(visible(name))
    return removed


def _litter(folder: str, base: str) -> Iterator[str]:
    stem = re.escape(os.fsdecode(os.fsencode(base)[:_LONGEST_NAME])) if base else ".+"
    pattern = re.compile(rf"\.{stem}\.[0-9a-f]{{{2 * _RANDOM_BYTES}}}{re.escape(SUFFIX)}", re.DOTALL)
    try:
        names = os.listdir(folder)
    except OSError:
        return
    yield from sorted(name for name in names if pattern.fullmatch(name))


def _remove_if_abandoned(path: str) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or os.geteuid() not in (0, status.st_uid):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # the name may have been renamed into place, or be another's, since it was listed
        now = os.stat(path, follow_symlinks=False)
        if (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino):
            return False
        os.unlink(path)
    finally:
        os.close(descriptor)
    return True
