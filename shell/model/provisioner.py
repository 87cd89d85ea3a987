"""A provisioner as a value: the members of its ca.json entry, read as step-ca reads them.

Never changed once made: `with_value` and `without` return a new one that shares what did not change.
A member that is null counts as absent, as it does for step-ca, but is kept.
"""

from __future__ import annotations

import json
import re

from shell.errors import UsageError
from shell.model.types import find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

    Path = tuple[str, ...]

_SEGMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_PLAIN = re.compile(r"[^\s.\"'\\\[\]]+|\[\]")


def parse_path(text: str) -> Path:
    """Return the names in a dotted path; a name in double quotes is a JSON string.

    Raises UsageError where the text is no path.
    """
    segments, position = [], 0
    while match := _SEGMENT.match(text, position):
        try:
            segments.append(json.loads(match.group()) if match.group().startswith('"') else match.group())
        except ValueError:
            break
        position = match.end()
        if position == len(text):
            return tuple(segments)
        if text[position] != ".":
            break
        position += 1
    raise UsageError(
        "bad-path", f'"{text}" is not a field path', hint="write for example claims.maxTLSCertDuration"
    )


def format_path(path: Path) -> str:
    """Return the dotted text of a path; the inverse of `parse_path`."""
    return ".".join(name if _PLAIN.fullmatch(name) else json.dumps(name) for name in path)


class Provisioner:
    """The members of one provisioner.

    `members` is a JSON object whose names are canonical where the field table knows them, in the order
    of the file.
    """

    __slots__ = ("members",)

    def __init__(self, members: dict[str, JSON]) -> None:
        self.members = members

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Provisioner) and self.members == other.members

    __hash__ = None  # type: ignore[assignment]  # it holds dicts

    @property
    def name(self) -> str:
        """The name, or the empty text where there is none."""
        return _text(self.members.get("name"))

    @property
    def type(self) -> ProvisionerType | None:
        """The type step-ca takes it for, or None where step-ca would skip it."""
        return find_type(self.members.get("type"))

    @property
    def type_name(self) -> str:
        """The usual spelling of a known type, else the type as it is written."""
        known = self.type
        return known.name if known else _text(self.members.get("type"))

    def get(self, path: Path) -> JSON:
        """Return the value at a path, or None where there is none; list items go by number."""
        value: JSON = self.members
        for name in path:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value

    def with_value(self, path: Path, value: JSON) -> Provisioner:
        """Return this provisioner with the value at a path; objects on the way are made where missing.

        Raises UsageError where the path leads through something that has no members.
        """
        return Provisioner(_replaced(self.members, path, 0, value))

    def without(self, path: Path) -> Provisioner:
        """Return this provisioner without the member at a path; objects that become empty stay."""
        return self if self.get(path[:-1]) is None else Provisioner(_replaced(self.members, path, 0, _ABSENT))


def _text(value: JSON) -> str:
    return value if type(value) is str else ""  # a number is a string of its own kind


class _Absent:
    """The mark for a member that is to go."""


_ABSENT = _Absent()


def _replaced(container: JSON, path: Path, depth: int, value: JSON | _Absent) -> dict[str, JSON]:
    """Return the object with one member, possibly deep inside, replaced."""
    copy = dict(_members(container, path, depth))
    name = path[depth]
    if depth + 1 < len(path):
        copy[name] = _inner(copy.get(name), path, depth + 1, value)
    elif isinstance(value, _Absent):
        copy.pop(name, None)
    else:
        copy[name] = value
    return copy


def _inner(container: JSON, path: Path, depth: int, value: JSON | _Absent) -> JSON:
    if not isinstance(container, list):
        return _replaced(container, path, depth, value)
    name = path[depth]
    if not name.isdecimal() or int(name) >= len(container):
        raise UsageError("no-such-item", f"{format_path(path[:depth])} has no item {name}")
    items = list(container)
    if depth + 1 < len(path):
        items[int(name)] = _inner(items[int(name)], path, depth + 1, value)
    elif isinstance(value, _Absent):
        del items[int(name)]
    else:
        items[int(name)] = value
    return items


def _members(container: JSON, path: Path, depth: int) -> dict[str, JSON]:
    if container is None:
        return {}
    if isinstance(container, dict):
        return container
    raise UsageError(
        "not-an-object",
        f"{format_path(path[:depth])} is not an object and has no {path[depth]}",
        hint=f"set {format_path(path[:depth])} as a whole",
    )
