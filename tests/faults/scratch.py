"""What the fault tests share: scratch files in memory, and processes that fork from a warm start.

Run as `python -m tests.faults.NAME`, apart from pytest, since they fork and hook for good.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shell.commit.live import Change, LiveOutcome
from tests.support.filecommit import Bench, acme
from tests.support.program import IMPORT_PATH


@contextmanager
def scratch(folder: str = "") -> Iterator[Path]:
    """Give an empty folder, in memory where the system has such a place: fsync costs nothing there."""
    if not folder and os.access("/dev/shm", os.W_OK):
        folder = "/dev/shm"
    made = Path(tempfile.mkdtemp(dir=folder or None))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def bench(folder: Path, count: int = 20) -> Bench:
    """Return a ca.json with so many provisioners, and a draft that adds, changes and removes."""
    made = Bench(folder, *(acme(f"number-{number}", website="https://ca.example") for number in range(count)))
    return made.add("new").set("number-3", "forceCN", True).remove("number-5")


def refuse(change: Change) -> LiveOutcome:
    """Stand for a CA that does not take the new file."""
    return LiveOutcome(True) if not change.after.keys() & {"new"} else LiveOutcome(False, "no", refused=True)


def forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """Do work in a child; returns its wait status and what the work returned (None where it died)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(os.dup(writing), "w") as pipe:
                json.dump(work(), pipe)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    return os.waitpid(child, 0)[1], json.loads(text) if text else None


def run(module: str, *arguments: str, wrapper: tuple[str, ...] = ()) -> Any:
    """Run a module of this folder in a process of its own, and return the JSON document that it printed."""
    done = subprocess.run(
        [*wrapper, sys.executable, "-m", f"tests.faults.{module}", *arguments],
        capture_output=True,
        check=False,
        timeout=120,
        cwd=IMPORT_PATH,
        env={**os.environ, "PYTHONPATH": IMPORT_PATH},
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
