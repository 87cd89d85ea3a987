"""From a plan to the steps of a commit, in an order in which every state on the way is one that the CA takes.

Additions come first, then changes, then removals: whoever relies on a provisioner has it until the end.
At no moment may two provisioners have one name or one token identifier (client id, tenant, the one K8sSA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.codec.linkedca import to_message
from shell.commit.saga.steps import Create, Remove, Replace, Revise
from shell.errors import CheckFailed
from shell.escape import visible
from shell.model.summary import summarize
from shell.staging.diff import ADD, CHANGE, REMOVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shell.codec.messagefields import Message
    from shell.commit.saga.anystep import AnyStep
    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId
    from shell.staging.base import Base
    from shell.staging.diff import Change
    from shell.staging.plan import Plan


def steps_of(plan: Plan, base: Base, messages: Mapping[ProvisionerId, Message]) -> list[AnyStep]:
    """Return the steps that make a plan true, of a CA that has what `base` says.

    `messages` has what the CA gave for each provisioner that the plan removes or renames; what it changes
    besides is read late where it is not in there. Raises CheckFailed `two-commits` where there is no order in
    which every state is legal.
    """
    adds = [change for change in plan.changes if change.action == ADD]
    removals = [change for change in plan.changes if change.action == REMOVE]
    changes = [change for change in plan.changes if change.action == CHANGE]
    removals, adds, replaced = _paired(removals, adds)
    taken = _Taken(base)
    steps: list[AnyStep] = []
    for change in adds:
        assert change.after is not None  # it is added
        taken.put(None, change.after, change.name)
        steps.append(Create(to_message(change.after)))
    moves = [(change, change.after) for change in changes if change.after is not None] + replaced
    for change, after in _movable(moves, taken):
        before = messages.get(change.id)
        if before is not None:
            steps.append(Replace(before, to_message(after, before)))
        elif change.before is not None:
            steps.append(Revise(change.before, after))
    steps += [Remove(messages[change.id]) for change in removals]
    return steps


def _paired(
    removals: list[Change], adds: list[Change]
) -> tuple[list[Change], list[Change], list[tuple[Change, Provisioner]]]:
    """Return removals, additions, and what is both: of one name and type it is a change of what is there."""
    new = {(change.after_name, change.type_name): change for change in adds}
    pairs = [
        (change, new[change.name, change.type_name])
        for change in removals
        if (change.name, change.type_name) in new
    ]
    gone = {id(change) for pair in pairs for change in pair}
    replaced = [(old, added.after) for old, added in pairs if added.after is not None]
    return (
        [change for change in removals if id(change) not in gone],
        [change for change in adds if id(change) not in gone],
        replaced,
    )


class _Taken:
    """The names and token identifiers that are taken as the steps go on, each with who has it."""

    def __init__(self, base: Base) -> None:
        self._names: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        for summary in base.summaries:
            self._names[summary.name] = summary.name
            if summary.token_identifier:
                self._tokens[summary.token_identifier] = summary.name

    def clash(self, before: Provisioner | None, after: Provisioner) -> str:
        """Return why `after` cannot be there while the rest is, or the empty text."""
        own = before.name if before is not None else None
        if after.name != own and after.name in self._names:
            return "its name"
        token = summarize(after.members).token_identifier
        if token and self._tokens.get(token, own) != own:
            return f"what tells its tokens apart, which {visible(self._tokens[token])} has"
        return ""

    def put(self, before: Provisioner | None, after: Provisioner, name: str) -> None:
        """Enter what a step makes; raises CheckFailed where it cannot be."""
        if why := self.clash(before, after):
            raise two_commits(name, why)
        if before is not None:
            self._names.pop(before.name, None)
            self._tokens.pop(summarize(before.members).token_identifier, None)
        self._names[after.name] = after.name
        if token := summarize(after.members).token_identifier:
            self._tokens[token] = after.name


def _movable(
    moves: Iterable[tuple[Change, Provisioner]], taken: _Taken
) -> Iterable[tuple[Change, Provisioner]]:
    """Yield changes in an order in which each finds free what it needs; raises CheckFailed where there is none."""
    waiting = list(moves)
    while waiting:
        stuck = []
        for change, after in waiting:
            if taken.clash(change.before, after):
                stuck.append((change, after))
            else:
                taken.put(change.before, after, change.name)
                yield change, after
        if len(stuck) == len(waiting):
            change, after = stuck[0]
            raise two_commits(change.name, taken.clash(change.before, after))
        waiting = stuck


def two_commits(name: str, why: str) -> CheckFailed:
    """Return the error for what needs something that another provisioner still has."""
    return CheckFailed(
        "two-commits",
        f"{visible(name)} needs {why}; another provisioner has it until later in this commit, and a CA takes no "
        "two that share it, be it for a moment; nothing was changed",
        hint="make two commits of it: first the one that frees it",
    )
