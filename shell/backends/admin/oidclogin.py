"""Logging in through an OIDC provisioner: the ID token of the provider is the token of the login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.admin.credential import certified
from shell.backends.admin.failures import LoginError
from shell.backends.admin.held import Renewing, now_utc
from shell.backends.admin.identity import IdentityFlow
from shell.backends.admin.login import LIFETIME
from shell.backends.admin.public import PublicApi
from shell.certs.request import new_key, signing_request
from shell.escape import visible
from shell.model import types
from shell.model.claims import duration_of
from shell.model.durations import SECOND, format_duration
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.credential import Credential
    from shell.backends.admin.identity import Browser
    from shell.model.values import JSON


class OidcLogin(Renewing):
    """A login through the OIDC provisioner of this name, with a browser.

    `subject` is the admin's; where it is empty it is the e-mail address that the provider vouches for. The
    certificate renews itself, so that the browser is needed once.
    """

    def __init__(
        self,
        connection: Connection,
        browser: Browser,
        *,
        provisioner: str,
        subject: str = "",
        lifetime: int = LIFETIME,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        super().__init__(connection, clock=clock)
        self._browser = browser
        self._name = provisioner
        self._subject = subject
        self._lifetime = lifetime

    @property
    def subject(self) -> str:
        """The admin's subject; before the login the one that was given."""
        names = self._held.chain.names if self._held else ()
        return self._subject or next((name for name in names if "@" in name), "".join(names[:1]))

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through."""
        return self._name

    def _first(self) -> Credential:
        provisioner = self._found()
        token = IdentityFlow(provisioner, self._browser).id_token()
        key = new_key()
        request = signing_request(
            key, self._subject or "step-shell", [self._subject] if self._subject else []
        )

        def ask(lifetime: str) -> dict[str, JSON]:
            return {"csr": request, "ott": token, "notAfter": lifetime, "notBefore": ""}

        return certified(self._connection, key, ask, self._asked_lifetime(provisioner), self._name)

    def _found(self) -> Provisioner:
        for entry in PublicApi(self._connection).provisioners():
            found = Provisioner(entry)
            if found.name == self._name and found.type is types.OIDC:
                return found
        raise LoginError(
            "login-no-such-provisioner",
            f'the CA has no OIDC provisioner "{visible(self._name)}" to log in through',
            hint="name one with --admin-provisioner",
        )

    def _asked_lifetime(self, provisioner: Provisioner) -> str:
        """Return the lifetime to ask for: an ID token is taken once, so only what is sure to be granted."""
        claims = provisioner.get(("claims",))
        longest = duration_of(claims, "maxTLSCertDuration") if isinstance(claims, dict) else None
        return format_duration(min(self._lifetime * SECOND, longest)) if longest else ""
