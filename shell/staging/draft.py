"""The draft: a base, the edits staged on it, and what they make of the provisioners they touch.

Invariants kept here:

- the base never changes, and nothing that is not touched is copied;
- `overlay` holds each touched provisioner as the edits leave it, None where it is removed;
- undoing the last step restores exactly what it replaced, and redoing it stages the same material;
- a step is all of one typed line, one `load`, one `source` or one paste, and is staged whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.model.shape import flaws
from shell.model.summary import summarize
from shell.model.view import ProvisionerId
from shell.staging.compare import same_provisioner
from shell.staging.edits import apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shell.model.provisioner import Provisioner
    from shell.model.shape import Flaw
    from shell.model.summary import Summary
    from shell.model.values import JSON
    from shell.staging.base import Base
    from shell.staging.edits import Edit


@dataclass(frozen=True, slots=True)
class Step:
    """What one line staged: the line as it may be shown, its edits, and what each of them replaced."""

    line: str
    edits: tuple[Edit, ...]
    replaced: tuple[Provisioner | None, ...]


class Draft:
    """Staged edits on a base; a `shell.model.view.View` of what the target would hold.

    `line` of a step never holds a secret: whoever stages it gives the text that may be shown.
    """

    def __init__(self, base: Base) -> None:
        self.base = base
        self.steps: list[Step] = []
        self.undone: list[Step] = []
        self.overlay: dict[ProvisionerId, Provisioner | None] = {}
        self._named: dict[str, dict[ProvisionerId, None]] = {}
        self._next_id = len(base)

    @property
    def settings(self) -> Mapping[str, JSON]:
        """The settings of the base; edits are of provisioners only."""
        return self.base.settings

    def new_id(self) -> ProvisionerId:
        """Return an identity that no provisioner of this draft has had."""
        self._next_id += 1
        return ProvisionerId(self._next_id - 1)

    def ids(self) -> Iterable[ProvisionerId]:
        """Return every provisioner that is there, in the order of the target, added ones last."""
        gone = {id_ for id_, value in self.overlay.items() if value is None}
        yield from (id_ for id_ in self.base.ids() if id_ not in gone)
        yield from (id_ for id_ in sorted(self.overlay) if id_ >= len(self.base) and id_ not in gone)

    def touched(self) -> list[ProvisionerId]:
        """Return the provisioners that differ from the base, in the order of the target."""
        return sorted(
            id_ for id_, value in self.overlay.items() if not same_provisioner(value, self._in_base(id_))
        )

    def current(self, id_: ProvisionerId) -> Provisioner | None:
        """Return a provisioner as the edits leave it, or None where it is not there."""
        return self.overlay[id_] if id_ in self.overlay else self._in_base(id_)

    def provisioner(self, id_: ProvisionerId) -> Provisioner:
        """Return a provisioner that is there, as the edits leave it."""
        found = self.current(id_)
        if found is None:
            raise KeyError(id_)
        return found

    def listed(self) -> Sequence[tuple[ProvisionerId, Summary]]:
        """Return every provisioner that is there with its summary, in the order of the target, added ones last."""
        listed = list(self.base.listed())
        added = []
        for id_ in sorted(self.overlay):
            if self.overlay[id_] is not None:
                item = (id_, self.summary(id_))
                if id_ < len(listed):
                    listed[id_] = item
                else:
                    added.append(item)
        gone = {id_ for id_, value in self.overlay.items() if value is None}
        return [item for item in listed if item[0] not in gone] + added if gone else listed + added

    def flaws(self, id_: ProvisionerId) -> tuple[Flaw, ...]:
        """Return what in a provisioner that is there makes step-ca refuse the whole file."""
        return flaws(self.provisioner(id_).members) if id_ in self.overlay else self.base.flaws(id_)

    def summary(self, id_: ProvisionerId) -> Summary:
        """Return name, type and token identifier of a provisioner that is there."""
        if id_ in self.overlay:
            return summarize(self.provisioner(id_).members)
        return self.base.summary(id_)

    def named(self, name: str) -> Sequence[ProvisionerId]:
        """Return the provisioners that have this name now; more than one only in a broken file."""
        untouched = [id_ for id_ in self.base.named(name) if id_ not in self.overlay]
        return sorted([*untouched, *self._named.get(name, ())])

    def staged_names(self) -> list[str]:
        """Return the names that touched provisioners have now, in order and each once."""
        return sorted(name for name, ids in self._named.items() if ids)

    def stage(self, edits: Iterable[Edit], line: str) -> Step:
        """Put edits on the draft as one step, and return it; no edits make no step.

        Raises UsageError where an edit does not fit, upon which none of them is staged. Nor is any when
        something else goes wrong on the way, such as Ctrl-C.
        """
        done: list[tuple[Edit, Provisioner | None]] = []
        try:
            for edit in edits:
                before = self.current(edit.id)
                self._put(edit.id, apply(edit, before))
                done.append((edit, before))
        except BaseException:
            self._restore(done)
            raise
        step = Step(line, tuple(edit for edit, _ in done), tuple(before for _, before in done))
        if done:
            self.steps.append(step)
            self.undone.clear()
        return step

    def undo(self) -> Step | None:
        """Take the last step back and return it, or None where there is none."""
        if not self.steps:
            return None
        step = self.steps.pop()
        self._restore(list(zip(step.edits, step.replaced, strict=True)))
        self.undone.append(step)
        return step

    def redo(self) -> Step | None:
        """Put the step that was taken back last on again and return it, or None where there is none."""
        if not self.undone:
            return None
        undone = self.undone.copy()
        step = undone.pop()
        self.stage(step.edits, step.line)
        self.undone = undone
        return step

    def join(self, mark: int, line: str) -> None:
        """Make one step, shown as `line`, of all that were staged since there were `mark` of them."""
        joined = self.steps[mark:]
        if joined:
            edits = tuple(edit for step in joined for edit in step.edits)
            replaced = tuple(before for step in joined for before in step.replaced)
            self.steps[mark:] = [Step(line, edits, replaced)]

    def discard(self) -> None:
        """Drop every step for good."""
        self.steps.clear()
        self.undone.clear()
        self.overlay.clear()
        self._named.clear()

    def _in_base(self, id_: ProvisionerId) -> Provisioner | None:
        return self.base.provisioner(id_) if id_ < len(self.base) else None

    def _restore(self, done: Sequence[tuple[Edit, Provisioner | None]]) -> None:
        for edit, before in reversed(done):
            self._put(edit.id, before)

    def _put(self, id_: ProvisionerId, value: Provisioner | None) -> None:
        """Make `value` the present state of a provisioner, and keep the index of names."""
        present = self.overlay.get(id_)
        if present is not None:
            self._named[present.name].pop(id_, None)
        if value is None and id_ >= len(self.base):
            self.overlay.pop(id_, None)
            return
        if value is not None and id_ < len(self.base) and value is self.base.provisioner(id_):
            self.overlay.pop(id_, None)
            return
        self.overlay[id_] = value
        if value is not None:
            self._named.setdefault(value.name, {})[id_] = None
