"""The edits of a draft put onto another base: what others did meanwhile stays, and conflicts get names.

Each provisioner of the old base that edits touch is found again in the new one by name, type and
occurrence (names repeat in broken files), and by content where that does not tell. Edits that meet
other fields than those changed by others merge; so do additions to and removals from a list. Both
sides arriving at the same value is no conflict. The steps survive, one for one, and can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.model.provisioner import Provisioner
from shell.staging.clashes import Clash, name_clashes, value_clashes
from shell.staging.compare import same_provisioner
from shell.staging.draft import Draft
from shell.staging.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shell.model.view import ProvisionerId
    from shell.staging.base import Base

__all__ = ["Clash", "Origin", "Rebased", "edited", "merge", "origins", "rebase"]


@dataclass(frozen=True, slots=True)
class Rebased:
    """The outcome of a rebase.

    `draft` stands on the new base. Where there are `conflicts` it is what would be if ours were kept
    everywhere, without the edits to what is gone. `merged` says that others changed something that the
    draft touches, so that what was checked before must be checked again.
    """

    draft: Draft
    conflicts: tuple[Clash, ...]
    merged: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a provisioner stood in its base: the `occurrence`-th (from 0) of `count` of its name and type."""

    name: str
    type_name: str
    occurrence: int
    count: int


def rebase(draft: Draft, new_base: Base) -> Rebased:
    """Return the draft on a new base, with what does not fit."""
    found: dict[ProvisionerId, ProvisionerId] = {}
    for id_, origin in origins(draft).items():
        match = find(origin, draft.base.provisioner(id_), new_base, found.values())
        if match is not None:
            found[id_] = match
    renamed = _renamed(draft, new_base, [id_ for id_ in origins(draft) if id_ not in found])
    found |= renamed
    names = {name: len(draft.named(name)) for name in claimed(draft)}
    return merge(draft, new_base, found, names, renamed)


def merge(
    draft: Draft,
    new_base: Base,
    found: Mapping[ProvisionerId, ProvisionerId],
    names: Mapping[str, int],
    renamed: Iterable[ProvisionerId] = (),
) -> Rebased:
    """Return the draft on a new base, once it is known which provisioner is which there.

    `found` leads from the provisioners of the old base to those of the new one; what it lacks is gone.
    `names` says how many provisioners have each name that the draft gives, before the rebase.
    """
    twins = _twins(draft, new_base, names)
    replay = Replay(draft, new_base, found, twins)
    replay.run()
    conflicts: list[Clash] = []
    merged = False
    for id_ in draft.touched():
        if id_ in twins or id_ >= len(draft.base):
            continue
        base, ours = draft.base.provisioner(id_), draft.current(id_)
        theirs = new_base.provisioner(found[id_]) if id_ in found else None
        if not same_provisioner(base, theirs):
            merged = True
            conflicts += value_clashes(draft, id_, base, theirs, ours, renamed=id_ in renamed)
    conflicts += [misfit for misfit in replay.misfits if not any(_covers(one, misfit) for one in conflicts)]
    conflicts += name_clashes(replay.draft, names)
    return Rebased(replay.draft, tuple(conflicts), merged or bool(twins))


def edited(draft: Draft) -> list[ProvisionerId]:
    """Return every provisioner that a step, undone or not, edits, in the order of the target."""
    return sorted({edit.id for step in (*draft.steps, *draft.undone) for edit in step.edits})


def origins(draft: Draft) -> dict[ProvisionerId, Origin]:
    """Return where each provisioner of the base stood that a step edits."""
    base = draft.base
    where = {}
    for id_ in edited(draft):
        if id_ < len(base):
            summary = base.summary(id_)
            group = alike(base, summary.name, summary.type_name)
            where[id_] = Origin(summary.name, summary.type_name, group.index(id_), len(group))
    return where


def claimed(draft: Draft) -> list[str]:
    """Return the names that the draft gives: to what it adds and what it renames."""
    base = draft.base
    names = []
    for id_ in draft.touched():
        now = draft.current(id_)
        if now is not None and not (id_ < len(base) and base.summary(id_).name == now.name):
            names.append(now.name)
    return list(dict.fromkeys(names))


def alike(base: Base, name: str, type_name: str) -> list[ProvisionerId]:
    """Return the provisioners of one name and type; more than one only in a broken file."""
    return [id_ for id_ in base.named(name) if base.summary(id_).type_name == type_name]


def find(
    origin: Origin,
    before: Provisioner,
    base: Base,
    taken: Iterable[ProvisionerId] = (),
    seen: Callable[[Provisioner], Provisioner] = lambda one: one,
) -> ProvisionerId | None:
    """Return the provisioner that stands for `before` in another base, or None where it is gone.

    Also None where several have its name and type, and neither content nor number tells which it is.
    `seen` gives of a candidate what is compared with `before`.
    """
    group = alike(base, origin.name, origin.type_name)
    in_place = group[origin.occurrence] if len(group) == origin.count else None
    if origin.count == 1 and in_place is not None:
        return in_place
    equal = [id_ for id_ in group if same_provisioner(seen(base.provisioner(id_)), before)]
    if in_place is not None and (in_place in equal or not equal):
        return in_place
    return next((id_ for id_ in equal if id_ not in set(taken)), None)


def _renamed(draft: Draft, new: Base, gone: list[ProvisionerId]) -> dict[ProvisionerId, ProvisionerId]:
    """Return where those that are gone stand under a new name with all else the same, each place once.

    Those that the draft renames too choose first.
    """
    old = draft.base
    places = [id_ for id_ in new.ids() if not old.named(new.summary(id_).name)] if gone else []
    found: dict[ProvisionerId, ProvisionerId] = {}

    def wanted(id_: ProvisionerId) -> str | None:
        ours = draft.current(id_)
        return ours.name if ours is not None and ours.name != old.summary(id_).name else None

    for id_ in sorted(gone, key=lambda id_: wanted(id_) is None):
        before = old.provisioner(id_)
        free = [place for place in places if place not in found.values()]
        match = [place for place in free if _is_namesake(before, new, place)]
        match.sort(key=lambda place: new.summary(place).name != wanted(id_))
        if match:
            found[id_] = match[0]
    return found


def _is_namesake(before: Provisioner, new: Base, place: ProvisionerId) -> bool:
    """Whether a provisioner has all of `before` but its name."""
    if new.summary(place).type_name != before.type_name:
        return False
    return same_provisioner(new.provisioner(place).with_value(("name",), before.name), before)


def _covers(clash: Clash, misfit: Clash) -> bool:
    """Whether a conflict says already what an edit that did not fit says."""
    inside = (misfit.field + ".").startswith(clash.field + ".") if clash.field else True
    return clash.provisioner == misfit.provisioner and inside


def _twins(draft: Draft, new_base: Base, names: Mapping[str, int]) -> set[ProvisionerId]:
    """Return what the draft adds and others have added just so: nothing is left to do there."""
    old_names = {draft.base.summary(id_).name for id_ in edited(draft) if id_ < len(draft.base)}
    twins = set()
    for id_ in draft.touched():
        ours = draft.current(id_)
        if id_ < len(draft.base) or ours is None or ours.name in old_names or names.get(ours.name) != 1:
            continue
        theirs = new_base.named(ours.name)
        if len(theirs) == 1 and same_provisioner(new_base.provisioner(theirs[0]), ours):
            twins.add(id_)
    return twins
