"""Sources: files, variables and descriptors, and the folder that a restricted session keeps to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from shell.errors import ShellError, UsageError
from shell.language.parameters import Source
from shell.sources import Sources


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    """A file that was changed meanwhile gives its new content."""
    path = tmp_path / "secret"
    path.write_text("one")
    sources = Sources()
    assert sources.read(Source("file", str(path))) == b"one"
    path.write_text("two")
    assert sources.read(Source("file", str(path))) == b"two"


def test_a_pipe_is_read_once_and_gives_the_same_again(tmp_path: Path) -> None:
    """What a pipe gave is kept for the next line that names it, by descriptor and by path."""
    reader, writer = os.pipe()
    os.write(writer, b"secret")
    os.close(writer)
    sources = Sources()
    assert sources.read(Source("fd", str(reader))) == b"secret"
    assert sources.read(Source("fd", str(reader))) == b"secret"
    os.close(reader)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = subprocess.Popen(["sh", "-c", f"printf piped > {fifo}"])
    assert sources.read(Source("file", str(fifo))) == b"piped"
    assert sources.read(Source("file", str(fifo))) == b"piped"
    assert writer.wait(60) == 0


def test_a_variable_gives_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is a source; one that is not there is an error that names it."""
    monkeypatch.setenv("PASSWORD", "s3cret")
    assert Sources().read(Source("env", "PASSWORD")) == b"s3cret"
    with pytest.raises(ShellError, match="no variable MISSING"):
        Sources().read(Source("env", "MISSING"))


@pytest.mark.parametrize("source", [Source("file", "/nowhere/x"), Source("fd", "987")])
def test_what_cannot_be_read_is_named(source: Source) -> None:
    """A missing file and a closed descriptor are errors that say which."""
    with pytest.raises(ShellError, match=r"cannot read (/nowhere/x|descriptor 987)") as caught:
        Sources().read(source)
    assert caught.value.code == "unreadable"


def test_a_restricted_session_keeps_to_its_folder(tmp_path: Path) -> None:
    """Neither `..` nor a link leads out of it, and neither the environment nor descriptors are read."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file").write_text("x")
    (inside / "link").symlink_to(tmp_path)
    sources = Sources(str(inside))
    assert sources.read(Source("file", "file")) == b"x"
    for source in (Source("env", "HOME"), Source("fd", "0")):
        with pytest.raises(UsageError, match="restricted"):
            sources.read(source)
    for path in ("../inside2/file", "link/other", "/etc/hostname"):
        with pytest.raises(UsageError, match="restricted"):
            sources.read(Source("file", path))


def test_a_tilde_is_the_home_folder(isolated_environment: Path) -> None:
    """Without a restriction a path may begin with the home folder."""
    assert Sources().allowed("~/x") == str(isolated_environment / "x")
