"""The decrypter of a SCEP provisioner: its certificate and its private key.

step-ca is strict about the text: after the first PEM block nothing may follow, not even an empty line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa

from shell.certs import pem
from shell.certs.bundle import parse_certificate, read_bundle
from shell.certs.findings import Finding
from shell.certs.pemkeys import load_key, needs_password, public_half, public_sha256
from shell.certs.roots import validity_problems
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from datetime import datetime

    from shell.certs.bundle import Certificate
    from shell.certs.pemkeys import PrivateKey, PublicKey


def decrypter_certificate_from_file(data: bytes, name: str) -> str:
    """Return the member `decrypterCertificate` for a certificate file: its first certificate, as step.

    Raises the errors of `read_bundle`.
    """
    return pem.member(read_bundle(data, name)[0].pem())


def decrypter_key_from_file(data: bytes, name: str) -> str:
    """Return the member `decrypterKeyPEM` for a key file with one PEM block, encrypted or not.

    The text is taken as it is, as step does it, except for blanks after the block, with which step-ca
    would disable the provisioner. Raises ShellError `scep-key-no-pem` or `scep-key-several`.
    """
    block, rest = pem.first(data)
    if block is None:
        raise ShellError(
            "scep-key-no-pem",
            f"{visible(name)} holds no PEM private key.",
            hint="It should have a block that begins with -----BEGIN PRIVATE KEY-----.",
        )
    if rest.strip():
        raise ShellError(
            "scep-key-several",
            f"{visible(name)} holds something after the private key; it must be the only thing in the file.",
            hint="Copy the block of the private key into a file of its own.",
        )
    return pem.member(data[: len(data) - len(rest)])


def decrypter_certificate_problems(decoded: bytes, now: datetime) -> list[Finding]:
    """Return what is wrong with the decoded member `decrypterCertificate` of a SCEP provisioner."""
    found, certificate = _certificate(decoded)
    return found if certificate is None else validity_problems(certificate, now, "scep-certificate")


def _certificate(decoded: bytes) -> tuple[list[Finding], Certificate | None]:
    """Return the problem that disables the provisioner, or the certificate (neither when empty)."""
    if not decoded:
        return [], None
    block, problem = _only_block(decoded, "scep-certificate", "decrypter certificate")
    if block is None:
        return problem, None
    try:
        return [], parse_certificate(block.data)
    except ValueError as error:
        why = f"The decrypter certificate cannot be read: {visible(str(error))}."
        return [Finding("disabled", "scep-certificate-malformed", why)], None


def decrypter_key_problems(decoded: bytes, password: str) -> list[Finding]:
    """Return what is wrong with the decoded member `decrypterKeyPEM` of a SCEP provisioner.

    `password` is the member `decrypterKeyPassword`. Only an RSA private key serves. No message holds
    anything of the key or the password.
    """
    return _key(decoded, password)[0]


def _key(decoded: bytes, password: str) -> tuple[list[Finding], rsa.RSAPrivateKey | None]:
    """Return the problem that disables the provisioner, or the key (neither when empty)."""
    if not decoded:
        return [], None
    block, problem = _only_block(decoded, "scep-key", "decrypter key")
    if block is None:
        return problem, None
    if needs_password(block) and not password:
        why = "The decrypter key is encrypted, and decrypterKeyPassword is not set."
        return [Finding("disabled", "scep-key-password-missing", why)], None
    secret = password.encode("utf-8", "surrogateescape")
    try:
        key = load_key(block, "decrypterKeyPEM", lambda: secret)
    except ShellError as error:
        code = error.code.replace("key-", "scep-key-", 1)
        return [Finding("disabled", code, error.message)], None
    if not isinstance(key, rsa.RSAPrivateKey):
        return [Finding("disabled", "scep-key-not-rsa", _not_rsa(key))], None
    return [], key


def _not_rsa(key: PublicKey | PrivateKey) -> str:
    half = "a public key" if key is public_half(key) else "not an RSA key"
    return f"The decrypter key must be an RSA private key; this is {half}."


def decrypter_pair_problems(certificate: bytes, key: bytes, password: str) -> list[Finding]:
    """Return what is wrong between the two decoded members, each empty where it is not set.

    Problems of one of them alone are left to the other functions.
    """
    if not key:
        if not certificate:
            return []
        why = "There is a decrypter certificate without a key: the intermediate certificate is used instead."
        return [Finding("warning", "scep-key-missing", why)]
    if not certificate:
        why = "There is a decrypter key without a certificate."
        return [Finding("disabled", "scep-certificate-missing", why)]
    _, facts = _certificate(certificate)
    _, private = _key(key, password)
    if facts is None or private is None:
        return []
    certified = load_key(pem.PemBlock("CERTIFICATE", {}, facts.der), "decrypterCertificate", None)
    if public_sha256(public_half(certified)) == public_sha256(private.public_key()):
        return []
    why = "The decrypter certificate belongs to another key than the decrypter key."
    return [Finding("disabled", "scep-key-mismatch", why)]


def _only_block(decoded: bytes, code: str, what: str) -> tuple[pem.PemBlock | None, list[Finding]]:
    block, rest = pem.first(decoded)
    if block is None:
        return None, [Finding("disabled", f"{code}-no-pem", f"The {what} is not PEM text.")]
    if rest:
        why = f"Something follows the PEM block of the {what}; even an empty line is too much."
        return None, [Finding("disabled", f"{code}-trailing-data", why)]
    return block, []
