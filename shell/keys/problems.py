"""What step-ca makes of the member `key` of a JWK provisioner.

step-ca reads it with go-jose (version 3), which knows no half measures: a key that it cannot read makes
the whole file unreadable. What it does read it does not judge: a private or a symmetric key is
published, and an RSA or Ed25519 key of nonsense verifies nothing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shell.certs.findings import Finding
from shell.certs.pem import PemBlock, decode_base64
from shell.certs.pemkeys import load_key, public_half, public_sha256
from shell.errors import ShellError
from shell.keys.jwk import CURVES, ORDER, decode, to_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_TEXTS = ("use", "kty", "kid", "crv", "alg", "x5u", "x5t", "x5t#S256")
_NUMBERS = tuple(name for name in ORDER if name not in _TEXTS)
_MIN_RSA_BITS, _GOOD_RSA_BITS = 1024, 2048


def jwk_problems(jwk: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with a `key` object; `refused` is the whole file, see `Effect`.

    A member that is null is as if it were not there, and names are case-sensitive here. A `key` that
    is missing or null (step-ca dies of it) is for the caller to see, and so are repeated members.
    No message holds a value of the key.
    """
    present = {name: value for name, value in jwk.items() if value is not None}
    refused = list(_wrong_types(present)) or list(_refused_key(present))
    refused = refused or list(_refused_certificates(present))
    return refused or list(_regrets(present))


def _refuse(code: str, message: str) -> Finding:
    return Finding("refused", code, message)


