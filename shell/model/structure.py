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

    __slots__ = ("_by_folded", "_by_name")

    def __init__(self, members: Mapping[str, Structure | None]) -> None:
        self._by_name = {name: (name, inner) for name, inner in members.items()}
        self._by_folded = {name.casefold(): known for name, known in self._by_name.items()}

    def lookup(self, name: str) -> tuple[str, Structure | None]:
        """Return the canonical name and inner structure of a member; an unknown name is its own."""
        return self._by_name.get(name) or self._known(name) or (name, None)

    def knows(self, name: str) -> bool:
        """Whether step-ca reads a member of this name."""
        return self._known(name) is not None

    def _known(self, name: str) -> tuple[str, Structure | None] | None:
        known = self._by_name.get(name)
        if known is None:
            known = self._by_folded.get(name.casefold())
            # Go folds letter by letter, so a name that is longer or shorter is another one
            if known is not None and len(known[0]) != len(name):
                return None
        return known
