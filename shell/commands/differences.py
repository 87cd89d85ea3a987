"""What `diff` shows: a plan as a tree with a gutter, and as the JSON document.

Pure: what keys and certificates look like is for the caller to say. Every text that came from the target
is made visible, and every secret is `(set)` or `(changed)` before anything here looks at it.
"""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from shell.commands.wordmarks import marked
from shell.escape import visible
from shell.model.kinds import PEM, TEMPLATE
from shell.model.provisioner import format_path
from shell.model.values import Number, format_json
from shell.staging.diff import REMOVE
from shell.staging.masks import CHANGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.results import Line, Span
    from shell.staging.diff import Change
    from shell.staging.fields import FieldChange
    from shell.staging.plan import Plan

    Describe: TypeAlias = Callable[[ProvisionerType | None, Path, JSON], str]
    """From a type, a place in the field table and a value, masked, to the text of one line."""

GUTTERS = {"add": ("+ ", "added"), "change": ("~ ", "changed"), "remove": ("- ", "removed")}
ADDED, REPLACED, GONE = GUTTERS["add"], GUTTERS["change"], GUTTERS["remove"]
INDENT = "    "
LONG = 60
"""From how many characters on two texts stand one under the other, with the words that differ marked."""


def as_json(type_: ProvisionerType | None, path: Path, value: JSON) -> str:
    """Return a value as JSON text."""
    return format_json(value)


def difference_lines(plan: Plan, describe: Describe = as_json) -> list[Line]:
    """Return the tree of a plan, then its one-line summary, then the hash that names it.

    `describe(type, path, value)` returns one line for an object or PEM of a known field, such as the
    fingerprint of a key; where it had to cut the line (`…` at the end) the value is shown as JSON. An
    empty plan has only the summary.
    """
    lines: list[Line] = []
    for change in plan.changes:
        lines.append(_heading(change))
        for field in change.fields:
            lines += _field_lines(change, field, describe)
    lines.append([("heading", str(plan.summary))])
    if plan:
        lines.append([("muted", "plan "), ("value", plan.short_digest)])
    return lines


def difference_json(plan: Plan, target: str, base: str) -> JSON:
    """Return the document of `diff --json`: `target` names the target, `base` is the base's fingerprint."""
    return {
        "target": target,
        "base": base,
        "plan": plan.digest,
        "summary": {name: Number(count) for name, count in plan.summary._asdict().items()},
        "changes": [
            {
                "action": change.action,
                "name": change.name,
                "type": change.type_name,
                "fields": [_field_json(field) for field in change.fields],
            }
            for change in plan.changes
        ],
    }


def _field_json(field: FieldChange) -> JSON:
    before, after = field.shown
    return {"path": format_path(field.path), "before": before, "after": after}


def _heading(change: Change) -> list[Span]:
    mark, style = GUTTERS[change.action]
    spans = [(style, mark), ("name", visible(change.name) or '""')]
    if change.renamed:
        spans += [("muted", " → "), ("name", visible(change.after_name) or '""')]
    place = f", entry {change.number}" if change.ambiguous and change.number else ""
    return [*spans, ("muted", f" ({visible(change.type_name) or 'no type'}{place})")]


def _field_lines(change: Change, field: FieldChange, describe: Describe) -> Iterator[Line]:
    before, after = field.shown
    mark = ADDED if before is None else GONE if after is None else REPLACED
    head: list[Span] = [(mark[1], f"  {mark[0]}"), ("field", visible(format_path(field.path)))]
    if field.secret:
        yield head if after is None else [*head, ("", ": "), ("secret", str(after))]
    elif isinstance(before, list) and isinstance(after, list) and _items_differ(before, after):
        yield head
        yield from _item_lines(before, after)
    elif change.action != REMOVE and (_is_block(field, before) or _is_block(field, after)):
        yield head
        yield from _block_lines(before, after)
    else:
        yield from _value_lines(head, field, describe)


