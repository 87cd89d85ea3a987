"""X.509 certificates: read from files, and the facts about them that rules and people look at."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from shell.certs import pem
from shell.certs.wire import Der
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from datetime import datetime

# The curves that Go's crypto/x509 knows; a certificate with a key on any other is malformed to it.
_GO_CURVES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}

# What cryptography raises over bytes that are not what they should be; two of them are no ValueError.
UNREADABLE = (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension)

_SEQUENCE, _INTEGER, _VERSION = 0x30, 0x02, 0xA0
_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "contentCommitment"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The facts about one X.509 certificate.

    `subject` and `issuer` are RFC 4514 texts; the times are UTC; `sha256` is the lower-case hex digest
    of the DER form, which step shows as fingerprint; `key` names the public key (`EC P-256`,
    `RSA 2048`, or `unknown`); `key_usages` holds RFC 5280 names and is empty without that extension.
    """

    subject: str
    common_name: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    sha256: str
    is_ca: bool
    key_usages: tuple[str, ...]
    key: str
    der: bytes = field(repr=False)

    @property
    def signs_certificates(self) -> bool:
        """Whether the key usage extension allows signing certificates."""
        return "keyCertSign" in self.key_usages

    def pem(self) -> bytes:
        """Return the certificate as the PEM text that step writes."""
        return pem.encode("CERTIFICATE", self.der)


def read_bundle(data: bytes, name: str) -> list[Certificate]:
    """Return the certificates of a file, PEM or a single DER, in order.

    As step reads bundles: other PEM blocks and blocks with headers are passed over, a certificate that
    cannot be read is an error. Raises ShellError `certificate-malformed` or `certificate-missing`;
    `name` is the file's name for the message.
    """
    if pem.MARKER not in data:
        return [_from_file(data, name, "is neither PEM nor a DER certificate")]
    blocks, _ = pem.split(data)
    bundle = [
        _from_file(block.data, name, "holds a certificate that cannot be read")
        for block in blocks
        if block.label == "CERTIFICATE" and not block.headers
    ]
    if not bundle:
        raise ShellError(
            "certificate-missing",
            f"{visible(name)} holds no certificate.",
            hint="It should have a block that begins with -----BEGIN CERTIFICATE-----.",
        )
    return bundle


def _from_file(der: bytes, name: str, what: str) -> Certificate:
    try:
        return parse_certificate(der)
    except ValueError as error:
        raise ShellError(
            "certificate-malformed",
            f"{visible(name)} {what}: {visible(str(error))}.",
            hint="`openssl x509 -in FILE -noout -text` shows a certificate that is whole.",
        ) from None


def parse_certificate(der: bytes) -> Certificate:
    """Return the facts about a certificate in DER form.

    Every part is read, so that what Go's parser refuses is refused here: trailing bytes, malformed or
    repeated extensions, a negative serial number, a key on a curve that Go does not know. Raises
    ValueError with the reason.
    """
    parsed, usages, is_ca, serial = _parsed(der)
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        common_name=_common_name(parsed.subject),
        issuer=parsed.issuer.rfc4514_string(),
        serial=serial,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        sha256=hashlib.sha256(der).hexdigest(),
        is_ca=is_ca,
        key_usages=usages,
        key=_certified_key(parsed),
        der=der,
    )


def _parsed(der: bytes) -> tuple[x509.Certificate, tuple[str, ...], bool, int]:
    with warnings.catch_warnings():
        # cryptography warns of odd serial numbers and names; what Go refuses is judged below.
        warnings.simplefilter("ignore")
        try:
            parsed = x509.load_der_x509_certificate(der)
            extensions = parsed.extensions
            serial = parsed.serial_number
        except (*UNREADABLE, UnsupportedAlgorithm) as error:
            raise ValueError(_reason(error)) from None
    if serial < 0:
        raise ValueError("its serial number is negative")
    if not _algorithms_agree(der):
        raise ValueError("it names two different signature algorithms")
    return parsed, _usages(extensions), _is_ca(extensions), serial


def _reason(error: Exception) -> str:
    """Return what cryptography says; of the encoding it speaks only in the types of its parser."""
    text = str(error).partition("\n")[0]
    return text if text and "ParseError" not in text else "it is damaged, or is something else"


def _algorithms_agree(der: bytes) -> bool:
    """Whether the signature algorithm inside the signed part is the one outside, as Go demands."""
    outer = Der(Der(der).content(_SEQUENCE))
    inner = Der(outer.content(_SEQUENCE))
    inner.optional(_VERSION)
    inner.content(_INTEGER)
    return inner.element(_SEQUENCE) == outer.element(_SEQUENCE)


def _usages(extensions: x509.Extensions) -> tuple[str, ...]:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ()
    names = [shown for attribute, shown in _USAGES if getattr(usage, attribute)]
    if usage.key_agreement:
        names += ["encipherOnly"] * usage.encipher_only + ["decipherOnly"] * usage.decipher_only
    return tuple(names)


def _is_ca(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _common_name(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(values[-1].value) if values else ""


def _certified_key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except UnsupportedAlgorithm:
        return "unknown"
    return key_kind(key)


def key_kind(key: object) -> str:
    """Return a short name for a public or private key: `EC P-256`, `RSA 2048`, `Ed25519`, `unknown`.

    Raises ValueError for a curve that Go does not know.
    """
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        return f"RSA {key.key_size}"
    if isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
        if key.curve.name not in _GO_CURVES:
            raise ValueError(f"the curve {key.curve.name} is unknown to step-ca")
        return f"EC {_GO_CURVES[key.curve.name]}"
    if isinstance(key, (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey)):
        return "Ed25519"
    return "unknown"
