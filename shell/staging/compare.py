"""When two values are the same: as JSON, and as step-ca reads them.

Python's `==` is no judge of that. A `Number` is a `str`, so the number 1 would equal the text "1"; and a
member that is null is, for step-ca, a member that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON


def same(one: JSON, other: JSON) -> bool:
    """Whether two values mean the same: members in any order, null as absent, numbers as spelled."""
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return _same_members(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and _same_items(one, other)
    return type(one) is type(other) and one == other


def _same_members(one: dict[str, JSON], other: dict[str, JSON]) -> bool:
    # a loop, not `all`: half the depth of the stack for a deep value
    for name, value in one.items():
        if not same(value, other.get(name)):
            return False
    return not any(name not in one and value is not None for name, value in other.items())


def _same_items(one: list[JSON], other: list[JSON]) -> bool:
    return all(same(mine, yours) for mine, yours in zip(one, other, strict=True))


def same_provisioner(one: Provisioner | None, other: Provisioner | None) -> bool:
    """Whether two provisioners mean the same; None is one that is not there."""
    if one is None or other is None:
        return one is other
    return same(one.members, other.members)


def has(items: Iterable[JSON], wanted: JSON) -> bool:
    """Whether a value stands in a list."""
    return any(same(item, wanted) for item in items)
