"""From two states of a provisioner to the edits that lead from one to the other, and differences carried over.

`edits_between` serves whoever has a wanted state and no edits: an edited text, a loaded file, a rollback.
`carry` puts differences that were found between two states onto a third one, for a rebase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.provisioner import Provisioner
from shell.model.values import Number
from shell.staging.compare import has, same
from shell.staging.edits import Append, Drop, Set, Unset
from shell.staging.fields import KEY, field_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.edits import FieldEdit
    from shell.staging.fields import FieldChange

ITEM = "[]"


def edits_between(id_: ProvisionerId, before: Provisioner, after: Provisioner) -> tuple[FieldEdit, ...]:
    """Return the edits that make `after` of `before`, one for each field that differs.

    A list whose items only come and go gets list edits. An object that is gone is unset as a whole.
    """
    edits: dict[Path, tuple[FieldEdit, ...]] = {}
    for change in field_changes(before, after):
        path = _edit_path(change, before, after)
        gone = _gone(path, before, after)
        edits.setdefault(gone or path, (Unset(id_, gone),) if gone else _edits(id_, path, before, after))
    return tuple(edit for group in edits.values() for edit in group)


def _edit_path(change: FieldChange, before: Provisioner, after: Provisioner) -> Path:
    """Return the path of an edit: an item of a list by number, or the list as a whole where items move."""
    if ITEM not in change.place:
        return change.path
    depth = change.place.index(ITEM)
    list_path = change.path[:depth]
    keys = _keys(before.get(list_path))
    if keys != _keys(after.get(list_path)):
        return list_path
    return (*list_path, str(keys.index(change.path[depth])), *change.path[depth + 1 :])


def _gone(path: Path, before: Provisioner, after: Provisioner) -> Path | None:
    """Return the outermost object or value on the path that was there and is not any more."""
    for length in range(1, len(path) + 1):
        if after.get(path[:length]) is None:
            return path[:length] if before.get(path[:length]) is not None else None
    return None


def _edits(id_: ProvisionerId, path: Path, before: Provisioner, after: Provisioner) -> tuple[FieldEdit, ...]:
    old, new = before.get(path), after.get(path)
    if isinstance(old, list) and isinstance(new, list):
        return _list_edits(id_, path, old, new) or (Set(id_, path, new),)
    return (Set(id_, path, new),)


def _list_edits(
    id_: ProvisionerId, path: Path, old: list[JSON], new: list[JSON]
) -> tuple[Drop | Append, ...] | None:
    """Return list edits that make one list of texts of another, or None where there are none."""
    dropped = [item for item in old if not has(new, item)]
    kept = [item for item in old if has(new, item)]
    added = new[len(kept) :]
    texts = [item for item in (*dropped, *added) if isinstance(item, str) and not isinstance(item, Number)]
    if not kept or not same(new[: len(kept)], kept) or len(texts) < len(dropped) + len(added):
        return None
    if len(set(texts)) < len(texts) or any(has(kept, item) for item in added):
        return None
    edits: list[Drop | Append] = []
    if dropped:
        edits.append(Drop(id_, path, tuple(texts[: len(dropped)])))
    if added:
        edits.append(Append(id_, path, tuple(texts[len(dropped) :])))
    return tuple(edits)


def _keys(value: JSON) -> list[JSON]:
    items = value if isinstance(value, list) else []
    return [item.get(KEY) if isinstance(item, dict) else None for item in items]


def carry(provisioner: Provisioner, changes: Iterable[FieldChange]) -> Provisioner:
    """Return the provisioner with these differences made in it, whatever else it holds.

    Raises UsageError where a path leads through something that has no members.
    """
    for change in changes:
        if ITEM in change.place:
            provisioner = _carry_item(provisioner, change)
        else:
            provisioner = _placed(provisioner, change.path, change.after)
    return provisioner


def _placed(provisioner: Provisioner, path: Path, value: JSON) -> Provisioner:
    if value is not None:
        return provisioner.with_value(path, value)
    return provisioner if provisioner.get(path) is None else provisioner.without(path)


def _carry_item(provisioner: Provisioner, change: FieldChange) -> Provisioner:
    """Return the provisioner with a difference made in one item of a list of named objects."""
    depth = change.place.index(ITEM)
    list_path, key, rest = change.path[:depth], change.path[depth], change.path[depth + 1 :]
    present = provisioner.get(list_path)
    items = list(present) if isinstance(present, list) else []
    index = next((place for place, name in enumerate(_keys(items)) if name == key), None)
    if index is None:
        if change.after is None:
            return provisioner
        index = len(items)
        items.append({KEY: key})
    item = items[index]
    assert isinstance(item, dict)  # it has a name
    if rest == (KEY,) and change.after is None:
        del items[index]
    else:
        items[index] = _placed(Provisioner(item), rest, change.after).members
    return _placed(provisioner, list_path, items or None)
