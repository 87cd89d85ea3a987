"""Private keys in the form of PEM encryption that openssl had before PKCS #8."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from shell.certs import pem

# Cipher, octets of its key, octets of its block.
CIPHERS: dict[str, tuple[Any, int, int]] = {
    "AES-128-CBC": (algorithms.AES, 16, 16),
    "AES-192-CBC": (algorithms.AES, 24, 16),
    "AES-256-CBC": (algorithms.AES, 32, 16),
    "DES-EDE3-CBC": (TripleDES, 24, 8),
}


def legacy_pem(key: Any, cipher: str, password: str) -> bytes:
    """Return an RSA private key under a password in the old form."""
    algorithm, length, block = CIPHERS[cipher]
    vector = os.urandom(block)
    derived = last = b""
    while len(derived) < length:
        last = hashlib.md5(last + password.encode() + vector[:8], usedforsecurity=False).digest()
        derived += last
    plain = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    padder = padding.PKCS7(block * 8).padder()
    encryptor = Cipher(algorithm(derived[:length]), modes.CBC(vector)).encryptor()
    data = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    info = f"{cipher},{vector.hex().upper()}"
    return pem.encode("RSA PRIVATE KEY", data, {"Proc-Type": "4,ENCRYPTED", "DEK-Info": info})
