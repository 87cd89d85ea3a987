"""Logging in as an admin, once for a session.

An admin request needs a token signed with the key of a certificate that a provisioner issued to the
admin. The certificate is got when the first such request is made, and got anew before it expires, with
the key that was opened for the first; nothing of it is written to a disk.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shell.backends.admin.certificatelogin import CertificateLogin
from shell.backends.admin.credential import certified
from shell.backends.admin.failures import LoginError
from shell.backends.admin.held import Held, Login, now_utc
from shell.backends.admin.public import PublicApi
from shell.certs.request import new_key, signing_request
from shell.errors import ShellError
from shell.escape import visible
from shell.keys.jwe import decrypt_key
from shell.keys.tokens import one_time_token
from shell.model import types
from shell.model.claims import ttl
from shell.model.durations import SECOND, format_duration
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.credential import Credential
    from shell.keys.jwk import Jwk
    from shell.model.values import JSON

DEFAULT_SUBJECT = "step"
LIFETIME = 8 * 3600
"""The lifetime of a certificate that is asked for, in seconds; the provisioner may allow less."""
# What a login says that used a provisioner as it was when somebody read it.
_OUTDATED = ("login-no-such-provisioner", "login-not-authorized", "login-provisioner-disabled")


class PasswordLogin(Held):
    """A login through a JWK provisioner, whose key the admin's login password opens.

    `password(prompt)` is asked once, when the first admin request is made. `provisioner` may be empty
    where there is only one that can be used. `lifetime` is that of a certificate, in seconds.
    """

    can_rehearse = True

    def __init__(
        self,
        connection: Connection,
        *,
        password: Callable[[str], bytes],
        subject: str = DEFAULT_SUBJECT,
        provisioner: str = "",
        lifetime: int = LIFETIME,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        super().__init__(connection, clock=clock)
        self._password = password
        self._subject = subject
        self._wanted = provisioner
        self._lifetime = lifetime
        self._private: Jwk | None = None
        self._sealed = ""
        self._provisioner = Provisioner({"name": provisioner})

    @property
    def subject(self) -> str:
        """The admin's subject."""
        return self._subject

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through; empty before it is known."""
        return self._provisioner.name

    def rehearse(self, password: Callable[[str], bytes] | None = None) -> PasswordLogin:
        """Return another login of the same admin with a new certificate.

        The provisioner is looked up anew: a login from now on has to use what it is now. Its key is the one
        opened before; where it was put under another password, `password` (or the login's own) is asked.
        """
        other = PasswordLogin(
            self._connection,
            password=password or self._password,
            subject=self._subject,
            provisioner=self._provisioner.name or self._wanted,
            lifetime=self._lifetime,
            clock=self._clock,
        )
        other._private, other._sealed = self._private, self._sealed
        if self._is_sealed_as_before():
            other.published = [self._provisioner.members]
        other._current()
        return other

    def _is_sealed_as_before(self) -> bool:
        """Whether the CA gives the same encrypted key for the same key: one request in place of a list."""
        if self._private is None:
            return False
        now = PublicApi(self._connection).encrypted_key(str(self._private["kid"]))
        return now is not None and now == self._sealed

    def _first(self) -> Credential:
        """Log in with what was published when it was read; where that does not work, with what is now."""
        if self.published is not None:
            try:
                return self._through(self._chosen(self.published))
            except LoginError as error:
                if error.code not in _OUTDATED:
                    raise
        return self._through(self._chosen(PublicApi(self._connection).provisioners()))

    def _through(self, provisioner: Provisioner) -> Credential:
        self._provisioner = provisioner
        self._private = self._opened(provisioner)
        return self._certified(self._private)

    def _next(self, held: Credential) -> Credential:
        assert self._private is not None  # there was a first
        try:
            return self._certified(self._private)
        except ShellError:
            if self.is_over(held):
                raise
            return held  # it still holds, and a commit may need it to take things back

    def _chosen(self, entries: Sequence[dict[str, JSON]]) -> Provisioner:
        """Return the JWK provisioner to log in through, among those that the CA publishes."""
        everything = [Provisioner(entry) for entry in entries]
        fit = [one for one in everything if one.type is types.JWK and one.get(("encryptedKey",))]
        if self._wanted:
            found = [one for one in everything if one.name == self._wanted]
            if not found:
                raise self._unknown(everything)
            if found[0] not in fit:
                raise LoginError(
                    "login-flow-unsupported",
                    f'nobody can log in with a password through "{visible(self._wanted)}", which is '
                    f"{_described(found[0])}",
                    hint="log in through a JWK provisioner, or with --admin-cert and --admin-key",
                )
            return found[0]
        if len(fit) == 1:
            return fit[0]
        names = ", ".join(visible(one.name) for one in fit[:10])
        raise LoginError(
            "login-which-provisioner" if fit else "login-no-provisioner",
            f"{len(fit)} provisioners could be logged in through"
            if fit
            else "the CA has no JWK provisioner to log in through with a password",
            hint=f"name one with --admin-provisioner: {names}" if fit else "use --admin-cert and --admin-key",
        )

    def _unknown(self, everything: list[Provisioner]) -> LoginError:
        names = ", ".join(visible(one.name) for one in everything if one.type is types.JWK)
        return LoginError(
            "login-no-such-provisioner",
            f'the CA has no provisioner "{visible(self._wanted)}" to log in through',
            hint=f"name one with --admin-provisioner: {names or '(there is none)'}",
        )

    def _opened(self, provisioner: Provisioner) -> Jwk:
        """Return the provisioner's private key; the password is asked only where it is not the one known."""
        key, sealed = provisioner.get(("key", "kid")), str(provisioner.get(("encryptedKey",)))
        if self._private is not None and (self._private.get("kid"), self._sealed) == (key, sealed):
            return self._private
        name = visible(provisioner.name)
        password = self._password(f'Login password of "{name}" for the admin {visible(self._subject)}')
        try:
            opened = decrypt_key(sealed, password)
        except ShellError as error:
            if error.code != "key-password-wrong":
                raise
            raise LoginError(
                "login-password-wrong",
                f'the password does not open the key of the provisioner "{name}"',
                hint="it is the password of the admin's own provisioner; --admin-password-file names a file with it",
            ) from None
        self._sealed = sealed
        return opened

    def _certified(self, private: Jwk) -> Credential:
        key = new_key()
        sans = [self._subject]
        request = signing_request(key, self._subject, sans)

        def ask(lifetime: str) -> dict[str, JSON]:
            token = one_time_token(
                private,
                issuer=self._provisioner.name,
                subject=self._subject,
                sans=sans,
                audience=f"{self._connection.url}/1.0/sign",
                root_sha256=self._connection.root_sha256,
                now=int(self._clock().timestamp()),
            )
            return {"csr": request, "ott": token, "notAfter": lifetime, "notBefore": ""}

        return certified(self._connection, key, ask, self._asked_lifetime(), self._provisioner.name)

    def _asked_lifetime(self) -> str:
        shortest, _, longest = ttl(self._provisioner, None)
        return format_duration(max(shortest, min(self._lifetime * SECOND, longest)))


def _described(provisioner: Provisioner) -> str:
    if provisioner.type is types.JWK:
        return "a JWK provisioner whose private key the CA does not have"
    return f"of type {visible(provisioner.type_name)}"


__all__ = ["DEFAULT_SUBJECT", "LIFETIME", "CertificateLogin", "Login", "LoginError", "PasswordLogin"]
