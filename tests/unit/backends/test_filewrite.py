"""Replacing a file, and writing into one."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shell import durable
from shell.backends import cafile, filewrite
from shell.backends.cafile import CaFile
from shell.errors import Conflict, ShellError

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN GIVE FILES AWAY: the owner is not tested")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file in a folder of its own."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "ca.json").write_bytes(b"old")
    return folder / "ca.json"


def replace(path: Path, data: bytes, **more: Any) -> tuple[str, ...]:
    """Replace a file, and let go of it."""
    done = filewrite.replace(str(path), data, **more)
    os.close(done.descriptor)
    return done.notes


def failing(code: int, when: Callable[..., bool] = lambda *_: True, real: Any = None) -> Callable[..., Any]:
    """Return a system call that fails with a code, else does what the real one does."""

    def call(*args: Any, **more: Any) -> Any:
        if when(*args):
            raise OSError(code, os.strerror(code))
        return real(*args, **more)

    return call


def only_file(path: Path) -> bool:
    """Whether the folder holds the file and nothing else."""
    return list(path.parent.iterdir()) == [path]


def test_replacing_changes_content_and_inode(path: Path) -> None:
    """The new content is that of a new file, and nothing else is left in the folder."""
    before = path.stat().st_ino
    with path.open() as reader:
        assert replace(path, b"new content") == ()
        assert reader.read() == "old"
    assert path.read_bytes() == b"new content"
    assert path.stat().st_ino != before
    assert only_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o4755])
def test_the_mode_stays(path: Path, mode: int) -> None:
    """The new file has the mode of the old one, whatever the umask is."""
    path.chmod(mode)
    replace(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@ROOT
def test_the_owner_stays(path: Path) -> None:
    """The new file belongs to whom the old one belonged."""
    os.chown(path, 1234, 5678)
    replace(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 5678)


@pytest.mark.skipif(sys.platform != "linux", reason="extended attributes are tested on Linux")
def test_attributes_stay_or_are_missed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Extended attributes are copied; one that the system refuses is named; one it breaks on is an error."""
    try:
        os.setxattr(path, "user.note", b"x")
    except OSError:
        pytest.skip("THE FILE SYSTEM OF THE TESTS HAS NO EXTENDED ATTRIBUTES: copying them is not tested")
    assert replace(path, b"new") == ()
    assert os.getxattr(path, "user.note") == b"x"
    real = os.setxattr
    monkeypatch.setattr(os, "setxattr", failing(errno.EPERM))
    assert "user.note" in replace(path, b"newer")[0]
    monkeypatch.setattr(os, "setxattr", real)
    os.setxattr(path, "user.note", b"x")
    monkeypatch.setattr(os, "setxattr", failing(errno.ENOSPC))
    with pytest.raises(ShellError, match="no space"):
        replace(path, b"newest")
    assert path.read_bytes() == b"newer"


