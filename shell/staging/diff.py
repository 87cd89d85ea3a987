"""The difference between a base and a draft. A pure function: same input, same changes, same order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.staging.fields import FieldChange, field_changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId
    from shell.staging.base import Base
    from shell.staging.draft import Draft

    Action = Literal["add", "change", "remove"]

__all__ = ["Action", "Change", "FieldChange", "changes"]

ADD: Action = "add"
CHANGE: Action = "change"
REMOVE: Action = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one provisioner.

    `name` is the name before, of an added one the new name; `after_name` the name after, empty for a
    removed one. `before` and `after` are None where the provisioner is not there. `number` is the place
    of the entry in the base, from 1, and 0 for an added one. `repeated_before` and `repeated_after` say
    that the name does not tell which provisioner is meant: it is empty, or another one has it.
    """

    action: Action
    id: ProvisionerId
    name: str
    after_name: str
    type_name: str
    before: Provisioner | None
    after: Provisioner | None
    fields: tuple[FieldChange, ...]
    number: int
    repeated_before: bool
    repeated_after: bool

    @property
    def ambiguous(self) -> bool:
        """Whether the name does not tell which provisioner is meant, before or after."""
        return self.repeated_before or self.repeated_after

    @property
    def renamed(self) -> bool:
        """Whether a provisioner that stays has another name now."""
        return self.action == CHANGE and self.name != self.after_name


def changes(base: Base, after: Draft) -> tuple[Change, ...]:
    """Return what a draft changes in its base: in the order of the base, then what was added."""
    return tuple(_change(base, after, id_) for id_ in after.touched())


def _change(base: Base, draft: Draft, id_: ProvisionerId) -> Change:
    in_base = id_ < len(base)
    before = base.provisioner(id_) if in_base else None
    after = draft.current(id_)
    one = before or after
    assert one is not None  # a touched provisioner is there before or after
    return Change(
        action=ADD if before is None else REMOVE if after is None else CHANGE,
        id=id_,
        name=one.name,
        after_name=after.name if after else "",
        type_name=(after or one).type_name,
        before=before,
        after=after,
        fields=field_changes(before, after),
        number=id_ + 1 if in_base else 0,
        repeated_before=before is not None and not _is_alone(base.named(before.name), before),
        repeated_after=after is not None and not _is_alone(draft.named(after.name), after),
    )


def _is_alone(named: Sequence[ProvisionerId], provisioner: Provisioner) -> bool:
    """Whether a provisioner has a name, and is the only one with it."""
    return bool(provisioner.name) and len(named) == 1
