"""Lines of our language run in process on a ca.json, as a batch or as a person would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shell.backends.cafile import CaFile
from shell.commands import REGISTRY
from shell.interpreter import Answer, Interpreter
from shell.language.lexer import quote
from shell.model.values import format_json
from shell.session import Session
from shell.targets import Options, resolve


class Lines:
    """A session on a ca.json: `run` a line, and look at what is staged."""

    def __init__(self, ca_json: Path, *, interactive: bool = False, folder: Path | None = None) -> None:
        target = resolve(Options(ca_config=str(ca_json)), {}, os.getcwd())
        self.session = Session(
            target,
            CaFile(target.path),
            state_dir=str(ca_json.parent / "state"),
            interactive=interactive,
            folder=str(folder) if folder else None,
        )
        self.interpreter = Interpreter(self.session, REGISTRY, interactive=interactive)

    def run(self, *words: str | Path, line: str = "") -> Answer:
        """Run a line, or words that are quoted as needed; raises ShellError as the line does."""
        answer = self.interpreter.run(line or " ".join(quote(str(word)) for word in words))
        assert answer is not None
        return answer

    def text(self, name: str) -> str:
        """Return the JSON text of a provisioner as the staged edits leave it."""
        return format_json(self.session.get(name).members)

    def entry(self, name: str) -> dict[str, Any]:
        """Return the members of a provisioner as the staged edits leave it; numbers are texts."""
        return self.session.get(name).members

    def names(self) -> list[str]:
        """Return the names of all provisioners as the staged edits leave them."""
        view = self.session.view
        return [view.summary(id_).name for id_ in view.ids()]
