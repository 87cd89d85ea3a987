"""Results as a terminal shows them: colours, ages, and none of these elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shell.commands.differences import difference_lines
from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.plain import render as plain
from shell.results import STYLES, Lines, Moment, Result, Table
from shell.staging.draft import Draft
from shell.staging.edits import Add, Set
from shell.staging.plan import plan_of
from shell.ui import terminal
from shell.ui.ages import age, with_age
from tests.support.drafts import acme, ident, make_base

if TYPE_CHECKING:
    from shell.model.values import JSON

NOW = datetime(2026, 11, 24, 9, 2, 30, tzinfo=UTC)


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that sets what the terminal is, by its environment."""

    def choose(**environment: str) -> None:
        for name in ("NO_COLOR", "COLORTERM", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm", **environment}.items():
            monkeypatch.setenv(name, value)
        terminal._colour_system.cache_clear()
        terminal._codes.cache_clear()

    monkeypatch.setattr(terminal, "_now", lambda: NOW)
    choose()
    yield choose
    terminal._colour_system.cache_clear()
    terminal._codes.cache_clear()


def difference() -> Result:
    """Return the tree of an added provisioner, a long address with one other word, and a template."""
    entry = acme(
        "a", website="https://pki.example.com/" + "x" * 50 + "/old/page", options=template("a", "old b")
    )
    draft = Draft(make_base(entry))
    draft.stage(
        [
            Set(ident(0), ("website",), entry["website"].replace("old", "new")),
            Set(ident(0), ("options",), template("a", "new b")),
            Add(ident(1), Provisioner(acme("b"))),
        ],
        "line",
    )
    return Result([Lines(difference_lines(plan_of(draft)))])


def template(*lines: str) -> dict[str, JSON]:
    """Return options with a template of these lines."""
    return {"x509": {"template": "\n".join(lines)}}


def test_every_style_has_a_colour() -> None:
    """No command can ask for a style that the terminal does not know."""
    assert set(terminal.COLOURS) == set(STYLES) - {""}


def test_a_difference_has_colours_and_marks_words(colours: Callable[..., None]) -> None:
    """Additions are green, removals red, and of long texts the word that differs is bold and underlined."""
    shown = terminal.render(difference(), json=False)
    assert "\x1b[32m+ \x1b[0m" in shown
    assert "/\x1b[0m\x1b[1;4;31mold\x1b[0m\x1b[31m/page\x1b[0m" in shown
    assert "/\x1b[0m\x1b[1;4;32mnew\x1b[0m\x1b[32m/page\x1b[0m" in shown
    assert "\x1b[1;4;31mold\x1b[0m\x1b[31m b\x1b[0m" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colours_it_is_the_plain_text(
    colours: Callable[..., None], environment: dict[str, str]
) -> None:
    """NO_COLOR and a dumb terminal get the text that a pipe gets."""
    colours(**environment)
    shown = terminal.render(difference(), json=False)
    assert "\x1b" not in shown
    assert shown == plain(difference(), json=False)


def test_a_moment_has_its_age_on_a_terminal_only(colours: Callable[..., None]) -> None:
    """In cells and in lines the age stands behind the time; piped text stays the same whenever it is made."""
    colours(NO_COLOR="1")
    when = Moment("2026-11-24 08:59:12")
    result = Result(
        [Table(("TIME",), [[when]]), Lines([[("", "until "), ("", Moment("2026-12-06T09:02:30Z"))]])]
    )
    assert terminal.render(result, json=False) == (
        "TIME\n2026-11-24 08:59:12 (3 min ago)\nuntil 2026-12-06T09:02:30Z (in 12 days)\n"
    )
    assert plain(result, json=False) == "TIME\n2026-11-24 08:59:12\nuntil 2026-12-06T09:02:30Z\n"


def test_a_moment_in_a_message_has_its_age(colours: Callable[..., None]) -> None:
    """Errors and notices say how far away a time is, whichever way they spell it, and say it once."""
    colours(NO_COLOR="1")
    error = ShellError(
        "expired", "it expired at 2026-11-24T08:59:12Z", hint="before 2026-12-06T09:02:30.5+00:00"
    )
    assert terminal.error_text(error, json=False) == (
        "error: it expired at 2026-11-24T08:59:12Z (3 min ago)\n"
        "  hint: before 2026-12-06T09:02:30.5+00:00 (in 12 days)\n"
    )
    assert "(3 min ago)" not in terminal.error_text(error, json=True)
    assert terminal.notice_text("left 2026-11-24 08:59:12 UTC, 1000 lines") == (
        "left 2026-11-24 08:59:12 UTC (3 min ago), 1000 lines\n"
    )
    assert terminal.notice_text("at 2026-11-24 08:59:12 UTC (3 min ago)").count("ago") == 1
    assert terminal.notice_text("2026-99-99T08:59:12Z") == "2026-99-99T08:59:12Z\n"


def columns(table: Table, room: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the lines of a table on a terminal of this width."""
    monkeypatch.setattr(terminal, "width", lambda: room)
    return terminal.render(Result([table]), json=False).splitlines()


def test_empty_columns_go_before_names_are_cut(
    colours: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names stay whole as long as that costs nothing but a column without content, or part of a key."""
    colours(NO_COLOR="1")
    table = Table(("NAME", "KEY", "EMPTY", "SSH"), [["a-long-name-of-one", "k" * 30, "", "on"]], fluid=(0, 1))
    assert columns(table, 70, monkeypatch)[1] == "a-long-name-of-one  " + "k" * 30 + "         on"
    assert columns(table, 50, monkeypatch)[1] == "a-long-name-of-one  " + "k" * 17 + "…         on"
    assert columns(table, 35, monkeypatch) == [
        "NAME                KEY         SSH",
        "a-long-name-of-one  kkkkkkkkk…  on",
    ]


def test_columns_that_are_left_out_are_named(
    colours: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a terminal is too narrow for all columns the list says which ones are missing."""
    colours(NO_COLOR="1")
    table = Table(("NAME", "TYPE", "EMPTY", "SSH"), [["name", "a-type", "", "on"]])
    assert columns(table, 14, monkeypatch) == ["NAME  TYPE", "name  a-type", "(too narrow for SSH)"]
    assert columns(table, 20, monkeypatch) == ["NAME  TYPE    SSH", "name  a-type  on"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 hour ago"),
        (2 * 86400, "2 days ago"),
        (729 * 86400, "729 days ago"),
        (3 * 365 * 86400, "3 years ago"),
        (-1, "in less than a min"),
        (-300, "in 5 min"),
        (-86400, "in 1 day"),
        (-10 * 365 * 86400, "in 10 years"),
    ],
)
def test_ages_are_rounded_down_to_one_unit(seconds: int, words: str) -> None:
    """The largest unit that fits says it, for what was and for what will be."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == words


@pytest.mark.parametrize("text", ["", "yesterday", "9999-99-99"])
def test_what_is_no_moment_stays(text: str) -> None:
    """A text from a damaged record is shown as it is."""
    assert with_age(text, NOW) == text
