"""Committing to a scratch ca.json without the session: a target, a draft on it, and the commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shell.backends.cafile import CaFile, Reading
from shell.commit.files import commit
from shell.commit.outcome import Check, Keep, MakeLive, Options, Outcome
from shell.model.problems import Problem
from shell.model.provisioner import Provisioner
from shell.model.view import ProvisionerId, View
from shell.staging.draft import Draft
from shell.staging.edits import Add, Edit, Remove, Set, Unset
from shell.state import State

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def no_problems(_before: View, _after: View, _touched: Sequence[ProvisionerId]) -> list[Problem]:
    """Find nothing wrong."""
    return []


def acme(name: str = "acme", **members: Any) -> dict[str, Any]:
    """Return the entry of an ACME provisioner."""
    return {"type": "ACME", "name": name, **members}


class Bench:
    """A ca.json in a folder, what was read of it, a draft on that, and the state beside it."""

    def __init__(self, folder: Path, *provisioners: dict[str, Any], text: str | None = None) -> None:
        self.folder = folder
        self.path = folder / "etc" / "ca.json"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            config = {
                "root": "root.crt",
                "address": ":9000",
                "authority": {"provisioners": list(provisioners)},
            }
            text = json.dumps(config, indent=4)
        self.path.write_bytes(text.encode())
        self.path.chmod(0o644)
        self.target = CaFile(str(self.path))
        self.state = State.open(str(folder / "state"), str(self.path))
        self.reading: Reading
        self.draft: Draft
        self.start()

    def start(self) -> None:
        """Read the file anew, and begin a draft."""
        self.reading = self.target.read()
        self.draft = Draft(self.reading.base)

    def stage(self, *edits: Edit) -> Bench:
        """Stage edits as one step."""
        self.draft.stage(edits, "a line")
        return self

    def add(self, name: str = "acme", **members: Any) -> Bench:
        """Stage a new ACME provisioner."""
        return self.stage(Add(self.draft.new_id(), Provisioner(acme(name, **members))))

    def remove(self, name: str) -> Bench:
        """Stage a removal."""
        return self.stage(Remove(self.id(name)))

    def set(self, name: str, field: str, value: Any) -> Bench:
        """Stage a value."""
        return self.stage(Set(self.id(name), tuple(field.split(".")), value))

    def unset(self, name: str, field: str) -> Bench:
        """Stage the removal of a value."""
        return self.stage(Unset(self.id(name), tuple(field.split("."))))

    def id(self, name: str) -> ProvisionerId:
        """Return the one provisioner of this name."""
        (found,) = self.draft.named(name)
        return found

    def commit(
        self,
        *,
        check: Check = no_problems,
        make_live: MakeLive | None = None,
        keep: Keep | None = None,
        now: datetime = NOW,
        **options: Any,
    ) -> Outcome:
        """Commit the draft; where that succeeds the file is read anew."""
        outcome = commit(
            self.target,
            self.reading,
            self.draft,
            Options(**options),
            state=self.state,
            check=check,
            now=now,
            make_live=make_live,
            keep=keep,
        )
        if outcome.settled:
            self.start()
        return outcome

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()

    @property
    def names(self) -> list[str]:
        """The names of the provisioners in the file, as a stranger reads them."""
        return [entry["name"] for entry in json.loads(self.data)["authority"]["provisioners"]]

    def litter(self) -> list[str]:
        """Return what is in the file's folder besides the file."""
        return sorted(path.name for path in self.path.parent.iterdir() if path != self.path)
