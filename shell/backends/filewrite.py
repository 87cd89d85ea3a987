"""Writing a configuration file: by a new file renamed over it, or in place where that cannot serve.

Replacing keeps owner, mode and, as far as the system lets us, access lists and other extended
attributes. The new file is complete, durable and read back before the rename; until then the old one
is untouched, and whatever goes wrong takes the temporary file away. Writing in place is for files that
cannot be replaced; it can be interrupted half-way, so whoever calls it keeps a backup first.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from shell.durable import (
    Temporary,
    clean_litter,
    failure,
    pieces_of,
    read_all,
    reason,
    sync_folder,
    write_all,
)
from shell.errors import Conflict, ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from shell.backends.cafile import CaFile
    from shell.durable import Pieces

_UNTOUCHED = "nothing was changed"
# What a file system without access lists or extended attributes, or one for root only, answers.
_ATTRIBUTE_REFUSED = (errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENODATA)


class Replaced:
    """A file that was replaced: `descriptor` is open on the new one and holds the lock on it.

    `notes` say what could not be kept, safe to show.
    """

    def __init__(self, descriptor: int, notes: tuple[str, ...]) -> None:
        self.descriptor = descriptor
        self.notes = notes


def replace(real: str, data: bytes | Pieces, seen: os.stat_result | None = None) -> Replaced:
    """Make `data` the content of the file at `real` by renaming a new file over it.

    `real` must have no symbolic link at its end. With `seen`, what the system said of the file when it was
    read, a program that heeds no lock and has written it since is noticed in the last moment. Raises
    Conflict for that, ShellError where the system refuses; the old file is as it was, and nothing is left
    behind.
    """
    notes: list[str] = []
    try:
        before = os.stat(real, follow_symlinks=False)
        temporary = Temporary(real)
        try:
            notes += _make_alike(temporary.descriptor, real, before)
            write_all(temporary.descriptor, data)
            os.fsync(temporary.descriptor)
            _read_back(temporary.descriptor, data, real)
            _require_unchanged(real, seen)
            temporary.put_in_place()
        except BaseException:
            temporary.remove()
            raise
    except OSError as error:
        raise failure(error, f"{visible(real)} cannot be replaced", hint=_hint(error)) from None
    try:
        sync_folder(os.path.dirname(real))
    except OSError as error:
        notes.append(
            f"the new file is in place, but its folder could not be synced ({reason(error)}): "
            "a power cut now may bring the old one back"
        )
    return Replaced(temporary.descriptor, tuple(notes))


def _require_unchanged(real: str, seen: os.stat_result | None) -> None:
    now = os.stat(real, follow_symlinks=False)
    if seen and (now.st_ino, now.st_size, now.st_mtime_ns) != (seen.st_ino, seen.st_size, seen.st_mtime_ns):
        raise Conflict(
            "target-changed",
            f"{visible(real)} was written by another program at this very moment; nothing was written",
            hint="commit again: the edits are put onto what is there now",
        )


def _hint(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{_UNTOUCHED}; make room and commit again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY):
        return f"{_UNTOUCHED}; commit as the owner of the file, or with --in-place"
    return _UNTOUCHED


def _make_alike(descriptor: int, real: str, before: os.stat_result) -> list[str]:
    """Give a new file the owner, mode and attributes of an old one; returns what could not be kept."""
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        os.fchown(descriptor, before.st_uid, before.st_gid)
    lost = _copy_attributes(descriptor, real)
    # last: a change of owner or of an access list changes the mode
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
    return [f"the new file does not have the attribute {visible(name)} of the old one" for name in lost]


def _copy_attributes(descriptor: int, real: str) -> list[str]:
    if sys.platform != "linux":
        return []
    try:
        names = os.listxattr(real)
    except OSError:
        return []
    lost = []
    for name in names:
        try:
            os.setxattr(descriptor, name, os.getxattr(real, name))
        except OSError as error:
            if error.errno not in _ATTRIBUTE_REFUSED:
                raise
            lost.append(name)
    return lost


def _read_back(descriptor: int, data: bytes | Pieces, real: str) -> None:
    """Compare what the file holds with what was written to it."""
    position = 0
    for piece in pieces_of(data):
        if os.pread(descriptor, len(piece), position) != piece:
            break
        position += len(piece)
    else:
        if os.fstat(descriptor).st_size == position:
            return
    raise ShellError(
        "disk-error",
        f"{visible(real)} cannot be replaced: what was written does not read back the same",
        hint=f"{_UNTOUCHED}; check the disk",
    )


def write_in_place(real: str, data: bytes, old: bytes) -> None:
    """Make `data` the content of the file itself, which holds `old` now.

    Room for it is taken first, so that a full disk shows before anything is overwritten; a failure after
    that puts `old` back. Raises ShellError: with the code `in-place-torn` where even that failed and the
    file is between two contents, with any other where it holds `old`.
    """
    try:
        descriptor = os.open(real, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise failure(error, f"{visible(real)} cannot be written in place", hint=_UNTOUCHED) from None
    try:
        _overwrite(descriptor, data, len(old))
    except OSError as error:
        _put_back(descriptor, old, real, error)
        raise failure(error, f"{visible(real)} cannot be written in place", hint=_UNTOUCHED) from None
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int, data: bytes, present: int) -> None:
    if len(data) > present:
        _take_room(descriptor, len(data))
    _set(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    if read_all(descriptor) != data:
        raise OSError(errno.EIO, "what was written does not read back the same")


def _take_room(descriptor: int, size: int) -> None:
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _put_back(descriptor: int, old: bytes, real: str, cause: OSError) -> None:
    try:
        _set(descriptor, old)
    except OSError as error:
        raise ShellError(
            "in-place-torn",
            f"{visible(real)} could not be written ({reason(cause)}), nor put back ({reason(error)}): "
            "it is between two contents",
            hint="make the disk writable, then: recover back",
        ) from None


def restore_in_place(real: str, data: bytes) -> None:
    """Make `data` the content of the file itself, whatever it holds; for one that was torn.

    Raises ShellError, upon which it may still be torn.
    """
    try:
        descriptor = os.open(real, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            _set(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise failure(
            error, f"{visible(real)} cannot be restored", hint="make it writable, then: recover back"
        ) from None


def _set(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    write_all(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def clean(target: CaFile) -> list[str]:
    """Remove temporary files that a killed commit left beside the file; returns their names, safe to show."""
    folder, base = os.path.split(target.real)
    return clean_litter(folder, base)
