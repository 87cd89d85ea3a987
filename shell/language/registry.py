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
        second = words[1].value if len(words) > 1 else ""
        full = self._groups.get(first, {}).get(second, "")
        if full or first in self._table:
            return Resolution(self.get(full or first), 2 if full else 1)
        fitting = [name for name in self._first_words if first and name.startswith(first)]
        if first in self._groups:
            fitting = [first]
        if len(fitting) > 1:
            return Resolution(None, 1, _ambiguous(first, fitting))
        if not fitting:
            return Resolution(None, 1, _unknown(first, self._first_words))
        return self._resolve_second(fitting[0], first, second, interactive)

    def _resolve_second(self, name: str, first: str, second: str, interactive: bool) -> Resolution:
        """Find the command whose first word is `name`, written as `first`, possibly with a second word."""
        group = self._groups.get(name, {})
        fitting = [word for word in group if second and word.startswith(second)]
        if second in group:
            fitting = [second]
        if len(fitting) == 1:
            return self._abbreviated(f"{first} {second}", group[fitting[0]], 2, interactive)
        if name in self._table:
            return self._abbreviated(first, name, 1, interactive)
        if fitting:
            return Resolution(None, 2, _ambiguous(second, fitting))
        if second:
            return Resolution(None, 2, _unknown(second, group, name))
        hint = "one of: " + ", ".join(group.values())
        return Resolution(None, 1, UsageError("incomplete-command", f"{name} needs a second word", hint=hint))

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
    if near:
        hint = f"did you mean {f'{first} {near}'.strip()}?"
    elif first:
        hint = "one of: " + ", ".join(f"{first} {name}" for name in names)
    else:
        hint = "see all commands with: help"
    return UsageError("unknown-command", f'there is no command "{shortened(written)}"', hint=hint)
