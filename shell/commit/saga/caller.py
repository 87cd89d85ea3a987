"""Making one step of a commit to a CA for certain: done, not done, or, where nobody can find out, unknown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shell.backends.admin.api import Burn
from shell.backends.admin.failures import CaError
from shell.backends.admin.outcome import Lost, Refused, Unreachable
from shell.commit.saga.adminsteps import Dismiss
from shell.commit.saga.record import arriving, sending
from shell.commit.saga.steps import Create, Replace, Revise, There

if TYPE_CHECKING:
    from shell.backends.admin.api import AdminApi
    from shell.backends.admin.outcome import Outcome
    from shell.backends.admin.transport import Node
    from shell.commit.saga.anystep import AnyStep, Sendable
    from shell.commit.saga.record import Way
    from shell.journal import Open


Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to wait for a CA that does not answer; `sleep` takes seconds.

    `overtaking` is how long after the last change the CA is looked at: others who had read before it may
    write over it for so long, and do it within milliseconds. `unseen` is how long a change may take, from the
    last look at what it changes to its answer, before that is worth telling; a look itself is `quick` or there is
    another one. `clock` is in seconds.
    """

    attempts: int = 6
    pause: float = 1.0
    settling: int = 5
    settling_pause: float = 0.1
    overtaking: float = 0.05
    unseen: float = 0.25
    quick: float = 0.005
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class StepFailed(Exception):
    """A step was not made. `why` is safe to show, `request_id` what the log of the CA has.

    `certain` is False where that rests on a look, or on words that are not quite those of a CA: what is to
    be taken back is then looked at once more.
    """

    def __init__(self, why: str, request_id: str = "", *, certain: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.request_id = request_id
        self.certain = certain


class Moved(StepFailed):
    """A step was not made, and never will be, since somebody else has changed the provisioner since it was read."""


class Unsettled(Exception):
    """Whether a step was made could not be found out. `why` is safe to show."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Caller:
    """Makes and unmakes steps, one request at a time, each noted in the journal before it goes out.

    With `looks_twice` a provisioner is read once more in the moment before it is replaced. `key` seals steps in
    the journal that were read late. `following` is the step that comes after this one. `spare` is how many further looks there may be, `notes` are for a person.
    """

    def __init__(self, api: AdminApi, opened: Open, patience: Patience, key: str = "") -> None:
        self.api = api
        self.patience = patience
        self.looks_twice = False
        self.following: AnyStep | None = None
        self._opened = opened
        self._key = key
        self.notes: list[str] = []
        self._looked = 0.0
        self.spare = 0
        self._node = self._noted = api.connection.node
        self._known: tuple[Sendable, There] | None = None
        self._met_another = False

    @property
    def node(self) -> Node:
        """The node that is spoken to."""
        return self._node

    def send(self, number: int, step: Sendable, way: Way, *, late: bool = False) -> None:
        """Make a step (`forward`) or unmake it; one that was read `late` goes into the journal with it.

        Raises StepFailed where it was not made, Moved where somebody else has changed the provisioner, Unsettled
        where it is unknown, and the ShellError of a journal that cannot be written, upon which nothing was sent.
        """
        why = ""
        for attempt in range(self.patience.attempts):
            if attempt:
                self.patience.sleep(self.patience.pause)
            outcome = self._sent(number, step, way, late)
            if isinstance(outcome, Refused):
                self._refused(step, outcome, way)
            if not isinstance(outcome, Lost | Unreachable):
                self._note_blind_time(step, way)
                self._note_known(step, way)
                return
            if isinstance(outcome, Lost) and self._settled(step, outcome, way):
                self._note_known(step, way)
                return
            # it was not made and never will be, so that it may be sent again
            why = outcome.brief
        raise StepFailed(f"{step.shown}: {why}")

    def _sent(self, number: int, step: Sendable, way: Way, late: bool) -> Outcome:
        def before(path: str, token_id: str) -> None:
            # noted no earlier: by now it is known whether what was sent before has been done
            if self._node != self._noted:
                self._opened.step(arriving(self._node))
                self._noted = self._node
            self._opened.step(sending(number, way, path, token_id, step if late else None, self._key))
            if self.looks_twice and not late and way == "forward" and isinstance(step, Replace):
                self._require_untouched(step)
            if self.following is not None:
                self.api.expect(self.following.path)

        self.api.connection.open()
        self._require_same_node(step)
        self._met_another = False
        self.api.before_change = before
        try:
            return step.make(self.api) if way == "forward" else step.unmake(self.api)
        except CaError as error:  # of the login, or of what was read before anything was sent
            raise StepFailed(f"{step.shown}: {error.message}", error.request_id) from None
        finally:
            self.api.before_change = None

    def _require_untouched(self, step: Replace) -> None:
        """Raise Moved where somebody has changed a provisioner since it was read for this commit.

        A look that took long says little of now, so there is another one; a few times for a whole commit, which has
        a budget of requests.
        """
        while True:
            if self._before_sending(step, step.look) is not There.BEFORE:
                raise Moved(f"{step.shown}: somebody else has changed it in this moment")
            if self.spare == 0 or self.patience.clock() - self._looked <= self.patience.quick:
                return
            self.spare -= 1

    def resolved(self, step: Revise) -> Replace:
        """Return what is to be sent of a step on what the CA has now; raises Moved and StepFailed."""
        self.api.expect(step.path)
        found = self._before_sending(step, step.resolved)
        if found is None:
            raise Moved(f"{step.shown}: somebody else has changed it since it was read")
        return found

    def _note_blind_time(self, step: Sendable, way: Way) -> None:
        """Note where a change took so long that others may have written in between, which nobody can see."""
        took = self.patience.clock() - self._looked
        if way == "forward" and isinstance(step, Replace) and self._looked and took > self.patience.unseen:
            self.notes.append(
                f"{step.shown}: {took:.1f} s passed between the last look at it and the answer of the CA; what others "
                "wrote to it in that time is overwritten"
            )

    def _before_sending(self, step: AnyStep, question: Callable[[AdminApi], Answered]) -> Answered:
        """Return the answer to a question before a change; raises StepFailed, since nothing was sent."""
        self._looked = self.patience.clock()
        try:
            return self._asked(step, question)
        except Unsettled as error:
            raise StepFailed(error.why) from None

    def _refused(self, step: Sendable, outcome: Refused, way: Way) -> None:
        """Raise for a refusal, unless it says that what was wanted is so already."""
        if isinstance(step, Create) and way == "forward" and _stored_all_the_same(outcome):
            raise Unsettled(
                f"{step.shown}: {outcome.brief}; the CA has stored it all the same, and shows it when it reloads"
            )
        if outcome.status == 404 and self.look(step) is _wanted(way):
            if isinstance(step, Dismiss) and way == "forward":
                raise Moved(f"{step.shown}: somebody else has done that in this moment")
            return
        why = f"{step.shown}: {outcome.brief}"
        if _UNFOUND in outcome.message:
            why += (
                "; the provisioner was renamed since the CA last loaded, and its admins are still known by the old name: "
                "reload the CA (SIGHUP) first"
            )
        raise StepFailed(why, outcome.request_id, certain=bool(outcome.type))

    def _settled(self, step: Sendable, lost: Lost, way: Way) -> bool:
        """Return whether a request whose answer got lost has done its work; if not, it never will.

        Raises Unsettled where that cannot be found out, and StepFailed where it arrived and did nothing.
        """
        wanted = _wanted(way)
        burnt = self._burnt(step, lost)
        found = self.look(step)
        for _ in range(0 if burnt else self.patience.settling):
            if found is wanted:
                break
            self.patience.sleep(self.patience.settling_pause)
            found = self.look(step)
        if found is There.OTHER:
            raise Unsettled(f"{step.shown}: {lost.brief}, and somebody else has changed it since")
        if found is not wanted and not burnt and self._met_another:
            raise Unsettled(
                f"{step.shown}: {lost.brief}; another node of the CA answers at its address now, or the same one "
                "started anew, and has not done it as far as it knows"
            )
        if found is not wanted and not burnt:
            raise StepFailed(f"{step.shown}: {lost.brief}; the CA has not done it", certain=False)
        return found is wanted

    def spend(self, step: AnyStep, lost: Lost) -> bool:
        """Make sure that a request of an earlier process does nothing any more; raises Unsettled.

        Returns whether it had not arrived.
        """
        burnt = self._burnt(step, lost)
        if not burnt:
            # it arrived, and may still be at work
            for _ in range(self.patience.settling):
                self.patience.sleep(self.patience.settling_pause)
                self.look(step)
        return burnt

    def _burnt(self, step: AnyStep, lost: Lost) -> bool:
        """Spend the token of a lost request; returns whether it was unused. Raises Unsettled."""
        if not self.api.login.burnable:
            raise Unsettled(
                f"{step.shown}: {lost.brief}, and the CA lets tokens of this login be used again: it may still "
                "arrive for six minutes"
            )
        for attempt in range(self.patience.attempts):
            if attempt:
                self.patience.sleep(self.patience.pause)
            self._require_same_node(step)
            burn = self.api.burn(lost)
            if burn is not Burn.UNKNOWN:
                return burn is Burn.BURNT
        raise Unsettled(f"{step.shown}: {lost.brief}, and the CA does not answer any more")

    def _note_known(self, step: Sendable, way: Way) -> None:
        """Remember the last change that a node which has not loaded since would not know of: each has a cache of names."""
        if not isinstance(step, Replace) or step.renames:
            self._known = (step, _wanted(way))

    def _require_same_node(self, step: AnyStep) -> None:
        """Raise Unsettled where another node answers that does not know what the first one has done.

        At another address it is not asked. Behind the same address it has another certificate; the same node has one
        too when it was started anew or has loaded, and then it knows everything.
        """
        before, now = self._node, self.api.connection.node
        if now == before:
            return
        if now.address != before.address:
            raise Unsettled(
                f"{step.shown}: another node of the CA answers now ({now.address} in place of {before.address})"
            )
        self._node, self._met_another = now, True
        if self._known is not None and self.look(self._known[0]) is not self._known[1]:
            raise Unsettled(
                f"{step.shown}: another node of the CA answers at {now.address} now, which does not know of the change "
                f"before ({self._known[0].shown})"
            )

    def look(self, step: AnyStep) -> There:
        """Return what the CA has, asking again where it does not answer; raises Unsettled."""
        return self._asked(step, step.look)

    def _asked(self, step: AnyStep, question: Callable[[AdminApi], Answered]) -> Answered:
        why = ""
        for attempt in range(self.patience.attempts):
            if attempt:
                self.patience.sleep(self.patience.pause)
            try:
                found = question(self.api)
                self._require_same_node(step)
                return found
            except CaError as error:
                why = error.message
                if error.code.startswith("login-"):
                    break
        raise Unsettled(f"{step.shown}: {why}")


_UNFOUND = "admins not found for provisioner"
"""What step-ca says of an admin whose provisioner was renamed since it loaded (authority/admins.go)."""


def _wanted(way: Way) -> There:
    return There.AFTER if way == "forward" else There.BEFORE


def _stored_all_the_same(outcome: Refused) -> bool:
    """Whether step-ca wrote a new provisioner and failed afterwards (certificates: StoreProvisioner).

    It then has it in its database, where only a reload finds it.
    """
    words = ("error initializing provisioner", "in authority cache")
    return outcome.status == 500 and any(word in outcome.message for word in words)
