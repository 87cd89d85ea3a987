"""Reading the masked plan of a past commit: what it changed, as far as the history may know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.model.provisioner import parse_path
from shell.staging.masks import CHANGED, SET

if TYPE_CHECKING:
    from shell.model.provisioner import Path, Provisioner
    from shell.model.values import JSON

    Members = dict[str, JSON]


def changes_of(plan: JSON, action: str = "") -> list[Members]:
    """Return the changes of a recorded plan, or those with one action; rubbish is left out."""
    return [
        change
        for change in objects(plan)
        if isinstance(change.get("name"), str) and action in ("", change.get("action"))
    ]


def name_after(change: Members) -> str:
    """Return the name that a changed provisioner had after the commit."""
    named = [text(field, "after") for field in objects(change.get("fields")) if field.get("path") == "name"]
    return named[0] if named else text(change, "name")


def path_of(field: Members) -> Path:
    """Return the path of a recorded field, or the empty one where it is none."""
    try:
        return parse_path(text(field, "path"))
    except ShellError:
        return ()


def as_far_as_members_go(path: Path, *provisioners: Provisioner) -> Path:
    """Return the path up to the first list on it: items of a list are not looked up one by one."""
    for length in range(1, len(path)):
        if any(isinstance(one.get(path[:length]), list) for one in provisioners):
            return path[:length]
    return path


def is_masked(value: JSON) -> bool:
    """Whether a value, or something in it, is a secret and not known any more."""
    if isinstance(value, dict):
        return any(is_masked(item) for item in value.values())
    if isinstance(value, list):
        return any(is_masked(item) for item in value)
    return value in (SET, CHANGED)


def objects(value: JSON) -> list[Members]:
    """Return the objects in a list; nothing where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(members: Members, name: str) -> str:
    """Return a member that is text, or the empty text."""
    value = members.get(name)
    return value if isinstance(value, str) else ""
