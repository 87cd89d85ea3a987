"""A session on a ca.json. On the reading path."""

from __future__ import annotations

import os

from shell.errors import ShellError
from shell.escape import visible
from shell.observer import INFO, WARNING, Observer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shell.backends.cafile import CaFile, Reading
    from shell.backends.exchange import Observe
    from shell.backends.filestate import Notice
    from shell.backends.served import Served
    from shell.commit.live import Change, LiveOutcome
    from shell.commit.liveoptions import LiveOptions
    from shell.commit.outcome import Check, Keep, MakeLive, Options, Outcome
    from shell.commit.recovery import Recovered
    from shell.model.problems import Problem
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View
    from shell.sites.site import Direction
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit
    from shell.state import State


class Interrupted:
    """See `shell.sites.site.Interrupted`."""

    __slots__ = ("operator", "plan", "remarks", "time")

    def __init__(self, time: str, operator: str, plan: JSON, remarks: tuple[str, ...]) -> None:
        self.time = time
        self.operator = operator
        self.plan = plan
        self.remarks = remarks


class FileSite:
    """See `shell.sites.site.Site`; `live` says how commits become live, or is None."""

    def __init__(self, backend: CaFile, live: LiveOptions | None) -> None:
        self.backend = backend
        self.live = live
        self._reading: Reading | None = None
        self._editing = False
        self._observer = Observer()
        self._exchanged: Observe | None = None

    def observe(self, observer: Observer, exchanged: Observe) -> None:
        """Tell of reloads, and of the requests to the running CA that a commit makes."""
        self._observer, self._exchanged = observer, exchanged

    @property
    def root(self) -> str:
        """Nothing: a file is known by its path."""
        return ""

    def read(self) -> Reading:
        """Return what the file holds now."""
        self._reading = self.backend.read(judged=self._editing)
        return self._reading

    @property
    def _present(self) -> Reading:
        return self._reading or self.read()

    def name_flaw(self, name: str) -> str:
        """Return nothing: a file takes every name."""
        return ""

    def spelled(self, edits: Iterable[Edit]) -> Iterable[Edit]:
        """Return them as they are: a file keeps what is written."""
        return edits

    def begin_editing(self) -> None:
        """Let the reading look for the flaws of every entry on its way, since a commit will ask for them."""
        self._editing = True

    def read_for_editing(self) -> None:
        """Return nothing: every reading of a file has all of it."""

    def remarks(self) -> list[str]:
        """Return the warning that the CA does not look at the list of this file."""
        authority = self._present.base.settings.get("authority")
        if isinstance(authority, dict) and authority.get("enableAdmin") is True:
            text = (
                "warning: enableAdmin is true in this file: the running CA keeps its provisioners in its database "
                "and ignores the list here"
            )
            return [text]
        return []

    def notices(self) -> list[Notice]:
        """Return what is odd about the file."""
        return self.backend.notices(self._present)

    def facts(self) -> Iterable[tuple[str, str, JSON]]:
        """Return nothing: all of a file is in its name."""
        return ()

    def whoami(self) -> Iterable[tuple[str, str, JSON]]:
        """Return the file: whoever may write it may change it."""
        yield "target", self.backend.path, self.backend.path

    def before_editing(self, state: State) -> list[str]:
        """Return what stands in the way of a commit, and a commit that was interrupted."""
        from shell.commit.recovery import open_commit, tidy

        found = []
        if interrupted := open_commit(state):
            from shell.results import moment

            found.append(
                f"a commit of {moment(visible(interrupted.time))} was interrupted; see: recover show (the next commit settles it)"
            )
        tidy(self.backend, state)
        notices = [notice for notice in self.notices() if notice.code != "enable-admin"]
        return found + [
            f"note: {notice.text}" + (f"; {notice.hint}" if notice.hint else "") for notice in notices
        ]

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
        """Return what the rules find in `after`, given what files, certificates, keys and the clock say."""
        from datetime import UTC, datetime

        from shell.facts import gather
        from shell.model.rules.run import check

        ask = None
        if online:
            from shell.facts.online import asking

            ask = asking(say=say, observer=self._observer)
        facts = gather(
            self._present,
            after,
            touched,
            config_path=self.backend.path,
            now=datetime.now(UTC),
            everything=everything,
            ask=ask,
        )
        return check(before, after, touched, facts, everything=everything)

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
        """Write the edits of a draft; see `shell.commit.files.commit`."""
        from datetime import UTC, datetime

        from shell.commit.files import commit

        return commit(
            self.backend,
            self._present,
            draft,
            options,
            state=state,
            check=check,
            now=datetime.now(UTC),
            make_live=self._make_live(draft.settings),
            keep=keep,
        )

    def _make_live(self, settings: Mapping[str, JSON]) -> MakeLive | None:
        """Return what makes a commit live; None where nobody said how to tell the CA."""
        if self.live is None:
            return None
        make = self.live.make_live(settings, os.path.dirname(self.backend.path), self._exchanged)
        if make is None:
            return None
        how = self.live.described

        def telling(change: Change) -> LiveOutcome:
            self._observer.note(INFO, "reload", by=how)
            outcome = make(change)
            level = WARNING if outcome.harmful else INFO
            self._observer.note(level, "reload", live=outcome.live, why=outcome.reason)
            return outcome

        return telling

    def interrupted(self, state: State) -> Interrupted | None:
        """Return the commit that was interrupted, or None."""
        from shell.commit.recovery import open_commit

        found = open_commit(state)
        if found is None:
            return None
        remarks = (
            f"it was interrupted ({found.way})",
            f"the content before it is in {visible(found.backup)}",
        )
        return Interrupted(found.time, found.operator, found.plan, remarks)

    def recover(
        self, state: State, direction: Direction, *, reloaded: bool, say: Callable[[str], None] | None
    ) -> Recovered | None:
        """Finish or take back the commit that was interrupted."""
        from shell.commit.recovery import recover_file

        return recover_file(self.backend, state, direction)

    def served(self, settings: Mapping[str, JSON]) -> Served | None:
        """Return what looks at the running CA of this file; None where nobody said that there is one.

        Raises ShellError where neither the file nor the options say where it is.
        """
        if self.live is None:
            return None
        return self.live.served(settings, os.path.dirname(self.backend.path))

    def glance(self) -> object:
        """Return what the system says of the file, or None where it is gone."""
        try:
            status = os.stat(self.backend.path)
        except OSError:
            return None
        return _identity(status)

    def seen(self) -> object:
        """Return what the system said of the file when it was read."""
        return _identity(self._present.status)

    def has_moved(self) -> bool:
        """Whether the file does not hold what was read."""
        from shell.backends.cafile import digest_of

        try:
            data, _ = self.backend.read_bytes()
        except ShellError:
            return True
        return digest_of(data) != self._present.digest


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
