"""Measuring whole processes: ours and another's by turns, so that both see the same weather."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

STOPWATCH = Path(__file__).with_name("stopwatch.py")
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost: seconds on the clock and of the processor, the peak of memory in kB, bytes written."""

    seconds: float
    processor: float = 0.0
    kilobytes: int = 0
    written: int = 0


class Work(Protocol):
    """What can be run, again and again, and says what it cost."""

    def run(self) -> Cost:
        """Do it once; raises RuntimeError where it fails."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run: its words, what it reads, and what is done before each run, outside the measured time."""

    words: Sequence[str | Path]
    stdin: Path = Path("/dev/null")
    before: Callable[[], object] = lambda: None
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> Cost:
        """Run it once; raises RuntimeError where it fails."""
        self.before()
        command = [sys.executable, "-I", "-S", STOPWATCH, self.stdin, *self.words]
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, check=True, env=dict(self.environment)
        )
        found = json.loads(done.stdout)
        if found["code"]:
            words = " ".join(map(str, self.words))
            raise RuntimeError(f"{words} ended with {found['code']}: {found['errors']}")
        return Cost(found["seconds"], found["processor"], found["kilobytes"], found["written"])

    def output(self) -> str:
        """Run it once, unmeasured, and return what it prints; raises subprocess.CalledProcessError."""
        self.before()
        done = subprocess.run(
            list(map(str, self.words)), capture_output=True, text=True, check=True, env=dict(self.environment)
        )
        return done.stdout


@dataclass(frozen=True, slots=True)
class Succession:
    """Programs run one after the other as one piece of work; what is done between them costs nothing."""

    programs: Sequence[Work]

    def run(self) -> Cost:
        """Run all of them: the sum of the times and of what was written, and the highest peak of memory."""
        costs = [program.run() for program in self.programs]
        return Cost(
            sum(cost.seconds for cost in costs),
            sum(cost.processor for cost in costs),
            max(cost.kilobytes for cost in costs),
            sum(cost.written for cost in costs),
        )


class Ratio(NamedTuple):
    """A ratio taken in each round: the median, the least and the most of them."""

    usual: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Series:
    """The costs of several runs of one piece of work."""

    costs: tuple[Cost, ...]

    @property
    def best(self) -> float:
        """The shortest time on the clock, in milliseconds: the one that other work disturbed least."""
        return min(cost.seconds for cost in self.costs) * 1000

    @property
    def usual(self) -> float:
        """The median of the times on the clock, in milliseconds."""
        return statistics.median(cost.seconds for cost in self.costs) * 1000

    @property
    def worst(self) -> float:
        """The longest time on the clock, in milliseconds."""
        return max(cost.seconds for cost in self.costs) * 1000

    @property
    def processor(self) -> float:
        """The least time of the processor, in milliseconds; 0 where it was not measured."""
        return min(cost.processor for cost in self.costs) * 1000

    @property
    def megabytes(self) -> float:
        """The highest peak of memory, in MB of 1,048,576 bytes; 0 where it was not measured."""
        return max(cost.kilobytes for cost in self.costs) / 1024

    @property
    def written(self) -> float:
        """What was given to write calls, in MB of 1,048,576 bytes; 0 where the system does not say."""
        return statistics.median(cost.written for cost in self.costs) / _MEGABYTE


def ratio(longer: Series, shorter: Series, runs: int = 1) -> Ratio:
    """Return how many times as long as `shorter` so many runs of `longer` take, round by round."""
    ratios = [
        runs * one.seconds / other.seconds for one, other in zip(longer.costs, shorter.costs, strict=True)
    ]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def by_turns(rounds: int, *works: Work, warm_up: bool = True) -> list[Series]:
    """Do each piece of work once per round, in this order, and return the costs of each.

    With `warm_up`, and where there are several rounds, there is one more before, which does not count.
    """
    if warm_up and rounds > 1:
        for work in works:
            work.run()
    costs = [[work.run() for work in works] for _ in range(rounds)]
    return [Series(tuple(column)) for column in zip(*costs, strict=True)]
