"""Commit as a user without rights: `python -m tests.faults.denied` prints how each case ended.

Run by root the cases are those of another user, else of the user who runs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shell.errors import ShellError
from tests.faults.scratch import bench, forked, scratch
from tests.support.filecommit import Bench

NOBODY = 65534
ROOT = os.geteuid() == 0


def attempt(made: Bench, *, in_place: bool = False) -> dict[str, Any]:
    """Read, look and commit as the user without rights."""
    if ROOT:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        notices = [notice.code for notice in made.target.notices(made.target.read())]
        word = made.commit(in_place=in_place).word
    except ShellError as error:
        return {"end": error.code, "hint": error.hint, "exit": error.exit_code}
    return {"end": word, "notices": notices}


def case(prepare: Callable[[Bench], None], *, in_place: bool = False) -> dict[str, Any]:
    """Return how a case ended, with what became of the file."""
    with scratch() as folder:
        made = bench(folder)
        made.state.ensure()
        if ROOT:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        before = made.data
        prepare(made)
        status = made.path.stat()
        _, found = forked(lambda: attempt(made, in_place=in_place))
        for path in (made.path.parent, Path(made.state.folder)):
            path.chmod(0o700)
        now = made.path.stat()
        made.path.chmod(0o600)
        return {
            **found,
            "changed": made.data != before,
            "kept": (now.st_uid, now.st_mode) == (status.st_uid, status.st_mode),
            "litter": made.litter(),
        }


def cases() -> dict[str, dict[str, Any]]:
    """Return every case by its name."""
    found = {
        "unreadable": case(lambda made: made.path.chmod(0)),
        "read-only": case(lambda made: made.path.chmod(0o400)),
        "folder": case(lambda made: made.path.parent.chmod(0o500)),
        "folder in place": case(lambda made: made.path.parent.chmod(0o500), in_place=True),
        "state": case(lambda made: Path(made.state.folder).chmod(0o500)),
    }
    if ROOT:
        found["foreign"] = case(_foreign)
        found["foreign in place"] = case(_foreign, in_place=True)
        found["foreign state"] = case(lambda made: os.chown(made.state.folder, 0, 0))
    return found


def _foreign(made: Bench) -> None:
    os.chown(made.path, 0, 0)
    made.path.chmod(0o666)


if __name__ == "__main__":
    with scratch() as warm:
        bench(warm).commit()
        bench(warm / "other").commit(in_place=True)
    json.dump(cases(), sys.stdout)
