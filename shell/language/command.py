"""What a command is: its name, its function, what it takes and what it changes, said once.

A module of commands has `COMMANDS: tuple[Command, ...]`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from shell.language.parameters import Parameter

# What a command changes: nothing, the draft, the target, or only the shell itself.
NOTHING = "nothing"
DRAFT = "draft"
TARGET = "target"
SHELL = "shell"
EFFECTS = (NOTHING, DRAFT, TARGET, SHELL)


class Command:
    """One command.

    `name` is one word or two. `function(session, **arguments)` returns a Result and gets every
    parameter by name. `effect` is one of EFFECTS; a flag in `harmless` (such as `dry_run`), when given
    as true, makes the call change nothing. `examples` are whole lines. `exact` forbids abbreviation;
    `trusted_only` keeps the command out of restricted batches; one that `needs_target` waits at a prompt until
    the target has been read.
    """

    __slots__ = (
        "aliases",
        "defaults",
        "details",
        "effect",
        "exact",
        "examples",
        "flags",
        "function",
        "groups",
        "harmless",
        "name",
        "needs_target",
        "order",
        "parameters",
        "positionals",
        "summary",
        "trusted_only",
    )

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        parameters: Sequence[Parameter] = (),
        summary: str = "",
        effect: str = NOTHING,
        *,
        examples: Sequence[str] = (),
        details: str = "",
        aliases: Sequence[str] = (),
        exact: bool = False,
        harmless: Sequence[str] = (),
        trusted_only: bool = False,
        needs_target: bool = True,
    ) -> None:
        self.name = name
        self.function = function
        self.parameters = tuple(parameters)
        self.summary = summary
        self.effect = effect
        self.examples = tuple(examples)
        self.details = details
        self.aliases = tuple(aliases)
        self.exact = exact
        self.harmless = tuple(harmless)
        self.trusted_only = trusted_only
        self.needs_target = needs_target
        self.positionals = tuple(row for row in self.parameters if row.flag is None)
        self.flags = {
            spelling.lstrip("-"): row
            for row in self.parameters
            if row.flag
            for spelling in (row.flag, *row.aliases)
        }
        self.order = {row.name: place for place, row in enumerate(self.parameters)}
        self.groups = tuple({row.into: None for row in self.parameters if row.into})
        self.defaults = {row.name: row.default for row in self.parameters if not row.into}

    def __repr__(self) -> str:
        return f"Command({self.name})"

    def effect_of(self, arguments: Mapping[str, object]) -> str:
        """What a call with these arguments changes."""
        return NOTHING if any(arguments.get(name) for name in self.harmless) else self.effect

    @property
    def usage(self) -> str:
        """The usage line: the name, what it needs, and that it has flags."""
        parts = [self.name]
        for row in self.parameters:
            if row.flag and row.required:
                parts.append(row.flag if row.type.switch else f"{row.flag} {row.type.metavar}")
            elif row.flag is None:
                label = row.label + ("..." if row.many else "")
                parts.append(label if row.required else f"[{label}]")
        if any(row.flag and not row.required for row in self.parameters):
            parts.append("[flags]")
        return " ".join(parts)


def module_commands(module: str) -> Sequence[Command]:
    """Import a module of commands and return its declarations."""
    __import__(module)  # importlib would cost the shortest runs more than this line
    commands: Sequence[Command] = sys.modules[module].COMMANDS
    return commands
