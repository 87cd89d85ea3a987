"""Taking back exactly: finding the bytes that a draft would bring back.

A provisioner that was added and is removed again, or a field that was set and is unset, should leave
the file as it was to the byte, also where the list was null or absent before. As long as the file is
what our own commits wrote, their backups have those bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.cafile import digest_of, parse
from shell.durable import Pieces
from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.staging.compare import same_provisioner

if TYPE_CHECKING:
    from shell.backends.cafile import Reading
    from shell.codec.configfile import ConfigFile
    from shell.history import Entry, History
    from shell.model.values import JSON
    from shell.staging.draft import Draft
    from shell.staging.plan import Plan

_FURTHEST = 5
"""How many backups are looked at."""


def earlier_bytes(reading: Reading, draft: Draft, plan: Plan, history: History) -> Pieces | None:
    """Return the bytes of the state before our last commits that reads as the draft does, or None."""
    touched = {name for change in plan.changes for name in (change.name, change.after_name) if name}
    looked_at = 0
    undone: set[str] = set()
    digest = reading.digest
    for entry in reversed(_committed(history)):
        if entry.after != digest or looked_at == _FURTHEST:
            return None
        digest = entry.before
        undone |= _names(entry.plan)
        # a state that differs in other provisioners cannot be the one
        if touched <= undone:
            looked_at += 1
            data = _backup(entry)
            old = None if data is None else parse(data, entry.target)
            if old is not None and _reads_as(old, reading.config, draft):
                return Pieces(old.text)
    return None


def _committed(history: History) -> list[Entry]:
    try:
        return [entry for entry in history.entries() if entry.outcome == "committed"]
    except ShellError:
        # without a history the edits are written as any others
        return []


def _names(plan: JSON) -> set[str]:
    """Return the names before and after of what a recorded plan changed."""
    names: set[JSON] = set()
    for change in plan if isinstance(plan, list) else []:
        if isinstance(change, dict):
            names.add(change.get("name"))
            fields = change.get("fields")
            for field in fields if isinstance(fields, list) else []:
                if isinstance(field, dict) and field.get("path") == "name":
                    names.add(field.get("after"))
    return {name for name in names if isinstance(name, str)}


def _backup(entry: Entry) -> bytes | None:
    try:
        with open(entry.backup, "rb") as file:
            data = file.read()
    except OSError:
        return None
    return data if digest_of(data) == entry.before else None


def _reads_as(old: ConfigFile, present: ConfigFile, draft: Draft) -> bool:
    """Whether an old text has the provisioners of a draft: those that are not touched word for word.

    Touched ones may stand elsewhere: what was removed and comes back would else stay at the end.
    """
    touched = set(draft.touched())
    untouched = (present.entry_text(id_) for id_ in draft.base.ids() if id_ not in touched)
    wanted = [value for id_ in touched if (value := draft.current(id_)) is not None]
    expected = next(untouched, None)
    for index in range(len(old.entries)):
        if old.entry_text(index) == expected:
            expected = next(untouched, None)
        elif not _take(wanted, Provisioner(old.entry_value(index))):
            return False
    # the rest of the file is the same: our commits, which led from there to here, change only the list
    return expected is None and not wanted


def _take(wanted: list[Provisioner], found: Provisioner) -> bool:
    for place, value in enumerate(wanted):
        if same_provisioner(value, found):
            del wanted[place]
            return True
    return False
