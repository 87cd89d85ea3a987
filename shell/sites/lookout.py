"""Looking at a CA without making anybody wait who works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shell.backends.admin.connection import Connection
from shell.backends.admin.https import HttpsTransport, Timeouts
from shell.backends.admin.public import PublicApi
from shell.backends.admin.target import CaReading, fingerprint_of
from shell.sites.onca import CaSite

if TYPE_CHECKING:
    from datetime import datetime

    from shell.backends.admin.target import AdminCa
    from shell.sites.site import Reading, Site

_PATIENCE = Timeouts(connect=5.0, read=5.0)


class Standing(NamedTuple):
    """Which CA a session is on, and who is logged in until when.

    The texts are empty and the time is None as long as these are not known.
    """

    root: str
    admin: str
    until: datetime | None


def standing(site: Site) -> Standing | None:
    """Return how things stand at a CA, None at a file. Nothing is asked for it."""
    if not isinstance(site, CaSite):
        return None
    login = site.backend.login
    if login is None or not login.logged_in:
        return Standing(site.backend.connection.root_sha256, "", None)
    return Standing(site.backend.connection.root_sha256, login.subject, login.not_after)


def known_admins(site: Site) -> list[str]:
    """Return the subjects of the admins of a CA as far as they were read, or of who is logged in; nothing is asked."""
    return site.known_admins if isinstance(site, CaSite) else []


class Lookout:
    """Looks at what the node publishes that a session works on, over a connection of its own; it logs nobody in."""

    def __init__(self, ca: AdminCa) -> None:
        known = ca.connection
        self._ca = ca
        self._connection = Connection(
            HttpsTransport(
                known.url,
                root_pem=ca.root_pem,
                fingerprint="" if ca.root_pem else known.root_sha256,
                timeouts=_PATIENCE,
                node=known.address,
            )
        )

    def learn(self) -> None:
        """Find out what a session asks a CA once, so that no line waits for that; raises CaError."""
        self._ca.learn(PublicApi(self._connection))

    def fingerprint(self) -> str:
        """Return the fingerprint of what the CA publishes now; raises CaError where it does not answer."""
        self._connection.exchanges.clear()  # which would grow as long as the prompt is open
        return fingerprint_of(PublicApi(self._connection).provisioners())


def lookout(site: Site) -> Lookout | None:
    """Return what looks at the CA of a session that has been read; None at a file."""
    return Lookout(site.backend) if isinstance(site, CaSite) else None


def published_fingerprint(reading: Reading) -> str:
    """Return the fingerprint of what the CA published; empty where that was not what was read."""
    return reading.fingerprint if isinstance(reading, CaReading) and reading.source == "public" else ""
