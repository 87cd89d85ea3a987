"""The commit to a running CA: all of the edits or none, and what happened is always known.

The order is: check; read again what is touched, and rebase where somebody else has changed it; order the
steps; journal them; make them; read back, and rehearse a login; remove what is to go; read back again.
An error before the first removal takes everything back. Where that error is that somebody else has changed
something meanwhile, it begins anew on what he has left. `shell.commit.saga.recovery` is what the next start
does after a crash.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from shell.commit.gate import require_acceptable
from shell.commit.outcome import Outcome
from shell.commit.record import masked_plan
from shell.commit.saga.caller import Caller, Moved, Patience, StepFailed, Unsettled
from shell.commit.saga.course import INTERRUPTED, Course
from shell.commit.saga.nodes import served_by
from shell.commit.saga.prepare import ATTEMPTS, keeps_changing, prepare
from shell.commit.saga.record import CaCommit, key_of, sealed_steps
from shell.commit.saga.steps import Create, Remove, Replace
from shell.errors import CheckFailed, Conflict, Incomplete, Interrupted, RolledBack, ShellError
from shell.staging.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import FrameType
    from typing import Any, Self

    from shell.backends.admin.target import AdminCa, CaReading
    from shell.commit.outcome import Check, Options
    from shell.commit.saga.anystep import AnyStep
    from shell.commit.saga.prepare import Ready
    from shell.journal import Open
    from shell.staging.draft import Draft
    from shell.state import State


def commit(
    target: AdminCa,
    reading: CaReading,
    draft: Draft,
    options: Options,
    *,
    state: State,
    check: Check,
    now: datetime,
    patience: Patience | None = None,
    say: Callable[[str], None] | None = None,
    go_on: Callable[[], bool] | None = None,
) -> Outcome:
    """Make the edits of a draft at the CA, all or nothing.

    `reading` is what the draft's base was made from; `now` is UTC. `say` is told of the progress. Ctrl-C is
    heeded when the request in hand has ended: `go_on` is asked then, and without it, or where it says no,
    everything is taken back.

    Raises CheckFailed; Conflict where the CA has changed in a way that the edits do not fit, or the plan is
    not the expected one; RolledBack; Incomplete where it could not be found out what happened, or an
    earlier commit is open; ShellError for everything that the CA or the system refuses before anything is
    changed. The draft is never changed.
    """
    plan = plan_of(draft)
    if not plan:
        return Outcome("nothing", plan, draft)
    require_acceptable(check(draft.base, draft, draft.touched()), options.accept)
    require_closed(state)
    target.require_node_of_last_commit()
    taken_back = ""
    for attempt in range(ATTEMPTS):
        try:
            ready = prepare(target, reading, plan, draft, options, check, anew=attempt > 0)
        except (Conflict, CheckFailed) as error:
            raise (_given_up(taken_back, error) if taken_back else error) from None
        if options.dry_run or not ready.steps:
            return Outcome("dry-run" if ready.steps else "nothing", ready.plan, ready.draft)
        state.ensure()
        try:
            return _Commit(target, ready, state, patience or Patience()).run(options, now, say, go_on)
        except _Overtaken as error:
            taken_back = taken_back or error.taken_back
    raise (_given_up(taken_back, keeps_changing()) if taken_back else keeps_changing())


def _given_up(why: str, error: ShellError) -> RolledBack:
    """Return the error for a commit that had begun when it met what others did, and cannot begin anew on that."""
    keeps = "others keep changing the same provisioners"
    fits = "the edits do not fit what others have made of it"
    return RolledBack(
        "overtaken",
        f"the commit failed: {why}\neverything is as it was before; {fits if error.causes else keeps}",
        hint=error.hint,
        causes=error.causes,
    )


def require_closed(state: State) -> None:
    """Raise Incomplete where a commit to this CA was interrupted and is still open."""
    opened = state.journal.open_commit()
    if opened is not None:
        opened.leave()
        raise Incomplete(
            "commit-open",
            "an earlier commit to this CA was interrupted and is still open; nothing was changed",
            hint="recover show says how far it came; then: recover forward, or recover back",
        )


class _Overtaken(Exception):
    """Somebody else has changed what a commit is about; everything is as before. `taken_back` says why, if anything was."""

    def __init__(self, taken_back: str) -> None:
        super().__init__(taken_back)
        self.taken_back = taken_back


class _Commit:
    """One commit under way: everything is decided."""

    def __init__(self, target: AdminCa, ready: Ready, state: State, patience: Patience) -> None:
        self._target = target
        self._ready = ready
        self._state = state
        self._patience = patience

    def run(
        self,
        options: Options,
        now: datetime,
        say: Callable[[str], None] | None,
        go_on: Callable[[], bool] | None,
    ) -> Outcome:
        """Make the steps; or take them back and raise RolledBack; or raise Incomplete."""
        record = self._record(options, now)
        sealed = sealed_steps(self._ready.steps)
        opened = self._state.journal.begin(record.to_record(), sealed)
        try:
            with Interrupts(go_on) as interrupts:
                caller = Caller(self._target.api, opened, self._patience, key_of(sealed))
                course = self._course(caller, opened, say, interrupts.halt)
                try:
                    course.forward()
                except StepFailed as error:
                    self._failed(record, opened, course, error)
                except Unsettled as error:
                    raise incomplete(error.why, self._ready.steps, course.reached) from None
                number = self._finish(record, opened, course)
        except BaseException:
            opened.leave()  # where it was not closed it stays open
            raise
        if name := _last_name(self._ready.steps):
            self._target.remember_commit(name[0], is_there=name[1])
        live, others = served_by(self._target.nodes, self._ready.plan)
        notes = (*self._ready.notes, *course.notes, *others)
        return Outcome("committed", self._ready.plan, self._ready.draft, id=number, live=live, notes=notes)

    def _course(
        self, caller: Caller, opened: Open, say: Callable[[str], None] | None, halt: Callable[[], bool]
    ) -> Course:
        ready = self._ready
        return Course(caller, opened, ready.steps, rehearse=ready.rehearse, say=say, halt=halt)

    def _failed(self, record: CaCommit, opened: Open, course: Course, error: StepFailed) -> None:
        """Take everything back and raise RolledBack, or raise Incomplete."""
        if error.why == INTERRUPTED and not course.reached:
            opened.close("failed")
            raise Interrupted("interrupted", "interrupted before anything was changed")
        if course.crossed:
            raise incomplete(error.why, self._ready.steps, course.reached)
        if isinstance(error, Moved):
            take_back(course, error)
            opened.close("rolled-back")
            raise _Overtaken(error.why if course.reached else "")
        settle_back(record, opened, course, self._state, error)

    def _record(self, options: Options, now: datetime) -> CaCommit:
        return CaCommit(
            key=os.urandom(16).hex(),
            url=self._target.connection.url,
            root=self._target.connection.root_sha256,
            address=self._target.connection.node.address,
            leaf=self._target.connection.node.leaf,
            time=now.isoformat(),
            operator=options.operator,
            comment=options.comment,
            before=self._ready.fingerprint,
            rehearse=self._ready.rehearse,
            plan=with_admins(masked_plan(self._ready.plan), self._ready.steps),
            steps=[step.shown for step in self._ready.steps],
        )

    def _finish(self, record: CaCommit, opened: Open, course: Course) -> int | None:
        """Write the history and close the journal; everything is made, so a failure here is only told."""
        try:
            entry = record.add_to(self._state.history, "committed", "", live=True)
            opened.close("committed")
        except ShellError as error:
            opened.leave()
            course.notes.append(f"{error.message}; recover forward puts this commit into the history")
            return None
        return entry.id


def _last_name(steps: Sequence[AnyStep]) -> tuple[str, bool] | None:
    """Return the last name that these steps have given or taken away, and which of both, or None."""
    for step in reversed(steps):
        if isinstance(step, Create):
            return step.path_name, True
        if isinstance(step, Replace) and step.renames:
            return step.new_name, True
        if isinstance(step, Remove):
            return step.path_name, False
    return None


def settle_back(record: CaCommit, opened: Open, course: Course, state: State, error: StepFailed) -> None:
    """Take back what a course has made, close the journal, and raise RolledBack; or raise Incomplete."""
    left = take_back(course, error)
    record.add_to(state.history, "rolled-back", "", live=None)
    opened.close("rolled-back")
    lines = [f"the commit failed: {error.why}", *as_before(left)]
    if error.request_id:
        lines.append(f"the log of the CA knows the request as {error.request_id}")
    raise RolledBack(
        "interrupted" if error.why == INTERRUPTED else "rolled-back",
        "\n".join(lines),
        hint="look at the edits again with: diff, check",
    )


def take_back(course: Course, error: StepFailed) -> list[str]:
    """Take back what a course has made, and return what had to be left; raises Incomplete."""
    try:
        return course.back(error.why)
    except (StepFailed, Unsettled) as further:
        raise Incomplete(
            "not-taken-back",
            f"the commit failed ({error.why}), and it could not be taken back whole: {further.why}",
            hint="recover back, when the CA answers again",
        ) from None


def as_before(left: Sequence[str]) -> list[str]:
    """Return the lines that say what was taken back, and what had to be left."""
    return [f"everything {'else ' if left else ''}is as it was before", *left]


def incomplete(why: str, steps: Sequence[Any], reached: int) -> Incomplete:
    """Return the error for a commit that stopped midway; it names what is done and what is not."""
    done = [step.shown for step in steps[:reached]]
    todo = [step.shown for step in steps[reached:]]
    lines = [f"the commit stopped midway: {why}"]
    lines += [f"done, or perhaps done: {', '.join(done[-10:])}"] if done else []
    lines += [f"not done: {', '.join(todo[:10])}"] if todo else []
    return Incomplete(
        "incomplete",
        "\n".join(lines),
        hint="recover show; then recover forward finishes it, recover back takes it back",
    )


def with_admins(plan: Any, steps: Sequence[Any]) -> Any:
    """Return a masked plan whose removals say which admins went with them, for a later rollback."""
    gone: dict[str, list[Any]] = {}
    for step in steps:
        if step.kind == "dismiss":
            gone.setdefault(step.provisioner, []).append({"subject": step.subject, "super": step.super})
    return [
        {**change, "admins": gone[change["name"]]}
        if change["action"] == "remove" and change["name"] in gone
        else change
        for change in plan
    ]


class Interrupts:
    """Holds Ctrl-C back while requests are made; `halt` says between them whether to stop."""

    def __init__(self, go_on: Callable[[], bool] | None) -> None:
        self._go_on = go_on
        self._arrived = False
        self._before: Any = None
        self._holds = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Self:
        if self._holds:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._holds:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._arrived = True

    def halt(self) -> bool:
        """Whether the person wants the commit to be taken back."""
        if not self._arrived:
            return False
        self._arrived = False
        return self._go_on is None or not self._go_on()
