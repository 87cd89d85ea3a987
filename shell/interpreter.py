"""From a line to its result: the one path that the prompt, a batch, `-c` and `source` share.

A line is analysed, checked as a whole, agreed with the target where it names one, run, filtered, and
written to a file where it says so. Nothing is printed here.
"""

from __future__ import annotations

import os

from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.analysis import analyse
from shell.language.command import DRAFT, TARGET
from shell.language.lexer import statements
from shell.model.values import Number, format_json
from shell.observer import INFO, Observer
from shell.plain import render
from shell.results import Lines, Result, Table, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Protocol, TypeAlias

    from shell.language.anatomy import Analysis, Filter
    from shell.language.command import Command
    from shell.language.parameters import Parameter
    from shell.language.registry import Registry
    from shell.model.values import JSON
    from shell.results import Block

    Rule: TypeAlias = "Callable[[Sequence[Step]], Iterable[UsageError]]"

    class Session(Protocol):
        """What running lines needs of a session; commands need more."""

        line: str

        @property
        def has_staged_edits(self) -> bool:
            """Whether edits are staged."""

        @property
        def staged_lines(self) -> int:
            """How many lines are staged."""

        def discard(self) -> None:
            """Drop every staged edit."""

        def before_editing(self) -> Sequence[str]:
            """Return what to say before the first change: what stands in the way, what was interrupted."""

        def open_for_editing(self) -> None:
            """Read what edits can stand on, before a line that makes some."""

        def take_notices(self) -> Sequence[str]:
            """Return what reading the target has shown, once."""

        def agree(self, flags: Sequence[tuple[str, str]]) -> None:
            """Raise UsageError where flags such as `("--ca-url", "https://ca")` mean another target."""


_MOST_CANDIDATES = 200
_NAMES = ("name", "webhook", "field")
"""The arguments that say what a line is about."""


class Answer(Result):
    """The result of a line, and whether it is shown as JSON: because of `--json` there, or of the whole run."""

    __slots__ = ("as_json",)

    def __init__(self, result: Result, as_json: bool, otherwise: JSON = None) -> None:
        super().__init__(
            lambda: result.blocks,
            json=lambda: otherwise if result.json is None else result.json,
            notices=result.notices,
            remarks=result.remarks,
            exit_code=result.exit_code,
            request=result.request,
        )
        self.as_json = as_json


class Step:
    """One logical line that is ready to run, without the scaffolding of its analysis: many are kept at once.

    `text` has its secrets masked, and `has_secret` says whether there were any. `file`, `line` and
    `column` (from 1, or 0) say where its command stands.
    """

    __slots__ = (
        "arguments",
        "as_json",
        "column",
        "command",
        "effect",
        "file",
        "filters",
        "full",
        "has_secret",
        "line",
        "redirect",
        "text",
        "written",
    )

    def __init__(self, analysis: Analysis, command: Command, file: str = "", line: int = 0) -> None:
        below, column = analysis.place
        self.command = command
        self.arguments = analysis.arguments
        self.filters = analysis.filters
        self.redirect = analysis.redirect
        self.as_json = analysis.json
        self.effect = analysis.effect
        self.has_secret = analysis.has_literal_secret()
        self.text = analysis.masked()
        self.written = analysis.written
        self.full = analysis.full
        self.file = file
        self.line = line + below - 1 if line else 0
        self.column = column

    def place(self, error: ShellError) -> ShellError:
        """Return an error with the place of this step's command, unless it has a place already."""
        return error.at(self.file, self.line, self.column) if self.line else error


