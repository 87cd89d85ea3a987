"""The public keys of a Kubernetes service account provisioner (`publicKeys`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from shell.certs import pem
from shell.certs.findings import Finding
from shell.certs.pemkeys import PublicKey, load_key, public_der
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from shell.certs.pem import PemBlock

_PUBLIC = (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)


def k8s_keys_from_file(data: bytes, name: str) -> str:
    """Return the member `publicKeys` for a file of PEM public keys, certificates or requests.

    Each is written as a `PUBLIC KEY` block, with an empty line between them, as step does it. Raises ShellError: those of `load_key`,
    `k8s-key-private` for a private key, and `k8s-keys-missing` for a file without any key (step
    would make a provisioner that accepts no token).
    """
    blocks, _ = pem.split(data)
    if not blocks:
        raise ShellError(
            "k8s-keys-missing",
            f"{visible(name)} holds no PEM public key.",
            hint="The keys are what the API server has as --service-account-key-file.",
        )
    keys = [_public(block, name) for block in blocks]
    return pem.member(b"\n".join(pem.encode("PUBLIC KEY", public_der(key)) for key in keys))


def _public(block: PemBlock, name: str) -> PublicKey:
    key = load_key(block, name, None)
    if not isinstance(key, _PUBLIC):
        raise ShellError(
            "k8s-key-private",
            f"{visible(name)} holds a private key; a Kubernetes provisioner takes public keys only.",
            hint="`openssl pkey -in FILE -pubout` writes the public half.",
        )
    return key


def k8s_keys_problems(decoded: bytes) -> list[Finding]:
    """Return what is wrong with the decoded member `publicKeys` of a K8sSA provisioner.

    step-ca disables the provisioner for a block that is not a public key; a text without any block it
    accepts, and then no token verifies.
    """
    blocks, _ = pem.split(decoded)
    if not blocks:
        why = "There is no PEM public key in it, so no token will ever be accepted."
        return [Finding("unusable", "k8s-keys-no-pem", why)]
    found: list[Finding] = []
    for number, block in enumerate(blocks, 1):
        try:
            _public(block, f"block {number}")
        except ShellError as error:
            code = "k8s-key-private" if error.code == "k8s-key-private" else "k8s-key-malformed"
            found.append(Finding("disabled", code, error.message))
    return found
