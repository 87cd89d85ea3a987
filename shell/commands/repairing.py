"""`repair`: stage what would let step-ca start with a broken file, and say what only a person can decide.

Nothing is merged and nothing is guessed: a name that is taken gets a number, an entry that is there twice
goes once, one that is no object goes, a value that step-ca cannot read goes where the field is optional.
Everything is staged, so `diff` shows it and `undo` takes it back. What is wrong in the text around the
provisioners (a byte order mark, a member that is there twice) is no work for a draft, and left to a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.escape import visible
from shell.language.command import DRAFT, Command
from shell.model.provisioner import parse_path
from shell.model.types import JWK
from shell.results import Lines, Result
from shell.staging.edits import Remove, Set, Unset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.model.provisioner import Provisioner
    from shell.model.shape import Flaw
    from shell.model.view import ProvisionerId
    from shell.session import Session
    from shell.staging.edits import Edit


class _Repair:
    """What was found to stage, with a line for each."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.edits: list[Edit] = []
        self.lines: list[str] = []
        self._seen: dict[str, Provisioner] = {}
        self._names = {session.view.summary(id_).name for id_ in session.view.ids()}

    def look(self, place: int, id_: ProvisionerId) -> None:
        """Look at one entry."""
        item = self.session.view.provisioner(id_)
        what = f"%{place} {visible(item.name)}".rstrip()
        flaws = self.session.view.flaws(id_)
        reason = "it is no object" if any(not path for path, _ in flaws) else self._must_go(item)
        if reason:
            self._stage(Remove(id_), f"{what}: removed, {reason}")
            return
        self._values(what, id_, item, flaws)
        if item.name:
            self._name(what, id_, item)
        self._seen.setdefault(item.name, item)

    def _must_go(self, item: Provisioner) -> str:
        if item.type is None:
            return ""
        if self._seen.get(item.name) == item:
            return "it is there twice"
        if item.type is JWK and item.get(("key",)) is None:
            return "a JWK provisioner without a key stops the CA"
        return ""

    def _values(self, what: str, id_: ProvisionerId, item: Provisioner, flaws: Iterable[Flaw]) -> None:
        for path, why in flaws:
            top = path.partition(".")[0]
            if item.type is None or top not in (*item.type.required, "name", "type"):
                self._stage(Unset(id_, parse_path(path)), f"{what}: {path} unset, it {why}")

    def _name(self, what: str, id_: ProvisionerId, item: Provisioner) -> None:
        if item.type is None or item.name not in self._seen:
            return
        number = 2
        while f"{item.name}-{number}" in self._names:
            number += 1
        new = f"{item.name}-{number}"
        self._names.add(new)
        self._stage(Set(id_, ("name",), new), f"{what}: renamed {visible(new)}, the name is taken")

    def _stage(self, edit: Edit, line: str) -> None:
        self.edits.append(edit)
        self.lines.append(line)


def repair(session: Session) -> Result:
    """Stage what lets step-ca start, and list what is left to decide, by its place after that."""
    found = _Repair(session)
    for place, id_ in enumerate(session.view.ids(), 1):
        found.look(place, id_)
    if found.edits:
        session.stage(found.edits)
    return Result([Lines([f"staged: {line}" for line in found.lines])], notices=list(_left(session, found)))


def _left(session: Session, found: _Repair) -> Iterator[str]:
    places = {id_: place for place, id_ in enumerate(session.view.ids(), 1)}
    for problem in session.problems():
        if not problem.stops:
            continue
        place = f"%{places[problem.id]}" if problem.id in places else ""
        what = ": ".join(
            filter(None, (f"{place} {visible(problem.provisioner)}".strip(), visible(problem.field)))
        )
        yield f"left to you: {what}{': ' if what else ''}{visible(problem.message)}; {visible(problem.remedy)}"
    if not found.edits:
        yield "nothing to repair was found among the provisioners"


COMMANDS = (
    Command(
        "repair",
        repair,
        (),
        "Stage what lets step-ca start with a broken file.",
        DRAFT,
        examples=("repair",),
    ),
)
