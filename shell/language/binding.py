"""Words to arguments, as Go's flag parser and the step CLI read them.

`--f value`, `--f=value`, one dash as good as two, flags and positionals mixed, `--` ends the flags, a
boolean flag takes its value only behind `=`. A flag written twice counts the last time, unless it
collects. What is not declared is never guessed.
"""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.anatomy import Span
from shell.language.lexer import Word
from shell.language.parameters import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.language.command import Command
    from shell.language.lexer import Token
    from shell.language.parameters import Parameter

# The flags of `step` that only choose the target and the login, under the name that counts.
TARGET_FLAGS = {
    "ca-url": "--ca-url",
    "ca-config": "--ca-config",
    "root": "--root",
    "context": "--context",
    "admin-cert": "--admin-cert",
    "admin-key": "--admin-key",
    "admin-subject": "--admin-subject",
    "admin-name": "--admin-subject",
    "admin-provisioner": "--admin-provisioner",
    "admin-issuer": "--admin-provisioner",
    "admin-password-file": "--admin-password-file",
    "password-file": "--admin-password-file",
}

# Stands for a flag that is none, but looks like one for a secret.
_MISSPELLED = ""
# Flags that other programs explain themselves with.
_HELP = ("help", "h")


class Binding:
    """The words of one command, told apart: which parameter each is for, and what fits none.

    `given` are parameters with their words in the order written; `pending` is a flag that still needs
    its value, or the name of a flag that chooses the target; `seen` counts positionals; `ended` is set
    behind `--`. `problems` are pairs of an offset and an error.
    """

    __slots__ = (
        "_command",
        "_prefixed",
        "_switch",
        "ended",
        "given",
        "json",
        "pending",
        "problems",
        "seen",
        "spans",
        "target_flags",
        "unknown",
    )

    def __init__(self, command: Command, words: Sequence[Token], *, prefixed: bool = False) -> None:
        self._command = command
        self._prefixed = prefixed
        self._switch: Token | None = None
        self.given: list[tuple[Parameter, Word]] = []
        self.pending: tuple[Parameter | str, Token] | None = None
        self.seen = 0
        self.ended = False
        self.unknown = False
        self.json = False
        self.target_flags: list[tuple[str, str]] = []
        self.spans: list[Span] = []
        self.problems: list[tuple[int, UsageError]] = []
        for token in words:
            self._take(token)

    @property
    def next_positional(self) -> Parameter | None:
        """The positional parameter that the next word without a dash is for."""
        rows = self._command.positionals
        if self.seen < len(rows):
            return rows[self.seen]
        return rows[-1] if rows and rows[-1].many else None

    def finish(self) -> None:
        """Say what is missing at the end of the line."""
        if self.pending:
            self._missing_value(*self.pending)
        # a word behind an unknown flag is most likely its value, and one surplus word says it all
        surplus = [row for row in self.problems if row[1].code == "too-many-arguments"]
        excess = surplus if self.unknown else surplus[1:]
        if excess:
            self.problems = [row for row in self.problems if row not in excess]

    def _take(self, token: Token) -> None:
        value = token.value
        if self.pending:
            if not self._is_own_flag(token):
                self._take_value(*self.pending, token)
                return
            self._missing_value(*self.pending)
            self.pending = None
        if self.ended or value[:1] != "-" or len(value) == 1 or self._takes_anything():
            self._take_positional(token)
        elif value == "--":
            self.ended = True
            self.spans.append(Span(token.start, token.end, "operator"))
        else:
            self._take_flag(token)

    def _takes_anything(self) -> bool:
        row = self.next_positional
        return row is not None and row.type.greedy

    def _is_own_flag(self, token: Token) -> bool:
        """Whether a word where a value should be is, unquoted and to the letter, a flag of the command."""
        name = token.raw[2:].partition("=")[0]
        return token.raw.startswith("--") and (name in self._command.flags or name == "json")

    def _missing_value(self, row: Parameter | str, flag: Token) -> None:
        if row == _MISSPELLED:
            return
        metavar = "VALUE" if isinstance(row, str) else row.type.metavar
        hint = f"write {flag.value} {metavar}, or {flag.value}={metavar} for one that begins with dashes"
        error = UsageError("missing-value", f"{flag.value} has no value", hint=hint)
        self.problems.append((flag.start, error))

    def _take_value(self, row: Parameter | str, flag: Token, word: Word) -> None:
        """Take a word as the value of a flag: one of the command, one that names the target, or neither."""
        if not isinstance(row, str):
            self.given.append((row, word))
        elif row == _MISSPELLED:
            self.spans.append(Span(word.start, word.end, "secret"))
        else:
            self.target_flags.append((row, word.value))
            self.spans.append(Span(word.start, word.end, "value"))
        self.pending = None

    def _take_positional(self, token: Token) -> None:
        row = self.next_positional
        switch, self._switch = self._switch, None
        if switch is not None and token.raw in {"true", "false"}:
            error = UsageError(
                "detached-value",
                f"{switch.value} takes its value behind an equals sign",
                hint=f"write {switch.value}={token.value}",
            )
            self._refuse(token, error)
        elif row is None:
            count = len(self._command.positionals)
            what = f"{count} argument{'s' if count > 1 else ''}" if count else "no arguments"
            error = UsageError(
                "too-many-arguments",
                f"{self._command.name} takes {what}",
                hint=f"usage: {self._command.usage}; quote a value that has blanks",
            )
            self._refuse(token, error)
        else:
            self.seen += 1
            self.given.append((row, token))

    def _take_flag(self, token: Token) -> None:
        self._switch = None
        value = token.value
        name, equals, inline = value[2 if value[1] == "-" else 1 :].partition("=")
        row = self._command.flags.get(name)
        word = _inline(token, inline) if equals else None
        if row is None and name == "json":
            self._take_json(token, inline if equals else "true")
        elif row is not None:
            self._give(row, token, word)
        elif self._prefixed and name in TARGET_FLAGS:
            self._give(TARGET_FLAGS[name], token, word)
        else:
            self._take_unknown(name, token, word)

    def _give(self, row: Parameter | str, token: Token, word: Word | None) -> None:
        parameter = None if isinstance(row, str) else row
        self.spans.append(Span(token.start, word.start if word else token.end, "flag", parameter))
        if word is not None:
            self._take_value(row, token, word)
        elif parameter is not None and parameter.type.switch:
            self._switch = token
            self.given.append((parameter, Word("true", "true", token.end, token.end)))
        else:
            self.pending = (row, token)

    def _take_unknown(self, name: str, token: Token, word: Word | None) -> None:
        """Refuse a flag; if it was meant for a secret, its value is treated as one all the same."""
        self.unknown = True
        near = nearest(name, self._command.flags)
        written = token.value[: len(token.value) - len(word.value) - 1] if word else token.value
        error = UsageError(
            "unknown-flag",
            f"{self._command.name} has no flag {shortened(written)}",
            hint=self._unknown_hint(name, near),
        )
        self.problems.append((token.start, error))
        end = word.start if word else token.end
        secret = bool(near) and self._command.flags[near].type.is_secret({})
        if not secret:
            self.spans.append(Span(token.start, token.end, "error"))
            return
        self.spans.append(Span(token.start, end, "error"))
        if word:
            self._take_value(_MISSPELLED, token, word)
        else:
            self.pending = (_MISSPELLED, token)

    def _take_json(self, token: Token, value: str) -> None:
        if value not in {"true", "false"}:
            self._refuse(token, UsageError("bad-value", "--json takes no such value", hint="write --json"))
            return
        self.json = value == "true"
        self.spans.append(Span(token.start, token.end, "flag"))

    def _unknown_hint(self, name: str, near: str) -> str:
        if name in _HELP:
            return f"see: help {self._command.name}"
        if name in TARGET_FLAGS:
            return "the target and the login are chosen once, when step-shell starts"
        if near:
            return f"did you mean --{near}?"
        flags = f"see its flags with: help {self._command.name}" if self._command.flags else "it has none"
        return f"{flags}; write -- before an argument that begins with a dash"

    def _refuse(self, token: Token, error: UsageError) -> None:
        self.problems.append((token.start, error))
        self.spans.append(Span(token.start, token.end, "error"))


def _inline(token: Token, value: str) -> Word:
    """Return the word behind the `=` of a flag; where the flag itself is quoted, its place is the whole."""
    place = len(token.value) - len(value)
    if token.raw[:place] == token.value[:place]:
        return Word(value, token.raw[place:], token.start + place, token.end)
    return Word(value, token.raw, token.start, token.end)
