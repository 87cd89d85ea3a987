"""Starts, listings, commits, checks and batches on a ca.json."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import configs
from benchmarks.bench import Bench, Promise, Row, Section, at_least, at_most
from benchmarks.measuring import Program, by_turns
from tests.support.ca import CertificateAuthority
from tests.support.ports import refused_url

LISTED = (1, 100, 10_000)
SIZES = (1, 100, 1_000, 10_000)
MANY = 1_000
LINES = 100_000
LEAST_COMMIT = Path(__file__).with_name("least_commit.py")
LISTING_BOUND = 2
COMMIT_BOUND = 3  # times as fast as step
FLOOR_BOUND = 1.5
MANY_BOUND = 1.5  # times as long as one change
MEMORY_BOUND = 80  # MB


def sections(
    bench: Bench,
    listed: Sequence[int] = LISTED,
    sizes: Sequence[int] = SIZES,
    many: int = MANY,
    lines: int = LINES,
) -> list[Section]:
    """Measure listings and commits on files of these sizes, with one change and with many, and a long batch."""
    return [_starts(bench, listed), _commits(bench, sizes, many), _drafts(bench, max(sizes), many, lines)]


def _starts(bench: Bench, sizes: Sequence[int]) -> Section:
    bare = bench.python("-c", "pass")
    rows = [
        Row("`--version`", *by_turns(bench.rounds, bench.ours("--version"), bench.theirs("version"), bare))
    ]
    promises = []
    for size in sizes:
        config = bench.pki.config(configs.provisioners(bench.pki, size))
        folder = bench.folder / f"served{size}"
        with CertificateAuthority(bench.step_ca, folder=folder, root=bench.pki.root, config=config) as ca:
            theirs = bench.theirs("ca", "provisioner", "list", "--ca-url", ca.url, "--root", bench.pki.root)
            ours = bench.ours("--ca-config", configs.file_of(bench, size), "-c", "list")
            row = Row(f"`-c list` of {size:,}", *by_turns(bench.rounds, ours, theirs, bare))
        rows.append(row)
        promises.append(at_most(f"{row.work} on a file, beside `step`", LISTING_BOUND, 1 / row.faster.usual))
    return Section(
        "Starts and listings of a file",
        "Ours reads the file; `step ca provisioner list`, which cannot do that, asks a running CA that serves the same "
        "file. The floor is a bare interpreter.",
        tuple(rows),
        promises=tuple(promises),
    )


def _commits(bench: Bench, sizes: Sequence[int], many: int) -> Section:
    ones, manies = {}, {}
    for size in sizes:
        path = configs.file_of(bench, size)
        one = configs.changes(bench.folder / "one.steps", [0], "commit")
        ones[size] = _commit_row(bench, f"one change of {size:,}", path, one)
        if size >= many:
            lines = configs.changes(bench.folder / "many.steps", range(many), "commit")
            manies[size] = _commit_row(bench, f"{many:,} changes of {size:,}", path, lines, runs=many)
    large = max(sizes)
    return Section(
        "Commits to a file",
        "A batch of `set NAME claims.maxTLSCertDuration 97h` lines and `commit`: checked, verified, with backup, "
        "journal and history, all of them synced. `step ca provisioner update NAME --x509-max-dur 97h --ca-config` "
        "makes one change, checks nothing and syncs nothing. The floor reads the file, scans its JSON, writes as much to "
        "a new one, syncs it, renames it and syncs the folder (`benchmarks/least_commit.py`). *MB written* is what was "
        "given to write calls.",
        (*ones.values(), *manies.values()),
        _growth(ones, manies, many),
        _commit_promises(ones[large], manies[large]),
    )


def _commit_row(bench: Bench, work: str, path: Path, lines: Path, *, runs: int = 1) -> Row:
    copy = bench.folder / "committed" / "ca.json"
    state = bench.folder / "state"

    def fresh() -> None:
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)
        copy.parent.mkdir()
        shutil.copyfile(path, copy)

    ours = bench.ours("--ca-config", copy, "--state-dir", state, "-f", "-", stdin=lines, before=fresh)
    theirs = bench.theirs(
        *("ca", "provisioner", "update", configs.name_of(0), "--x509-max-dur", "97h"),
        *("--ca-url", refused_url(), "--root", bench.pki.root, "--ca-config", copy),
        before=fresh,
    )
    floor = bench.python("-I", LEAST_COMMIT, copy, before=fresh)
    return Row(work, *by_turns(bench.long_rounds, ours, theirs, floor), runs=runs, writes=True)


def _growth(ones: Mapping[int, Row], manies: Mapping[int, Row], many: int) -> tuple[str, ...]:
    large = max(ones)
    sizes = sorted(ones)[-2:]
    below, above = (ones[size].ours for size in sizes)
    one, much = ones[large].ours, manies[large].ours
    larger = (
        f"{sizes[1] / sizes[0]:g} times as many provisioners ({sizes[1]:,}) take {above.usual / below.usual:.1f} times as "
        f"long ({above.processor / below.processor:.1f} times the processor) and "
        f"{above.megabytes / below.megabytes:.1f} times the memory."
    )
    more = (
        f"{many:,} changes in one commit take {much.usual / one.usual:.2f} times as long as one "
        f"({much.processor / one.processor:.2f} times the processor), and {much.written / max(one.written, 0.1):.2f} times "
        "as much is written."
    )
    return (larger, more, f"`step` for {many:,} changes is extrapolated from one process in the same round.")


def _commit_promises(one: Row, many: Row) -> tuple[Promise, ...]:
    return (
        at_least(f"{one.work}, beside `step`", COMMIT_BOUND, one.faster.usual),
        at_most(f"{one.work}, beside the floor", FLOOR_BOUND, one.over_floor.usual),
        at_most(f"{one.work}: memory", MEMORY_BOUND, one.ours.megabytes, "MB"),
        at_most(f"{many.work}, beside one", MANY_BOUND, many.ours.usual / one.ours.usual),
    )


def _drafts(bench: Bench, size: int, many: int, lines: int) -> Section:
    path = configs.file_of(bench, size)
    works = {
        "one edit staged": _batch(bench, path, 1, size, "discard"),
        f"{many:,} edits staged": _batch(bench, path, many, size, "discard"),
        f"`diff` of {many:,} edits": _batch(bench, path, many, size, "diff", "discard"),
        f"`check` with {many:,} edits": _batch(bench, path, many, size, "check", "discard"),
        f"a batch of {lines:,} lines": _batch(bench, path, lines, size, "discard"),
    }
    found = by_turns(bench.long_rounds, *works.values())
    return Section(
        f"Drafts on a file of {size:,}",
        "Read, staged, shown and discarded; `step` has nothing like it.",
        tuple(Row(work, series) for work, series in zip(works, found, strict=True)),
    )


def _batch(bench: Bench, path: Path, edits: int, size: int, *last: str) -> Program:
    name = bench.folder / f"{edits}-{'-'.join(last)}.steps"
    lines = configs.changes(name, [number % size for number in range(edits)], *last)
    return bench.ours("--ca-config", path, "-f", "-", stdin=lines)
