"""Parameter types that know provisioners: names, fields, values, types.

Parsing needs no target. Candidates come from the session, which is the world that the language hands
on: from its index of names and from the provisioner at hand, never from a file or the network.
"""

from __future__ import annotations

from itertools import islice

from shell.commands.masks import field_at, is_secret, shown
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.parameters import Candidate, Choice, Parameter, ParameterType, Switch
from shell.model.fields import FIELDS, fields_of
from shell.model.kinds import RAW
from shell.model.provisioner import Provisioner, format_path, parse_path
from shell.model.types import TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.language.lexer import Word
    from shell.language.parameters import Bound
    from shell.model.fields import Field
    from shell.model.provisioner import Path
    from shell.model.values import JSON
    from shell.session import Session

MOST_CANDIDATES = 200
_COUNTED = 1000
"""How far names are counted that are not offered: further would take longer than a key may."""
_FEW = 500
"""Among how many names those are looked for that only have the letters that are typed."""


class ProvisionerName(ParameterType):
    """The name of a provisioner that is there, or `%N` for the N-th in the list."""

    name = "provisioner"
    metavar = "NAME"

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return names that begin with or contain the prefix, with their types; of many the last says how many.

        Where there are few altogether the others follow, for whoever looks for the letters in their order.
        """
        session: Session = world  # type: ignore[assignment]  # the world of our commands is the session
        names = session.names(prefix)
        found = dict.fromkeys(islice(names, MOST_CANDIDATES - 1))
        more: Iterable[Candidate] = ()
        if len(found) == MOST_CANDIDATES - 1:
            more = _how_many_more(names)
        elif len(prefix) > 1 and len(session.base) <= _FEW:
            found |= dict.fromkeys(session.names(""))
        view = session.view
        return [
            *(Candidate(name, view.summary(view.named(name)[0]).type_name) for name in found),
            *more,
        ]


def _how_many_more(rest: Iterator[object]) -> Iterator[Candidate]:
    """Yield what is said of the names behind those that are offered; it has no text that could be chosen."""
    count = sum(1 for _ in islice(rest, _COUNTED + 1))
    if count:
        number = f"more than {_COUNTED}" if count > _COUNTED else str(count)
        yield Candidate("", f"and {number} more; type on")


class NewName(ParameterType):
    """A name that a provisioner is to get."""

    name = "new name"
    metavar = "NAME"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the name; it may hold anything, but must hold something."""
        if not word.value:
            raise UsageError(
                "empty-name", "a provisioner needs a name", hint="give it a name that is not empty"
            )
        return word.value


class FieldPath(ParameterType):
    """The dotted path of a field."""

    name = "field"
    metavar = "FIELD"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the names in the path."""
        return parse_path(word.value)

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the fields of the provisioner named before, with what they hold at present."""
        item = provisioner_of(bound, world)
        if item is None:
            return [Candidate(row.path, row.help) for row in FIELDS if "[]" not in row.path]
        return [Candidate(path, text) for path, text in _fields_with_values(item)]


class FieldValue(ParameterType):
    """A value for the field named before."""

    name = "value"
    metavar = "VALUE"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the word; where every type agrees what the field holds, raise UsageError for another value."""
        path = _path_of(bound)
        kinds = {row.kind for type_ in TYPES if (row := field_at(type_, path)) is not None}
        if len(kinds) == 1:
            try:
                kinds.pop().parse(word.value)
            except UsageError as error:
                raise UsageError(
                    error.code, f"{format_path(path)}: {error.message}", hint=error.hint
                ) from None
        return word.value

    def is_secret(self, bound: Bound) -> bool:
        """Whether the field is a secret in any type that has it."""
        path = _path_of(bound)
        return bool(path) and any(is_secret(type_, path) for type_ in TYPES)

    def accepts_source(self, bound: Bound) -> bool:
        """Secrets, and values that are files, come from sources; elsewhere `@x.com` is text."""
        path = _path_of(bound)
        if not path:
            return False
        rows = [row for type_ in TYPES if (row := field_at(type_, path)) is not None]
        return self.is_secret(bound) or any(row.kind.from_file for row in rows)

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return what the field holds and the words that its kind offers; where it has none, an example."""
        item = provisioner_of(bound, world)
        path = _path_of(bound)
        row = field_at(item.type, path) if item is not None else _first_row(path)
        if row is None:
            return ()
        present = None if item is None or row.secret else item.get(path)
        return [*offered(row, row.kind.choices, present), *_example(row)]


