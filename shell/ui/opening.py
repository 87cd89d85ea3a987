"""What is said and asked before the first prompt: the target, an interrupted commit, a draft from before.

Where none of these is there, which is nearly always, only the target is said and nothing is read.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shell import journal
from shell.errors import ShellError
from shell.escape import shortened, visible
from shell.model.values import format_json
from shell.results import moment
from shell.state import DRAFT

if TYPE_CHECKING:
    from shell.model.values import JSON
    from shell.session import Session
    from shell.staging.clashes import Clash
    from shell.staging.rebase import Rebased
    from shell.ui.reader import Reader
    from shell.ui.runner import Runner
    from shell.ui.screen import Screen
    from shell.ui.watch import Watch

_SHOWN = 5
"""How many lines of a kept draft are shown."""


def open_session(session: Session, watch: Watch, runner: Runner, reader: Reader, screen: Screen) -> bool:
    """Begin a session at a prompt; returns whether to go on, False where the person leaves at once.

    Raises ShellError where the target cannot be read and had to be.
    """
    target = session.target
    screen.notice(f"target: {visible(target.name)} ({visible(target.origin)})")
    if target.alternative:
        screen.notice(target.alternative)
    return take_up(session, watch, runner, reader, screen)


def take_up(session: Session, watch: Watch, runner: Runner, reader: Reader, screen: Screen) -> bool:
    """Settle what was left at a target before anything is staged there; returns whether to go on, as above."""
    opening = _Opening(session, watch, runner, reader, screen)
    try:
        if _exists(session, journal.NAME):
            opening.interrupted_commit()
        if _exists(session, DRAFT):
            opening.kept_draft()
    except (EOFError, KeyboardInterrupt):
        screen.notice("")
        return False
    return True


def _exists(session: Session, name: str) -> bool:
    return os.path.exists(os.path.join(session.state.folder, name))


class _Opening:
    def __init__(
        self, session: Session, watch: Watch, runner: Runner, reader: Reader, screen: Screen
    ) -> None:
        self._session = session
        self._watch = watch
        self._runner = runner
        self._reader = reader
        self._screen = screen

    def interrupted_commit(self) -> None:
        """Say that a commit was interrupted, and let the person decide what becomes of it."""
        if self._session.site.interrupted(self._session.state) is None:
            return
        self._read_target()
        self._runner.run("recover show")
        answer = self._choose("forward, back or later [later]? ", ("forward", "back", "later"), "later")
        if answer == "later":
            self._screen.notice("nothing can be committed before: recover forward, or recover back")
        else:
            self._runner.run(f"recover {answer}")

    def kept_draft(self) -> None:
        """Offer the edits that an earlier session left staged."""
        state = self._session.state
        if not state.claim_draft():
            self._screen.notice(
                "another session works on this target; what is staged here is not kept after a crash"
            )
            return
        now = datetime.now(UTC)
        try:
            kept = state.load_draft(now)
        except ShellError as error:
            self._screen.error(error)
            return
        if kept is None:
            return
        when = moment(kept.saved.isoformat())
        if kept.expired:
            self._screen.notice(f"the edits staged {when} held secrets and have expired; they are dropped")
            return
        from shell.staging.record import from_record

        self._read_target()
        try:
            rebased = from_record(kept.record, self._session.base)
        except ShellError as error:
            self._screen.error(error)
            return
        self._offer(rebased, when)

    def _offer(self, rebased: Rebased, when: str) -> None:
        from shell.staging.plan import plan_of

        steps = rebased.draft.steps
        if not steps:
            self._session.state.drop_draft()
            return
        lines = f"{len(steps)} line{'' if len(steps) == 1 else 's'}"
        self._screen.notice(f"a session left {lines} staged {when}: {plan_of(rebased.draft).summary}")
        for step in steps[-_SHOWN:]:
            self._screen.notice(f"  {visible(step.line) or '(edits)'}")
        if rebased.merged:
            self._screen.notice("the target was changed since; the edits are put on what it is now")
        if rebased.conflicts:
            self._settle(rebased)
        elif self._choose("take them up again [yes]? ", ("yes", "no"), "yes") == "yes":
            self._session.adopt(rebased.draft)
        else:
            self._drop()

    def _settle(self, rebased: Rebased) -> None:
        """Show where others changed the same, and let the person decide whose change it is to be."""
        for clash in rebased.conflicts:
            self._screen.notice(_clash_text(clash))
        question = (
            "keep yours, take theirs where they conflict, or discard all of yours? (keep/theirs/discard) "
        )
        answer = self._choose(question, ("keep", "theirs", "discard"), "")
        if answer == "discard":
            self._drop()
            return
        draft = rebased.draft
        if answer == "theirs":
            from shell.staging.settle import without_conflicts

            draft = without_conflicts(rebased)
            dropped = len(rebased.draft.steps) - len(draft.steps)
            self._screen.notice(f"{dropped} line{'' if dropped == 1 else 's'} dropped; see: staged")
        self._session.adopt(draft)

    def _drop(self) -> None:
        self._session.state.drop_draft()
        self._screen.notice("dropped")

    def _read_target(self) -> None:
        self._watch.start(lambda: None)
        self._watch.wait()

    def _choose(self, question: str, answers: tuple[str, ...], default: str) -> str:
        """Return the answer that is meant; asks until it is one. No default means that Enter is none."""
        while True:
            typed = self._reader.ask(question).strip().lower() or default
            found = [answer for answer in answers if typed and answer.startswith(typed)]
            if len(found) == 1:
                return found[0]


def _clash_text(clash: Clash) -> str:
    """Return what a conflict is about, and where values differ the three of them."""
    where = ": ".join(filter(None, (clash.provisioner, clash.field)))
    text = f"conflict: {visible(where)}: {visible(clash.reason)}"
    if not clash.field:
        return text
    base, theirs, ours = (_value(value) for value in (clash.base, clash.theirs, clash.ours))
    return f"{text} (was {base}, is now {theirs}, yours {ours})"


def _value(value: JSON) -> str:
    if value is None:
        return "not set"
    return shortened(value if isinstance(value, str) else format_json(value), 40)
