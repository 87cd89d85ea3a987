"""A draft as a JSON record, and back: for the draft that survives a crash, and for the journal.

A record holds the steps, and of each provisioner that they edit what is needed to find it again in a
file that has changed, and to tell what others changed there: name, type, occurrence and content. Of
that content the secrets are left out which no edit changes; they are taken from the file again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.model.summary import summarize
from shell.model.values import Number
from shell.model.view import ProvisionerId
from shell.staging.base import Base
from shell.staging.between import carry
from shell.staging.draft import Draft, Step
from shell.staging.edits import Add, Append, Appointee, Drop, Remove, Set, Unset, apply
from shell.staging.fields import FieldChange, field_changes
from shell.staging.masks import holds_secret, types_of
from shell.staging.rebase import Origin, Rebased, claimed, find, merge, origins

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.staging.edits import Edit

VERSION = 1


def to_record(draft: Draft) -> dict[str, JSON]:
    """Return the steps of a draft as JSON, for `format_json`.

    The member `secrets` says whether it holds any.
    """
    done = [
        row for step in (*draft.steps, *draft.undone) for row in zip(step.edits, step.replaced, strict=True)
    ]
    secrets = any(_is_secret(edit, before) for edit, before in done)
    needed: dict[ProvisionerId, set[Path]] = {}
    for edit, before in done:
        if isinstance(edit, Set | Unset):
            changes = field_changes(before, apply(edit, before))
            needed.setdefault(edit.id, set()).update(change.path for change in changes)
    provisioners: list[JSON] = []
    for id_, origin in origins(draft).items():
        known, left_out = _without_secrets(draft.base.provisioner(id_), needed.get(id_, set()))
        secrets = secrets or holds_secret(types_of(known), (), known.members)
        provisioners.append(
            {
                "id": Number(id_),
                "name": origin.name,
                "type": origin.type_name,
                "occurrence": Number(origin.occurrence),
                "count": Number(origin.count),
                "members": known.members,
                "left_out": [list(path) for path in left_out],
            }
        )
    return {
        "version": Number(VERSION),
        "fingerprint": draft.base.fingerprint,
        "secrets": secrets,
        "provisioners": provisioners,
        "names": {name: Number(len(draft.named(name))) for name in claimed(draft)},
        "steps": [_step_record(step) for step in draft.steps],
        "undone": [_step_record(step) for step in draft.undone],
    }


def from_record(record: JSON, base: Base) -> Rebased:
    """Return the draft of a record on a base; where the base is another one, rebased.

    Raises ShellError for a version that is not ours, and for a record that is damaged.
    """
    version = record.get("version") if isinstance(record, dict) else None
    if isinstance(version, Number) and version != Number(VERSION):
        raise ShellError(
            "unknown-draft-version",
            f"the saved edits are of version {version}, and this program reads version {VERSION}",
            hint="use the step-shell that wrote them",
        )
    try:
        restored = _Restoring(record, base)
        restored.run()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ShellError) as error:
        raise ShellError(
            "damaged-draft",
            "the saved edits cannot be read: they are not what step-shell writes",
            hint="stage the edits again",
        ) from error
    return merge(restored.draft, base, restored.found, restored.names)


def _is_secret(edit: Edit, before: Provisioner | None) -> bool:
    if isinstance(edit, Add):
        return holds_secret(types_of(edit.provisioner), (), edit.provisioner.members)
    if not isinstance(edit, Set):
        return False
    return holds_secret(types_of(before), edit.path, edit.value)


def _without_secrets(provisioner: Provisioner, needed: set[Path]) -> tuple[Provisioner, list[Path]]:
    """Return a provisioner without its secrets, but for those at paths that are needed; and their paths."""
    left_out = [
        change
        for change in field_changes(None, provisioner)
        if change.path not in needed and holds_secret(change.types, change.place, change.after)
    ]
    gone = [FieldChange(change.path, change.after, None, change.place, change.types) for change in left_out]
    return carry(provisioner, gone), [change.path for change in left_out]


def _step_record(step: Step) -> JSON:
    return {"line": step.line, "edits": [_edit_record(edit) for edit in step.edits]}


def _edit_record(edit: Edit) -> JSON:
    row: dict[str, JSON] = {"edit": type(edit).__name__.lower(), "id": Number(edit.id)}
    if isinstance(edit, Add):
        admins: list[JSON] = [{"subject": each.subject, "super": each.super} for each in edit.admins]
        return row | {"members": edit.provisioner.members} | ({"admins": admins} if admins else {})
    if isinstance(edit, Remove):
        return row
    row["path"] = list(edit.path)
    if isinstance(edit, Set):
        row["value"] = edit.value
    elif isinstance(edit, Append | Drop):
        row["items"] = list(edit.items)
    return row | {"unique": edit.unique} if isinstance(edit, Append) else row


_READERS: dict[str, Callable[[ProvisionerId, Any], Edit]] = {
    "add": lambda id_, row: Add(id_, Provisioner(dict(row["members"])), _admins(row.get("admins", []))),
    "remove": lambda id_, row: Remove(id_),
    "set": lambda id_, row: Set(id_, _texts(row["path"]), row["value"]),
    "unset": lambda id_, row: Unset(id_, _texts(row["path"])),
    "append": lambda id_, row: Append(id_, _texts(row["path"]), _texts(row["items"]), row["unique"] is True),
    "drop": lambda id_, row: Drop(id_, _texts(row["path"]), _texts(row["items"])),
}


def _admins(rows: Any) -> tuple[Appointee, ...]:
    return tuple(Appointee(str(row["subject"]), row["super"] is True) for row in rows)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("not a list of texts")
    return tuple(value)


class _Restoring:
    """One record on its way back: `draft` stands on a base of what the record remembers.

    `found` leads from there to the real base, `names` is as `merge` takes it.
    """

    def __init__(self, record: Any, base: Base) -> None:
        self.record = record
        self.base = base
        self.same_base = record["fingerprint"] == base.fingerprint
        self.ids: dict[int, ProvisionerId] = {}
        self.found: dict[ProvisionerId, ProvisionerId] = {}
        self.names = {name: int(count) for name, count in record["names"].items()}
        remembered = [self._provisioner(row) for row in record["provisioners"]]
        summaries = [summarize(one.members) for one in remembered]
        self.draft = Draft(Base({}, summaries, remembered.__getitem__, record["fingerprint"]))

    def run(self) -> None:
        """Stage the steps, and those undone too, which are then undone again."""
        for row in self.record["steps"]:
            self._stage(row)
        count = len(self.draft.steps)
        for row in reversed(self.record["undone"]):
            self._stage(row)
        for _ in range(len(self.draft.steps) - count):
            self.draft.undo()

    def _provisioner(self, row: Any) -> Provisioner:
        """Return a provisioner as it was; enter where it is now."""
        id_ = ProvisionerId(len(self.ids))
        self.ids[int(row["id"])] = id_
        known = Provisioner(dict(row["members"]))
        left_out = {_texts(path) for path in row["left_out"]}
        if self.same_base:
            match: ProvisionerId | None = ProvisionerId(int(row["id"]))
        else:
            match = self._find(row, known, left_out)
        if match is None:
            return known
        self.found[id_] = match
        return _completed(known, left_out, self.base.provisioner(match))

    def _find(self, row: Any, known: Provisioner, left_out: set[Path]) -> ProvisionerId | None:
        origin = Origin(row["name"], row["type"], int(row["occurrence"]), int(row["count"]))
        # content tells nothing about secrets that were left out, so they are left out of the candidates too
        taken = self.found.values()
        return find(origin, known, self.base, taken, lambda one: _stripped(one, left_out))

    def _stage(self, row: Any) -> None:
        edits = []
        for edit in row["edits"]:
            number = int(edit["id"])
            if number not in self.ids:
                self.ids[number] = self.draft.new_id()
            edits.append(_READERS[edit["edit"]](self.ids[number], edit))
        self.draft.stage(edits, str(row["line"]))


def _completed(known: Provisioner, left_out: set[Path], present: Provisioner) -> Provisioner:
    """Return the provisioner with the secrets that were left out, as the file has them now."""
    return carry(known, [change for change in field_changes(None, present) if change.path in left_out])


def _stripped(provisioner: Provisioner, paths: set[Path]) -> Provisioner:
    changes = [change for change in field_changes(None, provisioner) if change.path in paths]
    gone = [FieldChange(change.path, change.after, None, change.place, change.types) for change in changes]
    return carry(provisioner, gone)
