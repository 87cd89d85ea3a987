"""The figures as docs/performance.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import Bench, Promise, Row, Section, Traffic
from benchmarks.measuring import Ratio, Series
from tests.support import tools

HEAD = """\
# Performance

Made by `make bench`. Every figure is of a wheel installed in an environment of its own and compiled to bytecode, of
whole processes from their start to their end unless said otherwise. `step` and the floors do the same work in the same
rounds, by turns with ours.

- *ms* is the median of the rounds on the clock, with the least of them in brackets; *processor* is the least time of
  the processor, user and system, in ms.
- *times as fast* is the time of `step` divided by ours, taken in each round: the median, with the least and the most.
- *times the floor* is our time divided by that of the least that a program in Python can do for it, likewise.
- *MB* is the peak of resident memory.
"""
LIBRARIES = ("prompt_toolkit", "requests", "urllib3", "jwcrypto", "cryptography", "rich")
_VERSIONS = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"


def document(bench: Bench, sections: Sequence[Section]) -> str:
    """Return the whole text."""
    parts = [HEAD, "".join(f"- {line}\n" for line in _circumstances(bench)), *_promises(sections)]
    return "".join(parts) + "".join("\n" + "\n".join(_table(section)) + "\n" for section in sections)


def _circumstances(bench: Bench) -> Iterator[str]:
    yield f"Machine: {_processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}."
    versions = (
        _first_line(bench.programs / "step-shell", "--version"),
        _first_line(bench.programs / "python", "--version"),
        *(package.rpartition("/")[2].replace("@v", " ") for package in tools.PACKAGES.values()),
    )
    libraries = _first_line(bench.programs / "python", "-c", _VERSIONS, *LIBRARIES).split()
    named = (f"{name} {version}" for name, version in zip(LIBRARIES, libraries, strict=True))
    yield f"Versions: {', '.join((*versions, *named))}."
    yield (
        f"Ended on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC; the load of the machine was {bench.load:.1f} before and "
        f"{os.getloadavg()[0]:.1f} at the end, of which 1 to 2 are the benchmarks' own."
    )
    yield (
        f"Rounds: {bench.rounds} of work of less than a second, {bench.long_rounds} of longer work, "
        f"{bench.longest_rounds} of batches of 100 and 1,000 changes on a CA."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _first_line(program: Path, *words: str) -> str:
    done = subprocess.run([program, *words], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0].strip()


def _promises(sections: Sequence[Section]) -> Iterator[str]:
    promises = [promise for section in sections for promise in section.promises]
    if promises:
        yield "\n## What is promised, and what was found\n\n| promise | bound | found | |\n| --- | ---: | ---: | --- |\n"
        yield from map(_promise, promises)


def _promise(promise: Promise) -> str:
    word = "kept" if promise.kept else "**missed**"
    return f"| {promise.what} | {promise.bound} | {promise.found} | {word} |\n"


def _clock(series: Series | None, runs: int = 1) -> str:
    if not series:
        return ""
    usual = _number(series.usual * runs)
    return f"{usual} ({_number(series.best * runs)})" if len(series.costs) > 1 else usual


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _spread(found: Ratio) -> str:
    usual = _ratio(found.usual)
    return f"{usual} ({_ratio(found.least)}–{_ratio(found.most)})" if found.least < found.most else usual


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _processor_time(series: Series | None, runs: int = 1) -> str:
    return _number(series.processor * runs) if series and series.processor else ""


def _memory(series: Series | None) -> str:
    return f"{series.megabytes:.0f}" if series and series.megabytes else ""


def _written(series: Series | None, runs: int = 1) -> str:
    return _number(series.written * runs) if series and series.written else ""


def _sent(traffic: Traffic | None) -> str:
    return f"{traffic.requests:,} / {traffic.connections:,}" if traffic else ""


COLUMNS: Mapping[str, Callable[[Row], str]] = {
    "work": lambda row: row.work,
    "ms": lambda row: _clock(row.ours),
    "`step`: ms": lambda row: _clock(row.theirs, row.runs),
    "times as fast": lambda row: _spread(row.faster) if row.theirs else "",
    "floor: ms": lambda row: _clock(row.floor),
    "times the floor": lambda row: _spread(row.over_floor) if row.floor else "",
    "processor": lambda row: _processor_time(row.ours),
    "floor: processor": lambda row: _processor_time(row.floor),
    "`step`: processor": lambda row: _processor_time(row.theirs, row.runs),
    "MB": lambda row: _memory(row.ours),
    "`step`: MB": lambda row: _memory(row.theirs),
    "MB written": lambda row: _written(row.ours) if row.writes else "",
    "`step`: MB written": lambda row: _written(row.theirs, row.runs) if row.writes else "",
    "requests / connections": lambda row: _sent(row.traffic),
    "`step`: requests / connections": lambda row: _sent(row.their_traffic),
}


def _table(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    yield section.about
    yield ""
    cells = {heading: list(map(cell, section.rows)) for heading, cell in COLUMNS.items()}
    cells = {heading: column for heading, column in cells.items() if any(column)}
    yield "| " + " | ".join(cells) + " |"
    yield "| --- |" + " ---: |" * (len(cells) - 1)
    for row in zip(*cells.values(), strict=True):
        yield "| " + " | ".join(row) + " |"
    if section.remarks:
        yield ""
        yield from (f"- {remark}" for remark in section.remarks)
