"""A session on a running CA."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from shell.backends.admin.failures import LoginError
from shell.backends.admin.target import FRESH, CaReading
from shell.codec.messagelimits import name_flaw, unsupported
from shell.escape import visible
from shell.model.authority import Authority
from shell.model.fields import REDACTED, REDACTED_BASE64
from shell.model.online import questions_of
from shell.model.problems import DANGER, ERROR, Problem
from shell.model.rules.ownpolicy import refusal
from shell.model.types import AZURE, GCP, OIDC
from shell.observer import Observer
from shell.results import moment
from shell.sites.greeting import greet, tell_login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shell.backends.admin.api import Admin
    from shell.backends.admin.held import Login
    from shell.backends.admin.target import AdminCa
    from shell.backends.exchange import Observe
    from shell.backends.filestate import Notice
    from shell.commit.outcome import Check, Keep, Options, Outcome
    from shell.commit.saga.caller import Patience
    from shell.commit.saga.recovery import Interrupted, Recovered
    from shell.facts.online import Ask
    from shell.model.facts import FileFact
    from shell.model.online import Answer, Question
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View
    from shell.sites.site import Direction
    from shell.staging.draft import Draft
    from shell.staging.edits import Edit
    from shell.state import State

Answered = TypeVar("Answered")

_HIDDEN = (REDACTED, REDACTED_BASE64)
_FEDERATED = (OIDC, AZURE, GCP)
_LONGEST_ASKING = 10.0
"""How long identity providers may take to answer, all together, in seconds."""
_ANSWERS_HOLD = 60.0


class CaSite:
    """See `shell.sites.site.Site`. `patience` is how long to wait for a CA that does not answer; None: as usual."""

    def __init__(self, backend: AdminCa) -> None:
        self.backend = backend
        self._reading: CaReading | None = None
        self._admins: list[Admin] | None = None
        self._role = ""
        self._policy: list[JSON] = []
        self.patience: Patience | None = None
        self._answers: dict[Question, Answer] = {}
        self._answered_at = 0.0
        self._observer = Observer()
        self._greeted = False
        self._told_until: datetime | None = None

    def observe(self, observer: Observer, exchanged: Observe) -> None:
        """Tell of the CA, of logins, and of the requests to it and to its other nodes."""
        self._observer = observer
        self.backend.observe(exchanged)

    @property
    def root(self) -> str:
        """The fingerprint of the root that was pinned."""
        return self.backend.connection.root_sha256

    def read(self) -> CaReading:
        """Return what the CA has now: what it publishes, or after the login what an admin sees."""
        self._reading = self.backend.read()
        self._admins = None
        self._policy.clear()
        return self._reading

    @property
    def _present(self) -> CaReading:
        return self._reading or self.read()

    def name_flaw(self, name: str) -> str:
        """Return why the admin API could not address a provisioner of this name, or the empty text."""
        return name_flaw(name)

    def spelled(self, edits: Iterable[Edit]) -> Iterable[Edit]:
        """See `shell.sites.spelling.spelled`."""
        from shell.sites.spelling import spelled

        return spelled(edits)

    def begin_editing(self) -> None:
        """Do nothing: what edits need of a CA is read when the first one is staged."""

    def read_for_editing(self) -> CaReading | None:
        """Log in, and return what an admin sees; None where that is what was read.

        What the CA publishes is the same but for the secrets of SCEP provisioners, so that it is not read
        again where there are none.
        """
        if self._present.source == "admin":
            return None
        self._admins = self._admitted(self.backend.api.admins)
        mine = [admin for admin in self._admins if admin.subject == self.backend.api.login.subject]
        self._role = _role_of(mine[0]) if len(mine) == 1 else ""
        self._tell_login()
        published = self._present
        hidden = any(value in _HIDDEN for entry in published.entries for value in entry.values())
        if hidden or monotonic() - published.read_at > FRESH:
            return self.read()
        self._reading = CaReading(published.entries, "admin", published.read_at)
        return self._reading

    def _admitted(self, ask: Callable[[], Answered]) -> Answered:
        """Return what an admin is told; one who turns out to be none may log in as somebody else the next time."""
        try:
            return ask()
        except LoginError as error:
            if error.code == "login-not-an-admin":
                self.backend.api.login.forget()
            raise

    def remarks(self) -> list[str]:
        """Return, once, that the CA is of a version that this program was not tried with."""
        if self._greeted:
            return []
        self._greeted = True
        return greet(self.backend, self._observer)

    def _tell_login(self) -> None:
        """Tell of a login or a renewed certificate that nobody was told of yet."""
        login = self.backend.login
        if login is not None and login.logged_in and login.not_after != self._told_until:
            self._told_until = login.not_after
            tell_login(login, self._observer)

    def notices(self) -> list[Notice]:
        """Return what is odd about the CA, what blocks a commit first."""
        return self.backend.notices(self._present)

    def facts(self) -> Iterable[tuple[str, str, JSON]]:
        """Return which CA it is, and who is logged in."""
        connection, login = self.backend.connection, self.backend.login
        management = self.backend.management()
        yield "ca version", self.backend.version(), self.backend.version()
        yield "node", connection.address, connection.address
        yield "root", connection.root_sha256, connection.root_sha256
        word = "on" if management.on else f"off: {management.reason}"
        yield "remote management", word, management.on
        if login is None or not login.logged_in:
            yield "admin", "not logged in; the first edit logs in", None
            return
        yield from self._who(login)
        if self._role:
            yield "role", self._role, self._role

    def whoami(self) -> Iterable[tuple[str, str, JSON]]:
        """Log in, and return who that is, as the CA says."""
        connection, api = self.backend.connection, self.backend.api
        me = self._admitted(api.whoami)
        self._tell_login()
        self._role = _role_of(me)
        yield "target", connection.url, connection.url
        yield "ca version", self.backend.version(), self.backend.version()
        yield "root", connection.root_sha256, connection.root_sha256
        yield from self._who(api.login)
        yield "role", self._role, self._role

    @staticmethod
    def _who(login: Login) -> Iterable[tuple[str, str, JSON]]:
        yield "admin", login.subject, login.subject
        yield "login provisioner", login.provisioner, login.provisioner
        if login.not_after is not None:
            yield (
                "login until",
                moment(login.not_after.isoformat()),
                f"{login.not_after:%Y-%m-%dT%H:%M:%SZ}",
            )

    @property
    def known_admins(self) -> list[str]:
        """The subjects of the admins, as far as they were read; else of who is logged in."""
        login = self.backend.login
        known = {admin.subject for admin in self._admins or ()}
        if login is not None and login.logged_in:
            known.add(login.subject)
        return sorted(known)

    def before_editing(self, state: State) -> list[str]:
        """Return what stands in the way of a commit, and a commit that was interrupted."""
        state.clean()
        found = []
        if interrupted := self.interrupted(state):
            found.append(
                f"a commit of {moment(visible(interrupted.time))} to this CA was interrupted, and nothing can be changed "
                "before it is settled; see: recover show"
            )
        found += self._elsewhere(state)
        return found + [
            f"note: {notice.text}" + (f"; {notice.hint}" if notice.hint else "") for notice in self.notices()
        ]

    def _elsewhere(self, state: State) -> list[str]:
        """Return what to say of interrupted commits to a CA with the same root at another address."""
        from shell.commit.saga.recovery import interrupted_elsewhere

        return [
            f"a commit to {visible(url)}, which has the same root certificate, was interrupted; if that is this CA: "
            f"recover show --from {visible(url)}"
            for url in interrupted_elsewhere(state, self.root)
        ]

    # what is wrong with the edits

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
        """Return what the rules find, given keys, certificates, the clock and who is an admin; and what the API cannot hold."""
        from shell.facts import gather
        from shell.model.rules.run import check

        facts = gather(
            None,
            after,
            touched,
            now=datetime.now(UTC),
            everything=everything,
            ask=self._asking(say) if online else None if everything else self._providers(say),
        )
        facts = replace(facts, authority=self._authority(before, after, touched))
        return [
            *check(before, after, touched, facts, everything=everything),
            *_unsupported(before, after, touched),
            *self._policy_problems(),
        ]

    def _asking(self, say: Callable[[str], None] | None) -> Ask:
        from shell.facts.online import asking

        return asking(say=say, limit=_LONGEST_ASKING, roots=self.backend.root_pem, observer=self._observer)

    def _providers(self, say: Callable[[str], None] | None) -> Ask:
        """Return what asks identity providers, and nobody else, each once in a while.

        While the CA asks them itself, at each write, it holds a lock that everybody else waits for.
        """

        def ask(
            provisioners: Iterable[Provisioner], settings: Mapping[str, JSON], files: Mapping[str, FileFact]
        ) -> Mapping[Question, Answer]:
            federated = [one for one in provisioners if one.type in _FEDERATED]
            questions = {question for one in federated for _, question in questions_of(one)}
            if questions - self._answers.keys() or monotonic() - self._answered_at > _ANSWERS_HOLD:
                self._answers = dict(self._asking(say)(federated, settings, files)) if federated else {}
                self._answered_at = monotonic()
            return self._answers

        return ask

    def _authority(self, before: View, after: View, touched: Sequence[ProvisionerId]) -> Authority | None:
        """Return who is logged in, and the admins of what is removed or renamed; None before a login.

        Where nothing is, it does not matter whether it is a super admin, and nothing is asked.
        """
        login = self.backend.login
        if login is None or not login.logged_in:
            return None
        was, now = set(before.ids()), set(after.ids())
        going = {
            before.summary(id_).name
            for id_ in touched
            if id_ in was and (id_ not in now or after.summary(id_).name != before.summary(id_).name)
        }
        if not going:
            return Authority(login.provisioner, login.subject, True, login.can_rehearse)
        self._admins = self.backend.api.recent_admins()
        owners = self._owners(self._admins)
        admins: dict[str, tuple[str, ...]] = {}
        is_super = False
        for admin in self._admins:
            name = owners.get(admin.provisioner_id, "")
            if name in going:
                admins[name] = (*admins.get(name, ()), admin.subject)
            is_me = admin.subject == login.subject and name == login.provisioner
            is_super = is_super or (is_me and admin.super)
        return Authority(login.provisioner, login.subject, is_super, login.can_rehearse, admins)

    def _policy_problems(self) -> Iterable[Problem]:
        """Yield the danger of a policy under which the admin gets no certificate to log in with."""
        login = self.backend.login
        if login is None or not login.logged_in:
            return
        if not self._policy:
            self._policy = [self.backend.api.policy()]
        if why := refusal(self._policy[0], login.subject):
            yield Problem(
                DANGER,
                "policy-excludes-you",
                login.provisioner,
                "",
                f"the policy of the CA would refuse your next login: {why}",
                "mend the policy first: step ca policy authority x509 allow",
            )

    def _owners(self, admins: Iterable[Admin]) -> dict[str, str]:
        """Return the names of the provisioners that have admins, by their ids: one request each."""
        found = {}
        for id_ in {admin.provisioner_id for admin in admins}:
            message = self.backend.api.provisioner_by_id(id_)
            found[id_] = str(message.get("name")) if message else ""
        return found

    # what is changed

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
        """Make the edits of a draft at the CA; see `shell.commit.saga.commit.commit`."""
        from shell.commit.saga.commit import commit

        self.backend.api  # noqa: B018  raises where the CA cannot be changed
        outcome = commit(
            self.backend,
            self._present,
            draft,
            options,
            state=state,
            check=check,
            now=datetime.now(UTC),
            patience=self.patience,
            say=say,
            go_on=go_on,
        )
        self._tell_login()
        return outcome

    def interrupted(self, state: State) -> Interrupted | None:
        """Return the commit that was interrupted, or None."""
        from shell.commit.saga.recovery import open_ca_commit

        return open_ca_commit(state)

    def recover(
        self, state: State, direction: Direction, *, reloaded: bool, say: Callable[[str], None] | None
    ) -> Recovered | None:
        """Finish or take back the commit that was interrupted."""
        from shell.commit.saga.recovery import recover_ca

        return recover_ca(self.backend, state, direction, reloaded=reloaded, patience=self.patience, say=say)

    def served(self, settings: Mapping[str, JSON]) -> None:
        """Return nothing: what is read is what runs."""

    def glance(self) -> object:
        """Return the same at all times: a look at a CA is not cheap."""
        return ""

    def seen(self) -> object:
        """Return what `glance` gives."""
        return ""

    def has_moved(self) -> bool:
        """Whether the CA has something else than was read."""
        return self.backend.read().digest != self._present.digest


def _role_of(me: Admin | None) -> str:
    return "none: the CA lists no such admin" if me is None else "super admin" if me.super else "admin"


def _unsupported(before: View, after: View, touched: Sequence[ProvisionerId]) -> list[Problem]:
    """Return what the admin API cannot hold of the provisioners that differ."""
    was, now = set(before.ids()), set(after.ids())
    found = []
    for id_ in touched:
        if id_ not in now:
            continue
        provisioner = after.provisioner(id_)
        base = before.provisioner(id_) if id_ in was else None
        for path, why in unsupported(provisioner, base):
            remedy = f"unset {path}" if path not in {"name", "type"} else "choose another"
            found.append(Problem(ERROR, "admin-api", provisioner.name, path, why, remedy, id=id_))
    return found
