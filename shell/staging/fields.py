"""How two provisioners differ, field by field.

The pieces are the rows of the field table: a claim, a template, a list of domains as a whole, a key as
a whole. Webhooks, a list of objects with names, are compared item by item under the item's name, unless
their order changes. What the table does not know is taken apart down to scalars and lists. Null counts
as absent; an object without members is a value of its own only against one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.model.values import Number
from shell.staging.compare import same
from shell.staging.masks import CHANGED, is_secret, masked, row_at, types_of

if TYPE_CHECKING:
    from shell.model.fields import Field
    from shell.model.provisioner import Path, Provisioner
    from shell.model.values import JSON
    from shell.staging.masks import Types

KEY = "name"
"""The member by which the items of a list of objects are told apart."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; `before` or `after` is None where it is absent.

    In `path` an item of a list of objects goes by its name (`options.webhooks.notify.url`); `place` is
    the same with `[]` instead, as the field table has it. `row` is None for a field that the table does
    not know. `types` are those of the provisioner, before and after.
    """

    path: Path
    before: JSON
    after: JSON
    place: Path
    types: Types

    @property
    def row(self) -> Field | None:
        """The row of the field table, or None for an unknown field."""
        return row_at(self.types, self.place)

    @property
    def secret(self) -> bool:
        """Whether the values must not be shown."""
        return is_secret(self.types, self.place)

    @property
    def shown(self) -> tuple[JSON, JSON]:
        """Before and after as they may be shown: secrets as `(set)` and `(changed)`."""
        before = masked(self.types, self.place, self.before)
        after = masked(self.types, self.place, self.after)
        if self.secret and before is not None and after is not None:
            after = CHANGED
        return before, after


def field_changes(before: Provisioner | None, after: Provisioner | None) -> tuple[FieldChange, ...]:
    """Return every field in which two provisioners differ, in the order of `before`, then of `after`.

    None is a provisioner that is not there: every field of the other one differs.
    """
    found = _Comparison(types_of(before, after))
    found.members((), (), before.members if before else {}, after.members if after else {})
    return tuple(found.changes)


class _Comparison:
    """One pass over two provisioners; collects the changes."""

    def __init__(self, types: Types) -> None:
        self.types = types
        self.changes: list[FieldChange] = []

    def members(self, path: Path, place: Path, before: dict[str, JSON], after: dict[str, JSON]) -> None:
        for name, value in before.items():
            other = after.get(name)
            if value is not other:
                self.value((*path, name), (*place, name), value, other)
        for name, value in after.items():
            if name not in before:
                self.value((*path, name), (*place, name), None, value)

    def value(self, path: Path, place: Path, before: JSON, after: JSON) -> None:
        if same(before, after):
            return
        if self._opens(place, before, after) or self._opens_list(place, before, after):
            count = len(self.changes)
            self._open(path, place, before, after)
            if len(self.changes) > count:
                return
        self.changes.append(FieldChange(path, before, after, place, self.types))

    def _open(self, path: Path, place: Path, before: JSON, after: JSON) -> None:
        if isinstance(before, list) or isinstance(after, list):
            item = (*place, "[]")
            old, new = _by_key(before), _by_key(after)
            for key in old | new:
                self.members((*path, key), item, old.get(key, {}), new.get(key, {}))
        else:
            self.members(
                path,
                place,
                before if isinstance(before, dict) else {},
                after if isinstance(after, dict) else {},
            )

    def _opens(self, place: Path, before: JSON, after: JSON) -> bool:
        """Whether both are objects, or not there, and the table does not take them as a whole."""
        return (
            isinstance(before, dict | None)
            and isinstance(after, dict | None)
            and row_at(self.types, place) is None
        )

    def _opens_list(self, place: Path, before: JSON, after: JSON) -> bool:
        """Whether both are lists of named objects, or not there, and what is new stands at the end."""
        if row_at(self.types, (*place, "[]", KEY)) is None or not (is_keyed(before) and is_keyed(after)):
            return False
        old, new = list(_by_key(before)), list(_by_key(after))
        return [key for key in old if key in new] + [key for key in new if key not in old] == new


def is_keyed(value: JSON) -> bool:
    """Whether a value is a list of objects with a name each, no two the same; what is absent is one too."""
    if value is None:
        return True
    if not isinstance(value, list):
        return False
    names = [item.get(KEY) if isinstance(item, dict) else None for item in value]
    texts = {name for name in names if isinstance(name, str) and not isinstance(name, Number)}
    return len(texts) == len(value)


def _by_key(value: JSON) -> dict[str, dict[str, JSON]]:
    """Return the items of a keyed list by their names."""
    items = value if isinstance(value, list) else []
    return {str(item[KEY]): item for item in items if isinstance(item, dict)}
