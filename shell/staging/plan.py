"""The plan: the changes that a commit would make, in an order that is harmless, with a digest to name it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from shell.model.provisioner import format_path
from shell.model.values import Number, format_json
from shell.staging.diff import ADD, CHANGE, REMOVE, changes

if TYPE_CHECKING:
    from shell.model.values import JSON
    from shell.staging.diff import Change
    from shell.staging.draft import Draft

SHORT_DIGEST = 12
"""How many hexadecimal digits of a digest are shown, and are enough to name a plan."""


class Summary(NamedTuple):
    """How many provisioners are added, changed and removed."""

    add: int
    change: int
    remove: int

    def __str__(self) -> str:
        return f"{self.add} to add, {self.change} to change, {self.remove} to remove"


@dataclass(frozen=True)
class Plan:
    """The changes of a draft, in the order of the target."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    @cached_property
    def summary(self) -> Summary:
        """How many provisioners are added, changed and removed."""
        counts = Counter(change.action for change in self.changes)
        return Summary(counts[ADD], counts[CHANGE], counts[REMOVE])

    @property
    def steps(self) -> tuple[Change, ...]:
        """The changes in the order of a commit: additions, then changes, then removals."""
        return tuple(
            change for action in (ADD, CHANGE, REMOVE) for change in self.changes if change.action == action
        )

    @cached_property
    def digest(self) -> str:
        """The SHA-256, in hexadecimal, of exactly what a reviewer of the plan can see.

        Of a secret that is only whether it is set, changed or removed: the digest of a weak secret
        could be guessed.
        """
        text = format_json([_visible(change) for change in self.changes])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def short_digest(self) -> str:
        """The first twelve digits of the digest, as it is shown."""
        return self.digest[:SHORT_DIGEST]

    def is_named(self, digest: str) -> bool:
        """Whether a person who wrote `digest` means this plan: at least the digits that are shown."""
        return len(digest) >= SHORT_DIGEST and self.digest.startswith(digest.lower())


def plan_of(draft: Draft) -> Plan:
    """Return the plan of a draft."""
    return Plan(changes(draft.base, draft))


def _visible(change: Change) -> JSON:
    fields: list[JSON] = []
    # the order of members tells a reviewer nothing, and is another where a secret is set apart from the rest
    for field in sorted(change.fields, key=lambda field: field.path):
        before, after = field.shown
        fields.append([format_path(field.path), _sorted(before), _sorted(after)])
    number = Number(change.number if change.ambiguous else 0)
    return [change.action, change.name, number, change.type_name, fields]


def _sorted(value: JSON) -> JSON:
    """Return the value with the members of objects in order of their names, null ones left out."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value) if value[name] is not None}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
