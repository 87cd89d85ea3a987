"""Values as JSON: numbers keep their spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.model.values import DEEPEST, Number, encode_string, format_json, parse_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(PLAIN, st.sampled_from([None, 2]))
def test_what_is_written_reads_as_the_same(plain: Any, indent: int | None) -> None:
    """Any JSON is written on one line or indented, and read back as the same value."""
    assert json.loads(format_json(parse_json(json.dumps(plain)), indent)) == plain


@pytest.mark.parametrize("spelling", ["1.20", "-0", "1E5", "10000000000000000000000"])
def test_numbers_keep_their_spelling(spelling: str) -> None:
    """A number is written as it was read."""
    number = parse_json(spelling)
    assert isinstance(number, Number)
    assert format_json([number]) == f"[{spelling}]"


def test_only_what_must_be_is_escaped() -> None:
    """Letters stay letters; quotes, control characters and lone surrogates are escaped."""
    assert encode_string('é"\n\ud800') == '"é\\"\\n\\ud800"'


@pytest.mark.parametrize("text", ["NaN", "{", "Infinity", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    """Constants of other languages, and texts nested too deeply, are no JSON."""
    with pytest.raises(ValueError, match=r"JSON|Expecting|deeply|value"):
        parse_json(text)


@pytest.mark.parametrize(("text", "column"), [("[1,]", 3), ('{"a": [1 ,\t], "b": 2}', 10), ('{"a": 1,}', 8)])
def test_a_comma_with_nothing_behind_it_is_pointed_at(text: str, column: int) -> None:
    """In every version of Python, although the older ones stop at the bracket behind it."""
    with pytest.raises(ValueError, match=f"a comma with nothing behind it: line 1 column {column} "):
        parse_json(text)


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_a_value_has_a_hundred_levels_at_most(pair: str) -> None:
    """Of lists and of objects; brackets that are beside each other or in strings do not count."""
    opening = {"[]": "[", "{}": '{"[[{{":'}[pair]

    def nested(levels: int) -> str:
        beside = ", ".join([pair] * DEEPEST)
        return f"[[{beside}], " + opening * (levels - 2) + pair + pair[1] * (levels - 2) + "]"

    assert parse_json(nested(DEEPEST))
    with pytest.raises(ValueError, match="deeply"):
        parse_json(nested(DEEPEST + 1))


def test_indented_text_has_our_style() -> None:
    """Objects and lists are indented, empty ones are not spread."""
    assert format_json({"a": [], "b": ["x"]}, 2) == '{\n  "a": [],\n  "b": [\n    "x"\n  ]\n}'
