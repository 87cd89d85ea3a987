"""Durations as Go reads and writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.model.durations import HOUR, MINUTE, SECOND, format_duration, parse_duration, short_duration

LIMIT = 2**63
AMOUNTS = st.integers(min_value=-LIMIT + 1, max_value=LIMIT - 1)
UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": SECOND, "m": MINUTE, "h": HOUR}


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("24h", 24 * HOUR),
        ("1h30m", 90 * MINUTE),
        ("1.5h", 90 * MINUTE),
        (".5h", 30 * MINUTE),
        ("5.s", 5 * SECOND),
        ("+1s", SECOND),
        ("-1h", -HOUR),
        ("0", 0),
        ("-0", 0),
        ("+0", 0),
        ("0h", 0),
        ("300ms", 300_000_000),
        ("1us1µs1μs", 3000),
        ("1h1h", 2 * HOUR),
        ("9223372036854775807ns", LIMIT - 1),
        ("-9223372036854775808ns", -LIMIT),
        ("0.9ns", 0),
    ],
)
def test_reads_what_go_reads(text: str, nanoseconds: int) -> None:
    """Signs, fractions, repeated units and a bare zero are durations."""
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a number with a unit"),
        ("-", "a number with a unit"),
        ("90", "missing unit"),
        ("1d", "write hours: 24h"),
        ("2w", "write hours: 336h"),
        ("1y", "write hours: 8760h"),
        (".d", "starts with a number"),
        ("1h 5m", 'unknown unit "h "'),
        ("1H", 'unknown unit "H"'),
        ("h", "starts with a number"),
        (".", "starts with a number"),
        ("1h-5m", 'unknown unit "h-"'),
        ("9223372036854775808ns", "292 years"),
        ("2562048h", "292 years"),
        ("-9223372036854775809ns", "292 years"),
        ("00", "missing unit"),
        ("١h", "starts with a number"),
    ],
)
def test_refuses_what_go_refuses(text: str, why: str) -> None:
    """What is no duration is refused with a reason, and days with their number of hours."""
    with pytest.raises(ValueError, match=why.replace("(", "\\(")):
        parse_duration(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text", "short"),
    [
        (0, "0s", "0s"),
        (1, "1ns", "1ns"),
        (1500, "1.5µs", "1.5µs"),
        (500_000_000, "500ms", "500ms"),
        (1_500_000_000, "1.5s", "1.5s"),
        (20 * MINUTE, "20m0s", "20m"),
        (90 * SECOND, "1m30s", "1m30s"),
        (48 * HOUR, "48h0m0s", "48h"),
        (HOUR + SECOND, "1h0m1s", "1h0m1s"),
        (90 * MINUTE, "1h30m0s", "1h30m"),
        (-90 * MINUTE, "-1h30m0s", "-1h30m"),
        (10 * HOUR, "10h0m0s", "10h"),
    ],
)
def test_writes_what_go_writes(nanoseconds: int, text: str, short: str) -> None:
    """The canonical form has every lower unit, the short one leaves out those that are zero."""
    assert (format_duration(nanoseconds), short_duration(nanoseconds)) == (text, short)


@given(AMOUNTS)
def test_reads_what_it_writes(nanoseconds: int) -> None:
    """Both forms are read back as the same duration."""
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds
    assert parse_duration(short_duration(nanoseconds)) == nanoseconds


@given(
    st.sampled_from(["", "-", "+"]),
    st.lists(
        st.tuples(st.integers(0, 5000), st.text("0123456789", max_size=6), st.sampled_from(sorted(UNITS))),
        min_size=1,
        max_size=5,
    ),
)
def test_adds_up_the_parts(sign: str, parts: list[tuple[int, str, str]]) -> None:
    """A duration is the sum of its parts, each cut to whole nanoseconds, with one sign for all."""
    text = sign + "".join(f"{whole}.{fraction}{unit}" for whole, fraction, unit in parts)
    total = sum(
        whole * UNITS[unit] + int(fraction or "0") * UNITS[unit] // 10 ** len(fraction)
        for whole, fraction, unit in parts
    )
    assert parse_duration(text) == (-total if sign == "-" else total)


@given(st.text("0123456789.hmsnuµ +-", max_size=12))
def test_never_fails_otherwise(text: str) -> None:
    """Any text is a duration within 64 bits, or a ValueError."""
    try:
        nanoseconds = parse_duration(text)
    except ValueError:
        return
    assert -LIMIT <= nanoseconds < LIMIT
