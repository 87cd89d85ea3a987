"""Results and errors as plain text: aligned columns and no styles, or one line of JSON."""

from __future__ import annotations

from shell.escape import visible
from shell.model.values import format_json
from shell.results import PROSE_WIDTH, Lines, Prose, Table, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shell.errors import ShellError
    from shell.model.values import JSON
    from shell.results import Result

GAP = "  "
SHORTEST = 8  # a column that is cut keeps this many cells


def render(result: Result, json: bool, width: int | None = None) -> str:
    """Return what a result prints on standard output, with its last line end, or the empty text.

    `width` is that of the terminal in cells; without one nothing is cut.
    """
    if json:
        return format_json(result.json) + "\n"
    lines: list[str] = []
    for block in result.blocks:
        lines += _table(block, width) if isinstance(block, Table) else _lines(block)
    return "".join(line + "\n" for line in lines)


def _lines(block: Lines) -> Iterator[str]:
    for line in block.lines:
        if type(line) is Prose:
            yield from line.lines(PROSE_WIDTH)
        else:
            yield text_of(line)


def _table(table: Table, width: int | None) -> Iterator[str]:
    return (GAP.join(row).rstrip() for row in fitted(table, width))


def fitted(table: Table, width: int | None) -> Iterator[list[str]]:
    """Yield the rows of a table, its headings first where it has any, each cell filled or cut to its column."""
    rows = [table.headings, *table.rows] if any(table.headings) else table.rows
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        _narrow(widths, table.fluid, width)
    for row in rows:
        yield list(map(_fit, row, widths))


def _narrow(widths: list[int], fluid: Sequence[int], width: int) -> None:
    """Take cells from the columns that may be cut, the last first, until the table fits or they are short.

    The first column has the names, which are what one types next.
    """
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    for column in reversed(fluid):
        cut = min(max(excess, 0), max(widths[column] - SHORTEST, 0))
        widths[column] -= cut
        excess -= cut


def _fit(cell: str, room: int) -> str:
    """Return the cell padded to its room, or cut to it with an ellipsis."""
    size = cells(cell)
    if size <= room:
        return cell + " " * (room - size)
    end = used = 0
    while used + (size := cells(cell[end])) < room:
        used += size
        end += 1
    return cell[:end] + "…" + " " * (room - 1 - used)


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 1 + (unicodedata.east_asian_width(character) in {"W", "F"})
        for character in text
    )


def render_error(error: ShellError, json: bool) -> str:
    """Return what a person is told of an error and of everything found with it, with the last line end.

    As JSON it is one line: `{"error": {"code", "message", "hint", "file", "line", "column"}}`, where
    `file` is null outside a batch, and `causes`, present only if there are any, are more such objects. With
    `--verbose` there may be `details`, pairs of a label and a text.
    """
    if json:
        document = _document(error)
        if error.causes:
            document["causes"] = [_document(cause) for cause in error.causes]
        if error.details:
            document["details"] = [[label, text] for label, text in error.details]
        return format_json({"error": document}) + "\n"
    return "".join(_paragraph(each) for each in (error, *error.causes))


def _document(error: ShellError) -> dict[str, JSON]:
    from shell.model.values import Number

    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "file": error.file or None,
        "line": Number(error.line) if error.line else None,
        "column": Number(error.column) if error.column else None,
    }


def _paragraph(error: ShellError) -> str:
    first, *more = error.message.split("\n")
    where = f"{error.place}: " if error.file or error.line else ""
    lines = [f"{where}error: {first}", *("  " + line for line in more)]
    if error.hint:
        hint, *rest = error.hint.split("\n")
        lines += [f"  hint: {hint}", *("        " + line for line in rest)]
    lines += [f"  {label}: {text}" for label, text in error.details]
    return "".join(visible(line) + "\n" for line in lines)
