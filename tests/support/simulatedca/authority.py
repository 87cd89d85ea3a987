"""One node of a simulated CA, with a database that nodes can share.

What it knows of step-ca v0.30.2 is what `reference` and certificates: authority/{provisioners,admins}.go
and administrator/collection.go say: admins are indexed by the name that their provisioner had when the
node loaded, an update replaces everything, a removal takes along the admins that the index finds.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shell.backends.admin.connection import Connection
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.target import AdminCa
from tests.support.pki import Pki
from tests.support.simulatedca import listing
from tests.support.simulatedca.access import Access, Denied
from tests.support.simulatedca.faults import Request, SimulatedTransport
from tests.support.simulatedca.issuing import Issuer
from tests.support.simulatedca.provisioners import AdminError, Provisioners

Message = dict[str, Any]
ZERO_TIME = "0001-01-01T00:00:00Z"
NOBODY = "00000000-0000-0000-0000-000000000000"


class CannotStart(Exception):
    """step-ca would not start with what is in the database."""


class Database:
    """What nodes share: provisioners and admins by id as messages, tokens used, serial numbers by provisioner."""

    def __init__(self) -> None:
        self.provisioners: dict[str, Message] = {}
        self.admins: dict[str, Message] = {}
        self.used: set[str] = set()
        self.issued: dict[int, str] = {}


class SimulatedCa:
    """A node. `database.provisioners` and `.admins` are edited like data; `reload` takes them up.

    `clock` gives its time; `management` switches the admin API. Without a database given there is one JWK
    provisioner `admin` with the super admin `step`, as the fixture `remote_ca` has it.
    """

    def __init__(
        self, pki: Pki, database: Database | None = None, *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.pki = pki
        self.address = "192.0.2.1:9000"
        self.leaf = uuid.uuid4().hex
        self.url = "https://ca.example.com:9000"
        self.management = True
        self.now = clock or (lambda: datetime.now(UTC))
        self.issuer = Issuer(pki)
        self.database = database or Database()
        if database is None:
            first = self.add({**listing.message_of(pki.jwk())})
            self.add_admin("step", first)
        self.cache = Provisioners()
        self.access = Access(self)
        self.super_count = 0
        self.by_subject: dict[tuple[str, str], str] = {}
        self.by_provisioner: dict[str, list[str]] = {}
        self.reload()

    # for tests

    def transport(self) -> SimulatedTransport:
        """Return a new way to this node."""
        return SimulatedTransport(self)

    def target(self, transport: SimulatedTransport | None = None, **login: Any) -> AdminCa:
        """Return this CA as a target, with the password login of its first admin."""
        connection = Connection(transport or self.transport(), wall=lambda: self.now().timestamp())
        login.setdefault("password", lambda _: self.pki.password.encode())
        login.setdefault("provisioner", "admin")
        return AdminCa(connection, PasswordLogin(connection, clock=self.now, **login))

    def node(self) -> SimulatedCa:
        """Return a second node on the same database, with a cache of its own."""
        other = SimulatedCa(self.pki, self.database, clock=self.now)
        other.address = "192.0.2.2:9000"
        return other

    def add(self, message: Message) -> str:
        """Put a provisioner into the database, as it is; a node sees it after `reload`."""
        id_ = str(uuid.uuid4())
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        given = {"id": id_, "authorityId": NOBODY, "createdAt": created, "deletedAt": ZERO_TIME}
        self.database.provisioners[id_] = {**copy.deepcopy(message), **given}
        return id_

    def add_admin(self, subject: str, provisioner_id: str, *, super: bool = True) -> str:
        """Put an admin into the database; a node sees him after `reload`."""
        id_ = str(uuid.uuid4())
        role = "SUPER_ADMIN" if super else "ADMIN"
        self.database.admins[id_] = {
            "id": id_,
            "authorityId": NOBODY,
            "subject": subject,
            "provisionerId": provisioner_id,
            "type": role,
        }
        return id_

    def state(self) -> tuple[dict[str, Message], set[tuple[str, str, str]]]:
        """Return what the database means: provisioners by name without what the CA gave them, and admins.

        An admin is subject, name of the provisioner, role.
        """
        given = ("id", "authorityId", "createdAt", "deletedAt")
        messages = {
            message["name"]: {name: value for name, value in message.items() if name not in given}
            for message in self.database.provisioners.values()
        }
        admins = {
            (
                admin["subject"],
                self.database.provisioners.get(admin["provisionerId"], {}).get("name", ""),
                admin["type"],
            )
            for admin in self.database.admins.values()
        }
        return copy.deepcopy(messages), admins

    def reload(self) -> None:
        """Take up the database, as a SIGHUP or a restart does. Raises CannotStart where step-ca would not.

        It shows another certificate from then on.
        """
        cache = Provisioners()
        for message in self.database.provisioners.values():
            try:
                cache.load(message)
            except AdminError as error:
                raise CannotStart(error.message) from None
        by_subject: dict[tuple[str, str], str] = {}
        by_provisioner: dict[str, list[str]] = {}
        for id_, admin in sorted(self.database.admins.items()):
            owner = self.database.provisioners.get(admin["provisionerId"])
            if owner is None:
                raise CannotStart(f"provisioner {admin['provisionerId']} not found when loading admin {id_}")
            if (admin["subject"], owner["name"]) in by_subject:
                raise CannotStart("cannot add multiple admins with the same subject and provisioner")
            by_subject[admin["subject"], owner["name"]] = id_
            by_provisioner.setdefault(owner["name"], []).append(id_)
        self.cache, self.by_subject, self.by_provisioner = cache, by_subject, by_provisioner
        self.known_admins = dict(self.database.admins)
        self.super_count = sum(admin["type"] == "SUPER_ADMIN" for admin in self.database.admins.values())
        self.access.started = self.now()
        self.leaf = uuid.uuid4().hex

    # answering

    def answer(self, request: Request) -> tuple[int, Any]:
        """Return status and body for a request; status 0 is a handler that died."""
        if request.path.startswith("/admin/") or request.path == "/admin":
            return self._answer_admin(request)
        return self.access.answer_public(request)

    def _answer_admin(self, request: Request) -> tuple[int, Any]:
        if not self.management:
            return 404, b"404 page not found\n"
        try:
            self.access.authorize(request)
            return self._route(request)
        except (Denied, AdminError) as error:
            details = {404: "resource not found", 400: "bad request", 401: "unauthorized", 409: "conflict"}
            detail = details.get(error.status, "the server experienced an internal error")
            return error.status, {"type": error.type, "detail": detail, "message": error.message}
        except ConnectionAbortedError:
            return 0, b""

    def _route(self, request: Request) -> tuple[int, Any]:
        match request.method, request.path.split("/")[2:]:
            case "GET", ["provisioners"]:
                entries = [listing.listed(message) for message in self.cache.by_id.values()]
                return 200, listing.page(entries, request.query, "provisioners", lambda entry: entry["name"])
            case "POST", ["provisioners"]:
                return 201, self._create(_parsed(request))
            case "GET", ["provisioners", name]:
                return 200, copy.deepcopy(self._stored(self._id(name, request, "loading")))
            case "PUT", ["provisioners", name]:
                return 200, self._update(name, _parsed(request))
            case "DELETE", ["provisioners", name]:
                return 200, self._delete(self._id(name, request, "loading"))
            case "GET", ["admins"]:
                admins = sorted(self.known_admins.values(), key=lambda admin: str(admin["id"]))
                rows = [listing.listed_admin(admin) for admin in admins]
                return 200, listing.page(rows, request.query, "admins", lambda row: row["id"])
            case method, ["admins", *rest] if len(rest) < 2:
                return self._admins(method, rest[0] if rest else "", request)
            case "GET", ["policy"]:
                raise AdminError(404, "notFound", "authority policy does not exist")
            case _:
                return 404, b"404 page not found\n"

    def _id(self, name: str, request: Request, doing: str) -> str:
        wanted = request.query.get("id")
        found = wanted if wanted in self.cache.by_id else None if wanted else self.cache.id_of(name)
        if found is None:
            shown = wanted or name
            raise AdminError(
                404, "notFound", f"error {doing} provisioner {shown}: provisioner {shown} not found"
            )
        return found

    def _stored(self, id_: str) -> Message:
        """Return what the database has; another node may have removed what this one still knows."""
        if id_ not in self.database.provisioners:
            raise AdminError(404, "deleted", f"provisioner {id_} is deleted")
        return self.database.provisioners[id_]

    def _create(self, message: Message) -> Message:
        self.cache.check_new(message)
        id_ = self.add(message)
        self.cache.load(self.database.provisioners[id_])
        return {"id": id_, **{name: value for name, value in message.items() if name != "id"}}

    def _update(self, name: str, message: Message) -> Message:
        id_ = self.cache.id_of(name)
        if id_ is None:
            why = (
                f"error loading provisioner from cached configuration '{name}': provisioner {name} not found"
            )
            raise AdminError(404, "notFound", why)
        self.cache.check_update(self.database.provisioners[id_], message)
        self.database.provisioners[id_] = copy.deepcopy(message)
        self.cache.replace(self.database.provisioners[id_])
        return message

    def _delete(self, id_: str) -> Message:
        name = self.cache.by_id[id_]["name"]
        mine = self.by_provisioner.get(name, [])
        supers = sum(self.database.admins[one]["type"] == "SUPER_ADMIN" for one in mine)
        if supers == self.super_count:
            why = f"cannot remove provisioner {name} because no super admins will remain"
            raise AdminError(400, "badRequest", f"error removing provisioner {name}: {why}")
        for admin in list(mine):
            self._remove_admin(admin)
        del self.database.provisioners[id_]
        self.cache.remove(id_)
        return {"status": "ok"}

    def _admins(self, method: str, id_: str, request: Request) -> tuple[int, Any]:
        if method == "POST" and not id_:
            return 201, self._add_admin(_parsed(request))
        found = self.database.admins.get(id_)
        if method == "PATCH":
            if found is None:
                raise ConnectionAbortedError  # the handler dies of it
            return 200, self._change_role(found, _parsed(request))
        if found is None:
            doing = "deleting" if method == "DELETE" else "loading"
            why = f"error {doing} admin {id_}: error removing admin {id_} from authority cache: admin {id_} not found"
            raise AdminError(404, "notFound", why if method == "DELETE" else f"admin {id_} not found")
        if method == "DELETE":
            self._remove_admin(id_)
            return 200, {"status": "ok"}
        return 200, dict(found)

    def _add_admin(self, body: Message) -> Message:
        if not body.get("subject"):
            raise AdminError(400, "badRequest", "subject cannot be empty")
        if body.get("type") not in (1, 2):
            raise AdminError(400, "badRequest", "invalid value for admin type")
        subject, name = body["subject"], body.get("provisioner", "")
        owner = self.cache.id_of(name)
        if owner is None:
            why = f"error loading provisioner {name}: provisioner {name} not found"
            raise AdminError(404, "notFound", why)
        if (subject, name) in self.by_subject:
            why = f"admin with subject {subject} and provisioner {name} already exists"
            raise AdminError(400, "badRequest", f"error storing admin: {why}")
        id_ = self.add_admin(subject, owner, super=body["type"] == 2)
        self.by_subject[subject, name] = id_
        self.known_admins[id_] = self.database.admins[id_]
        self.by_provisioner.setdefault(name, []).append(id_)
        self.super_count += body["type"] == 2
        return dict(self.database.admins[id_])

    def _change_role(self, admin: Message, body: Message) -> Message:
        role = {1: "ADMIN", 2: "SUPER_ADMIN"}.get(body.get("type", 0))
        if role is None:
            raise AdminError(400, "badRequest", "invalid value for admin type")
        if admin["type"] == "SUPER_ADMIN" != role and self.super_count == 1:
            why = f"error updating cached admin {admin['id']}: cannot change role of last super admin"
            raise AdminError(400, "badRequest", f"error updating admin {admin['id']}: {why}")
        admin["type"] = role  # the count of super admins stays as it was
        return dict(admin)

    def _remove_admin(self, id_: str) -> None:
        admin = self.database.admins[id_]
        prefix = f"error deleting admin {id_}: error removing admin {id_} from authority cache: "
        if admin["type"] == "SUPER_ADMIN" and self.super_count == 1:
            raise AdminError(400, "badRequest", prefix + "cannot remove the last super admin")
        owner = self.cache.by_id.get(admin["provisionerId"])
        if owner is None:
            why = f"provisioner {admin['provisionerId']} for admin {id_} not found"
            raise AdminError(404, "notFound", prefix + why)
        name = owner["name"]
        if id_ not in self.by_provisioner.get(name, []):
            # the provisioner was renamed since the node loaded: the index has the old name
            raise AdminError(404, "notFound", prefix + f"admins not found for provisioner {name}")
        self.by_provisioner[name].remove(id_)
        self.by_subject.pop((admin["subject"], name), None)
        self.super_count -= admin["type"] == "SUPER_ADMIN"
        del self.database.admins[id_], self.known_admins[id_]


def _parsed(request: Request) -> Message:
    try:
        body = json.loads(request.body or b"")
    except ValueError:
        raise AdminError(400, "badRequest", "syntax error (line 1:1): unexpected token") from None
    if not isinstance(body, dict):
        raise AdminError(400, "badRequest", "syntax error (line 1:1): unexpected token [")
    return body
