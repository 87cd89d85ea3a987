"""The two CAs of the contract: the real step-ca, and the simulated one that the fast tests run on."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from shell.backends.admin.connection import Connection
from shell.backends.admin.https import HttpsTransport
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.target import AdminCa
from tests.support.ca import CertificateAuthority
from tests.support.pki import Pki
from tests.support.simulatedca import CannotStart, SimulatedCa


class Bench(Protocol):
    """A CA with the provisioner and super admin `admin` / `step`, whose password is that of the PKI."""

    pki: Pki

    def target(self, **login: Any) -> AdminCa:
        """Return the CA as a target, on a connection of its own; `login` goes to PasswordLogin."""

    def connection(self) -> Connection:
        """Return a new connection."""

    def reload(self) -> bool:
        """Let it take up its database again; whether it does."""


class _Bench:
    def __init__(self, pki: Pki) -> None:
        self.pki = pki

    def connection(self) -> Connection:
        """Return a new connection."""
        raise NotImplementedError

    def target(self, **login: Any) -> AdminCa:
        """Return the CA as a target, on a connection of its own."""
        connection = self.connection()
        login = {"password": lambda _: self.pki.password.encode(), "provisioner": "admin", **login}
        return AdminCa(connection, PasswordLogin(connection, **login))


class Simulated(_Bench):
    """The simulated CA."""

    def __init__(self, pki: Pki) -> None:
        super().__init__(pki)
        self.ca = SimulatedCa(pki)

    def connection(self) -> Connection:
        """Return a new connection."""
        return Connection(self.ca.transport())

    def reload(self) -> bool:
        """Let it take up its database again; whether it does."""
        try:
            self.ca.reload()
        except CannotStart:
            return False
        return True


class Real(_Bench):
    """The real step-ca."""

    def __init__(self, pki: Pki, ca: CertificateAuthority) -> None:
        super().__init__(pki)
        self.ca = ca

    def connection(self) -> Connection:
        """Return a new connection."""
        return Connection(HttpsTransport(self.ca.url, root_pem=self.pki.root.read_text()))

    def reload(self) -> bool:
        """Send SIGHUP; whether the log says that it was taken."""
        return self.ca.reload().kind == "accepted"


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.live)])
def bench(request: pytest.FixtureRequest, pki: Pki) -> Bench:
    """Return a CA: simulated, and real."""
    if request.param == "simulated":
        return Simulated(pki)
    return Real(pki, request.getfixturevalue("remote_ca"))
