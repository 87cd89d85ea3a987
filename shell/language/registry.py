"""The commands table: what each command is called, takes and does, said once beside its function.

The registry maps names to such modules and
imports one only when a command of it is used, so that a short run loads little.
`shell.language.declarations` proves all declarations; the tests run it.
"""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.command import DRAFT, EFFECTS, NOTHING, SHELL, TARGET, Command, module_commands
from shell.language.parameters import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shell.language.lexer import Word

__all__ = ["DRAFT", "EFFECTS", "NOTHING", "SHELL", "TARGET", "Command", "Registry", "Resolution"]


class Resolution:
    """What the first words of a line name: a command, how many words that took, and what is wrong.

    `full` is the whole name where the words were an abbreviation that was accepted.
    """

    __slots__ = ("command", "full", "problem", "used")

    def __init__(
        self,
        command: Command | None,
        used: int,
        problem: UsageError | None = None,
        full: str = "",
    ) -> None:
        self.command = command
        self.used = used
        self.problem = problem
        self.full = full


class Registry:
    """All commands by name, read when used. `table` maps every name and alias to its module."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)
        self._loaded: dict[str, Command] = {}
        self._groups: dict[str, dict[str, str]] = {}
        for name in self._table:
            first, _, second = name.partition(" ")
            if second:
                self._groups.setdefault(first, {})[second] = name
        self._first_words = tuple(dict.fromkeys(name.partition(" ")[0] for name in self._table))

    @property
    def names(self) -> tuple[str, ...]:
        """Every name and alias, in the order of the table."""
        return tuple(self._table)

    @property
    def table(self) -> Mapping[str, str]:
        """The module of every name and alias."""
        return self._table

    def get(self, name: str) -> Command:
        """Return the command of a name or alias, importing its module; raises KeyError."""
        command = self._loaded.get(name)
        if command is None:
            for row in module_commands(self._table[name]):
                for spelling in (row.name, *row.aliases):
                    self._loaded[spelling] = row
            command = self._loaded[name]
        return command

    def commands(self) -> list[Command]:
        """Return all commands, importing every module, without repeats and in the order of the table."""
        return list({id(row): row for row in map(self.get, self._table)}.values())

    def is_group(self, word: str) -> bool:
        """Whether the word is the first of two-word names."""
        return word in self._groups

    def group(self, word: str) -> list[str]:
        """Return the full names that begin with this word and have a second."""
        return list(self._groups.get(word, {}).values())

    def validate(self) -> None:
        """Import everything and prove every declaration; raises DeclarationError naming all faults."""
        from shell.language.declarations import validate

        validate(self)

    def resolve(self, words: Sequence[Word], *, interactive: bool) -> Resolution:
        """Find the command that the first words name; an unambiguous beginning counts when interactive."""
        first = words[0].value
        if first in self._groups:
            if len(words) > 1 and words[1].value in self._groups[first]:
                return Resolution(self.get(self._groups[first][words[1].value]), 2)
            if first not in self._table:
                return self._resolve_second(first, words, interactive, abbreviated=False)
        if first in self._table:
            return Resolution(self.get(first), 1)
        fitting = [name for name in self._first_words if first and name.startswith(first)]
        if len(fitting) > 1:
            return Resolution(None, 1, _ambiguous(first, fitting))
        if not fitting:
            return Resolution(None, 1, _unknown(first, self._first_words))
        if fitting[0] in self._groups and (len(words) > 1 or fitting[0] not in self._table):
            second = self._resolve_second(fitting[0], words, interactive, abbreviated=True)
            if second.command or fitting[0] not in self._table:
                return second
        return self._abbreviated(first, fitting[0], 1, interactive)

    def _resolve_second(
        self, first: str, words: Sequence[Word], interactive: bool, *, abbreviated: bool
    ) -> Resolution:
        group = self._groups[first]
        if len(words) < 2:
            problem = UsageError(
                "incomplete-command",
                f"{first} needs a second word",
                hint="one of: " + ", ".join(group.values()),
            )
            return Resolution(None, 1, problem)
        word = words[1].value
        fitting = [second for second in group if word and second.startswith(word)]
        if word in group:
            fitting = [word]
        if len(fitting) > 1:
            return Resolution(None, 2, _ambiguous(word, fitting))
        if not fitting:
            return Resolution(None, 2, _unknown(word, group, first))
        if not abbreviated and fitting[0] == word:
            return Resolution(self.get(group[word]), 2)
        return self._abbreviated(f"{words[0].value} {word}", group[fitting[0]], 2, interactive)

    def _abbreviated(self, written: str, name: str, used: int, interactive: bool) -> Resolution:
        command = self.get(name)
        if command.exact:
            problem = UsageError(
                "abbreviated-command",
                f"{name} is never abbreviated",
                hint=f"write it out, if you mean it: {name}",
            )
            return Resolution(command, used, problem)
        if not interactive:
            problem = UsageError(
                "abbreviated-command",
                f'"{shortened(written)}" is short for {name}, and a batch takes no abbreviations',
                hint=f"write it out: {name}",
            )
            return Resolution(command, used, problem)
        return Resolution(command, used, full=name)


def _ambiguous(word: str, fitting: Sequence[str]) -> UsageError:
    return UsageError(
        "ambiguous-command",
        f'"{shortened(word)}" could be any of {", ".join(fitting)}',
        hint="write more of it",
    )


def _unknown(word: str, names: Iterable[str], first: str = "") -> UsageError:
    near = nearest(word, names)
    written = f"{first} {word}".strip()
    return UsageError(
        "unknown-command",
        f'there is no command "{shortened(written)}"',
        hint=f"did you mean {f'{first} {near}'.strip()}?" if near else "see all commands with: help",
    )
