"""The session: what a command receives.

It holds the target, what was read from it (the base), the edits staged on that (the draft), and the
ways to look at the two. Everything heavy is made when it is first needed: reading a file and listing
it must load neither the draft nor the rules. Commands get it as an argument; it is never global.
"""

from __future__ import annotations

import re
from time import monotonic

from shell.errors import ExitCode, ShellError, UsageError
from shell.escape import visible
from shell.observer import INFO, WARNING, Observer
from shell.sources import Sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from shell.backends.admin.target import AdminCa
    from shell.backends.cafile import CaFile
    from shell.backends.exchange import Exchange, Traffic
    from shell.commit.liveoptions import LiveOptions
    from shell.commit.outcome import Keep, Outcome
    from shell.commit.outcome import Options as CommitOptions
    from shell.model.problems import Problem
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View
    from shell.names import NameIndex
    from shell.sites.site import Direction, Reading, Recovered, Site
    from shell.staging.base import Base
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit
    from shell.staging.plan import Plan
    from shell.state import State
    from shell.targets import Target

_WORDS = {
    ExitCode.ROLLED_BACK: "rolled-back",
    ExitCode.INCOMPLETE: "incomplete",
    ExitCode.INTERRUPTED: "interrupted",
}
_PLACE = re.compile(r"%([1-9][0-9]*)")


