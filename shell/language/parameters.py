"""What a word of a command can be: parameter types, and the parameters that use them.

A type knows how a word becomes a value (`parse`) and which words can be offered while typing
(`candidates`). Parsing is static: it needs no target, so that a whole batch is checked before its first
line runs. What needs the target is found out by the command. `bound` holds the arguments that are
known already, by parameter name; `world` is whatever the caller completes from, and is only handed on.
"""

from __future__ import annotations

import re

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.lexer import Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    Bound: TypeAlias = Mapping[str, object]


class Candidate:
    """A word that can be offered: its text (not quoted) and a few words about it."""

    __slots__ = ("description", "text")

    def __init__(self, text: str, description: str = "") -> None:
        self.text = text
        self.description = description

    def __repr__(self) -> str:
        return f"Candidate({self.text!r}, {self.description!r})"


class Source:
    """Where a secret or the content of a file comes from: `kind` is `file`, `env` or `fd`."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __repr__(self) -> str:
        return f"Source({self.kind!r}, {self.name!r})"

    def __str__(self) -> str:
        return "@" + self.name if self.kind == "file" else f"{self.kind}:{self.name}"


def parse_source(word: Word) -> Source:
    """Return the source that `@FILE`, `env:NAME` or `fd:NUMBER` names; raises UsageError."""
    if word.value.startswith("@"):
        kind, name = "file", expand_home(word.value[1:], word.raw[1:])
    else:
        kind, _, name = word.value.partition(":")
    if not name:
        raise UsageError(
            "bad-source",
            f"{shortened(word.value)} names no source",
            hint="write @FILE, env:NAME or fd:NUMBER; quote the word to mean the text itself",
        )
    if kind == "fd" and not (name.isascii() and name.isdigit() and len(name) < 8):
        raise UsageError(
            "bad-source",
            f"fd: is followed by the number of an open file, not by {shortened(name)}",
            hint="write for example fd:3; quote the word to mean the text itself",
        )
    return Source(kind, name)


def expand_home(path: str, raw: str) -> str:
    """Return the path with an unquoted `~` at its start replaced by the home folder, as a shell does."""
    if raw.startswith("~"):
        import os

        return os.path.expanduser(path)
    return path


class ParameterType:
    """A kind of argument; this base is any text.

    `secret` values are masked wherever a line is shown or kept; `takes_source` says that `@file`,
    `env:NAME` and `fd:N` stand for what they hold. Where these depend on the other arguments, override
    `is_secret` and `accepts_source`. A `switch` needs no value; a `greedy` type takes every word that
    is left, also those that look like flags. `on_disk` says that candidates are looked for on the machine's
    disks, which may be slow, and not in the world.
    """

    name = "text"
    metavar = "TEXT"
    secret = False
    takes_source = False
    switch = False
    greedy = False
    on_disk = False

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the value of a word; raises UsageError saying what would be one."""
        return word.value

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return words that can stand here; they need not begin with the prefix. No I/O."""
        return ()

    def is_secret(self, bound: Bound) -> bool:
        """Whether the value is a secret, given the other arguments."""
        return self.secret

    def hides(self, word: Word, bound: Bound) -> bool:
        """Whether this word is to be masked; override where not every word of a secret is one."""
        return self.is_secret(bound)

    def accepts_source(self, bound: Bound) -> bool:
        """Whether the value may be a source, given the other arguments."""
        return self.takes_source

    def read(self, word: Word, bound: Bound) -> object:
        """Return the value of a word, or the Source it names; raises UsageError."""
        if word.literal_at and self.accepts_source(bound):
            return parse_source(word)
        return self.parse(word, bound)


class Text(ParameterType):
    """Any text, or a secret text, which can come from a source."""

    def __init__(self, metavar: str = "TEXT", *, secret: bool = False, takes_source: bool = False) -> None:
        self.metavar = metavar
        self.secret = secret
        self.takes_source = takes_source or secret


class Integer(ParameterType):
    """A whole number, within bounds that are both included."""

    name = "whole number"
    metavar = "NUMBER"

    def __init__(self, low: int | None = None, high: int | None = None) -> None:
        self.low = low
        self.high = high

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the number."""
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", word.value):
            raise UsageError(
                "bad-value", f'"{shortened(word.value)}" is not a whole number', hint="write only digits"
            )
        number = int(word.value)
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise UsageError("bad-value", f"{number} is out of range", hint=f"write {self._range()}")
        return number

    def _range(self) -> str:
        if self.low is None:
            return f"{self.high} or less"
        return f"{self.low} or more" if self.high is None else f"a number from {self.low} to {self.high}"


