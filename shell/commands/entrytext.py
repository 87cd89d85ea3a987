"""A provisioner from the JSON text of its entry, as ca.json has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.codec.goread import read
from shell.codec.jsontext import JsonTextError, decode, line_and_column
from shell.errors import UsageError
from shell.escape import visible
from shell.model.fields import structure_of
from shell.model.provisioner import Provisioner
from shell.model.shape import flaws
from shell.model.types import find_type

if TYPE_CHECKING:
    from shell.model.values import JSON


def entry_from_text(name: str, text: str) -> Provisioner:
    """Return the provisioner that a JSON text describes, its members in their order, under a name.

    Members that nobody knows and types that nobody knows are kept. A name in the text must be this one.
    Raises UsageError with the place where the text is no JSON, or with every member that step-ca's
    decoder would refuse the file for.
    """
    begin = len(text) - len(text.lstrip())
    try:
        raw, end = decode(text, begin)
    except JsonTextError as error:
        raise _not_json(text, error.message, error.position) from None
    if rest := text[end:].lstrip():
        raise _not_json(text, "something follows the object", len(text) - len(rest))
    if not isinstance(raw, tuple):
        raise UsageError("bad-json", "a provisioner is one JSON object", hint='write \'{"type": "ACME"}\'')
    type_ = next((value for member, value in raw if member.lower() == "type"), None)
    members = read(raw, structure_of(find_type(type_)))
    assert isinstance(members, dict)  # an object is read as one
    if members.get("name", name) != name:
        raise UsageError(
            "name-differs",
            f'the entry has the name "{visible(str(members["name"]))}", not "{visible(name)}"',
            hint="leave the name out of the entry, or write it alike",
        )
    if "name" not in members:
        members = _named(members, name)
    if problems := flaws(members):
        causes = [UsageError("bad-value", f"{path} {why}") for path, why in problems]
        raise UsageError("bad-value", "step-ca would refuse the file for these values", causes=causes)
    return Provisioner(members)


def _named(members: dict[str, JSON], name: str) -> dict[str, JSON]:
    """Return the members with the name behind the type, or in front where there is no type."""
    front: dict[str, JSON] = {"type": members["type"]} if "type" in members else {}
    return {**front, "name": name, **members}


def _not_json(text: str, why: str, position: int) -> UsageError:
    line, column = line_and_column(text, position)
    return UsageError("bad-json", f"the entry is no JSON: {why}, at line {line}, column {column}")
