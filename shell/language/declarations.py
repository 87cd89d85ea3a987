"""The proof that every declaration of a command is well formed; it imports all of them."""

from __future__ import annotations

import inspect
import re
from itertools import pairwise

from shell.language.command import EFFECTS, module_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shell.language.command import Command
    from shell.language.parameters import Parameter
    from shell.language.registry import Registry

_NAME = re.compile(r"[a-z][a-z0-9-]*( [a-z][a-z0-9-]*)?")
_FLAG = re.compile(r"--?[a-z][a-z0-9-]*")
_RESERVED = "json"


class DeclarationError(Exception):
    """A command is declared wrongly; `faults` are all of them, one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def validate(registry: Registry) -> None:
    """Import every module of the registry and raise DeclarationError where anything is wrong."""
    faults: list[str] = []
    for module in dict.fromkeys(registry.table.values()):
        seen: set[str] = set()
        for command in module_commands(module):
            for name in (command.name, *command.aliases):
                if name in seen:
                    faults.append(f"{module}: {name} is declared twice")
                if registry.table.get(name) != module:
                    faults.append(f"{module}: {name} is not in the table under this module")
                seen.add(name)
            faults += [f"{command.name}: {fault}" for fault in faults_of(command)]
        missing = [name for name, home in registry.table.items() if home == module and name not in seen]
        faults += [f"{module}: {name} is in the table and declared nowhere" for name in missing]
    if faults:
        raise DeclarationError(faults)


def faults_of(command: Command) -> list[str]:
    """Return what is wrong with one declaration, one sentence each."""
    faults = [
        f"the name {name!r} is not one or two plain words"
        for name in (command.name, *command.aliases)
        if not _NAME.fullmatch(name)
    ]
    if command.effect not in EFFECTS:
        faults.append(f"the effect {command.effect!r} is none of {', '.join(EFFECTS)}")
    if not command.summary:
        faults.append("it has no summary")
    faults += [
        f"harmless names {name}, which is no parameter"
        for name in command.harmless
        if name not in command.order
    ]
    faults += _flag_faults(command)
    faults += _positional_faults(command.positionals)
    for row in command.parameters:
        faults += [f"{row.label}: {fault}" for fault in _parameter_faults(row)]
    return faults + _signature_faults(command)


def _flag_faults(command: Command) -> Iterator[str]:
    seen: set[str] = set()
    names: set[str] = set()
    for row in command.parameters:
        for spelling in (row.flag, *row.aliases):
            if spelling is None:
                continue
            if not _FLAG.fullmatch(spelling):
                yield f"the flag {spelling!r} is not spelled --like-this"
            if spelling.lstrip("-") in seen | {_RESERVED}:
                yield f"the flag {spelling} is declared twice, or reserved"
            seen.add(spelling.lstrip("-"))
        if row.name in names:
            yield f"the parameter {row.name} is declared twice"
        names.add(row.name)


def _positional_faults(rows: Sequence[Parameter]) -> Iterator[str]:
    for before, row in pairwise(rows):
        if before.many:
            yield f"{before.label} takes many words and is not the last"
        if row.required and not before.required:
            yield f"{row.label} is required and stands behind {before.label}, which is not"


def _parameter_faults(row: Parameter) -> Iterator[str]:
    if not row.name.isidentifier():
        yield "its name is no identifier"
    if not row.help:
        yield "it has no help"
    if row.flag is None and (row.into or row.aliases or row.type.switch):
        yield "a positional has no into, no aliases and no switch"
    if row.required and row.default not in (None, ()):
        yield "it is required and has a default"
    if row.type.greedy and (row.flag or not row.many):
        yield "a greedy type is for a positional with many"


def _signature_faults(command: Command) -> list[str]:
    names = [*command.defaults, *command.groups]
    try:
        inspect.signature(command.function).bind(None, **dict.fromkeys(names))
    except TypeError as error:
        return [f"its function does not take what is declared: {error}"]
    return []
