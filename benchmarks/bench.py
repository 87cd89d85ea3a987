"""What a group of measurements has to work with, and what it gives."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from benchmarks.measuring import Program, Ratio, Series, ratio
from tests.support import pki


@dataclass(frozen=True)
class Bench:
    """The programs, a scratch folder, and how often each piece of work is done.

    `programs` is the folder with our installed programs and their Python. `rounds` counts for work of less
    than a second, `long_rounds` for work of seconds, `longest_rounds` for more. `load` is that of the machine,
    averaged over a minute, before anything was measured.
    """

    folder: Path
    programs: Path
    step: Path
    step_ca: Path
    rounds: int
    load: float = 0.0

    @property
    def long_rounds(self) -> int:
        """Half of the rounds."""
        return -(-self.rounds // 2)

    @property
    def longest_rounds(self) -> int:
        """A fifth of the rounds."""
        return -(-self.rounds // 5)

    @cached_property
    def pki(self) -> pki.Pki:
        """Certificates for every CA and every ca.json of this run."""
        return pki.make_pki(self.folder / "pki")

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """The environment of every program: a home of its own, and nothing of the developer's."""
        home = self.folder / "home"
        home.mkdir()
        return {"PATH": os.defpath, "HOME": str(home), "STEPPATH": str(home), "LANG": "C.UTF-8"}

    def ours(
        self,
        *words: str | Path,
        stdin: Path = Path("/dev/null"),
        before: Callable[[], object] = lambda: None,
    ) -> Program:
        """Return our program with these words."""
        return Program([self.programs / "step-shell", *words], stdin, before, self.environment)

    def python(self, *words: str | Path, before: Callable[[], object] = lambda: None) -> Program:
        """Return the Python that our program is installed in, with these words."""
        return Program([self.programs / "python", *words], before=before, environment=self.environment)

    def theirs(self, *words: str | Path, before: Callable[[], object] = lambda: None) -> Program:
        """Return the step CLI with these words."""
        return Program([self.step, *words], before=before, environment=self.environment)


class Traffic(NamedTuple):
    """Requests and connections, counted at a proxy."""

    requests: int
    connections: int


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work: what it cost us, and what it cost `step`, or a floor, in the same rounds.

    `runs` is how many runs of `step` do what one of ours does; its times are then extrapolated. `floor` is
    the least that any Python program needs for it. `writes` says that what was written is worth a column.
    """

    work: str
    ours: Series
    theirs: Series | None = None
    floor: Series | None = None
    _: KW_ONLY
    runs: int = 1
    traffic: Traffic | None = None
    their_traffic: Traffic | None = None
    writes: bool = False

    @property
    def faster(self) -> Ratio:
        """How many times as long as ours `step` takes."""
        assert self.theirs is not None
        return ratio(self.theirs, self.ours, self.runs)

    @property
    def over_floor(self) -> Ratio:
        """How many times as long as the floor ours takes."""
        assert self.floor is not None
        return ratio(self.ours, self.floor)


@dataclass(frozen=True, slots=True)
class Promise:
    """A bound that the program is to keep, and what was found."""

    what: str
    bound: str
    found: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the document, with a text before it, remarks behind it, and the promises that it is about."""

    title: str
    about: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()
    promises: tuple[Promise, ...] = ()


def at_least(what: str, bound: float, found: float) -> Promise:
    """Return the promise that something is so many times as fast, or more."""
    return Promise(what, f"at least {bound:g} times", f"{found:.1f} times", found >= bound)


def at_most(what: str, bound: float, found: float, unit: str = "times") -> Promise:
    """Return the promise that something takes so much, or less."""
    shown = f"{found:.2f}" if unit == "times" else f"{found:,.0f}" if found >= 10 else f"{found:.1f}"
    return Promise(what, f"at most {bound:g} {unit}", f"{shown} {unit}", found <= bound)
