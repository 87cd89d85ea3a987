"""Logging in with a certificate that the admin has already, and its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.admin.credential import credential
from shell.backends.admin.failures import LoginError
from shell.backends.admin.held import Renewing, now_utc
from shell.certs import pem
from shell.certs.pemkeys import load_key, public_half, public_sha256
from shell.certs.request import read_chain
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.credential import Credential
    from shell.certs.pemkeys import PrivateKey


class CertificateLogin(Renewing):
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
        clock: Callable[[], datetime] = now_utc,
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

    def _first(self) -> Credential:
        leaf = self._given.chain.leaf
        if self.is_over(self._given):
            raise self._expired(self._given)
        if self._clock() < leaf.not_before:
            raise LoginError(
                "clock-skew",
                f"the admin's certificate is valid only from {leaf.not_before:%Y-%m-%dT%H:%M:%SZ}",
                hint="look at the clock of this machine",
            )
        return self._next(self._given) if self.is_due(self._given) else self._given


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
