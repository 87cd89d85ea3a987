"""What the journal and the history of a commit to a file hold, and reading it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from shell.history import Entry, History
    from shell.model.values import JSON
    from shell.staging.plan import Plan

KIND = "file"

Way = Literal["replace", "in-place"]


@dataclass(frozen=True, slots=True)
class FileCommit:
    """A commit to a file, as the journal has it before anything is done.

    `path` is the path as the user gave it, `real` the file itself. `before` and `after` are the digests
    of its bytes. `plan` is masked: it goes into the history as it is.
    """

    key: str
    path: str
    real: str
    way: Way
    before: str
    after: str
    backup: str
    time: str
    operator: str
    comment: str
    plan: JSON

    def to_record(self) -> dict[str, JSON]:
        """Return the record for the journal."""
        return {"kind": KIND, **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    @classmethod
    def from_record(cls, record: dict[str, JSON]) -> FileCommit:
        """Return what `to_record` gave the record for."""
        return cls(**{name: record[name] for name in cls.__dataclass_fields__})  # type: ignore[arg-type]

    def add_to(self, history: History, outcome: str, live: bool | None) -> Entry:
        """Put the commit into the history, unless it is there already, and return the entry."""
        return history.add(
            key=self.key,
            now=datetime.fromisoformat(self.time),
            operator=self.operator,
            comment=self.comment,
            target=self.path,
            plan=self.plan,
            before=self.before,
            after=self.after,
            backup=self.backup,
            outcome=outcome,
            live=live,
        )


def masked_plan(plan: Plan) -> JSON:
    """Return the changes of a plan for the history, in the form of `diff --json`, without any secret."""
    return [
        {
            "action": change.action,
            "name": change.name,
            "type": change.type_name,
            "fields": [_masked_field(format_path(field.path), *field.shown) for field in change.fields],
        }
        for change in plan.changes
    ]


def _masked_field(path: str, before: JSON, after: JSON) -> JSON:
    return {"path": path, "before": before, "after": after}
