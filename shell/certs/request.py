"""Asking a CA for a certificate: a key, a signing request, and what came back.

A subject becomes an alternative name of the kind that step makes of it: an address with an @ is an
e-mail address, an IP address an IP address, what has a scheme a URI, everything else a DNS name
(crypto: x509util, SplitSANs).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from shell.certs import pem
from shell.certs.bundle import UNREADABLE, parse_certificate
from shell.certs.wire import Der
from shell.errors import ShellError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.certs.bundle import Certificate

_PROVISIONER = ObjectIdentifier("1.3.6.1.4.1.37476.9000.64.1")
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:urn|spiffe):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProvisionerMark:
    """What step-ca writes into a certificate about the provisioner: its type as a number, name and key.

    The numbers are those of certificates: authority/provisioner/provisioner.go (1 JWK, 2 OIDC, ...).
    """

    type: int
    name: str
    credential_id: str


@dataclass(frozen=True, slots=True)
class IssuedChain:
    """A certificate as it was issued, with those that lead to the root, without the root.

    `der` are all of them, leaf first. `names` are the common name, DNS names and e-mail addresses of the
    leaf: the subjects under which step-ca looks for an admin, in its order.
    """

    leaf: Certificate
    names: tuple[str, ...]
    provisioner: ProvisionerMark | None
    der: tuple[bytes, ...] = field(repr=False)


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key, EC P-256 as step makes it."""
    return ec.generate_private_key(ec.SECP256R1())


def signing_request(key: ec.EllipticCurvePrivateKey, subject: str, sans: Sequence[str]) -> str:
    """Return a signing request for a common name and alternative names, as PEM text."""
    builder = x509.CertificateSigningRequestBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    )
    names = [general_name(san) for san in sans]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")


def general_name(text: str) -> x509.GeneralName:
    """Return a name as the kind of alternative name that step takes it for.

    Raises ShellError `bad-subject` for one that a certificate cannot hold.
    """
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        pass
    kind = x509.RFC822Name if "@" in text and "://" not in text else x509.DNSName
    try:
        return x509.UniformResourceIdentifier(text) if _URI.match(text) else kind(text)
    except ValueError:
        raise ShellError(
            "bad-subject",
            "the admin's subject has characters that a certificate cannot hold",
            hint="write it as it stands in the list of admins: --admin-subject NAME",
        ) from None


def read_chain(pems: Sequence[str]) -> IssuedChain:
    """Return what is in certificates given as PEM texts, the leaf first. Raises ValueError."""
    blocks = [block for text in pems for block in pem.split(text.encode())[0] if block.label == "CERTIFICATE"]
    if not blocks:
        raise ValueError("there is no certificate in it")
    leaf = parse_certificate(blocks[0].data)
    parsed = x509.load_der_x509_certificate(blocks[0].data)
    names = tuple(dict.fromkeys(name for name in (leaf.common_name, *_alternative_names(parsed)) if name))
    return IssuedChain(leaf, names, _mark(parsed), tuple(block.data for block in blocks))


def _alternative_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *names.get_values_for_type(x509.RFC822Name)]


def _mark(certificate: x509.Certificate) -> ProvisionerMark | None:
    try:
        extension = certificate.extensions.get_extension_for_oid(_PROVISIONER).value
        assert isinstance(extension, x509.UnrecognizedExtension)  # nobody else knows this one
        inside = Der(Der(extension.value).content(_SEQUENCE))
        type_ = inside.integer(_INTEGER)
        name, credential = (inside.content(_OCTETS).decode("utf-8", "replace") for _ in range(2))
    except (x509.ExtensionNotFound, *UNREADABLE):
        return None
    return ProvisionerMark(type_, name, credential)
