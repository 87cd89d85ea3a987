"""Lines that are broken between words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.results import Moment, Prose, text_of
from shell.ui.wrapping import wrapped


def broken(text: str, room: int = 30) -> list[str]:
    """Return the lines that a text makes."""
    return [text_of(line) for line in wrapped(text, room)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("short", ["short"]),
        ("a line that is longer than its room", ["a line that is longer than its", "    room"]),
        ("  hint: what is to be done about it", ["  hint: what is to be done", "      about it"]),
        ("x" * 40, ["x" * 40]),
        ("see " + "x" * 40 + " there", ["see " + "x" * 40, "    there"]),
        ("認証局 " * 6, ["認証局 認証局 認証局 認証局", "    認証局 認証局 "]),
        (" " * 20 + "deep inside of something", [" " * 20 + "deep inside of something"]),
    ],
)
def test_lines_break_between_words(text: str, lines: list[str]) -> None:
    """What goes on is indented; a long word stays whole, and a line that is too deep too."""
    assert broken(text) == lines


def test_columns_of_blanks_are_places_to_break() -> None:
    """What stands behind a label goes on in its column, or, where that is too narrow, below the label."""
    line = [("field", "  NAME" + " " * 20), ("", "what it is called")]
    assert [text_of(part) for part in wrapped(line, 40)] == ["  NAME", "      what it is called"]
    line = [("field", "  NAME    "), ("", "what it is called in this place")]
    assert [text_of(part) for part in wrapped(line, 32)] == [
        "  NAME    what it is called in",
        " " * 10 + "this place",
    ]
    assert broken("  NAME    what it is called in this place", 32) == [
        "  NAME    what it is called in",
        " " * 10 + "this place",
    ]


def test_what_does_not_fit_beside_its_label_stands_below_it() -> None:
    """A word that is too long for its column gets a line of its own; one too long for any stays where it is."""
    line = [("field", "root        "), ("value", "0" * 30)]
    assert [text_of(part) for part in wrapped(line, 36)] == ["root", "    " + "0" * 30]
    assert [text_of(part) for part in wrapped(line, 30)] == ["root        " + "0" * 30]
    line = [("field", "login until      "), ("value", Moment("2026-11-24 19:45:17 UTC (in 7 hours)"))]
    assert [text_of(part) for part in wrapped(line, 45)] == [
        "login until      2026-11-24 19:45:17 UTC",
        " " * 17 + "(in 7 hours)",
    ]


def test_a_paragraph_has_no_indent() -> None:
    """Prose is broken to the width of the terminal."""
    assert list(wrapped(Prose("some words that go on and on"), 15)) == ["some words that", "go on and on"]


def test_styles_stay_and_a_word_of_several_is_one() -> None:
    """A word in which the style changes is not broken there, nor is a moment."""
    line = [
        ("removed", "- https://old.example/"),
        ("removed-part", "one"),
        ("removed", "/page and more of it"),
    ]
    assert list(wrapped(line, 30)) == [
        [
            ("removed", "-"),
            ("removed", " https://old.example/"),
            ("removed-part", "one"),
            ("removed", "/page"),
        ],
        [("", "    "), ("removed", "and"), ("removed", " more"), ("removed", " of"), ("removed", " it")],
    ]
    moment = Moment("2026-11-24 08:59:12")
    (kept,) = list(wrapped([("", "x" * 30), ("", moment)], 30))
    assert kept[-1] == ("", moment)
    assert type(kept[-1][1]) is Moment


@given(text=st.text("ab \u3000é", max_size=80), room=st.integers(1, 60))
def test_no_word_is_lost(text: str, room: int) -> None:
    """Whatever the width, the words are all there in their order."""
    assert " ".join(broken(text, room)).split() == text.split()
