"""A rebased draft without the steps that meet what others changed too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shell.errors import UsageError
from shell.model.provisioner import parse_path
from shell.staging.clashes import TAKEN
from shell.staging.draft import Draft
from shell.staging.edits import Add, Set
from shell.staging.fields import KEY

if TYPE_CHECKING:
    from shell.model.provisioner import Path, Provisioner
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.clashes import Clash
    from shell.staging.draft import Step
    from shell.staging.edits import Edit
    from shell.staging.rebase import Rebased


def without_conflicts(rebased: Rebased) -> Draft:
    """Return the draft without each step that has part in a conflict, as a whole; the others are staged as they were.

    A step that needs one of those goes too.
    """
    old = rebased.draft
    draft = Draft(old.base)
    ids: dict[ProvisionerId, ProvisionerId] = {}
    for step in old.steps:
        if any(_is_about(old, step, edit, clash) for edit in step.edits for clash in rebased.conflicts):
            continue
        try:
            draft.stage([_moved(draft, edit, ids) for edit in step.edits], step.line)
        except UsageError:
            continue
    return draft


def _moved(draft: Draft, edit: Edit, ids: dict[ProvisionerId, ProvisionerId]) -> Edit:
    """Return an edit with the identity that what it means has in this draft."""
    if edit.id >= len(draft.base) and edit.id not in ids:
        ids[edit.id] = draft.new_id()
    return replace(edit, id=ids.get(edit.id, edit.id))


def _is_about(draft: Draft, step: Step, edit: Edit, clash: Clash) -> bool:
    """Whether an edit touches what a conflict is about."""
    if clash.reason == TAKEN:
        return _given_name(edit) == clash.provisioner
    names = {clash.provisioner, clash.theirs if clash.field == KEY else clash.provisioner}
    before = step.replaced[step.edits.index(edit)]
    if not names & _names(draft, edit, before):
        return False
    place = parse_path(clash.field) if clash.field else ()
    own = _by_names(getattr(edit, "path", ()), before)
    length = min(len(own), len(place))
    return bool(own[:length] == place[:length])


def _given_name(edit: Edit) -> object:
    """Return the name that an edit gives to a provisioner, or None."""
    if isinstance(edit, Add):
        return edit.provisioner.name
    return edit.value if isinstance(edit, Set) and edit.path == (KEY,) else None


def _by_names(path: Path, provisioner: Provisioner | None) -> Path:
    """Return a path in which items of lists go by their names, as in a conflict."""
    value: JSON = provisioner.members if provisioner is not None else None
    found: list[str] = []
    for name in path:
        if isinstance(value, list):
            value = value[int(name)] if name.isdecimal() and int(name) < len(value) else None
            known = value.get(KEY) if isinstance(value, dict) else None
            found.append(known if isinstance(known, str) else name)
        else:
            value = value.get(name) if isinstance(value, dict) else None
            found.append(name)
    return tuple(found)


def _names(draft: Draft, edit: Edit, before: Provisioner | None) -> set[object]:
    """Return the names of what is edited: that in the base, and those before and after the edits."""
    found: set[object] = set()
    if edit.id < len(draft.base):
        found.add(draft.base.summary(edit.id).name)
    now = draft.current(edit.id)
    return found | {one.name for one in (before, now) if one is not None}
