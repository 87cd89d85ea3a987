"""The steps of one commit in their order: `python -m tests.faults.order FOLDER replace|in-place`.

With a third argument `quietly` nothing is hooked, for a trace from outside.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.faults.scratch import bench
from tests.faults.steps import Steps

if __name__ == "__main__":
    folder, way, *quietly = sys.argv[1:]
    made = bench(Path(folder))
    steps = Steps() if quietly else Steps().install()
    made.commit(in_place=way == "in-place")
    steps.stop()
    json.dump(steps.seen, sys.stdout)
