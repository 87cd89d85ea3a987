"""The commit to a configuration file: all of the edits or none, and what happened is always known.

The order is: check; lock; read again, and rebase where somebody else has changed the file; rewrite the
text, which the codec verifies; keep a backup; write the journal; replace the file (or write into it);
have the running CA take it over; write the history; close the journal. An error before the file is
replaced leaves it as it was. `shell.commit.recovery` is what the next start does after a crash.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from shell.backends import filewrite
from shell.commit.gate import require_acceptable
from shell.commit.outcome import Outcome
from shell.commit.prepare import locked, prepare, require_way
from shell.commit.record import FileCommit, masked_plan
from shell.commit.recovery import recover_under_lock, tidy
from shell.commit.uninterrupted import uninterrupted
from shell.errors import Incomplete, RolledBack, ShellError
from shell.escape import visible
from shell.staging.plan import plan_of

if TYPE_CHECKING:
    from datetime import datetime

    from shell.backends.cafile import CaFile, Reading
    from shell.backends.filelock import FileLock
    from shell.commit.live import Change, LiveOutcome
    from shell.commit.outcome import Check, Keep, MakeLive, Options
    from shell.commit.prepare import Ready
    from shell.durable import Pieces
    from shell.history import Entry
    from shell.journal import Open
    from shell.model.values import JSON
    from shell.staging.draft import Draft
    from shell.state import State


def commit(
    target: CaFile,
    reading: Reading,
    draft: Draft,
    options: Options,
    *,
    state: State,
    check: Check,
    now: datetime,
    make_live: MakeLive | None = None,
    keep: Keep | None = None,
) -> Outcome:
    """Write the edits of a draft into the file, all or nothing.

    `reading` is what the draft's base was made from; `now` is UTC. `make_live` is called when the file is
    in place and still locked; where its outcome is harmful, the old bytes come back, unless `keep`, asked
    with a person there, says otherwise.

    Raises CheckFailed; Conflict where the file has changed in a way that the edits do not fit, or the plan
    is not the expected one; RolledBack; Incomplete where an earlier commit must be recovered first, or the
    file is torn; ShellError for everything that the system refuses. The draft is never changed.
    """
    plan = plan_of(draft)
    if not plan:
        return Outcome("nothing", plan, draft)
    require_acceptable(check(draft.base, draft, draft.touched()), options.accept)
    if options.dry_run:
        ready = prepare(target, reading, plan, draft, options, check, state)
        require_way(target, ready.reading, options)
        return Outcome("dry-run" if ready.changes_bytes else "nothing", ready.plan, ready.draft)
    state.ensure()
    with locked(target, options.lock_timeout) as lock:
        recovered = recover_under_lock(target, state, lock)
        tidy(target, state)
        ready = prepare(target, reading, plan, draft, options, check, state)
        if not ready.changes_bytes:
            return Outcome("nothing", ready.plan, ready.draft, notes=recovered)
        in_place = require_way(target, ready.reading, options)
        work = _Commit(target, ready, state, lock, in_place=in_place)
        outcome = work.run(options, now, make_live, keep)
        return replace(outcome, notes=(*recovered, *outcome.notes))


class _Commit:
    """One commit under way: the file is locked and everything is decided."""

    def __init__(self, target: CaFile, ready: Ready, state: State, lock: FileLock, *, in_place: bool) -> None:
        self._target = target
        self._ready = ready
        self._state = state
        self._lock = lock
        self._in_place = in_place
        self._notes: list[str] = []

    def run(self, options: Options, now: datetime, make_live: MakeLive | None, keep: Keep | None) -> Outcome:
        """Write, make live, record; or take everything back and raise RolledBack."""
        with uninterrupted():
            record = self._record(options, now)
            opened = self._begin(record)
            self._write(opened)
        live = self._made_live(make_live, restored=False)
        harmful = live is not None and live.harmful and not (keep and keep(live))
        with uninterrupted():
            if live is not None and harmful:
                self._take_back(record, opened, live, make_live)
            if live is not None and live.reason:
                self._notes.append(live.reason)
            entry = self._finish(record, opened, "committed", live.live if live else None)
        return Outcome(
            "committed",
            self._ready.plan,
            self._ready.draft,
            id=entry.id if entry else None,
            live=live.live if live else None,
            notes=tuple(self._notes),
            backup=record.backup,
            exact=self._ready.exact,
        )

    def _record(self, options: Options, now: datetime) -> FileCommit:
        """Keep the backup, and return what the journal will say."""
        name = os.path.basename(self._target.real)
        return FileCommit(
            key=os.urandom(16).hex(),
            path=self._target.path,
            real=self._target.real,
            way="in-place" if self._in_place else "replace",
            before=self._ready.reading.digest,
            after=self._ready.digest,
            backup=self._state.save_backup(name, self._ready.reading.data, now),
            time=now.isoformat(),
            operator=options.operator,
            comment=options.comment,
            plan=masked_plan(self._ready.plan),
        )

    def _begin(self, record: FileCommit) -> Open:
        """Open the journal; written in place, the new content is sealed so that the next start can finish."""
        sealed: dict[str, JSON] = {}
        if self._in_place:
            sealed["after"] = self._ready.data.text
        return self._state.journal.begin(record.to_record(), sealed)

    def _write(self, opened: Open) -> None:
        try:
            if self._in_place:
                self._write_in_place(self._ready.data, self._ready.reading.data)
            else:
                self._replace(self._ready.data, self._ready.reading.status)
        except ShellError as error:
            if error.code == "in-place-torn":
                opened.leave()
                raise Incomplete(error.code, error.message, hint=error.hint) from None
            _close_unchanged(opened)
            raise

    def _write_in_place(self, data: Pieces, present: Pieces) -> None:
        filewrite.write_in_place(self._target.real, bytes(data), bytes(present))

    def _replace(self, data: Pieces, seen: os.stat_result | None = None) -> None:
        done = filewrite.replace(self._target.real, data, seen)
        self._lock.adopt(done.descriptor)
        self._notes += done.notes

    def _made_live(self, make_live: MakeLive | None, *, restored: bool) -> LiveOutcome | None:
        """Have the CA take over what the file holds now; None where nobody said how."""
        if make_live is None:
            return None
        from shell.commit.live import LiveOutcome  # watches a CA; not needed by commits that leave it alone

        try:
            return make_live(_change(self._ready.draft, restored=restored))
        except KeyboardInterrupt:
            return LiveOutcome(None, "interrupted while waiting for the CA")

    def _take_back(
        self, record: FileCommit, opened: Open, live: LiveOutcome, make_live: MakeLive | None
    ) -> None:
        """Bring the old bytes back, have the CA take them over, and raise RolledBack."""
        opened.step({"refused": live.reason})
        old = self._ready.reading.data
        try:
            if self._in_place:
                self._write_in_place(old, self._ready.data)
            else:
                self._replace(old)
        except ShellError as error:
            opened.leave()
            raise Incomplete(
                "not-taken-back",
                f"the CA does not take the new file ({live.reason}), and the old one could not be put back: {error.message}",
                hint=f"recover back; a copy of the old file is {visible(record.backup)}",
            ) from None
        again = self._made_live(make_live, restored=True)
        self._finish(record, opened, "rolled-back", again.live if again else None)
        lines = [
            f"the CA does not take the new file: {live.reason}",
            "the file is as it was before",
            *self._notes,
        ]
        if again and again.reason:
            lines.append(again.reason)
        raise RolledBack("ca-refused", "\n".join(lines), hint="change the edits and commit again; see: check")

    def _finish(self, record: FileCommit, opened: Open, outcome: str, live: bool | None) -> Entry | None:
        """Write the history and close the journal; the file is written, so a failure here is only told."""
        try:
            entry = record.add_to(self._state.history, outcome, live)
            opened.close(outcome)
        except ShellError as error:
            opened.leave()
            self._notes.append(f"{error.message}; the next start puts this commit into the history")
            return None
        return entry


def _close_unchanged(opened: Open) -> None:
    """Close the journal of a commit that has changed nothing; the next start finds that out as well."""
    try:
        opened.close("failed")
    except ShellError:
        opened.leave()


def _change(draft: Draft, *, restored: bool) -> Change:
    """Return what the file has changed, for whoever watches the CA; `restored`: it was changed back."""
    from shell.commit.live import Change

    touched = draft.touched()
    before = [draft.base.provisioner(id_) for id_ in touched if id_ < len(draft.base)]
    after = [value for id_ in touched if (value := draft.current(id_)) is not None]
    old, new = ({one.name: one.members for one in side} for side in (before, after))
    forward = Change(
        frozenset(summary.name for summary in draft.base.summaries if summary.type is not None), old, new
    )
    return Change(forward.names_after, new, old) if restored else forward
