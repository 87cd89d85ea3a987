"""Lines of our language run in process on a simulated CA, as a batch or as a person would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shell.backends.admin.target import AdminCa
from shell.commands import REGISTRY
from shell.interpreter import Answer, Interpreter
from shell.session import Session
from shell.sites.onca import CaSite
from shell.targets import Target
from tests.support.cacommit import HASTY
from tests.support.pki import Pki
from tests.support.simulatedca import SimulatedCa
from tests.support.simulatedca.listing import message_of


class CaLines:
    """A session on a simulated CA that has these provisioners besides `admin`: `run` lines, and look."""

    def __init__(self, pki: Pki, folder: Path, *entries: dict[str, Any], interactive: bool = False) -> None:
        self.ca = SimulatedCa(pki)
        for entry in entries:
            self.ca.add(message_of(entry))
        self.ca.reload()
        self._folder = folder
        self._interactive = interactive
        self.session: Session
        self.start()

    def start(self, backend: AdminCa | None = None, **login: Any) -> None:
        """Begin another session on the same CA, with the same state folder."""
        self.transport = self.ca.transport()
        self.session = Session(
            Target("ca", "--ca-url", url=self.transport.url),
            backend or self.ca.target(self.transport, **login),
            state_dir=str(self._folder / "state"),
            operator="tester",
            interactive=self._interactive,
        )
        assert isinstance(self.session.site, CaSite)
        self.session.site.patience = HASTY
        self.interpreter = Interpreter(self.session, REGISTRY, interactive=self._interactive)

    def run(self, *lines: str) -> Answer:
        """Run lines and return the answer of the last; raises ShellError as it does."""
        answer: Answer | None = None
        for line in lines:
            answer = self.interpreter.run(line)
        assert answer is not None
        return answer

    def id_of(self, name: str) -> str:
        """Return the id that the CA knows a provisioner by."""
        return next(id_ for id_, one in self.ca.database.provisioners.items() if one["name"] == name)

    def stored(self, name: str) -> dict[str, Any]:
        """Return the message of a provisioner in the database."""
        return self.ca.database.provisioners[self.id_of(name)]

    def admins(self) -> set[tuple[str, str, str]]:
        """Return the admins: subject, name of the provisioner, role."""
        return self.ca.state()[1]
