"""What a commit to a file does before it writes: lock, read again, rebase, check again, rewrite."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.backends.cafile import Reading, digest_of, parse
from shell.backends.filelock import FileLock
from shell.backends.filestate import obstacles
from shell.codec.splice import rewrite
from shell.commit.earlier import earlier_bytes
from shell.commit.gate import require_acceptable, require_nothing_new
from shell.durable import Pieces
from shell.errors import Conflict, ShellError
from shell.staging.diff import REMOVE
from shell.staging.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.backends.cafile import CaFile
    from shell.commit.outcome import Check, Options
    from shell.staging.base import Base
    from shell.staging.draft import Draft
    from shell.staging.plan import Plan
    from shell.state import State


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft on what the file holds now, and the bytes to write, with their digest.

    `exact` says that these are the bytes of an earlier state, and not the present ones rewritten.
    """

    reading: Reading
    draft: Draft
    plan: Plan
    data: Pieces
    digest: str
    exact: bool

    @property
    def changes_bytes(self) -> bool:
        """Whether there is anything to write."""
        return self.digest != self.reading.digest


@contextlib.contextmanager
def locked(target: CaFile, timeout: float) -> Iterator[FileLock]:
    """Hold the lock on the file that the target's path leads to now; raises ShellError `locked`."""
    while True:
        real = os.path.realpath(target.path)
        with FileLock(real, timeout) as lock:
            target.real = os.path.realpath(target.path)
            if target.real == real:
                yield lock
                return


def prepare(
    target: CaFile, reading: Reading, plan: Plan, draft: Draft, options: Options, check: Check, state: State
) -> Ready:
    """Bring a draft, and its plan, to what the file holds now, and make the bytes to write.

    Raises Conflict and CheckFailed as `shell.commit.files.commit` does.
    """
    data, status = target.read_bytes()
    if reading.data.equal(data):
        reading.status = status
    else:
        before = list(check(draft.base, draft, draft.touched()))
        reading = Reading(parse(data, target.path), digest_of(data), len(data), status)
        draft = rebased(draft, reading.base)
        problems = check(draft.base, draft, draft.touched())
        require_nothing_new(before, problems, options.accept)
        require_acceptable(problems, options.accept)
        plan = plan_of(draft)
    del data
    if options.expect and not plan.is_named(options.expect):
        raise Conflict(
            "other-plan",
            f"the plan is not the one that was expected: its digest is {plan.short_digest}; nothing was written",
            hint="look at it again with: diff",
        )
    earlier = earlier_bytes(reading, draft, plan, state.history)
    new = earlier or _rewritten(reading, plan)
    return Ready(reading, draft, plan, new, digest_of(new), exact=earlier is not None)


def rebased(draft: Draft, base: Base) -> Draft:
    """Return the draft on what others have made of the target; raises Conflict naming what does not fit."""
    from shell.staging.clashes import told  # few commits need these
    from shell.staging.rebase import rebase

    done = rebase(draft, base)
    if done.conflicts:
        raise Conflict(
            "conflict",
            "the target has changed since it was read, and the edits do not fit any more; nothing was written",
            hint="drop the edits with: discard, and stage again what is still wanted; a batch is run again",
            causes=[ShellError("conflict", told(clash)) for clash in done.conflicts],
        )
    return done.draft


def _rewritten(reading: Reading, plan: Plan) -> Pieces:
    """Return the bytes of the file with the changes of the plan in it."""
    text = rewrite(
        reading.config,
        {change.id for change in plan.changes if change.action == REMOVE},
        {change.id: change.after.members for change in plan.changes if change.before and change.after},
        [change.after.members for change in plan.changes if change.after and not change.before],
        {change.id: change.before.members for change in plan.changes if change.before and change.after},
    )
    return Pieces(text)


def require_way(target: CaFile, reading: Reading, options: Options) -> bool:
    """Return whether to write in place; raises ShellError where the file cannot be written as asked."""
    for obstacle in obstacles(target, reading.status):
        if obstacle.blocks == "never" or not options.in_place:
            raise ShellError(obstacle.code, f"{obstacle.text}; nothing was written", hint=obstacle.hint)
    return options.in_place
