"""What stands behind the command of a line: filters on its output, and the file that gets it."""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.anatomy import Filter, Span
from shell.language.files import FilePath
from shell.language.lexer import REDIRECT
from shell.language.parameters import Parameter, RegularExpression, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.language.anatomy import Analysis, Segment
    from shell.language.lexer import Token

PATTERN = Parameter(
    "pattern", RegularExpression(), "Regular expression that a line must match.", required=True
)
FILE = Parameter("file", FilePath(), "File that gets the output.", required=True)
FILTERS = {
    "match": "Keep the lines in which a regular expression is found.",
    "except": "Drop the lines in which a regular expression is found.",
    "count": "Count the lines.",
}


def read_filter(analysis: Analysis, segment: Segment, *, is_last: bool) -> None:
    """Add the filter, or the file, that the words behind an operator name; or what is wrong with them."""
    operator, words = segment.operator, segment.words
    if analysis.help >= operator.end and not words:
        return
    if operator.kind == REDIRECT:
        _read_redirect(analysis, operator, words, is_last=is_last)
        return
    if not words:
        error = UsageError("missing-filter", "a filter is missing", hint="one of: " + ", ".join(FILTERS))
        analysis.refuse(operator.start, error)
        return
    name = words[0].value
    analysis.spans.append(Span(words[0].start, words[0].end, "filter" if name in FILTERS else "error"))
    if name not in FILTERS:
        near = nearest(name, FILTERS)
        hint = f"did you mean {near}?" if near else "one of: " + ", ".join(FILTERS)
        message = f'there is no filter "{shortened(name)}"'
        analysis.refuse(words[0].start, UsageError("unknown-filter", message, hint=hint))
        return
    wanted = () if name == "count" else (PATTERN,)
    values = _filter_words(analysis, name, words, wanted)
    if len(values) == len(wanted):
        analysis.filters.append(Filter(name, *values))  # type: ignore[arg-type]


def _filter_words(
    analysis: Analysis, name: str, words: Sequence[Token], wanted: Sequence[Parameter]
) -> list[object]:
    """Return the values of a filter's or redirect's words, and say what is wrong with them."""
    values: list[object] = []
    for row, word in zip(wanted, words[1:], strict=False):
        try:
            values.append(row.type.parse(word, {}))
            analysis.spans.append(Span(word.start, word.end, "value", row))
        except UsageError as error:
            analysis.refuse(word.start, error)
            analysis.spans.append(Span(word.start, word.end, "error", row))
    for row in wanted[len(words) - 1 :]:
        if analysis.help < 0:
            analysis.refuse(words[0].start, UsageError("missing-argument", f"{name} needs {row.label}"))
    for word in words[1 + len(wanted) :]:
        analysis.spans.append(Span(word.start, word.end, "error"))
        surplus = UsageError(
            "too-many-arguments",
            f"{name} takes {len(wanted) or 'no'} word{'' if len(wanted) == 1 else 's'}",
            hint="quote a text that has blanks; flags such as --json stand before the first |",
        )
        analysis.refuse(word.start, surplus)
    return values


def _read_redirect(analysis: Analysis, operator: Token, words: Sequence[Token], *, is_last: bool) -> None:
    if not is_last:
        error = UsageError("misplaced-redirect", "> FILE is the last part of a line", hint="there is no >>")
        analysis.refuse(operator.start, error)
        return
    values = _filter_words(analysis, ">", [operator, *words], (FILE,))
    if values == [""]:
        analysis.refuse(words[0].start, UsageError("bad-value", "the name of the file is empty"))
    elif values:
        analysis.redirect = str(values[0])
