"""`help`: commands, fields, types and topics, all from the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.topics import TOPICS
from shell.errors import UsageError
from shell.language.command import DRAFT, NOTHING, SHELL, TARGET, Command
from shell.language.parameters import Candidate, Parameter, ParameterType
from shell.model.fields import FIELDS, fields_of
from shell.model.types import TYPES, find_type
from shell.plain import render
from shell.results import Lines, Prose, Result, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shell.language.parameters import Bound
    from shell.model.fields import Field
    from shell.model.types import ProvisionerType
    from shell.results import Line
    from shell.session import Session

_GROUPS = (
    (NOTHING, "Look"),
    (DRAFT, "Stage edits"),
    (TARGET, "Change the target"),
    (SHELL, "The shell"),
)

_ALSO = {"keys": "prompt", "marks": "prompt", "quotes": "language", "filters": "language", "login": "secrets"}
"""Other words that people ask for a topic with."""


class Subject(ParameterType):
    """What help is asked about: a command, a field, a type or a topic."""

    name = "subject"
    metavar = "SUBJECT"

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return everything there is help about; the second word of a command after its first."""
        from shell.commands import REGISTRY

        first = bound.get("subject")
        if isinstance(first, tuple) and first:
            members = REGISTRY.group(str(first[0]))
            return [Candidate(name.partition(" ")[2], REGISTRY.get(name).summary) for name in members]
        names = dict.fromkeys(name.partition(" ")[0] for name in REGISTRY.names)
        found = [Candidate(name, _summary(name)) for name in names]
        found += [Candidate(topic, summary) for topic, (summary, _) in TOPICS.items()]
        found += [Candidate(type_.name, type_.help) for type_ in TYPES]
        return found + [Candidate(row.path, row.help) for row in {row.path: row for row in FIELDS}.values()]


def _summary(word: str) -> str:
    """Return what a command is for, or which commands begin with the word."""
    from shell.commands import REGISTRY

    if word in REGISTRY.names:
        return REGISTRY.get(word).summary
    return ", ".join(REGISTRY.group(word))


def help_(session: Session, subject: Sequence[str] = ()) -> Result:
    """Return help about a command, a field, a type or a topic, or the list of commands."""
    result = _help(" ".join(subject))
    lines = render(result, json=False).splitlines()
    return Result(result.blocks, json={"subject": " ".join(subject), "lines": [*lines]})


def _help(words: str) -> Result:
    from shell.commands import REGISTRY

    if not words:
        return _overview(REGISTRY.commands())
    topic = topic_lines(words.lower())
    if words in REGISTRY.names:
        return Result([Lines([*command_lines(REGISTRY.get(words)), *(["", *topic] if topic else [])])])
    if REGISTRY.is_group(words):
        return Result([_command_table([REGISTRY.get(name) for name in REGISTRY.group(words)])])
    if topic:
        return Result([Lines(topic)])
    if (type_ := find_type(words)) is not None:
        return Result([Lines(_type_lines(type_))])
    rows = [row for row in FIELDS if row.path.lower() == words.lower()]
    if rows:
        return Result([Lines(line for row in rows for line in field_lines(row))])
    raise _unknown(words, REGISTRY.names)


def _overview(commands: Sequence[Command]) -> Result:
    blocks: list[Lines | Table] = []
    for effect, title in _GROUPS:
        members = [command for command in commands if command.effect == effect]
        blocks += [Lines([[("heading", title)]]), _command_table(members), Lines([""])]
    blocks.append(Lines([f"help COMMAND, help FIELD, help TYPE, or help about: {', '.join(TOPICS)}"]))
    return Result(blocks)


def _command_table(commands: Iterable[Command]) -> Table:
    return Table(
        ("", ""), [("  " + command.name, command.summary) for command in commands], ("command", ""), (1,)
    )


