"""The commit to a configuration file: all of the edits or none, and what happened is always known.

The order is: check; lock; read again, and rebase where somebody else has changed the file; rewrite the
text, which the codec verifies; keep a backup; write the journal; replace the file (or write into it);
have the running CA take it over; write the history; close the journal. An error before the file is
replaced leaves it as it was. `shell.commit.recovery` is what the next start does after a crash.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shell.backends import filewrite
from shell.backends.cafile import Reading, digest_of, parse
from shell.backends.filelock import FileLock
from shell.backends.filestate import obstacles
from shell.codec.splice import encode_bytes, rewrite
from shell.commit.earlier import earlier_bytes
from shell.commit.gate import require_acceptable, require_nothing_new
from shell.commit.outcome import Outcome
from shell.commit.record import FileCommit, masked_plan
from shell.commit.recovery import recover_under_lock
from shell.commit.uninterrupted import uninterrupted
from shell.errors import Conflict, Incomplete, RolledBack, ShellError
from shell.escape import shortened, visible
from shell.model.values import format_json
from shell.staging.plan import plan_of
from shell.staging.rebase import rebase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shell.backends.cafile import CaFile
    from shell.commit.live import Change, LiveOutcome
    from shell.commit.outcome import Check, Keep, MakeLive, Options
    from shell.history import Entry
    from shell.journal import Open
    from shell.model.values import JSON
    from shell.staging.base import Base
    from shell.staging.draft import Draft
    from shell.staging.plan import Plan
    from shell.staging.rebase import Clash
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
    problems = check(draft.base, draft, draft.touched())
    require_acceptable(problems, options.accept)
    if options.dry_run:
        ready = _prepare(target, reading, draft, options, check, state)
        return Outcome("dry-run" if ready.changes_bytes else "nothing", ready.plan, ready.draft)
    state.ensure()
    with _locked(target, options.lock_timeout) as lock:
        recovered = recover_under_lock(target, state, lock)
        ready = _prepare(target, reading, draft, options, check, state)
        if not ready.changes_bytes:
            return Outcome("nothing", ready.plan, ready.draft, notes=recovered)
        in_place = _require_way(target, ready.reading, options)
        work = _Commit(target, ready, state, lock, in_place=in_place)
        outcome = work.run(options, now, make_live, keep)
        return replace(outcome, notes=(*recovered, *outcome.notes))


@dataclass(frozen=True, slots=True)
class _Ready:
    """A draft on what the file holds now, and the bytes to write."""

    reading: Reading
    draft: Draft
    plan: Plan
    data: bytes
    exact: bool

    @property
    def changes_bytes(self) -> bool:
        return digest_of(self.data) != self.reading.digest


@contextlib.contextmanager
def _locked(target: CaFile, timeout: float) -> Iterator[FileLock]:
    """Hold the lock on the file that the target's path leads to now."""
    while True:
        real = os.path.realpath(target.path)
        with FileLock(real, timeout) as lock:
            target.real = os.path.realpath(target.path)
            if target.real == real:
                yield lock
                return


def _prepare(
    target: CaFile, reading: Reading, draft: Draft, options: Options, check: Check, state: State
) -> _Ready:
    """Bring the draft to what the file holds now, and make the bytes to write."""
    data, status = target.read_bytes()
    digest = digest_of(data)
    if digest == reading.digest:
        reading.status = status
    else:
        before = check(draft.base, draft, draft.touched())
        reading = Reading(parse(data, target.path), digest, len(data), status)
        draft = _rebased(draft, reading.base)
        problems = check(draft.base, draft, draft.touched())
        require_nothing_new(before, problems, options.accept)
        require_acceptable(problems, options.accept)
    del data
    plan = plan_of(draft)
    if options.expect and not plan.is_named(options.expect):
        raise Conflict(
            "other-plan",
            f"the plan is not the one that was expected: its digest is {plan.short_digest}; nothing was written",
            hint="look at it again with: diff",
        )
    earlier = earlier_bytes(reading, draft, plan, state.history)
    if earlier is not None:
        return _Ready(reading, draft, plan, earlier, exact=True)
    return _Ready(reading, draft, plan, _rewritten(reading, draft), exact=False)


