"""Provisioners without a file, for the tests of what looks at them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shell.model.provisioner import Provisioner
from shell.model.shape import flaws
from shell.model.summary import Summary, summarize
from shell.model.values import parse_json
from shell.model.view import ProvisionerId

if TYPE_CHECKING:
    from shell.model.shape import Flaw
    from shell.model.values import JSON


def value(plain: Any) -> Any:
    """Return what Python has as JSON in the form of the model: numbers keep their spelling."""
    return parse_json(json.dumps(plain))


def provisioner(**members: Any) -> Provisioner:
    """Return a provisioner with these members."""
    return Provisioner(value(members))


class ListView:
    """A `shell.model.view.View` of provisioners by place; None in place of one that is removed."""

    def __init__(self, entries: Sequence[Any], settings: Mapping[str, Any] | None = None) -> None:
        self._entries: list[JSON] = [value(entry) for entry in entries]
        self._gone = {number for number, entry in enumerate(entries) if entry is GONE}
        self.settings: Mapping[str, JSON] = value(settings or {})

    def ids(self) -> Iterable[ProvisionerId]:
        """Return the places of those that are there."""
        return [ProvisionerId(place) for place in range(len(self._entries)) if place not in self._gone]

    def listed(self) -> Sequence[tuple[ProvisionerId, Summary]]:
        """Return those that are there with their summaries."""
        return [(id_, self.summary(id_)) for id_ in self.ids()]

    def summary(self, id_: ProvisionerId) -> Summary:
        """Return name, type and token identifier."""
        return summarize(self.provisioner(id_).members)

    def flaws(self, id_: ProvisionerId) -> tuple[Flaw, ...]:
        """Return what in an entry makes step-ca refuse the file."""
        return flaws(self._entries[id_])

    def provisioner(self, id_: ProvisionerId) -> Provisioner:
        """Return a provisioner."""
        entry = self._entries[id_]
        return Provisioner(entry if isinstance(entry, dict) else {})


GONE = "removed"
