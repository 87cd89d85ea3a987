"""Which member names step-ca knows at each level of an object.

Go's `encoding/json`, which step-ca reads ca.json with, matches member names without regard to case
and decodes a repeated member into the earlier one. That holds only for the objects whose members it
knows; a raw object (`key`, `templateData`) is kept as it is. A `Structure` says which is which. It is
built from the field table (`shell.model.fields`), and read by the codec.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Structure:
    """The known members of an object: each canonical name, with the structure inside it or None.

    None means that the value is a scalar, a list of scalars, or an object that is kept raw. For a
    list of objects the structure is that of the items.
    """

    __slots__ = ("_by_folded",)

    def __init__(self, members: Mapping[str, Structure | None]) -> None:
        self._by_folded = {name.casefold(): (name, inner) for name, inner in members.items()}

    def lookup(self, name: str) -> tuple[str, Structure | None]:
        """Return the canonical name and inner structure of a member; an unknown name is its own."""
        known = self._by_folded.get(name.casefold())
        # Go folds letter by letter, so a name that is longer or shorter is another one
        return known if known and len(known[0]) == len(name) else (name, None)

    def knows(self, name: str) -> bool:
        """Whether step-ca reads a member of this name."""
        known = self._by_folded.get(name.casefold())
        return known is not None and len(known[0]) == len(name)
