"""Colours of the line being typed, its grey hint, and the bullets in place of a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.layout.processors import Processor, Transformation
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style

from shell.escape import stood_in
from shell.ui.terminal import GREY

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.layout.processors import TransformationInput

    from shell.language.anatomy import Analysis
    from shell.ui.understanding import Understanding

# the sixteen colours are what a person's terminal makes of them; its blue is often too dark to be read on black
STYLE = Style.from_dict(
    {
        "line.command": "bold ansicyan",
        "line.flag": "#5f87d7",
        "line.name": "bold",
        "line.field": "ansicyan",
        "line.value": "",
        "line.source": "ansigreen",
        "line.secret": "ansimagenta",
        "line.operator": "bold",
        "line.filter": "ansicyan",
        "line.comment": GREY,
        "line.help": "bold",
        "line.error": "ansired underline",
        "hint": GREY,
        "mark.admin": "",
        "mark.staged": "ansiyellow",
        "mark.drifted": "bold ansired",
        "mark.written": "bold ansimagenta",
        "bottom-toolbar": f"noreverse {GREY}",
        "bottom-toolbar.staged": "ansiyellow",
        "bottom-toolbar.error": "ansired",
    }
)
_BULLET = "•"


class Colours(Lexer):
    """Colours a line by what its analysis says each stretch of it is."""

    def __init__(self, understanding: Understanding) -> None:
        self._understanding = understanding

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return what gives the coloured fragments of each line of the text."""
        analysis = self._understanding.analysis(document.text)
        if analysis is None:
            plain = [stood_in(line) for line in document.lines]
            return lambda number: [("", plain[number])] if number < len(plain) else []
        lines = _split(self._fragments(analysis))
        return lambda number: lines[number] if number < len(lines) else []

    def invalidation_hash(self) -> Hashable:
        """Colour anew when the target has been read, since names can be told from mistakes then."""
        return self._understanding.is_settled

    def _fragments(self, analysis: Analysis) -> list[tuple[str, str]]:
        text, at = stood_in(analysis.text), 0
        found: list[tuple[str, str]] = []
        for span in analysis.spans:
            if span.start < at:
                continue
            written = text[span.start : span.end]
            role = self._understanding.role(span, analysis)
            if role == "secret":
                written = "".join("\n" if character == "\n" else _BULLET for character in written)
            found += [("", text[at : span.start]), (f"class:line.{role}", written)]
            at = span.end
        return [*found, ("", text[at:])]


def _split(fragments: list[tuple[str, str]]) -> list[StyleAndTextTuples]:
    """Divide fragments into the lines of the text."""
    lines: list[StyleAndTextTuples] = [[]]
    for style, text in fragments:
        first, *more = text.split("\n")
        lines[-1].append((style, first))
        lines += [[(style, part)] for part in more]
    return lines


class Hint(Processor):
    """Writes the missing arguments in grey behind the line, where history suggests nothing."""

    def __init__(self, understanding: Understanding) -> None:
        self._understanding = understanding

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return the line, with the hint behind it where the cursor is at its end."""
        given = transformation_input
        document, fragments = given.document, given.fragments
        suggestion = given.buffer_control.buffer.suggestion
        if (
            get_app().is_done
            or not document.is_cursor_at_the_end
            or given.lineno != document.line_count - 1
            or (suggestion is not None and suggestion.text)
        ):
            return Transformation(fragments)
        return Transformation([*fragments, ("class:hint", self._understanding.hint(document.text))])
