"""Whether what the check found lets a commit go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.errors import CheckFailed, Conflict, ShellError
from shell.escape import visible
from shell.model.problems import DANGER, ERROR

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shell.model.problems import Problem


def require_acceptable(problems: Sequence[Problem], accept: Collection[str]) -> None:
    """Raise CheckFailed where there are errors, or dangers that nobody accepted; all of them are named."""
    stopping = [problem for problem in problems if _stops(problem, accept)]
    if not stopping:
        return
    errors = sum(problem.severity == ERROR for problem in stopping)
    dangers = [problem for problem in stopping if problem.severity == DANGER]
    counts = [_count(errors, "error"), _count(len(dangers), "danger")]
    words = " ".join(f"--accept {visible(problem.accept_name)}" for problem in dangers)
    raise CheckFailed(
        "check-failed",
        f"the check found {' and '.join(filter(None, counts))}; nothing was written",
        hint=f"if this is what you want: commit {words}" if dangers and not errors else "see: check",
        causes=[_as_error(problem) for problem in stopping],
    )


def require_nothing_new(before: Sequence[Problem], after: Sequence[Problem], accept: Collection[str]) -> None:
    """Raise Conflict where changes made by others make a problem of edits that had none."""
    known = {_identity(problem) for problem in before}
    new = [problem for problem in after if _stops(problem, accept) and _identity(problem) not in known]
    if new:
        raise Conflict(
            "target-changed",
            "the target has changed meanwhile, and with that the edits have new problems; nothing was written",
            hint="drop the edits with: discard, and stage again what is still wanted; a batch is run again",
            causes=[_as_error(problem) for problem in new],
        )


def _stops(problem: Problem, accept: Collection[str]) -> bool:
    if problem.severity == ERROR:
        return True
    return problem.severity == DANGER and problem.accept_name not in accept


def _identity(problem: Problem) -> tuple[str, str, str, str]:
    return problem.severity, problem.code, problem.provisioner, problem.field


def _as_error(problem: Problem) -> ShellError:
    where = " ".join(visible(part) for part in (problem.provisioner, problem.field) if part)
    message = visible(problem.message)
    return ShellError(problem.code, f"{where}: {message}" if where else message, hint=visible(problem.remedy))


def _count(number: int, noun: str) -> str:
    return "" if not number else f"{number} {noun}" if number == 1 else f"{number} {noun}s"
