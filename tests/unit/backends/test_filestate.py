"""What is said about a file before the first edit."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shell.backends import filestate
from shell.backends.cafile import CaFile
from shell.backends.filestate import Notice

TEXT = '{"root": "r", "address": ":9000", "authority": {"provisioners": []}}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a ca.json."""
    path = tmp_path / "ca.json"
    path.write_text(TEXT)
    return path


def notices(path: Path) -> list[Notice]:
    """Return what is said of a file."""
    target = CaFile(str(path))
    return target.notices(target.read())


def codes(path: Path) -> list[str]:
    """Return the codes of what is said of a file."""
    return [notice.code for notice in notices(path)]


class Status(NamedTuple):
    """What of a status is looked at."""

    st_uid: int
    st_gid: int
    st_nlink: int = 1
    st_mode: int = stat.S_IFREG | 0o644


def test_of_an_ordinary_file_nothing_is_said(path: Path) -> None:
    """A file that can be replaced, in a folder that can be written, needs no words."""
    assert codes(path) == []


def test_a_hard_link_needs_writing_in_place(path: Path, tmp_path: Path) -> None:
    """A second name for the file is said, with what it takes to commit."""
    os.link(path, tmp_path / "second")
    (notice,) = notices(path)
    assert (notice.code, notice.blocks) == ("hard-link", "in-place")
    assert "2 names" in notice.text
    assert "--in-place" in notice.hint
    assert "hard-link" in repr(notice)


def test_a_bind_mount_is_recognised(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is mounted by itself is said; mountinfo's escapes are understood."""
    odd = path.parent / "a b\\c.json"
    path.rename(odd)
    escaped = str(odd).replace("\\", r"\134").replace(" ", r"\040")
    line = f"64 63 254:0 / {escaped} rw - ext4 x rw\n"
    real = open

    def fake(name: str, mode: str = "r") -> Any:
        if name == "/proc/self/mountinfo":
            mounts = path.parent / "mounts"
            mounts.write_text(line)
            return real(mounts, mode)
        return real(name, mode)

    monkeypatch.setattr("builtins.open", fake)
    (notice,) = notices(odd)
    assert (notice.code, notice.blocks) == ("bind-mount", "in-place")


def test_without_mountinfo_nothing_is_a_mount(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system that does not tell its mounts, no file is taken for one."""

    def refuse(*_: Any) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refuse)
    assert not filestate._is_mount_point(str(path))


def test_a_read_only_file_blocks_every_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that one may not write is said with its mode."""
    path.chmod(0o440)
    monkeypatch.setattr(filestate, "_may", lambda name, _: name != str(path))
    (notice,) = notices(path)
    assert (notice.code, notice.blocks) == ("read-only-file", "never")
    assert "0440" in notice.text


def test_a_folder_that_may_not_be_written_needs_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be made beside it, the file can only be written into."""
    monkeypatch.setattr(filestate, "_may", lambda name, _: name == str(path))
    assert codes(path) == ["folder-not-writable"]


def test_a_sticky_folder_lets_only_owners_replace(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder like /tmp somebody else's file cannot be replaced."""
    path.parent.chmod(0o1777)
    assert codes(path) == []
    uid = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    assert "folder-sticky" in codes(path)


def test_a_foreign_owner_cannot_be_given(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only root gives files away; one's own file in a foreign group cannot be made either."""
    target = CaFile(str(path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [1001])
    given = {(1000, 1000): True, (1000, 1001): True, (1000, 1002): False, (1001, 1000): False}
    for (uid, gid), may in given.items():
        found = filestate._file_obstacles(target, Status(uid, gid))  # type: ignore[arg-type]
        assert [notice.code for notice in found] == ([] if may else ["foreign-owner"])


def test_a_config_map_is_recognised(path: Path) -> None:
    """A file that Kubernetes mounted is said to be that, and nothing else is asked of it."""
    folder = path.parent
    (folder / "..2026_01_02").mkdir()
    path.rename(folder / "..2026_01_02" / "ca.json")
    (folder / "..data").symlink_to("..2026_01_02")
    path.symlink_to("..data/ca.json")
    first, *rest = notices(path)
    assert (first.code, first.blocks) == ("config-map", "never")
    assert "kubectl" in first.hint
    assert [notice.code for notice in rest] == ["symbolic-link"]


def test_a_link_through_a_folder_named_like_a_config_map_is_none(path: Path) -> None:
    """Only the links that Kubernetes makes are taken for a ConfigMap."""
    (path.parent / "..data").mkdir()
    path.rename(path.parent / "..data" / "ca.json")
    path.symlink_to("..data/ca.json")
    assert codes(path) == ["symbolic-link"]


def test_a_read_only_file_system_blocks_every_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that is mounted read-only is said."""

    class Read:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: Read)
    (notice,) = notices(path)
    assert (notice.code, notice.blocks) == ("read-only-file-system", "never")


def test_where_a_symbolic_link_leads_is_said(path: Path) -> None:
    """A link is followed, and the file that is edited is named."""
    link = path.parent / "link.json"
    link.symlink_to(path)
    (notice,) = notices(link)
    assert notice.code == "symbolic-link"
    assert str(path) in notice.text
    assert notice.blocks == ""


def test_a_ca_that_ignores_its_list_is_said(path: Path) -> None:
    """With enableAdmin the running CA does not look at the list in the file."""
    path.write_text('{"root": "r", "address": "a", "authority": {"enableAdmin": true, "provisioners": []}}')
    assert codes(path) == ["enable-admin"]
    path.write_text('{"root": "r", "address": "a", "authority": {"enableAdmin": false}}')
    assert codes(path) == []


def test_what_is_odd_in_the_text_is_said(path: Path) -> None:
    """A byte order mark, text behind the document, odd spelling and repetition each have their notice."""
    path.write_text('\ufeff{"Root": "r", "address": "a", "address": "b"} and more')
    assert sorted(codes(path)) == ["byte-order-mark", "odd-spelling", "repeated-member", "trailing-text"]
