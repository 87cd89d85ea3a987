"""The steps of a draft staged again on another base, with the provisioners they mean found anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shell.errors import UsageError
from shell.model.provisioner import format_path
from shell.staging.between import carry, edits_between
from shell.staging.clashes import Clash
from shell.staging.compare import same_provisioner
from shell.staging.draft import Draft
from shell.staging.edits import Set, Unset, apply
from shell.staging.fields import field_changes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId
    from shell.staging.base import Base
    from shell.staging.draft import Step
    from shell.staging.edits import Edit


class Replay:
    """One pass over the steps of a draft; `draft` is the new one, `misfits` are edits that did not fit.

    An edit of a provisioner that others left alone is staged as it is. Where they changed it, an edit
    that sets or unsets is taken apart into the fields it really changed, and only those are set.
    """

    def __init__(
        self,
        old: Draft,
        base: Base,
        found: Mapping[ProvisionerId, ProvisionerId],
        left_out: AbstractSet[ProvisionerId],
    ) -> None:
        self.draft = Draft(base)
        self.misfits: list[Clash] = []
        self._old = old
        self._ids = dict(found)
        self._left_out = left_out
        self._changed = {
            id_
            for id_, new in found.items()
            if not same_provisioner(old.base.provisioner(id_), base.provisioner(new))
        }

    def run(self) -> None:
        """Stage the steps, and those undone too, which are then undone again."""
        for step in self._old.steps:
            self.misfits += self._step(step)
        count = len(self.draft.steps)
        for step in reversed(self._old.undone):
            if self._step(step):
                break
        for _ in range(len(self.draft.steps) - count):
            self.draft.undo()

    def _step(self, step: Step) -> list[Clash]:
        """Stage one step, and return what of it does not fit."""
        mark = len(self.draft.steps)
        misfits = []
        for edit, before in zip(step.edits, step.replaced, strict=True):
            id_ = self._id(edit.id)
            if id_ is None:
                continue
            try:
                self.draft.stage(self._edits(edit, before, id_), step.line)
            except UsageError as error:
                name = before.name if before else ""
                field = format_path(getattr(edit, "path", ()))
                misfits.append(Clash(name, field, None, None, None, error.message))
        self.draft.join(mark, step.line)
        return misfits

    def _id(self, id_: ProvisionerId) -> ProvisionerId | None:
        """Return the identity that a provisioner has now, or None for one that is gone or left out."""
        if id_ in self._left_out:
            return None
        if id_ >= len(self._old.base) and id_ not in self._ids:
            self._ids[id_] = self.draft.new_id()
        return self._ids.get(id_)

    def _edits(self, edit: Edit, before: Provisioner | None, id_: ProvisionerId) -> tuple[Edit, ...]:
        if edit.id not in self._changed or not isinstance(edit, Set | Unset):
            return (replace(edit, id=id_),)
        present = self.draft.current(id_)
        after = apply(edit, before)
        assert present is not None  # removals are repeated as they were, and no edit follows one
        assert after is not None
        return edits_between(id_, present, carry(present, field_changes(before, after)))