class Choice(ParameterType):
    """One of a few words; the value is the word as it is declared. `choices` may be a dict of words and help."""

    name = "choice"

    def __init__(
        self, choices: dict[str, str] | Sequence[str], *, metavar: str = "", ignore_case: bool = False
    ) -> None:
        self.choices: dict[str, str] = dict.fromkeys(choices, "")
        if isinstance(choices, dict):
            self.choices.update(choices)
        self.metavar = metavar or "|".join(self.choices)
        self._spellings = {self._fold(choice, ignore_case): choice for choice in self.choices}
        self._ignore_case = ignore_case

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the choice."""
        choice = self._spellings.get(self._fold(word.value, self._ignore_case))
        if choice is None:
            near = nearest(word.value, self.choices)
            raise UsageError(
                "bad-value",
                f'"{shortened(word.value)}" is not one of {", ".join(self.choices)}',
                hint=f"did you mean {near}?" if near else "",
            )
        return choice

    @staticmethod
    def _fold(word: str, ignore_case: bool) -> str:
        return word.lower() if ignore_case else word

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return every choice with its help."""
        return [Candidate(choice, about) for choice, about in self.choices.items()]


# the spellings of Go's strconv.ParseBool, which the step CLI uses, and the two words people add
BOOLEANS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True)
BOOLEANS |= dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False)


class Switch(ParameterType):
    """A boolean flag: `--f`, `--f=true`, `--f=false`."""

    name = "boolean"
    metavar = "true|false"
    switch = True

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the boolean."""
        try:
            return BOOLEANS[word.value]
        except KeyError:
            raise UsageError(
                "bad-value",
                f'"{shortened(word.value)}" is neither true nor false',
                hint="write =true or =false, or the flag alone",
            ) from None

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return both values."""
        return [Candidate("true"), Candidate("false")]


class RegularExpression(ParameterType):
    """A regular expression of Python; the value is the compiled pattern."""

    name = "regular expression"
    metavar = "RE"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the compiled pattern."""
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about spellings that a later Python may read differently
                return re.compile(word.value)
        except (re.error, ValueError, OverflowError, RecursionError) as error:
            raise UsageError(
                "bad-value",
                f'"{shortened(word.value)}" is not a regular expression: {error}',
                hint="put a backslash before ( ) [ { + * ? . | to mean the character itself, and quote it",
            ) from None


class Rest(ParameterType):
    """Every word that is left, also what looks like a flag; use it with `many`."""

    name = "words"
    metavar = "WORD"
    greedy = True


class Parameter:
    """One argument of a command.

    `name` is the keyword of the function. `flag` is its `--spelling`, or None for a positional one;
    `aliases` are further spellings. `many` collects every occurrence into a tuple. Without an argument
    the function gets `default`, or `()` for `many`. `into` names a dict argument in which this one is
    an entry, present only when given. `when(bound, world)` tells completion whether it applies.
    """

    __slots__ = ("aliases", "default", "flag", "help", "into", "many", "name", "required", "type", "when")

    def __init__(
        self,
        name: str,
        type: ParameterType,
        help: str,
        *,
        flag: str | None = None,
        aliases: tuple[str, ...] = (),
        required: bool = False,
        many: bool = False,
        default: object = None,
        into: str = "",
        when: Callable[[Bound, object], bool] | None = None,
    ) -> None:
        self.name = name
        self.type = type
        self.help = help
        self.flag = flag
        self.aliases = aliases
        self.required = required
        self.many = many
        self.default = () if many and default is None else default
        self.into = into
        self.when = when

    def __repr__(self) -> str:
        return f"Parameter({self.label})"

    @property
    def label(self) -> str:
        """What the parameter is called in usage lines and errors: its flag, or its name in capitals."""
        return self.flag or self.name.upper().replace("_", "-")

    def applies(self, bound: Bound, world: object) -> bool:
        """Whether completion should offer it, given the other arguments."""
        return self.when is None or self.when(bound, world)


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name most like a mistyped word, or the empty text where none is like it."""
    import difflib

    found = difflib.get_close_matches(word[:100], list(names), n=1, cutoff=0.6)
    return found[0] if found else ""