def offered(row: Field, choices: Iterable[str], present: JSON) -> list[Candidate]:
    """Return the words of a field's kind, and before them what it holds besides, each with what it is."""
    values = [] if row.kind.from_file else present if isinstance(present, list) else [present]
    held = [word for value in values for word in _words(value)]
    usual = row.default.split()
    found = []
    for word in dict.fromkeys((*(word for word in held if word not in choices), *choices)):
        about = (["at present"] if word in held else []) + (["default"] if word in usual else [])
        found.append(Candidate(word, ", ".join(about)))
    return found


def _words(value: JSON) -> Iterator[str]:
    """Yield the word that a person would write for a value, where it is one word."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str) and value:
        yield value


def _example(row: Field) -> list[Candidate]:
    """Return an example of what can be written; where it only stands for something, it cannot be chosen."""
    if row.secret or row.kind.choices or row.example.strip(".") in ("", "TEXT", "JSON"):
        return []
    if row.example == row.kind.example or row.example.startswith("@"):
        return [Candidate("", f"for example {row.example}")]
    return [Candidate(row.example, "for example")]


class KeyId(ParameterType):
    """The key identifier (kid) of a JWK provisioner."""

    name = "key identifier"
    metavar = "KID"

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the identifiers of the keys that are there, with the names of their provisioners."""
        session: Session = world  # type: ignore[assignment]  # the world of our commands is the session
        keys = session.key_ids(prefix)
        found = [Candidate(kid, name) for kid, name in islice(keys, MOST_CANDIDATES - 1)]
        return found if len(found) < MOST_CANDIDATES - 1 else [*found, *_how_many_more(keys)]


def provisioner_of(bound: Bound, world: object) -> Provisioner | None:
    """Return the provisioner that the arguments name, or None where there is none."""
    session: Session = world  # type: ignore[assignment]  # the world of our commands is the session
    name = bound.get("name")
    # a new name, which most names of an `add` are, is told at once
    if not isinstance(name, str) or not (session.view.named(name) or name.startswith("%")):
        return None
    try:
        return session.get(name)
    except ShellError:
        return None


def switch(name: str, help: str) -> Parameter:
    """Return a boolean flag that is off unless it is given."""
    return Parameter(name.replace("-", "_"), Switch(), help, flag="--" + name, default=False)


def _path_of(bound: Bound) -> Path:
    path = bound.get("field")
    return path if isinstance(path, tuple) else ()


def _first_row(path: Path) -> Field | None:
    rows = (field_at(type_, path) for type_ in TYPES)
    return next((row for row in rows if row is not None), None)


def _fields_with_values(item: Provisioner) -> Iterable[tuple[str, str]]:
    known = {row.path: row for row in fields_of(item.type)} if item.type else {}
    for path, row in known.items():
        if "[]" in path or path == "type":
            continue
        value = item.get(row.segments)
        yield path, row.help if value is None else f"now {shown(item.type, row.segments, value, 40)}"
    for name, value in item.members.items():
        if not any(path == name or path.startswith(name + ".") for path in known):
            yield format_path((name,)), f"now {visible(RAW.show(value))[:40]}"


PROVISIONER = ProvisionerName()
NEW_NAME = NewName()
FIELD = FieldPath()
VALUE = FieldValue()
KEY_ID = KeyId()
TYPE = Choice({type_.name: type_.help for type_ in TYPES}, metavar="TYPE", ignore_case=True)
