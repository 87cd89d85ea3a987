"""What an analysis is made of: spans, segments, filters, expectations, and the whole that holds them."""

from __future__ import annotations

from shell.language.lexer import COMMENT, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from typing import Any

    from shell.errors import UsageError
    from shell.language.binding import Binding
    from shell.language.command import Command
    from shell.language.lexer import Token
    from shell.language.parameters import Parameter

ROLES = ("command", "flag", "value", "source", "secret", "operator", "filter", "comment", "help", "error")


class Span:
    """A stretch of the text (offsets) and what it is: `role` is one of ROLES."""

    __slots__ = ("end", "parameter", "role", "start")

    def __init__(self, start: int, end: int, role: str, parameter: Parameter | None = None) -> None:
        self.start = start
        self.end = end
        self.role = role
        self.parameter = parameter

    def __repr__(self) -> str:
        return f"Span({self.start}, {self.end}, {self.role!r}, {self.parameter})"


class Filter:
    """A filter on the output: `match` or `except` with a compiled pattern, or `count` with none."""

    __slots__ = ("name", "pattern")

    def __init__(self, name: str, pattern: re.Pattern[str] | None = None) -> None:
        self.name = name
        self.pattern = pattern

    def keeps(self, text: str) -> bool:
        """Whether a line goes through `match` or `except`."""
        return (self.pattern is None or self.pattern.search(text) is not None) is (self.name != "except")


class Expectation:
    """What may stand at the cursor: a Parameter, or `command`, `flag` or `filter`.

    `prefix` is what is typed of it, without quotes; a chosen word replaces the text between the two
    offsets. The prefix of a two-word command holds both words.
    """

    __slots__ = ("prefix", "replace_end", "replace_start", "what")

    def __init__(self, what: Parameter | str, prefix: str, replace_start: int, replace_end: int) -> None:
        self.what = what
        self.prefix = prefix
        self.replace_start = replace_start
        self.replace_end = replace_end

    def __repr__(self) -> str:
        return f"Expectation({self.what!r}, {self.prefix!r}, {self.replace_start}, {self.replace_end})"


class Segment:
    """The words behind an operator."""

    __slots__ = ("operator", "words")

    def __init__(self, operator: Token) -> None:
        self.operator = operator
        self.words: list[Token] = []


class Analysis:
    """What a line says.

    `command` and `arguments` are what runs; `bound` are the typed values that were given, by parameter
    name; `missing` the required parameters that were not. `problems` are all errors, in the order of the
    text, with `line` (from 1, within the text) and `column`. `full` is the whole name of an abbreviated
    command. `target_flags` are pairs of a flag and its text, only on a line pasted with step's prefix.
    `help` is the offset of a `?`, or -1. `expected` and `used` (names of parameters that stand elsewhere
    in the line) are filled when a cursor is given, and `bound` then leaves out the word under it.
    """

    __slots__ = (
        "arguments",
        "binding",
        "bound",
        "command",
        "command_words",
        "expected",
        "filters",
        "full",
        "help",
        "json",
        "missing",
        "offsets",
        "prefixed",
        "problems",
        "redirect",
        "segments",
        "spans",
        "target_flags",
        "text",
        "tokens",
        "used",
        "words",
    )

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.words: list[Token] = []
        self.segments: list[Segment] = []
        self.spans: list[Span] = []
        self.command: Command | None = None
        self.command_words: Sequence[Token] = ()
        self.binding: Binding | None = None
        self.bound: dict[str, Any] = {}
        self.arguments: dict[str, object] = {}
        self.problems: list[UsageError] = []
        self.offsets: list[int] = []
        self.expected: list[Expectation] = []
        self.used: frozenset[str] = frozenset()
        self.missing: list[Parameter] = []
        self.filters: list[Filter] = []
        self.redirect = ""
        self.json = False
        self.prefixed = False
        self.target_flags: list[tuple[str, str]] = []
        self.full = ""
        self.help = -1

    @property
    def is_empty(self) -> bool:
        """Whether the line holds nothing but blanks and a comment."""
        return all(token.kind == COMMENT for token in self.tokens)

    @property
    def effect(self) -> str:
        """What running the line changes; see `Command.effect_of`."""
        return self.command.effect_of(self.bound) if self.command else "nothing"

    def has_literal_secret(self) -> bool:
        """Whether a secret stands in the line itself and not in a source."""
        return any(span.role == "secret" for span in self.spans)

    def masked(self, mask: str = "…") -> str:
        """Return the text with every literal secret replaced, fit to be kept or shown."""
        text = self.text
        for span in reversed(self.spans):
            if span.role == "secret":
                text = text[: span.start] + mask + text[span.end :]
        return text

    @property
    def written(self) -> str:
        """The words that named the command, as they were written."""
        return " ".join(word.value for word in self.command_words)

    @property
    def place(self) -> tuple[int, int]:
        """Line and column (both from 1) of the command in the text."""
        return place(self.text, self.command_words[0].start if self.command_words else 0)

    def refuse(self, offset: int, error: UsageError) -> None:
        """Add a problem at an offset of the text."""
        self.offsets.append(offset)
        self.problems.append(error)


def place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column (both from 1) of an offset in a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