def _rebased(draft: Draft, base: Base) -> Draft:
    """Return the draft on what others have made of the file; raises Conflict naming what does not fit."""
    done = rebase(draft, base)
    if done.conflicts:
        raise Conflict(
            "conflict",
            "the file has changed since it was read, and the edits do not fit any more; nothing was written",
            hint="see what others did, and choose, with: rebase",
            causes=[_as_error(clash) for clash in done.conflicts],
        )
    return done.draft


def _as_error(clash: Clash) -> ShellError:
    where = " ".join(visible(part) for part in (clash.provisioner, clash.field) if part)
    values = [("it was", clash.base), ("they have", clash.theirs), ("you have", clash.ours)]
    shown = ", ".join(f"{who} {shortened(format_json(value))}" for who, value in values if value is not None)
    message = f"{clash.reason} ({shown})" if clash.field and shown else clash.reason
    return ShellError("conflict", f"{where}: {visible(message)}")


def _rewritten(reading: Reading, draft: Draft) -> bytes:
    """Return the bytes of the file with the edits of the draft in it."""
    size = len(draft.base)
    values = [(id_, draft.current(id_)) for id_ in draft.touched()]
    text = rewrite(
        reading.config,
        {id_ for id_, value in values if value is None},
        {id_: value.members for id_, value in values if value is not None and id_ < size},
        [value.members for id_, value in values if value is not None and id_ >= size],
    )
    return encode_bytes(text)


def _require_way(target: CaFile, reading: Reading, options: Options) -> bool:
    """Return whether to write in place; raises ShellError where the file cannot be written as asked."""
    for obstacle in obstacles(target, reading.status):
        if obstacle.blocks == "never" or not options.in_place:
            raise ShellError(obstacle.code, f"{obstacle.text}; nothing was written", hint=obstacle.hint)
    return options.in_place


class _Commit:
    """One commit under way: the file is locked and everything is decided."""

    def __init__(
        self, target: CaFile, ready: _Ready, state: State, lock: FileLock, *, in_place: bool
    ) -> None:
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
        with uninterrupted():
            if live is not None and live.harmful and not (keep and keep(live)):
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
        old = self._ready.reading.data
        return FileCommit(
            key=os.urandom(16).hex(),
            path=self._target.path,
            real=self._target.real,
            way="in-place" if self._in_place else "replace",
            before=self._ready.reading.digest,
            after=digest_of(self._ready.data),
            backup=self._state.save_backup(os.path.basename(self._target.real), old, now),
            time=now.isoformat(),
            operator=options.operator,
            comment=options.comment,
            plan=masked_plan(self._ready.plan),
        )

    def _begin(self, record: FileCommit) -> Open:
        """Open the journal; written in place, the new content is sealed so that the next start can finish."""
        sealed: dict[str, JSON] = {}
        if self._in_place:
            sealed["after"] = self._ready.data.decode("utf-8", "surrogateescape")
        return self._state.journal.begin(record.to_record(), sealed)

    def _write(self, opened: Open) -> None:
        try:
            if self._in_place:
                filewrite.write_in_place(self._target.real, self._ready.data, self._ready.reading.data)
            else:
                self._replace(self._ready.data)
        except ShellError as error:
            if error.code == "in-place-torn":
                opened.leave()
                raise Incomplete(error.code, error.message, hint=error.hint) from None
            _close_unchanged(opened)
            raise

    def _replace(self, data: bytes) -> None:
        done = filewrite.replace(self._target.real, data)
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
                filewrite.write_in_place(self._target.real, old, self._ready.data)
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
