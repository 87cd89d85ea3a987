"""The steps of a commit to a CA: one request each, that can be made, taken back, and looked at.

Looking says whether the CA is as before the step or as after it. That is what everything rests on when
an answer got lost or a process died: what was sent does not matter, what is there does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from shell.backends.admin.outcome import Refused
from shell.codec.linkedca import recreation, same_message
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    def shown(self) -> str:
        """See `Step`."""
        name = visible(self.path_name)
        return f"rename {name} to {visible(self.new_name)}" if self.renames else f"change {name}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        found = api.provisioner_by_id(str(self.before.get("id") or ""))
        if found is None:
            return There.OTHER
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
class Remove:
    """A provisioner goes. Taking that back makes one that is the same but for its id and its admins."""

    kind: ClassVar[str] = "remove"
    before: Message

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return _name(self.before)

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


@dataclass(frozen=True, slots=True)
class _AdminStep:
    subject: str
    provisioner: str
    super: bool

    @property
    def path_name(self) -> str:
        """See `Step`."""
        return self.provisioner

    def _id(self, api: AdminApi) -> str:
        """Return the id of the admin, or the empty text where there is none."""
        owner = api.provisioner(self.provisioner)
        if owner is None:
            return ""
        found = (
            admin.id
            for admin in api.admins()
            if admin.subject == self.subject and admin.provisioner_id == owner.get("id")
        )
        return next(found, "")

    def _remove(self, api: AdminApi) -> Outcome:
        id_ = self._id(api)
        return api.remove_admin(id_) if id_ else Refused(404, "notFound", "there is no such admin", "")

    def _add(self, api: AdminApi) -> Outcome:
        return api.add_admin(self.subject, self.provisioner, super=self.super)

    def _fields(self, kind: str) -> dict[str, JSON]:
        return {
            "kind": kind,
            "subject": self.subject,
            "provisioner": self.provisioner,
            "super": self.super,
        }

    @property
    def _shown(self) -> str:
        role = "super admin" if self.super else "admin"
        return f"{role} {visible(self.subject)} of {visible(self.provisioner)}"


@dataclass(frozen=True, slots=True)
class Dismiss(_AdminStep):
    """An admin of a provisioner that is going to be removed goes first, so that he can come back."""

    kind: ClassVar[str] = "dismiss"

    @property
    def shown(self) -> str:
        """See `Step`."""
        return f"remove the {self._shown}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        return There.BEFORE if self._id(api) else There.AFTER

    def make(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return self._remove(api)

    def unmake(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return self._add(api)

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return self._fields(self.kind)


@dataclass(frozen=True, slots=True)
class Appoint(_AdminStep):
    """Somebody becomes an admin of a provisioner."""

    kind: ClassVar[str] = "appoint"

    @property
    def shown(self) -> str:
        """See `Step`."""
        return f"add the {self._shown}"

    def look(self, api: AdminApi) -> There:
        """See `Step`."""
        return There.AFTER if self._id(api) else There.BEFORE

    def make(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return self._add(api)

    def unmake(self, api: AdminApi) -> Outcome:
        """See `Step`."""
        return self._remove(api)

    def to_record(self) -> dict[str, JSON]:
        """See `Step`."""
        return self._fields(self.kind)


AnyStep: TypeAlias = Create | Replace | Remove | Dismiss | Appoint


def from_record(record: Mapping[str, JSON]) -> AnyStep:
    """Return the step of a record; raises ValueError where it is none."""
    match record:
        case {"kind": "create", "message": dict() as message}:
            return Create(message)
        case {"kind": "replace", "before": dict() as before, "after": dict() as after}:
            return Replace(before, after)
        case {"kind": "remove", "before": dict() as before}:
            return Remove(before)
        case {"kind": "dismiss" | "appoint" as kind, "subject": str(subject), "provisioner": str(name)}:
            make = Dismiss if kind == "dismiss" else Appoint
            return make(subject, name, record.get("super") is True)
        case _:
            raise ValueError("not a step")
