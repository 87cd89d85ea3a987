"""What a CA tells everybody: its provisioners, its version, and whether it has an admin API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.backends.admin.addresses import ADMINS
from shell.backends.admin.failures import CaError, failure
from shell.backends.admin.outcome import Answer, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.outcome import Outcome
    from shell.model.values import JSON

PAGE = 100
"""The most that step-ca gives at once (certificates: api/read, limits)."""


@dataclass(frozen=True, slots=True)
class Management:
    """Whether a CA can be changed remotely, and if not, why."""

    on: bool
    reason: str = ""


class PublicApi:
    """The endpoints that need no login; every method raises CaError where the CA does not answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def provisioners(self) -> list[dict[str, JSON]]:
        """Return every provisioner as the CA publishes it, in its order."""
        return list(pages(self._connection, "/provisioners", "provisioners", None))

    def version(self) -> str:
        """Return the version of step-ca."""
        outcome = self._connection.request("GET", "/version")
        if not isinstance(outcome, Answer):
            raise failure(self._connection, outcome, "ask for the version")
        return str(_members(outcome).get("version") or "")

    def encrypted_key(self, key_id: str) -> str | None:
        """Return the encrypted private key of a JWK provisioner, or None where the CA has none to give."""
        outcome = self._connection.request("GET", f"/provisioners/{key_id}/encrypted-key")
        if isinstance(outcome, Refused) and outcome.status == 404:
            return None
        if not isinstance(outcome, Answer):
            raise failure(self._connection, outcome, "get the encrypted key of the login")
        return str(_members(outcome).get("key") or "") or None

    def management(self) -> Management:
        """Say whether the admin API is on: it then asks for a token (authority/admin/api/middleware.go)."""
        outcome = self._connection.request("GET", ADMINS)
        match outcome:
            case Refused(401, "unauthorized"):
                return Management(True)
            case Refused(404 | 501):
                return Management(False, "its remote management (the admin API) is off")
            case Answer():
                raise CaError(
                    "not-a-ca",
                    f"what answers at {self._connection.url} is not step-ca: it lists admins to everybody",
                    hint="check --ca-url",
                    outcome=outcome,
                )
            case _:
                raise failure(self._connection, outcome, "ask whether remote management is on")


def pages(
    connection: Connection, path: str, member: str, authorize: Callable[[], str] | None
) -> Iterator[dict[str, JSON]]:
    """Yield the items of a list that the CA gives page by page; raises CaError."""
    cursor, seen = "", set[str]()
    while True:
        query = [("limit", str(PAGE)), *([("cursor", cursor)] if cursor else [])]
        outcome = connection.request("GET", path, query, authorize=authorize)
        if not isinstance(outcome, Answer):
            raise failure(connection, outcome, f"list the {member}")
        page = _members(outcome)
        items, following = page.get(member), page.get("nextCursor")
        # an empty list is published as null
        yield from (item for item in items or () if isinstance(item, dict)) if isinstance(items, list) else ()
        if member not in page or not isinstance(following, str) or following in seen:
            raise _not_a_list(connection, outcome, member)
        if not following:
            return
        cursor = following
        seen.add(cursor)


def _not_a_list(connection: Connection, outcome: Outcome, member: str) -> CaError:
    return CaError(
        "not-a-ca",
        f"what answers at {connection.url} is not step-ca: its list of {member} is none of step-ca",
        hint="check --ca-url",
        outcome=outcome,
    )


def _members(outcome: Answer) -> dict[str, JSON]:
    return outcome.json if isinstance(outcome.json, dict) else {}
