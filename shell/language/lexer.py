r"""Text to words, as a POSIX shell would split it; and a whole file to logical lines.

Quoting: `'…'` keeps everything, `"…"` knows `\\`, `\"`, `\$`, `` \` `` and the continued line, a
backslash outside quotes keeps the next character, and one at the end of a line joins it with the next.
`#` where a word may begin is a comment. What a shell would expand or run (`$ ; & < *` and the
backtick) is refused outside quotes, never taken literally in silence; so are invisible characters.

`tokenize` never raises: what is wrong is said by the token that is wrong, so that the same words
serve the highlighting of a line that is still being typed.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = "word"
PIPE = "pipe"
REDIRECT = "redirect"
COMMENT = "comment"
HELP = "help"
ERROR = "error"

SOURCE_PREFIXES = ("@", "env:", "fd:")

# What ends a word: a blank, a line end or an operator. A carriage return counts only before a line end.
_END = r"(?:[ \t\n|>]|\r(?:\n|\Z)|\Z)"
_BLANK = r"(?:[ \t]|\r(?=\n|\Z)|\\\r?\n)"
# Taken as itself in a word. Left out, besides quotes and operators: what a shell would expand, every
# control, and the blanks and marks that look like a space or like nothing.
_PLAIN = (
    r"[^\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    r"'\"\\|>$;&<*`]"
)

_TOKEN = re.compile(
    rf"(?P<blank>{_BLANK}++)|(?P<newline>\n)|(?P<comment>\#[^\n]*+)|(?P<help>\?)|(?P<pipe>\|)|(?P<redirect>>)"
    rf"|(?P<plain>{_PLAIN}++)(?={_END})",
)
_PIECE = re.compile(
    rf"""
      (?P<plain>{_PLAIN}++)
    | '(?P<single>[^']*+)'
    | "(?P<double>[^"\\]*+(?:\\.[^"\\]*+)*+)"
    | \\(?P<join>\r?\n)
    | \\(?P<escaped>.)
    | (?P<open>['"])
    | (?P<last>\\)\Z
    | (?!{_END})(?P<bad>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_DOUBLE = re.compile(r'\\(?:\r?(\n)|([$`"\\]))')

# One logical line: blanks, operators and comments between words; see the classes above.
_LEAD = r"(?:[ \t|>?]|\r(?=\n|\Z)|\\\r?\n)*+(?:\#[^\n]*+)?"
_LOGICAL = re.compile(
    rf"""
      [^'"\\\n]*+(?=\n|\Z)
    | {_LEAD}
      (?:
        (?: [^ \t\n\r|>'"\\]++ | \r(?!\n|\Z) | \\(?:\r\n|.) | '[^']*+(?:'|\Z)
          | "[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z) | \\\Z )++
        {_LEAD}
      )*+
    """,
    re.VERBOSE | re.DOTALL,
)

_BARE = re.compile(r"(?!@|~|env:|fd:)[\w@~%+=:,./-]+")


class Word:
    """A word: its `value` without quotes, `raw` as it was written, and where (offsets in the text)."""

    __slots__ = ("end", "raw", "start", "value")

    def __init__(self, value: str, raw: str, start: int = 0, end: int = 0) -> None:
        self.value = value
        self.raw = raw
        self.start = start
        self.end = end

    @property
    def quoted(self) -> bool:
        """Whether any part of the word was quoted or escaped."""
        return self.raw != self.value

    @property
    def literal_at(self) -> bool:
        """Whether the word begins with an unquoted `@`, `env:` or `fd:`, and so may name a source."""
        return self.raw.startswith(SOURCE_PREFIXES)


class Token(Word):
    """A word, an operator or a comment of a line.

    `message` says what is wrong with it, or is empty, and `fault` is the offset where. `closed` is
    False for a quote, or a continued line, that the text ends in.
    """

    __slots__ = ("closed", "fault", "kind", "message")

    def __init__(
        self,
        kind: str,
        value: str,
        raw: str,
        start: int,
        end: int,
        *,
        closed: bool = True,
        message: str = "",
        fault: int = 0,
    ) -> None:
        self.kind = kind
        self.value = value
        self.raw = raw
        self.start = start
        self.end = end
        self.closed = closed
        self.message = message
        self.fault = fault

    def __repr__(self) -> str:
        return f"Token({self.kind}, {self.value!r}, {self.start}, {self.end})"


class Statement:
    """One logical line of a file: its text, joined lines included, and the line number it begins at."""

    __slots__ = ("line", "text")

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.line = line

    def __repr__(self) -> str:
        return f"Statement({self.text!r}, {self.line})"


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a line, blanks left out; never raises.

    A line end between two words is an error token, since one line holds one command.
    """
    tokens: list[Token] = []
    match, position, length = _TOKEN.match, 0, len(text)
    line_end = -1
    while position < length:
        found = match(text, position)
        kind = found.lastgroup if found else WORD
        end = found.end() if found else position
        if kind == "newline":
            if line_end < 0 and any(token.kind != COMMENT for token in tokens):
                line_end = position
        elif kind != "blank":
            if line_end >= 0 and kind != COMMENT:
                tokens.append(_break(line_end))
                line_end = -1
            if kind == "plain":
                raw = text[position:end]
                tokens.append(Token(WORD, raw, raw, position, end))
            elif kind == WORD:
                tokens.append(_word(text, position))
                end = tokens[-1].end
            else:
                raw = text[position:end]
                tokens.append(Token(kind or WORD, raw, raw, position, end))
        position = end
    return tokens


def _break(position: int) -> Token:
    message = "the line ends here and another command follows"
    return Token(ERROR, "\n", "\n", position, position + 1, message=message, fault=position)


def _word(text: str, start: int) -> Token:
    """Return the token of a word that has quotes, escapes or characters that must not stand bare."""
    values: list[str] = []
    position, fault, message, closed = start, -1, "", True
    while piece := _PIECE.match(text, position):
        kind = piece.lastgroup or ""
        if kind in {"open", "last"}:
            closed, message, fault = False, _OPEN[kind], position
            if kind == "open":
                values.append(
                    _unescaped(text[position + 1 :]) if piece.group() == '"' else text[position + 1 :]
                )
            position = len(text)
            break
        if kind == "bad" and fault < 0:
            fault, message = position, _bare_message(piece.group())
        values.append(_value_of(kind, piece.group(kind)))
        position = piece.end()
    return Token(
        WORD if fault < 0 or not closed else ERROR,
        "".join(values),
        text[start:position],
        start,
        position,
        closed=closed,
        message=message,
        fault=max(fault, start),
    )


_OPEN = {
    "open": "the quote that begins here is not closed",
    "last": "nothing follows the backslash",
}


def _value_of(kind: str, text: str) -> str:
    if kind == "double":
        return _unescaped(text)
    return "" if kind == "join" else text


def _unescaped(text: str) -> str:
    return _IN_DOUBLE.sub(lambda match: match.group(2) or "", text) if "\\" in text else text


def _bare_message(character: str) -> str:
    if character in "$;&<*`":
        return f"an unquoted {character} is not taken literally; quote it: '{character}'"
    return f"the invisible character U+{ord(character):04X} stands outside quotes; remove or quote it"


def statements(text: str) -> list[Statement]:
    """Return the logical lines of a file or a paste that hold more than blanks and a comment.

    Lines are numbered from 1. A quote may run over several lines; one that is never closed makes a
    statement of all the rest.
    """
    return list(_statements(text.removeprefix("\ufeff")))


def _statements(text: str) -> Iterator[Statement]:
    match, position, line, length = _LOGICAL.match, 0, 1, len(text)
    while position < length:
        found = match(text, position)
        end = found.end() if found else length
        logical = text[position:end]
        content = logical.lstrip(" \t\r\n")
        if content and content[0] != "#":
            yield Statement(logical, line)
        line += 1 + (logical.count("\n") if "\n" in logical else 0)
        position = end + 1


def is_incomplete(text: str) -> bool:
    """Return whether the text ends within a quote or after a backslash, so that another line follows."""
    tokens = tokenize(text)
    return bool(tokens) and not tokens[-1].closed


def quote(word: str) -> str:
    """Return the word written so that the lexer gives it back exactly, and as text, not as a source."""
    if _BARE.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
