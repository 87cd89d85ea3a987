"""A session on a ca.json for the parts of the prompt, without a terminal."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shell.backends.cafile import CaFile
from shell.commands import REGISTRY
from shell.interpreter import Interpreter
from shell.session import Session
from shell.targets import Target
from shell.ui.understanding import Understanding
from shell.ui.watch import Watch

NAMES = ("acme", "acme-internal", "my acme", "people")


class Desk:
    """What a prompt is made of: session, interpreter, watch and the understanding of the line."""

    def __init__(self, path: Path) -> None:
        target = Target("file", "--ca-config", path=str(path))
        self.path = path
        self.session = Session(target, CaFile(str(path)), interactive=True)
        self.interpreter = Interpreter(self.session, REGISTRY, interactive=True)
        self.watch = Watch(self.session, REGISTRY)
        self.understanding = Understanding(self.interpreter, self.session, self.watch)

    def load(self) -> Desk:
        """Read the target, as the watch does, and wait until it needs the session no more: a menu would not."""
        told = threading.Semaphore(0)
        self.watch.start(told.release)
        self.watch.wait()
        for _ in ("it has been read", "what is asked next has been looked up"):
            assert told.acquire(timeout=60)
        return self


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk(tmp_path: Path) -> MakeDesk:
    """Return a function that writes a ca.json with ACME provisioners of these names and gives its desk."""

    def make(names: Sequence[str] = NAMES) -> Desk:
        entries = [{"type": "ACME", "name": name} for name in names]
        path = tmp_path / "ca.json"
        path.write_text(json.dumps({"root": "r", "address": ":9000", "authority": {"provisioners": entries}}))
        return Desk(path)

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """Return the desk of a ca.json with four provisioners, which has been read."""
    return make_desk().load()
