"""The roots of a Nebula provisioner: certificates of Nebula CAs.

What is a problem here is what step-ca's library refuses (slackhq/nebula 1.10.3, `NewCAPoolFromPEM`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.certs import pem
from shell.certs.findings import Finding
from shell.certs.nebula_read import read_certificate
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from datetime import datetime

    from shell.certs.nebula_read import NebulaCertificate

_ED25519_KEY = 32


def nebula_roots_from_file(data: bytes, name: str) -> str:
    """Return the member `roots` for a file of Nebula certificates: the CA certificates in it.

    Others are passed over, as step does it. Raises ShellError: `nebula-malformed` for a block that is
    no Nebula certificate or text that is not PEM, `nebula-no-ca` if none is left.
    """
    texts: list[bytes] = []
    data = data.removeprefix(b"\xef\xbb\xbf")
    while data.strip():
        try:
            certificate, data = _next(data)
        except ValueError as error:
            raise ShellError(
                "nebula-malformed",
                f"{visible(name)} cannot be read as Nebula certificates: {visible(str(error))}.",
                hint="Give the ca.crt that `nebula-cert ca` wrote.",
            ) from None
        if certificate.is_ca:
            texts.append(certificate.pem())
    if not texts:
        raise ShellError(
            "nebula-no-ca",
            f"{visible(name)} holds no certificate of a Nebula CA.",
            hint="Give the ca.crt that `nebula-cert ca` wrote.",
        )
    return pem.member(b"".join(texts))


def nebula_roots_problems(decoded: bytes, now: datetime) -> list[Finding]:
    """Return what is wrong with the decoded member `roots` of a Nebula provisioner.

    step-ca wants certificates of CAs, signed by themselves and valid now, and nothing else in the text.
    A 25519 key of the wrong length makes it panic instead.
    """
    if not decoded:
        return [Finding("disabled", "nebula-roots-missing", "A Nebula provisioner needs at least one root.")]
    found: list[Finding] = []
    while True:
        try:
            certificate, decoded = _next(decoded)
        except ValueError as error:
            why = f"It cannot be read as Nebula certificates: {visible(str(error))}."
            return [*found, Finding("disabled", "nebula-root-malformed", why)]
        found += _ca_problems(certificate, now)
        if pem.is_blank(decoded):
            return found


def _ca_problems(certificate: NebulaCertificate, now: datetime) -> list[Finding]:
    name = f"The Nebula certificate {visible(certificate.name)!r}"
    if not certificate.is_ca:
        return [Finding("disabled", "nebula-root-not-ca", f"{name} is not that of a CA.")]
    if certificate.curve == "25519" and len(certificate.public_key) != _ED25519_KEY:
        return [Finding("refused", "nebula-root-key-length", f"{name} has a key of the wrong length.")]
    if not certificate.self_signed():
        return [Finding("disabled", "nebula-root-signature", f"{name} is not signed with its own key.")]
    if certificate.not_before > now or certificate.not_after < now:
        valid = (
            f"from {certificate.not_before:%Y-%m-%dT%H:%M:%SZ} to {certificate.not_after:%Y-%m-%dT%H:%M:%SZ}"
        )
        return [Finding("disabled", "nebula-root-expired", f"{name} is valid only {valid}.")]
    return []


def _next(data: bytes) -> tuple[NebulaCertificate, bytes]:
    block, rest = pem.first(data)
    if block is None:
        raise ValueError("there is text that is not PEM")
    return read_certificate(block), rest
