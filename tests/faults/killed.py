"""Kill a commit at every step it takes, and look what the next start makes of it.

`python -m tests.faults.killed replace|in-place|refused` prints what was wrong, and the steps that there are.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from shell.commit.recovery import recover_file, tidy
from shell.errors import RolledBack
from tests.faults.scratch import bench, forked, refuse, scratch
from tests.faults.steps import Steps, die_at
from tests.support.filecommit import Bench


def commit(made: Bench, way: str) -> None:
    """Commit in one of the ways; a CA that refuses is the end of it."""
    try:
        made.commit(in_place=way == "in-place", make_live=refuse if way == "refused" else None)
    except RolledBack:
        assert way == "refused"


def complete(way: str) -> tuple[list[tuple[str, str]], bytes, bytes]:
    """Commit without dying; returns the steps, and the bytes before and after."""
    with scratch() as folder:
        made = bench(folder)
        before = made.data

        def work() -> Any:
            steps = Steps().install()
            commit(made, way)
            steps.stop()
            return steps.seen

        status, seen = forked(work)
        assert status == 0
        after = made.data
        if way == "refused":
            assert after == before
            with scratch() as other:
                whole = bench(other)
                commit(whole, "replace")
                after = whole.data
        return [tuple(step) for step in seen], before, after


def die(way: str, step: int, before: bytes, after: bytes) -> list[str]:
    """Die at a step, start again, and return what is wrong then."""
    with scratch() as folder:
        made = bench(folder)

        def work() -> None:
            Steps(die_at(step)).install()
            commit(made, way)

        status, _ = forked(work)
        wrong = []
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            wrong.append(f"ended with {status}")
        if way != "in-place" and made.data not in (before, after):
            wrong.append("the file is neither the old one nor the new one")
        return wrong + next_start(made, before, after)


def next_start(made: Bench, before: bytes, after: bytes) -> list[str]:
    """Recover and clean as a start does; returns what is wrong then."""
    wrong = []
    done = recover_file(made.target, made.state)
    tidy(made.target, made.state)
    if made.data not in (before, after):
        wrong.append("after the next start the file is neither the old one nor the new one")
    if made.litter():
        wrong.append(f"litter: {made.litter()}")
    left = {path.name for path in Path(made.state.folder).glob("*")} - {"backups", "history.jsonl"}
    if left:
        wrong.append(f"left in the state folder: {left}")
    committed = [entry for entry in made.state.history.entries() if entry.outcome == "committed"]
    if len(committed) != (made.data == after):
        wrong.append(f"the file is {'new' if made.data == after else 'old'}, and the history has {committed}")
    if done is not None and done.word not in ("nothing", "committed", "rolled-back"):
        wrong.append(f"recovered as {done.word}")
    made.start()
    made.add("afterwards").commit()
    if made.names[-1] != "afterwards":
        wrong.append("the next commit does not work")
    return wrong


def main(way: str) -> None:
    """Print `{"steps": [...], "wrong": {step: [...]}}`."""
    with scratch() as folder:
        commit(bench(folder), way)  # loads what is loaded late
    steps, before, after = complete(way)
    wrong = {}
    for number in range(1, len(steps) + 1):
        if found := die(way, number, before, after):
            wrong[f"{number} {steps[number - 1]}"] = found
    json.dump({"steps": [name for name, _ in steps], "wrong": wrong}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
