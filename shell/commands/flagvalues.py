"""Parameters from the flags table: how the words of flags are read, completed and kept secret.

A word is read when the line is analysed, without a target: it becomes a text, a boolean or a source,
and is proved to be a value of the field's kind. It becomes a member of the provisioner in
`shell.commands.recipes`, when the line runs and the type is known for sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.flags import ERROR, FILE, RECIPE, REMOVE, SET, TEXT, Flag, row_for, rows_by_name
from shell.commands.parameters import offered, provisioner_of
from shell.errors import UsageError
from shell.escape import shortened
from shell.language.files import FilePath
from shell.language.parameters import Candidate, Parameter, ParameterType, Source, Switch, nearest
from shell.model import types
from shell.model.fields import find_field
from shell.model.types import find_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shell.language.lexer import Word
    from shell.language.parameters import Bound
    from shell.model.fields import Field
    from shell.model.types import ProvisionerType

    LineType = Callable[[Bound, object], ProvisionerType | None]

STANDARD_INPUT = Source("fd", "0")


class FlagText(ParameterType):
    """The text of a flag: a value of its field's kind, or where a secret comes from."""

    def __init__(self, rows: Sequence[Flag], line_type: LineType) -> None:
        self._line_type = line_type
        self._rows = list(rows)
        self.metavar = rows[0].metavar
        field = _field(rows[0])
        self.name = field.kind.name if field is not None else "text"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the text, once it is known to be a value for every type that the line can be about."""
        rows = self._possible(bound)
        if len(rows) == 1:
            check_text(rows[0], word.value)
        return word.value

    def is_secret(self, bound: Bound) -> bool:
        """Whether the flag is a secret in a type that the line can be about."""
        return any(row.secret for row in self._possible(bound))

    def hides(self, word: Word, bound: Bound) -> bool:
        """Whether the word is a secret: not one of the choices that another type has for the flag."""
        return self.is_secret(bound) and not any(_is_choice(row, word.value) for row in self._possible(bound))

    def accepts_source(self, bound: Bound) -> bool:
        """A secret can come from a source."""
        return self.is_secret(bound)

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the choices of the field; to take out of a list, the items that are there."""
        row = row_for(self._rows, self._line_type(bound, world)) or self._rows[0]
        field = _field(row)
        item = provisioner_of(bound, world)
        present = item.get(row.path) if item is not None and not row.secret else None
        if row.effect == REMOVE:
            return (
                [Candidate(text) for text in present if isinstance(text, str)]
                if isinstance(present, list)
                else []
            )
        if field is None or row.secret:
            return ()
        held = present if row.effect == SET else None
        return offered(field, row.choices or field.kind.choices, held)

    def _possible(self, bound: Bound) -> list[Flag]:
        """Return the rows that the line can mean: of its type, or of any type where it is not known yet."""
        row = row_for(self._rows, self._line_type(bound, None))
        return [row] if row is not None else self._rows


class SourceFile(FilePath):
    """A file whose content is wanted: a path as step takes it, or a source. The value is a Source."""

    takes_source = True

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the path as a source; raises UsageError where it is empty."""
        if not word.value:
            raise UsageError(
                "empty-value",
                "the name of a file is missing",
                hint="write a path, or @FILE, env:NAME, fd:N",
            )
        return Source("file", str(super().parse(word, bound)))


class FlagFile(SourceFile):
    """A file named by a flag: as `SourceFile`, or the empty text where that has a meaning."""

    def __init__(self, rows: Sequence[Flag]) -> None:
        super().__init__(rows[0].metavar)
        self._stdin = rows[0].source == FILE
        self._empty = any(row.empty != ERROR for row in rows)

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the source; `-` is standard input where step takes it for that."""
        if self._stdin and word.value == "-":
            return STANDARD_INPUT
        return "" if self._empty and not word.value else super().parse(word, bound)


def flag_parameters(command: str, *, type_given: bool) -> tuple[Parameter, ...]:
    """Return the parameters of the flags of `add` or `update`; their values go into `flags`.

    `type_given` says that the line has a `--type`; otherwise the provisioner that it names decides.
    """
    line_type = _type_in_line if type_given else _type_of_named
    return tuple(_parameter(name, rows, line_type) for name, rows in rows_by_name(command).items())


def _parameter(name: str, rows: list[Flag], line_type: LineType) -> Parameter:
    first = rows[0]
    meanings = dict.fromkeys(row.help for row in rows)

    def applies(bound: Bound, world: object) -> bool:
        type_ = line_type(bound, world)
        return type_ is None or row_for(rows, type_) is not None

    return Parameter(
        name,
        _parameter_type(rows, line_type),
        "; or ".join(meanings),
        flag=first.flag,
        aliases=first.aliases,
        many=any(row.many for row in rows),
        into="flags",
        when=applies,
    )


def _parameter_type(rows: list[Flag], line_type: LineType) -> ParameterType:
    if rows[0].switch:
        return Switch()
    is_file = rows[0].source in (FILE, RECIPE) and rows[0].metavar == "FILE"
    return FlagFile(rows) if is_file else FlagText(rows, line_type)


def _type_in_line(bound: Bound, world: object) -> ProvisionerType | None:
    written = bound.get("type")
    return find_type(written) if written is not None else types.JWK


def _type_of_named(bound: Bound, world: object) -> ProvisionerType | None:
    """Return the type of the provisioner that a line names; without a world it is not known."""
    item = provisioner_of(bound, world) if world is not None else None
    return item.type if item is not None else None


def check_text(row: Flag, text: str) -> None:
    """Raise UsageError where a text is no value for a flag."""
    field = _field(row)
    if not text:
        if row.empty == ERROR:
            raise UsageError(
                "empty-value", f"{row.flag} needs a value", hint=f"write {row.flag} {row.metavar}"
            )
        return
    if field is None or row.source != TEXT:
        return
    if field.kind.is_list:
        # each word is one item, whatever it looks like
        if field.kind.choices:
            chosen_item(row, text)
        return
    field.kind.parse(text)
    if row.check is not None and (why := row.check(text)):
        raise UsageError("bad-value", f'"{shortened(text)}" is no value for {row.flag}: {why}')


def chosen_item(row: Flag, text: str) -> str:
    """Return a choice in its usual spelling, whatever its case; raises UsageError for no choice."""
    field = _field(row)
    for choice in field.kind.choices if field is not None else ():
        if choice.lower() == text.lower():
            return choice
    choices = field.kind.choices if field is not None else ()
    near = nearest(text.lower(), choices)
    raise UsageError(
        "bad-value",
        f'"{shortened(text)}" is not a value for {row.flag}; there are {", ".join(choices)}',
        hint=f"did you mean {near}?" if near else "",
    )


def _field(row: Flag) -> Field | None:
    return find_field(row.types[0], row.field)


def _is_choice(row: Flag, text: str) -> bool:
    field = _field(row)
    return field is not None and text.lower() in field.kind.choices
