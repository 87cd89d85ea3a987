"""The lock on a configuration file."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from shell.backends import filelock
from shell.backends.filelock import FileLock
from shell.errors import ShellError

HOLD = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file."""
    path = tmp_path / "ca.json"
    path.write_text("{}")
    return path


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_a_lock_is_held_and_given_back(path: Path) -> None:
    """Inside the block nobody else gets the lock; after it anybody does."""
    with FileLock(str(path)):
        assert not is_free(path)
    assert is_free(path)


def test_giving_up_names_the_holder(path: Path) -> None:
    """A lock that does not come free in time is an error that names program and process."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(ShellError, match=rf"locked by python\S* \(process {holder.pid}\)") as caught:
            FileLock(str(path), timeout=0.02).acquire()
        holder.stdin.close()
    assert caught.value.code == "locked"


def test_an_unknown_holder_is_another_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not say who holds the lock, nobody is accused."""
    assert filelock._text("/proc/none/comm") == ""
    monkeypatch.setattr(filelock, "_text", lambda _: "1: FLOCK\n")
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ShellError, match="locked by another process"):
            FileLock(str(path), timeout=0).acquire()


def test_a_waiter_gets_the_lock_of_the_new_file(path: Path, tmp_path: Path) -> None:
    """Who waited for a file that was replaced locks the one that is there now."""
    held = FileLock(str(path))
    held.acquire()
    waiter = FileLock(str(path), timeout=20)
    thread = threading.Thread(target=waiter.acquire)
    thread.start()
    new = tmp_path / "new"
    new.write_text("[]")
    new.rename(path)
    held.release()
    thread.join(20)
    assert not is_free(path)
    waiter.release()
    assert is_free(path)


def test_a_file_that_is_renamed_away_is_waited_for_no_longer(path: Path) -> None:
    """A file that vanishes while somebody waits for it is an error."""
    lock = FileLock(str(path), timeout=5)
    with path.open() as file:
        assert lock._leads_to(file.fileno())
        path.unlink()
        assert not lock._leads_to(file.fileno())
    with pytest.raises(ShellError) as caught:
        lock.acquire()
    assert caught.value.code == "no-such-file"


def test_an_adopted_lock_is_given_back_too(path: Path, tmp_path: Path) -> None:
    """The lock on the file that took the place of the first one ends with the block."""
    other = tmp_path / "other"
    other.write_text("")
    with FileLock(str(path)) as lock:
        descriptor = os.open(other, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        lock.adopt(descriptor)
        assert not is_free(other)
    assert is_free(other)


def test_a_file_system_without_locks_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system answers instead of a lock is in the error."""

    def refuse(*_: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(ShellError, match="no locks available") as caught:
        FileLock(str(path)).acquire()
    assert caught.value.code == "cannot-lock"


def test_a_file_that_cannot_be_opened_cannot_be_locked(tmp_path: Path) -> None:
    """Another error than a missing file is told as such."""
    (tmp_path / "file").touch()
    with pytest.raises(ShellError) as caught:
        FileLock(str(tmp_path / "file" / "ca.json")).acquire()
    assert caught.value.code == "cannot-lock"
