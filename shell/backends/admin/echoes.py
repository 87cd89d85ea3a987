"""Secrets of a request that the answer repeats: a CA says in its errors what it could not take.

What it says goes into errors, logs and the history, and secrets into none of them. step-ca repeats values in
some of its errors (`error parsing <value>`, certificates: authority/provisioner); others may do so in what
comes.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.values import JSON

HIDDEN = "(secret)"
_SHORTEST = 4  # what is shorter is no secret, and every second word would have it
# The members of the CA's messages that hold secrets, and of a request for a certificate.
_MEMBERS = frozenset(
    {
        *("challenge", "clientSecret", "encryptedPrivateKey"),
        *("key", "keyPassword", "keyUri"),
        *("secret", "bearerToken", "password"),
        "ott",
    }
)


def without_secrets(words: str, body: JSON, token: str = "") -> str:
    """Return what a CA said of a request with this body and this token, without the secrets in them."""
    found = {token, *_secrets(body)}
    for secret in sorted(found, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            words = words.replace(secret, HIDDEN)
    return words


def _secrets(value: JSON) -> Iterator[str]:
    """Yield every secret of a message, in each form in which it may be repeated."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in _MEMBERS and isinstance(member, str):
                yield from _forms(member)
            else:
                yield from _secrets(member)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is sent, as text where it is sent as bytes, and each as quotes would have it."""
    texts = [secret]
    with contextlib.suppress(binascii.Error, ValueError):  # no bytes, or none that are a text
        texts.append(base64.b64decode(secret, validate=True).decode())
    for text in texts:
        yield text
        yield text.strip()
        yield json.dumps(text)[1:-1]
