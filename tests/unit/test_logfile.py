"""The log file: its lines, its mode, and what it does when it cannot be written."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from shell import logfile
from shell.errors import UsageError
from shell.logfile import LogFile
from shell.observer import DEBUG, ERROR, INFO, WARNING, Observer
from tests.support.pki import WriteCaJson
from tests.support.program import RunShell

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
CANARY = "canary-Zq7x-of-a-secret"


def _log(path: Path, level: str = INFO, told: list[str] | None = None) -> LogFile:
    return LogFile(str(path), level, Observer(told.append if told is not None else None))


def test_a_line_has_time_level_process_event_and_fields(tmp_path: Path) -> None:
    """Values that are no plain words are quoted; what is empty is left out; one event is one line."""
    path = tmp_path / "log"
    _log(path).write(
        INFO, "commit", {"outcome": "rolled-back", "id": None, "live": True, "why": 'a "b"\n\u202e=', "ms": 3}
    )
    (line,) = path.read_text().splitlines()
    assert re.match(rf"{STAMP} info {os.getpid()} commit ", line)
    assert line.endswith(r'commit outcome=rolled-back live=true why="a \"b\"\\n\\u202e=" ms=3')


@pytest.mark.parametrize(
    ("level", "written"),
    [
        (ERROR, ["e"]),
        (WARNING, ["e", "w"]),
        (INFO, ["e", "w", "i"]),
        (DEBUG, ["e", "w", "i", "d"]),
    ],
)
def test_a_level_is_a_threshold(tmp_path: Path, level: str, written: Sequence[str]) -> None:
    """What is less important than the level is not written."""
    log = _log(tmp_path / "log", level)
    for each, event in ((ERROR, "e"), (WARNING, "w"), (INFO, "i"), (DEBUG, "d")):
        log.write(each, event, {})
    assert [line.split()[3] for line in (tmp_path / "log").read_text().splitlines()] == written


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    """The mode is 0600, whatever the umask is."""
    before = os.umask(0)
    try:
        _log(tmp_path / "log")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_it_is_added_to(tmp_path: Path) -> None:
    """What an earlier session wrote stays."""
    for event in ("first", "second"):
        _log(tmp_path / "log").write(INFO, event, {})
    assert [line.split()[3] for line in (tmp_path / "log").read_text().splitlines()] == ["first", "second"]


def test_what_is_no_log_gets_no_lines(tmp_path: Path) -> None:
    """A ca.json that is named by mistake is left as it is."""
    path = tmp_path / "ca.json"
    path.write_text("{}\n")
    with pytest.raises(UsageError, match="is no log"):
        _log(path)
    assert path.read_text() == "{}\n"


def test_a_pipe_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    """And not a program that waits for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="cannot be opened"):
        _log(tmp_path / "pipe")


