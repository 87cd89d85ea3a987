"""What can go wrong, as a person is told it: what happened, why, and what to do next.

Lives here: the exit codes, the tree of expected errors and nothing else. The tree is shallow, one
class for each thing a caller treats differently:

    ShellError            1  failed, nothing changed
    ├── UsageError        2  wrong words: nothing ran
    ├── CheckFailed       3  the check found what must not be committed
    ├── Conflict          4  the target moved under the edits
    ├── RolledBack        5  a commit failed midway and was taken back
    ├── Incomplete        6  a commit stopped midway and waits for `recover`
    └── Interrupted     130  Ctrl-C before anything was sent

An exception outside this tree is a bug and keeps its traceback. This module imports nothing of the
program, so that every other module can raise from it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class ExitCode:
    """The exit codes of the program, each with one meaning."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CHECK = 3
    CONFLICT = 4
    ROLLED_BACK = 5
    INCOMPLETE = 6
    CHANGES = 7
    INTERRUPTED = 130


class ShellError(Exception):
    """An expected failure.

    `code` is a stable kebab-case name; `message` says what happened and why, in one sentence or a few
    lines; `hint` is the next thing to do. `file`, `line` and `column` (both from 1) say where in the
    input, when the input has places. `causes` are further errors found in the same input. `details` are
    pairs of a label and a text that `--verbose` shows. `repeats_words` says that the message may repeat what
    was typed, as it was typed.
    """

    exit_code = ExitCode.FAILED
    repeats_words = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        file: str = "",
        line: int = 0,
        column: int = 0,
        causes: Sequence[ShellError] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.file = file
        self.line = line
        self.column = column
        self.causes = tuple(causes)
        self.details: tuple[tuple[str, str], ...] = ()

    def at(self, file: str, line: int, column: int = 0) -> ShellError:
        """Return this error with a place in the input, unless it has one already."""
        if not self.line:
            self.file, self.line, self.column = file, line, column or self.column
        return self

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known, or the empty text."""
        parts = [self.file] + [str(number) for number in (self.line, self.column) if number]
        return ":".join(part for part in parts if part)

    @property
    def request_id(self) -> str:
        """The id under which the log of a CA has the request that failed; empty where there is none."""
        return ""

    def particulars(self) -> list[tuple[str, str]]:
        """Return what the system said, where that is behind this error: a label and a text each."""
        found: list[tuple[str, str]] = []
        behind: BaseException | None = self
        while behind is not None:
            if isinstance(behind, OSError):
                found = [("system", f"{type(behind).__name__}: {behind}")]  # the innermost counts
            behind = behind.__cause__ or behind.__context__
        return found


class UsageError(ShellError):
    """The words were wrong; nothing has run."""

    exit_code = ExitCode.USAGE
    repeats_words = True


class CheckFailed(ShellError):
    """The check found errors, or dangers that nobody accepted; nothing was written."""

    exit_code = ExitCode.CHECK


class Conflict(ShellError):
    """The target has changed in a way that the staged edits do not fit; nothing was written."""

    exit_code = ExitCode.CONFLICT


class RolledBack(ShellError):
    """A commit failed midway; the target is as it was before."""

    exit_code = ExitCode.ROLLED_BACK


class Incomplete(ShellError):
    """A commit stopped midway and the target is between two states; `recover` finishes or undoes it."""

    exit_code = ExitCode.INCOMPLETE


class Interrupted(ShellError):
    """The user stopped the program before anything was sent."""

    exit_code = ExitCode.INTERRUPTED
