"""Committing to a simulated CA without the session: a target, a draft on it, the commit and its recovery."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shell.backends.admin.target import AdminCa, CaReading
from shell.commit.outcome import Check, Options, Outcome
from shell.commit.saga.caller import Patience
from shell.commit.saga.commit import commit
from shell.commit.saga.recovery import Direction, Recovered, recover_ca
from shell.model.problems import Problem
from shell.model.provisioner import Provisioner
from shell.model.view import ProvisionerId, View
from shell.staging.draft import Draft
from shell.staging.edits import Add, Edit, Remove, Set, Unset
from shell.state import State
from tests.support.pki import Pki
from tests.support.simulatedca import Database, SimulatedCa, SimulatedTransport
from tests.support.simulatedca.listing import message_of

HASTY = Patience(
    attempts=4, pause=0.0, settling=3, settling_pause=0.0, sleep=lambda _: None, clock=lambda: 0.0
)
"""Does not wait, and knows no time: in a simulated CA nothing happens between two requests but what a test makes happen."""


def no_problems(_before: View, _after: View, _touched: Sequence[ProvisionerId]) -> list[Problem]:
    """Find nothing wrong."""
    return []


def acme(name: str, **members: Any) -> dict[str, Any]:
    """Return the entry of an ACME provisioner."""
    return {"type": "ACME", "name": name, **members}


class CaBench:
    """A simulated CA, what was read of it, a draft on that, and a state folder.

    `requests` are those since the last reading.
    """

    def __init__(self, pki: Pki, folder: Path, *entries: dict[str, Any]) -> None:
        self.ca = SimulatedCa(pki)
        for entry in entries:
            self.ca.add(message_of(entry))
        self.ca.reload()
        self.folder = folder
        self.state = State.open(str(folder / "state"), "https://ca.example.com:9000")
        self.transport: SimulatedTransport
        self.target: AdminCa
        self.reading: CaReading
        self.draft: Draft
        self.start()

    def again(self, database: Database) -> None:
        """Give the CA another database, and begin anew."""
        self.ca.database = copy.deepcopy(database)
        self.ca.reload()
        self.start()

    def id_of(self, name: str) -> str:
        """Return the id that the CA knows a provisioner by."""
        return next(id_ for id_, one in self.ca.database.provisioners.items() if one["name"] == name)

    def start(self, **login: Any) -> None:
        """Log in and read the CA, and begin a draft."""
        self.transport = self.ca.transport()
        self.target = self.ca.target(self.transport, **login)
        self.reading = self.target.read(login=True)
        self.draft = Draft(self.reading.base)
        self._from = len(self.transport.requests)

    @property
    def requests(self) -> list[Any]:
        """The requests since the last reading."""
        return self.transport.requests[self._from :]

    @property
    def number(self) -> int:
        """The number that the transport gave the last request before the commit."""
        return self._from

    def stage(self, *edits: Edit) -> CaBench:
        """Stage edits as one step."""
        self.draft.stage(edits, "a line")
        return self

    def add(self, name: str, **members: Any) -> CaBench:
        """Stage a new ACME provisioner."""
        return self.stage(Add(self.draft.new_id(), Provisioner(acme(name, **members))))

    def remove(self, name: str) -> CaBench:
        """Stage a removal."""
        return self.stage(Remove(self.id(name)))

    def set(self, name: str, field: str, value: Any) -> CaBench:
        """Stage a value."""
        return self.stage(Set(self.id(name), tuple(field.split(".")), value))

    def unset(self, name: str, field: str) -> CaBench:
        """Stage the removal of a value."""
        return self.stage(Unset(self.id(name), tuple(field.split("."))))

    def id(self, name: str) -> ProvisionerId:
        """Return the one provisioner of this name in the draft."""
        (found,) = self.draft.named(name)
        return found

    def commit(
        self,
        *,
        check: Check = no_problems,
        patience: Patience = HASTY,
        say: Callable[[str], None] | None = None,
        go_on: Callable[[], bool] | None = None,
        **options: Any,
    ) -> Outcome:
        """Commit the draft; the CA is not read anew."""
        return commit(
            self.target,
            self.reading,
            self.draft,
            Options(**options),
            state=self.state,
            check=check,
            now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            patience=patience,
            say=say,
            go_on=go_on,
        )

    def recover(
        self,
        direction: Direction,
        *,
        patience: Patience = HASTY,
        node: SimulatedCa | None = None,
        transport: SimulatedTransport | None = None,
        reloaded: bool = False,
    ) -> Recovered | None:
        """Recover as another process would: with a login, a connection and a state of its own, perhaps at another node."""
        state = State.open(str(self.folder / "state"), "https://ca.example.com:9000")
        target = (node or self.ca).target(transport)
        return recover_ca(target, state, direction, reloaded=reloaded, patience=patience)

    def names(self) -> frozenset[str]:
        """Return the names of the provisioners in the database."""
        return frozenset(one["name"] for one in self.ca.database.provisioners.values())
