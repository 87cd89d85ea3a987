"""`diff --commands`: the lines of our language that make the same draft when they are run on the base.

The order makes every line valid when its turn comes: fields first, under the names of the base; then
removals, from the end of the list; then renames, each onto a name that is free by then; then additions.
A provisioner whose name is empty or repeated is called by its place in the list. Secrets stand in no
line: they are sources, which the caller writes or leaves to be supplied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.errors import UsageError
from shell.escape import visible
from shell.language.lexer import SOURCE_PREFIXES, quote
from shell.model.fields import FIELDS
from shell.model.kinds import OBJECT, RAW
from shell.model.provisioner import format_path
from shell.model.values import Number, format_json
from shell.staging.between import edits_between
from shell.staging.compare import same
from shell.staging.diff import ADD, CHANGE, REMOVE
from shell.staging.edits import Append, Drop, Unset
from shell.staging.masks import place_of, row_at, types_of, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.staging.base import Base
    from shell.staging.diff import Change
    from shell.staging.edits import FieldEdit
    from shell.staging.masks import Types
    from shell.staging.plan import Plan

    Secrets: TypeAlias = Callable[[str, str, str], str]
    """From the name of a provisioner, a field and a secret to the source that gives it, as `@file`."""


def command_lines(plan: Plan, base: Base, secrets: Secrets) -> list[str]:
    """Return the lines that make the draft of a plan on its base.

    `secrets(name, field, value)` returns the source that stands for a secret, such as `@FILE` (see
    `shell.commands.secretfiles`). What no command can say, such as a value that `set` refuses, becomes a
    comment.
    """
    return list(_Lines(plan, base, secrets).all())


class _Lines:
    """The lines of one plan."""

    def __init__(self, plan: Plan, base: Base, secrets: Secrets) -> None:
        self.secrets = secrets
        self.added = [change for change in plan.changes if change.action == ADD]
        self.changed = [change for change in plan.changes if change.action == CHANGE]
        self.removed = [change for change in plan.changes if change.action == REMOVE]
        self.kept = len(base) - len(self.removed)
        self.names = {name for change in plan.changes for name in (change.name, change.after_name)}

    def all(self) -> Iterator[str]:
        """Return every line, in order."""
        for change in self.changed:
            yield from self._fields(change)
        for change in reversed(self.removed):
            yield _line("remove", [_label(change, change.number)])
        yield from self._renames()
        for number, change in enumerate(self.added, self.kept + 1):
            yield from self._addition(change, number)

    def _fields(self, change: Change) -> Iterator[str]:
        before, after = change.before, change.after
        assert before is not None  # a change has both
        assert after is not None
        label = _label(change, change.number)
        for edit in edits_between(change.id, before, after):
            if edit.path != ("name",):
                yield from self._edit(label, types_of(before), edit)
            elif not change.after_name:
                yield _comment(label, ("name",), "is taken away, which no command does")

    def _edit(self, label: str, types: Types, edit: FieldEdit) -> Iterator[str]:
        match edit:
            case Unset(path=path):
                yield _line("unset", [label, format_path(path)])
            case Append(path=path, items=items):
                yield _line("set", [label, format_path(path)], items, ["--append"])
            case Drop(path=path, items=items):
                yield _line("set", [label, format_path(path)], items, ["--drop"])
            case _:
                yield from self._set(label, types, edit.path, edit.value)

    def _set(self, label: str, types: Types, path: Path, value: JSON) -> Iterator[str]:
        kept, found = without_secrets(types, path, value)
        if kept is not None:
            words = _words(types, path, kept)
            if words is None:
                yield _comment(label, path, "has a value that set does not accept; use edit")
            else:
                yield _line("set", [label, format_path(path)], words, _unknown(types, path))
        yield from self._secrets(label, types, found)

    def _secrets(self, label: str, types: Types, found: Iterable[tuple[Path, JSON]]) -> Iterator[str]:
        for path, value in found:
            row = row_at(types, place_of(path))
            plain = isinstance(value, str) and not isinstance(value, Number)
            text = value if plain and row is not None and row.kind is not OBJECT else format_json(value)
            source = self.secrets(label, format_path(path), str(text))
            yield _line("set", [label, format_path(path)], [], _unknown(types, path), source)

    def _renames(self) -> Iterator[str]:
        """Return the renames, each when its name is free; a circle of names is opened with one in between."""
        waiting = {change.id: change for change in self.changed if change.renamed and change.after_name}
        names = {id_: change.name for id_, change in waiting.items()}
        while waiting:
            taken = set(names.values())
            free = [change for change in waiting.values() if change.after_name not in taken]
            change = free[0] if free else next(iter(waiting.values()))
            new = change.after_name if free else self._between(change.name)
            label = names[change.id] if names[change.id] != change.name else self._label_now(change)
            yield _line("rename", [label, new])
            names[change.id] = new
            if free:
                del waiting[change.id], names[change.id]

    def _label_now(self, change: Change) -> str:
        """Return what to call a provisioner of the base once the removals are made."""
        return _label(change, change.number - sum(gone.number < change.number for gone in self.removed))

    def _between(self, name: str) -> str:
        """Return a name that nothing in the plan has."""
        number, candidate = 1, f"{name}-renamed"
        while candidate in self.names:
            number += 1
            candidate = f"{name}-renamed-{number}"
        self.names.add(candidate)
        return candidate

    def _addition(self, change: Change, number: int) -> Iterator[str]:
        provisioner = change.after
        assert provisioner is not None  # an addition has it
        types = types_of(provisioner)
        kept, found = without_secrets(types, (), provisioner.members)
        yield _line("add", [change.name], [], [f"--entry {quote(format_json(kept))}"])
        yield from self._secrets(f"%{number}" if change.repeated_after else change.name, types, found)


def _label(change: Change, number: int) -> str:
    """Return the word that means a provisioner of the base: its name, or its place in the list."""
    return f"%{number}" if change.repeated_before else change.name


def _line(
    command: str, names: Sequence[str], words: Sequence[str] = (), flags: Sequence[str] = (), source: str = ""
) -> str:
    """Return one line; behind `--` where a word would be taken for a flag."""
    given = [quote(name) for name in names]
    values = [quote(word) for word in words] + ([_source(source)] if source else [])
    if any(word.startswith("-") for word in (*names, *words)):
        return " ".join([command, *flags, "--", *given, *values])
    return " ".join([command, *given, *flags, *values])


def _source(source: str) -> str:
    prefix = next((prefix for prefix in SOURCE_PREFIXES if source.startswith(prefix)), "")
    return prefix + quote(source[len(prefix) :])


def _comment(label: str, path: Path, what: str) -> str:
    return f"# {visible(label)}: {visible(format_path(path))} {what}"


def _words(types: Types, path: Path, value: JSON) -> list[str] | None:
    """Return the words that `set` makes this value of, or None where there are none."""
    row = row_at(types, place_of(path))
    kind = row.kind if row is not None else RAW
    choices = [[str(format_json(value))]]
    if kind.is_list and isinstance(value, list) and value:
        choices.insert(0, [str(item) for item in value])
    elif isinstance(value, str) and kind is not RAW:
        choices.insert(0, [str(value)])
    for words in choices:
        try:
            parsed = [kind.parse(word) for word in words]
        except UsageError:
            continue
        items = [item for part in parsed for item in (part if isinstance(part, list) else [part])]
        if same(items if kind.is_list else parsed[0], value):
            return words
    return None


def _unknown(types: Types, path: Path) -> list[str]:
    """Return the flag that a field needs which the table of a known type does not have."""
    place = place_of(path)
    if None in types or row_at(types, place) is not None:
        return []
    rows = [row.segments for row in FIELDS if set(row.types) & set(types)]
    if any(row[: len(place)] == place or place[: len(row)] == row for row in rows):
        return []
    return ["--unknown"]
