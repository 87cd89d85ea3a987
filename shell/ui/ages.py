"""How long ago something was, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def age(then: datetime, now: datetime) -> str:
    """Return when something was, seen from now: `3 hours ago`."""
    seconds = (now - then).total_seconds()
    for size, name in _UNITS:
        count = int(seconds // size)
        if count > 0:
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
