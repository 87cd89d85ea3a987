"""Sealing what a journal has to hold of secrets, under a key that is kept in another file and goes with it."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


def new_key() -> str:
    """Return a key to seal with, in base64."""
    return base64.b64encode(AESGCM.generate_key(256)).decode("ascii")


def seal(key: str, data: bytes) -> str:
    """Return data sealed, in base64."""
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + _cipher(key).encrypt(nonce, data, None)).decode("ascii")


def unseal(key: str, text: str) -> bytes:
    """Return what was sealed; raises ValueError where the key is another one or the text is damaged."""
    raw = base64.b64decode(text, validate=True)
    try:
        return _cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], None)
    except InvalidTag:
        raise ValueError("sealed with another key, or damaged") from None


def _cipher(key: str) -> AESGCM:
    return AESGCM(base64.b64decode(key, validate=True))
