"""Whether step-ca's decoder reads a JWK; a key that it does not read refuses the whole ca.json.

The decoder is that of go-jose v3 (jwk.go): other than the rest of ca.json it matters how member names
are spelled, and a repeated member is an error. Nothing is computed here but whether a point lies on
its curve, which the decoder checks too.
"""

from __future__ import annotations

import binascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shell.model.values import JSON

_Members = dict[str, object]

# the prime, the constant b (a is -3), the length of a coordinate and of a private key in bytes;
# SEC 2 version 2.0, sections 2.4.2, 2.5.1, 2.6.1
_CURVES: dict[object, tuple[int, int, int]] = {
    "P-256": (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        32,
    ),
    "P-384": (
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        48,
    ),
    "P-521": (
        2**521 - 1,
        0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
        66,
    ),
}
_TEXTS = frozenset(("use", "kty", "kid", "crv", "alg", "x5u", "x5t", "x5t#S256"))
_BYTES = frozenset(("k", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"))
_STRINGS = _TEXTS | _BYTES
_USUAL = frozenset(("use", "kty", "kid", "crv", "alg", "x", "y"))
_P256_TEXT = 43
"""The length of a coordinate of P-256 in base64url without padding, in characters."""
_TO_STANDARD = bytes.maketrans(b"-_+/", b"+/!!")  # what is of the other alphabet is no base64 at all
_PADDING = (b"", b"===", b"==", b"=")


def jwk_flaw(key: object) -> str:
    """Return why the decoder refuses a JWK (pairs or a dict), or the empty text; null is read as no key."""
    if key is None:
        return ""
    if not isinstance(key, tuple | dict):
        return "must be an object"
    members: _Members = dict(key)
    if len(members) != len(key):
        return "has a member twice"
    for name, value in members.items():
        if type(value) is not str and value is not None and name in _STRINGS:
            return f"has a {name} that is no string"
    if "x5c" in members and (flaw := _certificates_flaw(members["x5c"])):
        return flaw
    check = _BY_TYPE.get(members.get("kty"))
    if check is None:
        return "has a kty other than EC, RSA, OKP and oct"
    try:
        return check(members)
    except ValueError:
        return "has a part that is not base64url"


def is_usual_key(key: dict[str, JSON]) -> bool:
    """Whether this is the public half of an EC key, in the members that step writes, with nothing wrong.

    Of such a key those who can read keys have nothing more to say.
    """
    return key.keys() == _USUAL and key["kty"] == "EC" and bool(key["kid"]) and not jwk_flaw(key)


def _certificates_flaw(chain: object) -> str:
    if chain is None:
        return ""
    if not isinstance(chain, list) or any(item is not None and type(item) is not str for item in chain):
        return "has an x5c that is no list of strings"
    return ""


def decoded(text: str) -> bytes:
    """Return the bytes of base64url as Go reads it: padding and line breaks do not matter.

    Raises ValueError.
    """
    stripped = text.rstrip("=").encode("ascii")
    return binascii.a2b_base64(
        stripped.translate(_TO_STANDARD) + _PADDING[len(stripped) % 4], strict_mode=True
    )


def _bytes(members: _Members, name: str) -> bytes | None:
    text = members.get(name)
    if not isinstance(text, str):
        return None
    try:
        return decoded(text)
    except ValueError:
        return decoded(text.replace("\n", "").replace("\r", ""))


def _elliptic(members: _Members) -> str:
    curve = _CURVES.get(members.get("crv"))
    if curve is None:
        return "has a crv other than P-256, P-384 and P-521"
    prime, constant, size = curve
    x, y = _coordinates(members)
    if x is None or y is None:
        return "has no x or no y"
    if len(x) != size or len(y) != size:
        return f"has an x or y of the wrong length (its curve has {size} bytes)"
    private = _bytes(members, "d") if "d" in members else None
    if private is not None and len(private) != size:
        return f"has a d of the wrong length (its curve has {size} bytes)"
    horizontal, vertical = int.from_bytes(x), int.from_bytes(y)
    on_curve = (vertical * vertical - horizontal * (horizontal * horizontal - 3) - constant) % prime == 0
    if horizontal >= prime or vertical >= prime or not on_curve:
        return "has an x and y that are no point of its curve"
    return ""


def _coordinates(members: _Members) -> tuple[bytes | None, bytes | None]:
    """Return the bytes of x and y; those of P-256, which nearly every key has, are decoded together."""
    x, y = members.get("x"), members.get("y")
    if type(x) is type(y) is str and len(x) == len(y) == _P256_TEXT:
        # each is 32 bytes and two bits more: with a further A they are 33 bytes, the last of which says nothing
        text = f"{x}A{y}A".encode("ascii").translate(_TO_STANDARD)
        try:
            both = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:
            pass  # padding and line breaks
        else:
            return both[:32], both[33:65]
    return _bytes(members, "x"), _bytes(members, "y")


def _rsa(members: _Members) -> str:
    needed = ("n", "e") if members.get("d") is None else ("n", "e", "d", "p", "q")
    return _all_decode(members, needed)


def _octets(members: _Members) -> str:
    return _all_decode(members, ("k",))


def _edwards(members: _Members) -> str:
    if members.get("crv") != "Ed25519":
        return "has a crv other than Ed25519"
    return _all_decode(members, ("x",))


def _all_decode(members: _Members, needed: Iterable[str]) -> str:
    for name in needed:
        if _bytes(members, name) is None:
            return f"has no {name}"
    for name in _BYTES:
        _bytes(members, name)
    return ""


_BY_TYPE: dict[object, Callable[[_Members], str]] = {
    "EC": _elliptic,
    "RSA": _rsa,
    "OKP": _edwards,
    "oct": _octets,
}
