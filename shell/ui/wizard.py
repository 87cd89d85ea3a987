"""`add` without words, at a prompt: asks for what a provisioner of the type cannot do without.

What is needed stands in the tables of types and flags. Each answer is judged as the word of a line that
it becomes, so that a wrong one is asked for again with the same error as in the line.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shell.commands.flags import ADD, flags_for
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.lexer import quote
from shell.model.types import JWK, TYPES, find_type
from shell.results import Result, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.commands.flags import Flag
    from shell.interpreter import Interpreter
    from shell.model.types import ProvisionerType
    from shell.session import Session
    from shell.ui.reader import Reader
    from shell.ui.screen import Screen


class Wizard:
    """Asks for a new provisioner."""

    def __init__(self, interpreter: Interpreter, session: Session, reader: Reader, screen: Screen) -> None:
        self._interpreter = interpreter
        self._session = session
        self._reader = reader
        self._screen = screen

    def line(self) -> str:
        """Return the line that adds what the answers describe; raises EOFError where the person gives up."""
        line = f"add {quote(self._name())}"
        self._screen.show(
            Result([Table(("", ""), [(each.name, each.help) for each in TYPES], ("name", "muted"))]),
            json=False,
        )
        line, type_ = self._type(line)
        for path in type_.required:
            line = self._field(line, type_, path)
        return line

    def _name(self) -> str:
        while True:
            name = self._reader.ask("name of the new provisioner: ")
            try:
                self._session.require_free(name)
            except ShellError as error:
                self._screen.error(error)
            else:
                return name

    def _type(self, line: str) -> tuple[str, ProvisionerType]:
        while True:
            word = self._reader.ask(f"type [{JWK.name}]: ", [each.name for each in TYPES]) or JWK.name
            longer = f"{line} --type {quote(word)}"
            type_ = find_type(word)
            if self._is_good(longer) and type_ is not None:
                return f"{line} --type {type_.name}", type_

    def _field(self, line: str, type_: ProvisionerType, path: str) -> str:
        """Return the line with a flag that gives the field."""
        rows = [row for row in flags_for(ADD, type_, path) if not row.ours]
        for row in rows:
            if row.switch and self._agrees(row):
                return f"{line} {row.flag}"
        valued = next(row for row in rows if not row.switch)
        while True:
            is_file = valued.metavar == "FILE"
            word = self._reader.ask(f"{valued.help} ({valued.metavar}): ", file=is_file)
            path = os.path.expanduser(word) if is_file else word
            longer = f"{line} {valued.flag} {quote(path)}"
            if word and self._is_good(longer) and (not is_file or self._is_readable(path)):
                return longer

    def _is_readable(self, path: str) -> bool:
        """Whether a file can be read, as far as that is known without reading it; says what is wrong with it."""
        if os.path.isdir(path):
            why = "it is a folder"
        elif not os.path.exists(path):
            why = "there is no such file"
        elif not os.access(path, os.R_OK):
            why = "it is not yours to read"
        else:
            return True
        self._screen.error(ShellError("unreadable", f"cannot read {visible(path)}: {why}"))
        return False

    def _agrees(self, row: Flag) -> bool:
        return not self._reader.ask(f"{row.help} [yes]? ").lower().startswith("n")

    def _is_good(self, line: str) -> bool:
        """Whether a line is right as far as it goes; says what is wrong with it."""
        errors = list(self._errors(line))
        for error in errors:
            self._screen.error(error)
        return not errors

    def _errors(self, line: str) -> Iterator[UsageError]:
        for problem in self._interpreter.analyse(line).problems:
            yield UsageError(problem.code, problem.message, hint=problem.hint)
