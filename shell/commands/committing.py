"""`check` and `commit`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.commands.parameters import switch
from shell.errors import ExitCode
from shell.escape import visible
from shell.language.command import NOTHING, TARGET, Command
from shell.language.parameters import Parameter, Text
from shell.model.problems import ERROR, told
from shell.results import Lines, Moment, Request, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shell.commit.outcome import Outcome
    from shell.model.problems import Problem
    from shell.model.values import JSON
    from shell.results import Line, Span
    from shell.session import Session

_MOMENT = re.compile(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?)(?![0-9T-])")


def check(session: Session, *, online: bool = False) -> Result:
    """Return every problem of the target with the staged edits; errors end with 3."""
    problems = session.problems(online=online)
    errors = sum(problem.severity == ERROR for problem in problems)
    return Result(
        [Lines(problem_lines(problems))],
        json=_check_json(problems),
        exit_code=ExitCode.CHECK if errors else ExitCode.DONE,
    )


def problem_lines(problems: Sequence[Problem]) -> list[Line]:
    """Return the problems as lines, with what helps under each, and a summary."""
    lines: list[Line] = []
    for whom, problem in told(problems):
        where = ": ".join(visible(part) for part in (whom, problem.field) if part)
        name = problem.accept_name if whom == problem.provisioner else problem.code
        lines.append(
            [
                (problem.severity, f"{problem.severity:<8}"),
                ("name", f"{where}: " if where else ""),
                *_timed(visible(problem.message)),
                ("muted", f"  [{visible(name)}]"),
            ]
        )
        if problem.remedy:
            lines.append([("muted", f"         {visible(problem.remedy)}")])
    lines.append(_summary(problems))
    return lines


def _timed(text: str) -> list[Span]:
    """Return a text with the moments in it apart, so that a terminal says how far away they are."""
    parts = _MOMENT.split(text)
    return [("", Moment(part) if place % 2 else part) for place, part in enumerate(parts) if part]


def _summary(problems: Iterable[Problem]) -> str:
    counts = {"error": 0, "danger": 0, "warning": 0}
    for problem in problems:
        counts[problem.severity] += 1
    if not any(counts.values()):
        return "no problems found"
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items())


def _check_json(problems: Sequence[Problem]) -> JSON:
    from shell.model.values import Number

    rows: list[JSON] = [
        {
            "severity": problem.severity,
            "code": problem.code,
            "provisioner": problem.provisioner,
            "field": problem.field,
            "message": problem.message,
            "remedy": problem.remedy,
        }
        for problem in problems
    ]
    # a danger blocks a commit as an error does, until it is accepted
    errors = sum(problem.severity != "warning" for problem in problems)
    return {"errors": Number(errors), "warnings": Number(len(problems) - errors), "problems": rows}


def commit(
    session: Session,
    *,
    dry_run: bool = False,
    comment: str = "",
    expect: str = "",
    accept: Sequence[str] = (),
    in_place: bool = False,
) -> Result:
    """Write the staged edits to the target, all or nothing."""
    from shell.commit.outcome import Options
    from shell.state import login_name

    options = Options(
        dry_run=dry_run,
        comment=comment,
        expect=expect,
        accept=frozenset(accept),
        in_place=in_place,
        operator=session.operator or login_name(),
    )
    dangers = session.unaccepted_dangers(options) if session.interactive and not dry_run else []
    if not dangers:
        return _result(session.commit(options))

    def resume(answer: str) -> Result:
        if answer.strip() != dangers[0].provisioner:
            return Result(notices=["not committed; the edits stay staged"])
        return _result(session.commit(options.accepting(problem.accept_name for problem in dangers)))

    lines = "\n".join(
        f"danger: {visible(p.provisioner)}: {visible(p.message)}\n        {visible(p.remedy)}"
        for p in dangers
    )
    message = (
        f"{lines}\nType the provisioner's name ({visible(dangers[0].provisioner)}) to commit all the same: "
    )
    return Result(request=Request("confirm", text=dangers[0].provisioner, message=message, resume=resume))


def _result(outcome: Outcome) -> Result:
    counts = f"{outcome.added} added, {outcome.changed} changed, {outcome.removed} removed"
    live = {True: "; live on the running CA", False: "; not live", None: ""}[outcome.live]
    texts = {
        "committed": f"committed as {outcome.id}: {counts}{live}",
        "nothing": "nothing to commit",
        "dry-run": f"would commit: {counts}; nothing was written",
    }
    line = texts.get(outcome.word, f"{outcome.word}: {counts}")
    return Result([Lines([line])], json=outcome.to_json(), notices=outcome.notes)


COMMANDS = (
    Command(
        "check",
        check,
        (switch("online", "ask identity providers and webhooks too, from this machine"),),
        "Look for everything that step-ca would refuse, or you would regret.",
        NOTHING,
        examples=("check", "check --online", "check --json"),
    ),
    Command(
        "commit",
        commit,
        (
            switch("dry-run", "do everything but write"),
            Parameter("comment", Text(), "kept in the history", flag="--comment", default=""),
            Parameter(
                "expect", Text("HASH"), "commit only the plan that has this hash", flag="--expect", default=""
            ),
            Parameter(
                "accept",
                Text("CODE:NAME"),
                "accept a danger that the check names",
                flag="--accept",
                many=True,
            ),
            switch("in-place", "write the file itself, where it cannot be replaced"),
        ),
        "Write the staged edits to the target, all or nothing.",
        TARGET,
        examples=("commit", 'commit --comment "shorter lifetimes"', "commit --dry-run"),
        exact=True,
        harmless=("dry_run",),
    ),
)