def _value_lines(head: list[Span], field: FieldChange, describe: Describe) -> Iterator[Line]:
    """Return the line of a value, or two lines where both are long."""
    before, after = (_text(field, value, describe) for value in field.shown)
    if before is None or after is None:
        style = "added" if before is None else "removed"
        yield [*head, ("", ": "), (style, (after if before is None else before) or "")]
    elif before == after:
        # what differs is a secret inside, or something that the description leaves out
        yield [*head, ("", ": "), ("value", after), ("changed", f" {CHANGED}")]
    elif max(len(before), len(after)) <= LONG:
        yield [*head, ("", ": "), ("removed", before), ("muted", " → "), ("added", after)]
    else:
        old, new = marked(before, after)
        yield head
        yield [(GONE[1], f"{INDENT}{GONE[0]}"), *old]
        yield [(ADDED[1], f"{INDENT}{ADDED[0]}"), *new]


def _text(field: FieldChange, value: JSON, describe: Describe) -> str | None:
    """Return a masked value as one visible line; None for one that is absent."""
    if value is None:
        return None
    row = field.row
    if row is None:
        text = format_json(value)
    elif row.kind.from_file and row.kind is not TEMPLATE:
        text = describe(field.types[-1], field.place, value)
    else:
        text = value if isinstance(value, str) and row.kind is TEMPLATE else row.kind.show(value)
    return visible(text) or '""'


def _is_block(field: FieldChange, value: JSON) -> bool:
    """Whether a value is a text that needs several lines."""
    return (
        isinstance(value, str) and "\n" in value.strip() and (field.row is None or field.row.kind is not PEM)
    )


def _items_differ(before: list[JSON], after: list[JSON]) -> bool:
    """Whether items come or go, and not only their order changes."""
    return Counter(map(format_json, before)) != Counter(map(format_json, after))


def _item_lines(before: list[JSON], after: list[JSON]) -> Iterator[Line]:
    old, new = ([_item(item) for item in items] for items in (before, after))
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    for text in gone.elements():
        yield [(GONE[1], f"{INDENT}{GONE[0]}"), ("removed", text)]
    for text in come.elements():
        yield [(ADDED[1], f"{INDENT}{ADDED[0]}"), ("added", text)]


def _item(item: JSON) -> str:
    plain = isinstance(item, str) and not isinstance(item, Number) and item
    return visible(str(item) if plain else format_json(item))


def _block_lines(before: JSON, after: JSON) -> Iterator[Line]:
    """Return the lines of two texts that differ, each change with a line around it."""
    old, new = (_split(value) for value in (before, after))
    gone: list[str] = []
    come: list[str] = []
    for line in [*list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:], ""]:
        if line[:1] == "-" and not come:
            gone.append(line[1:])
        elif line[:1] == "+":
            come.append(line[1:])
        else:
            yield from _replaced_lines(gone, come)
            gone, come = ([line[1:]] if line[:1] == "-" else []), []
        if line[:1] == "@" and before is not None and after is not None:
            yield [("muted", INDENT + line)]
        elif line[:1] == " ":
            yield [("", f"{INDENT}  {line[1:]}")]


def _replaced_lines(gone: list[str], come: list[str]) -> Iterator[Line]:
    """Return lines that give way to others; as many as there were before are alike, in turn."""
    if len(gone) == len(come):
        spans = [marked(one, other) for one, other in zip(gone, come, strict=True)]
        yield from ([(GONE[1], f"{INDENT}{GONE[0]}"), *one] for one, _ in spans)
        yield from ([(ADDED[1], f"{INDENT}{ADDED[0]}"), *other] for _, other in spans)
        return
    yield from ([(GONE[1], f"{INDENT}{GONE[0]}{line}")] for line in gone)
    yield from ([(ADDED[1], f"{INDENT}{ADDED[0]}{line}")] for line in come)


def _split(value: JSON) -> list[str]:
    if value is None:
        return []
    text = value if isinstance(value, str) else format_json(value)
    return [visible(line) for line in text.split("\n")]