class Interpreter:
    """Runs lines in a session.

    `interactive` accepts abbreviations and `?`; `restricted` refuses `> FILE` and the commands that
    reach beyond the draft; `json` asks for JSON from every line. `observer` is told of each line. Completion
    candidates get the session as their world.
    """

    def __init__(
        self,
        session: Session,
        registry: Registry,
        *,
        interactive: bool,
        restricted: bool = False,
        json: bool = False,
        observer: Observer | None = None,
    ) -> None:
        self.observer = observer or Observer()
        self.session = session
        self.registry = registry
        self.interactive = interactive
        self.restricted = restricted
        self.json = json

    def run(self, text: str, file: str = "", line: int = 0) -> Answer | None:
        """Run one logical line and return its result, or None for a blank or a comment.

        At the prompt a `?` in the line answers with what may stand there, and nothing runs.

        `file` and `line` (from 1) say where the text begins and go into every error. Raises a UsageError
        with everything that is wrong with the line in its causes, or what the command raises.
        """
        analysis = self.analyse(text, file, line)
        if self.interactive and analysis.help >= 0:
            return self._help(analysis)
        if error := together(analysis.problems):
            raise error
        return self.execute(Step(analysis, analysis.command, file, line)) if analysis.command else None

    def prepare(self, sources: Iterable[tuple[str, str]], rule: Rule | None = None) -> list[Step]:
        """Analyse every line of texts, given as pairs of a name and a text, and return those that do something.

        `rule` may find errors in the steps as a whole. Raises one UsageError with everything that is
        wrong anywhere in its causes.
        """
        steps: list[Step] = []
        problems: list[UsageError] = []
        for file, text in sources:
            for statement in statements(text):
                analysis = self.analyse(statement.text, file, statement.line)
                problems += analysis.problems
                if analysis.command is not None:
                    steps.append(Step(analysis, analysis.command, file, statement.line))
        if error := together([*problems, *(rule(steps) if rule else ())]):
            raise error
        return steps

    def analyse(self, text: str, file: str = "", line: int = 0) -> Analysis:
        """Return the analysis of a line, with the problems that this session adds, each with its place."""
        analysis = analyse(text, self.registry, interactive=self.interactive)
        if analysis.help < 0 and not analysis.problems:
            self._check(analysis)
        for problem in analysis.problems:
            problem.file = file
            if line:
                problem.line += line - 1
            elif "\n" not in text:
                problem.line = 0
        return analysis

    def _check(self, analysis: Analysis) -> None:
        """Add what is wrong with a well-formed line in this session."""
        command = analysis.command
        if command is None:
            return
        if self.restricted and analysis.redirect:
            hint = "let whoever runs the batch redirect its output"
            error = UsageError("restricted", "a restricted batch writes no files", hint=hint)
            self._refuse(analysis, error)
        if self.restricted and command.trusted_only:
            hint = "start without --restricted, if you trust these lines"
            error = UsageError("restricted", f"{command.name} is refused in a restricted batch", hint=hint)
            self._refuse(analysis, error)
        if analysis.target_flags:
            try:
                self.session.agree(analysis.target_flags)
            except UsageError as error:
                self._refuse(analysis, error)

    @staticmethod
    def _refuse(analysis: Analysis, error: UsageError) -> None:
        error.line, error.column = analysis.place
        analysis.problems.append(error)

    def execute(self, step: Step) -> Answer:
        """Run a line that was prepared here; returns and raises as `run` does."""
        self.session.line = step.text
        self.observer.begin()
        try:
            if step.effect in {DRAFT, TARGET}:
                self.session.open_for_editing()
            result: Result = step.command.function(self.session, **step.arguments)
            answer = Answer(result, self.json or step.as_json, self._staged(step))
            if step.filters:
                answer = _filtered(answer, step.filters)
            if step.redirect:
                answer = self._redirected(answer, step.redirect)
        except ShellError as error:
            step.place(error)
            self._note(step, None)
            raise
        self._note(step, answer)
        if step.full:
            answer.remarks.insert(0, f"{step.written} is short for {step.full}")
        return answer

    def _note(self, step: Step, answer: Answer | None) -> None:
        """Tell of a line that has run: its command and the names that it is about, no values."""
        if not self.observer.has_listeners:
            return
        about = {name: _word(step.arguments.get(name)) for name in _NAMES}
        code = None if answer is None else answer.exit_code
        place = f"{step.file}:{step.line}" if step.line else ""
        self.observer.note(
            INFO,
            "line",
            command=step.command.name,
            **about,
            place=place,
            ended="error" if answer is None else "",
            exit=code,
            staged=self.session.staged_lines,
        )

    def _staged(self, step: Step) -> JSON:
        """Return the document of a command that only stages."""
        return {"staged": Number(self.session.staged_lines)} if step.effect == DRAFT else None

    def _redirected(self, answer: Answer, path: str) -> Answer:
        """Write what would be printed to a file, and return an answer that prints nothing."""
        _write(path, render(answer, answer.as_json))
        rest = Result(
            notices=answer.notices,
            remarks=[*answer.remarks, f"written to {visible(path)}"],
            exit_code=answer.exit_code,
            request=answer.request,
        )
        return Answer(rest, as_json=False)

    def explain(self, text: str) -> Answer:
        """Return what may stand at the end of a text that is being typed."""
        return self._help(analyse(text, self.registry, cursor=len(text), interactive=True))

    def _help(self, analysis: Analysis) -> Answer:
        """Return what may stand at the `?`, or at the cursor."""
        from itertools import islice

        from shell.language.cursor import candidates

        found = list(islice(candidates(analysis, self.registry, self.session), _MOST_CANDIDATES))
        rows = [(candidate.text, candidate.description) for _, candidate in found]
        parameters = [row.what for row in analysis.expected if not isinstance(row.what, str)]
        blocks: list[Block] = [
            Lines(map(_about, parameters)),
            Table(("", ""), rows, ("command", "muted"), (1,)),
        ]
        document: JSON = [{"text": text, "description": about} for text, about in rows]
        return Answer(Result(blocks, json=document), self.json)