class Session:
    """One connection to one target.

    `line` is the line being run as it may be shown (secrets masked); whoever runs commands keeps it.
    `interactive` says that a person is there to be asked: `keep` whether to keep a file that the CA does not
    take, `go_on` whether a commit goes on that Ctrl-C has stopped, `ask_password` for a login password, which
    it gives as bytes; `browse` shows the address of an identity provider, and `paste` asks for the one that the
    browser ended at. `progress` is told how far long work is. `sources` reads the files and secrets that lines
    name; `folder` is the one folder that a restricted session may read files in, or None. `observer` is told
    what happens.
    """

    def __init__(
        self,
        target: Target,
        backend: CaFile | AdminCa,
        *,
        state_dir: str = "",
        operator: str = "",
        interactive: bool = False,
        folder: str | None = None,
        live: LiveOptions | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.target = target
        self.observer = observer or Observer()
        self.traffic: Traffic | None = None
        self.site = self._site(backend, live)
        self.interactive = interactive
        self.operator = operator
        self.sources = Sources(folder)
        self.line = ""
        self._notices: list[str] = []
        self.keep: Keep | None = None
        self.ask_password: Callable[[str], bytes] | None = None
        self.browse: Callable[[str], None] | None = None
        self.paste: Callable[[str], str] | None = None
        self.opens_browser: Callable[[], bool] | None = None
        self.go_on: Callable[[], bool] | None = None
        self.progress: Callable[[str], None] | None = None
        self.live = live
        self.keep_every = 0.0
        self._kept_at = 0.0
        self._state_dir = state_dir
        self._state: State | None = None
        self._reading: Reading | None = None
        self._draft: Draft | None = None
        self._names: NameIndex | None = None
        self._keys: dict[str, str] | None = None
        self._key_index: NameIndex

    # what is there

    @property
    def reading(self) -> Reading:
        """What was read from the target, read now if it was not before."""
        if self._reading is None:
            self._reading = self.site.read()
            self._take_up(self._reading)
        return self._reading

    def _take_up(self, reading: Reading) -> None:
        """Note what was read of the target, and what there is to say of that."""
        target = self.target
        self.observer.note(
            INFO,
            "target",
            name=target.name,
            kind=target.kind,
            named_by=target.origin,
            provisioners=len(reading.base),
            content=reading.digest[:12],
        )
        if not (
            self.interactive and target.kind == "ca"
        ):  # behind a prompt a CA is asked without anybody waiting
            self.say_later(self.site.remarks())

    def say_later(self, texts: Iterable[str]) -> None:
        """Keep lines for whoever shows what reading the target has shown."""
        self._notices += texts

    def take_notices(self) -> list[str]:
        """Return what reading the target has shown, once."""
        notices, self._notices = self._notices, []
        return notices

    def before_editing(self) -> list[str]:
        """Return what to say before the first edit, and clean up what killed processes have left.

        That is what stands in the way of a commit, and a commit that was interrupted.
        """
        self.site.begin_editing()
        self.reading  # noqa: B018  what is said belongs to what was read
        return self.site.before_editing(self.state)

    def open_for_editing(self) -> None:
        """Read what edits can stand on, before the first of them; at a CA this is where the admin logs in."""
        reading = self.site.read_for_editing()
        if reading is None:
            return
        draft = None
        if self._draft is not None and self._draft.steps:
            from shell.staging.clashes import told
            from shell.staging.rebase import rebase

            rebased = rebase(self._draft, reading.base)
            if rebased.conflicts:
                # as on a file that others change: the edits stay on what they were made on, and a commit stops
                self._notices.append(
                    "others have changed what your staged edits are about; a commit would stop there:"
                )
                self._notices += [f"  {told(clash)}" for clash in rebased.conflicts]
                return
            draft = rebased.draft
        self._reading, self._draft, self._names, self._keys = reading, draft, None, None

    @property
    def base(self) -> Base:
        """The provisioners as they were read."""
        return self.reading.base

    @property
    def view(self) -> Base | Draft:
        """The provisioners as they stand: with the staged edits, where there are any."""
        return self._draft if self._draft is not None else self.base

    @property
    def draft(self) -> Draft:
        """The draft, begun now if it was not before."""
        if self._draft is None:
            from shell.staging.draft import Draft

            self._draft = Draft(self.base)
        return self._draft

    @property
    def state(self) -> State:
        """The folder with draft, journal and history of this target."""
        if self._state is None:
            from shell.state import State

            self._state = State.open(self._state_dir, self.target.name, root=self.site.root)
        return self._state

    @property
    def has_staged_edits(self) -> bool:
        """Whether a commit would change anything, or steps could be undone."""
        return self.staged_lines > 0

    @property
    def staged_lines(self) -> int:
        """How many lines are staged."""
        return len(self._draft.steps) if self._draft is not None else 0

    def find(self, reference: str) -> ProvisionerId:
        """Return the provisioner a word means: a name, else `%N` as the N-th one in the list.

        Raises ShellError where there is none (with the nearest name), or where several have the name.
        """
        found = self.view.named(reference)
        if not found and (match := _PLACE.fullmatch(reference)):
            ids = list(self.view.ids())
            if int(match.group(1)) <= len(ids):
                return ids[int(match.group(1)) - 1]
        if len(found) == 1:
            return found[0]
        if found:
            places = [f"%{place}" for place, id_ in enumerate(self.view.ids(), 1) if id_ in set(found)]
            raise ShellError(
                "ambiguous-name",
                f'{len(found)} provisioners are named "{reference}"',
                hint="name one by its place in the list: " + " or ".join(places),
            )
        raise self._unknown(reference)

    def get(self, reference: str) -> Provisioner:
        """Return the provisioner a word means, as the staged edits leave it; raises as `find` does."""
        return self.view.provisioner(self.find(reference))

    def name_is_free(self, name: str) -> bool:
        """Whether no provisioner has this name."""
        return not self.view.named(name)

    def require_free(self, name: str) -> None:
        """Raise UsageError where the name is empty, cannot be used on this target, or is taken."""
        if not name:
            raise UsageError("empty-name", "a provisioner needs a name")
        if why := self.site.name_flaw(name):
            raise UsageError("name-not-addressable", f'"{visible(name)}": {why}', hint="choose another name")
        if not self.name_is_free(name):
            raise ShellError(
                "name-taken",
                f'there is a provisioner named "{name}" already',
                hint=f"names are unique in a CA; choose another, or change it with: set {name} ...",
            )

    def names(self, text: str) -> Iterator[str]:
        """Yield names that begin with the text, then those that contain it, with the staged edits."""
        if self._names is None:
            from shell.names import NameIndex

            self._names = NameIndex(summary.name for summary in self.base.summaries)
        staged = dict.fromkeys(self._draft.staged_names()) if self._draft is not None else {}
        yield from (name for name in staged if text in name)
        # a name that no staged edit has taken away
        yield from (
            name for name in self._names.matching(text) if name not in staged and self.view.named(name)
        )

    def key_ids(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield key identifiers that begin with the text, then those that contain it, each with a provisioner."""
        if self._keys is None:
            from shell.names import NameIndex

            self._keys = {summary.kid: summary.name for summary in self.base.summaries if summary.kid}
            self._key_index = NameIndex(self._keys)
        touched = self._draft.touched() if self._draft is not None else []
        summaries = [self.view.summary(id_) for id_ in touched if self._draft and self._draft.current(id_)]
        staged = {summary.kid: summary.name for summary in summaries if summary.kid}
        yield from ((kid, name) for kid, name in staged.items() if text in kid)
        for kid in self._key_index.matching(text):
            if kid not in staged and self.view.named(self._keys[kid]):
                yield kid, self._keys[kid]

    def _unknown(self, reference: str) -> ShellError:
        from difflib import get_close_matches

        names = [self.view.summary(id_).name for id_ in self.view.ids()]
        near = get_close_matches(reference, names[:5000], n=1)
        return ShellError(
            "no-such-provisioner",
            f'there is no provisioner named "{reference}"',
            hint=f'did you mean "{near[0]}"?' if near else "see what there is with: list",
        )

    # what is staged

    def stage(self, edits: Iterable[Edit]) -> None:
        """Stage edits as one step under the line being run; raises UsageError where one does not fit."""
        self.draft.stage(self.site.spelled(edits), self.line)
        self.keep_draft()

    def discard(self) -> None:
        """Drop every staged edit."""
        if self._draft is not None:
            self._draft.discard()
            self.keep_draft()

    def keep_draft(self) -> None:
        """Write the draft where the next start finds it; only where a person works on it.

        While `keep_every` seconds have not passed since the last time, as between the lines of a paste,
        nothing is written; whoever sets it calls this at the end.
        """
        if not self.interactive or monotonic() - self._kept_at < self.keep_every:
            return
        if not self.state.claim_draft():
            return
        self._kept_at = monotonic()
        if not self.has_staged_edits:
            self.state.drop_draft()
            return
        from datetime import UTC, datetime

        from shell.staging.record import to_record

        record = to_record(self.draft)
        self.state.save_draft(record, datetime.now(UTC), secret=record["secrets"] is True)

    def plan(self) -> Plan:
        """Return what a commit would change."""
        from shell.staging.plan import plan_of

        return plan_of(self.draft)

    def adopt(self, draft: Draft) -> None:
        """Go on with another draft, such as one that was rebased or kept from before."""
        self._draft = draft
        self.keep_draft()

    def reread(self) -> None:
        """Read the target anew and start an empty draft on it; for after a commit."""
        self._reading = None
        self._draft = None
        self._names = None
        self._keys = None
        self.keep_draft()

    # what is wrong with it

    def check(
        self,
        before: View,
        after: View,
        touched: Sequence[ProvisionerId],
        *,
        everything: bool = False,
        online: bool = False,
    ) -> list[Problem]:
        """Return what the rules find in `after`, given what files, certificates, keys and the clock say.

        With `online` the network is asked too.
        """
        return self.site.check(
            before, after, touched, everything=everything, online=online, say=self.progress
        )

    def problems(self, *, online: bool = False) -> list[Problem]:
        """Return everything that the check finds in the target with the staged edits, in a fixed order.

        With `online` the network is asked too. Raises UsageError where that is wanted in a restricted
        session, whose lines could name any address in reach of this machine.
        """
        if online and self.sources.restricted:
            raise UsageError(
                "restricted",
                "a restricted batch does not ask the network",
                hint="leave --online out, or start without --restricted if you trust these lines",
            )
        return self.check(self.base, self.view, self.draft.touched(), everything=True, online=online)

    def unaccepted_dangers(self, options: CommitOptions) -> list[Problem]:
        """Return the dangers of the staged edits that a person must accept, if nothing else stops a commit."""
        from shell.model.problems import DANGER, ERROR

        problems = self.check(self.base, self.draft, self.draft.touched())
        if any(problem.severity == ERROR for problem in problems):
            return []
        dangers = [problem for problem in problems if problem.severity == DANGER]
        return [problem for problem in dangers if problem.accept_name not in options.accept]

    # what is written

    def commit(self, options: CommitOptions) -> Outcome:
        """Write the staged edits, all or nothing; raises what the commits of `shell.commit` do."""
        found: list[Problem] = []

        def check(before: View, after: View, touched: Sequence[ProvisionerId]) -> list[Problem]:
            found[:] = self.check(before, after, touched)
            return found

        if self.observer.has_listeners:
            plan = self.plan()
            self.observer.note(INFO, "commit", begins=str(plan.summary), plan=plan.digest[:12])
        began = monotonic()
        try:
            outcome = self.site.commit(
                self.draft,
                options,
                state=self.state,
                check=check,
                keep=self.keep,
                say=self.progress,
                go_on=self.go_on,
            )
        except ShellError as error:
            self._note_commit(began, WARNING, outcome=_WORDS.get(error.exit_code, "refused"), code=error.code)
            raise
        self._note_commit(began, INFO, outcome=outcome.word, id=outcome.id, live=outcome.live)
        if outcome.settled:
            self.reread()
        return outcome.noting(problem for problem in found if not problem.already)

    def state_at(self, url: str) -> State:
        """Return the state that is kept for this CA under another address, `url`; the own one where that is empty.

        Raises UsageError for a file.
        """
        if not url:
            return self.state
        if not self.site.root:
            raise UsageError("not-a-ca", "a file has no other address", hint="leave --from out")
        from shell.state import State

        return State.open(self._state_dir, url.rstrip("/"), root=self.site.root)

    def recover(self, direction: Direction, *, reloaded: bool = False, url: str = "") -> Recovered | None:
        """Finish or take back the commit that was interrupted; None where there is none.

        `reloaded` and `url` are for a CA that answers at another address than the commit was made through.
        """
        done = self.site.recover(self.state_at(url), direction, reloaded=reloaded, say=self.progress)
        self.observer.note(INFO, "recover", way=direction, outcome=done.word if done else "none")
        return done

    def _note_commit(self, began: float, level: str, **fields: str | float | bool | None) -> None:
        self.observer.note(level, "commit", **fields, ms=round((monotonic() - began) * 1000))

    # where it works

    def _site(self, backend: CaFile | AdminCa, live: LiveOptions | None) -> Site:
        """Return where to work with a backend, which tells of its requests from now on."""
        site = _site(backend, live)
        site.observe(self.observer, self._exchanged)
        return site

    def _exchanged(self, exchange: Exchange) -> None:
        """Count a request, and tell of it."""
        if self.traffic is None:
            from shell.backends.exchange import Traffic

            self.traffic = Traffic()
        self.traffic.add(exchange)
        self.observer.request(exchange.fields())

    def tell_traffic(self) -> None:
        """Note what the requests of the session come to, where there were any."""
        if self.traffic is not None:
            self.observer.note(INFO, "traffic", requests=str(self.traffic))

    def connect(self, target: Target) -> None:
        """Go to another target, and read it; raises ShellError where that does not go, upon which all stays as it is."""
        from shell.sites.reach import backend_of

        site = self._site(backend_of(target, lambda: self), None)
        reading = site.read()
        if self._state is not None:
            self._state.release_draft()
        self.target, self.site, self.live, self._state = target, site, None, None
        self._reading, self._draft, self._names, self._keys = reading, None, None, None
        self._take_up(reading)

    def whoami(self) -> list[tuple[str, str, JSON]]:
        """Return who one is to the target: a label, a text and a JSON value each."""
        from shell.state import login_name

        found = list(self.site.whoami())
        operator = self.operator or login_name()
        return [*found, ("operator", operator, operator)]

    # what comes from outside

    def agree(self, flags: Sequence[tuple[str, str]]) -> None:
        """Raise UsageError where a pasted line names another target than this session has."""
        from shell.targets import disagreement

        for flag, value in flags:
            if why := disagreement(self.target, flag, value):
                raise UsageError(
                    "other-target", why, hint="start step-shell on that target, or leave the flag out"
                )


def _site(backend: CaFile | AdminCa, live: LiveOptions | None) -> Site:
    from shell.backends.cafile import CaFile

    if isinstance(backend, CaFile):
        from shell.sites.onfile import FileSite

        return FileSite(backend, live)
    from shell.sites.onca import CaSite

    return CaSite(backend)
