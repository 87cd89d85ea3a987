"""Making a written file live: the CA is told to read it, and watched until it serves it.

step-ca does not report how a reload went; it only shows: in what it serves, in the certificate that it
makes itself anew for each configuration that it takes up, and in whether it is still there. What
cannot be seen is said to be unknown, never guessed. Facts are those of step-ca v0.30.2 (certificates:
ca/ca.go, Reload), tried with the program.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from shell.backends.served import DOWN
from shell.codec.published import disabled_reason, go_text, published_form
from shell.errors import ShellError
from shell.escape import shortened, visible
from shell.model.types import find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

    from shell.backends.served import Served
    from shell.commit.reload import Reloader
    from shell.model.values import JSON

    Entry = Mapping[str, JSON]

TIMEOUT = 15.0
GRACE = 2.0  # a supervisor has this long to start a CA again that died
_POLL = 0.05
_LIST_AGAIN = 1.0  # seconds after which the list is read though nothing says that it changed
_SHORT = 200  # a list of so many is read each time


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit changed in a file, as far as a CA can show it.

    `names` are all provisioners of the file before, of the types that step-ca knows (it skips others).
    `before` and `after` hold the touched ones, by name, as the value of their entry; a name in one of
    them alone was removed or added.
    """

    names: frozenset[str]
    before: Mapping[str, Entry]
    after: Mapping[str, Entry]

    @property
    def names_after(self) -> frozenset[str]:
        """All provisioners of the file as it is now."""
        return (self.names - self.before.keys()) | self.after.keys()

    @property
    def visible(self) -> bool:
        """Whether a CA that serves the new file looks other than one that serves the old one."""
        return _forms(self.before) != _forms(self.after)


