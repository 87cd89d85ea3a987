"""A check: every rule over what was and what is to be, all problems at once, in a fixed order.

What is true of the whole file, and what keeps step-ca from reading it, is looked for everywhere; the
rules about one provisioner run on those that are touched, or on all of them when asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.problems import ERROR, Problem, as_existing
from shell.model.provisioner import Provisioner
from shell.model.rules import material
from shell.model.rules.table import (
    CHANGE_RULES,
    ENTRY_RULES,
    FILE_RULES,
    LIST_RULES,
    WHOLE_RULES,
    Change,
    Entry,
    Look,
    Row,
    Settings,
)
from shell.model.settingshape import settings_flaws
from shell.model.shape import DEADLY
from shell.model.types import TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shell.model.facts import Facts
    from shell.model.types import ProvisionerType
    from shell.model.view import ProvisionerId, View

_OF_SHAPE = ("shape", "deadly")
_REFUSED = "step-ca refuses the whole file"
_DIES = "step-ca does not start, and a running one dies when it is reloaded"


def check(
    before: View,
    after: View,
    touched: Iterable[ProvisionerId],
    facts: Facts,
    everything: bool = False,
) -> list[Problem]:
    """Return the problems of what is to be (`after`), those of the file first, then in the order of its list.

    `touched` are the provisioners that differ, also those that are gone. With `everything` every
    provisioner is looked at. A problem that was there before the edits is said to be "already so" and
    is a warning, unless it stops the whole CA; without edits nothing counts as before.
    """
    ids = list(touched)
    wanted = set(ids)
    present = list(after.ids())
    looked_at = present if everything else [id_ for id_ in present if id_ in wanted]
    found = _state(after, present, looked_at, facts)
    if ids:
        found = [*_known_before(found, before, facts), *_changes(before, after, ids, facts)]
    return _ordered(found, before, present)


def _known_before(found: list[Problem], before: View, facts: Facts) -> Iterable[Problem]:
    """Return the problems, those marked that were there before; only where some are is looked."""
    if not found:
        return ()
    known = set(before.ids())
    whose = sorted({problem.id for problem in found if problem.id is not None} & known)
    codes = {problem.code for problem in found}
    was = {_key(problem) for problem in _state(before, _of_whom(found, known), whose, facts, codes)}
    return (as_existing(problem) if _key(problem) in was else problem for problem in found)


def _key(problem: Problem) -> tuple[object, ...]:
    return problem.id, problem.code, problem.field, problem.message


def _of_whom(problems: list[Problem], known: set[ProvisionerId]) -> list[ProvisionerId]:
    """Return those whose shape is wrong and that were there before: only theirs can have been so already."""
    return sorted(
        {problem.id for problem in problems if problem.id is not None and problem.code in _OF_SHAPE} & known
    )


def _state(
    view: View,
    everybody: list[ProvisionerId],
    looked_at: list[ProvisionerId],
    facts: Facts,
    codes: Collection[str] | None = None,
) -> list[Problem]:
    """Return what is wrong with a view: its file, the shape of these entries, the list, and some of them.

    Of the list and its entries only what has one of these codes is looked for, where any are given.
    """
    settings = Settings(view.settings)
    found = list(material.of_file(facts))
    for path, why in settings_flaws(view.settings):
        code, message = _said(why)
        found.append(Problem(ERROR, code, "", path, message, "mend it by hand", stops=True))
    for file_row in FILE_RULES:
        found += [file_row.problem(hit) for hit in file_row.look(settings, facts)]
    for id_ in everybody:
        if flaws := view.flaws(id_):
            found += _shape(view.summary(id_).name, id_, flaws)
    list_rows = [row for row in LIST_RULES if codes is None or row.code in codes]
    listed = view.listed() if list_rows else ()
    for list_row in list_rows:
        for id_, hit in list_row.look(view, listed):
            found.append(list_row.problem(hit, view.summary(id_).name, id_))
    refused = {(problem.id, problem.field) for problem in found}
    for id_ in looked_at:
        for problem in _entry(view.provisioner(id_), settings, facts, id_, codes):
            if not (problem.stops and (problem.id, problem.field) in refused):
                found.append(problem)
    return found


def _shape(name: str, id_: ProvisionerId, flaws: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    for path, why in flaws:
        remedy = f"set {path} to a value of the right kind" if path else "remove the entry"
        code, message = _said(why)
        yield Problem(ERROR, code, name, path, message, remedy, stops=True, id=id_)


def _said(why: str) -> tuple[str, str]:
    """Return code and message of a flaw."""
    return ("deadly", f"it {why}: {_DIES}") if why in DEADLY else ("shape", f"it {why}: {_REFUSED}")


def _entry(
    provisioner: Provisioner,
    settings: Settings,
    facts: Facts,
    id_: ProvisionerId,
    codes: Collection[str] | None,
) -> Iterator[Problem]:
    type_ = provisioner.type
    if type_ is None:
        return
    entry = Entry(provisioner, settings, facts)
    for row in _ENTRY_RULES[type_]:
        if codes is None or row.code in codes:
            for hit in row.look(entry):
                yield row.problem(hit, provisioner.name, id_)
    yield from material.of_provisioner(provisioner, facts, id_)


def _by_type(rows: Iterable[Row[Look]]) -> dict[ProvisionerType | None, list[Row[Look]]]:
    """Return the rows about each type; of one that step-ca does not know there are none."""
    return {type_: [row for row in rows if type_ in row.types] for type_ in TYPES}


_ENTRY_RULES = _by_type(ENTRY_RULES)
_CHANGE_RULES = _by_type(CHANGE_RULES)


def _changes(before: View, after: View, ids: list[ProvisionerId], facts: Facts) -> Iterator[Problem]:
    """Yield what the edits take away."""
    settings = Settings(after.settings)
    for whole in WHOLE_RULES:
        for hit in whole.look(before, after):
            yield whole.problem(hit)
    was, now = set(before.ids()), set(after.ids())
    for id_ in ids:
        old = before.provisioner(id_) if id_ in was else None
        new = after.provisioner(id_) if id_ in now else None
        present = new or old
        if present is None:
            continue
        change = Change(old, new, settings, facts)
        for row in _CHANGE_RULES.get(present.type, ()):
            for hit in row.look(change):
                yield row.problem(hit, present.name, id_)


def _ordered(problems: list[Problem], before: View, present: list[ProvisionerId]) -> list[Problem]:
    """Return the problems of the file, of what is gone, and of the rest in the order of the list."""
    if not problems:
        return []
    there = set(present)
    gone = [id_ for id_ in before.ids() if id_ not in there]
    place = {id_: number for number, id_ in enumerate([*gone, *present])}
    return sorted(problems, key=lambda problem: -1 if problem.id is None else place[problem.id])
