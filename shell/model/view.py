"""How the provisioners of a target are looked at: by the rules, the diff and the codec.

A base (what was read) and a draft (with the edits) both offer this view. A summary is cheap, so that
looking for a name or an identifier among ten thousand provisioners decodes none of them.
"""

from __future__ import annotations

from typing import NewType, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shell.model.provisioner import Provisioner
    from shell.model.summary import Summary
    from shell.model.values import JSON

ProvisionerId = NewType("ProvisionerId", int)
"""Which provisioner of a session is meant: its place in the base, or a later number for an added one."""


class View(Protocol):
    """The provisioners of a target at one moment."""

    @property
    def settings(self) -> Mapping[str, JSON]:
        """ca.json without its list of provisioners, as step-ca reads it; empty for a running CA."""

    def ids(self) -> Iterable[ProvisionerId]:
        """Return every provisioner, in the order of the target, added ones last."""

    def summary(self, id_: ProvisionerId) -> Summary:
        """Return name, type and token identifier, without decoding more than that."""

    def entry(self, id_: ProvisionerId) -> object:
        """Return the entry as it is at hand, decoded or not: pairs, a dict, or what stands in their place.

        A tuple of (name, value) pairs is an object as it was scanned. This is what the pass over all
        entries looks at (`shell.model.shape`), so it must cost nothing.
        """

    def provisioner(self, id_: ProvisionerId) -> Provisioner:
        """Return the provisioner as step-ca reads it."""