def test_a_file_system_without_attributes_is_fine(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where attributes cannot be listed, or are not known at all, there are none."""
    monkeypatch.setattr(os, "listxattr", failing(errno.ENOTSUP))
    assert replace(path, b"new") == ()
    monkeypatch.setattr(sys, "platform", "other")
    assert replace(path, b"new") == ()


@pytest.mark.parametrize(
    ("call", "code", "name"),
    [
        ("write", errno.ENOSPC, "disk-full"),
        ("write", errno.EDQUOT, "disk-full"),
        ("fsync", errno.EIO, "disk-error"),
        ("fchmod", errno.EPERM, "no-permission"),
        ("rename", errno.EBUSY, "busy"),
        ("rename", errno.EXDEV, "cannot-write"),
        ("open", errno.EROFS, "read-only"),
        ("open", errno.EACCES, "no-permission"),
    ],
)
def test_a_failure_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, name: str
) -> None:
    """Whatever system call fails, the old file is as it was, the temporary one is gone, and the error says why."""
    monkeypatch.setattr(os, call, failing(code))
    with pytest.raises(ShellError) as caught:
        replace(path, b"new")
    monkeypatch.undo()
    assert caught.value.code == name
    assert caught.value.exit_code == 1
    assert caught.value.hint
    assert path.read_bytes() == b"old"
    assert only_file(path)


def test_a_large_text_is_written_in_pieces(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are those of the whole, wherever it is cut, and a longer file does not read back."""
    text = "a\u00fc\U0001f600\udcff" * 100
    monkeypatch.setattr(durable, "_PIECE", 7)
    pieces = durable.Pieces(text)
    assert b"".join(pieces) == bytes(pieces) == text.encode("utf-8", "surrogateescape")
    assert pieces.equal(bytes(pieces))
    assert not any(
        map(pieces.equal, (bytes(pieces)[:-1], bytes(pieces) + b"x", b"x" + bytes(pieces)[1:], b""))
    )
    done = filewrite.replace(str(path), pieces)
    assert path.read_bytes() == bytes(pieces)
    assert cafile.digest_of(pieces) == cafile.digest_of(bytes(pieces))
    with pytest.raises(ShellError, match="does not read back"):
        filewrite._read_back(done.descriptor, durable.Pieces(text[:-7]), str(path))
    os.close(done.descriptor)


def test_an_interrupt_leaves_the_old_file_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is no error of the system takes the temporary file away."""

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert only_file(path)


def test_what_does_not_read_back_is_not_put_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that gives other bytes than were written is an error."""
    monkeypatch.setattr(os, "pread", lambda *_: b"rubbish")
    with pytest.raises(ShellError, match="does not read back"):
        replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert only_file(path)


def test_a_folder_that_cannot_be_synced_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is in place then, and the note says what is not sure; where folders have no sync, nothing is said."""
    is_folder = lambda descriptor: stat.S_ISDIR(os.fstat(descriptor).st_mode)  # noqa: E731
    monkeypatch.setattr(os, "fsync", failing(errno.EIO, is_folder, os.fsync))
    assert "could not be synced" in replace(path, b"new")[0]
    assert path.read_bytes() == b"new"
    monkeypatch.undo()
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL, is_folder, os.fsync))
    assert replace(path, b"newer") == ()


def test_a_foreign_writer_is_noticed_in_the_last_moment(path: Path) -> None:
    """A program that heeds no lock and wrote since the file was read keeps what it wrote."""
    seen = path.stat()
    path.write_bytes(b"theirs")
    with pytest.raises(Conflict) as caught:
        replace(path, b"new", seen=seen)
    assert caught.value.code == "target-changed"
    assert path.read_bytes() == b"theirs"
    assert only_file(path)
    replace(path, b"new", seen=path.stat())
    assert path.read_bytes() == b"new"


def test_writing_in_place_keeps_the_file(path: Path) -> None:
    """Content of any length goes into the same file, so that its other names see it too."""
    second = path.parent / "second"
    os.link(path, second)
    for data, old in ((b"longer than before", b"old"), (b"s", b"longer than before"), (b"", b"s")):
        filewrite.write_in_place(str(path), data, old)
        assert path.read_bytes() == second.read_bytes() == data


def test_room_is_taken_before_anything_is_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is too full for a longer content shows before the old one is touched."""
    monkeypatch.setattr(os, "posix_fallocate", failing(errno.ENOSPC))
    with pytest.raises(ShellError, match="no space is left"):
        filewrite.write_in_place(str(path), b"longer", b"old")
    assert path.read_bytes() == b"old"


def test_a_file_system_that_cannot_take_room_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without that courtesy the content is written, and put back if it does not fit."""
    monkeypatch.setattr(os, "posix_fallocate", failing(errno.ENOTSUP))
    filewrite.write_in_place(str(path), b"longer", b"old")
    assert path.read_bytes() == b"longer"


def test_a_failure_in_place_puts_the_old_content_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails midway the file holds what it held before."""
    rounds: list[int] = []

    def first_time(*_: Any) -> bool:
        rounds.append(1)
        return len(rounds) == 1

    monkeypatch.setattr(os, "ftruncate", failing(errno.EIO, first_time, os.ftruncate))
    with pytest.raises(ShellError) as caught:
        filewrite.write_in_place(str(path), b"longer", b"old")
    assert caught.value.code == "disk-error"
    assert path.read_bytes() == b"old"


def test_what_does_not_read_back_in_place_is_put_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that read back otherwise count as an error of the disk."""
    monkeypatch.setattr(filewrite, "read_all", lambda _: b"rubbish")
    with pytest.raises(ShellError) as caught:
        filewrite.write_in_place(str(path), b"new", b"old")
    assert caught.value.code == "disk-error"
    assert path.read_bytes() == b"old"


def test_a_file_that_can_be_neither_written_nor_put_back_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the file is between two contents, and the error says so and what to do."""
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(ShellError) as caught:
        filewrite.write_in_place(str(path), b"new", b"old")
    assert caught.value.code == "in-place-torn"
    assert "recover back" in caught.value.hint


def test_a_file_that_cannot_be_opened_is_not_written_in_place(path: Path) -> None:
    """A file that is not there, or is a link, is left alone."""
    path.rename(path.parent / "other")
    path.symlink_to("other")
    with pytest.raises(ShellError):
        filewrite.write_in_place(str(path), b"new", b"old")
    with pytest.raises(ShellError):
        filewrite.restore_in_place(str(path), b"new")
    assert path.read_bytes() == b"old"


def test_restoring_writes_whatever_was_there(path: Path) -> None:
    """A torn file gets a content again."""
    filewrite.restore_in_place(str(path), b"whole")
    assert path.read_bytes() == b"whole"


def test_litter_is_removed_and_what_is_in_use_stays(path: Path) -> None:
    """Only files of our name for this target that no living process holds are removed."""
    held = durable.Temporary(str(path))
    litter = path.parent / ".ca.json.0123456789abcdef.step-shell"
    litter.write_text("half of a ca.json")
    others = [
        ".other.json.0123456789abcdef.step-shell",
        ".ca.json.0123.step-shell",
        ".ca.json.0123456789abcdeg.step-shell",
        "ca.json.bak",
    ]
    for name in others:
        (path.parent / name).write_text("not ours")
    folder = path.parent / ".ca.json.1123456789abcdef.step-shell"
    folder.mkdir()
    link = path.parent / ".ca.json.2123456789abcdef.step-shell"
    link.symlink_to(path)
    assert filewrite.clean(CaFile(str(path))) == [litter.name]
    left = {each.name for each in path.parent.iterdir()}
    assert left == {path.name, folder.name, link.name, Path(held.name).name, *others}
    held.remove()
    assert durable.clean_litter(str(path.parent / "gone")) == []


def test_litter_of_somebody_else_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another user's process left is not ours to remove."""
    litter = path.parent / ".ca.json.0123456789abcdef.step-shell"
    litter.write_text("theirs")
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert filewrite.clean(CaFile(str(path))) == []
    assert litter.exists()


def test_litter_that_changes_hands_meanwhile_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to another file by the time it is locked is left alone."""
    litter = path.parent / ".ca.json.0123456789abcdef.step-shell"
    litter.write_text("half")
    real = os.open

    def swapped(name: str, *more: Any) -> int:
        descriptor = real(name, *more)
        litter.unlink()
        litter.write_text("another")
        (path.parent / "keep").write_text("so that the inode differs")
        return descriptor

    monkeypatch.setattr(os, "open", swapped)
    assert filewrite.clean(CaFile(str(path))) == []
    assert litter.exists()


def test_a_temporary_file_that_was_cleaned_away_is_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making and locking it a neighbour may take it for litter."""
    import fcntl

    real = fcntl.flock
    removed: list[str] = []

    def flock(descriptor: int, operation: int) -> None:
        if not removed:
            (name,) = [each for each in path.parent.iterdir() if each != path]
            name.unlink()
            removed.append(name.name)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    temporary = durable.Temporary(str(path))
    assert os.path.exists(temporary.name)
    assert Path(temporary.name).name not in removed
    temporary.remove()
    assert only_file(path)


def test_a_lock_that_fails_leaves_no_temporary_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system has no locks nothing stays behind."""
    monkeypatch.setattr("fcntl.flock", failing(errno.ENOLCK))
    with pytest.raises(OSError, match="lock"):
        durable.Temporary(str(path))
    assert only_file(path)


def test_a_name_of_full_length_still_has_a_temporary_one(tmp_path: Path) -> None:
    """The name of the temporary file is cut to what a folder takes, and recognised again."""
    path = tmp_path / ("x" * 255)
    path.write_bytes(b"old")
    replace(path, b"new")
    assert path.read_bytes() == b"new"
    temporary = durable.Temporary(str(path))
    temporary.close()
    temporary.close()
    assert durable.clean_litter(str(tmp_path), path.name) == [Path(temporary.name).name]


def test_an_unknown_error_is_told_in_the_words_of_the_system() -> None:
    """Codes without words of ours, or without any, are told as they are."""
    assert durable.reason(OSError(errno.EMFILE, "Too many open files")) == "too many open files"
    assert durable.reason(OSError("odd")) == "odd"
