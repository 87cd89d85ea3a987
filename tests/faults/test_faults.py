"""Kills, full disks, missing rights and crowds: whatever happens, no byte is lost and nobody is misled."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.scratch import run
from tests.support.filecommit import Bench, acme
from tests.support.program import IMPORT_PATH


def with_mount(mount: str) -> tuple[str, ...]:
    """Return what runs a command where something is mounted that nobody else sees; skips where it cannot be."""
    unshare = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--mount")
    probe = (*unshare, "sh", "-c", mount)
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("NOTHING CAN BE MOUNTED HERE: a really full disk and bind mounts are not tested")
    return (*unshare, "sh", "-c", f'{mount} && exec "$@"', "-")


@pytest.mark.parametrize("way", ["replace", "in-place", "refused"])
def test_killed_at_any_step_a_commit_loses_nothing(way: str) -> None:
    """Replaced, the file is the old one or the new one at every moment; in place the next start makes it so.

    That start leaves no litter, the history agrees with the file, and the next commit works.
    """
    found = run("killed", way)
    assert found["wrong"] == {}
    assert Counter(found["steps"])["rename" if way != "in-place" else "half-written"] >= 2
    assert len(found["steps"]) > 50


def test_a_disk_that_fills_up_at_any_call_loses_nothing() -> None:
    """From whichever call on there is no room: the old file, a clear error and exit 1, or a whole commit."""
    found = run("full", "calls")
    assert found["wrong"] == {}
    assert set(found["ends"]) == {"disk-full", "committed"}


def test_a_disk_that_is_really_full_loses_nothing(tmp_path: Path) -> None:
    """On a small file system of our own, at every amount of room that is left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=512k none '{disk}'"
    found = run("full", "disk", str(disk), wrapper=with_mount(mount))
    assert found["wrong"] == {}
    assert found["ends"]["disk-full"] > 20
    assert found["ends"]["committed"] > 20


def test_a_file_that_is_mounted_by_itself_is_written_in_place(tmp_path: Path) -> None:
    """A bind mount is recognised where there is one, refused without --in-place, and written with it."""
    bench = Bench(tmp_path, acme("one"))
    source = tmp_path / "source.json"
    source.write_bytes(bench.data)
    found = run("mounted", str(bench.path), wrapper=with_mount(f"mount --bind '{source}' '{bench.path}'"))
    assert found == {
        "notices": ["bind-mount"],
        "without": "bind-mount",
        "replaced": "busy",
        "in place": "committed",
    }
    assert b"acme" in source.read_bytes()
    assert b"acme" not in bench.data


def test_missing_rights_are_told_and_lose_nothing() -> None:
    """Each kind of missing right has its code and a hint; where writing in place is possible, it works."""
    found = run("denied")
    expected = {
        "unreadable": "no-permission",
        "read-only": "read-only-file",
        "folder": "folder-not-writable",
        "folder in place": "committed",
        "state": "state-unusable",
    }
    if os.geteuid() == 0:
        expected |= {
            "foreign": "foreign-owner",
            "foreign in place": "committed",
            "foreign state": "state-unusable",
        }
    assert {name: case["end"] for name, case in found.items()} == expected
    for case in found.values():
        assert case["kept"]
        assert case["litter"] == []
        assert case["changed"] is (case["end"] == "committed")
        assert case["end"] == "committed" or (case["hint"] and case["exit"] == 1)


