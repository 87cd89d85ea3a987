"""What nobody can go under: an interpreter, its libraries, a password, a file made durable, the server's own time."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.authority import managed
from benchmarks.bench import Bench, Row, Section
from benchmarks.measuring import Cost, Program, Series, by_turns
from benchmarks.onca import KINDS, LEAST_CLIENT

LIBRARIES = ("requests", "prompt_toolkit", "rich.console", "jwcrypto.jwk", "cryptography.x509")
LEAST_PIECES = Path(__file__).with_name("least_pieces.py")
REQUESTS = 100


def sections(bench: Bench, requests: int = REQUESTS) -> list[Section]:
    """Measure bare programs, and single pieces of work within one."""
    rows = (*_programs(bench), *_pieces(bench), *_answers(bench, requests))
    return [
        Section(
            "Floors",
            "What any program in Python costs before it does something of its own: whole processes first, then single "
            "pieces of work within one. The answers are those of a step-ca to a minimal client on one connection, with the "
            "way there and back.",
            rows,
        )
    ]


def _programs(bench: Bench) -> list[Row]:
    works = {
        "a bare interpreter": bench.python("-c", "pass"),
        **{f"`import {name}`": bench.python("-c", f"import {name}") for name in LIBRARIES},
    }
    found = by_turns(bench.rounds, *works.values())
    return [Row(work, series) for work, series in zip(works, found, strict=True)]


def _pieces(bench: Bench) -> list[Row]:
    found = _seconds(bench.python("-I", LEAST_PIECES, bench.folder, str(bench.rounds)))
    return [
        Row("PBKDF2 of a password, 600,000 iterations", _series(found["login"])),
        Row("4 kB written, synced, renamed, its folder synced", _series(found["durable"])),
    ]


def _answers(bench: Bench, requests: int) -> list[Row]:
    with managed(bench, "answering") as ca:
        who = (LEAST_CLIENT, ca.url, ca.root, ca.password_file)
        found = [_seconds(bench.python("-I", *who, kind, "0", str(requests))) for kind in KINDS]
    seconds = {method: times for each in found for method, times in each.items()}
    return [Row(f"step-ca answers a {method}", _series(seconds[method])) for method in sorted(seconds)]


def _seconds(program: Program) -> dict[str, list[float]]:
    found: dict[str, list[float]] = json.loads(program.output())
    return found


def _series(seconds: list[float]) -> Series:
    return Series(tuple(Cost(each) for each in seconds))
