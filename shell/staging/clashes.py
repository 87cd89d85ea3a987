"""Conflicts between what we staged and what others wrote meanwhile: found field by field, and named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.escape import shortened, visible
from shell.model.provisioner import Provisioner, format_path
from shell.model.values import format_json
from shell.staging.compare import same
from shell.staging.edits import Append, Drop
from shell.staging.fields import KEY, field_changes
from shell.staging.masks import masked, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit
    from shell.staging.fields import FieldChange

    Place = tuple[Path, Path]
    """A path by names, and the same with `[]` for the names of list items."""

ITEM = "[]"
REMOVED = "removed by others"
CHANGED_WHILE_REMOVED = "changed by others and removed here"
CHANGED_BOTH = "changed by others and here"
TAKEN = "others gave this name to another provisioner"


@dataclass(frozen=True, slots=True)
class Clash:
    """One conflict: what the base had, what others made of it, what the draft would make of it.

    `field` is a dotted path, or the empty text for the provisioner as a whole. Values are None where
    absent, and secrets in them stand as `(set)`. `reason` says in a few words what came about; text in
    all of these that came from the target is as it is there, to be made safe by who shows it.
    """

    provisioner: str
    field: str
    base: JSON
    theirs: JSON
    ours: JSON
    reason: str


def told(clash: Clash) -> str:
    """Return a conflict as a line for a person, safe to show."""
    where = " ".join(visible(part) for part in (clash.provisioner, clash.field) if part)
    values = [("it was", clash.base), ("they have", clash.theirs), ("you have", clash.ours)]
    shown = ", ".join(f"{who} {shortened(format_json(value))}" for who, value in values if value is not None)
    message = f"{clash.reason} ({shown})" if clash.field and shown else clash.reason
    return f"{where}: {visible(message)}"


def value_clashes(
    draft: Draft,
    id_: ProvisionerId,
    base: Provisioner,
    theirs: Provisioner | None,
    ours: Provisioner | None,
    *,
    renamed: bool,
) -> list[Clash]:
    """Return the conflicts about one provisioner of the base that others changed; `theirs` None: it is gone.

    `renamed` says that `theirs` was found under another name.
    """
    if theirs is None:
        return [] if ours is None else [Clash(base.name, "", None, None, None, REMOVED)]
    if renamed and (ours is None or ours.name != theirs.name):
        ours_name = ours.name if ours else None
        reason = f'renamed to "{theirs.name}" by others'
        return [Clash(base.name, KEY, base.name, theirs.name, ours_name, reason)]
    if ours is None:
        fields = ", ".join(format_path(change.path) for change in field_changes(base, theirs))
        return [Clash(base.name, "", None, None, None, f"{CHANGED_WHILE_REMOVED}: {fields}")]
    return _field_clashes(draft, id_, base, theirs, ours)


def _field_clashes(
    draft: Draft, id_: ProvisionerId, base: Provisioner, theirs: Provisioner, ours: Provisioner
) -> list[Clash]:
    their_changes, our_changes = field_changes(base, theirs), field_changes(base, ours)
    whole = {item for change in (*their_changes, *our_changes) if (item := _whole_item(change))}
    their_places = dict.fromkeys(_region(change, whole) for change in their_changes)
    found: dict[Place, Clash] = {}
    for mine in dict.fromkeys(_region(change, whole) for change in our_changes):
        for yours in their_places:
            place = min(mine, yours, key=lambda one: len(one[0]))
            if mine[0][: len(place[0])] != yours[0][: len(place[0])]:
                continue
            values = [value_at(one, *place) for one in (base, theirs, ours)]
            if not same(values[1], values[2]) and not _merges(draft, id_, place[0], values[1]):
                types = types_of(base, theirs, ours)
                was, other, own = (masked(types, place[1], value) for value in values)
                found[place] = Clash(base.name, format_path(place[0]), was, other, own, CHANGED_BOTH)
    return list(found.values())


def _whole_item(change: FieldChange) -> Path | None:
    """Return the path of a list item that came or went as a whole, or None."""
    return change.path[:-1] if change.place[-2:] == (ITEM, KEY) else None


def _region(change: FieldChange, whole: set[Path]) -> Place:
    """Return what a change is about: a field, or all of a list item that came or went."""
    if ITEM in change.place:
        length = change.place.index(ITEM) + 1
        if change.path[:length] in whole:
            return change.path[:length], change.place[:length]
    return change.path, change.place


def value_at(provisioner: Provisioner, path: Path, place: Path) -> JSON:
    """Return the value at a path in which items of a list of objects go by name, or None."""
    value: JSON = provisioner.members
    for name, mark in zip(path, place, strict=True):
        if mark == ITEM and isinstance(value, list):
            items = [item for item in value if isinstance(item, dict)]
            value = next((item for item in items if item.get(KEY) == name), None)
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _merges(draft: Draft, id_: ProvisionerId, path: Path, theirs: JSON) -> bool:
    """Whether all that we did there is to add to a list and take from it, and others left a list."""
    if not isinstance(theirs, list):
        return False
    edits = [edit for step in draft.steps for edit in step.edits if edit.id == id_ and _meets(edit, path)]
    return bool(edits) and all(isinstance(edit, Append | Drop) for edit in edits)


def _meets(edit: Edit, path: Path) -> bool:
    """Whether an edit touches a path; one that adds or removes a provisioner touches every path."""
    own: Path = getattr(edit, "path", ())
    length = min(len(own), len(path))
    return own[:length] == path[:length]


def name_clashes(draft: Draft, names: Mapping[str, int]) -> list[Clash]:
    """Return the names that the draft gives and that others gave too; `names` counts them before."""
    return [
        Clash(name, "", None, None, None, TAKEN)
        for name, count in names.items()
        if len(draft.named(name)) > count
    ]
