"""Go durations: the text step-ca reads and the text it writes.

A duration is counted in nanoseconds, as in Go, and bounded by a signed 64-bit integer. The grammar is
that of `time.ParseDuration`; the canonical form is that of `time.Duration.String`.
"""

from __future__ import annotations

import re

NANOSECOND = 1
MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "\u00b5s": MICROSECOND,
    "\u03bcs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_LIMIT = 2**63
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)")


def parse_duration(text: str) -> int:
    """Return the nanoseconds that a Go duration stands for.

    Raises ValueError, saying in Go's terms what is wrong.
    """
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    if not rest:
        raise ValueError("a duration is a number with a unit, such as 24h")
    total = 0
    while rest:
        amount, rest = _leading_part(rest)
        total += amount
        if total > _LIMIT:
            raise ValueError("longer than about 292 years")
    if text.startswith("-"):
        return -total
    if total == _LIMIT:
        raise ValueError("longer than about 292 years")
    return total


def _leading_part(text: str) -> tuple[int, str]:
    match = _PART.match(text)
    if match is None or not (match.group(1) or match.group(3)):
        raise ValueError("each part starts with a number, as in 1h30m")
    whole, _, fraction, unit = match.groups()
    if not unit:
        raise ValueError(f'missing unit; did you mean "{text}h" or "{text}m"?')
    if unit not in _UNITS:
        raise ValueError(
            f'unknown unit "{unit}"; Go durations have h, m, s, ms, us, ns{_unit_hint(unit, whole)}'
        )
    scale = _UNITS[unit]
    amount = int(whole or "0") * scale
    if fraction:
        amount += int(fraction) * scale // 10 ** len(fraction)
    return amount, text[match.end() :]


def _unit_hint(unit: str, whole: str) -> str:
    hours = {"d": 24, "w": 168, "y": 8760}.get(unit.lower())
    return f" (for days write hours: {int(whole or '1') * hours}h)" if hours else ""


def format_duration(nanoseconds: int) -> str:
    """Return the canonical Go text of a duration: `24h0m0s`, `1m30s`, `1.5s`, `500ms`, `0s`."""
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest == 0:
        return "0s"
    if rest < SECOND:
        unit, scale = next(
            (unit, scale)
            for unit, scale in (("ms", MILLISECOND), ("\u00b5s", MICROSECOND), ("ns", NANOSECOND))
            if rest >= scale
        )
        return sign + _decimal(rest, scale) + unit
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = _decimal(rest, SECOND) + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else sign + seconds


def _decimal(amount: int, scale: int) -> str:
    whole, fraction = divmod(amount, scale)
    digits = f"{fraction:0{len(str(scale)) - 1}d}".rstrip("0") if scale > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)


def short_duration(nanoseconds: int) -> str:
    """Return the duration without zero parts, for tables: `24h`, `1h30m`, `0s`."""
    text = format_duration(nanoseconds)
    for zero in ("m0s", "h0m"):
        if text.endswith(zero):
            text = text[: -len(zero) + 1]
    return text
