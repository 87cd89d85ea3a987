"""JSON web keys in the form that step writes them: made, read, compared and named.

A JWK here is a dict of texts (and `x5c`, a list of texts), its members in the order in which Go writes
them: use, kty, kid, crv, alg, x, y, n, e, then the private ones.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from shell.certs.pemkeys import PrivateKey, PublicKey, public_half
from shell.errors import ShellError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

Jwk = dict[str, "Any"]

PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi")
ORDER = ("use", "kty", "kid", "crv", "alg", "k", "x", "y", "n", "e", *PRIVATE_MEMBERS)
CERTIFICATE_MEMBERS = ("x5c", "x5u", "x5t", "x5t#S256")

# For each curve that step makes keys on: its class, the octets of a coordinate, and the algorithm.
CURVES: Mapping[str, tuple[type[ec.EllipticCurve], int, str]] = {
    "P-256": (ec.SECP256R1, 32, "ES256"),
    "P-384": (ec.SECP384R1, 48, "ES384"),
    "P-521": (ec.SECP521R1, 66, "ES512"),
}
_BY_NAME = {str(curve.name): crv for crv, (curve, _, _) in CURVES.items()}
_DEFAULT_RSA_SIZE, _MIN_RSA_SIZE, _MAX_RSA_SIZE = 2048, 2048, 16384
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def create_key(kty: str = "EC", curve: str = "", size: int = 0) -> tuple[Jwk, Jwk]:
    """Return a new key pair as (private JWK, public JWK), as `step crypto jwk create` makes it.

    `kty` is EC, RSA or OKP; `curve` P-256 (default), P-384 or P-521 for EC, Ed25519 for OKP; `size` the
    bits of an RSA key, 2048 by default and at least. `kid` is the thumbprint. Raises UsageError for
    another value, and for a curve or a size where the kind of key has none.
    """
    key = _new_key(kty, curve, size)
    private = from_key(key)
    kid = thumbprint(private)
    private = ordered({**private, "use": "sig", "kid": kid})
    return private, public_part(private)


def _new_key(kty: str, curve: str, size: int) -> PrivateKey:
    if kty == "EC":
        _unused("size", size, kty)
        if (curve or "P-256") not in CURVES:
            raise _invalid("curve", curve, "P-256, P-384 or P-521")
        return ec.generate_private_key(CURVES[curve or "P-256"][0]())
    if kty == "RSA":
        _unused("curve", curve, kty)
        if size and not _MIN_RSA_SIZE <= size <= _MAX_RSA_SIZE:
            raise _invalid("size", str(size), f"{_MIN_RSA_SIZE} to {_MAX_RSA_SIZE} bits")
        return rsa.generate_private_key(65537, size or _DEFAULT_RSA_SIZE)
    if kty == "OKP":
        _unused("size", size, kty)
        if (curve or "Ed25519") != "Ed25519":
            raise _invalid("curve", curve, "Ed25519")
        return ed25519.Ed25519PrivateKey.generate()
    if kty == "oct":
        raise ShellError(
            "key-symmetric",
            "A symmetric key cannot be a provisioner's key: the CA publishes it.",
            hint="Use --kty EC, RSA or OKP.",
        )
    raise _invalid("kty", kty, "EC, RSA or OKP")


def _unused(option: str, value: object, kty: str) -> None:
    if value:
        raise UsageError(
            "key-option", f"--{option} does not go with --kty {kty}.", hint=f"Leave --{option} out."
        )


def _invalid(option: str, value: str, options: str) -> UsageError:
    return UsageError("key-option", f"{value!r} is not a value for --{option}.", hint=f"It may be {options}.")


def from_key(key: PublicKey | PrivateKey) -> Jwk:
    """Return a key as a JWK with its algorithm, without `use` and `kid`.

    Raises ValueError for an EC key on a curve that JWKs do not have.
    """
    jwk = _public_members(public_half(key))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        jwk["d"] = encode(key.private_numbers().private_value, CURVES[jwk["crv"]][1])
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        jwk["d"] = encode_bytes(key.private_bytes_raw())
    elif isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        values = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
        jwk |= {member: encode(value) for member, value in zip(PRIVATE_MEMBERS, values, strict=True)}
    return ordered({**jwk, "alg": guessed_algorithm(jwk)})


def _public_members(key: PublicKey) -> Jwk:
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in _BY_NAME:
            raise ValueError(f"there are no JWKs on the curve {key.curve.name}")
        crv = _BY_NAME[key.curve.name]
        point, length = key.public_numbers(), CURVES[crv][1]
        return {"kty": "EC", "crv": crv, "x": encode(point.x, length), "y": encode(point.y, length)}
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return {"kty": "RSA", "n": encode(numbers.n), "e": encode(numbers.e)}
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_bytes(key.public_bytes_raw())}


def guessed_algorithm(jwk: Mapping[str, Any]) -> str:
    """Return the algorithm that step takes for a JWK without `alg`."""
    if jwk["kty"] == "OKP":
        return "EdDSA"
    if jwk.get("use") == "enc":
        return "ECDH-ES" if jwk["kty"] == "EC" else "RSA-OAEP-256"
    return CURVES[jwk["crv"]][2] if jwk["kty"] == "EC" else "RS256"


def to_key(jwk: Mapping[str, Any]) -> PublicKey | PrivateKey:
    """Return the key that a JWK describes. Raises ValueError with a reason that holds no value of it.

    Both halves must belong together; RSA needs its two primes.
    """
    members = {name: jwk[name] for name in ORDER if jwk.get(name) is not None}
    if not all(isinstance(value, str) for value in members.values()):
        raise ValueError("a member is not a text")
    kty = members.get("kty", "")
    if kty == "EC":
        return _ec_key(members)
    if kty == "RSA":
        return _rsa_key(members)
    if kty == "OKP" and members.get("crv") == "Ed25519":
        return _ed_key(members)
    raise ValueError("it is neither EC, RSA nor Ed25519")


def _ec_key(members: Mapping[str, str]) -> PublicKey | PrivateKey:
    if members.get("crv") not in CURVES:
        raise ValueError("its curve is not P-256, P-384 or P-521")
    curve, length, _ = CURVES[members["crv"]]
    x, y = (_fixed(members, name, length) for name in "xy")
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve())
    try:
        public = numbers.public_key()
        if "d" not in members:
            return public
        secret = int.from_bytes(_fixed(members, "d", length), "big")
        private = ec.derive_private_key(secret, curve())
    except ValueError:
        raise ValueError("its numbers are not a key on this curve") from None
    if private.public_key() != public:
        raise ValueError("its two halves do not belong together")
    return private


def _rsa_key(members: Mapping[str, str]) -> PublicKey | PrivateKey:
    n, e, *secret = (_number(members, name) for name in ("nedpq" if "d" in members else "ne"))
    try:
        public = rsa.RSAPublicNumbers(e, n)
        if not secret:
            return public.public_key()
        d, p, q = secret
        # Made anew, since they may be missing; as in Go, those that are there must be right.
        rest = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        given = [_number(members, name) if name in members else None for name in ("dp", "dq", "qi")]
        if None not in given and tuple(given) != rest:
            raise ValueError
        return rsa.RSAPrivateNumbers(p, q, d, *rest, public).private_key()
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError("its numbers are not an RSA key") from None


def _ed_key(members: Mapping[str, str]) -> PublicKey | PrivateKey:
    x = _fixed(members, "x", 32)
    if "d" not in members:
        return ed25519.Ed25519PublicKey.from_public_bytes(x)
    private = ed25519.Ed25519PrivateKey.from_private_bytes(_fixed(members, "d", 32))
    if private.public_key().public_bytes_raw() != x:
        raise ValueError("its two halves do not belong together")
    return private


def _number(members: Mapping[str, str], name: str) -> int:
    return int.from_bytes(_octets(members, name), "big")


def _fixed(members: Mapping[str, str], name: str, length: int) -> bytes:
    octets = _octets(members, name)
    if len(octets) != length:
        raise ValueError(f"{name} has the wrong length")
    return octets


def _octets(members: Mapping[str, str], name: str) -> bytes:
    octets = decode(members.get(name, ""))
    if octets is None:
        raise ValueError(f"{name} is not base64url")
    if not octets:
        raise ValueError(f"{name} is missing")
    return octets


def normal(jwk: Mapping[str, Any]) -> Jwk:
    """Return a JWK as step rewrites it: known members in Go's order, the numbers in their usual form.

    `kid` stays as it is, or is the thumbprint where there is none; a missing `alg` is guessed. Raises
    ValueError with a reason that holds no value of the key.
    """
    key = to_key(jwk)
    kept = {name: jwk[name] for name in ("use", "kid", "alg") if jwk.get(name)}
    certificates = {name: jwk[name] for name in CERTIFICATE_MEMBERS if jwk.get(name)}
    found = from_key(key)
    kept.setdefault("alg", guessed_algorithm({**found, **kept}))
    kept.setdefault("kid", thumbprint(found))
    return ordered({**found, **kept}) | certificates


def ordered(jwk: Mapping[str, Any]) -> Jwk:
    """Return the known members of a JWK in the order in which Go writes them."""
    return {name: jwk[name] for name in (*ORDER, *CERTIFICATE_MEMBERS) if name in jwk}


def public_part(jwk: Mapping[str, Any]) -> Jwk:
    """Return a JWK without its private members."""
    return {name: value for name, value in jwk.items() if name not in PRIVATE_MEMBERS}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 SHA-256 thumbprint, base64url without padding; the default `kid` of step.

    Raises ValueError where a member that it is made of is missing.
    """
    names = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
    try:
        members = {name: jwk[name] for name in names[jwk["kty"]]}
    except (KeyError, TypeError):
        raise ValueError("the key has no thumbprint") from None
    return encode_bytes(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def fingerprint(jwk: Mapping[str, Any]) -> str:
    """Return a short text that names a key to a person: `EC P-256, SHA256:<thumbprint>`.

    It is made of the public half alone; for a key without a thumbprint it says so.
    """
    try:
        digest = thumbprint(jwk)
        kind = f"RSA {_number(jwk, 'n').bit_length()}" if jwk["kty"] == "RSA" else str(jwk["crv"])
    except (ValueError, TypeError, AttributeError):
        return "not a key"
    return f"{'EC ' if jwk['kty'] == 'EC' else ''}{kind}, SHA256:{digest}"


def same_pair(public: Mapping[str, Any], private: Mapping[str, Any]) -> bool:
    """Whether a private JWK belongs to a public one. A key that cannot be read belongs to none."""
    try:
        halves = [thumbprint(from_key(public_half(to_key(jwk)))) for jwk in (public, private)]
    except ValueError:
        return False
    return halves[0] == halves[1] and private.get("d") is not None


def encode(number: int, length: int = 0) -> str:
    """Return a number as base64url without padding, in `length` octets or as few as it needs."""
    return encode_bytes(number.to_bytes(length or (number.bit_length() + 7) // 8, "big"))


def encode_bytes(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes | None:
    """Return the bytes of a base64url text as go-jose reads it, or None where it would not.

    Padding may be there or not, and line breaks inside do not matter.
    """
    bare = text.rstrip("=").replace("\r", "").replace("\n", "")
    if not _BASE64URL.fullmatch(bare) or len(bare) % 4 == 1:
        return None
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
