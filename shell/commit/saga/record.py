"""What the journal and the history of a commit to a CA hold, and reading it back.

The journal has the whole plan once, masked, and the steps as they may be shown; the messages, with their
secrets, are in its sealed part. Then there is one record per request that changes something, written before
it goes out: which step, in which direction, and the id of its token, which whoever comes after a crash must
spend so that the request cannot arrive late. The token itself, which would be good for that request, is kept
nowhere. A step that was read late is in the record of its request, sealed with a key from the sealed part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shell.backends.admin.outcome import Lost
from shell.backends.admin.transport import Node
from shell.commit.saga.anystep import from_record
from shell.commit.saga.steps import Revise
from shell.errors import Incomplete
from shell.keys.sealing import new_key, seal, unseal
from shell.model.values import Number, format_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.commit.saga.anystep import AnyStep
    from shell.history import Entry, History
    from shell.journal import Open
    from shell.model.values import JSON

KIND = "ca"

Way = Literal["forward", "back"]


@dataclass(frozen=True, slots=True)
class CaCommit:
    """A commit to a CA, as the journal has it before anything is sent.

    `root` is the fingerprint of the root, `address` and `leaf` are the node that was spoken to. `plan` is masked: it goes into the history as it is. `rehearse`
    says that a fresh login is to be tried before what cannot be taken back.
    """

    key: str
    url: str
    root: str
    address: str
    leaf: str
    time: str
    operator: str
    comment: str
    before: str
    rehearse: bool
    plan: JSON
    steps: list[JSON]

    def to_record(self) -> dict[str, JSON]:
        """Return the record for the journal."""
        return {"kind": KIND, **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    @classmethod
    def from_record(cls, record: dict[str, JSON]) -> CaCommit:
        """Return what `to_record` gave the record for."""
        return cls(**{name: record[name] for name in cls.__dataclass_fields__})  # type: ignore[arg-type]

    def add_to(self, history: History, outcome: str, after: str, live: bool | None) -> Entry:
        """Put the commit into the history, unless it is there already, and return the entry."""
        return history.add(
            key=self.key,
            now=datetime.fromisoformat(self.time),
            operator=self.operator,
            comment=self.comment,
            target=self.url,
            plan=self.plan,
            before=self.before,
            after=after,
            backup="",
            outcome=outcome,
            live=live,
        )


def sealed_steps(steps: Sequence[AnyStep]) -> dict[str, JSON]:
    """Return what goes into the sealed part of the journal; with a key where there are steps that are read late."""
    found: dict[str, JSON] = {"steps": [step.to_record() for step in steps]}
    if any(isinstance(step, Revise) for step in steps):
        found["key"] = new_key()
    return found


def key_of(sealed: dict[str, JSON]) -> str:
    """Return the key with which steps are sealed that were read late, or the empty text."""
    return str(sealed.get("key") or "")


def steps_of_journal(opened: Open) -> list[AnyStep]:
    """Return the steps of a journal, none where it was not sealed yet and so nothing was sent.

    Raises Incomplete where the sealed part is gone or damaged.
    """
    sealed = opened.sealed
    if not opened.steps and not sealed:
        return []
    try:
        rows = sealed["steps"]
        if not isinstance(rows, list):
            raise TypeError
        steps = [from_record(row) for row in rows if isinstance(row, dict)]
        for record in opened.steps:
            if "late" in record:
                text = unseal(key_of(sealed), str(record["late"])).decode("utf-8", "surrogatepass")
                steps[int(str(record["send"]))] = from_record(_record(text))
        return steps
    except (KeyError, IndexError, TypeError, ValueError):
        raise Incomplete(
            "cannot-recover",
            "the interrupted commit cannot be finished or taken back: the sealed part of its journal is gone",
            hint="recover show says what it was to change; put the CA right by hand, then move the journal away",
        ) from None


def _record(text: str) -> dict[str, JSON]:
    found = parse_json(text)
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Sent:
    """The last request that was about to go out: of which step, in which direction, with a token of which id."""

    number: int
    way: Way
    path: str
    token_id: str

    @property
    def lost(self) -> Lost:
        """The request as one whose answer never came."""
        return Lost("the program ended before the answer", self.path, self.token_id)


def sending(
    number: int, way: Way, path: str, token_id: str, late: AnyStep | None = None, key: str = ""
) -> dict[str, JSON]:
    """Return the record of a request that is about to go out, with the step itself where that was read `late`."""
    found: dict[str, JSON] = {"send": Number(number), "way": way, "path": path, "token_id": token_id}
    if late is not None:
        found["late"] = seal(key, format_json(late.to_record()).encode("utf-8", "surrogatepass"))
    return found


def arriving(node: Node) -> dict[str, JSON]:
    """Return the record of going on at another node."""
    return {"node": node.address, "leaf": node.leaf}


def node_of(commit: CaCommit, steps: Sequence[dict[str, JSON]]) -> Node:
    """Return the node that was spoken to last."""
    for record in reversed(steps):
        if "node" in record:
            return Node(str(record["node"]), str(record.get("leaf") or ""))
    return Node(commit.address, commit.leaf)


def last_sent(steps: Sequence[dict[str, JSON]]) -> Sent | None:
    """Return the last request of a journal, or None where there was none."""
    for record in reversed(steps):
        if "send" in record:
            way: Way = "back" if record.get("way") == "back" else "forward"
            return Sent(int(str(record["send"])), way, str(record.get("path")), str(record.get("token_id")))
    return None


def reached(steps: Sequence[dict[str, JSON]]) -> int:
    """Return how many steps may have been made: what was never sent is not ours, whatever is there."""
    sent = (
        int(str(record["send"])) for record in steps if record.get("way") == "forward" and "send" in record
    )
    return max(sent, default=-1) + 1


def turned_back(steps: Sequence[dict[str, JSON]]) -> str:
    """Return why the commit was being taken back, or the empty text where it went forward last."""
    for record in reversed(steps):
        if "turn" in record:
            return str(record.get("why") or "") if record["turn"] == "back" else ""
    return ""


def turning(way: Way, why: str) -> dict[str, JSON]:
    """Return the record of a change of direction."""
    return {"turn": way, "why": why}
