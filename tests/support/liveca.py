"""A real step-ca with remote management behind a proxy, kept for many commits: looked at, and put back, by the API."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from shell.backends.admin.api import AdminApi
from shell.backends.admin.connection import Connection
from shell.backends.admin.https import HttpsTransport, Timeouts
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.outcome import Answer, Outcome
from shell.backends.admin.target import AdminCa
from shell.codec.linkedca import recreation, same_message
from shell.state import State
from tests.support.ca import CertificateAuthority
from tests.support.pki import Pki
from tests.support.proxy import Proxy
from tests.support.simulatedca.listing import message_of

Message = dict[str, Any]
_PATIENT = Timeouts(60.0, 60.0)
_GIVEN = ("id", "authorityId", "createdAt", "deletedAt")


class Content(NamedTuple):
    """What a CA has: provisioners by name as its messages, and admins as (subject, provisioner, super)."""

    provisioners: dict[str, Message]
    admins: frozenset[tuple[str, str, bool]]

    def same(self, other: Content) -> bool:
        """Whether two CAs have the same; ids and times, which the CA gives, aside."""
        mine, theirs = self.provisioners, other.provisioners
        return (
            self.admins == other.admins
            and mine.keys() == theirs.keys()
            and all(same_message(message, theirs[name]) for name, message in mine.items())
        )


class LiveCa:
    """A step-ca with the super admin `admin` / `step` and these provisioners, and a proxy; started while entered.

    `direct` is an API past the proxy, for looking and for putting right, with a login of its own. `database` is the
    `db` of its ca.json, else a badger of its own; `upstream` gives the port that the proxy passes on to.
    """

    def __init__(
        self,
        program: Path,
        pki: Pki,
        folder: Path,
        *entries: dict[str, Any],
        database: dict[str, str] | None = None,
        upstream: Callable[[], int] | None = None,
    ) -> None:
        self.pki = pki
        self.folder = folder
        self.config = pki.config([pki.jwk()], database=True, authority={"enableAdmin": True})
        self.config["logger"] = {}  # a log line for each request would only cost time
        if database is not None:
            self.config["db"] = database
        self.ca = CertificateAuthority(program, folder=folder / "ca", root=pki.root, config=self.config)
        self.proxy = Proxy(pki, folder, upstream or (lambda: self.ca.port))
        self._entries = entries
        self._stack = ExitStack()
        self._api: AdminApi | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.ca)
            stack.enter_context(self.proxy)
            self._stack = stack.pop_all()
        for entry in self._entries:
            require_done(self.direct.create(message_of(entry)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def direct(self) -> AdminApi:
        """The admin API, past the proxy."""
        if self._api is None:
            self._api = self.target(self.ca.url).api
        return self._api

    def target(self, url: str = "", **login: Any) -> AdminCa:
        """Return the CA as a target, by default through the proxy."""
        transport = HttpsTransport(
            url or self.proxy.url, root_pem=self.pki.root.read_text(), timeouts=_PATIENT
        )
        connection = Connection(transport)
        login = {"password": lambda _: self.pki.password.encode(), "provisioner": "admin", **login}
        return AdminCa(connection, PasswordLogin(connection, **login))

    def state(self) -> State:
        """Return the state folder for this CA behind its proxy."""
        return State.open(str(self.folder / "state"), self.proxy.url, root=self.pki.fingerprint)

    def content(self) -> Content:
        """Return what the CA has now."""
        api = self.direct
        names = {}
        found = {}
        for entry in api.provisioners():
            name = str(entry["name"])
            message = api.provisioner(name)
            assert message is not None
            names[message["id"]] = name
            found[name] = message
        admins = frozenset(
            (admin.subject, names.get(admin.provisioner_id, "?"), admin.super) for admin in api.admins()
        )
        return Content(found, admins)

    def add_admin(self, subject: str, provisioner: str, *, super: bool = False) -> None:
        """Make somebody an admin."""
        require_done(self.direct.add_admin(subject, provisioner, super=super))

    def restore(self, wanted: Content) -> None:
        """Bring the CA back to this content; what is as it should be is not touched."""
        now = self.content()
        api = self.direct
        ids = {(admin.subject, str(admin.provisioner_id)): admin.id for admin in api.admins()}
        for subject, name, _ in now.admins - wanted.admins:
            if name in now.provisioners:
                require_done(api.remove_admin(ids[subject, str(now.provisioners[name]["id"])]))
        for name in now.provisioners.keys() - wanted.provisioners.keys():
            require_done(api.delete(name))
        for name, message in wanted.provisioners.items():
            there = now.provisioners.get(name)
            if there is None:
                require_done(api.create(recreation(message)))
            elif not same_message(there, message):
                given = {key: there[key] for key in _GIVEN if key in there}
                require_done(api.replace(name, message | given))
        for subject, name, super_ in wanted.admins - now.admins:
            require_done(api.add_admin(subject, name, super=super_))

    def restart(self) -> None:
        """Stop it and start it again; raises StartFailed where it does not come up with what it has."""
        self.ca.stop()
        self.ca.start()
        self._api = None


def require_done(outcome: Outcome) -> None:
    """Raise where a request did not succeed."""
    assert isinstance(outcome, Answer), outcome


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)