def command_lines(command: Command) -> list[Line]:
    """Return the help of a command: usage, arguments, flags, details and examples."""
    lines: list[Line] = [[("command", command.usage)], command.summary]
    if command.aliases:
        lines.append(f"Also written: {', '.join(command.aliases)}")
    flags = [row for row in command.parameters if row.flag]
    if command.positionals:
        lines += ["", *(_parameter_line(row) for row in command.positionals)]
    if flags:
        lines += ["", *(_parameter_line(row) for row in flags)]
    if command.details:
        lines += ["", *paragraphs(command.details.split("\n"))]
    if command.examples:
        lines += ["", [("heading", "Examples")], *(f"  {example}" for example in command.examples)]
    return lines


def topic_lines(name: str) -> list[Line]:
    """Return the text of a topic; nothing where there is none of the name."""
    name = name.replace(" ", "-")
    name = _ALSO.get(name, name)
    if name not in TOPICS:
        return []
    summary, lines = TOPICS[name]
    return [[("heading", summary)], "", *paragraphs(lines)]


def paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines as they are written here as whole paragraphs; an item of a list stands for itself."""
    paragraph: list[str] = []
    for line in lines:
        if line and line[0] not in " -":
            paragraph.append(line)
            continue
        if paragraph:
            yield Prose(" ".join(paragraph))
            paragraph = []
        yield line
    if paragraph:
        yield Prose(" ".join(paragraph))


def _parameter_line(row: Parameter) -> Line:
    spelling = ", ".join((row.label, *row.aliases))
    if row.flag and not row.type.switch:
        spelling += f" {row.type.metavar}"
    many = " (repeatable)" if row.many else ""
    return [("field", f"  {spelling:<34} "), ("", row.help + many)]


def field_lines(row: Field) -> list[Line]:
    """Return the help of a field: meaning, kind, default, types, the flags of step, an example."""
    every = len(row.types) == len(TYPES)
    facts = [
        ("kind", row.kind.name + (" (secret)" if row.secret else "")),
        ("default", row.default),
        ("types", "all" if every else ", ".join(type_.name for type_ in row.types)),
        ("step flags", ", ".join(_flags_of(row))),
        ("example", f"set NAME {row.path} {row.example}" if row.path not in ("type", "name") else ""),
    ]
    lines: list[Line] = [[("field", row.path)], row.help]
    lines += [f"  {name:<10}  {text}" for name, text in facts if text]
    return [*lines, ""]


def _flags_of(row: Field) -> list[str]:
    from shell.commands.flags import FLAGS

    flags = [
        flag.flag for flag in FLAGS if flag.field == row.path and not set(flag.types).isdisjoint(row.types)
    ]
    return list(dict.fromkeys(flags))


def _type_lines(type_: ProvisionerType) -> Iterator[Line]:
    """Yield the help of a type: what it is, and its fields, each with its meaning, kind and default."""
    yield [("heading", type_.name)]
    yield type_.help
    yield ""
    for row in fields_of(type_):
        facts = [row.kind.name]
        if row.path in (*type_.required, "name", "type"):
            facts.append("required")
        if row.default:
            facts.append(f"default {row.default}")
        yield [("field", f"  {row.path:<34}  "), ("", row.help), ("muted", f" ({', '.join(facts)})")]


def _unknown(words: str, names: Iterable[str]) -> UsageError:
    from difflib import get_close_matches

    known = [*names, *TOPICS, *(type_.name for type_ in TYPES), *(row.path for row in FIELDS)]
    near = get_close_matches(words, known, n=1)
    hint = f"did you mean: help {near[0]}?" if near else "see all commands with: help"
    return UsageError("no-help", f'there is no help about "{words}"', hint=hint)


COMMANDS = (
    Command(
        "help",
        help_,
        (Parameter("subject", Subject(), "a command, a field, a type or a topic", many=True),),
        "Explain a command, a field, a type or a topic.",
        NOTHING,
        needs_target=False,
        examples=("help", "help commit", "help claims.maxTLSCertDuration", "help ACME", "help batch"),
    ),
)
