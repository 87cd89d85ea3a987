"""How step-ca reads JSON, in one place.

Go's `encoding/json` matches the names of known members without regard to case, decodes a repeated
member into the earlier one, and takes null as "leave it" for plain fields and "clear it" for pointers
and lists. This module turns the RAW form of `shell.codec.jsontext` into the VALUE form accordingly,
and notes what a reader of the file would not expect. Tried against step-ca v0.30.2.
"""

from __future__ import annotations

from shell.codec.jsontext import CONTAINERS, Number, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from shell.codec.jsontext import RAW
    from shell.model.structure import Structure
    from shell.model.values import JSON

    Where = tuple[str, ...]

# Members with a scalar value that Go keeps in a pointer or a byte list: a repeated null clears them.
# Any other known scalar keeps its earlier value (certificates: authority/provisioner/*.go).
_CLEARED_BY_NULL = frozenset(
    (
        "minTLSCertDuration",
        "maxTLSCertDuration",
        "defaultTLSCertDuration",
        "minUserSSHCertDuration",
        "maxUserSSHCertDuration",
        "defaultUserSSHCertDuration",
        "minHostSSHCertDuration",
        "maxHostSSHCertDuration",
        "defaultHostSSHCertDuration",
        "enableSSHCA",
        "disableRenewal",
        "allowRenewalAfterExpiry",
        "disableSmallstepExtensions",
        "disableSSHCAUser",
        "disableSSHCAHost",
        "attestationRoots",
        "roots",
        "publicKeys",
        "decrypterCertificate",
        "decrypterKeyPEM",
        "root",
        "backdate",
        "cacheDuration",
        "renewPeriod",
        "templateData",
    )
)


class Oddity:
    """Something in a file that step-ca reads otherwise than a person would.

    `kind` is "spelling" (a known name in other case), "repeated" (a member that occurs again), "mark"
    (a byte order mark: step-ca refuses the file) or "trailing" (text behind the document: ignored).
    `path` has the canonical names and the numbers of list items, `found` the name as it is written.
    """

    __slots__ = ("found", "kind", "path")

    def __init__(self, kind: str, path: Where, found: str) -> None:
        self.kind = kind
        self.path = path
        self.found = found

    def __repr__(self) -> str:
        return f"Oddity({self.kind!r}, {self.path!r}, {self.found!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Oddity):
            return NotImplemented
        return (self.kind, self.path, self.found) == (other.kind, other.path, other.found)

    def __hash__(self) -> int:
        return hash((self.kind, self.path, self.found))


def read(
    raw: RAW, structure: Structure | None, oddities: list[Oddity] | None = None, path: Where = ()
) -> JSON:
    """Return the VALUE form of a RAW value, as step-ca reads one of this structure.

    With no structure the value is raw to step-ca as well and nothing in it folds. What is odd is
    appended to `oddities`, with `path` in front.
    """
    if structure is None:
        return plain(raw)
    if isinstance(raw, tuple):
        return _merged({}, raw, structure, oddities, path)
    if isinstance(raw, list):
        return [read(item, structure, oddities, (*path, str(index))) for index, item in enumerate(raw)]
    return raw


def _merged(
    earlier: JSON,
    pairs: tuple[tuple[str, RAW], ...],
    structure: Structure,
    oddities: list[Oddity] | None,
    path: Where,
) -> dict[str, JSON]:
    """Return an object with further members read into it, as step-ca reads a repeated object."""
    value = dict(earlier) if isinstance(earlier, dict) else {}
    seen = set()
    for written, item in pairs:
        name, inner = structure.lookup(written)
        if oddities is not None:
            if written != name:
                oddities.append(Oddity("spelling", (*path, name), written))
            if name in seen:
                oddities.append(Oddity("repeated", (*path, name), written))
            seen.add(name)
        if isinstance(item, CONTAINERS):
            value[name] = _joined(value.get(name), item, inner, oddities, (*path, name))
        elif item is not None or not keeps_value(name, value.get(name), structure):
            value[name] = item
    return value


def _joined(
    earlier: JSON, item: RAW, structure: Structure | None, oddities: list[Oddity] | None, path: Where
) -> JSON:
    """Return a member's value where an earlier one may have been read already.

    Go reads an object into the earlier one, and the objects of a list into those of the earlier list.
    """
    if structure is None:
        return plain(item)
    if isinstance(item, tuple):
        return _merged(earlier, item, structure, oddities, path)
    if isinstance(item, list) and isinstance(earlier, list):
        padded = earlier + [None] * len(item)
        return [
            _joined(before, element, structure, oddities, (*path, str(index)))
            for index, (before, element) in enumerate(zip(padded, item, strict=False))
        ]
    return read(item, structure, oddities, path)


def keeps_value(name: str, value: JSON, structure: Structure) -> bool:
    """Whether step-ca keeps this earlier value of a member when the member is repeated as null."""
    return isinstance(value, (str, bool)) and name not in _CLEARED_BY_NULL and structure.knows(name)


def same(one: JSON, other: JSON, structure: Structure | None) -> bool:
    """Whether two values mean the same to step-ca.

    Numbers are compared by spelling, and a number is no string. Where the structure is known, a member
    that is null is as good as absent; in a raw value it is not.
    """
    if one is other:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return _same_members(one, other, structure)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other, [structure] * len(one)))
    return one == other and isinstance(one, Number) == isinstance(other, Number)


def _same_members(one: dict[str, JSON], other: dict[str, JSON], structure: Structure | None) -> bool:
    names: Collection[str] = one
    if one.keys() != other.keys():
        if structure is None:
            return False
        names = one.keys() | other.keys()
    for name in names:
        mine, yours = one.get(name), other.get(name)
        # only in a container does it matter which names are known
        inner = (
            structure.lookup(name)[1] if structure is not None and isinstance(mine, (dict, list)) else None
        )
        if not same(mine, yours, inner):
            return False
    return True
