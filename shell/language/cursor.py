"""What may stand at the cursor, and the words that can be offered for it."""

from __future__ import annotations

from shell.language.anatomy import Analysis, Expectation
from shell.language.binding import Binding
from shell.language.lexer import COMMENT, HELP, PIPE, REDIRECT, Token, Word, tokenize
from shell.language.parameters import Candidate, Parameter
from shell.language.pipeline import FILE, FILTERS, PATTERN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shell.language.command import Command
    from shell.language.registry import Registry


class _Place:
    """The word under the cursor, as far as it is typed, and the finished words before it."""

    __slots__ = ("before", "end", "operator", "start", "word")

    def __init__(self, analysis: Analysis, cursor: int) -> None:
        typed = [token for token in tokenize(analysis.text[:cursor]) if token.kind != COMMENT]
        under: Token | None = None
        if typed and typed[-1].end == cursor and typed[-1].kind not in {PIPE, REDIRECT, HELP}:
            under = typed.pop()
        self.operator: Token | None = None
        self.before: list[Token] = []
        for token in typed:
            if token.kind in {PIPE, REDIRECT}:
                self.operator, self.before = token, []
            elif token.kind != HELP:
                self.before.append(token)
        self.word = under or Word("", "", cursor, cursor)
        self.start = self.word.start
        # the word goes on behind the cursor
        covering = (token.end for token in analysis.tokens if token.start == self.start and under)
        self.end = max(next(covering, cursor), cursor)


def expect(analysis: Analysis, registry: Registry, cursor: int) -> None:
    """Fill in what is expected at the cursor, and the arguments that stand elsewhere in the line."""
    if _in_comment(analysis, cursor):
        return
    place = _Place(analysis, cursor)
    if place.operator is not None:
        analysis.expected = _expect_filter(place)
        return
    before: Sequence[Token] = place.before
    if analysis.prefixed:
        if len(before) < 3:
            return
        before = before[3:]
    command = analysis.command
    taken = len(analysis.command_words)
    if command is None or len(before) < taken or not before:
        analysis.expected = [_expect_command(place, before, registry)]
        return
    analysis.expected = _expect_argument(analysis, place, command, before[taken:])
    if len(before) == taken == 1 and registry.is_group(before[0].value):
        analysis.expected.insert(0, _expect_command(place, before, registry))


def _in_comment(analysis: Analysis, cursor: int) -> bool:
    return any(token.kind == COMMENT and token.start < cursor <= token.end for token in analysis.tokens)


def _expect_filter(place: _Place) -> list[Expectation]:
    is_redirect = place.operator is not None and place.operator.kind == REDIRECT
    count = len(place.before)
    what: Parameter | str = FILE if is_redirect else "filter"
    if count and (is_redirect or count > 1 or place.before[0].value not in {"match", "except"}):
        return []
    if count:
        what = PATTERN
    return [Expectation(what, place.word.value, place.start, place.end)]


def _expect_command(place: _Place, before: Sequence[Word], registry: Registry) -> Expectation:
    if before and registry.is_group(before[0].value):
        prefix = f"{before[0].value} {place.word.value}"
        return Expectation("command", prefix, before[0].start, place.end)
    if before:
        # behind a word that is no command nothing can be expected; a name that none has says so
        return Expectation(
            "command",
            " ".join([*(word.value for word in before), place.word.value]),
            before[0].start,
            place.end,
        )
    return Expectation("command", place.word.value, place.start, place.end)


def _expect_argument(
    analysis: Analysis, place: _Place, command: Command, before: Sequence[Token]
) -> list[Expectation]:
    state = Binding(command, before, prefixed=analysis.prefixed)
    _leave_out(analysis, place)
    word, start, end = place.word, place.start, place.end
    if state.pending is not None:
        flag = state.pending[0]
        return [] if isinstance(flag, str) else [Expectation(flag, word.value, start, end)]
    row = state.next_positional
    flags = not state.ended and not (row is not None and row.type.greedy)
    if flags and word.value.startswith("-"):
        return _expect_flag(command, word, start, end)
    found = [] if row is None else [Expectation(row, word.value, start, end)]
    if flags and not word.value:
        found.append(Expectation("flag", "", start, end))
    return found


def _expect_flag(command: Command, word: Word, start: int, end: int) -> list[Expectation]:
    name, equals, value = word.value.lstrip("-").partition("=")
    if not equals:
        return [Expectation("flag", word.value, start, end)]
    row = command.flags.get(name)
    if row is None:
        return []
    offset = len(word.value) - len(value)
    if word.raw[:offset] != word.value[:offset]:
        return []
    return [Expectation(row, value, start + offset, end)]


def _leave_out(analysis: Analysis, place: _Place) -> None:
    """Take what the word under the cursor says out of the arguments."""
    given = analysis.binding.given if analysis.binding else []
    others = [(row, word) for row, word in given if word.end <= place.start or word.start >= place.end]
    analysis.used = frozenset(row.name for row, _ in others)
    for row, _ in given:
        if row.name not in analysis.used:
            analysis.bound.pop(row.name, None)


def candidates(
    analysis: Analysis, registry: Registry, world: object
) -> Iterator[tuple[Expectation, Candidate]]:
    """Yield what can stand at the cursor, each with the expectation it answers.

    Commands, flags and filters begin with what is typed; what a parameter type offers need not, and is
    for the caller to rank and to cut. Flags that stand in the line already are left out, unless they
    collect.
    """
    for expectation in analysis.expected:
        what, prefix = expectation.what, expectation.prefix
        if isinstance(what, Parameter):
            found = what.type.candidates(prefix, analysis.bound, world)
        elif what == "command":
            found = _commands(registry, prefix)
        elif what == "flag":
            found = _flags(analysis, prefix, world)
        else:
            found = (Candidate(name, about) for name, about in FILTERS.items() if name.startswith(prefix))
        for candidate in found:
            yield expectation, candidate


def _commands(registry: Registry, prefix: str) -> Iterator[Candidate]:
    for name in registry.names:
        if name.startswith(prefix):
            yield Candidate(name, registry.get(name).summary)


def _flags(analysis: Analysis, prefix: str, world: object) -> Iterator[Candidate]:
    command = analysis.command
    for row in command.parameters if command else ():
        if row.flag and (row.many or row.name not in analysis.used) and row.applies(analysis.bound, world):
            spelling = next((name for name in (row.flag, *row.aliases) if name.startswith(prefix)), "")
            if spelling:
                yield Candidate(spelling, row.help)
    if "--json".startswith(prefix) and not analysis.json:
        yield Candidate("--json", "Print one JSON document.")
