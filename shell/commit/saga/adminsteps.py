"""The steps of a commit to a CA that are about admins: one goes, or one is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from shell.backends.admin.addresses import ADMINS, provisioner_path
from shell.backends.admin.outcome import Refused
from shell.commit.saga.steps import There
from shell.escape import visible

if TYPE_CHECKING:
    from shell.backends.admin.api import AdminApi
    from shell.backends.admin.outcome import Outcome
    from shell.model.values import JSON


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
    def path(self) -> str:
        """See `Step`."""
        return provisioner_path(self.provisioner)

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
    def path(self) -> str:
        """See `Step`."""
        return ADMINS

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
