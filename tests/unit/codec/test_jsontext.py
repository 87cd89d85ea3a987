"""JSON text: decoding that loses nothing, places, and writing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from shell.codec.jsontext import (
    JsonTextError,
    Number,
    decode,
    elements,
    encode,
    line_and_column,
    members,
    plain,
)
from tests.unit.codec import texts


def test_the_raw_form_keeps_order_repetition_and_spelling() -> None:
    """Objects are tuples of pairs, and numbers stay as they are spelled."""
    raw, end = decode('x{"b": 1.20, "a": [true, null], "b": -0}y', 1)
    assert raw == (("b", Number("1.20")), ("a", [True, None]), ("b", Number("-0")))
    assert end == 40
    assert isinstance(raw, tuple)
    assert isinstance(raw[0][1], Number)
    assert decode("{}", 0) == ((), 2)


def test_the_value_form_has_dicts_where_the_last_counts() -> None:
    """Of a repeated name the last occurrence stays."""
    assert plain(decode('{"a": {"b": []}, "a": [{"c": 1}]}', 0)[0]) == {"a": [{"c": Number("1")}]}


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("[1, ]", 2), ('{"a": {"b": 1 ,\n}}', 14), ("[,]", 1), ('[",]"', 5), ("[NaN]", 1), ('["NaN", -Infinity]', 8), ('{"NaN": [Infinity]}', 9), ("", 0),
        ('["a', 1), ('["\n"]', 2), ("[01]", 2), ("[" * 200_000, 0), ('{"a":' * 200_000, 0), ("[nul]", 1),
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused_with_its_position(text: str, position: int) -> None:
    """Also NaN and Infinity, which Python would read, and a nesting that nobody can read."""
    with pytest.raises(JsonTextError) as caught:
        decode(text, 0)
    assert caught.value.position == position
    assert caught.value.message


@given(texts.ANYTHING)
def test_places_are_those_an_independent_reader_finds(value: Any) -> None:
    """The spans of members and elements are exact, and so are their names."""
    text = texts.Layout("lines", "  ", "\n", " : ", 1, lambda: " \t").write(
        (('"a"', value), ('"\\u0062"', [value]))
    )
    found = members(text, 0)
    expected = texts.tree(text)
    assert [(item.name, item.start, item.value, item.end) for item in found.items] == [
        (name, start, child.start, child.end) for name, start, child in expected.pairs or ()
    ]
    assert [text[item.start : item.name_end] for item in found.items] == ['"a"', '"\\u0062"']
    assert (found.open, found.close) == (0, len(text) - 1)
    inner = elements(text, found.items[1].value)
    assert [text[item.start : item.end] for item in inner.items] == [
        text[found.items[0].value : found.items[0].end]
    ]


def test_a_visitor_may_read_the_values_itself() -> None:
    """It gets name and start, and says where the value ends."""
    seen = []

    def visit(name: str, start: int) -> int:
        seen.append((name, start))
        return start + 1

    members('{"a": 1, "b": 2}', 0, visit)
    elements("[3]", 0, visit)
    assert seen == [("a", 6), ("b", 14), ("", 1)]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("{a: 1}", 1), ('{"a" 1}', 5), ('{"a": 1 "b": 2}', 8), ('{"a": 1,}', 7), ('{"a\n": 1}', 3), ('{"a": 1', 7),
        ('{"a": ,}', 6), ("{", 1),
    ],
)  # fmt: skip
def test_malformed_members_are_refused(text: str, position: int) -> None:
    """With the place where the object goes wrong."""
    with pytest.raises(JsonTextError) as caught:
        members(text, 0)
    assert caught.value.position == position


@pytest.mark.parametrize(("text", "position"), [("[1 2]", 3), ("[1, ]", 2), ("[,]", 1), ("[1", 2)])
def test_malformed_lists_are_refused(text: str, position: int) -> None:
    """With the place where the list goes wrong."""
    with pytest.raises(JsonTextError) as caught:
        elements(text, 0)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "position", "place"),
    [
        ("ab", 0, (1, 1)),
        ("a\nbc", 3, (2, 2)),
        ("\r\n\r\n", 4, (3, 1)),
        ("\ufeffab", 2, (1, 2)),
        ("\ufeff", 0, (1, 1)),
    ],
)
def test_lines_and_columns_count_from_one(text: str, position: int, place: tuple[int, int]) -> None:
    """A byte order mark takes no column."""
    assert line_and_column(text, position) == place


def test_encoding_is_valid_json_in_one_line_or_indented() -> None:
    """Both forms are written, numbers as spelled, and only what must be escaped is."""
    value: Any = {"a": [Number("1.20"), True, False, None, {}], 'q"': "é\n\x7f<&>\ud800\u2028", "e": []}
    assert (
        encode(value) == '{"a": [1.20, true, false, null, {}], "q\\"": "é\\n\x7f<&>\\ud800\u2028", "e": []}'
    )
    raw: Any = (("a", Number("1")), ("a", [()]))
    assert encode(raw) == '{"a": 1, "a": [{}]}'
    assert encode({"a": ["b"]}, "\t") == '{\n\t"a": [\n\t\t"b"\n\t]\n}'


@given(texts.ANYTHING)
def test_encoding_reads_back(value: Any) -> None:
    """What was read and written is read the same again, by another reader as well."""
    raw = decode(texts.Layout("compact", "", "", ":", 0, lambda: "").write(value), 0)[0]
    for indent in ("", "  "):
        text = encode(raw, indent)
        assert decode(text, 0) == (raw, len(text))
        json.loads(text.encode("utf-8"))
