"""The man page and the reference, made from the tables that the program itself works by.

    python -m shell.manual man > docs/man/step-shell.1
    python -m shell.manual reference > docs/reference.md

The files under docs/ are what this prints; a test compares them.
"""

from __future__ import annotations

import sys
from itertools import groupby
from typing import TYPE_CHECKING

from shell import __version__
from shell.arguments import TABLE
from shell.commands import REGISTRY
from shell.commands.flags import FLAGS
from shell.commands.helping import paragraphs
from shell.commands.topics import EXIT_CODES, TOPICS
from shell.model.fields import FIELDS
from shell.model.types import TYPES
from shell.results import Prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.arguments import Argument
    from shell.language.command import Command
    from shell.model.fields import Field

FILES = {"man": "docs/man/step-shell.1", "reference": "docs/reference.md"}
_SUMMARY = "stage, diff and commit changes to the provisioners of a step-ca"


def page(kind: str) -> str:
    """Return the text of the `man` page or of the `reference`."""
    return "\n".join({"man": _man, "reference": _reference}[kind]()) + "\n"


# the man page, in roff with the man macros


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


def _man() -> Iterator[str]:
    yield f'.TH STEP\\-SHELL 1 "" "step\\-shell {__version__}" "step\\-shell"'
    yield ".SH NAME"
    yield f"step\\-shell \\- {_roff(_SUMMARY)}"
    yield ".SH SYNOPSIS"
    for rest in ("[target] [flags]", "[target] -c LINE [-c LINE ...]", "[target] -f FILE [-f FILE ...]"):
        yield ".B step\\-shell"
        yield _roff(rest)
        yield ".br"
    yield ".SH DESCRIPTION"
    yield _roff(
        "An interactive shell and batch tool. It connects once to a ca.json or a CA, stages edits, shows them as a "
        "difference, checks them, and commits them all or nothing. Without a target flag the step environment names "
        "the target (STEP_* variables, context, defaults.json)."
    )
    yield ".SH OPTIONS"
    for row in TABLE:
        yield ".TP"
        yield f".B {_roff(_spelling(row))}"
        yield _roff(_sentence(row.help))
    yield ".SH COMMANDS"
    for command in REGISTRY.commands():
        yield ".TP"
        yield f".B {_roff(command.usage)}"
        yield _roff(command.summary)
    for name, (summary, lines) in TOPICS.items():
        yield f".SH {_roff(name.upper())}"
        yield _roff(summary)
        yield from _topic(lines)
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES.items():
        yield ".TP"
        yield f".B {code}"
        yield _roff(_sentence(meaning))
    yield ".SH SEE ALSO"
    yield ".BR step (1),"
    yield ".BR step\\-ca (1)"


def _topic(lines: Iterable[str]) -> Iterator[str]:
    """Yield the text of a topic: paragraphs that are filled, and lists that are not."""
    for is_prose, run in groupby(paragraphs(lines), key=lambda line: isinstance(line, Prose)):
        yield ".PP" if is_prose else ".nf"
        yield from (_roff(line) for line in run)
        if not is_prose:
            yield ".fi"


def _spelling(row: Argument) -> str:
    return ", ".join(part for part in (row.short, row.flag) if part) + (
        f" {row.metavar}" if row.metavar else ""
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


# the reference, in Markdown


def _reference() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Made from the program's own tables by `python -m shell.manual reference`. Inside the shell, `help` says the same."
    yield from _section("Flags of the program", _table(("flag", "meaning"), _argument_rows()))
    yield from _section("Commands", _commands())
    yield from _section("Types", _table(("type", "for", "required", "token identifier"), _type_rows()))
    yield from _section("Fields", _fields())


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from lines


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    cells = list(headings)
    yield "| " + " | ".join(cells) + " |"
    yield "|" + " --- |" * len(cells)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _argument_rows() -> Iterator[tuple[str, str]]:
    for row in TABLE:
        yield f"`{_spelling(row)}`", row.help


def _type_rows() -> Iterator[tuple[str, ...]]:
    for row in TYPES:
        yield row.name, row.help, ", ".join(f"`{path}`" for path in row.required), f"`{row.token_identifier}`"


def _commands() -> Iterator[str]:
    for command in REGISTRY.commands():
        yield from _command(command)


def _command(command: Command) -> Iterator[str]:
    yield from (f"### {command.name}", "", command.summary, "", f"`{command.usage}`", "")
    rows = [
        (f"`{', '.join((row.label, *row.aliases))}`", row.help + (" (repeatable)" if row.many else ""))
        for row in command.parameters
    ]
    if rows:
        yield from _table(("argument", "meaning"), rows)
        yield ""
    if command.details:
        yield from (command.details, "")
    if command.examples:
        yield from ("```", *command.examples, "```", "")


def _fields() -> Iterator[str]:
    yield from _table(
        ("field", "types", "kind", "default", "meaning", "step flags"), (_field_row(row) for row in FIELDS)
    )


def _field_row(row: Field) -> tuple[str, ...]:
    every = len(row.types) == len(TYPES)
    flags = dict.fromkeys(
        flag.flag for flag in FLAGS if flag.field == row.path and not set(flag.types).isdisjoint(row.types)
    )
    return (
        f"`{row.path}`",
        "all" if every else ", ".join(type_.name for type_ in row.types),
        row.kind.name + (", secret" if row.secret else ""),
        row.default,
        row.help,
        " ".join(f"`{flag}`" for flag in flags),
    )


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
