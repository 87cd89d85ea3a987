"""Any step of a commit to a CA, and reading one back from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from shell.commit.saga.adminsteps import Appoint, Dismiss
from shell.commit.saga.steps import Create, Remove, Replace, Revise
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.values import JSON

Sendable: TypeAlias = Create | Replace | Remove | Dismiss | Appoint
"""A step that can be made and unmade by a request of its own."""
AnyStep: TypeAlias = Sendable | Revise
"""A step of a plan: one that is read late has to be resolved before it can be sent."""


def from_record(record: Mapping[str, JSON]) -> AnyStep:
    """Return the step of a record; raises ValueError where it is none."""
    match record:
        case {"kind": "create", "message": dict() as message}:
            return Create(message)
        case {"kind": "replace", "before": dict() as before, "after": dict() as after}:
            return Replace(before, after)
        case {"kind": "revise", "before": dict() as before, "after": dict() as after}:
            return Revise(Provisioner(before), Provisioner(after))
        case {"kind": "remove", "before": dict() as before}:
            return Remove(before)
        case {"kind": "dismiss" | "appoint" as kind, "subject": str(subject), "provisioner": str(name)}:
            make = Dismiss if kind == "dismiss" else Appoint
            return make(subject, name, record.get("super") is True)
        case _:
            raise ValueError("not a step")
