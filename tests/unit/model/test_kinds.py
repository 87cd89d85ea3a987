"""The kinds of value: what a person types, what step-ca reads, what is shown."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shell.errors import UsageError
from shell.model import kinds
from shell.model.kinds import Integer, Kind, TextList
from shell.model.values import Number
from tests.support.views import value

PEM = "-----BEGIN X-----\nAAAA\n-----END X-----\n"
PACKED = base64.b64encode(PEM.encode()).decode()


@pytest.mark.parametrize(
    ("kind", "word", "meant"),
    [
        (kinds.TEXT, "5", "5"),
        (kinds.BOOLEAN, "Yes", True),
        (kinds.BOOLEAN, "0", False),
        (kinds.DURATION, "36h", "36h"),
        (kinds.INTEGER, "+2048", Number("2048")),
        (kinds.INTEGER, "-08", Number("-8")),
        (kinds.INTEGER, "00", Number("0")),
        (kinds.TEXT_LIST, "a,b", ["a,b"]),
        (kinds.TEXT_LIST, '["a", "b"]', ["a", "b"]),
        (kinds.PEM, PEM, PACKED),
        (kinds.PEM, PACKED, PACKED),
        (kinds.TEMPLATE, "{{ .x }}", "{{ .x }}"),
        (kinds.RAW, "1.20", Number("1.20")),
        (kinds.OBJECT, '{"a": null}', {"a": None}),
        (kinds.OBJECT_LIST, '[{"a": true}, null]', [{"a": True}, None]),
    ],
)
def test_a_word_becomes_a_value(kind: Kind, word: str, meant: Any) -> None:
    """Each kind reads the words that a person writes for it, and step-ca reads the value."""
    assert kind.parse(word) == meant
    assert kind.problem(kind.parse(word)) == ""


@pytest.mark.parametrize(
    ("kind", "word", "why"),
    [
        (kinds.BOOLEAN, "maybe", "neither true nor false"),
        (kinds.DURATION, "1d", "write hours: 24h"),
        (kinds.INTEGER, "2k", "only digits"),
        (kinds.INTEGER, "9" * 5000, "beyond 64 bits"),
        (kinds.INTEGER, "1_000", "only digits"),
        (kinds.TEXT_LIST, "[a]", "is not a list"),
        (kinds.TEXT_LIST, "[1]", "no string: 1"),
        (kinds.PEM, "???", "base64"),
        (kinds.PEM, "", "empty"),
        (kinds.RAW, "{", "is not JSON"),
        (kinds.OBJECT, "[]", "must be an object"),
        (kinds.OBJECT_LIST, "[1]", "no object"),
        (kinds.RAW, "x" * 60, "…"),
        (kinds.RAW, "[" * 100_000, "nested too deeply"),
    ],
)
def test_another_word_is_refused(kind: Kind, word: str, why: str) -> None:
    """A word that is no value of its kind is refused with a reason and an example."""
    with pytest.raises(UsageError) as caught:
        kind.parse(word)
    assert (caught.value.code, bool(caught.value.hint)) == ("bad-value", True)
    assert why in caught.value.message


@pytest.mark.parametrize(
    ("kind", "plain", "why"),
    [
        (kinds.TEXT, 5, "a string"),
        (kinds.TEXT, None, "a string"),
        (kinds.BOOLEAN, "true", "true or false"),
        (kinds.DURATION, 5, "a string such as"),
        (kinds.DURATION, "5", "missing unit"),
        (kinds.INTEGER, "5", "a number"),
        (kinds.INTEGER, 5.5, "a whole number"),
        (kinds.INTEGER, 2**63, "too large"),
        (kinds.TEXT_LIST, "x", "a list"),
        (kinds.TEXT_LIST, ["x", 1], "no string: 1"),
        (kinds.PEM, 5, "base64"),
        (kinds.PEM, "AAA", "padded base64"),
        (kinds.PEM, "AAé", "padded base64"),
        (kinds.OBJECT, [], "an object"),
        (kinds.OBJECT_LIST, {}, "a list"),
        (kinds.OBJECT_LIST, ["x"], "no object"),
    ],
)
def test_values_that_step_ca_does_not_read(kind: Kind, plain: Any, why: str) -> None:
    """A value of another type is said to be one, in the words of the field."""
    assert why in kind.problem(value(plain))


def test_values_that_step_ca_reads_all_the_same() -> None:
    """Null items are empty strings to step-ca, and base64 may have line breaks."""
    assert kinds.TEXT_LIST.problem([None]) == ""
    assert kinds.PEM.problem("AA\nAA\r\n") == ""
    assert kinds.RAW.problem(None) == ""


@pytest.mark.parametrize(
    ("kind", "plain", "shown"),
    [
        (kinds.TEXT, "x", "x"),
        (kinds.TEXT, None, "null"),
        (kinds.TEXT_LIST, ["a", None], "a, null"),
        (kinds.TEXT_LIST, 5, "5"),
        (kinds.PEM, PACKED, f"PEM, {len(PEM)} bytes"),
        (kinds.PEM, "?", '"?"'),
        (kinds.PEM, None, "null"),
        (kinds.TEMPLATE, "a\n  b", "a b"),
        (kinds.TEMPLATE, 5, "5"),
        (kinds.OBJECT, {"a": [1]}, '{"a": [1]}'),
    ],
)
def test_a_value_is_shown_on_one_line(kind: Kind, plain: Any, shown: str) -> None:
    """What is shown is short, and never more than a line."""
    assert kind.show(value(plain)) == shown


def test_kinds_offer_their_choices() -> None:
    """Choices of a field are those that its kind was made with."""
    assert Integer(("0", "1")).choices == ("0", "1")
    assert TextList(("a",), ignore_case=True).ignore_case
    assert kinds.BOOLEAN.choices == ("true", "false")
