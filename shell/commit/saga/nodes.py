"""Whether the other nodes of a CA serve what was committed through one of them: each has a cache of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.admin.failures import CaError
from shell.backends.admin.public import PublicApi
from shell.codec.linkedca import same_listed
from shell.escape import visible
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.backends.admin.connection import Connection
    from shell.staging.plan import Plan


def served_by(nodes: Iterable[Connection], plan: Plan) -> tuple[bool | None, list[str]]:
    """Return whether all of these nodes serve a plan, None where one does not say, and lines about those that do not."""
    live: bool | None = True
    notes = []
    for node in nodes:
        name = visible(node.url)
        try:
            wrong = _differing(node, plan)
        except CaError as error:
            notes.append(f"whether {name} serves it is not known: {error.message}")
            live = None if live else live
            continue
        if wrong:
            notes.append(f"{name} does not serve it yet ({visible(wrong)}): it does when it reloads (SIGHUP)")
            live = False
    return live, notes


def _differing(node: Connection, plan: Plan) -> str:
    """Return the name of a provisioner that a node serves otherwise than the plan has it, or the empty text."""
    entries = {str(entry.get("name")): entry for entry in PublicApi(node).provisioners()}
    kept = {change.after.name for change in plan.changes if change.after is not None}
    for change in plan.changes:
        after = change.after
        if after is not None:
            entry = entries.get(after.name)
            if entry is None or not same_listed(Provisioner(entry), after):
                return after.name
        if change.before is not None and change.name in entries.keys() - kept:
            return change.name
    return ""
