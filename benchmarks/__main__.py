"""Run the benchmarks and write the document."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import floors, onca, onfile, prompt
from benchmarks.bench import Bench, Section
from benchmarks.document import document
from benchmarks.installed import ROOT, NotMeasurable, install, require_bytecode
from tests.support import tools

GROUPS: Mapping[str, Callable[[Bench], list[Section]]] = {
    "floors": floors.sections,
    "file": onfile.sections,
    "prompt": prompt.sections,
    "ca": onca.sections,
}
ROUNDS = 8
DOCUMENT = ROOT / "docs" / "performance.md"


def main(words: Sequence[str] | None = None) -> int:
    """Measure what the words ask for; returns the exit code."""
    arguments = _arguments(words)
    try:
        require_bytecode()
        step, step_ca = tools.ensure("step"), tools.ensure("step-ca")
    except (NotMeasurable, tools.ToolMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = os.getloadavg()[0]
        bench = Bench(folder, install(folder), step, step_ca, arguments.rounds, load)
        text = document(bench, _measured(bench, arguments.groups or list(GROUPS)))
    output = arguments.output or (None if arguments.groups else DOCUMENT)
    if output:
        output.write_text(text)
    else:
        print(text)
    return 0


def _measured(bench: Bench, groups: Sequence[str]) -> list[Section]:
    found = []
    for group in groups:
        began = time.monotonic()
        found += GROUPS[group](bench)
        print(f"{group}: measured in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"what to measure, of {', '.join(GROUPS)}")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"runs of each short piece of work (default: {ROUNDS})"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help=f"the document; without it the whole goes to {DOCUMENT.relative_to(ROOT)}, and groups are printed",
    )
    found = parser.parse_args(words)
    unknown = [group for group in found.groups if group not in GROUPS]
    if unknown or found.rounds < 1:
        parser.error(f"no such group: {unknown[0]}" if unknown else "--rounds must be 1 or more")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
