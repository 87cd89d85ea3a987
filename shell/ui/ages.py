"""How long ago something was, in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MOMENT = re.compile(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z\b|\+00:00)"
    r"| [0-9]{2}:[0-9]{2}:[0-9]{2} UTC\b)(?! \()"
)
"""A moment as messages have it, ISO 8601 or as it is shown, without an age behind it."""
_DAY = 86400
_UNITS = ((2 * 365 * _DAY, 365 * _DAY, "year"), (_DAY, _DAY, "day"), (3600, 3600, "hour"), (60, 60, "min"))
"""From how many seconds on a unit is used, how many seconds it has, and what it is called."""


def age(then: datetime, now: datetime) -> str:
    """Return when something was or will be, seen from now: `3 hours ago`, `in 12 days`."""
    seconds = (now - then).total_seconds()
    for least, size, name in _UNITS:
        if abs(seconds) >= least:
            count = int(abs(seconds) // size)
            counted = f"{count} {name}{'' if count == 1 or name == 'min' else 's'}"
            return f"{counted} ago" if seconds > 0 else f"in {counted}"
    return "just now" if seconds >= 0 else "in less than a min"


def with_age(text: str, now: datetime) -> str:
    """Return a moment in UTC, as `shell.results.Moment` has it, with its age; another text as it is."""
    try:
        then = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return text
    return f"{text} ({age(then if then.tzinfo else then.replace(tzinfo=UTC), now)})"


def with_ages(text: str, now: datetime) -> str:
    """Return a text with the age behind each moment in it."""
    return _MOMENT.sub(lambda found: with_age(found.group(), now), text)
