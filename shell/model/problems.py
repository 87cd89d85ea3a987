"""What a check can find: one problem, with what step-ca does about it and what helps.

Messages never repeat the name of the provisioner and never hold a secret. Text that comes from the
target stands in them as it is; who shows a message makes it safe to display.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from shell.model.view import ProvisionerId

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    Severity = Literal["error", "danger", "warning"]

ERROR: Severity = "error"
DANGER: Severity = "danger"
WARNING: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a check found.

    `severity` is `error` (step-ca would refuse it, disable the provisioner, or die), `danger` (it takes
    somebody's access) or `warning` (accepted and regretted). `code` is a stable kebab-case name.
    `provisioner` is the name, or the empty text for the file; `field` a dotted path, or the empty text.
    `stops` says that step-ca does not start or does not survive a reload. `already` says that the
    problem was there before the edits. `id` is the provisioner's identity in the session.
    """

    severity: Severity
    code: str
    provisioner: str
    field: str
    message: str
    remedy: str
    stops: bool = False
    already: bool = False
    id: ProvisionerId | None = None

    @property
    def accept_name(self) -> str:
        """What `commit --accept` calls this problem: `CODE:NAME`."""
        return f"{self.code}:{self.provisioner}"


def as_existing(problem: Problem) -> Problem:
    """Return a problem that was there before the edits: it is a warning, and says that it is already so.

    A provisioner that stops the whole CA still blocks, since edits can cure it. What is wrong around the
    provisioners is no work of edits to provisioners, and blocks none.
    """
    message = f"{problem.message} (already so before these edits)"
    severity = problem.severity if problem.stops and problem.id is not None else WARNING
    return replace(problem, severity=severity, message=message, already=True)


SHARED = 10
"""How many provisioners may have the same warning before it is told of them together."""


def told(problems: Iterable[Problem]) -> list[tuple[str, Problem]]:
    """Return the problems as a person is told of them, each with whom it is about, which may not be safe to show.

    A warning that more than `SHARED` provisioners have stands there once, for the first of them and so many others.
    """
    listed = list(problems)
    counts = Counter(map(_sameness, listed))
    found: dict[object, tuple[str, Problem]] = {}
    for place, problem in enumerate(listed):
        others = counts[_sameness(problem)] - 1
        if problem.severity == WARNING and problem.provisioner and others >= SHARED:
            found.setdefault(_sameness(problem), (f"{problem.provisioner} and {others:,} others", problem))
        else:
            found[place] = (problem.provisioner, problem)
    return list(found.values())


def _sameness(problem: Problem) -> tuple[str, ...]:
    return problem.severity, problem.code, problem.field, problem.message, problem.remedy


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody who may read files, certificates and keys found out about one value.

    The rules turn it into a `Problem` of the provisioner and field that hold the value; `field` says
    which, where the value is not that of one field (an oddity of the file).
    """

    severity: Severity
    code: str
    message: str
    remedy: str = ""
    stops: bool = False
    field: str = ""
