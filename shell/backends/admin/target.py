"""A running CA as a target: reading it, and saying what is odd about it.

The same role as `shell.backends.cafile.CaFile`. Reading needs no login as long as nothing is changed: the
CA publishes its provisioners, with the secrets of SCEP redacted. After a login the admin list is read.
"""

from __future__ import annotations

import hashlib
from time import monotonic
from typing import TYPE_CHECKING

from shell.backends.admin.api import AdminApi
from shell.backends.admin.failures import CaError
from shell.backends.admin.public import PublicApi
from shell.backends.filestate import Notice
from shell.codec.published import disabled_reason
from shell.errors import ShellError
from shell.escape import visible
from shell.model.provisioner import Provisioner
from shell.model.summary import summarize
from shell.model.values import format_json
from shell.staging.base import Base

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.login import Login
    from shell.backends.admin.public import Management
    from shell.backends.admin.transport import Node
    from shell.backends.exchange import Observe
    from shell.codec.messagefields import Message
    from shell.model.values import JSON

    Source = Literal["public", "admin"]

FRESH = 5.0
"""How old what was read of a CA may be, in seconds, to begin something on it without reading it again."""
MANAGEMENT_OFF_HINT = (
    'set "enableAdmin": true under "authority" in its ca.json (it needs a database) and restart it, or edit '
    "the file on its machine: --ca-config FILE"
)


class CaReading:
    """What one look at the CA gave.

    `base` is the ground for a draft, `entries` the provisioners as the CA listed them. `source` is
    "public" where that was the list that everybody gets, with placeholders for secrets, or "admin".
    `fingerprint` names the content whatever its order, and is the base's as well. `read_at` is when it was
    read, in seconds of the clock of this process.
    """

    __slots__ = ("base", "entries", "fingerprint", "read_at", "source")

    def __init__(
        self, entries: Sequence[dict[str, JSON]], source: Source, read_at: float | None = None
    ) -> None:
        self.entries = tuple(entries)
        self.source = source
        self.read_at = monotonic() if read_at is None else read_at
        self.fingerprint = fingerprint_of(self.entries)
        self.base = Base(
            {},
            [summarize(entry) for entry in self.entries],
            lambda place: Provisioner(self.entries[place]),
            self.fingerprint,
        )

    @property
    def digest(self) -> str:
        """The fingerprint, by the name that it has for a file."""
        return self.fingerprint


def fingerprint_of(entries: Sequence[dict[str, JSON]]) -> str:
    """Return a name for the content of a list; the order of a CA's list means nothing and changes."""
    texts = sorted(format_json(entry) for entry in entries)
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


class AdminCa:
    """A CA, by the connection to one of its nodes and the login of an admin; without a login read-only.

    `root_pem` is its root certificate, where that was given and not only its fingerprint. `nodes` are the ways
    to its other nodes, which are only looked at.
    """

    def __init__(self, connection: Connection, login: Login | None = None, *, root_pem: str = "") -> None:
        self.connection = connection
        self.root_pem = root_pem
        self.nodes: tuple[Connection, ...] = ()
        self.login = login
        self.public = PublicApi(connection)
        self._api = AdminApi(connection, login) if login is not None else None
        self._management: Management | None = None
        self._version: str | None = None
        self._committed: tuple[Node, str, bool] | None = None

    def observe(self, observe: Observe) -> None:
        """Tell of every request to the CA and to its other nodes."""
        for connection in (self.connection, *self.nodes):
            connection.observe(observe)

    @property
    def shown(self) -> str:
        """The address as it may be shown."""
        return visible(self.connection.url)

    @property
    def api(self) -> AdminApi:
        """The admin API. Raises ShellError where the CA has none, or where nobody said who logs in."""
        management = self.management()
        if not management.on:
            raise ShellError(
                "remote-management-off",
                f"{self.shown} cannot be changed: {management.reason}",
                hint=MANAGEMENT_OFF_HINT,
            )
        if self._api is None:
            raise ShellError(
                "no-login",
                f"{self.shown} was connected to without a login",
                hint="name one: --admin-provisioner and --admin-password-file, or --admin-cert and --admin-key",
            )
        return self._api

    def management(self) -> Management:
        """Return whether the CA can be changed remotely; asked once. Raises CaError where it does not answer."""
        if self._management is None:
            self._management = self.public.management()
        return self._management

    def learn(self, public: PublicApi) -> None:
        """Find out, over another connection to the same node, what is asked once. Raises CaError."""
        if self._management is None:
            self._management = public.management()
        if self._version is None:
            self._version = public.version()

    def version(self) -> str:
        """Return the version of step-ca; asked once. Raises CaError."""
        if self._version is None:
            self._version = self.public.version()
        return self._version

    def read(self, *, login: bool = False) -> CaReading:
        """Return what the CA has now: the admin list once somebody is logged in or with `login`, else the public one.

        Raises CaError where it does not answer, and LoginError.
        """
        if login or (self.login is not None and self.login.logged_in):
            return CaReading(self.api.provisioners(), "admin")
        entries = self.public.provisioners()
        if self.login is not None:
            self.login.published = entries
        return CaReading(entries, "public")

    def detail(self, name: str) -> Message | None:
        """Return the message of a provisioner, or None where there is none; logs in. Raises CaError."""
        return self.api.provisioner(name)

    def remember_commit(self, name: str, *, is_there: bool) -> None:
        """Remember the name of a provisioner that a commit has just made, or removed."""
        self._committed = (self.connection.node, name, is_there)

    def require_node_of_last_commit(self) -> None:
        """Raise CaError where another node answers than the last commit was made through, which does not know of it.

        It would store a second provisioner of a name that is there already, and no node would start any more.
        """
        if self._committed is None:
            return
        node, name, is_there = self._committed
        self.connection.open()
        if self.connection.node == node:
            return
        if (self.api.provisioner(name) is not None) != is_there:
            done, undone = ("added", "removed") if is_there else ("removed", "added")
            raise CaError(
                "other-node",
                f"another node of the CA answers at {visible(self.connection.address)} than your last commit was made through, "
                f"and does not know that {visible(name)} was {done}; nothing was changed",
                hint="reload that node (SIGHUP), and commit again; "
                f"or, if somebody else has {undone} it since, connect again",
            )
        self.remember_commit(name, is_there=is_there)

    def notices(self, reading: CaReading) -> list[Notice]:
        """Return what to say about the CA before the first edit; what blocks a commit stands first."""
        found = []
        management = self.management()
        if not management.on:
            text = f"{self.shown} can only be looked at: {management.reason}"
            found.append(Notice("remote-management-off", text, MANAGEMENT_OFF_HINT, "never"))
        for entry in reading.entries:
            if reason := disabled_reason(entry):
                name = visible(str(entry.get("name") or ""))
                text = f'the CA has disabled the provisioner "{name}": {visible(reason)}'
                found.append(Notice("disabled-provisioner", text, "repair it, or remove it"))
        return found
