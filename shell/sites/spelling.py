"""Values as a CA gives them back: what is so already, in another spelling, is then no change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shell.model.durations import format_duration, parse_duration
from shell.model.fields import FIELDS
from shell.model.kinds import DURATION
from shell.model.provisioner import Provisioner
from shell.staging.edits import Add, Set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.staging.edits import Edit

_DURATIONS = tuple({row.segments for row in FIELDS if row.kind is DURATION})


def spelled(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Yield edits with their durations as step-ca prints them: 26h0m0s for 26h or 1560m."""
    for edit in edits:
        if isinstance(edit, Set):
            yield replace(edit, value=_spelled(edit.value, edit.path))
        elif isinstance(edit, Add):
            members = _spelled(edit.provisioner.members, ())
            yield replace(edit, provisioner=Provisioner(members)) if isinstance(members, dict) else edit
        else:
            yield edit


def _spelled(value: JSON, place: Path) -> JSON:
    """Return what stands at a place of a provisioner, with its durations spelled; a value is never changed."""
    if isinstance(value, str):
        return _duration(value) if place in _DURATIONS else value
    if not isinstance(value, dict) or not any(path[: len(place)] == place for path in _DURATIONS):
        return value
    return {name: _spelled(inner, (*place, name)) for name, inner in value.items()}


def _duration(text: str) -> str:
    try:
        return format_duration(parse_duration(text))
    except ValueError:
        return text  # the check says what is wrong with it
