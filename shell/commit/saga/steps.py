"""The steps of a commit to a CA: one request each, that can be made, taken back, and looked at.

Looking says whether the CA is as before the step or as after it. That is what everything rests on when
an answer got lost or a process died: what was sent does not matter, what is there does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Protocol

from shell.backends.admin.addresses import BY_ID, PROVISIONERS, provisioner_path
from shell.codec.linkedca import differences, from_message, recreation, revised, same_message
from shell.escape import visible
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from shell.backends.admin.api import AdminApi
    from shell.backends.admin.outcome import Outcome
    from shell.codec.messagefields import Message
    from shell.model.values import JSON


class There(Enum):
    """What the CA has: as before the step, as after it, or something else."""

    BEFORE = "before"
    AFTER = "after"
    OTHER = "other"


class Step(Protocol):
    """One change of a CA."""

    kind: ClassVar[str]

    @property
    def shown(self) -> str:
        """What the step does, safe to show."""

    @property
    def path_name(self) -> str:
        """The name of the provisioner that it is about."""

    @property
    def path(self) -> str:
        """The decoded path of the first request that it takes."""

    def look(self, api: AdminApi) -> There:
        """Return what the CA has; raises CaError."""

    def make(self, api: AdminApi) -> Outcome:
        """Send the change."""

    def unmake(self, api: AdminApi) -> Outcome:
        """Send what takes the change back, from a CA that is as after it."""

    def to_record(self) -> dict[str, JSON]:
        """Return the step for the sealed part of the journal."""


def _name(message: Message) -> str:
    return str(message.get("name") or "")


@dataclass(frozen=True, slots=True)
class Create:
    """A new provisioner."""

    kind: ClassVar[str] = "create"
    message: Message

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return _name(self.message)

    @property
    def path(self) -> str:
        """See `Step`."""
        return PROVISIONERS

    @property
    def shown(self) -> str:
        """See `Step`."""
        return f"add {visible(self.path_name)}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        found = api.provisioner(self.path_name)
        if found is None:
            return There.BEFORE
        return There.AFTER if same_message(found, self.message) else There.OTHER

    def make(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.create(self.message)

    def unmake(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.delete(self.path_name)

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return {"kind": self.kind, "message": self.message}


@dataclass(frozen=True, slots=True)
class Replace:
    """Another content of a provisioner, and perhaps another name; both messages have its id."""

    kind: ClassVar[str] = "replace"
    before: Message
    after: Message

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return _name(self.before)

    @property
    def new_name(self) -> str:
        """The name that it has afterwards."""
        return _name(self.after)

    @property
    def renames(self) -> bool:
        """Whether it gets another name."""
        return self.path_name != self.new_name

    @property
    def path(self) -> str:
        """See `Step`."""
        return provisioner_path(self.path_name)

    @property
    def shown(self) -> str:
        """See `Step`."""
        name = visible(self.path_name)
        return f"rename {name} to {visible(self.new_name)}" if self.renames else f"change {name}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        found = api.provisioner_by_id(str(self.before.get("id") or ""))
        if found is None:
            return There.OTHER
        if found == self.before:
            return There.BEFORE  # at once: others may write while we compare what things mean
        if same_message(found, self.after):
            return There.AFTER
        return There.BEFORE if same_message(found, self.before) else There.OTHER

    def make(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.replace(self.path_name, self.after)

    def unmake(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.replace(self.new_name, self.before)

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return {"kind": self.kind, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Revise:
    """A change of a provisioner that is read only in the moment before it is written; it keeps its name.

    `before` and `after` are as the list of the CA has them. `resolved` makes the step of it that is sent.
    """

    kind: ClassVar[str] = "revise"
    before: Provisioner
    after: Provisioner

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return self.before.name

    @property
    def path(self) -> str:
        """See `Step`."""
        return provisioner_path(self.path_name)

    @property
    def shown(self) -> str:
        """See `Step`."""
        return f"change {visible(self.path_name)}"

    def resolved(self, api: AdminApi) -> Replace | None:
        """Return the step on what the CA has now, None where that is not as before; raises CaError."""
        found = api.provisioner(self.path_name)
        if found is None:
            return None
        message = revised(self.before, self.after, found)
        return Replace(found, message) if message is not None else None

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        found = api.provisioner(self.path_name)
        if found is None:
            return There.OTHER
        if not differences(self.after, from_message(found)):
            return There.AFTER
        return There.OTHER if differences(self.before, from_message(found)) else There.BEFORE

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return {"kind": self.kind, "before": self.before.members, "after": self.after.members}


@dataclass(frozen=True, slots=True)
class Remove:
    """A provisioner goes. Taking that back makes one that is the same but for its id and its admins."""

    kind: ClassVar[str] = "remove"
    before: Message

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return _name(self.before)

    @property
    def path(self) -> str:
        """See `Step`."""
        return BY_ID

    @property
    def shown(self) -> str:
        """See `Step`."""
        return f"remove {visible(self.path_name)}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        found = api.provisioner(self.path_name)
        if found is None:
            return There.AFTER
        return There.BEFORE if same_message(found, self.before) else There.OTHER

    def make(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.delete(self.path_name, str(self.before.get("id") or ""))

    def unmake(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return api.create(recreation(self.before))

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return {"kind": self.kind, "before": self.before}
