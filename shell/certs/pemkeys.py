"""Keys in PEM form: private ones of every kind that step reads, public ones, and those of certificates."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shell.certs.bundle import UNREADABLE, key_kind
from shell.certs.wire import Der
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.certs.pem import PemBlock

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

PRIVATE_LABELS = frozenset(
    {"RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"}
)
_REQUESTS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
# The ciphers of the old form that cryptography opens; single DES it does not.
_LEGACY_CIPHERS = frozenset({"AES-128-CBC", "AES-256-CBC", "DES-EDE3-CBC"})
_SEQUENCE = 0x30
_OPENSSH_MAGIC = b"openssh-key-v1\x00"


def needs_password(block: PemBlock) -> bool:
    """Whether a password is needed to read the key of this block."""
    return block.encrypted or (block.label == "OPENSSH PRIVATE KEY" and _openssh_encrypted(block.data))


def _openssh_encrypted(data: bytes) -> bool:
    # After the magic word comes the length of the cipher's name and the name; `none` is plain.
    return data[: len(_OPENSSH_MAGIC)] == _OPENSSH_MAGIC and data[len(_OPENSSH_MAGIC) + 4 :][:4] != b"none"


def load_key(block: PemBlock, name: str, password: Callable[[], bytes] | None) -> PublicKey | PrivateKey:
    """Return the key of a PEM block: a private key, a public key, or that of a certificate or request.

    `password` is asked only for an encrypted block, once. Raises ShellError: `key-password-missing`,
    `key-password-wrong`, `key-malformed`, `key-unsupported` (another algorithm, curve or block). No
    message holds anything of the key or the password.
    """
    if block.label in PRIVATE_LABELS:
        return _supported(_private(block, name, password), name)
    try:
        return _supported(_public(block, name), name)
    except UnsupportedAlgorithm:
        raise _unsupported(name, "its algorithm is unknown") from None
    except UNREADABLE:
        raise _malformed(name, block) from None


def _public(block: PemBlock, name: str) -> object:
    if block.label == "PUBLIC KEY":
        # Of the two encodings that cryptography reads, Go takes only the one that begins with an algorithm.
        if not Der(Der(block.data).content(_SEQUENCE)).optional(_SEQUENCE):
            raise _malformed(name, block)
        return serialization.load_der_public_key(block.data)
    if block.label == "CERTIFICATE":
        return x509.load_der_x509_certificate(block.data).public_key()
    if block.label in _REQUESTS:
        return x509.load_der_x509_csr(block.data).public_key()
    raise _unsupported(name, f"a block {visible(block.label)} holds no key that can be used")


def _private(block: PemBlock, name: str, password: Callable[[], bytes] | None) -> object:
    protected = needs_password(block)
    if protected and password is None:
        raise ShellError(
            "key-password-missing",
            f"The private key in {visible(name)} is protected with a password, and none was given.",
            hint="Give the password that opens this file.",
        )
    secret = password() if protected and password is not None else None
    if protected and not secret:
        raise _wrong_password(name)
    try:
        return _loaded(block, secret)
    except UnsupportedAlgorithm:
        raise _unsupported(
            name,
            "it is protected in a way that cannot be opened here"
            if protected
            else "its algorithm is unknown",
        ) from None
    except (ValueError, TypeError):
        # With a password no difference can be seen between a wrong one and a damaged file.
        raise (_wrong_password(name) if protected else _malformed(name, block)) from None


def _loaded(block: PemBlock, secret: bytes | None) -> object:
    if block.label == "OPENSSH PRIVATE KEY":
        return serialization.load_ssh_private_key(block.text(), secret)
    cipher, _, salt = block.headers.get("DEK-Info", "").partition(",")
    if secret is not None and "DEK-Info" in block.headers:
        if cipher == "AES-192-CBC":
            return serialization.load_der_private_key(_aes192(block.data, secret, bytes.fromhex(salt)), None)
        if cipher not in _LEGACY_CIPHERS:
            raise UnsupportedAlgorithm(cipher)
    return serialization.load_pem_private_key(block.text(), secret)


def _aes192(data: bytes, secret: bytes, salt: bytes) -> bytes:
    """Open the old form of encrypted PEM with AES-192, which openssl and Go know and cryptography does not.

    The key is two rounds of MD5 over the password and the first half of the vector, as openssl made it.
    """
    seed = secret + salt[:8]
    once = hashlib.md5(seed, usedforsecurity=False).digest()
    key = (once + hashlib.md5(once + seed, usedforsecurity=False).digest())[:24]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(salt)).decryptor()
    remover = padding.PKCS7(128).unpadder()
    plain = remover.update(decryptor.update(data) + decryptor.finalize())
    return plain + remover.finalize()


def _supported(key: object, name: str) -> PublicKey | PrivateKey:
    if not isinstance(key, PublicKey | PrivateKey):
        raise _unsupported(name, "it is neither RSA, EC nor Ed25519")
    try:
        key_kind(key)
    except ValueError as error:
        raise _unsupported(name, str(error)) from None
    return key


def public_half(key: PublicKey | PrivateKey) -> PublicKey:
    """Return the public key itself, or that of a private key."""
    return key if isinstance(key, PublicKey) else key.public_key()


def public_der(key: PublicKey) -> bytes:
    """Return the DER form of a public key (SubjectPublicKeyInfo)."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def public_sha256(key: PublicKey) -> str:
    """Return the lower-case hex SHA-256 of a public key's DER form."""
    return hashlib.sha256(public_der(key)).hexdigest()


def _malformed(name: str, block: PemBlock) -> ShellError:
    return ShellError(
        "key-malformed",
        f"The block {visible(block.label)} in {visible(name)} cannot be read as a key.",
        hint="The file may be damaged or cut off; make it again or take another copy.",
    )


def _unsupported(name: str, why: str) -> ShellError:
    return ShellError(
        "key-unsupported",
        f"The key in {visible(name)} cannot be used: {why}.",
        hint="Keys may be EC (P-256, P-384, P-521), RSA or Ed25519. An OpenSSH key with a passphrase is "
        "converted by `ssh-keygen -p -N '' -f COPY`, others by `openssl pkcs8 -topk8 -in FILE`.",
    )


def _wrong_password(name: str) -> ShellError:
    return ShellError(
        "key-password-wrong",
        f"The password does not open the private key in {visible(name)}, or the file is damaged.",
        hint="Check the password that belongs to this file.",
    )
