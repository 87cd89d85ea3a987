"""Lines that are longer than the terminal is wide, broken between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.plain import cells
from shell.results import Moment, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.results import Line, Span

_WORD = re.compile(r" *[^ ]+ *$| *[^ ]+")
_FURTHER = 4
"""How much further right than its beginning a line goes on."""
_LEAST = 20
"""How many cells of a terminal are left of the indent, or nothing is broken."""


def wrapped(line: Line, room: int) -> Iterator[Line]:
    """Yield a line in as many as it needs; the later ones are indented a little more than the first.

    A word that is longer than the room stands where it is, whole: the terminal breaks it, and it can be copied.
    """
    text = text_of(line)
    indent = len(text) - len(text.lstrip(" ")) + _FURTHER
    if cells(text) <= room or room - indent < _LEAST:
        yield line
        return
    current: list[Span] = []
    used = 0
    for style, word in _words(line):
        may_break = bool(current) and (word.startswith(" ") or current[-1][1].endswith(" "))
        if may_break and used + cells(word) > room >= indent + cells(word.strip(" ")):
            yield current
            current, used = [("", " " * indent), (style, word.lstrip(" "))], indent
        else:
            current.append((style, word))
        used += cells(current[-1][1])
    yield current


def _words(line: Line) -> Iterator[Span]:
    """Yield the words of a line, each with the blanks before it; a moment is one word."""
    for style, text in [("", line)] if isinstance(line, str) else line:
        if type(text) is Moment:
            yield style, text
            continue
        for word in _WORD.findall(text) or [text]:
            yield style, word
