"""Logging in as an admin, once for a session.

An admin request needs a token signed with the key of a certificate that a provisioner issued to the
admin. The certificate is got when the first such request is made, and got anew before it expires, with
the key that was opened for the first; nothing of it is written to a disk.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from shell.backends.admin.credential import certified, credential, renewed
from shell.backends.admin.failures import LoginError
from shell.backends.admin.public import PublicApi
from shell.certs import pem
from shell.certs.pemkeys import load_key, public_half, public_sha256
from shell.certs.request import new_key, read_chain, signing_request
from shell.errors import ShellError
from shell.escape import visible
from shell.keys.jwe import decrypt_key
from shell.keys.tokens import one_time_token
from shell.model import types
from shell.model.claims import ttl
from shell.model.durations import SECOND, format_duration
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.credential import Credential
    from shell.certs.pemkeys import PrivateKey
    from shell.keys.jwk import Jwk
    from shell.model.values import JSON

DEFAULT_SUBJECT = "step"
LIFETIME = 8 * 3600
"""The lifetime of a certificate that is asked for, in seconds; the provisioner may allow less."""
_EARLY = 0.25
_EARLIEST = timedelta(minutes=10)
# Types whose tokens the CA lets be used again; a request signed with their certificates cannot be burnt.
_REUSABLE = (3, 4, 5, 8)


class Login(Protocol):
    """An admin, as whom requests are signed."""

    @property
    def subject(self) -> str:
        """The admin's subject."""

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through; empty before it is known."""

    @property
    def not_after(self) -> datetime | None:
        """When the certificate in hand expires; None before the login."""

    @property
    def logged_in(self) -> bool:
        """Whether there is a certificate in hand."""

    @property
    def can_rehearse(self) -> bool:
        """Whether a fresh login can be tried at any time, without asking anybody."""

    @property
    def burnable(self) -> bool:
        """Whether a token that was used once is refused ever after."""

    def token(self, path: str) -> str:
        """Return the token of a request to this decoded path, logging in or renewing before; raises LoginError."""

    def rehearse(self) -> Login:
        """Return another login of the same admin, with a certificate got just now; raises LoginError."""


class _Held:
    """A login with a certificate that is renewed before it expires."""

    can_rehearse = False

    def __init__(self, connection: Connection, *, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock
        self._held: Credential | None = None

    @property
    def not_after(self) -> datetime | None:
        """When the certificate in hand expires; None before the login."""
        return self._held.chain.leaf.not_after if self._held else None

    @property
    def logged_in(self) -> bool:
        """Whether there is a certificate in hand."""
        return self._held is not None

    @property
    def burnable(self) -> bool:
        """Whether a token that was used once is refused ever after."""
        mark = self._held.chain.provisioner if self._held else None
        return mark is None or mark.type not in _REUSABLE

    def token(self, path: str) -> str:
        """Return the token of a request to this decoded path; raises LoginError."""
        return self._current().signer.token(path, int(self._clock().timestamp()))

    def _current(self) -> Credential:
        if self._held is None:
            self._held = self._first()
        elif self._is_due(self._held):
            self._held = self._next(self._held)
        return self._held

    def _is_due(self, held: Credential) -> bool:
        leaf = held.chain.leaf
        early = min((leaf.not_after - leaf.not_before) * _EARLY, _EARLIEST)
        return self._clock() >= leaf.not_after - early

    def _is_over(self, held: Credential) -> bool:
        return self._clock() >= held.chain.leaf.not_after

    def _first(self) -> Credential:
        raise NotImplementedError

    def _next(self, held: Credential) -> Credential:
        raise NotImplementedError


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


class PasswordLogin(_Held):
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
        clock: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__(connection, clock=clock)
        self._password = password
        self._subject = subject
        self._wanted = provisioner
        self._lifetime = lifetime
        self._private: Jwk | None = None
        self._provisioner = Provisioner({"name": provisioner})

    @property
    def subject(self) -> str:
        """The admin's subject."""
        return self._subject

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through; empty before it is known."""
        return self._provisioner.name

    def rehearse(self) -> PasswordLogin:
        """Return another login of the same admin with a new certificate; the key is the one opened before.

        The provisioner is looked up anew: a login from now on would have to use what it is now.
        """
        other = PasswordLogin(
            self._connection,
            password=self._password,
            subject=self._subject,
            provisioner=self._provisioner.name or self._wanted,
            lifetime=self._lifetime,
            clock=self._clock,
        )
        other._private = self._private  # opened once; `_open` takes it only if it is still the key
        other._current()
        return other

    def _first(self) -> Credential:
        self._provisioner = self._chosen()
        self._private = self._opened(self._provisioner, self._private)
        return self._certified(self._private)

    def _next(self, held: Credential) -> Credential:
        assert self._private is not None  # there was a first
        try:
            return self._certified(self._private)
        except ShellError:
            if self._is_over(held):
                raise
            return held  # it still holds, and a commit may need it to take things back

    def _chosen(self) -> Provisioner:
        """Return the JWK provisioner to log in through, as the CA publishes it."""
        everything = [Provisioner(entry) for entry in PublicApi(self._connection).provisioners()]
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

    def _opened(self, provisioner: Provisioner, known: Jwk | None) -> Jwk:
        """Return the provisioner's private key; the password is asked only where it is not the one known."""
        key = provisioner.get(("key", "kid"))
        if known is not None and known.get("kid") == key:
            return known
        name = visible(provisioner.name)
        password = self._password(f'Login password of "{name}" for the admin {visible(self._subject)}')
        try:
            return decrypt_key(str(provisioner.get(("encryptedKey",))), password)
        except ShellError as error:
            if error.code != "key-password-wrong":
                raise
            raise LoginError(
                "login-password-wrong",
                f'the password does not open the key of the provisioner "{name}"',
                hint="it is the password of the admin's own provisioner; --admin-password-file names a file with it",
            ) from None

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


