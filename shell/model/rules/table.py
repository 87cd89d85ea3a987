"""How rules are written down: one row each, with its code, its severity and the function that looks.

There are four tables, by what a rule looks at: the file around the provisioners, one provisioner, all
provisioners at once (by their summaries, so that ten thousand cost milliseconds), and one change. A
function yields hits; the row makes problems of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from shell.model.claims import of_authority
from shell.model.problems import ERROR, Problem
from shell.model.provisioner import parse_path
from shell.model.types import TYPES
from shell.model.values import Number

if TYPE_CHECKING:
    from shell.model.claims import EffectiveClaim
    from shell.model.facts import Facts
    from shell.model.problems import Severity
    from shell.model.provisioner import Provisioner
    from shell.model.summary import Summary
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View


_path = lru_cache(maxsize=512)(parse_path)


class Hit(NamedTuple):
    """What a rule found: in which field (dotted path), what step-ca makes of it, what helps."""

    field: str
    message: str
    remedy: str = ""


class Settings:
    """ca.json around its provisioners, with answers to what rules ask of it."""

    def __init__(self, members: Mapping[str, JSON]) -> None:
        self.members = members

    def get(self, path: str) -> JSON:
        """Return the value at a dotted path, or None."""
        first, *others = path.split(".")
        value: JSON = self.members.get(first)
        for name in others:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def text(self, path: str) -> str:
        """Return the string at a dotted path, or the empty text."""
        value = self.get(path)
        return value if isinstance(value, str) else ""

    @property
    def is_file(self) -> bool:
        """Whether there is a ca.json; of a running CA only the provisioners are known."""
        return bool(self.members)

    @cached_property
    def claims(self) -> Mapping[str, EffectiveClaim]:
        """The claims of a provisioner that sets none, by name."""
        return of_authority(self.get("authority.claims"))

    @cached_property
    def has_ssh_keys(self) -> bool:
        """Whether there is a key that SSH certificates could be signed with."""
        return bool(self.text("ssh.hostKey") or self.text("ssh.userKey"))

    @property
    def has_crl(self) -> bool:
        """Whether the revocation list is served."""
        return self.get("crl.enabled") is True


class Entry:
    """A provisioner as a rule sees it."""

    __slots__ = ("facts", "provisioner", "settings")

    def __init__(self, provisioner: Provisioner, settings: Settings, facts: Facts) -> None:
        self.provisioner = provisioner
        self.settings = settings
        self.facts = facts

    def get(self, path: str) -> JSON:
        """Return the value at a dotted path, or None."""
        return self.provisioner.get(_path(path))

    def text(self, path: str) -> str:
        """Return the string at a dotted path, or the empty text."""
        value = self.get(path)
        return value if isinstance(value, str) and not isinstance(value, Number) else ""

    def items(self, path: str) -> list[str]:
        """Return the strings of the list at a dotted path; null is the empty string, as it is to step-ca."""
        value = self.get(path)
        items = value if isinstance(value, list) else []
        return [item or "" for item in items if item is None or isinstance(item, str)]

    def objects(self, path: str) -> list[tuple[int, Mapping[str, JSON]]]:
        """Return the objects of the list at a dotted path, each with its number from 0."""
        value = self.get(path)
        items = value if isinstance(value, list) else []
        return [(number, item) for number, item in enumerate(items) if isinstance(item, dict)]


class Change(NamedTuple):
    """A touched provisioner before and after; None where it was not there, or is no more."""

    before: Provisioner | None
    after: Provisioner | None
    settings: Settings
    facts: Facts


Look = TypeVar("Look")
FileRule = Callable[[Settings, "Facts"], Iterable[Hit]]
EntryRule = Callable[[Entry], Iterable[Hit]]
ListRule = Callable[
    ["View", Sequence[tuple["ProvisionerId", "Summary"]]], Iterable[tuple["ProvisionerId", Hit]]
]
"""Looks at all provisioners: the view, and what it lists."""
ChangeRule = Callable[[Change], Iterable[Hit]]
WholeRule = Callable[["View", "View"], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Row(Generic[Look]):
    """A rule: the stable code and the severity of what it finds, and the function that looks.

    `stops` says that step-ca then does not start, or does not survive a reload. `types` are those the
    rule is about. What the rule is about is the docstring of its function.
    """

    code: str
    severity: Severity
    look: Look
    stops: bool = False
    types: tuple[ProvisionerType, ...] = TYPES

    @property
    def summary(self) -> str:
        """What the rule is about, in one sentence."""
        return (self.look.__doc__ or "").strip().splitlines()[0]

    def problem(self, hit: Hit, name: str = "", id_: ProvisionerId | None = None) -> Problem:
        """Return the problem that a hit is."""
        return Problem(self.severity, self.code, name, *hit, stops=self.stops, id=id_)


FILE_RULES: list[Row[FileRule]] = []
ENTRY_RULES: list[Row[EntryRule]] = []
LIST_RULES: list[Row[ListRule]] = []
CHANGE_RULES: list[Row[ChangeRule]] = []
WHOLE_RULES: list[Row[WholeRule]] = []


def file_rule(code: str, severity: Severity = ERROR) -> Callable[[FileRule], FileRule]:
    """Put a function into the table of what is around the provisioners; an error there stops the CA."""

    def put(look: FileRule) -> FileRule:
        FILE_RULES.append(Row(code, severity, look, stops=severity == ERROR))
        return look

    return put


def entry_rule(code: str, severity: Severity, *types: ProvisionerType) -> Callable[[EntryRule], EntryRule]:
    """Put a function into the table of one provisioner; without types it is about all of them."""

    def put(look: EntryRule) -> EntryRule:
        ENTRY_RULES.append(Row(code, severity, look, types=types or TYPES))
        return look

    return put


def list_rule(code: str, severity: Severity) -> Callable[[ListRule], ListRule]:
    """Put a function into the table of all provisioners at once; an error there stops the CA."""

    def put(look: ListRule) -> ListRule:
        LIST_RULES.append(Row(code, severity, look, stops=severity == ERROR))
        return look

    return put


def change_rule(code: str, severity: Severity, *types: ProvisionerType) -> Callable[[ChangeRule], ChangeRule]:
    """Put a function into the table of one change; without types it is about all of them."""

    def put(look: ChangeRule) -> ChangeRule:
        CHANGE_RULES.append(Row(code, severity, look, types=types or TYPES))
        return look

    return put


def whole_rule(code: str, severity: Severity) -> Callable[[WholeRule], WholeRule]:
    """Put a function into the table of the change as a whole; an error there stops the CA."""

    def put(look: WholeRule) -> WholeRule:
        WHOLE_RULES.append(Row(code, severity, look, stops=severity == ERROR))
        return look

    return put
