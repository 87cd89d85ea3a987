"""Lines that are broken between words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.results import Moment, text_of
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
    """Behind a label that is filled with blanks a line may go on in the next."""
    line = [("field", "  NAME" + " " * 20), ("", "what it is called")]
    assert [text_of(part) for part in wrapped(line, 30)] == [
        "  NAME" + " " * 20 + "what",
        "      it is called",
    ]
    assert [text_of(part) for part in wrapped(line, 27)] == ["  NAME" + " " * 20, "      what it is called"]


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
