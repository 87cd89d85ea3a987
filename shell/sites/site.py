"""The shape that the two kinds of target have to a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from shell.backends.exchange import Observe
    from shell.backends.filestate import Notice
    from shell.backends.served import Served
    from shell.commit.outcome import Check, Keep, Options, Outcome
    from shell.model.problems import Problem
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View
    from shell.observer import Observer
    from shell.staging.base import Base
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit
    from shell.state import State

Direction = Literal["back", "forward"]


class Standing(NamedTuple):
    """Which CA a session is on, and who is logged in; the texts are empty and the time None where not known yet."""

    root: str
    admin: str
    until: datetime | None


class Interrupted(Protocol):
    """A commit that was begun and never closed, as far as it may be shown."""

    @property
    def time(self) -> str:
        """When it was begun, UTC."""

    @property
    def operator(self) -> str:
        """Who committed."""

    @property
    def plan(self) -> JSON:
        """What it was to change, masked."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """How far it came and what is kept of it; safe to show."""


class Recovered(Protocol):
    """What became of an interrupted commit."""

    @property
    def word(self) -> str:
        """One of committed, rolled-back, nothing, unknown."""

    @property
    def note(self) -> str:
        """The same as a sentence, safe to show."""


class Reading(Protocol):
    """What one look at a target gave."""

    @property
    def base(self) -> Base:
        """The ground for a draft."""

    @property
    def digest(self) -> str:
        """A name for exactly this content."""


class Site(Protocol):
    """Where a session works."""

    @property
    def root(self) -> str:
        """The fingerprint of the root of a CA, in hex, which with its address says which one it is; empty for a file."""

    def observe(self, observer: Observer, exchanged: Observe) -> None:
        """Tell an observer what happens from now on, and `exchanged` of every request that a line makes."""

    def read(self) -> Reading:
        """Return what the target holds now."""

    def name_flaw(self, name: str) -> str:
        """Return why the target cannot have a provisioner of this name, or the empty text."""

    def spelled(self, edits: Iterable[Edit]) -> Iterable[Edit]:
        """Return edits with values in the spelling in which the target gives them back."""

    def begin_editing(self) -> None:
        """Know that edits are coming, before the target is read."""

    def read_for_editing(self) -> Reading | None:
        """Return a reading that edits may stand on, or None where the present one is such."""

    def remarks(self) -> list[str]:
        """Return what to say of the target once it was read."""

    def notices(self) -> list[Notice]:
        """Return what is odd about the target, what blocks a commit first."""

    def facts(self) -> Iterable[tuple[str, str, JSON]]:
        """Return what `status` says of the target besides: a label, a text and a JSON value."""

    def whoami(self) -> Iterable[tuple[str, str, JSON]]:
        """Return who one is to the target, as `facts` does; at a CA this logs in."""

    def before_editing(self, state: State) -> list[str]:
        """Return what to say before the first edit; clean up what killed processes have left."""

    def check(
        self,
        before: View,
        after: View,
        touched: Sequence[ProvisionerId],
        *,
        everything: bool,
        online: bool,
        say: Callable[[str], None] | None,
    ) -> list[Problem]:
        """Return what the rules find; with `online` the network is asked too."""

    def commit(
        self,
        draft: Draft,
        options: Options,
        *,
        state: State,
        check: Check,
        keep: Keep | None,
        say: Callable[[str], None] | None,
        go_on: Callable[[], bool] | None,
    ) -> Outcome:
        """Write the edits of a draft, all or nothing."""

    def interrupted(self, state: State) -> Interrupted | None:
        """Return the commit that was interrupted, or None."""

    def recover(
        self, state: State, direction: Direction, *, reloaded: bool, say: Callable[[str], None] | None
    ) -> Recovered | None:
        """Finish or take back the commit that was interrupted; None where there is none.

        `reloaded` says that a CA which answers at another address has loaded since. `say` is told of the progress.
        """

    def served(self, settings: Mapping[str, JSON]) -> Served | None:
        """Return what looks at the running CA of a file, or None."""

    def glance(self) -> object:
        """Return something cheap that differs when the target may have changed."""

    def seen(self) -> object:
        """Return what `glance` gave when the target was read."""

    def has_moved(self) -> bool:
        """Whether the target is not what was read; may take a while."""
