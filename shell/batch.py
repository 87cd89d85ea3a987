"""A batch: lines from files, standard input or `-c`, run as one transaction.

Rules kept here (design of the batch):
- every line is analysed before the first one runs, and all errors are told at once (exit code 2);
- at most one line changes the target, and nothing is staged behind it;
- the first failing line ends the batch; what was only staged is dropped, so nothing is applied;
- edits left staged at the end, with neither a commit nor a discard behind them, are an error (exit code 1);
- nobody is asked anything: a command that needs an answer fails.
Output streams: what lines before an error printed has been printed.
"""

from __future__ import annotations

from shell.errors import ExitCode, Interrupted, ShellError, UsageError
from shell.language.command import DRAFT, TARGET
from shell.plain import render, render_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shell.interpreter import Interpreter, Step
    from shell.results import Request, Result

    Write = Callable[[str], None]
    Render = Callable[[Result, bool], str]

# The name of a source that stood in the arguments of the program, where every user of the machine sees it.
ARGUMENT = "-c"
_DEEPEST = 20  # files that run files


def run(
    interpreter: Interpreter,
    sources: Sequence[tuple[str, str]],
    write: Write,
    notice: Write,
    json: bool,
    show: Render = render,
) -> int:
    """Run the lines of all sources, pairs of a name and a text, in order; returns the exit code.

    The name of a source begins its errors; `-c`, or `-c` with a number, is a text from the command
    line. `write` gets standard output and `notice` standard error, both with their line ends. `json`
    makes errors JSON documents; the interpreter has its own `json` for results. `show` makes the text of
    a result; on a terminal it is a coloured one.
    """
    return _Run(interpreter, write, notice, json, show).all(sources)


def _misplaced(steps: Sequence[Step], final: Step | None) -> list[UsageError]:
    """Return an error for each change behind the line that changes the target, here or before (`final`)."""
    found: list[UsageError] = []
    for step in steps:
        if final is not None and step.effect in {DRAFT, TARGET}:
            before = f"{final.written} in line {final.line}"
            error = UsageError(
                "change-after-commit",
                f"{step.written} stands behind {before}, which must be the last change of a batch",
                hint="a batch is one transaction: put every change before it, or make two batches",
            )
            step.place(error)
            found.append(error)
        elif step.effect == TARGET:
            final = step
    return found


class _Run:
    """One run of a batch: what it writes to, and what has happened so far."""

    def __init__(
        self, interpreter: Interpreter, write: Write, notice: Write, json: bool, show: Render
    ) -> None:
        self.interpreter = interpreter
        self.write = write
        self.notice = notice
        self.json = json
        self.show = show
        self.code: int = ExitCode.DONE
        self.depth = 0
        self.changed: Step | None = None
        self.settled = False

    def all(self, sources: Sequence[tuple[str, str]]) -> int:
        """Run everything and return the exit code."""
        session = self.interpreter.session
        try:
            steps = self._prepare(sources)
            self._warn_of_secrets(steps)
            if any(step.effect in {DRAFT, TARGET} for step in steps):
                self._say(session.before_editing())
            self._run(steps)
            self._require_settled()
        except ShellError as error:
            return self._fail(error)
        except KeyboardInterrupt:
            return self._fail(Interrupted("interrupted", "interrupted"))
        except BrokenPipeError:
            if self.changed is None:
                raise
            # nobody reads the output any more; what was to be done is done
        finally:
            if session.has_staged_edits:
                session.discard()
        return self.code

    def _prepare(self, sources: Sequence[tuple[str, str]]) -> list[Step]:
        return self.interpreter.prepare(sources, lambda steps: _misplaced(steps, self.changed))

    def _run(self, steps: Sequence[Step]) -> bool:
        """Run lines; returns whether what follows them runs too."""
        for place, step in enumerate(steps, 1):
            if not self._one(step):
                if self._failed and place < len(steps):
                    self.notice(
                        f"{step.file}:{step.line}: the batch stops here, with exit code {self.code}\n"
                    )
                return False
        return True

    def _say(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.notice(text + "\n")

    @property
    def _failed(self) -> bool:
        return self.code not in {ExitCode.DONE, ExitCode.CHANGES}

    def _one(self, step: Step) -> bool:
        """Run one line; returns whether the batch goes on."""
        try:
            answer = self.interpreter.execute(step)
            if step.command.effect == TARGET:
                self.settled = answer.exit_code == ExitCode.DONE
            elif step.effect == DRAFT:
                self.settled = False
            if step.effect == TARGET and answer.exit_code == ExitCode.DONE:
                self.changed = step
            self._say([*self.interpreter.session.take_notices(), *answer.notices])
            if output := self.show(answer, answer.as_json):
                self.write(output)
        except ShellError as error:
            self.json = self.json or step.as_json
            step.place(error)
            raise
        if self.changed is step and self.code == ExitCode.CHANGES:  # which says that nothing was committed
            self.code = ExitCode.DONE
        self.code = self.code or answer.exit_code
        if answer.request is not None:
            return self._request(step, answer.request)
        return not self._failed

    def _request(self, step: Step, request: Request) -> bool:
        """Do what a command asks of whoever runs it; returns whether the batch goes on."""
        if request.kind == "quit":
            return False
        if request.kind != "source":
            message = f"{step.written} needs somebody who answers"
            hint = "run it at the prompt of step-shell"
            raise step.place(ShellError("needs-a-person", message, hint=hint))
        if self.depth == _DEEPEST:
            message = f"files that run each other are more than {_DEEPEST} deep"
            raise step.place(ShellError("source-too-deep", message, hint="does one of them run itself?"))
        self.depth += 1
        goes_on = self._run(self._prepare([(request.message, request.text)]))
        self.depth -= 1
        return goes_on

    def _require_settled(self) -> None:
        # edits that are still staged behind a commit came to nothing, and a dry run says what it came for
        if not self._failed and not self.settled and self.interpreter.session.has_staged_edits:
            raise ShellError(
                "neither-committed-nor-discarded",
                "the batch ends with staged edits; nothing was changed",
                hint="end it with: commit (or discard, if it was only a trial)",
            )

    def _fail(self, error: ShellError) -> int:
        self.interpreter.observer.failed(error)
        self.notice(render_error(error, self.json))
        if self.changed is not None:
            where = f"{self.changed.written} in line {self.changed.line}"
            self.notice(f"{where} was done before this error\n")
            if error.exit_code == ExitCode.USAGE:  # which says that nothing has run
                return ExitCode.FAILED
        return error.exit_code

    def _warn_of_secrets(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if step.file.split(" ")[0] == ARGUMENT and step.has_secret:
                self.notice(
                    "warning: a secret stands in the arguments of the program, where every user of this machine "
                    "can read it; write @FILE, env:NAME or fd:NUMBER instead\n"
                )
                return
