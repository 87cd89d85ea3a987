"""Private keys under a password: JSON web encryption as step writes and reads it.

The form is the one of go.step.sm/crypto: PBES2-HS256+A128KW over A256GCM, every header parameter in the
protected header. What may be opened is what go-jose opens with a password.
"""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwcrypto import common, jwa, jwe
from jwcrypto import jwk as jwcrypto_jwk

from shell.errors import ShellError
from shell.keys.jwk import Jwk, decode, encode_bytes, normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

ITERATIONS = 600_000
MAX_ITERATIONS = 1_000_000
_SALT_BYTES = 16
_ALGORITHMS = frozenset({"PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"})
_CONTENT = frozenset({"A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"})
_PARTS = ("protected", "encrypted_key", "iv", "ciphertext", "tag")


@dataclass(frozen=True, slots=True)
class _Message:
    """A JWE that is well formed: its protected header, and the text in compact serialisation."""

    header: Mapping[str, Any]
    compact: str = field(repr=False)


def encrypt_key(private: Mapping[str, Any], password: str | bytes, iterations: int = ITERATIONS) -> str:
    """Return a private JWK under a password: the compact text that goes into `encryptedKey`.

    `iterations` is the PBKDF2 count. Raises ShellError `password-empty`.
    """
    if not password:
        raise ShellError(
            "password-empty", "The key password is empty.", hint="Give a password for the private key."
        )
    header = {
        "alg": "PBES2-HS256+A128KW",
        "cty": "jwk+json",
        "enc": "A256GCM",
        "p2c": iterations,
        "p2s": encode_bytes(secrets.token_bytes(_SALT_BYTES)),
    }
    plaintext = json.dumps(dict(private), separators=(",", ":"), ensure_ascii=False).encode()
    with _iterations_allowed():
        message = jwe.JWE(plaintext, json.dumps(header, separators=(",", ":")))
        message.add_recipient(_password_key(password))
        text: str = message.serialize(compact=True)
    return text


def decrypt_key(text: str, password: str | bytes) -> Jwk:
    """Return the private JWK in a JWE, compact or in JSON serialisation.

    Raises ShellError: `jwe-malformed` (no JWE, or one that step would not open: an algorithm that takes
    no password, an iteration count of 0 or above 1,000,000), `key-password-wrong`, or `key-malformed`
    (it opens, and no private key is in it). No message holds anything of the key or the password.
    """
    message = _parse(text)
    if not password:
        raise _wrong_password()
    try:
        with _iterations_allowed():
            opened = jwe.JWE()
            opened.deserialize(message.compact, _password_key(password))
            plaintext: bytes = opened.payload
    except (common.JWException, ValueError):
        # The header is known to be sound, so that what fails is the key unwrapping or the tag.
        raise _wrong_password() from None
    return _private_jwk(plaintext)


def compact_form(text: str) -> str:
    """Return a JWE in compact serialisation, without opening it. Raises ShellError `jwe-malformed`.

    The protected part stays as it is: it is authenticated, and written anew it might not open again.
    """
    return _parse(text).compact


def looks_like_jwe(text: str) -> bool:
    """Whether a text is meant to be a JWE: five parts with dots, or a JSON object with a ciphertext."""
    if not text.lstrip().startswith("{"):
        return text.count(".") == len(_PARTS) - 1
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "ciphertext" in found


@contextmanager
def _iterations_allowed() -> Iterator[None]:
    """Let jwcrypto use as many iterations as go-jose does; its own limit is 16384, for the process."""
    before = jwa.default_max_pbkdf2_iterations
    jwa.default_max_pbkdf2_iterations = max(before, MAX_ITERATIONS)
    try:
        yield
    finally:
        jwa.default_max_pbkdf2_iterations = before


def _password_key(password: str | bytes) -> Any:
    octets = password.encode("utf-8", "surrogateescape") if isinstance(password, str) else password
    return jwcrypto_jwk.JWK(kty="oct", k=encode_bytes(octets))


def _parse(text: str) -> _Message:
    # go-jose takes white space out of the whole text first.
    bare = "".join(text.split())
    parts = _json_parts(bare) if bare.startswith("{") else bare.split(".")
    if len(parts) != len(_PARTS):
        raise _malformed("it does not have five parts")
    octets = [decode(part) for part in parts]
    if None in octets:
        raise _malformed("a part of it is not base64url")
    header = _header(octets[0] or b"")
    compact = ".".join(part.rstrip("=") for part in parts)
    return _Message(header, compact)


def _json_parts(text: str) -> list[str]:
    """Return the five parts of a flattened JSON serialisation, or of a general one with one recipient."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed("it is not JSON") from None
    recipients = found.get("recipients") or [{}]
    if not isinstance(recipients, list) or len(recipients) != 1 or not isinstance(recipients[0], dict):
        raise _malformed("it has several recipients")
    found = {**found, **recipients[0]}
    if any(found.get(name) for name in ("header", "unprotected", "aad")):
        raise _malformed("it has parameters outside of the protected header, which ca.json cannot hold")
    parts = [found.get(name, "") for name in _PARTS]
    if not all(isinstance(part, str) for part in parts):
        raise _malformed("a part of it is not a text")
    return parts


def _header(octets: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(octets)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise _malformed("its header is not a JSON object")
    algorithm, content = header.get("alg"), header.get("enc")
    if not (isinstance(algorithm, str) and isinstance(content, str)):
        raise _malformed("its header names no algorithms")
    if algorithm not in _ALGORITHMS or content not in _CONTENT:
        raise _malformed("its algorithms are not those of a key under a password")
    count, salt = header.get("p2c"), header.get("p2s")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= MAX_ITERATIONS:
        raise _malformed(f"its iteration count (p2c) is not between 1 and {MAX_ITERATIONS}")
    if not isinstance(salt, str) or not decode(salt):
        raise _malformed("its salt (p2s) is missing")
    return header


def _private_jwk(plaintext: bytes) -> Jwk:
    try:
        found = json.loads(plaintext)
        if not isinstance(found, dict) or found.get("d") is None:
            raise ValueError
        return normal(found)
    except (ValueError, RecursionError):
        raise ShellError(
            "key-malformed",
            "The password is right, but what it opens is no private key.",
            hint="The text was made from something else; use the file that `step crypto jwk create` wrote.",
        ) from None


def _malformed(why: str) -> ShellError:
    return ShellError(
        "jwe-malformed",
        f"The encrypted key cannot be read: {why}.",
        hint="It should be the JWE that step writes: five base64url parts with dots, or the JSON form.",
    )


def _wrong_password() -> ShellError:
    return ShellError(
        "key-password-wrong",
        "The password does not open the encrypted key, or the key is damaged.",
        hint="Check the password that this key was made with.",
    )
