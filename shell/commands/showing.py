"""`show` and `claims`: one provisioner, or one of its fields, as a person reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.commands.editing import known_path
from shell.commands.listing import authority_claims
from shell.commands.masks import field_at, is_secret, masked, pem_description, shown
from shell.commands.parameters import FIELD, PROVISIONER, switch
from shell.commands.publishing import published
from shell.errors import UsageError
from shell.escape import visible
from shell.language.command import NOTHING, Command
from shell.language.parameters import Parameter
from shell.model.claims import effective
from shell.model.durations import short_duration
from shell.model.fields import structure_of
from shell.model.kinds import PEM
from shell.model.provisioner import format_path
from shell.model.values import format_json
from shell.results import Lines, Moment, Request, Result, Table
from shell.staging.masks import SET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.claims import EffectiveClaim
    from shell.model.provisioner import Path, Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.results import Line, Span
    from shell.session import Session

_EXPIRY = re.compile(r"(.*\bexpires )(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)(.*)", re.DOTALL)


def show(
    session: Session, name: str | None = None, field: Path | None = None, *, secrets: bool = False
) -> Result:
    """Return a provisioner with its claims in force, or one field of it, or all provisioners."""
    if name is None:
        items = [session.view.provisioner(id_) for id_ in session.view.ids()]
        claims = authority_claims(session.view.settings)
        blocks = [block for item in items for block in _blocks(item, claims)]
        return Result(blocks, json=lambda: [published(item, unknown=True) for item in items])
    item = session.get(name)
    path = known_path(item, field, unknown=False) if field else ()
    if secrets:
        return _with_secrets(session, item, path)
    if path:
        return Result([Lines(_field_lines(item, path))], json=lambda: _published_at(item, path))
    return Result(
        lambda: _blocks(item, authority_claims(session.view.settings)),
        json=lambda: published(item, unknown=True),
    )


def claims(session: Session, name: str) -> Result:
    """Return every claim in force for a provisioner, and where each comes from."""
    in_force = effective(session.get(name), authority_claims(session.view.settings))
    rows = [
        (claim.path.partition(".")[2], _claim_text(claim), claim.origin, claim.note) for claim in in_force
    ]
    document: JSON = [
        {
            "claim": claim.path.partition(".")[2],
            "value": claim.value if isinstance(claim.value, bool) else short_duration(claim.value),
            "origin": claim.origin,
            "note": claim.note,
        }
        for claim in in_force
    ]
    return Result(
        [Table(("CLAIM", "VALUE", "FROM", ""), rows, ("field", "value", "", "muted"))], json=document
    )


def _claim_text(claim: EffectiveClaim) -> str:
    return (
        ("true" if claim.value else "false") if isinstance(claim.value, bool) else short_duration(claim.value)
    )


def _blocks(item: Provisioner, inherited: JSON) -> list[Lines | Table]:
    heading = [
        ("name", visible(item.name) or "(no name)"),
        ("muted", f"  {visible(item.type_name) or '(no type)'}"),
    ]
    rows = list(_rows(item.type, (), item.members))
    width = max((len(path) for path, _ in rows), default=0)
    lines: list[Line] = [heading]
    for path, texts in rows:
        for place, text in enumerate(texts):
            label = path if not place else ""
            lines.append([("field", f"  {label:<{width}}  "), *_value_spans(text)])
    return [Lines(lines), Lines(_claims_lines(item, inherited)), Lines([""])]


def _value_spans(text: str) -> list[Span]:
    """Return a value, with the moment apart at which a certificate expires."""
    expiry = _EXPIRY.fullmatch(text)
    if expiry is None:
        return [("secret" if text == SET else "value", text)]
    before, moment, after = expiry.groups()
    return [("value", before), ("value", Moment(moment)), ("value", after)]


def _claims_lines(item: Provisioner, inherited: JSON) -> list[Line]:
    """Return the lifetimes and switches in force, each with where it comes from."""
    lines: list[Line] = [[("muted", "  claims in force")]]
    for claim in effective(item, inherited):
        origin = claim.origin + (f", {claim.note}" if claim.note else "")
        lines.append(
            [
                ("field", f"    {claim.path.partition('.')[2]:<26}  "),
                ("value", f"{_claim_text(claim):<9} "),
                ("muted", origin),
            ]
        )
    return lines


def _rows(
    type_: ProvisionerType | None, path: Path, members: dict[str, JSON]
) -> Iterator[tuple[str, list[str]]]:
    """Yield each field that is there with the lines of its value; objects that we know are gone into."""
    for name, value in members.items():
        here = (*path, name)
        if here in (("type",), ("name",)) or value is None:
            continue
        if isinstance(value, dict) and value and _has_rows_inside(type_, here):
            yield from _rows(type_, here, value)
        else:
            note = "" if _is_known(type_, here) else "  (not known to this program)"
            texts = _texts(type_, here, value)
            yield visible(format_path(here)), [*texts[:-1], texts[-1] + note]


def _texts(type_: ProvisionerType | None, path: Path, value: JSON) -> list[str]:
    row = field_at(type_, path)
    if row is not None and row.kind is PEM and isinstance(value, str) and not row.secret:
        return pem_description(value) or [shown(type_, path, value)]
    return [shown(type_, path, value, 100)]


def _has_rows_inside(type_: ProvisionerType | None, path: Path) -> bool:
    structure = structure_of(type_)
    for name in path:
        _, inner = structure.lookup(name)
        if inner is None:
            return False
        structure = inner
    return field_at(type_, path) is None


def _is_known(type_: ProvisionerType | None, path: Path) -> bool:
    return field_at(type_, path) is not None or _has_rows_inside(type_, path)


def _field_lines(item: Provisioner, path: Path) -> list[Line]:
    """Return the whole value of one field, over as many lines as it has."""
    value = item.get(path)
    if value is None:
        raise UsageError(
            "not-set",
            f"{visible(item.name)} has no {visible(format_path(path))}",
            hint="the default is in force; see: help " + format_path(path),
        )
    row = field_at(item.type, path)
    if is_secret(item.type, path):
        return [shown(item.type, path, value)]
    if row is not None and row.kind is PEM and isinstance(value, str):
        described: list[Line] = [_value_spans(line) for line in pem_description(value)]
        return described or [shown(item.type, path, value)]
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return [visible(str(entry)) for entry in value]
    text = value if isinstance(value, str) else format_json(masked(item.type, path, value), indent=2)
    return [visible(line) for line in text.split("\n")]


def _published_at(item: Provisioner, path: Path) -> JSON:
    value: JSON = published(item, unknown=True)
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _with_secrets(session: Session, item: Provisioner, path: Path) -> Result:
    if not session.interactive:
        raise UsageError(
            "needs-a-person",
            "secrets are shown only at a prompt, after a question",
            hint="a program reads them from the ca.json itself",
        )

    def resume(answer: str) -> Result:
        if answer.strip() != item.name:
            return Result(notices=["not shown"])
        value = item.get(path) if path else item.members
        return Result([Lines([visible(line) for line in format_json(value, indent=2).split("\n")])])

    message = f"This shows the secrets of {visible(item.name)} on the screen. Type its name to go on: "
    return Result(request=Request("confirm", text=item.name, message=message, resume=resume))


COMMANDS = (
    Command(
        "show",
        show,
        (
            Parameter("name", PROVISIONER, "the provisioner; all of them without it"),
            Parameter("field", FIELD, "only this field"),
            switch("secrets", "show secrets too, after a question"),
        ),
        "Show a provisioner, or one field of it.",
        NOTHING,
        examples=("show acme", "show acme challenges", "show acme --json"),
    ),
    Command(
        "claims",
        claims,
        (Parameter("name", PROVISIONER, "the provisioner", required=True),),
        "Show the claims in force for a provisioner, and where each comes from.",
        NOTHING,
        examples=("claims acme",),
    ),
)
