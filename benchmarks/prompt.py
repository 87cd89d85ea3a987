"""How soon the first prompt is there, and how soon a keystroke is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks import configs
from benchmarks.authority import managed
from benchmarks.bench import Bench, Row, Section, at_most
from benchmarks.measuring import Cost, Series, by_turns
from benchmarks.terminal import FirstPrompt

SIZES = (100, 10_000, 50_000)
BARE = "from prompt_toolkit import PromptSession; PromptSession().prompt()"
KEYSTROKES = Path(__file__).with_name("keystrokes.py")
TYPED = "update host00042.example.com --x509-max-dur 20h"
LOADED = 1.0  # seconds without anything new on the screen after which the names are taken to be loaded
START_BOUND = 1.15
KEY_BOUND = 16.0  # ms


def sections(bench: Bench, sizes: Sequence[int] = SIZES) -> list[Section]:
    """Measure prompts on files of these sizes."""
    files = {size: configs.file_of(bench, size) for size in sizes}
    return [_first(bench, files), _keys(bench, files)]


def _first(bench: Bench, files: dict[int, Path]) -> Section:
    rows = [
        _first_row(bench, f"first prompt on a file of {size:,}", "--ca-config", path)
        for size, path in files.items()
    ]
    promises = [at_most(f"{row.work}, beside a bare one", START_BOUND, row.over_floor.usual) for row in rows]
    with managed(bench, "prompted") as ca:
        rows.append(_first_row(bench, "first prompt on a CA", *ca.target()))
    return Section(
        "First prompt",
        "From the start of the program until it takes keys, on a terminal. The floor is a bare "
        "`PromptSession().prompt()` of prompt_toolkit in the same Python; `step` has no prompt.",
        tuple(rows),
        ("A CA is connected to before its prompt is there, since one that does not answer ends the start.",),
        tuple(promises),
    )


def _first_row(bench: Bench, work: str, *target: str | Path) -> Row:
    ours = _ours(bench, *target)
    found = by_turns(bench.rounds, ours, _bare(bench))
    return Row(work, found[0], floor=found[1])


def _ours(bench: Bench, *target: str | Path) -> FirstPrompt:
    words = (bench.programs / "step-shell", *target, "--state-dir", bench.folder / "prompted")
    return FirstPrompt(words, bench.environment)


def _bare(bench: Bench) -> FirstPrompt:
    return FirstPrompt((bench.programs / "python", "-c", BARE), bench.environment)


def _keys(bench: Bench, files: dict[int, Path]) -> Section:
    rows, remarks, promises = [], [], []
    bare = Series(tuple(_bare(bench).keys(TYPED, LOADED)))
    for size, path in files.items():
        shown = Series(tuple(_ours(bench, "--ca-config", path).keys(TYPED, LOADED)))
        rows.append(Row(f"a key on the screen, file of {size:,}", shown, floor=bare))
        worked, text = _worked(bench, path)
        rows.append(Row(f"the work of a key, file of {size:,}", worked))
        remarks.append(
            f"Of {size:,}: the slowest key took {shown.worst:.1f} ms to the screen, and the most work, "
            f"{worked.worst:.1f} ms, was at `{text}`."
        )
        promises.append(at_most(f"the work of any key, file of {size:,}", KEY_BOUND, worked.worst, "ms"))
    return Section(
        "Keystrokes",
        f"On the screen: from each key of `{TYPED}` to the first output upon it, on a terminal, "
        "beside the same keys in a bare prompt. The work: colouring, hint, toolbar and completions of every beginning of "
        "a few lines (`benchmarks/keystrokes.py`), each the better of two.",
        tuple(rows),
        tuple(remarks),
        tuple(promises),
    )


def _worked(bench: Bench, path: Path) -> tuple[Series, str]:
    """Return the work of each keystroke, and the text of the most."""
    program = bench.python("-P", KEYSTROKES, path, bench.folder / "pressed")
    found: dict[str, float] = json.loads(program.output())
    return Series(tuple(Cost(seconds) for seconds in found.values())), max(found, key=found.__getitem__)
