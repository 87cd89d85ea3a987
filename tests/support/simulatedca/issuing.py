"""The certificates that a simulated CA issues, and the tokens that it takes."""

from __future__ import annotations

import base64
import datetime
import json
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from jwcrypto import jwk, jws
from jwcrypto.common import JWException

from shell.certs.wire import der
from tests.support.pki import Pki

MARK = ObjectIdentifier("1.3.6.1.4.1.37476.9000.64.1")
TYPES = {"JWK": 1, "OIDC": 2, "GCP": 3, "AWS": 4, "AZURE": 5, "ACME": 6, "X5C": 7, "K8SSA": 8, "NEBULA": 11}


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a compact token; raises ValueError for what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("not a token")
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2]
    )
    return header, claims


def is_signed_by(token: str, key: Any) -> bool:
    """Whether a token has the signature of a key, public key or JWK."""
    if isinstance(key, dict):
        verifier = jwk.JWK(**key)
    else:
        text = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        verifier = jwk.JWK.from_pem(text)
    message = jws.JWS()
    try:
        message.deserialize(token, verifier)
    except JWException:
        return False
    return True


class Issuer:
    """Issues certificates with the intermediate of a PKI, and says whose are its own."""

    def __init__(self, pki: Pki) -> None:
        key = serialization.load_pem_private_key(pki.key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        self.intermediate = x509.load_pem_x509_certificate(pki.intermediate.read_bytes())

    def issue(
        self,
        key: Any,
        *,
        sans: list[str],
        provisioner: tuple[str, str, str],
        start: datetime.datetime,
        end: datetime.datetime,
        signs: bool = True,
        for_clients: bool = True,
    ) -> list[str]:
        """Return leaf and intermediate as PEM for a public key. `provisioner` is its type, name and key."""
        type_, name, credential = provisioner
        mark = der(0x02, bytes([TYPES[type_]])) + der(0x04, name.encode()) + der(0x04, credential.encode())
        flags = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = x509.KeyUsage(
            digital_signature=signs,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
            **dict.fromkeys(flags, False),
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, sans[0])])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.intermediate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectAlternativeName([_name(san) for san in sans]), critical=False)
            .add_extension(x509.UnrecognizedExtension(MARK, der(0x30, mark)), critical=False)
        )
        if for_clients:
            purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        leaf = builder.sign(self._key, hashes.SHA256())
        return [
            certificate.public_bytes(serialization.Encoding.PEM).decode()
            for certificate in (leaf, self.intermediate)
        ]

    def has_issued(self, leaf: x509.Certificate) -> bool:
        """Whether a certificate has the signature of the intermediate."""
        try:
            leaf.verify_directly_issued_by(self.intermediate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def _name(text: str) -> x509.GeneralName:
    return x509.RFC822Name(text) if "@" in text else x509.DNSName(text)
