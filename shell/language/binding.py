"""Words to arguments, as Go's flag parser and the step CLI read them.

`--f value`, `--f=value`, one dash as good as two, flags and positionals mixed, `--` ends the flags, a
boolean flag takes its value only behind `=`. A flag written twice counts the last time, unless it
collects. What is not declared is never guessed.
"""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.anatomy import Span
from shell.language.lexer import Word, quote
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


class Binding:
    """The words of one command, told apart: which parameter each is for, and what fits none.

    `given` are parameters with their words in the order written; `pending` is a flag that still needs
    its value and `pending_target` the same for a target flag; `seen` counts positionals; `ended` is set
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
        "pending_target",
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
        self.pending: tuple[Parameter, Token] | None = None
        self.pending_target: tuple[str, Token] | None = None
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
        waiting = self.pending or self.pending_target
        if waiting:
            row, token = waiting
            metavar = row.type.metavar if not isinstance(row, str) else "VALUE"
            self._missing_value(token, metavar)
        # a word behind an unknown flag is most likely its value, and one surplus word says it all
        surplus = [row for row in self.problems if row[1].code == "too-many-arguments"]
        excess = surplus if self.unknown else surplus[1:]
        if excess:
            self.problems = [row for row in self.problems if row not in excess]

    def _take(self, token: Token) -> None:
        value = token.value
        if self.pending or self.pending_target:
            if not self._is_own_flag(token):
                self._take_value(token)
                return
            row, flag = self.pending or self.pending_target or ("", token)
            self._missing_value(flag, "VALUE" if isinstance(row, str) else row.type.metavar, token)
            self.pending = self.pending_target = None
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
        value = token.raw
        return value[:2] == "--" and len(value) > 2 and value[2:].partition("=")[0] in self._command.flags

    def _missing_value(self, flag: Token, metavar: str, found: Token | None = None) -> None:
        if found is None:
            hint = f"write {flag.value} {metavar}"
        else:
            hint = f"write {flag.value} {metavar}; to mean the text: {flag.value}={quote(found.value)}"
        error = UsageError("missing-value", f"{flag.value} has no value", hint=hint)
        self.problems.append((flag.start, error))

    def _take_value(self, token: Token) -> None:
        if self.pending:
            self.given.append((self.pending[0], token))
        elif self.pending_target:
            self.target_flags.append((self.pending_target[0], token.value))
            self.spans.append(Span(token.start, token.end, "value"))
        self.pending = self.pending_target = None

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
        if row is not None:
            self._give(row, token, word)
        elif name == "json":
            self._take_json(token, inline if equals else "true")
        elif self._prefixed and name in TARGET_FLAGS:
            self._give_target(TARGET_FLAGS[name], token, word)
        else:
            self.unknown = True
            self._refuse(token, self._unknown_flag(name, value[: len(value) - len(equals + inline)]))

    def _give(self, row: Parameter, token: Token, word: Word | None) -> None:
        if word is not None:
            self.spans.append(Span(token.start, word.start, "flag", row))
            self.given.append((row, word))
            return
        self.spans.append(Span(token.start, token.end, "flag", row))
        if row.type.switch:
            self._switch = token
            self.given.append((row, Word("true", "true", token.end, token.end)))
        else:
            self.pending = (row, token)

    def _give_target(self, flag: str, token: Token, word: Word | None) -> None:
        self.spans.append(Span(token.start, word.start if word else token.end, "flag"))
        if word is None:
            self.pending_target = (flag, token)
        else:
            self.target_flags.append((flag, word.value))
            self.spans.append(Span(word.start, word.end, "value"))

    def _take_json(self, token: Token, value: str) -> None:
        if value not in {"true", "false"}:
            self._refuse(token, UsageError("bad-value", "--json takes no such value", hint="write --json"))
            return
        self.json = value == "true"
        self.spans.append(Span(token.start, token.end, "flag"))

    def _unknown_flag(self, name: str, written: str) -> UsageError:
        if name in TARGET_FLAGS:
            hint = "the target and the login are chosen once, when step-shell starts"
        elif near := nearest(name, self._command.flags):
            hint = f"did you mean --{near}?"
        elif not self._command.flags:
            hint = f"{self._command.name} has no flags; write -- before an argument that begins with a dash"
        else:
            hint = f"see its flags with: help {self._command.name}; write -- before an argument that begins with a dash"
        return UsageError("unknown-flag", f"{self._command.name} has no flag {shortened(written)}", hint=hint)

    def _refuse(self, token: Token, error: UsageError) -> None:
        self.problems.append((token.start, error))
        self.spans.append(Span(token.start, token.end, "error"))


def _inline(token: Token, value: str) -> Word:
    """Return the word behind the `=` of a flag; where the flag itself is quoted, its place is the whole."""
    place = len(token.value) - len(value)
    if token.raw[:place] == token.value[:place]:
        return Word(value, token.raw[place:], token.start + place, token.end)
    return Word(value, token.raw, token.start, token.end)