def test_twenty_commits_at_once_all_arrive_or_say_so(tmp_path: Path) -> None:
    """Fifteen additions are all there; of five changes of one field one is made, and four are told of the conflict."""
    bench = Bench(tmp_path, acme("shared"))
    jobs = [(f"new-{number}", "", "") for number in range(15)]
    jobs += [("shared", "website", f"https://{number}.example") for number in range(5)]
    command = [sys.executable, "-m", "tests.faults.one", str(bench.path), str(tmp_path / "state")]
    running = [
        subprocess.Popen(
            [*command, *job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=IMPORT_PATH,
            env={**os.environ, "PYTHONPATH": IMPORT_PATH},
        )
        for job in jobs
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert [end["word"] for end in ends[:15]] == ["committed"] * 15
    assert Counter(end["word"] for end in ends[15:]) == {"committed": 1, "conflict": 4}
    assert {end["exit"] for end in ends[15:] if end["word"] == "conflict"} == {4}
    (winner,) = [job[2] for job, end in zip(jobs[15:], ends[15:], strict=True) if end["word"] == "committed"]
    provisioners = json.loads(bench.data)["authority"]["provisioners"]
    assert provisioners[0] == acme("shared", website=winner)
    assert sorted(one["name"] for one in provisioners[1:]) == sorted(job[0] for job in jobs[:15])
    assert sorted(entry.id for entry in bench.state.history.entries()) == list(range(1, 17))
    assert bench.litter() == []


def following(steps: list[tuple[str, str]], *wanted: tuple[str, str]) -> bool:
    """Whether steps come in this order; a path is wanted by a pattern."""
    rest = iter(steps)
    return all(any(name == step and re.search(path, about) for name, about in rest) for step, path in wanted)


TEMPORARY = r"/etc/\.ca\.json\.[0-9a-f]{16}\.step-shell$"


def steps_of(folder: Path, way: str) -> list[tuple[str, str]]:
    """Return the steps of one commit."""
    return [(name, path) for name, path in run("order", str(folder), way)]


def test_the_order_is_backup_journal_temporary_rename_folder(tmp_path: Path) -> None:
    """Everything is durable before the rename, and the rename before the commit is called done."""
    steps = steps_of(tmp_path, "replace")
    assert following(
        steps,
        ("fsync", r"/backups/"),
        ("write", r"\.journal\."),
        ("fsync", r"\.journal\."),
        ("link", r"\.journal\."),
        ("open", TEMPORARY),
        ("fcntl.flock", TEMPORARY),
        ("fchmod", TEMPORARY),
        ("write", TEMPORARY),
        ("fsync", TEMPORARY),
        ("rename", TEMPORARY),
        ("fsync", r"/etc$"),
        ("fsync", r"/history\.jsonl$"),
        ("remove", r"/journal$"),
    )
    assert Counter(steps)[("rename", next(path for name, path in steps if re.search(TEMPORARY, path)))] == 1


def test_in_place_the_new_content_is_sealed_before_the_file_is_touched(tmp_path: Path) -> None:
    """Backup, journal and seal are durable before the first byte of the file changes."""
    steps = steps_of(tmp_path, "in-place")
    assert following(
        steps,
        ("fsync", r"/backups/"),
        ("fsync", r"\.journal\."),
        ("fsync", r"\.journal\.sealed\."),
        ("rename", r"\.journal\.sealed\."),
        ("write", r"/etc/ca\.json$"),
        ("ftruncate", r"/etc/ca\.json$"),
        ("fsync", r"/etc/ca\.json$"),
        ("fsync", r"/history\.jsonl$"),
        ("remove", r"/journal\.sealed$"),
        ("remove", r"/journal$"),
    )


TRACED = re.compile(r'(?:\d+ +)?(write|pwrite64|fsync|rename\w*)\((?:\d+<([^>]*)>|[^"]*"([^"]*)")')


def test_the_system_sees_the_same_order(tmp_path: Path) -> None:
    """In a trace of the system calls: write and fsync of the temporary file, rename, fsync of the folder."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=write,fsync,rename,renameat,renameat2", "-o", str(trace)]
    if (
        not shutil.which("strace")
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("STRACE IS MISSING OR MAY NOT TRACE: the order is only tested from inside the process")
    run("order", str(tmp_path / "work"), "replace", "quietly", wrapper=tuple(command))
    steps = [
        (match[1], match[2] or match[3])
        for line in trace.read_text().splitlines()
        if (match := TRACED.match(line))
    ]
    assert following(
        steps,
        ("write", TEMPORARY),
        ("fsync", TEMPORARY),
        ("rename", TEMPORARY),
        ("fsync", r"/work/etc$"),
    )
    renamed = [
        number
        for number, step in enumerate(steps)
        if step[0].startswith("rename") and re.search(TEMPORARY, step[1])
    ]
    written = [
        number for number, step in enumerate(steps) if step[0] == "write" and re.search(TEMPORARY, step[1])
    ]
    assert len(renamed) == 1
    assert max(written) < renamed[0]


def test_a_step_is_found_in_its_place() -> None:
    """The judge of orders sees a wrong one."""
    steps = [("write", "a"), ("fsync", "a"), ("rename", "a")]
    assert following(steps, ("write", "a"), ("rename", "a"))
    assert not following(steps, ("rename", "a"), ("write", "a"))
