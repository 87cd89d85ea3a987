"""What the flags of a line come to: the values of a new provisioner, or edits of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.entries import is_written
from shell.commands.flags import ADD, APPEND, REMOVE, flags_for
from shell.errors import UsageError
from shell.escape import visible
from shell.model.fields import find_field
from shell.model.provisioner import format_path
from shell.staging.compare import same
from shell.staging.edits import Append, Drop, Set, Unset, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shell.commands.recipes import Change
    from shell.model.provisioner import Path, Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.edits import Edit


def fresh_values(changes: Iterable[Change]) -> dict[Path, JSON]:
    """Return the values that changes give a provisioner that has none yet."""
    values: dict[Path, JSON] = {}
    for change in changes:
        if change.effect == APPEND:
            values[change.path] = [*dict.fromkeys(map(str, _items(change)))]
        elif change.value is not None:
            values[change.path] = change.value
    return values


def edits_of(
    id_: ProvisionerId, item: Provisioner, changes: Iterable[Change]
) -> tuple[list[Edit], list[str]]:
    """Return the edits that make changes in a provisioner, and notices of what was not there.

    Removals come first. What would change nothing makes no edit. Raises UsageError where the result
    would contradict itself.
    """
    notices: list[str] = []
    edits: list[Edit] = []
    result = item
    for change in sorted(changes, key=lambda change: change.effect != REMOVE):
        for edit in _edits(id_, result, change, notices):
            edits.append(edit)
            result = apply(edit, result) or result
    refuse_conflicts(result)
    return edits, notices


def _edits(id_: ProvisionerId, item: Provisioner, change: Change, notices: list[str]) -> Iterator[Edit]:
    present = item.get(change.path)
    if change.effect in (APPEND, REMOVE):
        yield from _list_edits(id_, item, change, notices)
    elif change.value is None or not _is_kept(item.type, change.path, change.value):
        if present is not None:
            yield Unset(id_, change.path)
    elif not same(present, change.value):
        yield Set(id_, change.path, change.value)


def _is_kept(type_: ProvisionerType | None, path: Path, value: JSON) -> bool:
    """Whether an empty value is written, and not left out as step leaves it out."""
    return type_ is None or is_written(type_, path, value)


def _list_edits(id_: ProvisionerId, item: Provisioner, change: Change, notices: list[str]) -> Iterator[Edit]:
    present = item.get(change.path)
    items = present if isinstance(present, list) else []
    fold = _folding(item.type, change.path)
    there = {fold(each) for each in items if isinstance(each, str)}
    wanted = [str(each) for each in _items(change)]
    if change.effect == APPEND:
        new = [each for each in dict.fromkeys(wanted) if fold(each) not in there]
        if new:
            yield Append(id_, change.path, tuple(new))
        return
    for each in wanted:
        if fold(each) not in there:
            notices.append(f"{visible(each)} is not in {format_path(change.path)} of {visible(item.name)}")
    folded = {fold(each) for each in wanted}
    gone = [each for each in items if isinstance(each, str) and fold(each) in folded]
    if gone:
        yield Drop(id_, change.path, tuple(dict.fromkeys(gone)))


def _folding(type_: ProvisionerType | None, path: Path) -> Callable[[str], str]:
    """Return what makes two spellings of one item of a list alike."""
    row = find_field(type_, format_path(path))
    return str.lower if row is not None and getattr(row.kind, "ignore_case", False) else str


def _items(change: Change) -> list[JSON]:
    return change.value if isinstance(change.value, list) else []


def refuse_missing(type_: ProvisionerType, name: str, changes: Iterable[Change], *, has_key: bool) -> None:
    """Raise one UsageError that names everything a new provisioner lacks, and the flags that supply it."""
    given = {format_path(change.path) for change in changes if change.value}
    if has_key:
        given.add("key")
    missing = [path for path in type_.required if path not in given]
    if missing:
        raise UsageError(
            "missing-fields",
            f"a provisioner of type {type_.name} needs {' and '.join(missing)}",
            hint=f"add {name} --type {type_.name} "
            + " ".join(supplying_flags(type_, path) for path in missing),
        )


def supplying_flags(type_: ProvisionerType, path: str) -> str:
    """Return the flags that give a new provisioner a field, as they are written."""
    rows = [row for row in flags_for(ADD, type_, path) if not row.ours]
    texts = [row.flag if row.switch else f"{row.flag} {row.metavar}" for row in rows]
    return texts[0] if len(texts) == 1 else f"({' or '.join(texts)})"


def refuse_conflicts(item: Provisioner) -> None:
    """Raise UsageError where two fields of a provisioner exclude each other."""
    for one, other in _EXCLUSIVE:
        known = find_field(item.type, one) and find_field(item.type, other)
        if item.type is not None and known and item.members.get(one) and item.members.get(other):
            one_flag, other_flag = (flags_for(ADD, item.type, path)[0].flag for path in (one, other))
            raise UsageError(
                "contradicting-fields",
                f"{visible(item.name)} would have both {one} and {other}",
                hint=f'give one of {one_flag} and {other_flag}, or empty one: update {item.name} {one_flag} ""',
            )


# certificates: authority/provisioner/gcp.go, Init
_EXCLUSIVE = (("organizationID", "projectIDs"),)