class CertificateLogin(_Held):
    """A login with a certificate that the admin has already, and its key.

    `certificate_pem` must have the certificates that lead to the root as well, `password(prompt)` is asked
    for an encrypted key. The certificate renews itself in memory where its provisioner allows it. Raises
    ShellError where the two cannot be read or do not belong together.
    """

    def __init__(
        self,
        connection: Connection,
        certificate_pem: bytes,
        key_pem: bytes,
        *,
        password: Callable[[str], bytes] | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        super().__init__(connection, clock=clock)
        try:
            chain = read_chain([certificate_pem.decode("ascii", "replace")])
        except ValueError as error:
            raise LoginError(
                "login-certificate-malformed",
                f"the admin's certificate cannot be read: {visible(str(error))}",
                hint="--admin-cert names a PEM file with the certificate and the intermediate certificate",
            ) from None
        key = _private_key(key_pem, password)
        self._given = credential(chain, key)
        leaf = load_key(pem.PemBlock("CERTIFICATE", {}, chain.leaf.der), "--admin-cert", None)
        if public_sha256(public_half(leaf)) != public_sha256(public_half(key)):
            raise LoginError(
                "login-key-mismatch",
                "the key of --admin-key does not belong to the certificate of --admin-cert",
                hint="name the two files that were made together",
            )

    @property
    def subject(self) -> str:
        """The first name of the certificate."""
        names = self._given.chain.names
        return names[0] if names else ""

    @property
    def provisioner(self) -> str:
        """The provisioner that the certificate says it came from."""
        mark = self._given.chain.provisioner
        return mark.name if mark else ""

    def rehearse(self) -> CertificateLogin:
        """Raise: a fresh login would need what its holder did to get the certificate."""
        raise LoginError(
            "login-no-rehearsal",
            "with --admin-cert it cannot be tried whether a new login would still work",
            hint="log in through a JWK provisioner with a password",
        )

    def _first(self) -> Credential:
        leaf = self._given.chain.leaf
        if self._is_over(self._given):
            raise self._expired(self._given)
        if self._clock() < leaf.not_before:
            raise LoginError(
                "clock-skew",
                f"the admin's certificate is valid only from {leaf.not_before:%Y-%m-%dT%H:%M:%SZ}",
                hint="look at the clock of this machine",
            )
        return self._next(self._given) if self._is_due(self._given) else self._given

    def _next(self, held: Credential) -> Credential:
        new = renewed(self._connection, held, int(self._clock().timestamp()))
        if new is None and self._is_over(held):
            raise self._expired(held)
        return new or held

    def _expired(self, held: Credential) -> LoginError:
        return LoginError(
            "login-certificate-expired",
            f"the admin's certificate expired at {held.chain.leaf.not_after:%Y-%m-%dT%H:%M:%SZ}",
            hint="get a new one with `step ca certificate`, or log in with a password",
        )


def _private_key(data: bytes, password: Callable[[str], bytes] | None) -> PrivateKey:
    block, _ = pem.first(data)
    if block is None:
        raise LoginError(
            "login-key-malformed",
            "the admin's key cannot be read: it is not PEM text",
            hint="--admin-key names the PEM file of the private key",
        )
    ask = (lambda: password("Password of the key in --admin-key")) if password else None
    key = load_key(block, "--admin-key", ask)
    if key is public_half(key):
        raise LoginError(
            "login-key-malformed",
            "what --admin-key names is a public key",
            hint="name the PEM file of the private key",
        )
    return key  # type: ignore[return-value]  # the public ones were refused


__all__ = ["CertificateLogin", "Login", "LoginError", "PasswordLogin"]