def _word(value: object) -> str:
    """Return a name or the path of a field as a word."""
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value or "")


def _about(parameter: Parameter) -> list[tuple[str, str]]:
    return [("field", f"{parameter.label}: "), ("", parameter.help)]


def together(problems: Sequence[UsageError]) -> UsageError | None:
    """Return one error that stands for all: the first, with the others as its causes; or None."""
    if not problems:
        return None
    first = problems[0]
    first.causes = tuple(problems[1:])
    return first


def _filtered(answer: Answer, filters: Sequence[Filter]) -> Answer:
    """Return what is left behind the filters: rows and lines by their plain text, JSON by item or line."""
    document = answer.json if answer.as_json else None
    blocks: Sequence[Block] = [] if answer.as_json else answer.blocks
    for each in filters:
        if answer.as_json:
            document = _filter_json(document, each)
        else:
            blocks = _filter_blocks(blocks, each)
    rest = Result(
        blocks,
        json=document,
        notices=answer.notices,
        remarks=answer.remarks,
        exit_code=answer.exit_code,
        request=answer.request,
    )
    return Answer(rest, answer.as_json)


def _filter_blocks(blocks: Sequence[Block], each: Filter) -> list[Block]:
    if each.pattern is None:
        count = sum(len(block.rows if isinstance(block, Table) else block.lines) for block in blocks)
        return [Lines([str(count)])]
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            rows = [row for row in block.rows if each.keeps("  ".join(row))]
            if rows:
                kept.append(Table(block.headings, rows, block.styles, block.fluid))
        else:
            kept.append(Lines(line for line in block.lines if each.keeps(text_of(line))))
    return kept


def _filter_json(document: JSON, each: Filter) -> JSON:
    """Return the matching items of an array, or the matching lines of any other document, or their count."""
    items: list[JSON]
    if isinstance(document, list):
        items, texts = document, [format_json(item) for item in document]
    else:
        texts = format_json(document, 2).split("\n")
        items = [*texts]
    if each.pattern is None:
        return Number(len(items))
    return [item for item, text in zip(items, texts, strict=True) if each.keeps(text)]


def _write(path: str, text: str) -> None:
    """Make a text the content of a file, mode 0600: all of it or, on an error, the old content.

    What is no regular file (a device, a pipe) is written to as it is; a link is followed.
    """
    from shell.durable import failure, write_all, write_atomically

    data = text.encode("utf-8", "backslashreplace")
    real = os.path.realpath(path)
    try:
        if os.path.lexists(real) and not os.path.isfile(real):
            descriptor = os.open(real, os.O_WRONLY | os.O_CLOEXEC)
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)
        else:
            write_atomically(real, data)
    except OSError as error:
        hint = (
            "name a file in that folder"
            if os.path.isdir(real)
            else "the folder must exist and be writable; the file itself need not exist"
        )
        raise failure(error, f"cannot write {visible(path)}", hint=hint) from error
