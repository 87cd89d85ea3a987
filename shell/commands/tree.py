"""A provisioner as a tree: its members as they are nested, and the claims in force with where each comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.commands.masks import field_at, pem_description, shown
from shell.escape import visible
from shell.model.claims import BUILT_IN, effective
from shell.model.durations import short_duration
from shell.model.fields import structure_of
from shell.model.kinds import PEM
from shell.model.provisioner import format_path
from shell.results import Moment
from shell.staging.masks import SET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shell.model.claims import EffectiveClaim
    from shell.model.provisioner import Path, Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.results import Line, Span

_INDENT = "  "
_CLAIMS = ("claims",)
_UNKNOWN = "  (not known to this program)"
_LONGEST = 100
_EXPIRY = re.compile(r"(.*\bexpires )(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(.*)", re.DOTALL)


class _Row:
    """A line of the tree: how deep it stands, its label, and the spans behind it on as many lines."""

    __slots__ = ("depth", "label", "values")

    def __init__(self, depth: int, label: str, values: Sequence[Sequence[Span]] = ()) -> None:
        self.depth = depth
        self.label = visible(label)
        self.values = values or [[]]

    @property
    def width(self) -> int:
        """How many characters the label takes with its indent."""
        return len(_INDENT) * self.depth + len(self.label)


def tree_lines(item: Provisioner, authority_claims: JSON, *, origin: str) -> list[Line]:
    """Return the lines of a provisioner; `origin` is what is said of a claim that it does not set itself and nothing read does."""
    claims = effective(item, authority_claims)
    rows = list(_rows(item.type, (), item.members, _claim_rows(item, claims, origin)))
    width = max((row.width for row in rows if row.values != [[]]), default=0)
    lines: list[Line] = [
        [
            ("name", visible(item.name) or "(no name)"),
            ("muted", f"  {visible(item.type_name) or '(no type)'}"),
        ]
    ]
    for row in rows:
        label = _INDENT * row.depth + row.label
        for place, spans in enumerate(row.values):
            shown_label = "" if place else label
            lines.append([("field", f"{shown_label:<{width}}  " if spans else label), *spans])
    return lines


def value_spans(text: str) -> list[Span]:
    """Return the text of a value, with the moment apart at which a certificate expires."""
    expiry = _EXPIRY.fullmatch(text)
    if expiry is None:
        return [("secret" if text == SET else "value", text)]
    before, moment, after = expiry.groups()
    return [("value", before), ("value", Moment(moment)), ("value", after)]


def claim_text(claim: EffectiveClaim) -> str:
    """Return the value of a claim in force."""
    if isinstance(claim.value, bool):
        return "true" if claim.value else "false"
    return short_duration(claim.value)


def _rows(
    type_: ProvisionerType | None, path: Path, members: dict[str, JSON], claims: Sequence[_Row]
) -> Iterator[_Row]:
    """Yield a row for each member that is there; objects that we know are gone into, and claims are those in force."""
    had_claims = False
    for name, value in members.items():
        here = (*path, name)
        if here in (("type",), ("name",)) or value is None:
            continue
        if here == _CLAIMS and isinstance(value, dict):
            had_claims = True
            yield from claims
        elif isinstance(value, dict) and value and _has_rows_inside(type_, here):
            yield _Row(len(here), name)
            yield from _rows(type_, here, value, ())
        elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
            yield _Row(len(here), name)
            yield from _items(type_, here, value)
        else:
            yield _Row(len(here), name, _values(type_, here, value))
    if not had_claims:
        yield from claims


def _items(type_: ProvisionerType | None, path: Path, items: Sequence[JSON]) -> Iterator[_Row]:
    """Yield the items of a list, objects under their names."""
    for place, item in enumerate(items):
        here = (*path, str(place))
        if not isinstance(item, dict):
            yield _Row(len(here), str(place + 1), [value_spans(shown(type_, here, item, _LONGEST))])
            continue
        name = item.get("name")
        yield _Row(len(here), name if isinstance(name, str) and name else str(place + 1))
        for member, value in item.items():
            if member != "name" or value != name:
                spans = value_spans(shown(type_, (*here, member), value, _LONGEST))
                yield _Row(len(here) + 1, member, [spans])


def _values(type_: ProvisionerType | None, path: Path, value: JSON) -> list[list[Span]]:
    row = field_at(type_, path)
    texts: list[str] = []
    if row is not None and row.kind is PEM and isinstance(value, str) and not row.secret:
        texts = pem_description(value)
    spans = [value_spans(text) for text in texts or [shown(type_, path, value, _LONGEST)]]
    if row is None and not _has_rows_inside(type_, path):
        spans[-1].append(("muted", _UNKNOWN))
    return spans


def _claim_rows(item: Provisioner, claims: Sequence[EffectiveClaim], origin: str) -> list[_Row]:
    """Return the lifetimes and switches in force with their origins, then what else the provisioner says there."""
    known = {claim.path.partition(".")[2] for claim in claims}
    longest = max(len(claim_text(claim)) for claim in claims)
    rows = [_Row(1, "claims", [[("muted", "in force")]])]
    for claim in claims:
        said = claim.origin if claim.origin != BUILT_IN else origin
        note = f", {claim.note}" if claim.note else ""
        value = f"{claim_text(claim):<{longest}}  "
        rows.append(_Row(2, claim.path.partition(".")[2], [[("value", value), ("muted", said + note)]]))
    own = item.get(_CLAIMS)
    if isinstance(own, dict):
        rows += [
            _Row(2, format_path((name,)), _values(item.type, (*_CLAIMS, name), value))
            for name, value in own.items()
            if name not in known
        ]
    return rows


def _has_rows_inside(type_: ProvisionerType | None, path: Path) -> bool:
    structure = structure_of(type_)
    for name in path:
        _, inner = structure.lookup(name)
        if inner is None:
            return False
        structure = inner
    return field_at(type_, path) is None