def test_lines_that_are_lost_are_told_once_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk; when there is room again the log says how many are missing, and a torn line is ended."""
    told: list[str] = []
    log = _log(tmp_path / "log", told=told)
    log.write(INFO, "before", {})
    really = os.write
    outcomes = iter(["torn", "full", "full"])

    def write(descriptor: int, data: bytes) -> int:
        outcome = next(outcomes, "")
        if outcome == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(descriptor, data[:10] if outcome == "torn" else data)

    monkeypatch.setattr(logfile.os, "write", write)
    for event in ("torn", "lost", "lost", "after"):
        log.write(INFO, event, {})
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line.split()[3:] for line in lines if len(line) > 10] == [
        ["before"],
        ["gap", "lines=3"],
        ["after"],
    ]
    assert len(lines) == 4
    assert len(told) == 1
    assert "no space is left" in told[0]


# the program


def _events(path: Path) -> list[str]:
    return [line.split()[3] for line in path.read_text().splitlines()]


def test_a_session_is_told_from_its_start_to_its_end(
    run_shell: RunShell, ca_json: WriteCaJson, tmp_path: Path
) -> None:
    """Start, target, each line by its words and names, the commit and its outcome, the end."""
    path = ca_json([{"type": "ACME", "name": "acme"}])
    log = tmp_path / "log"
    lines = ["-c", "set acme claims.maxTLSCertDuration 48h", "-c", "commit"]
    done = run_shell("--ca-config", path, "--log-file", log, *lines)
    assert done.returncode == 0, done.stderr
    assert _events(log) == ["start", "target", "line", "commit", "commit", "line", "end"]
    text = log.read_text()
    assert f"target name={path} kind=file named_by=--ca-config provisioners=1 content=" in text
    assert 'line command=set name=acme field=claims.maxTLSCertDuration place="-c 1:1"' in text
    assert "48h" not in text
    assert 'commit begins="0 to add, 1 to change, 0 to remove" plan=' in text
    assert "commit outcome=committed id=1 ms=" in text
    assert text.endswith("end exit=0\n")


@pytest.mark.parametrize("path", ["missing/log", "."], ids=["no such folder", "a folder"])
def test_a_log_file_that_cannot_be_opened_is_said_before_anything(
    run_shell: RunShell, tmp_path: Path, path: str
) -> None:
    """Exit code 2; neither is the target looked for nor a line read."""
    done = run_shell("--ca-config", "nowhere.json", "--log-file", path, "-c", "nonsense", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the log file {path} cannot be opened" in done.stderr
    assert "nowhere" not in done.stderr
    assert "nonsense" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log-level", "debug"], "add --log-file FILE"),
        (["--log-level", "loud", "--log-file", "log"], "one of error, warning, info, debug"),
    ],
)
def test_a_level_needs_a_log_and_is_one_of_four(
    run_shell: RunShell, tmp_path: Path, words: list[str], said: str
) -> None:
    """Anything else is a usage error, and no file is made."""
    done = run_shell("--demo", *words, "-c", "list", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "log").exists()


def test_a_full_disk_breaks_no_commit(run_shell: RunShell, ca_json: WriteCaJson) -> None:
    """A warning says that the log has a gap, once, and all else is as without a log."""
    path = ca_json([{"type": "ACME", "name": "acme"}])
    done = run_shell(
        "--ca-config", path, "--log-file", "/dev/full", "-c", "set acme forceCN true", "-c", "commit"
    )
    assert done.returncode == 0
    assert done.stdout.startswith("committed as 1")
    assert done.stderr.count("no space is left on the device") == 1
    assert '"forceCN": true' in path.read_text()


@pytest.mark.parametrize(
    "line",
    [
        f"set scep challenge {CANARY}",
        f"set scep nonsense {CANARY} --unknown",
        f"set acme challenge {CANARY}",
        f"add new --type SCEP --chalenge {CANARY}",
        f"update scep --challenge {CANARY} --x509-max-dur {CANARY}",
        f"{CANARY}",
        f"webhook add acme h --url https://{CANARY}@h --bearer-token-file {CANARY}",
        f"set scep claims.maxTLSCertDuration {CANARY}",
        f'set scep key {{"k":"{CANARY}"}}',
        f"list {CANARY}",
        "set scep challenge env:CANARY",
        "set scep decrypterKeyPEM @canary.txt",
        "jwe-key env:CANARY",
    ],
)
def test_no_value_of_a_line_is_in_the_log(
    run_shell: RunShell, ca_json: WriteCaJson, tmp_path: Path, line: str
) -> None:
    """Neither of a line that stages, nor of one that is wrong in some way, whatever place a secret stands in."""
    path = ca_json([{"type": "ACME", "name": "acme"}, {"type": "SCEP", "name": "scep", "challenge": CANARY}])
    (tmp_path / "canary.txt").write_text(CANARY)
    log = tmp_path / "log"
    words = ["--trace", "--verbose", "--log-level", "debug", "--log-file", log, "-f", "-"]
    run_shell(
        "--ca-config", path, *words, stdin=f"{line}\ndiff\ncommit\n", env={"CANARY": CANARY}, cwd=tmp_path
    )
    text = log.read_text()
    assert _events(log)[-1] == "end"
    assert CANARY not in text
