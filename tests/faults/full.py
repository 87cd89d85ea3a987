"""Commit on a disk that is full, really, at every amount of space left; or at every call that could say so.

`python -m tests.faults.full disk FOLDER` wants an empty tmpfs at FOLDER; `python -m tests.faults.full calls`
makes each writing call fail in turn instead. Both print what was wrong, and how often a commit was refused.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from shell.errors import ShellError
from shell.state import State
from tests.faults.scratch import bench, forked, scratch
from tests.faults.steps import Steps, fail_at
from tests.support.filecommit import Bench

PAGE = os.sysconf("SC_PAGE_SIZE")
CALLS = ("write", "half-written", "fsync", "mkdir", "posix_fallocate", "ftruncate")


def outcome(made: Bench, *, in_place: bool) -> tuple[str, int]:
    """Commit; returns the outcome or the code of the error, and its exit code."""
    try:
        return made.commit(in_place=in_place).word, 0
    except ShellError as error:
        return error.code, error.exit_code


def judged(made: Bench, before: bytes, found: tuple[str, int]) -> list[str]:
    """Return what is wrong after a commit that met a full disk."""
    wrong = []
    code, exit_code = found
    if code == "committed":
        if made.names[-1] != "new":
            wrong.append("said to be committed, and is not in the file")
    elif (code, exit_code) != ("disk-full", 1):
        wrong.append(f"ended with {code}, exit {exit_code}")
    elif made.data != before:
        wrong.append("refused, and the file has changed")
    if made.litter():
        wrong.append(f"litter: {made.litter()}")
    return wrong


def on_a_disk(disk: Path, *, free: int, state_too: bool, in_place: bool) -> tuple[str, list[str]]:
    """Commit with so many pages free; returns how it ended and what is wrong."""
    made = bench(disk, 200)
    with scratch() as other:
        if not state_too:
            made.state = State.open(str(other / "state"), str(made.path))
        else:
            made.state.ensure()
        space = os.statvfs(disk)
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, (space.f_bavail - free) * PAGE))
        before = made.data
        found = outcome(made, in_place=in_place)
        wrong = judged(made, before, found)
        ballast.unlink()
        made.start()
        if made.add("afterwards").commit().word != "committed":
            wrong.append("with room again, the next commit does not work")
    for each in disk.iterdir():
        shutil.rmtree(each)
    return found[0], wrong


def disk(folder: Path) -> dict[str, Any]:
    """Try every amount of free space, for file and state, replaced and in place."""
    ends: Counter[str] = Counter()
    bad = {}
    for state_too in (False, True):
        for in_place in (False, True):
            for free in range(34 if state_too else 14):
                end, wrong = on_a_disk(folder, free=free, state_too=state_too, in_place=in_place)
                ends[end] += 1
                if wrong:
                    bad[f"{free=} {state_too=} {in_place=}"] = wrong
    return {"ends": ends, "wrong": bad}


def calls() -> dict[str, Any]:
    """Have the disk full from the N-th call on, for every N and each call that takes room."""
    ends: Counter[str] = Counter()
    bad = {}
    for in_place in (False, True):
        for name in CALLS:
            number, failed = 0, True
            while failed:
                number += 1
                end, wrong, failed = _at_a_call(name, number, in_place=in_place)
                ends[end] += 1
                if wrong:
                    bad[f"{name} {number} {in_place=}"] = wrong
    return {"ends": ends, "wrong": bad}


def _at_a_call(name: str, number: int, *, in_place: bool) -> tuple[str, list[str], bool]:
    """Return how it ended, what is wrong, and whether there was such a call."""
    with scratch() as folder:
        made = bench(folder)
        before = made.data

        def work() -> Any:
            steps = Steps(fail_at(number, name)).install()
            found = outcome(made, in_place=in_place)
            steps.stop()
            return found, Counter(step for step, _ in steps.seen)[name] >= number

        _, ((code, exit_code), failed) = forked(work)
        if (code, exit_code, in_place) != ("in-place-torn", 6, True):
            return code, judged(made, before, (code, exit_code)), failed
        # nothing could be written any more, not even the old content: the next commit recovers that
        made.add("x").commit(in_place=True)
        wrong = [] if made.names[-1] == "x" else ["torn, and not recovered"]
        return "disk-full", wrong, failed


if __name__ == "__main__":
    with scratch() as warm:
        bench(warm).commit()
    json.dump(disk(Path(sys.argv[2])) if sys.argv[1] == "disk" else calls(), sys.stdout)
