"""`show` and `claims`: one provisioner, or one of its fields, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.editing import known_path
from shell.commands.listing import NONE, authority_claims
from shell.commands.masks import field_at, is_secret, masked, pem_description, shown
from shell.commands.parameters import FIELD, PROVISIONER, switch
from shell.commands.publishing import published
from shell.commands.tree import claim_text, tree_lines, value_spans
from shell.errors import UsageError
from shell.escape import visible
from shell.language.command import NOTHING, Command
from shell.language.parameters import Parameter
from shell.model.claims import BUILT_IN, effective
from shell.model.durations import short_duration
from shell.model.kinds import PEM
from shell.model.provisioner import format_path
from shell.model.values import format_json
from shell.results import Lines, Request, Result, Table

if TYPE_CHECKING:
    from shell.model.claims import EffectiveClaim
    from shell.model.provisioner import Path, Provisioner
    from shell.model.values import JSON
    from shell.results import Line
    from shell.session import Session


def show(
    session: Session, name: str | None = None, field: Path | None = None, *, secrets: bool = False
) -> Result:
    """Return a provisioner with its claims in force, or one field of it, or all provisioners."""
    if name is None:
        items = [session.view.provisioner(id_) for id_ in session.view.ids()]
        return Result(
            lambda: [Lines(line for item in items for line in [*_tree(session, item), ""])],
            json=lambda: [published(item, unknown=True) for item in items],
            remarks=[] if items else [NONE],
        )
    item = session.get(name)
    path = known_path(item, field, unknown=False) if field else ()
    if secrets:
        return _with_secrets(session, item, path)
    if path:
        return Result([Lines(_field_lines(item, path))], json=lambda: _published_at(item, path))
    return Result(
        lambda: [Lines(_tree(session, item))],
        json=lambda: published(item, unknown=True),
    )


def claims(session: Session, name: str) -> Result:
    """Return every claim in force for a provisioner, and where each comes from."""
    in_force = effective(session.get(name), authority_claims(session.view.settings))
    rows = [
        (claim.path.partition(".")[2], claim_text(claim), _from(session, claim), claim.note)
        for claim in in_force
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


def _tree(session: Session, item: Provisioner) -> list[Line]:
    return tree_lines(item, authority_claims(session.view.settings), origin=_origin(session))


def _from(session: Session, claim: EffectiveClaim) -> str:
    return _origin(session) if claim.origin == BUILT_IN else claim.origin


def _origin(session: Session) -> str:
    """Return where a claim comes from that nothing sets which was read."""
    return BUILT_IN if session.target.kind == "file" else "built in, unless the ca.json of the CA sets it"


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
        described: list[Line] = [value_spans(line) for line in pem_description(value)]
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
