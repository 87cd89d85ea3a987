"""Commit to a file that is mounted by itself: `python -m tests.faults.mounted CA.JSON` prints how that went."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shell.backends import filewrite
from shell.errors import ShellError
from tests.support.filecommit import Bench

if __name__ == "__main__":
    path = Path(sys.argv[1])
    bench = Bench(path.parent.parent, text=path.read_text())
    found: dict[str, object] = {"notices": [notice.code for notice in bench.target.notices(bench.reading)]}
    bench.add()
    try:
        bench.commit()
    except ShellError as error:
        found["without"] = error.code
    try:
        filewrite.replace(str(path), b"new")
    except ShellError as error:
        found["replaced"] = error.code
    found["in place"] = bench.commit(in_place=True).word
    json.dump(found, sys.stdout)
