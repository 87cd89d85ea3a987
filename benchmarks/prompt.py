"""How soon the first prompt is there, and how much work a keystroke is.

    python benchmarks/prompt.py

Measured beside a bare `PromptSession().prompt()` in the same terminal, in turns. Bounds (design, budgets):
the first prompt within 1.15 times of the bare one; a keystroke under 16 ms at 50,000 provisioners.
Ends with 1 where a bound is missed.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pexpect
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from shell.backends.cafile import CaFile
from shell.commands import REGISTRY
from shell.interpreter import Interpreter
from shell.session import Session
from shell.targets import Target
from shell.ui.colouring import Colours
from shell.ui.completion import Candidates
from shell.ui.marks import Marks
from shell.ui.understanding import Understanding
from shell.ui.watch import Watch

SIZES = (100, 10_000, 50_000)
ROUNDS = 15
WORST_RATIO = 1.15
WORST_KEY = 0.016
BARE = "from prompt_toolkit import PromptSession; PromptSession().prompt()"
ACCEPTS_KEYS = r"\x1b\[\?2004h"  # bracketed paste is turned on: raw mode is there, and the prompt is drawn
LINES = (
    "set acme-host00042.example.com claims.maxTLSCertDuration 24h",
    "show host0",
    "show nowhere",
    "remove 99",
    "add new --type ACME --require-eab --challenge dns-01",
    "update acme-host00001.example.com --x509-max-dur 20h",
    "jwe-key x",
    "list | match a | count",
)


def write_config(folder: Path, size: int) -> Path:
    """Write a ca.json with so many provisioners, half of them with a key."""
    entries: list[dict[str, object]] = []
    for number in range(size):
        name = f"acme-host{number:05d}.example.com"
        key = {"kty": "EC", "crv": "P-256", "kid": f"{number:032x}", "x": "a", "y": "b"}
        entries.append(
            {"type": "JWK", "name": name, "key": key} if number % 2 else {"type": "ACME", "name": name}
        )
    path = folder / f"ca{size}.json"
    path.write_text(json.dumps({"address": ":9000", "authority": {"provisioners": entries}}, indent=1))
    return path


def first_prompt(command: Sequence[str]) -> float:
    """Return the seconds until a program accepts keys."""
    environment = {**os.environ, "TERM": "xterm-256color"}
    began = time.perf_counter()
    child = pexpect.spawn(command[0], list(command[1:]), env=environment, timeout=60, dimensions=(30, 100))
    child.expect(ACCEPTS_KEYS)
    taken = time.perf_counter() - began
    child.close(force=True)
    return taken


def compare_starts(path: Path, state: Path) -> float:
    """Print and return how many times as long as a bare prompt ours takes, by the medians."""
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(first_prompt([sys.executable, "-P", "-c", BARE]))
        ours.append(
            first_prompt(
                [sys.executable, "-P", "-m", "shell", "--ca-config", str(path), "--state-dir", str(state)]
            )
        )
    ratio = statistics.median(ours) / statistics.median(bare)
    print(
        f"first prompt: {statistics.median(ours) * 1000:.0f} ms, bare {statistics.median(bare) * 1000:.0f} ms, ratio {ratio:.2f}"
    )
    return ratio


def worst_key(path: Path, state: Path) -> tuple[float, str]:
    """Return the most work that any keystroke of the lines is, in seconds, and the text that was typed then."""
    target = Target("file", "--ca-config", path=str(path))
    session = Session(target, CaFile(str(path)), state_dir=str(state))
    interpreter = Interpreter(session, REGISTRY, interactive=True)
    watch = Watch(session, REGISTRY)
    watch.start(lambda: None)
    watch.wait()
    with watch.lock:
        next(session.names(""), None)
        next(session.key_ids(""), None)
    understanding = Understanding(interpreter, session, watch)
    colours, marks = Colours(understanding), Marks(session, watch)
    completer = Candidates(REGISTRY, session, watch)

    def press(text: str) -> float:
        document = Document(text, len(text))
        began = time.perf_counter()
        colours.lex_document(document)(0)
        understanding.hint(text)
        marks.toolbar(understanding, text, 100)
        list(completer.get_completions(document, CompleteEvent()))
        return time.perf_counter() - began

    def work(text: str) -> float:
        # the better of two, so that a pause of the machine is not taken for work; nothing is kept between
        press("")
        first = press(text)
        press("")
        return min(first, press(text))

    for line in LINES:
        press(line)  # loads the commands
    typed = {line[:end] for line in LINES for end in range(len(line) + 1)}
    return max((work(text), text) for text in typed)


def main() -> int:
    """Print every figure; returns 1 where a bound is missed."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        print("PYTHONDONTWRITEBYTECODE is set: modules would be compiled at each start", file=sys.stderr)
        return 2
    missed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in SIZES:
            path = write_config(folder, size)
            missed |= compare_starts(path, folder / "state") > WORST_RATIO
            key, text = worst_key(path, folder / "state")
            missed |= key > WORST_KEY
            print(f"{size} provisioners: worst key {key * 1000:.1f} ms, at {text!r}")
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
