"""What goes into a commit and what it comes to: the values that pipelines and commands share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from shell.backends.filelock import DEFAULT_TIMEOUT
from shell.escape import visible
from shell.model.problems import told
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shell.commit.live import Change, LiveOutcome
    from shell.model.problems import Problem
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View
    from shell.staging.draft import Draft
    from shell.staging.plan import Plan

Word: TypeAlias = Literal["committed", "nothing", "refused", "rolled-back", "incomplete", "dry-run"]

Check: TypeAlias = "Callable[[View, View, Sequence[ProvisionerId]], Sequence[Problem]]"
"""Gives the problems of (before, after, the provisioners that differ)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about a commit.

    `accept` holds the dangers that are accepted, as CODE:NAME. `expect` is the digest of the plan that
    was reviewed, or empty. `in_place` writes into the file itself instead of replacing it. `dry_run`
    does everything but write. `lock_timeout` is in seconds.
    """

    accept: frozenset[str] = frozenset()
    expect: str = ""
    comment: str = ""
    operator: str = ""
    in_place: bool = False
    dry_run: bool = False
    lock_timeout: float = DEFAULT_TIMEOUT

    def accepting(self, dangers: Iterable[str]) -> Options:
        """Return these options with further dangers accepted."""
        return replace(self, accept=self.accept | frozenset(dangers))


MakeLive: TypeAlias = "Callable[[Change], LiveOutcome]"
"""Has the running CA take a change over, and says what came of it: `shell.commit.live.make_live`, bound."""

Keep: TypeAlias = "Callable[[LiveOutcome], bool]"
"""Asks a person whether a file is to be kept that the CA is worse off with; False restores the old one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a commit ended.

    `id` is its number in the history of the target, or None where nothing was written. `live` is None
    where it cannot be known. `notes` are lines for a person, safe to show. `draft` is the draft that was
    committed, which a rebase may have made. `plan` is what it changes. `backup` is the path of a copy of
    what was there before. `exact` says that the very bytes of an earlier state were put back.
    """

    word: Word
    plan: Plan
    draft: Draft
    id: int | None = None
    live: bool | None = None
    notes: tuple[str, ...] = ()
    backup: str = ""
    exact: bool = False

    @property
    def settled(self) -> bool:
        """Whether the edits are in the target now, so that the draft is done with."""
        return self.word == "committed"

    @property
    def added(self) -> int:
        """How many provisioners the plan adds."""
        return self.plan.summary.add

    @property
    def changed(self) -> int:
        """How many provisioners the plan changes."""
        return self.plan.summary.change

    @property
    def removed(self) -> int:
        """How many provisioners the plan removes."""
        return self.plan.summary.remove

    def noting(self, problems: Iterable[Problem]) -> Outcome:
        """Return this outcome with notes on what the check warned of."""
        notes = (
            ": ".join(filter(None, ("warning", whom, problem.field, problem.message)))
            for whom, problem in told(problems)
        )
        return replace(self, notes=(*(visible(note) for note in notes), *self.notes))

    def to_json(self) -> JSON:
        """Return the document that `commit --json` prints."""
        return {
            "outcome": self.word,
            "id": None if self.id is None else Number(self.id),
            "added": Number(self.added),
            "changed": Number(self.changed),
            "removed": Number(self.removed),
            "live": self.live,
        }
