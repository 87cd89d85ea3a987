"""The admin API, call by call.

What only reads returns values and raises CaError. What changes something returns what became of it, since
a commit treats each outcome differently; it raises only for a login that fails, before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING

from shell.backends.admin.addresses import ADMINS, BY_ID, POLICY, PROVISIONERS, provisioner_path
from shell.backends.admin.failures import READ_A_PROVISIONER, CaError, failure
from shell.backends.admin.outcome import Answer, Lost, Refused
from shell.backends.admin.public import pages
from shell.backends.admin.requesttokens import Authorizer, Tokens
from shell.escape import visible
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.login import Login
    from shell.backends.admin.outcome import Outcome
    from shell.codec.messagefields import Message
    from shell.model.values import JSON

ROLES = {False: Number("1"), True: Number("2")}
RECENT = 5.0
"""How old a list of admins may be that something is begun on, in seconds."""


class Burn(Enum):
    """What came of spending the token of a request whose outcome is unknown.

    BURNT: it was still unused, so that the request, should it arrive yet, is refused. USED: it was used,
    by the request or by an earlier attempt to burn it; what the request did shows as soon as it has
    settled. UNKNOWN: this got lost as well; do it again.
    """

    BURNT = "burnt"
    USED = "used"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Admin:
    """An admin as the CA lists him."""

    id: str
    subject: str
    provisioner_id: str
    super: bool


class AdminApi:
    """The admin API of one CA, as one admin.

    `before_change` is called with the decoded path and the token id of each request that changes something,
    before it goes out; what it raises keeps the request from being sent.
    """

    def __init__(self, connection: Connection, login: Login) -> None:
        self.connection = connection
        self.login = login
        self.before_change: Callable[[str, str], None] | None = None
        self._known: dict[str, Message] = {}
        """What was last read or written of each provisioner, by its id: what a change that fails has changed."""
        self._tokens = Tokens(login)
        self._admins: tuple[float, list[Admin]] | None = None

    def expect(self, path: str) -> None:
        """Say to which decoded path the request after the next one goes: its token is signed while that is answered."""
        self.connection.meanwhile(lambda: self._tokens.sign_ahead(path))

    # reading

    def provisioners(self) -> list[dict[str, JSON]]:
        """Return every provisioner in the form of ca.json, in an order that means nothing."""
        authorize = self._authorizer(PROVISIONERS)
        return list(pages(self.connection, PROVISIONERS, "provisioners", authorize))

    def provisioner(self, name: str) -> Message | None:
        """Return the message of the provisioner of this name, or None where there is none.

        Raises CaError `name-not-addressable` for a name with a slash, which takes its id.
        """
        if "/" in name:
            raise CaError(
                "name-not-addressable",
                f'the admin API cannot address the provisioner "{visible(name)}": there is a / in its name',
                hint="it can only be removed, by its id, and made anew under another name",
            )
        return self._one(provisioner_path(name), (), READ_A_PROVISIONER)

    def provisioner_by_id(self, id: str) -> Message | None:
        """Return the message of the provisioner with this id, or None where there is none."""
        return self._one(BY_ID, [("id", id)], READ_A_PROVISIONER)

    def admins(self) -> list[Admin]:
        """Return every admin. The list is in another JSON than the rest: plain Go, snake_case."""
        items = pages(self.connection, ADMINS, "admins", self._authorizer(ADMINS))
        found = [_listed(item) for item in items]
        self._admins = (monotonic(), found)
        return found

    def recent_admins(self) -> list[Admin]:
        """Return every admin, as read in the last seconds; whoever relies on them looks again before he removes."""
        if self._admins is None or monotonic() - self._admins[0] > RECENT:
            return self.admins()
        return self._admins[1]

    def seen_admins(self) -> list[Admin]:
        """Return every admin as last read, so that nothing is done on others than a check has seen."""
        return self.admins() if self._admins is None else self._admins[1]

    def forget_admins(self) -> None:
        """Let them be read again: they have changed."""
        self._admins = None

    def admin(self, id: str) -> Admin | None:
        """Return the admin with this id, or None where there is none."""
        found = self._one(f"{ADMINS}/{id}", (), "read an admin")
        return admin_of(found) if found is not None else None

    def policy(self) -> Message | None:
        """Return the policy of the authority, or None where there is none."""
        return self._one(POLICY, (), "read the policy of the CA")

    def whoami(self) -> Admin | None:
        """Make an admin call, and return who we are; None where the list has nobody of our name.

        Several provisioners can have an admin of one subject; ours is the one of the login's provisioner.
        """
        return self.myself(self.admins())

    def myself(self, admins: Sequence[Admin]) -> Admin | None:
        """Return who of these we are; see `whoami`."""
        mine = [admin for admin in admins if admin.subject == self.login.subject]
        if len(mine) > 1:
            own = self.provisioner(self.login.provisioner)
            mine = [admin for admin in mine if own is not None and admin.provisioner_id == own.get("id")]
        return mine[0] if mine else None

    # changing

    def create(self, message: Message) -> Outcome:
        """Create a provisioner; the answer is what was sent, with an id."""
        return _explained(self._call("POST", PROVISIONERS, body=message), message)

    def replace(self, name: str, message: Message) -> Outcome:
        """Replace the provisioner that now has this name; the message may give it another."""
        id_ = str(message.get("id") or "")
        outcome = _explained(
            self._call("PUT", provisioner_path(name), body=message), message, self._known.get(id_)
        )
        if isinstance(outcome, Answer):
            self._known[id_] = message
        return outcome

    def delete(self, name: str, id: str = "") -> Outcome:
        """Delete a provisioner by its name or, which wins, its id. Its admins go with it."""
        self.forget_admins()
        if id:
            return _explained(self._call("DELETE", BY_ID, [("id", id)]))
        return _explained(self._call("DELETE", provisioner_path(name)))

    def add_admin(self, subject: str, provisioner: str, *, super: bool) -> Outcome:
        """Make somebody an admin; needs a super admin. `provisioner` is a name."""
        self.forget_admins()
        body: JSON = {"subject": subject, "provisioner": provisioner, "type": ROLES[super]}
        return _explained(self._call("POST", ADMINS, body=body))

    def set_role(self, id: str, *, super: bool) -> Outcome:
        """Change the role of an admin; needs a super admin. For an unknown id the CA drops the connection."""
        self.forget_admins()
        outcome = self._call("PATCH", f"{ADMINS}/{id}", body={"type": ROLES[super]})
        if isinstance(outcome, Lost):
            return replace(outcome, suspects="it breaks off where it has no such admin: step ca admin list")
        return _explained(outcome)

    def remove_admin(self, id: str) -> Outcome:
        """Remove an admin; needs a super admin."""
        self.forget_admins()
        return _explained(self._call("DELETE", f"{ADMINS}/{id}"))

    def burn(self, lost: Lost) -> Burn:
        """Spend the token of a request whose outcome is unknown, by reading with one of the same id.

        The CA takes an id once, whatever the method and whoever signs it, and looks at that before anything
        that could refuse it later (certificates: authority/authorize.go; tried with v0.30.2).
        """
        try:
            outcome = self.connection.request(
                "GET",
                lost.path,
                [("limit", "1")],
                authorize=lambda: self.login.token(lost.path, lost.token_id),
            )
        except CaError:  # of a certificate that has to be renewed, and is not just now
            return Burn.UNKNOWN
        match outcome:
            case Refused(401, _, message) if "token already used" in message:
                return Burn.USED
            case Refused(401, _, message) if any(early in message for early in _BEFORE_THE_TOKEN):
                return Burn.UNKNOWN
            case Refused(404, _, message) if "unable to load provisioner from certificate" in message:
                return Burn.UNKNOWN
            case Answer() | Refused():
                return Burn.BURNT
            case _:
                return Burn.UNKNOWN

    def _call(
        self, method: str, path: str, query: Sequence[tuple[str, str]] = (), *, body: JSON = None
    ) -> Outcome:
        noting = self.before_change if method != "GET" else None
        authorize = Authorizer(self._tokens, path, noting)
        outcome = self.connection.request(method, path, query, body=body, authorize=authorize)
        return replace(outcome, token_id=authorize.id) if isinstance(outcome, Lost) else outcome

    def _authorizer(self, path: str) -> Authorizer:
        return Authorizer(self._tokens, path)

    def _one(self, path: str, query: Sequence[tuple[str, str]], what: str) -> Message | None:
        outcome = self._call("GET", path, query)
        match outcome:
            case Answer(_, dict() as value):
                if what == READ_A_PROVISIONER:
                    self._known[str(value.get("id") or "")] = value
                return value
            case Refused(404, "notFound", message) if "from certificate" not in message:
                return None
            case _:
                raise failure(self.connection, outcome, what)


def _explained(outcome: Outcome, sent: Message | None = None, before: Message | None = None) -> Outcome:
    """Return an outcome with what it means; what knows that is loaded for one that is no answer."""
    if isinstance(outcome, Answer):
        return outcome
    from shell.backends.admin.refusals import explained

    return explained(outcome, sent, before)


# Refusals of a token that the CA makes before it notes that the token was used.
_BEFORE_THE_TOKEN = (
    "error parsing x5c",
    "error verifying x5c certificate chain",
    "cannot be used for digital signature",
    "token flow is not supported",
)


def _listed(item: dict[str, JSON]) -> Admin:
    return Admin(
        str(item.get("id") or ""),
        str(item.get("subject") or ""),
        str(item.get("provisioner_id") or ""),
        item.get("type") == "2",
    )


def admin_of(message: Message) -> Admin:
    """Return the admin of a message, such as the answer to `add_admin`."""
    return Admin(
        str(message.get("id") or ""),
        str(message.get("subject") or ""),
        str(message.get("provisionerId") or ""),
        message.get("type") == "SUPER_ADMIN",
    )
