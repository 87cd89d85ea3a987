"""`diff`, `staged`, `undo`, `redo`, `discard`: the edits that are staged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from shell.commands.differences import difference_json, difference_lines
from shell.commands.lines import command_lines
from shell.commands.masks import shown
from shell.commands.parameters import switch
from shell.commands.secretfiles import SecretFiles
from shell.errors import ExitCode, UsageError
from shell.escape import visible
from shell.language.command import DRAFT, NOTHING, Command
from shell.language.files import FilePath
from shell.language.parameters import Parameter
from shell.model.values import Number
from shell.results import Lines, Result, remark

if TYPE_CHECKING:
    from shell.model.values import JSON
    from shell.results import Line
    from shell.session import Session
    from shell.staging.draft import Step

_WHOLE = 1 << 20
"""A width that cuts nothing: what is reviewed must be seen whole."""


def diff(
    session: Session,
    *,
    commands: bool = False,
    detailed_exitcode: bool = False,
    secrets_to: str | None = None,
) -> Result:
    """Return what a commit would change: as a tree, or as the lines that stage the same."""
    if secrets_to is not None and not commands:
        raise UsageError(
            "flag-needs-flag", "--secrets-to goes with --commands", hint="diff --commands --secrets-to DIR"
        )
    plan = session.plan()
    exit_code = ExitCode.CHANGES if detailed_exitcode and plan.changes else ExitCode.DONE
    if commands:
        secrets = SecretFiles(secrets_to and session.sources.allowed(secrets_to))
        lines = command_lines(plan, session.base, secrets)
        return Result(
            [Lines(map(visible, lines))], json=[*lines], notices=secrets.notices, exit_code=exit_code
        )
    return Result(
        lambda: [Lines(difference_lines(plan, partial(shown, width=_WHOLE)))],
        json=lambda: difference_json(plan, session.target.label, session.base.fingerprint),
        exit_code=exit_code,
    )


def staged(session: Session) -> Result:
    """Return the lines that are staged, oldest first."""
    steps = session.draft.steps
    lines: list[Line] = [
        [("muted", f"{place:>4}  "), ("command", visible(step.line) or "(edits)")]
        for place, step in enumerate(steps, 1)
    ]
    document: JSON = [{"line": step.line, "edits": Number(len(step.edits))} for step in steps]
    return Result(
        [Lines(lines)] if lines else [], json=document, notices=[] if lines else ["nothing is staged"]
    )


def undo(session: Session) -> Result:
    """Take the last staged line back."""
    return _moved(
        session, session.draft.undo(), "undone", "nothing is staged (a commit is taken back with: rollback)"
    )


def redo(session: Session) -> Result:
    """Stage the line again that was undone last."""
    return _moved(session, session.draft.redo(), "staged again", "nothing was undone")


def discard(session: Session) -> Result:
    """Drop every staged edit."""
    count = len(session.draft.steps)
    session.discard()
    if not count:
        return remark("nothing is staged")
    return remark(f"discarded {count} staged line{'' if count == 1 else 's'}")


def _moved(session: Session, step: Step | None, what: str, otherwise: str) -> Result:
    if step is None:
        return remark(otherwise)
    session.keep_draft()
    return remark(f"{what}: {visible(step.line) or f'{len(step.edits)} edits'}")


COMMANDS = (
    Command(
        "diff",
        diff,
        (
            switch("commands", "print the lines that stage the same edits"),
            Parameter(
                "secrets_to",
                FilePath("DIR"),
                "write the secrets of these lines into files there",
                flag="--secrets-to",
            ),
            switch("detailed-exitcode", "end with 7 where there is a difference and nothing is committed"),
        ),
        "Show what a commit would change.",
        NOTHING,
        examples=("diff", "diff --commands", "diff --json"),
    ),
    Command("staged", staged, (), "List the staged lines.", NOTHING, examples=("staged",)),
    Command("undo", undo, (), "Take the last staged line back.", DRAFT, examples=("undo",)),
    Command("redo", redo, (), "Stage the line again that was undone last.", DRAFT, examples=("redo",)),
    Command("discard", discard, (), "Drop every staged edit.", DRAFT, examples=("discard",)),
)
