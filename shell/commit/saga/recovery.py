"""What the next start does about a commit to a CA that was interrupted.

The journal says what was to be done and which request was the last; what is done, the CA says. First the
token of that request is spent, so that it cannot arrive any more; then each step is looked at, and made or
taken back where it is not so already.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from shell.backends.admin.failures import CaError
from shell.backends.admin.transport import Node
from shell.commit.saga.caller import Caller, Patience, StepFailed, Unsettled
from shell.commit.saga.commit import Interrupts, as_before
from shell.commit.saga.course import Course
from shell.commit.saga.moved import require_known
from shell.commit.saga.record import (
    KIND,
    CaCommit,
    Sent,
    arriving,
    key_of,
    last_sent,
    node_of,
    reached,
    steps_of_journal,
    turned_back,
    turning,
)
from shell.errors import Incomplete, ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.backends.admin.target import AdminCa
    from shell.journal import Open
    from shell.model.values import JSON
    from shell.state import State

Direction = Literal["back", "forward"]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of an interrupted commit: `word` is committed or rolled-back, `note` safe to show."""

    word: Literal["committed", "rolled-back"]
    note: str
    commit: CaCommit


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An interrupted commit, as far as it may be shown; see `shell.sites.site.Interrupted`."""

    commit: CaCommit
    remarks: tuple[str, ...]

    @property
    def time(self) -> str:
        """When it was begun, UTC."""
        return self.commit.time

    @property
    def operator(self) -> str:
        """Who committed."""
        return self.commit.operator

    @property
    def plan(self) -> JSON:
        """What it was to change, masked."""
        return self.commit.plan


def open_ca_commit(state: State) -> Interrupted | None:
    """Return the interrupted commit to a CA, or None where there is none."""
    opened = state.journal.open_commit()
    if opened is None:
        return None
    opened.leave()
    if opened.plan.get("kind") != KIND:
        return None
    commit = CaCommit.from_record(opened.plan)
    return Interrupted(commit, tuple(_remarks(commit, opened)))


def interrupted_elsewhere(state: State, root: str) -> list[str]:
    """Return the addresses of CAs with this root, other than the one of `state`, that have an interrupted commit."""
    found = []
    for other in state.neighbours():
        try:
            opened = other.journal.open_commit()
        except ShellError:
            continue  # it is told by who works on it
        if opened is None:
            continue
        opened.leave()
        if opened.plan.get("kind") == KIND and opened.plan.get("root") == root:
            found.append(str(opened.plan.get("url")))
    return found


def _remarks(commit: CaCommit, opened: Open) -> list[str]:
    steps = [str(step) for step in commit.steps]
    sent = last_sent(opened.steps)
    if sent is None:
        return [f"nothing of it was sent to {visible(commit.url)}", *(f"  to do: {step}" for step in steps)]
    back = turned_back(opened.steps)
    found = [f"it was being taken back: {back}"] if back else []
    doubt = "perhaps taken back" if sent.way == "back" else "perhaps done"
    for number, step in enumerate(steps):
        if number == sent.number:
            word = doubt
        elif sent.way == "back":
            word = "done" if number < sent.number else "taken back, or never done"
        else:
            word = "done" if number < sent.number else "to do"
        found.append(f"  {word}: {step}")
    return found


def recover_ca(
    target: AdminCa,
    state: State,
    direction: Direction,
    *,
    reloaded: bool = False,
    patience: Patience | None = None,
    say: Callable[[str], None] | None = None,
) -> Recovered | None:
    """Finish or take back the interrupted commit, and close it; None where there is none.

    Where another address answers than the commit was made through, the CA there must show what was done; with
    `reloaded` the person says that it has loaded since. Ctrl-C is heeded between requests. Raises Incomplete where that does not go to its end; the commit then stays open.
    """
    opened = state.journal.open_commit()
    if opened is None or opened.plan.get("kind") != KIND:
        if opened is not None:
            opened.leave()
        return None
    try:
        with Interrupts(None) as interrupts:
            recovery = _Recovery(target, state, opened, patience or Patience(), say, interrupts.halt)
            return recovery.run(direction, reloaded)
    except BaseException:
        opened.leave()
        raise


class _Recovery:
    """One interrupted commit, held by this process."""

    def __init__(
        self,
        target: AdminCa,
        state: State,
        opened: Open,
        patience: Patience,
        say: Callable[[str], None] | None,
        halt: Callable[[], bool],
    ) -> None:
        self._halt = halt
        self._target = target
        self._state = state
        self._opened = opened
        self._patience = patience
        self._say = say
        self._commit = CaCommit.from_record(opened.plan)
        self._steps = steps_of_journal(opened)

    def run(self, direction: Direction, reloaded: bool) -> Recovered:
        """Spend what may still be under way, then go in this direction."""
        if not self._steps:
            note = "it had sent nothing and had not noted yet what to send, so everything is as it was before"
            return self._closed("rolled-back", [note], live=None)
        self._target.api.admins()  # logs in, and reaches the CA, before anything is decided
        caller = Caller(self._target.api, self._opened, self._patience, key_of(self._opened.sealed))
        rehearse, say, halt = self._commit.rehearse, self._say, self._halt
        course = Course(caller, self._opened, self._steps, rehearse=rehearse, say=say, halt=halt)
        course.reached = reached(self._opened.steps)
        try:
            self._arrive(caller, last_sent(self._opened.steps), reloaded=reloaded)
            if direction == "back":
                return self._back(course)
            return self._forward(course)
        except (StepFailed, Unsettled) as error:
            raise Incomplete(
                "still-incomplete",
                f"the interrupted commit could not be {_DONE[direction]}: {error.why}",
                hint=_OTHER_WAY[direction],
            ) from None

    def _back(self, course: Course) -> Recovered:
        left = course.back("recover back", stoppable=True)
        return self._closed("rolled-back", as_before(left), live=None)

    def _forward(self, course: Course) -> Recovered:
        self._opened.step(turning("forward", "recover forward"))
        course.forward(looking=True)
        return self._closed("committed", ["it is finished now", *course.notes], live=True)

    def _closed(
        self, word: Literal["committed", "rolled-back"], notes: list[str], live: bool | None
    ) -> Recovered:
        # one that died between its history and its journal is in the history as committed already
        key = self._commit.key + ("-back" if word == "rolled-back" else "")
        replace(self._commit, key=key).add_to(self._state.history, word, "", live)
        self._opened.close(word)
        when = self._commit.time[:19].replace("T", " ")
        return Recovered(word, f"the commit of {when} UTC was interrupted; {'; '.join(notes)}", self._commit)

    def _arrive(self, caller: Caller, sent: Sent | None, *, reloaded: bool) -> None:
        """Spend the token of the last request, and go on at the node that answers.

        Raises Incomplete where that is another one than before and does not show what was done.
        """
        before, now = node_of(self._commit, self._opened.steps), caller.node
        moved = before not in (Node("", ""), now)
        try:
            burnt = sent is not None and caller.spend(self._steps[sent.number], sent.lost)
            if moved and not reloaded and sent is not None:
                require_known(caller, self._steps, self._opened.steps, burnt=burnt)
        except (StepFailed, Unsettled, CaError) as error:
            if not moved:
                raise
            why = error.message if isinstance(error, CaError) else error.why
            raise Incomplete(
                "other-node",
                f"{_moved(before, now)}: {why}",
                hint="reload that CA (SIGHUP), or wait until it has loaded, and then: recover forward --reloaded, or "
                "recover back --reloaded",
            ) from None
        if moved:
            self._opened.step(arriving(now))


def _moved(before: Node, now: Node) -> str:
    """Return how another node has come to answer, as far as that can be told."""
    if before.address != now.address:
        return f"the commit was made through the node {visible(before.address)}, and {visible(now.address)} answers now"
    return f"another node answers at {visible(now.address)} than the commit was made through, or the same one started anew"


_DONE = {"back": "taken back", "forward": "finished"}
_OTHER_WAY = {
    "back": "try again when the CA answers; or: recover forward",
    "forward": "try again when the CA answers; or: recover back",
}
