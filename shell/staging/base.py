"""What a target held when it was read: the immutable ground that edits stand on.

On the reading path, so it imports nothing heavy. It decodes a provisioner when it is asked for and
remembers it; names are indexed when the first one is looked up.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shell.model.provisioner import Provisioner
    from shell.model.shape import Flaw
    from shell.model.summary import Summary
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId


class Base:
    """The provisioners of a target as they were read; a `shell.model.view.View`.

    `decode(place)` gives the provisioner at a place from 0. `fingerprint` names exactly this content: two
    bases of one target with the same fingerprint are the same. `scanned(place)` gives the entry
    as the JSON scanner left it, at no cost; without it the decoded one is looked at.
    """

    __slots__ = ("_by_name", "_decode", "_decoded", "_scanned", "fingerprint", "settings", "summaries")

    def __init__(
        self,
        settings: Mapping[str, JSON],
        summaries: Sequence[Summary],
        decode: Callable[[int], Provisioner],
        fingerprint: str,
        scanned: Callable[[int], object] | None = None,
    ) -> None:
        self.settings = settings
        self.summaries = summaries
        self.fingerprint = fingerprint
        self._decode = decode
        self._scanned = scanned
        self._decoded: dict[int, Provisioner] = {}
        self._by_name: dict[str, list[ProvisionerId]] | None = None

    def __len__(self) -> int:
        return len(self.summaries)

    def ids(self) -> Iterable[ProvisionerId]:
        """Return every provisioner in the order of the target."""
        return range(len(self.summaries))  # type: ignore[return-value]  # ids of a base are its places

    def listed(self) -> Sequence[tuple[ProvisionerId, Summary]]:
        """Return every provisioner with its summary, in the order of the target."""
        return list(enumerate(self.summaries))  # type: ignore[arg-type]  # ids of a base are its places

    def summary(self, id_: ProvisionerId) -> Summary:
        """Return name, type and token identifier."""
        return self.summaries[id_]

    def flaws(self, id_: ProvisionerId) -> tuple[Flaw, ...]:
        """Return what in this entry makes step-ca refuse the whole file."""
        known = self.summaries[id_].flaws
        if known is not None:
            return known
        from shell.model.shape import flaws  # not on the reading path

        return flaws(self._scanned(id_) if self._scanned else self.provisioner(id_).members)

    def provisioner(self, id_: ProvisionerId) -> Provisioner:
        """Return the provisioner as step-ca reads it."""
        if id_ not in self._decoded:
            self._decoded[id_] = self._decode(id_)
        return self._decoded[id_]

    def named(self, name: str) -> Sequence[ProvisionerId]:
        """Return the provisioners of this name; more than one only in a broken file."""
        if self._by_name is None:
            self._by_name = {}
            for id_ in self.ids():
                self._by_name.setdefault(self.summaries[id_].name, []).append(id_)
        return self._by_name.get(name, ())
