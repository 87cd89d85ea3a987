"""The text of a provisioner as `edit` shows it, and the edits that a changed text asks for.

Secrets stand in the text as tokens that mean "keep"; a token that stays where it was keeps the secret,
and any other text replaces it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.masks import is_secret
from shell.errors import UsageError
from shell.model.provisioner import Provisioner, format_path
from shell.model.shape import flaws
from shell.model.values import format_json, parse_json
from shell.staging.between import edits_between

if TYPE_CHECKING:
    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.staging.edits import Edit

KEEP = "(keep this secret)"


def text_for(item: Provisioner) -> str:
    """Return the JSON text of a provisioner for an editor, with a token for each secret."""
    return format_json(_with_tokens(item.type, (), item.members), indent=2) + "\n"


def edits_from_text(id_: ProvisionerId, item: Provisioner, text: str) -> list[Edit]:
    """Return the edits that turn a provisioner into what an edited text says.

    Raises UsageError, with a place where the text is no JSON, naming all fields with bad values.
    """
    try:
        wanted = parse_json(text)
    except ValueError as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        reason = getattr(error, "msg", str(error))
        raise UsageError("bad-json", f"this is not JSON: {reason}", line=line, column=column) from None
    if not isinstance(wanted, dict):
        raise UsageError("bad-json", "a provisioner is one JSON object", hint="keep the outer braces")
    if wanted.get("type") != item.members.get("type"):
        raise UsageError("type-is-fixed", "the type of a provisioner cannot be changed", hint="put it back")
    members = _without_tokens(item.type, (), wanted, item.members)
    if not isinstance(members, dict):
        raise TypeError(members)
    _refuse_bad_values(Provisioner(members))
    return [*edits_between(id_, item, Provisioner(members))]


def _with_tokens(type_: ProvisionerType | None, path: Path, value: JSON) -> JSON:
    if value is not None and path and is_secret(type_, path):
        return KEEP
    if isinstance(value, dict):
        return {name: _with_tokens(type_, (*path, name), item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_tokens(type_, (*path, str(place)), item) for place, item in enumerate(value)]
    return value


def _without_tokens(type_: ProvisionerType | None, path: Path, value: JSON, present: JSON) -> JSON:
    """Return the edited value with each token replaced by the secret that stood at its place."""
    if value == KEEP:
        if present is None:
            raise UsageError(
                "no-secret", f"{format_path(path)} has no secret to keep", hint="write the secret itself"
            )
        return present
    if isinstance(value, dict):
        inside = present if isinstance(present, dict) else {}
        return {
            name: _without_tokens(type_, (*path, name), item, inside.get(name))
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [
            _without_tokens(type_, (*path, str(place)), item, _counterpart(item, place, present))
            for place, item in enumerate(value)
        ]
    return value


def _counterpart(item: JSON, place: int, present: JSON) -> JSON:
    """Return the item of the present list that an edited one was: by name where it has one, else by place."""
    if not isinstance(present, list):
        return None
    if isinstance(item, dict) and "name" in item:
        return next(
            (old for old in present if isinstance(old, dict) and old.get("name") == item["name"]), None
        )
    return present[place] if place < len(present) else None


def _refuse_bad_values(item: Provisioner) -> None:
    problems = flaws(item.members)
    if problems:
        causes = [UsageError("bad-value", f"{path} {why}") for path, why in problems]
        raise UsageError("bad-value", "step-ca would refuse the file for these values", causes=causes)
