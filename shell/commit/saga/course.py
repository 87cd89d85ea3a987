"""The course of a commit to a CA: forward step by step, or back, with the looks and the rehearsal between.

Used by the commit itself and by the recovery of one that was interrupted, which does not know how far it
had come: it looks at each step before it makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commit.saga.adminsteps import Dismiss
from shell.commit.saga.caller import StepFailed
from shell.commit.saga.proof import Proof
from shell.commit.saga.record import turning
from shell.commit.saga.steps import Remove, Replace, Revise, There
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.commit.saga.anystep import AnyStep
    from shell.commit.saga.caller import Caller
    from shell.journal import Open


INTERRUPTED = "interrupted"
"""Why a commit is taken back that a person has stopped."""
LOOKED_AT_TWICE = 4
"""Up to so many changed provisioners are read before the commit begins and once more in the moment before each is
written. Of more each is read only then: one request each."""


class Course:
    """The steps of one commit, and how far it has come.

    `say` is told of the progress; `halt` is asked between steps whether to stop and take back; `rehearse`
    says that a fresh login is tried before what cannot be taken back exactly. `reached` is the number of
    steps that were begun, `crossed` says that a provisioner may have been removed. `notes` are for a person.
    """

    def __init__(
        self,
        caller: Caller,
        opened: Open,
        steps: Sequence[AnyStep],
        *,
        rehearse: bool,
        say: Callable[[str], None] | None = None,
        halt: Callable[[], bool] | None = None,
    ) -> None:
        self._caller = caller
        self._proof = Proof(caller.api, caller.patience)
        self._opened = opened
        self._steps = list(steps)
        changed = sum(isinstance(step, Replace) for step in steps)
        caller.looks_twice = changed <= LOOKED_AT_TWICE
        caller.spare = max(0, LOOKED_AT_TWICE - 1 - changed)
        self._rehearse = rehearse
        self._say = say
        self._halt = halt
        self.reached = 0
        self.crossed = False
        self.notes: list[str] = []

    def forward(self, *, looking: bool = False) -> None:
        """Make every step; with `looking` only those that are not made yet.

        Raises StepFailed where a step was not made (Moved where somebody else has changed what it is about),
        Unsettled where that is unknown.
        """
        turn = next(
            (number for number, step in enumerate(self._steps) if isinstance(step, Dismiss | Remove)),
            len(self._steps),
        )
        for number, step in enumerate(self._steps):
            if number == turn:
                self._settle(turn, begun=looking)
            elif number > turn and isinstance(step, Remove) and not self.crossed:
                self._proof.require_known_admins(self._going(number), (), None, begun=True)
            if not self.crossed and self._halt is not None and self._halt():
                raise StepFailed(INTERRUPTED)
            self._tell(number, step)
            if looking and self._is_made(step):
                self._made(number, step)
            else:
                self._make(number, step)
        if turn == len(self._steps):
            self._settle(turn, begun=looking)
        else:
            self._look_back()
        self.notes += self._caller.notes

    def _make(self, number: int, step: AnyStep) -> None:
        self._caller.following = next(iter(self._steps[number + 1 : number + 2]), None)
        late = isinstance(step, Revise)
        if isinstance(step, Revise):
            self._steps[number] = step = self._caller.resolved(step)
        try:
            self._caller.send(number, step, "forward", late=late)
        except StepFailed as error:
            # what is there although this step was not made is somebody else's
            self.reached = number + (not error.certain)
            raise
        except BaseException:
            self._made(number, step)
            raise
        self._made(number, step)

    def _made(self, number: int, step: AnyStep) -> None:
        self.reached = number + 1
        self.crossed = self.crossed or isinstance(step, Remove)

    def _is_made(self, step: AnyStep) -> bool:
        found = self._caller.look(step)
        if found is There.OTHER:
            raise StepFailed(f"{step.shown}: somebody else has changed it since")
        return found is There.AFTER

    def _settle(self, turn: int, *, begun: bool) -> None:
        """Look whether everything is as written, and whether the admin could log in anew.

        `begun` says that some of what is to go may have gone before.
        """
        made = self._steps[:turn]
        if made:
            self._caller.patience.sleep(self._caller.patience.overtaking)
        going = self._going(turn)
        self.notes += self._proof.require_as_written(made, going)
        self._proof.require_no_admins(made)
        admins = self._proof.require_login() if self._rehearse else None
        dismissals = [step for step in self._steps[turn:] if isinstance(step, Dismiss)]
        self._proof.require_known_admins(going, dismissals, admins, begun=begun)

    def _going(self, number: int) -> list[Remove]:
        """Return the removals from this step on."""
        return [step for step in self._steps[number:] if isinstance(step, Remove)]

    def _look_back(self) -> None:
        """Look at the whole once more; nothing is taken back for it any more, so it is only told."""
        try:
            notes = self._proof.require_as_written(self._steps)
            self.notes += [note for note in notes if note not in self.notes]
        except StepFailed as error:
            self.notes.append(f"looked at after the removals: {error.why}")

    def back(self, why: str, *, stoppable: bool = False) -> list[str]:
        """Take back every step that was begun, the last first; returns what had to be left, safe to show.

        With `stoppable` a halt is heeded between steps. Raises StepFailed and Unsettled, and then the rest is not
        taken back.
        """
        self._opened.step(turning("back", why))
        left = []
        for number in range(self.reached - 1, -1, -1):
            step = self._steps[number]
            if isinstance(step, Revise):
                continue  # it was never sent: what is there is not ours
            if stoppable and self._halt is not None and self._halt():
                raise StepFailed(INTERRUPTED)
            found = self._caller.look(step)
            if found is There.AFTER:
                self._tell(number, step, "taking back ")
                self._caller.send(number, step, "back")
            elif found is There.OTHER:
                name = visible(step.path_name)
                left.append(
                    f"{name} was changed by somebody else meanwhile, and is left as it is: see whether your change is in it"
                )
        return left

    def _tell(self, number: int, step: AnyStep, prefix: str = "") -> None:
        if self._say is not None:
            self._say(f"{prefix}{number + 1} of {len(self._steps)}: {step.shown}")
