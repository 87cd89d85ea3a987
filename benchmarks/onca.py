"""Batches of changes on a running CA, and connections to a large one."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import configs
from benchmarks.authority import Managed, managed
from benchmarks.bench import Bench, Promise, Row, Section, Traffic, at_least, at_most
from benchmarks.measuring import Program, Succession, Work, by_turns

SIZES = (1, 10, 100, 1_000)
KINDS: Mapping[str, str] = {"add": "addition", "update": "update", "remove": "removal"}
WORDS = {"add": ("--type", "ACME"), "update": ("--x509-max-dur", "97h"), "remove": ()}
LARGEST_MEASURED = 100
SAMPLE = 50  # `step` for a larger batch is extrapolated from so many processes
LARGE = 5_000
PAGE = 100
TIMES = {100: 15, 1_000: 30}  # how many times as fast as `step` a batch of this size is to be
OVER_FLOOR = 1.5
LEAST_CLIENT = Path(__file__).with_name("least_client.py")


def sections(bench: Bench, sizes: Sequence[int] = SIZES, large: int = LARGE) -> list[Section]:
    """Measure batches of these sizes, and a CA with so many provisioners."""
    return [_batches(bench, sizes), _connections(bench, large)]


@dataclass(frozen=True, slots=True)
class Changes:
    """Additions, updates and removals on a CA that has the provisioners of the numbers below `first`."""

    bench: Bench
    ca: Managed
    first: int = 0

    def ours(self, kind: str, size: int, *, counted: bool = False) -> Program:
        """Return one process of ours that makes so many changes and commits them."""
        lines = [" ".join([kind, self._name(number), *WORDS[kind]]) for number in range(size)]
        batch = self.bench.folder / f"{kind}{size}.steps"
        batch.write_text("\n".join([*lines, "commit"]) + "\n")
        state, fresh = fresh_state(self.bench)
        words = (*self.ca.target(counted=counted), *self.ca.login, "--state-dir", state, "-f", "-")
        return self.bench.ours(*words, stdin=batch, before=fresh)

    def theirs(self, kind: str, number: int, *, counted: bool = False) -> Program:
        """Return the process of step that makes one of these changes."""
        words = (kind, self._name(number), *WORDS[kind], *self.ca.target(counted=counted), *self.ca.login)
        return self.bench.theirs("ca", "provisioner", *words)

    def floor(self, kind: str, size: int) -> Program:
        """Return the minimal client with so many changes."""
        return least_client(self.bench, self.ca, kind, str(self.first), str(size))

    def rows(self, size: int, remark: str = "") -> Iterator[Row]:
        """Make, change and remove so many provisioners: ours, as many processes of step, and the floor, by turns."""
        measured = size if size <= LARGEST_MEASURED else SAMPLE
        theirs = [Succession([self.theirs(kind, number) for number in range(measured)]) for kind in KINDS]
        works: list[Work] = [self.ours(kind, size) for kind in KINDS]
        works += [*theirs, *(self.floor(kind, size) for kind in KINDS)]
        found = by_turns(self._rounds(size), *works, warm_up=size == 1)
        traffic = [self.ca.traffic(self.ours(kind, size, counted=True)) for kind in KINDS]
        single = [self.ca.traffic(self.theirs(kind, 0, counted=True)) for kind in KINDS]
        for index, kind in enumerate(KINDS):
            yield Row(
                f"{size:,} {KINDS[kind]}{'' if size == 1 else 's'}{remark}",
                *found[index :: len(KINDS)],
                runs=size // measured,
                traffic=traffic[index],
                their_traffic=Traffic(size * single[index].requests, size * single[index].connections),
            )

    def _name(self, number: int) -> str:
        return configs.name_of(self.first + number)

    def _rounds(self, size: int) -> int:
        return {1: self.bench.rounds, 10: self.bench.long_rounds}.get(size, self.bench.longest_rounds)


def least_client(bench: Bench, ca: Managed, *words: str) -> Program:
    """Return the minimal client with these words."""
    return bench.python("-I", LEAST_CLIENT, ca.url, ca.root, ca.password_file, *words)


def fresh_state(bench: Bench) -> tuple[Path, Callable[[], None]]:
    """Return a folder for drafts, journal and history, and what empties it."""
    state = bench.folder / "state"
    return state, lambda: shutil.rmtree(state, ignore_errors=True)


def _batches(bench: Bench, sizes: Sequence[int]) -> Section:
    with managed(bench, "managed") as ca:
        changes = Changes(bench, ca)
        rows = {size: tuple(changes.rows(size)) for size in sizes}
    return Section(
        "Batches on a CA",
        "One process of ours with a file of `add NAME --type ACME`, `update NAME --x509-max-dur 97h` or `remove NAME` "
        "lines and `commit`, beside one process of `step ca provisioner` with the same words for each change. Both log in "
        "by password, at 600,000 iterations as step writes a key. The floor is a minimal client in Python "
        "(`benchmarks/least_client.py`): one login, one connection, and a POST for each addition, a GET and a PUT for "
        "each update, a GET and a DELETE for each removal. Requests and connections are counted at a proxy, in runs "
        "of their own; those of `step` in one process, times the changes.",
        tuple(row for some in rows.values() for row in some),
        tuple(
            f"`step` for {size:,} changes is extrapolated from {SAMPLE} processes in the same round."
            for size in sizes
            if size > LARGEST_MEASURED
        ),
        tuple(promise for size in sizes for promise in _promises(size, rows[size])),
    )


def _promises(size: int, rows: Sequence[Row]) -> Iterator[Promise]:
    """Give what is promised of batches of some sizes, and found of additions, updates and removals of this one."""
    if size not in TIMES:
        return
    pages = math.ceil((size + 1) / PAGE)
    for kind, row in zip(KINDS, rows, strict=True):
        yield at_least(f"{row.work} on a CA, beside `step`", TIMES[size], row.faster.usual)
        yield at_most(f"{row.work} on a CA, beside the floor", OVER_FLOOR, row.over_floor.usual)
        requests = (1 if kind == "add" else 2) * size + 2 * pages + 10
        sent = row.traffic.requests if row.traffic else 0
        yield at_most(f"{row.work} on a CA", requests, sent, "requests")


def _connections(bench: Bench, large: int) -> Section:
    with managed(bench, "small") as ca:
        rows = [_listing(bench, ca, 1)]
    with managed(bench, "large", configs.provisioners(bench.pki, large)) as ca:
        rows += [_listing(bench, ca, large), *Changes(bench, ca, large).rows(1, f" among {large:,}")]
    return Section(
        "Connecting to a CA",
        f"The public listing comes in pages of {PAGE}. A listing needs no login, a change does; ours reads all pages "
        "before, to check names against each other. The floor is the minimal client again.",
        tuple(rows),
    )


def _listing(bench: Bench, ca: Managed, size: int) -> Row:
    def ours(*, counted: bool = False) -> Program:
        return bench.ours(*ca.target(counted=counted), "-c", "list")

    def theirs(*, counted: bool = False) -> Program:
        return bench.theirs("ca", "provisioner", "list", *ca.target(counted=counted))

    found = by_turns(bench.rounds, ours(), theirs(), least_client(bench, ca, "list"))
    traffic = (ca.traffic(ours(counted=True)), ca.traffic(theirs(counted=True)))
    return Row(f"`-c list` of {size:,}", *found, traffic=traffic[0], their_traffic=traffic[1])
