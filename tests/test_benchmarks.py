"""The benchmarks measure and write down what they say; no test looks at how long something takes."""

from __future__ import annotations

import json
import ssl
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import document, onfile
from benchmarks.authority import Managed, managed
from benchmarks.bench import Bench, Row, Section, Traffic, at_least, at_most
from benchmarks.configs import name_of
from benchmarks.measuring import Cost, Program, Series, Succession, by_turns, ratio
from benchmarks.onca import Changes, least_client
from benchmarks.terminal import FirstPrompt
from tests.support.program import IMPORT_PATH


def _series(*seconds: float) -> Series:
    return Series(tuple(Cost(each) for each in seconds))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a bench of one round without step, with the program of this tree in place of an installed one."""
    programs = tmp_path / "bench" / "programs"
    programs.mkdir(parents=True)
    for name, words in (("python", "-P"), ("step-shell", "-P -m shell")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{IMPORT_PATH}" exec "{sys.executable}" {words} "$@"\n')
        script.chmod(0o755)
    return Bench(programs.parent, programs, Path("no-step"), Path("no-step-ca"), 1)


@pytest.fixture
def real(bench: Bench, step: Path, step_ca: Path) -> Bench:
    """Give the same with the real step and step-ca."""
    return replace(bench, step=step, step_ca=step_ca)


def _provisioners(ca: Managed) -> list[dict[str, Any]]:
    """Return what a CA publishes."""
    context = ssl.create_default_context(cafile=str(ca.root))
    with urllib.request.urlopen(f"{ca.url}/provisioners?limit=100", context=context, timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["provisioners"]
    return found


@dataclass
class Steps:
    """A piece of work that takes as long as the next of its costs says, and notes that it was done."""

    name: str
    costs: Sequence[Cost]
    done: list[str]

    def run(self) -> Cost:
        """Note it."""
        self.done.append(self.name)
        return self.costs[self.done.count(self.name) - 1]


def test_works_are_done_by_turns_after_a_round_that_does_not_count() -> None:
    """Each work is done once a round, in order; the costs of the first round are not kept."""
    done: list[str] = []
    one = Steps("one", [Cost(9), Cost(1), Cost(2)], done)
    two = Steps("two", [Cost(9), Cost(3), Cost(4)], done)
    assert by_turns(2, one, two) == [_series(1, 2), _series(3, 4)]
    assert done == ["one", "two"] * 3
    done.clear()
    assert by_turns(2, one, warm_up=False) == [_series(9, 1)]


def test_a_ratio_is_taken_in_each_round() -> None:
    """The median, least and most of the ratios of the rounds, not a ratio of medians; extrapolated by runs."""
    assert ratio(_series(10, 40, 90), _series(10, 20, 30)) == (2, 1, 3)
    assert ratio(_series(1, 1), _series(2, 4), runs=8) == (3, 2, 4)


def test_a_succession_costs_the_sum_and_the_highest_peak() -> None:
    """Times and bytes of programs that run one after the other add up, memory does not."""
    done: list[str] = []
    works = [Steps("a", [Cost(1, 2, 30, 4)], done), Steps("b", [Cost(10, 20, 3, 40)], done)]
    assert Succession(works).run() == Cost(11, 22, 30, 44)


def test_a_program_is_measured_whole(tmp_path: Path) -> None:
    """Processor, memory and bytes written are those of the program; what it does before is not in them."""
    target = tmp_path / "written"
    code = f"open({str(target)!r}, 'w').write('x' * 3_000_000)"
    cost = Program([sys.executable, "-I", "-c", code], before=lambda: target.write_text("before")).run()
    assert target.stat().st_size == 3_000_000
    assert cost.seconds > 0
    assert cost.processor > 0
    assert cost.kilobytes > 3000
    assert cost.written == 0 or cost.written >= 3_000_000


def test_a_program_that_fails_is_no_measurement() -> None:
    """An exit code other than 0 is an error with the last words of the program."""
    failing = Program([sys.executable, "-I", "-c", "import sys; sys.exit('no such thing')"])
    with pytest.raises(RuntimeError, match="no such thing"):
        failing.run()


def test_a_terminal_is_timed_from_start_to_prompt_and_key_by_key() -> None:
    """A program takes keys when it has turned on bracketed paste; each key of a line has a time of its own."""
    code = "import sys; sys.stdout.write('\\x1b[?2004h'); sys.stdout.flush(); input()"
    prompt = FirstPrompt([sys.executable, "-I", "-c", code], {})
    assert prompt.run().seconds > 0
    assert len(prompt.keys("abc", 0.05)) == 3


def test_the_columns_of_a_table_are_those_with_figures(bench: Bench) -> None:
    """Our time, that of step extrapolated, both ratios with their spread, and the traffic; nothing that is empty."""
    row = Row(
        "work",
        _series(0.1, 0.2, 0.3),
        _series(0.2, 0.2, 0.9),
        _series(0.05, 0.05, 0.05),
        runs=10,
        traffic=Traffic(1234, 1),
    )
    text = document.document(bench, [Section("Title", "About.", (row,), ("A remark.",))])
    assert "## Title\n\nAbout.\n\n" in text
    assert (
        "| work | ms | `step`: ms | times as fast | floor: ms | times the floor | requests / connections |"
        in text
    )
    assert (
        "| work | 200 (100) | 2,000 (2,000) | 20.0 (10.0–30.0) | 50 (50) | 4.00 (2.00–6.00) | 1,234 / 1 |"
        in text
    )
    assert "\n- A remark.\n" in text
    assert "step-shell 0." in text


def test_promises_are_kept_or_missed(bench: Bench) -> None:
    """Every promise is at the beginning of the document, and one that is not kept is plain to see."""
    promises = (at_least("a batch", 15, 14.9), at_most("a commit", 1.5, 1.5), at_most("all", 30, 1.0, "MB"))
    text = document.document(bench, [Section("Title", "About.", (), promises=promises)])
    assert "| a batch | at least 15 times | 14.9 times | **missed** |" in text
    assert "| a commit | at most 1.5 times | 1.50 times | kept |" in text
    assert "| all | at most 30 MB | 1.0 MB | kept |" in text


def test_nothing_is_measured_without_bytecode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Python keeps no bytecode a start would compile everything: refused, with what to do."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert command.main([]) == 2
    assert "env -u PYTHONDONTWRITEBYTECODE make bench" in capsys.readouterr().err


@pytest.mark.live
def test_the_smallest_works_on_a_file_run(real: Bench) -> None:
    """Starts, commits and drafts run, beside step, on files of one and two provisioners."""
    starts, commits, drafts = onfile.sections(real, listed=(1,), sizes=(1, 2), many=2, lines=3)
    assert [row.work for row in starts.rows] == ["`--version`", "`-c list` of 1"]
    assert [row.work for row in commits.rows] == ["one change of 1", "one change of 2", "2 changes of 2"]
    assert len(drafts.rows) == 5
    assert all(row.theirs and row.floor for row in commits.rows)


@pytest.mark.live
def test_the_minimal_client_makes_the_changes_that_ours_makes(real: Bench) -> None:
    """The floor adds, updates and removes the same provisioners on a real CA, over one connection each."""
    with managed(real, "managed", iterations=1000) as ca:
        ours, floor = Changes(real, ca), Changes(real, ca, first=1)
        assert ca.traffic(ours.ours("add", 1, counted=True)).connections == 1
        least_client(real, ca, "add", "1", "1").run()
        ours.ours("update", 1).run()
        floor.floor("update", 1).run()
        longest = {
            each["name"]: each.get("claims", {}).get("maxTLSCertDuration") for each in _provisioners(ca)
        }
        assert longest[name_of(0)] == longest[name_of(1)] == "97h0m0s"
        ours.theirs("remove", 0).run()
        floor.floor("remove", 1).run()
        assert [each["name"] for each in _provisioners(ca)] == ["admin"]
