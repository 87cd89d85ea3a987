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
from shell.ui.ages import with_age
from shell.ui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.errors import ShellError
    from shell.results import Line, Result

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
    "muted": "bright_black",
    "good": "green",
    "warning": "yellow",
    "danger": "bold magenta",
    "error": "bold red",
    "command": "bold cyan",
}


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
        lines += (
            _table(block, room)
            if isinstance(block, Table)
            else (_line(part) for line in block.lines for part in wrapped(line, room))
        )
    return "".join(line + "\n" for line in lines)


def error_text(error: ShellError, json: bool) -> str:
    """Return what a person is told of an error, with the word that says so in colour."""
    plain = render_error(error, json)
    if json:
        return plain
    room = width()
    lines = (_error_line(part) for line in plain.splitlines() for part in wrapped(line, room))
    return "".join(line + "\n" for line in lines)


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


def _line(line: Line) -> str:
    if isinstance(line, str):
        return line
    return "".join(painted(style, _aged(text)) for style, text in line)


def _aged(text: str) -> str:
    """Return a text, behind a moment with how long ago that is."""
    return with_age(text, _now()) if type(text) is Moment else text


def _now() -> datetime:
    return datetime.now(UTC)


def _table(table: Table, room: int) -> Iterator[str]:
    rows = [list(map(_aged, row)) for row in table.rows]
    table = _without_surplus(Table(table.headings, rows, table.styles, table.fluid), room)
    lines = fitted(table, room)
    if any(table.headings):
        yield GAP.join(painted("heading", cell) for cell in _trimmed(next(lines)))
    for row in lines:
        yield GAP.join(map(painted, table.styles, _trimmed(row)))


def _without_surplus(table: Table, room: int) -> Table:
    """Return a table with as many columns as the terminal has room for.

    Where cutting cells is not enough, columns go that hold nothing, then the last ones. What has no headings
    is no list but says what belongs together, and stays whole.
    """
    if not any(table.headings):
        return table
    least = [
        min(width, SHORTEST) if place in table.fluid else width for place, width in enumerate(_widths(table))
    ]
    kept = list(range(len(least)))
    empty = [place for place in kept if not any(row[place] for row in table.rows)]
    for place in (*reversed(empty), *reversed(kept[1:])):
        if sum(least[each] for each in kept) + len(GAP) * (len(kept) - 1) <= room:
            break
        if place in kept:
            kept.remove(place)
    return Table(
        [table.headings[place] for place in kept],
        ([row[place] for place in kept] for row in table.rows),
        [table.styles[place] for place in kept],
        [kept.index(place) for place in table.fluid if place in kept],
    )


def _widths(table: Table) -> list[int]:
    return [max(map(cells, column)) for column in zip(table.headings, *table.rows, strict=True)]


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
