"""Taking back exactly: finding the bytes that a draft would bring back.

A provisioner that was added and is removed again, or a field that was set and is unset, should leave
the file as it was to the byte, also where the list was null or absent before. As long as the file is
what our own commits wrote, their backups have those bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from shell.backends.cafile import digest_of, parse
from shell.commit.past import (
    as_far_as_members_go,
    changes_of,
    is_masked,
    name_after,
    objects,
    path_of,
    text,
)
from shell.durable import Pieces
from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.staging.compare import same, same_provisioner

if TYPE_CHECKING:
    from shell.backends.cafile import Reading
    from shell.codec.configfile import ConfigFile
    from shell.history import Entry, History
    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.staging.draft import Draft
    from shell.staging.plan import Plan

_Wanted: TypeAlias = "dict[str, dict[Path, JSON] | None]"
"""What is known of a state: by name the values of fields, or None for a provisioner that is not there."""

_FURTHEST = 3
"""How many backups are looked at."""


def earlier_bytes(reading: Reading, draft: Draft, plan: Plan, history: History) -> Pieces | None:
    """Return the bytes of the state before our last commits that reads as the draft does, or None."""
    touched = {name for change in plan.changes for name in (change.name, change.after_name) if name}
    looked_at = 0
    wanted: _Wanted = {}
    digest = reading.digest
    for entry in reversed(_committed(history)):
        if entry.after != digest or looked_at == _FURTHEST:
            return None
        digest = entry.before
        wanted = _before(entry.plan, wanted)
        # reading a backup takes as long as reading the file, so it is done where it may be the one
        if touched <= wanted.keys() and _may_be(draft, wanted):
            looked_at += 1
            data = _backup(entry)
            old = None if data is None else parse(data, entry.target)
            if old is not None and _reads_as(old, reading.config, draft):
                return Pieces(old.text)
    return None


def _before(plan: JSON, wanted: _Wanted) -> _Wanted:
    """Return what is known of the state before a commit, from what is known of the one after it."""
    found: _Wanted = {text(change, "name"): None for change in changes_of(plan, "add")}
    for change in changes_of(plan, "change"):
        later = wanted.get(name_after(change)) or {}
        found[text(change, "name")] = {**later, **_fields_before(change)}
    for change in changes_of(plan, "remove"):
        found[text(change, "name")] = _fields_before(change)
    for change in changes_of(plan, "change"):
        found.setdefault(name_after(change), None)
    return {**wanted, **found}


def _fields_before(change: dict[str, JSON]) -> dict[Path, JSON]:
    return {path_of(field): field.get("before") for field in objects(change.get("fields"))}


def _may_be(draft: Draft, wanted: _Wanted) -> bool:
    """Whether nothing that is known of a state speaks against a draft having its content."""
    for name, fields in wanted.items():
        found = draft.named(name)
        if len(found) != (fields is not None):
            return False
        if fields is not None and not _has(draft.provisioner(found[0]), fields):
            return False
    return True


def _has(provisioner: Provisioner, fields: dict[Path, JSON]) -> bool:
    for path, value in fields.items():
        known = not is_masked(value) and as_far_as_members_go(path, provisioner) == path
        if known and not same(provisioner.get(path), value):
            return False
    return True


def _committed(history: History) -> list[Entry]:
    try:
        return [entry for entry in history.entries() if entry.outcome == "committed"]
    except ShellError:
        # without a history the edits are written as any others
        return []


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
