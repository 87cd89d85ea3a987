"""Results on a terminal: the same lines as plain output, fitted to its width and coloured.

The styles of `shell.results` become colours here and nowhere else. NO_COLOR and a dumb terminal give
plain text. rich knows what the terminal can show; the text itself is joined here, since a table of ten
thousand rows is laid out by us in the time that a general layout takes for a hundred.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from shell.plain import GAP, SHORTEST, cells, fitted, render_error
from shell.plain import render as plain_render
from shell.results import Moment, Table, text_of
from shell.ui.ages import with_age, with_ages
from shell.ui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.errors import ShellError
    from shell.results import Line, Result

GREY = "#808080"
"""What is read second. The palettes of many terminals give `bright black` the colour of their background."""
COLOURS = {
    "heading": "bold",
    "name": "bold",
    "field": "cyan",
    "value": "",
    "secret": "magenta",
    "added": "green",
    "added-part": "bold underline green",
    "removed": "red",
    "removed-part": "bold underline red",
    "changed": "yellow",
    "muted": GREY,
    "good": "green",
    "warning": "yellow",
    "danger": "bold magenta",
    "error": "bold red",
    "command": "bold cyan",
}


_WHOLE = 32
"""How long a name may be, in cells, for empty columns to go before it is cut."""


def is_dumb() -> bool:
    """Whether the terminal can do no more than print lines."""
    return os.environ.get("TERM", "").lower() in ("", "dumb", "unknown")


def width() -> int:
    """Return the width of the terminal in cells."""
    return _size().columns


def height() -> int:
    """Return the height of the terminal in lines."""
    return _size().lines


def _size() -> os.terminal_size:
    """Return the size that the terminal has now; an exported COLUMNS would be that of its start."""
    try:
        return os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return shutil.get_terminal_size()


def render(result: Result, json: bool) -> str:
    """Return what a result prints on a terminal, with its last line end, or the empty text."""
    if json:
        return plain_render(result, json)
    room = width()
    lines: list[str] = []
    for block in result.blocks:
        lines += _table(block, room) if isinstance(block, Table) else _lines(block.lines, room)
    return "".join(line + "\n" for line in lines)


def error_text(error: ShellError, json: bool) -> str:
    """Return what a person is told of an error, with the word that says so in colour."""
    plain = render_error(error, json)
    if json:
        return plain
    room = width()
    told = (with_ages(line, _now()) for line in plain.splitlines())
    lines = (_error_line(part) for line in told for part in wrapped(line, room))
    return "".join(line + "\n" for line in lines)


def notice_text(text: str) -> str:
    """Return what is said besides the results, fitted to the width, with the age of each moment in it."""
    return "".join(line + "\n" for line in _lines(with_ages(text, _now()).splitlines(), width()))


def painted(style: str, text: str) -> str:
    """Return a text in the colour of a style."""
    before, after = _codes(style) if style and text else ("", "")
    return before + text + after


def _error_line(line: Line) -> str:
    line = text_of(line)
    if line.startswith("  hint: "):
        return painted("muted", "  hint:") + line.removeprefix("  hint:")
    place, word, rest = line.partition("error: ")
    if word and not line.startswith(" "):
        return place + painted("error", "error:") + " " + rest
    return line


def _lines(lines: Iterable[Line], room: int) -> Iterator[str]:
    """Yield lines as they are drawn, broken where they are too long."""
    for line in lines:
        aged = line if isinstance(line, str) else [(style, _aged(text)) for style, text in line]
        yield from map(_line, wrapped(aged, room))


def _line(line: Line) -> str:
    return line if isinstance(line, str) else "".join(painted(style, text) for style, text in line)


def _aged(text: str) -> str:
    """Return a text, behind a moment with how long ago that is."""
    return Moment(with_age(text, _now())) if type(text) is Moment else text


def _now() -> datetime:
    return datetime.now(UTC)


def _table(table: Table, room: int) -> Iterator[str]:
    rows = [list(map(_aged, row)) for row in table.rows]
    table = Table(table.headings, rows, table.styles, table.fluid)
    if not any(table.headings):
        yield from _pairs(table, room)
        return
    kept = _columns_for(table, room)
    missing = [
        heading
        for place, heading in enumerate(table.headings)
        if place not in kept and heading and any(row[place] for row in rows)
    ]
    table = _only(table, kept)
    lines = fitted(table, room)
    yield GAP.join(painted("heading", cell) for cell in _trimmed(next(lines)))
    for row in lines:
        yield GAP.join(map(painted, table.styles, _trimmed(row)))
    if missing:
        yield from _lines([[("muted", f"(too narrow for {', '.join(missing)})")]], room)


def _pairs(table: Table, room: int) -> Iterator[str]:
    """Yield what has no headings: it is no list, but says what belongs together, and is broken like a line."""
    for row in fitted(table, room):
        cells_ = _trimmed(row)
        spans = [(style, cell + GAP) for style, cell in zip(table.styles, cells_[:-1], strict=False)]
        yield from _lines([[*spans, (table.styles[len(cells_) - 1], cells_[-1])]], room) if cells_ else [""]


def _columns_for(table: Table, room: int) -> list[int]:
    """Return the columns that the terminal has room for.

    Columns that hold nothing go before a name is cut, unless it is a long one; where cutting cells is not
    enough, the last ones go.
    """
    widths = [max(map(cells, column)) for column in zip(table.headings, *table.rows, strict=True)]
    least = [min(width, SHORTEST) if place in table.fluid else width for place, width in enumerate(widths)]
    kept = list(range(len(least)))
    empty = [place for place in kept[1:] if not any(row[place] for row in table.rows)]
    for places, first in ((empty, min(widths[0], _WHOLE)), (kept[1:], least[0])):
        for place in reversed(places):
            if first + sum(least[each] + len(GAP) for each in kept[1:]) <= room:
                break
            if place in kept:
                kept.remove(place)
    return kept


def _only(table: Table, kept: list[int]) -> Table:
    """Return a table with these of its columns."""
    return Table(
        [table.headings[place] for place in kept],
        ([row[place] for place in kept] for row in table.rows),
        [table.styles[place] for place in kept],
        [kept.index(place) for place in table.fluid if place in kept],
    )


def _trimmed(row: list[str]) -> list[str]:
    """Return the cells without the blanks at the end of the row."""
    row = [*row]
    while row and not row[-1].rstrip():
        row.pop()
    if row:
        row[-1] = row[-1].rstrip()
    return row


@cache
def _codes(style: str) -> tuple[str, str]:
    """Return the sequences that turn a style on and off, both empty where the terminal has no colours."""
    system = _colour_system()
    if system is None or not COLOURS[style]:
        return "", ""
    from rich.console import COLOR_SYSTEMS
    from rich.style import Style

    drawn = Style.parse(COLOURS[style]).render("\0", color_system=COLOR_SYSTEMS[system])
    before, _, after = drawn.partition("\0")
    return before, after


@cache
def _colour_system() -> str | None:
    """Return the name of what the terminal can show, or None for no colours at all."""
    if os.environ.get("NO_COLOR") or is_dumb():
        return None
    from rich.console import Console

    return Console(force_terminal=True).color_system
