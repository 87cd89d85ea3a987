"""Taking a past commit to a file back: the inverse of what it did, as edits for the draft.

Nothing is written here: the edits are looked at, checked and committed as any others. What the commit
did stands in the history with its secrets masked; the backup that was made before it has everything.
Where the backup is gone, what cannot be known again is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.backends.cafile import digest_of, make_base, parse
from shell.commit.past import (
    as_far_as_members_go,
    changes_of,
    is_masked,
    name_after,
    objects,
    path_of,
    text,
)
from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.staging.compare import same
from shell.staging.edits import Add, Appointee, Remove, Set, Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.history import Entry
    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit


@dataclass(frozen=True, slots=True)
class Rollback:
    """The inverse of a commit.

    `edits` are to be staged as one step. `needs` names what they cannot restore, as `NAME FIELD`, since it
    was a secret and the backup is gone. `notes` say what is different now from what the commit left. All
    of these are safe to show only through `shell.escape.visible`.
    """

    edits: tuple[Edit, ...]
    needs: tuple[str, ...]
    notes: tuple[str, ...]


def rollback(entry: Entry, draft: Draft) -> Rollback:
    """Return the edits that take a past commit back, for a draft (which is not changed).

    Raises ShellError `nothing-to-roll-back` for a commit that changed nothing in the end.
    """
    if entry.outcome != "committed":
        raise ShellError(
            "nothing-to-roll-back",
            f"commit {entry.id} was {entry.outcome}: there is nothing of it to take back",
            hint="see: history",
        )
    return _Inverse(entry, draft).made()


class _Inverse:
    """The edits that one history entry asks for, gathered."""

    def __init__(self, entry: Entry, draft: Draft) -> None:
        self._draft = draft
        self._old = _provisioners_before(entry)
        self._plan = entry.plan
        self._needs: list[str] = []
        self._notes: list[str] = []
        self._number = entry.id

    def made(self) -> Rollback:
        """Return removals of what was added first, so that names are free for what comes back."""
        edits: list[Edit] = []
        freed: set[str] = set()
        for change in changes_of(self._plan, "add"):
            for id_ in self._present(text(change, "name"), change):
                edits.append(Remove(id_))
                freed.add(text(change, "name"))
        for change in changes_of(self._plan, "change"):
            edits += self._changed_back(change)
        for change in changes_of(self._plan, "remove"):
            edits += self._added_back(change, freed)
        return Rollback(tuple(edits), tuple(self._needs), tuple(self._notes))

    def _present(self, name: str, change: dict[str, JSON]) -> list[ProvisionerId]:
        """Return the one provisioner that is meant, or none with a note."""
        found = self._draft.named(name)
        fitting = [id_ for id_ in found if self._draft.summary(id_).type_name == change.get("type")]
        if len(fitting) == 1:
            return fitting
        why = "is not there any more" if not fitting else "is there more than once"
        self._notes.append(f"{name} {why}; what commit {self._number} did to it is not taken back")
        return []

    def _added_back(self, change: dict[str, JSON], freed: set[str]) -> Iterator[Edit]:
        name = text(change, "name")
        if self._draft.named(name) and name not in freed:
            self._notes.append(
                f"there is a {name} again; the one that commit {self._number} removed stays away"
            )
            return
        old = self._old.get(name)
        admins = tuple(
            Appointee(text(admin, "subject"), admin.get("super") is True)
            for admin in objects(change.get("admins"))
        )
        self._notes += [
            f"the commit of this makes {each.subject} an admin of {name} again, with a new id"
            for each in admins
        ]
        yield Add(self._draft.new_id(), old or self._remembered(name, change), admins)

    def _remembered(self, name: str, change: dict[str, JSON]) -> Provisioner:
        """Return a removed provisioner as the history has it, without its secrets."""
        made = Provisioner({})
        for field in objects(change.get("fields")):
            path, value = path_of(field), field.get("before")
            if path and not is_masked(value):
                made = made.with_value(path, value)
            else:
                self._needs.append(f"{name} {text(field, 'path')}")
        return made

    def _changed_back(self, change: dict[str, JSON]) -> Iterator[Edit]:
        fields = objects(change.get("fields"))
        before = text(change, "name")
        now = name_after(change)
        for id_ in self._present(now, change):
            present, old = self._draft.provisioner(id_), self._old.get(before)
            done: set[Path] = set()
            for field in fields:
                self._note_later_change(now, field, present)
                edit = self._field_back(id_, before, field, present, old)
                if edit is not None and edit.path not in done:
                    done.add(edit.path)
                    yield edit

    def _field_back(
        self,
        id_: ProvisionerId,
        name: str,
        field: dict[str, JSON],
        present: Provisioner,
        old: Provisioner | None,
    ) -> Set | Unset | None:
        path, value = path_of(field), field.get("before")
        if old is not None and path:
            path = as_far_as_members_go(path, present, old)
            value = old.get(path)
        elif not path or is_masked(value) or as_far_as_members_go(path, present, present) != path:
            self._needs.append(f"{name} {text(field, 'path')}")
            return None
        return Unset(id_, path) if value is None else Set(id_, path, value)

    def _note_later_change(self, name: str, field: dict[str, JSON], present: Provisioner) -> None:
        path, after = path_of(field), field.get("after")
        known = not is_masked(after) and as_far_as_members_go(path, present, present) == path
        if path and known and not same(present.get(path), after):
            self._notes.append(f"{name} {text(field, 'path')} has been changed since; it is set back as well")


def _provisioners_before(entry: Entry) -> dict[str, Provisioner]:
    """Return what the backup has, by name; empty where it is gone, and without names that repeat."""
    try:
        with open(entry.backup, "rb") as file:
            data = file.read()
    except OSError:
        return {}
    if digest_of(data) != entry.before:
        return {}
    base = make_base(parse(data, entry.target), entry.before)
    wanted = {text(change, "name") for change in changes_of(entry.plan)}
    return {name: base.provisioner(found[0]) for name in wanted if len(found := base.named(name)) == 1}
