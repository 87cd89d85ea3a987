"""How the provisioners of a target are looked at: by the rules, the diff and the codec.

A base (what was read) and a draft (with the edits) both offer this view. A summary is cheap, so that
looking for a name or an identifier among ten thousand provisioners decodes none of them.
"""

from __future__ import annotations

from typing import NewType, Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shell.model.provisioner import Provisioner
    from shell.model.shape import Flaw
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

    def listed(self) -> Sequence[tuple[ProvisionerId, Summary]]:
        """Return every provisioner with its summary, in the order of the target, added ones last."""

    def summary(self, id_: ProvisionerId) -> Summary:
        """Return name, type and token identifier, without decoding more than that."""

    def flaws(self, id_: ProvisionerId) -> tuple[Flaw, ...]:
        """Return what in this entry makes step-ca refuse the whole file (`shell.model.shape.flaws`).

        It is asked of every entry, so it must cost microseconds: on what was scanned, not on what is
        decoded. An entry that step-ca skips, such as null, has none.
        """

    def provisioner(self, id_: ProvisionerId) -> Provisioner:
        """Return the provisioner as step-ca reads it."""
