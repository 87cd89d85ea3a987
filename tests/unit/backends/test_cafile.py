"""Reading a configuration file, and every way in which that can fail."""

from __future__ import annotations

import gc
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from shell.backends import cafile
from shell.backends.cafile import CaFile
from shell.errors import ShellError
from shell.model.view import ProvisionerId
from tests.support.filecommit import acme

TEXT = """{
  "root": "root.crt", "address": ":9000",
  "authority": {"provisioners": [
    {"type": "ACME", "name": "acme"},
    {"TYPE": "oidc", "Name": "google", "ClientID": "an id"},
    {"type": "JWK", "name": "a", "name": "admin", "key": {"kid": "k1"}},
    null,
    {"type": "JWK", "name": "plain", "key": {"kid": "k2"}}
  ]}
}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a ca.json."""
    path = tmp_path / "ca.json"
    path.write_text(TEXT)
    return path


def refused(path: Path | str) -> ShellError:
    """Return the error that reading a path raises."""
    with pytest.raises(ShellError) as caught:
        CaFile(str(path)).read()
    return caught.value


def test_a_reading_names_every_provisioner(path: Path) -> None:
    """Names, types and token identifiers are as step-ca reads them, also where the spelling is odd or repeats."""
    base = CaFile(str(path)).read().base
    found = [(one.name, one.type_name, one.token_identifier) for one in base.summaries]
    assert found == [
        ("acme", "ACME", "acme/acme"),
        ("google", "OIDC", "an id"),
        ("admin", "JWK", "admin:k1"),
        ("", "", ""),
        ("plain", "JWK", "plain:k2"),
    ]
    assert base.provisioner(ProvisionerId(1)).members == {
        "type": "oidc",
        "name": "google",
        "clientID": "an id",
    }


def test_a_reading_has_the_bytes_and_their_digest(path: Path) -> None:
    """The fingerprint of the base is the SHA-256 of the bytes, which come back as they were, also bad UTF-8."""
    path.write_bytes(b'{"root": "\xff", "address": "x"}')
    reading = CaFile(str(path)).read()
    assert bytes(reading.data) == path.read_bytes()
    assert reading.size == len(path.read_bytes())
    assert reading.digest == reading.base.fingerprint == cafile.digest_of(path.read_bytes())


@pytest.mark.parametrize("enabled", [True, False])
def test_reading_leaves_the_collector_as_it_was(path: Path, enabled: bool) -> None:
    """Garbage collection is off only while the text is scanned, and stays off where it was off."""
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        CaFile(str(path)).read()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()


def test_a_base_tells_what_stops_the_whole_ca(path: Path) -> None:
    """The flaws of an entry come from the text as it stands."""
    path.write_text(TEXT.replace('"name": "acme"', '"name": 7'))
    base = CaFile(str(path)).read().base
    assert base.flaws(ProvisionerId(0))
    assert not base.flaws(ProvisionerId(1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is an error with a way out, and nothing is made."""
    error = refused(tmp_path / "ca.json")
    assert (error.code, "does not exist" in error.message, bool(error.hint)) == ("no-such-file", True, True)
    assert refused(tmp_path / "a" / "ca.json").code == "no-such-file"
    assert list(tmp_path.glob("*.json")) == []


def test_a_link_that_leads_nowhere_says_where_it_leads(tmp_path: Path) -> None:
    """A dangling symbolic link is told with its target, and one in a circle for what it is."""
    link = tmp_path / "ca.json"
    link.symlink_to("gone.json")
    assert f"a symbolic link to {tmp_path}/gone.json" in refused(link).message
    link.unlink()
    link.symlink_to("ca.json")
    assert "in a circle" in refused(link).message


def test_a_folder_hints_at_the_file_in_it(tmp_path: Path) -> None:
    """For a folder the ca.json in it, or in its config, is proposed."""
    assert refused(tmp_path).hint == "name the ca.json in it"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "ca.json").write_text(TEXT)
    error = refused(tmp_path)
    assert error.code == "is-a-directory"
    assert f"{tmp_path}/config/ca.json" in error.hint


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe, a socket and a device are refused without waiting for them."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        kinds = {tmp_path / "pipe": "a pipe", tmp_path / "socket": "a socket", Path("/dev/null"): "a device"}
        for path, kind in kinds.items():
            error = refused(path)
            assert error.code == "not-a-file"
            assert kind in error.message


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    """A file of 200 MB is refused before it is read."""
    path = tmp_path / "ca.json"
    path.touch()
    os.truncate(path, 200 << 20)
    error = refused(path)
    assert error.code == "too-large"
    assert "200 MB" in error.message


def test_a_file_that_grows_past_the_limit_is_not_read_to_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading stops behind the limit whatever size the system gave."""
    monkeypatch.setattr(cafile, "LARGEST", 10)
    monkeypatch.setattr(cafile, "_CHUNK", 8)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert len(cafile._read_all(descriptor)) == 16
    finally:
        os.close(descriptor)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that writes in place is waited out; one that never stops is an error."""
    real = cafile._read_all
    rounds = []

    def read(descriptor: int) -> bytes:
        rounds.append(1)
        data = real(descriptor)
        if len(rounds) < 3:
            os.utime(path, ns=(1, len(rounds)))
        return data

    monkeypatch.setattr(cafile, "_read_all", read)
    assert CaFile(str(path)).read().size == len(TEXT)
    assert len(rounds) == 3
    monkeypatch.setattr(cafile, "_ATTEMPTS", 1)
    rounds.clear()
    assert refused(path).code == "keeps-changing"


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_a_path_that_cannot_be_one_is_refused(path: str) -> None:
    """The empty path and one with a zero byte are errors of their own."""
    assert refused(path).code == "bad-path"


def test_a_file_without_permission_is_told_with_the_way_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not read it is told to be somebody who may."""

    def refuse(*_: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    error = refused(path)
    assert error.code == "no-permission"
    assert "sudo" in error.hint


def test_what_the_system_refuses_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while reading, such as a broken disk, is told in words."""

    def broken(*_: Any) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(cafile, "_read_all", broken)
    error = refused(path)
    assert (error.code, "input/output error" in error.message) == ("cannot-read", True)


def test_an_entry_that_is_no_object_is_nothing(tmp_path: Path) -> None:
    """A null and a number among the provisioners have no name, and keep their places."""
    path = tmp_path / "ca.json"
    path.write_text('{"root": "r", "address": "a", "authority": {"provisioners": [1, null, {"name": "x"}]}}')
    assert [one.name for one in CaFile(str(path)).read().base.summaries] == ["", "", "x"]


def test_the_entries_of_the_support_are_provisioners() -> None:
    """The helper of these tests makes what it says."""
    assert acme("a", forceCN=True) == {"type": "ACME", "name": "a", "forceCN": True}
