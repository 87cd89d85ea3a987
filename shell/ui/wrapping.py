"""Lines that are longer than the terminal is wide, broken between words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.plain import cells
from shell.results import Moment, Prose, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.results import Line, Span

_WORD = re.compile(r" *[^ ]+ *$| *[^ ]+")
_LABEL = re.compile(r" *[^ ]+(?: [^ ]+){0,3}  +(?=[^ ])")
"""A label of few words and the blanks that fill its column."""
_FURTHER = 4
"""How much further right than its beginning a line goes on."""
_LEAST = 20
"""How many cells of a terminal are left of the indent, or nothing is broken."""


def wrapped(line: Line, room: int) -> Iterator[Line]:
    """Yield a line in as many as it needs; the later ones are indented a little more than the first.

    What stands behind a label that fills a column goes on in that column; where it is too narrow, or a word
    does not fit in it, the label gets a line of its own. A word that is longer than the room stands where it
    is, whole: the terminal breaks it, and it can be copied. A paragraph is not indented.
    """
    if type(line) is Prose:
        yield from line.lines(room)
        return
    text = text_of(line)
    indent = len(text) - len(text.lstrip(" ")) + _FURTHER
    if cells(text) <= room or room - indent < _LEAST:
        yield line
        return
    words = list(_words(line))
    label = _label(line)
    if label:
        first, rest = _divided(words, label)
        longest = max(cells(word.strip(" ")) for _, word in rest)
        column = cells(text[:label])
        if room - column >= max(_LEAST, min(longest, room - indent)):
            indent = column
        elif longest <= room - indent:
            yield first
            words = [("", " " * indent), *rest]
    yield from _broken(words, room, indent)


def _label(line: Line) -> int:
    """Return how many characters a label takes with the blanks behind it; 0 where none begins the line."""
    if isinstance(line, str):
        found = _LABEL.match(line)
        return found.end() if found else 0
    first = line[0][1]
    return len(first) if len(line) > 1 and first.endswith("  ") and first.strip(" ") else 0


def _divided(words: list[Span], label: int) -> tuple[list[Span], list[Span]]:
    """Return the words of a label, without the blanks behind it, and those that follow."""
    place = used = 0
    while used + len(words[place][1]) <= label:
        used += len(words[place][1])
        place += 1
    (style, last), (next_style, next_) = words[place - 1], words[place]
    return [*words[: place - 1], (style, last.rstrip(" "))], [
        (next_style, next_.lstrip(" ")),
        *words[place + 1 :],
    ]


def _broken(words: list[Span], room: int, indent: int) -> Iterator[list[Span]]:
    """Yield lines of words; those behind the first begin at the indent."""
    current: list[Span] = []
    used = 0
    for style, word in words:
        may_break = bool(current) and (word.startswith(" ") or current[-1][1].endswith(" "))
        if may_break and used + cells(word) > room >= indent + cells(word.strip(" ")):
            yield current
            current, used = [("", " " * indent), (style, word.lstrip(" "))], indent
        else:
            current.append((style, word))
        used += cells(current[-1][1])
    yield current


def _words(line: Line) -> Iterator[Span]:
    """Yield the words of a line, each with the blanks before it; a moment is one word, and its age another."""
    for style, text in [("", line)] if isinstance(line, str) else line:
        if type(text) is Moment:
            moment, bracket, age = text.partition(" (")
            yield style, moment
            if bracket:
                yield style, bracket + age
            continue
        for word in _WORD.findall(text) or [text]:
            yield style, word
