"""Plain output: aligned columns, errors for a person and for a program."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.errors import ShellError, UsageError
from shell.plain import cells, render, render_error
from shell.results import Lines, Prose, Result, Table


def table(*rows: list[str], width: int | None = None, fluid: tuple[int, ...] = (0,)) -> list[str]:
    """Return the lines of a table with the headings A and B."""
    return render(Result([Table(["A", "B"], rows, fluid=fluid)]), False, width).split("\n")[:-1]


def test_blocks_follow_each_other() -> None:
    """Lines lose their styles, columns are aligned, no line ends in blanks."""
    result = Result(
        [Lines(["one", [("name", "t"), ("", "wo")], ""]), Table(["NAME", "T"], [["a", "bb"], ["ccccc", ""]])]
    )
    assert render(result, False) == "one\ntwo\n\nNAME   T\na      bb\nccccc\n"


def test_nothing_is_the_empty_text() -> None:
    """Also a table without headings and rows."""
    assert render(Result(), False) == ""
    assert render(Result([Table(["", ""], [])]), False) == ""
    assert render(Result([Table(["", ""], [["a", "b"]])]), False) == "a  b\n"


def test_json_is_one_line() -> None:
    """Only what is wanted is made."""

    def never() -> list[Lines]:
        raise AssertionError

    assert render(Result(never, json={"a": ["b", None, True]}), True) == '{"a": ["b", null, true]}\n'


def test_wide_characters_and_marks_are_measured() -> None:
    """A wide character takes two cells, a combining mark none."""
    assert [cells(text) for text in ("abc", "日本", "e\u0301", "é", "ｶﾞ", "")] == [3, 4, 1, 1, 2, 0]
    assert table(["日本", "x"], ["e\u0301", "y"]) == ["A     B", "日本  x", "e\u0301     y"]


def test_a_table_that_is_too_wide_is_cut_where_it_may_be() -> None:
    """The last first, since the first has the names, and not below what can be read."""
    assert table(["a" * 30, "b"], width=20) == ["A" + " " * 18 + "B", "a" * 16 + "…  b"]
    assert table(["a" * 30, "b" * 20], width=30, fluid=(0, 1))[1] == "a" * 19 + "…  " + "b" * 7 + "…"
    assert table(["a" * 30, "b" * 20], width=10, fluid=(0, 1))[1] == "a" * 7 + "…  " + "b" * 7 + "…"
    assert table(["a" * 30, "b"], width=20, fluid=())[1] == "a" * 30 + "  b"
    assert table(["a", "b"], width=80) == ["A  B", "a  b"]


def test_a_paragraph_is_broken_between_words() -> None:
    """Where nobody knows how much room there is a hundred characters are enough; other lines stay as they are."""
    shown = render(Result([Lines([Prose("some words " * 30), "other words " * 30])]), json=False).splitlines()
    assert len(shown) == 5
    assert max(map(len, shown[:4])) <= 100
    assert " ".join(shown[:4]) == ("some words " * 30).rstrip()


def test_a_wide_character_is_not_halved() -> None:
    """The cut leaves a blank where it does not fit."""
    assert table(["日本語日本語日本語", "b"], width=12)[1] == "日本語日…  b"
    assert table(["a日本語日本語日本語", "b"], width=13)[1] == "a日本語日…  b"
    assert table(["a日本語日本語日本語", "b"], width=12)[1] == "a日本語…   b"


@given(st.lists(st.text("ab日e\u0301\u200d", max_size=40), min_size=1), st.integers(1, 60))
def test_columns_stay_aligned(texts: list[str], width: int) -> None:
    """Whatever is in them, the second column begins at one place."""
    lines = table(*([text, "|"] for text in texts), width=width)
    assert len({cells(line[: line.index("|")]) for line in lines[1:]}) == 1


def test_an_error_says_where_what_and_what_next() -> None:
    """Place, message and hint, each with the lines it has; then everything found with it."""
    error = UsageError(
        "bad",
        "it is bad\nvery bad",
        hint="do this\nor that",
        file="f.steps",
        line=3,
        column=5,
        causes=[ShellError("worse", "it is worse")],
    )
    assert render_error(error, False) == (
        "f.steps:3:5: error: it is bad\n  very bad\n  hint: do this\n        or that\nerror: it is worse\n"
    )


@pytest.mark.parametrize(
    ("places", "begin"),
    [({"column": 5}, "error: "), ({"file": "f"}, "f: error: "), ({"line": 2, "column": 1}, "2:1: error: ")],
)
def test_a_column_alone_is_no_place(places: dict[str, object], begin: str) -> None:
    """A line typed at the prompt is in view."""
    assert render_error(ShellError("x", "no", **places), False) == f"{begin}no\n"  # type: ignore[arg-type]


def test_an_error_hides_nothing() -> None:
    """Control characters in it are written as escapes."""
    assert render_error(ShellError("x", "a\x1b[31m\u202e"), False) == "error: a\\u001b[31m\\u202e\n"


def test_an_error_as_json_is_one_documented_object() -> None:
    """Unknown places are null; what was found with it is listed."""
    error = UsageError("bad", "it is bad", hint="do this", file="f", line=3, column=5)
    document = {"code": "bad", "message": "it is bad", "hint": "do this", "file": "f", "line": 3, "column": 5}
    assert json.loads(render_error(error, True)) == {"error": document}
    nowhere = {"code": "x", "message": "no", "hint": "", "file": None, "line": None, "column": None}
    text = render_error(ShellError("x", "no", causes=[error]), True)
    assert json.loads(text) == {"error": nowhere | {"causes": [document]}}
    assert text.count("\n") == 1