def _wrong_types(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    for name in (*_TEXTS, *_NUMBERS):
        if name in jwk and not isinstance(jwk[name], str):
            yield _refuse("key-member-type", f"{name} is not a text.")
    for name in _NUMBERS:
        if isinstance(jwk.get(name), str) and decode(jwk[name]) is None:
            yield _refuse("key-base64", f"{name} is not base64url.")
    chain = jwk.get("x5c", [])
    if not isinstance(chain, list) or not all(isinstance(item, str | None) for item in chain):
        yield _refuse("key-member-type", "x5c is not a list of texts.")


def _refused_key(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    kty = jwk.get("kty", "")
    if kty == "EC":
        yield from _refused_ec(jwk)
    elif kty == "RSA":
        yield from _refused_rsa(jwk)
    elif kty == "OKP":
        if jwk.get("crv") != "Ed25519":
            yield _refuse("key-curve", "The curve (crv) of an OKP key must be Ed25519.")
        elif "x" not in jwk:
            yield _refuse("key-incomplete", "x is missing.")
    elif kty == "oct":
        if "k" not in jwk:
            yield _refuse("key-incomplete", "k is missing.")
    else:
        yield _refuse("key-type", "The key type (kty) must be EC, RSA or OKP.")


def _refused_ec(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    if jwk.get("crv") not in CURVES:
        yield _refuse("key-curve", "The curve (crv) of an EC key must be P-256, P-384 or P-521.")
        return
    missing = [name for name in "xy" if name not in jwk]
    if missing:
        yield _refuse("key-incomplete", f"{' and '.join(missing)} of the EC key is missing.")
        return
    length = CURVES[jwk["crv"]][1]
    wrong = [name for name in "xyd" if name in jwk and len(decode(jwk[name]) or b"") != length]
    for name in wrong:
        yield _refuse("key-length", f"{name} does not have the length of a {jwk['crv']} key, {length} bytes.")
    if not wrong and not _is_key({name: jwk[name] for name in ("kty", "crv", "x", "y")}):
        yield _refuse("key-not-on-curve", f"x and y are not a point on the curve {jwk['crv']}.")


def _refused_rsa(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    needed = ("n", "e", "p", "q") if "d" in jwk else ("n", "e")
    missing = [name for name in needed if name not in jwk]
    if missing:
        yield _refuse("key-incomplete", f"{', '.join(missing)} of the RSA key is missing.")
    elif "d" in jwk and not _is_key(jwk):
        yield _refuse("key-not-rsa", "Its numbers are not an RSA private key.")


def _is_key(jwk: Mapping[str, Any]) -> bool:
    try:
        to_key(jwk)
    except ValueError:
        return False
    return True


def _refused_certificates(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    chain = jwk.get("x5c") or []
    leaf = b""
    for number, item in enumerate(chain, 1):
        der, key = _certified(item or "")
        leaf = leaf or der
        if key is None:
            yield _refuse("key-x5c", f"Certificate {number} of x5c cannot be read.")
        elif number == 1 and (jwk["kty"] == "oct" or key != _own(jwk)):
            yield _refuse("key-x5c-mismatch", "The first certificate of x5c belongs to another key.")
    for name, digest, size in (("x5t", "sha1", 20), ("x5t#S256", "sha256", 32)):
        yield from _refused_thumbprint(jwk, name, hashlib.new(digest, leaf).digest() if leaf else b"", size)
    if not _is_url(jwk.get("x5u", "")):
        yield _refuse("key-x5u", "x5u is not a URL.")


def _certified(text: str) -> tuple[bytes, str | None]:
    """Return a certificate's DER form and the digest of its public key (None where it has none)."""
    try:
        der = decode_base64(text.replace("\r", "").replace("\n", "").encode())
        return der, public_sha256(public_half(load_key(PemBlock("CERTIFICATE", {}, der), "x5c", None)))
    except (ValueError, ShellError):
        return b"", None


def _own(jwk: Mapping[str, Any]) -> str:
    try:
        return public_sha256(public_half(to_key(jwk)))
    except ValueError:
        return ""


def _refused_thumbprint(jwk: Mapping[str, Any], name: str, expected: bytes, size: int) -> Iterator[Finding]:
    octets = decode(jwk.get(name, ""))
    if octets is not None and len(octets) == 2 * size:
        # Some write the digest in hex before the base64.
        octets = _unhexed(octets)
    if octets is None or len(octets) not in (0, size):
        yield _refuse("key-x5t", f"{name} is not a digest of {size} bytes in base64url.")
    elif octets and expected and octets != expected:
        yield _refuse("key-x5t", f"{name} is not the digest of the first certificate of x5c.")


def _unhexed(octets: bytes) -> bytes | None:
    try:
        return bytes.fromhex(octets.decode("ascii"))
    except ValueError:
        return None


def _is_url(text: str) -> bool:
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return not any(character < " " or character == "\x7f" for character in text)


def _regrets(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    """Say what is wrong with a key that go-jose reads."""
    if jwk["kty"] == "oct":
        yield Finding(
            "danger", "key-symmetric", "The key is symmetric: everybody who reads it can make tokens."
        )
    elif "d" in jwk:
        why = "It is a private key: the CA publishes it, and accepts no token made with it."
        yield Finding("danger", "key-private", why)
    elif jwk["kty"] == "RSA":
        yield from _weak_rsa(jwk)
    elif not _is_key(jwk):
        why = "x is not an Ed25519 public key, so no token will ever be accepted."
        yield Finding("unusable", "key-nonsense", why)
    if not jwk.get("kid"):
        why = "It has no key id (kid): its encrypted key cannot be fetched, and tokens need an empty key id."
        yield Finding("warning", "key-no-kid", why)


def _weak_rsa(jwk: Mapping[str, Any]) -> Iterator[Finding]:
    bits = int.from_bytes(decode(jwk["n"]) or b"", "big").bit_length()
    if bits < _MIN_RSA_BITS or not _is_key(jwk):
        why = "n and e are not an RSA key of at least 1024 bits, so no token will ever be accepted."
        yield Finding("unusable", "key-nonsense", why)
    elif bits < _GOOD_RSA_BITS:
        yield Finding(
            "warning", "key-weak", f"An RSA key of {bits} bits is too weak; 2048 is the least today."
        )
