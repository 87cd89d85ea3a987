"""Certificates, requests and keys in PEM for tests, made in process."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
DAY = datetime.timedelta(days=1)


def stable_id(value: object) -> str:
    """Return an id for a parameter that is the same in every process: new keys and certificates are not."""
    return (
        value if isinstance(value, str) and len(value) < 40 and value.isprintable() else type(value).__name__
    )


def subject_of(cn: str) -> x509.Name:
    """Return a name with this common name, or an empty one."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, cn)] if cn else [])


def digest_for(key: Any) -> Any:
    """Return the hash that a signature with this key needs."""
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def certificate(
    cn: str = "root",
    *,
    key: Any = None,
    ca: bool | None = True,
    signs: bool | None = True,
    agrees: bool = False,
    since: datetime.datetime = NOW - DAY,
    until: datetime.datetime = NOW + DAY,
) -> bytes:
    """Return a self-signed certificate in PEM.

    `ca` is the basic constraint, `signs` and `agrees` the key usages for signing certificates and for key
    agreement; None for `ca` or `signs` leaves the extension out.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = subject_of(cn)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(since).not_valid_after(until)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if signs is not None:
        usage = x509.KeyUsage(True, False, False, False, agrees, signs, signs, agrees, False)
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, digest_for(key)).public_bytes(PEM)


def certificate_request(key: Any) -> bytes:
    """Return a certificate request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(""))
    return builder.sign(key, digest_for(key)).public_bytes(PEM)


def der_of(text: bytes) -> bytes:
    """Return the DER form of a certificate in PEM."""
    return x509.load_pem_x509_certificate(text).public_bytes(DER)


def public_pem(key: Any) -> bytes:
    """Return the public half of a private key in PEM."""
    return bytes(key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def private_pem(key: Any, form: str = "PKCS8", password: str = "") -> bytes:
    """Return a private key in PEM: `PKCS8`, `TraditionalOpenSSL` or `OpenSSH`."""
    plain = serialization.NoEncryption()
    protection = serialization.BestAvailableEncryption(password.encode()) if password else plain
    return bytes(key.private_bytes(PEM, getattr(serialization.PrivateFormat, form), protection))
