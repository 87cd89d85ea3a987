"""The program as a process: its exit codes, and its standard streams, whatever the parent makes of them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.program import COMMAND, IMPORT_PATH

FULL = Path("/dev/full")


@pytest.fixture
def ca_json(tmp_path: Path) -> Path:
    """Return a ca.json without provisioners."""
    path = tmp_path / "ca.json"
    path.write_text(json.dumps({"root": "r", "crt": "c", "key": "k", "address": ":1", "authority": {}}))
    return path


def run(ca_json: Path, streams: str, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run these lines with what a POSIX shell makes of `streams`, such as `>&-`."""
    command = [*COMMAND, "--ca-config", str(ca_json), "--state-dir", str(ca_json.parent / "state")]
    for line in lines:
        command += ["-c", line]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": IMPORT_PATH},
    )


def names(ca_json: Path) -> list[str]:
    """Return the names of the provisioners in the file."""
    provisioners = json.loads(ca_json.read_text())["authority"].get("provisioners", [])
    return [provisioner["name"] for provisioner in provisioners]


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2> /dev/full"])
def test_streams_that_cannot_be_used_are_no_obstacle(ca_json: Path, streams: str) -> None:
    """The work is done, and no file of ours is written to in the place of a stream."""
    done = run(ca_json, streams, "add s --type SSHPOP", "commit")
    assert (done.returncode, names(ca_json)) == (0, ["s"])
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written_is_an_error(
    ca_json: Path, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is committed behind it, and what was committed before it is said."""
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    lost = "error: standard output cannot be written: no space left on device"
    done = run(ca_json, f"> {FULL}", "list", "add s --type SSHPOP --ssh=false", "commit")
    assert (done.returncode, names(ca_json)) == (1, [])
    assert done.stderr.startswith(f"-c 1:1:1: {lost}")
    done = run(ca_json, f"> {FULL}", "add s --type SSHPOP --ssh=false", "commit")
    assert (done.returncode, names(ca_json)) == (1, ["s"])
    assert f"-c 2:1:1: {lost}" in done.stderr
    assert done.stderr.endswith("commit in line 1 was done before this error\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "lines",
    [
        ("add s --type SSHPOP", "remove s", "commit"),
        ("add s --type SSHPOP", "undo", "commit"),
    ],
)
def test_a_commit_with_nothing_to_write_ends_a_batch_well(ca_json: Path, lines: tuple[str, ...]) -> None:
    """Also where edits are staged that come to nothing."""
    before = ca_json.read_bytes()
    done = run(ca_json, "", *lines)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to commit\n", "")
    assert ca_json.read_bytes() == before
