"""One analysis of a line, finished or not, which everything else reads.

Execution takes the command and its arguments from it, the prompt what may stand at the cursor, the
missing arguments and the roles for colouring, and everybody the same errors. `analyse` never raises,
whatever the text; a line without problems runs exactly as the analysis says.

    step ca provisioner  add acme --type ACME  | match x  | count  > FILE
    └─ prefix, optional  └─ command            └─ filters          └─ redirect
"""

from __future__ import annotations

from shell.errors import UsageError
from shell.language.anatomy import Analysis, Expectation, Segment, Span, place
from shell.language.binding import Binding
from shell.language.lexer import COMMENT, HELP, PIPE, REDIRECT
from shell.language.parameters import Source
from shell.language.pipeline import read_filter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.language.command import Command
    from shell.language.lexer import Token, Word
    from shell.language.parameters import Parameter
    from shell.language.registry import Registry

__all__ = ["Analysis", "Expectation", "Span", "analyse", "place"]

# What step is called with before one of its provisioner commands.
PREFIX = ("step", "ca", "provisioner")


def analyse(
    text: str, registry: Registry, *, cursor: int | None = None, interactive: bool = False
) -> Analysis:
    """Return what a line says, and with a cursor (an offset) what may stand there; never raises.

    `interactive` accepts an unambiguous beginning of a command, and `?` for help.
    """
    analysis = Analysis(text)
    _divide(analysis, interactive)
    _read_command(analysis, registry, interactive)
    for number, segment in enumerate(analysis.segments, 1):
        read_filter(analysis, segment, is_last=number == len(analysis.segments))
    _settle(analysis)
    if cursor is None and analysis.help >= 0:
        cursor = analysis.help
    if cursor is not None:
        from shell.language.cursor import expect

        expect(analysis, registry, min(max(cursor, 0), len(text)))
    return analysis


def _divide(analysis: Analysis, interactive: bool) -> None:
    """Divide the tokens at the operators, and note what the lexer did not like."""
    for token in analysis.tokens:
        kind = token.kind
        if token.message:
            analysis.refuse(token.fault, _lexical(token))
        if kind == COMMENT:
            analysis.spans.append(Span(token.start, token.end, "comment"))
        elif kind in {PIPE, REDIRECT}:
            analysis.spans.append(Span(token.start, token.end, "operator"))
            analysis.segments.append(Segment(token))
        elif kind == HELP:
            analysis.spans.append(Span(token.start, token.end, "help"))
            if analysis.help < 0:
                analysis.help = token.start
            if not interactive:
                hint = "quote it to mean the character: '?'"
                analysis.refuse(
                    token.start, UsageError("help-in-batch", "? asks for help at the prompt", hint=hint)
                )
        else:
            (analysis.segments[-1].words if analysis.segments else analysis.words).append(token)


def _lexical(token: Token) -> UsageError:
    if token.value == "\n":
        return UsageError("several-lines", token.message, hint="put each command on a line of its own")
    if token.closed:
        return UsageError("unquoted-character", token.message, hint="a word in quotes is taken as it is")
    return UsageError("unfinished-line", token.message, hint="close the quote, or go on in the next line")


def _read_command(analysis: Analysis, registry: Registry, interactive: bool) -> None:
    words = analysis.words
    if len(words) > 2 and tuple(word.value for word in words[:3]) == PREFIX:
        analysis.prefixed = True
        analysis.spans.append(Span(words[0].start, words[2].end, "command"))
        words = words[3:]
    if not words:
        if not analysis.is_empty and analysis.help < 0:
            message = "a command is missing"
            at = analysis.words[-1].end if analysis.prefixed else analysis.tokens[0].start
            analysis.refuse(at, UsageError("missing-command", message, hint="see all commands with: help"))
        return
    resolution = registry.resolve(words, interactive=interactive)
    analysis.command_words = words[: resolution.used]
    first, last = words[0], words[resolution.used - 1]
    if resolution.problem:
        analysis.refuse(first.start, resolution.problem)
    role = "command" if resolution.command and not resolution.problem else "error"
    analysis.spans.append(Span(first.start, last.end, role))
    analysis.full = resolution.full
    if resolution.command:
        analysis.command = resolution.command
        _bind(analysis, resolution.command, words[resolution.used :])


def _bind(analysis: Analysis, command: Command, words: Sequence[Token]) -> None:
    binding = analysis.binding = Binding(command, words, prefixed=analysis.prefixed)
    binding.finish()
    analysis.json = binding.json
    analysis.target_flags = binding.target_flags
    analysis.spans += binding.spans
    misread = any(token.message for token in analysis.tokens)
    for offset, error in binding.problems:
        if not (misread and error.code == "too-many-arguments"):
            analysis.refuse(offset, error)
    given = binding.given
    if len(given) > 1:
        order = command.order
        given = sorted(given, key=lambda pair: order[pair[0].name])
    for parameter, word in given:
        _read_value(analysis, parameter, word)
    waiting = binding.pending[0] if binding.pending else None
    present = {parameter.name for parameter, _ in given}
    analysis.missing = [row for row in command.parameters if row.required and row.name not in present]
    if analysis.help < 0 and not misread:
        wanted = [row.label for row in analysis.missing if row is not waiting]
        if wanted:
            message = (
                f"{command.name} needs {' and '.join(filter(None, (', '.join(wanted[:-1]), wanted[-1])))}"
            )
            error = UsageError("missing-argument", message, hint=f"usage: {command.usage}")
            analysis.refuse(analysis.words[-1].end, error)
    _arrange(analysis, command)


def _read_value(analysis: Analysis, parameter: Parameter, word: Word) -> None:
    """Turn one word into a value, and say where it stands and what it is."""
    bound = analysis.bound
    secret = parameter.type.hides(word, bound)
    role = "secret" if secret and word.value else "value"
    try:
        value = parameter.type.read(word, bound)
    except UsageError as error:
        analysis.refuse(word.start, _without_secret(error, parameter) if secret else error)
        role = role if secret else "error"
    else:
        if isinstance(value, Source):
            role = "source"
        if parameter.many:
            bound.setdefault(parameter.name, []).append(value)
        else:
            bound[parameter.name] = value
    if word.end > word.start:
        analysis.spans.append(Span(word.start, word.end, role, parameter))


def _without_secret(error: UsageError, parameter: Parameter) -> UsageError:
    """Return an error that says nothing of the word: whatever it quotes may be the secret."""
    message = f"the value of {parameter.label} is no {parameter.type.name}"
    return UsageError(error.code, message, hint="take it from @FILE, env:NAME or fd:NUMBER")


def _arrange(analysis: Analysis, command: Command) -> None:
    """Arrange the values as the function takes them: by name, with defaults, and grouped."""
    arguments = dict(command.defaults)
    groups: dict[str, dict[str, object]] = {group: {} for group in command.groups}
    for name, value in analysis.bound.items():
        row = command.parameters[command.order[name]]
        target = groups[row.into] if row.into else arguments
        target[name] = tuple(value) if row.many else value
    analysis.arguments = arguments | groups


def _settle(analysis: Analysis) -> None:
    """Put problems and spans into the order of the text, and give the problems their places."""
    if len(analysis.spans) > 1:
        analysis.spans.sort(key=lambda span: span.start)
    if not analysis.problems:
        return
    pairs = sorted(zip(analysis.offsets, analysis.problems, strict=True), key=lambda pair: pair[0])
    analysis.offsets = [offset for offset, _ in pairs]
    analysis.problems = [error for _, error in pairs]
    for offset, error in pairs:
        error.line, error.column = place(analysis.text, offset)