@dataclass(frozen=True, slots=True)
class LiveOutcome:
    """Whether the CA serves the file, and if not, why not.

    `live` is None where it cannot be known. `refused`: the CA read the file and kept its old
    configuration. `died`: the CA ran before and is gone. `disabled` are touched provisioners that the
    CA has taken up but disabled, with its reasons; `also_disabled` others that came up disabled, which
    taking the change back would not cure. `reason` is for a person, empty where all is well.
    """

    live: bool | None
    reason: str = ""
    refused: bool = False
    died: bool = False
    disabled: Mapping[str, str] = field(default_factory=dict)
    also_disabled: Mapping[str, str] = field(default_factory=dict)

    @property
    def harmful(self) -> bool:
        """Whether the CA is worse off with the file than without: then the change is to be taken back."""
        return self.refused or self.died or bool(self.disabled)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the CA served at one moment."""

    leaf: str
    entries: Mapping[str, Entry]

    def serves(self, names: frozenset[str], touched: Mapping[str, Entry]) -> bool:
        return self.entries.keys() == {go_text(name) for name in names} and all(
            published_form(self.entries[go_text(name)]) == published_form(entry)
            for name, entry in touched.items()
        )

    def disabled(self) -> dict[str, str]:
        reasons = {name: disabled_reason(entry) for name, entry in self.entries.items()}
        return {name: reason for name, reason in reasons.items() if reason}


def make_live(
    change: Change,
    served: Served,
    reloader: Reloader,
    timeout: float = TIMEOUT,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> LiveOutcome:
    """Tell the CA to read the file that was written, and watch it until the outcome is known.

    Takes at most `timeout` seconds and the time of one request more. A CA that is down is not told, and
    is no failure. Nothing is raised for what the CA or the reloader do; `reason` says it.
    """
    try:
        before = _look(served)
    except ShellError as error:
        return _unwatched(error, reloader)
    try:
        reloader.send()
    except ShellError as error:
        return LiveOutcome(False, _sentence(error))
    return _Watch(change, served, reloader, before, clock, sleep).until(clock() + timeout)


def _unwatched(error: ShellError, reloader: Reloader) -> LiveOutcome:
    """Return the outcome for a CA that cannot be looked at before it is told."""
    if error.code == DOWN and not reloader.alive():
        return LiveOutcome(False, f"the CA is down ({error.message}); it reads the file when it starts")
    try:
        reloader.send()
    except ShellError as failure:
        return LiveOutcome(False, _sentence(failure))
    return LiveOutcome(None, f"the CA was told to reload, but cannot be watched: {_sentence(error)}")


def _sentence(error: ShellError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


class _Watch:
    """Watches one CA after it was told to reload."""

    def __init__(
        self,
        change: Change,
        served: Served,
        reloader: Reloader,
        before: _Look,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._change = change
        self._served = served
        self._reloader = reloader
        self._before = before
        self._last = before
        self._clock = clock
        self._sleep = sleep
        self._listed = clock()
        self._gone_since: float | None = None
        self._error: ShellError | None = None

    def until(self, deadline: float) -> LiveOutcome:
        """Return the outcome as soon as it is known, at the latest a request after the deadline."""
        while True:
            self._look()
            found = self._reached() or self._gone()
            if found:
                return found
            if self._clock() >= deadline:
                return self._at_the_end()
            self._sleep(_POLL)

    def _look(self) -> None:
        """Look at the certificate, and where it is new or some time has passed at the whole list."""
        try:
            leaf = self._served.leaf()
            now = self._clock()
            if (
                leaf != self._last.leaf
                or len(self._last.entries) <= _SHORT
                or now - self._listed >= _LIST_AGAIN
            ):
                self._last = _Look(leaf, _by_name(self._served.provisioners()))
                self._listed = now
            self._error = self._gone_since = None
        except ShellError as error:
            self._error = error
            self._gone_since = self._clock() if self._gone_since is None else self._gone_since

    @property
    def _reloaded(self) -> bool:
        return self._last.leaf != self._before.leaf

    def _reached(self) -> LiveOutcome | None:
        """Return the outcome where the CA serves what the file holds, and may be known to have read it."""
        change = self._change
        if self._error or not self._last.serves(change.names_after, change.after):
            return None
        if not change.visible and not self._reloaded:
            return None
        return self._with_disabled(change.visible)

    def _with_disabled(self, visible_change: bool) -> LiveOutcome:
        touched = {go_text(name) for name in self._change.after}
        now, earlier = self._last.disabled(), self._before.disabled()
        own = {name: reason for name, reason in now.items() if name in touched}
        others = {name: reason for name, reason in now.items() if name not in touched and name not in earlier}
        if own:
            listed = "; ".join(f"{visible(name)}: {shortened(reason, 200)}" for name, reason in own.items())
            return LiveOutcome(
                False, f"the CA has disabled what was changed ({listed})", disabled=own, also_disabled=others
            )
        notes = [] if visible_change else ["the CA has reloaded, but does not show what was changed"]
        if others:
            notes.append("it has also disabled " + ", ".join(map(visible, others)))
        return LiveOutcome(True if visible_change else None, "; ".join(notes), also_disabled=others)

    def _gone(self) -> LiveOutcome | None:
        """Return the outcome where the process is known to have ended and nobody started it again."""
        if self._error is None or self._error.code != DOWN or self._gone_since is None:
            return None
        if self._clock() - self._gone_since < GRACE or self._reloader.alive() is not False:
            return None
        return self._died()

    def _died(self) -> LiveOutcome:
        return LiveOutcome(
            False, f"the CA died of the reload: nothing listens at {self._served.url} any more", died=True
        )

    def _at_the_end(self) -> LiveOutcome:
        """Return what has to be said when time is up and the CA does not serve the file."""
        if self._error is not None:
            if self._error.code == DOWN:
                return self._died()
            return LiveOutcome(None, f"the CA cannot be looked at since the reload: {_sentence(self._error)}")
        if not self._change.visible:
            return LiveOutcome(None, "the CA shows no sign of a reload, and does not show what was changed")
        if self._reloaded:
            return LiveOutcome(
                False,
                "the CA has reloaded, but not what was written: it reads another file (a bind mount keeps "
                "showing the old one), or manages its provisioners itself",
            )
        if self._last.entries == self._before.entries:
            return LiveOutcome(
                False,
                "the CA refuses the file and goes on with what it served before; its log says why",
                refused=True,
            )
        return LiveOutcome(False, "the CA serves neither what it served before nor what was written")


def _look(served: Served) -> _Look:
    leaf = served.leaf()
    return _Look(leaf, _by_name(served.provisioners()))


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {str(entry.get("name") or ""): entry for entry in entries}


def _forms(entries: Mapping[str, Entry]) -> dict[str, dict[str, object]]:
    return {name: published_form(entry) for name, entry in entries.items()}


def served_state(entries: Iterable[Entry], served: Served) -> Literal["live", "not-live", "unknown"]:
    """Return whether the CA serves just these entries of a file, as far as it shows them.

    Entries of a type that step-ca does not know are skipped, as it skips them. The state is unknown
    where the CA cannot be looked at.
    """
    try:
        published = _by_name(served.provisioners())
    except ShellError:
        return "unknown"
    known = [entry for entry in entries if find_type(entry.get("type"))]
    expected = {go_text(name): entry for name, entry in _by_name(known).items()}
    same = len(known) == len(published) and _forms(expected) == _forms(published)
    return "live" if same else "not-live"
