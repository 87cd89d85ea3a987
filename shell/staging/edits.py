"""Edits: what a person asked for, as values.

An edit says which provisioner it means (by the internal identity, since names repeat in broken files
and change) and what is to happen. List edits stay operations, so that a rebase can merge them. An
edit holds its material: a key that was made or a file that was read is in it, so that doing it again
never makes another key. `apply` is the only place that knows what an edit does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shell.errors import UsageError
from shell.model.provisioner import Provisioner, format_path
from shell.staging.compare import has

if TYPE_CHECKING:
    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId


class Appointee(NamedTuple):
    """An admin who comes with a provisioner: who, and whether a super admin."""

    subject: str
    super: bool


@dataclass(frozen=True, slots=True)
class Add:
    """A new provisioner, or one that was removed comes back: then with the admins that went with it."""

    id: ProvisionerId
    provisioner: Provisioner
    admins: tuple[Appointee, ...] = ()


@dataclass(frozen=True, slots=True)
class Remove:
    """A provisioner goes."""

    id: ProvisionerId


@dataclass(frozen=True, slots=True)
class Set:
    """A field gets a value; objects on the way are made."""

    id: ProvisionerId
    path: Path
    value: JSON


@dataclass(frozen=True, slots=True)
class Unset:
    """A field goes."""

    id: ProvisionerId
    path: Path


@dataclass(frozen=True, slots=True)
class Append:
    """Items are put at the end of a list; those in `unique` lists only if they are not there yet."""

    id: ProvisionerId
    path: Path
    items: tuple[str, ...]
    unique: bool = True


@dataclass(frozen=True, slots=True)
class Drop:
    """Items leave a list, wherever they stand in it."""

    id: ProvisionerId
    path: Path
    items: tuple[str, ...]


FieldEdit: TypeAlias = Set | Unset | Append | Drop
Edit: TypeAlias = Add | Remove | FieldEdit


def apply(edit: Edit, provisioner: Provisioner | None) -> Provisioner | None:
    """Return what an edit makes of a provisioner; None stands for one that is not there.

    Raises UsageError where the edit does not fit the value, such as an item for what is no list.
    """
    if isinstance(edit, Add):
        if provisioner is not None:
            raise UsageError("already-there", f'the provisioner "{provisioner.name}" is there already')
        return edit.provisioner
    if provisioner is None:
        raise UsageError("no-such-provisioner", "the provisioner of this edit is not there any more")
    match edit:
        case Remove():
            return None
        case Set():
            return provisioner.with_value(edit.path, edit.value)
        case Unset():
            return provisioner.without(edit.path)
        case Append():
            present = _items(provisioner, edit.path)
            new = [item for item in edit.items if not (edit.unique and has(present, item))]
            return provisioner.with_value(
                edit.path, [*present, *dict.fromkeys(new)] if edit.unique else [*present, *new]
            )
        case _:
            return _without_items(edit, provisioner)


def _without_items(edit: Drop, provisioner: Provisioner) -> Provisioner:
    left = [item for item in _items(provisioner, edit.path) if not has(edit.items, item)]
    return provisioner.with_value(edit.path, left) if left else provisioner.without(edit.path)


def _items(provisioner: Provisioner, path: Path) -> list[JSON]:
    value = provisioner.get(path)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise UsageError(
        "not-a-list", f"{format_path(path)} is not a list", hint=f"set {format_path(path)} as a whole"
    )
