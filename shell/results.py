"""What a command returns: text for a person, a value for a program, and requests to whoever runs it.

A command never prints, asks or exits. It returns a `Result`; `shell.plain` and `shell.ui` show it, and
the caller of the interpreter carries out a request. Text in a result is already safe to show
(`shell.escape.visible`).
"""

from __future__ import annotations

from shell.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from shell.model.values import JSON

    Span: TypeAlias = tuple[str, str]
    """A style and a text; the styles are those of `STYLES`."""
    Line: TypeAlias = str | Sequence[Span]
    Block: TypeAlias = "Lines | Table"

STYLES = (
    "",
    "heading",
    "name",
    "field",
    "value",
    "secret",
    "added",
    "added-part",
    "removed",
    "removed-part",
    "changed",
    "muted",
    "good",
    "warning",
    "danger",
    "error",
    "command",
)


class Moment(str):
    """A moment in UTC as a text in a span or a cell, `2026-11-24 08:59:12`.

    A terminal writes how long ago that is behind it; elsewhere the text stands alone, so that it stays
    the same whenever it is printed.
    """

    __slots__ = ()


def moment(iso: str) -> Moment:
    """Return a moment in UTC as it is shown, from its ISO 8601 form, to the second."""
    return Moment(f"{iso[:10]} {iso[11:19]} UTC" if iso[10:11] == "T" else iso)


class Prose(str):
    """A paragraph as one line, which is broken between words to fit the terminal, elsewhere to `PROSE_WIDTH`."""

    __slots__ = ()

    def lines(self, width: int) -> list[str]:
        """Return its lines, of so many characters at most."""
        import textwrap

        return textwrap.wrap(self, width, break_long_words=False, break_on_hyphens=False)


PROSE_WIDTH = 100
"""How long the lines of a paragraph may be where nobody knows how much room there is."""


class Lines:
    """Lines of text, each plain or a sequence of styled spans."""

    __slots__ = ("lines",)

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines: list[Line] = list(lines)


class Table:
    """Rows under headings. `styles` gives each column a style; `fluid` are the columns that may be cut."""

    __slots__ = ("fluid", "headings", "rows", "styles")

    def __init__(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[str]],
        styles: Sequence[str] = (),
        fluid: Sequence[int] = (),
    ) -> None:
        self.headings = list(headings)
        self.rows = [list(row) for row in rows]
        self.styles = list(styles) or [""] * len(self.headings)
        self.fluid = tuple(fluid)


class Request:
    """Something that only the caller can do: `quit`, or `edit` a text and call `resume` with it.

    For `edit`, `text` is what the user is to change and `resume(text)` returns the result, or raises a
    ShellError, upon which the user gets the text back with the message. For `confirm`, `text` is the
    word that must be typed and `resume` is called with what was. For `password`, the answer to `message` is
    asked with echo off and `resume` is called with it; an empty answer is one.
    """

    __slots__ = ("kind", "message", "resume", "suffix", "text")

    def __init__(
        self,
        kind: str,
        *,
        text: str = "",
        message: str = "",
        resume: Callable[[str], Result] | None = None,
        suffix: str = "",
    ) -> None:
        self.kind = kind
        self.text = text
        self.message = message
        self.resume = resume
        self.suffix = suffix


class Result:
    """The outcome of one command.

    `blocks` are what a person sees on standard output, `json` is the document that `--json` prints; each
    may be given as a function, which is called when it is wanted. `notices` go to standard error, and
    `remarks` too, but only where a person is at a prompt. `exit_code` is the command's own, such as 7 of `diff --detailed-exitcode`.
    """

    __slots__ = ("_blocks", "_json", "exit_code", "notices", "remarks", "request")

    def __init__(
        self,
        blocks: Iterable[Block] | Callable[[], Iterable[Block]] = (),
        *,
        json: JSON | Callable[[], JSON] = None,
        notices: Iterable[str] = (),
        remarks: Iterable[str] = (),
        exit_code: int = ExitCode.DONE,
        request: Request | None = None,
    ) -> None:
        self._blocks = blocks
        self._json = json
        self.notices = list(notices)
        self.remarks = list(remarks)
        self.exit_code = exit_code
        self.request = request

    @property
    def blocks(self) -> list[Block]:
        """What a person sees."""
        if callable(self._blocks):
            self._blocks = self._blocks()
        return list(self._blocks)

    @property
    def json(self) -> JSON:
        """The document for a program."""
        if callable(self._json):
            self._json = self._json()
        return self._json


def say(*lines: Line, json: JSON = None, notices: Iterable[str] = ()) -> Result:
    """Return a result of a few lines."""
    return Result([Lines(lines)] if lines else [], json=json, notices=notices)


def remark(*texts: str) -> Result:
    """Return a result that only tells a person at the prompt what was done."""
    return Result(remarks=texts)


def text_of(line: Line) -> str:
    """Return the text of a line without its styles."""
    return line if isinstance(line, str) else "".join(text for _, text in line)
