"""What may be shown of a value: secrets stand as `(set)`, wherever in it they are.

Which fields are secret stands in the field table. A field that the table does not know, in a type that
it does not know or of a newer CA, is taken for a secret when its name is that of a known one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from shell.model.fields import FIELDS, find_field
from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from shell.model.fields import Field
    from shell.model.provisioner import Path, Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

    Types: TypeAlias = tuple[ProvisionerType | None, ...]
    """The types a provisioner has, before and after: more than one only where the type itself changes."""

SET = "(set)"
CHANGED = "(changed)"

_SECRET_NAMES = frozenset(row.segments[-1].casefold() for row in FIELDS if row.secret)
# the private parameters of a JSON Web Key (RFC 7518, section 6); a CA has no use for them in `key`
_PRIVATE_PARAMETERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


def types_of(*provisioners: Provisioner | None) -> Types:
    """Return the types of provisioners, each once; None among the arguments is one that is not there."""
    return tuple(dict.fromkeys(one.type for one in provisioners if one is not None))


def place_of(path: Path) -> Path:
    """Return the path with `[]` for the numbers of list items, as the field table has it."""
    return tuple("[]" if name.isdecimal() else name for name in path)


@lru_cache(maxsize=4096)
def row_at(types: Types, place: Path) -> Field | None:
    """Return the row of the field table for a place; items of a list have the name `[]` in it."""
    text = format_path(place)
    return next((row for type_ in types if (row := find_field(type_, text))), None)


@lru_cache(maxsize=4096)
def is_secret(types: Types, place: Path) -> bool:
    """Whether the value at a place must not be shown."""
    text = format_path(place)
    rows = [row for type_ in types if (row := find_field(type_, text))]
    if rows:
        return any(row.secret for row in rows)
    return place[-1].casefold() in _SECRET_NAMES if place else False


def masked(types: Types, place: Path, value: JSON) -> JSON:
    """Return the value with every secret in it replaced by `(set)`; what is absent stays None."""
    if value is None:
        return None
    if is_secret(types, place):
        return SET
    if isinstance(value, dict):
        private = _PRIVATE_PARAMETERS if "kty" in value else frozenset()
        return {
            name: SET if name in private else masked(types, (*place, name), item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [masked(types, (*place, "[]"), item) for item in value]
    return value


def without_secrets(types: Types, path: Path, value: JSON) -> tuple[JSON, list[tuple[Path, JSON]]]:
    """Return the value without the secrets in it, and each of them with its path.

    A value that is itself a secret is None without it. Items of lists go by number.
    """
    if value is None:
        return None, []
    if is_secret(types, place_of(path)):
        return None, [(path, value)]
    found: list[tuple[Path, JSON]] = []
    if isinstance(value, dict):
        private = _PRIVATE_PARAMETERS if "kty" in value else frozenset()
        members: dict[str, JSON] = {}
        for name, item in value.items():
            inner: tuple[JSON, list[tuple[Path, JSON]]] = (
                (None, [((*path, name), item)])
                if name in private
                else without_secrets(types, (*path, name), item)
            )
            found += inner[1]
            if inner[0] is not None or item is None:
                members[name] = inner[0]
        return members, found
    if isinstance(value, list):
        items: list[JSON] = []
        for number, item in enumerate(value):
            kept, secrets = without_secrets(types, (*path, str(number)), item)
            items.append(kept)
            found += secrets
        return items, found
    return value, []


def holds_secret(types: Types, place: Path, value: JSON) -> bool:
    """Whether a value is or contains a secret."""
    return bool(without_secrets(types, place, value)[1])
