"""The work of each keystroke of a few lines, in seconds, as JSON by what was typed then.

    python -P keystrokes.py CA_JSON STATE_FOLDER

Colouring, hint, toolbar and completions of each text, as the prompt computes them, in one process and without a
terminal; run with the Python that the program is installed in.
"""

from __future__ import annotations

import json
import sys
import time

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

LINES = (
    "set host00042.example.com claims.maxTLSCertDuration 24h",
    "show host0",
    "show nowhere",
    "remove 99",
    "add new --type ACME --require-eab --challenge dns-01",
    "update host00001.example.com --x509-max-dur 20h",
    "jwe-key x",
    "list | match a | count",
)
WIDTH = 100


class Keys:
    """What answers a keystroke, on a file whose names are loaded."""

    def __init__(self, path: str, state: str) -> None:
        session = Session(Target("file", "--ca-config", path=path), CaFile(path), state_dir=state)
        watch = Watch(session, REGISTRY)
        watch.start(lambda: None)
        watch.wait()
        with watch.lock:
            next(session.names(""), None)
            next(session.key_ids(""), None)
        self._understanding = Understanding(Interpreter(session, REGISTRY, interactive=True), session, watch)
        self._colours = Colours(self._understanding)
        self._marks = Marks(session, watch)
        self._completer = Candidates(REGISTRY, session, watch)

    def press(self, text: str) -> float:
        """Return the seconds that the key takes after which this text is there."""
        document = Document(text, len(text))
        began = time.perf_counter()
        self._colours.lex_document(document)(0)
        self._understanding.hint(text)
        self._marks.toolbar(self._understanding, text, WIDTH)
        list(self._completer.get_completions(document, CompleteEvent()))
        return time.perf_counter() - began

    def work(self, text: str) -> float:
        """Return the better of two, so that a pause of the machine is not taken for work; nothing is kept between."""
        self.press("")
        first = self.press(text)
        self.press("")
        return min(first, self.press(text))


def main() -> None:
    """Measure every keystroke of the lines, and print the figures."""
    keys = Keys(*sys.argv[1:])
    for line in LINES:
        keys.press(line)  # loads the commands
    typed = dict.fromkeys(line[:end] for line in LINES for end in range(len(line) + 1))
    print(json.dumps({text: keys.work(text) for text in typed}))


if __name__ == "__main__":
    main()
