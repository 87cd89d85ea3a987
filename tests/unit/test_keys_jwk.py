"""JSON web keys: made, rewritten, named and compared."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from shell.errors import ShellError, UsageError
from shell.keys.jwk import (
    PRIVATE_MEMBERS,
    create_key,
    decode,
    encode,
    encode_bytes,
    fingerprint,
    from_key,
    guessed_algorithm,
    normal,
    same_pair,
    thumbprint,
    to_key,
)

EC_PRIVATE, EC = create_key()
RSA_PRIVATE, RSA = create_key("RSA")
OKP_PRIVATE, OKP = create_key("OKP")


@pytest.mark.parametrize(
    ("kty", "curve", "algorithm", "members"),
    [
        ("EC", "", "ES256", ["crv", "alg", "x", "y", "d"]),
        ("EC", "P-384", "ES384", ["crv", "alg", "x", "y", "d"]),
        ("EC", "P-521", "ES512", ["crv", "alg", "x", "y", "d"]),
        ("RSA", "", "RS256", ["alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"]),
        ("OKP", "", "EdDSA", ["crv", "alg", "x", "d"]),
        ("OKP", "Ed25519", "EdDSA", ["crv", "alg", "x", "d"]),
    ],
)
def test_a_new_key_has_the_members_of_step(kty: str, curve: str, algorithm: str, members: list[str]) -> None:
    """A new pair has use, thumbprint and algorithm, in Go's order, and its public half nothing private."""
    private, public = create_key(kty, curve)
    assert list(private) == ["use", "kty", "kid", *members]
    assert (private["use"], private["alg"], private["kty"]) == ("sig", algorithm, kty)
    assert private["kid"] == thumbprint(private)
    assert public == {name: value for name, value in private.items() if name not in PRIVATE_MEMBERS}


def test_an_rsa_key_has_the_size_asked_for() -> None:
    """The size of an RSA key is 2048 bits or what is asked for."""
    assert fingerprint(RSA).startswith("RSA 2048, SHA256:")
    assert fingerprint(create_key("RSA", size=3072)[1]).startswith("RSA 3072, SHA256:")


@pytest.mark.parametrize(
    ("kty", "curve", "size", "word"),
    [
        ("EC", "Ed25519", 0, "P-256"),
        ("EC", "", 256, "--size"),
        ("RSA", "P-256", 0, "--curve"),
        ("RSA", "", 1024, "2048"),
        ("RSA", "", 65536, "16384"),
        ("OKP", "X25519", 0, "Ed25519"),
        ("OKP", "", 256, "--size"),
        ("XX", "", 0, "EC, RSA or OKP"),
    ],
)
def test_impossible_keys_are_a_usage_error(kty: str, curve: str, size: int, word: str) -> None:
    """A kind, curve or size that there is not is refused with what there is."""
    with pytest.raises(UsageError) as error:
        create_key(kty, curve, size)
    assert word in error.value.message + error.value.hint


def test_a_symmetric_key_is_not_made() -> None:
    """`oct` is refused: the CA publishes the key."""
    with pytest.raises(ShellError, match="symmetric"):
        create_key("oct")


def test_the_thumbprint_is_the_one_of_the_rfc() -> None:
    """The example of RFC 7638 gives its thumbprint."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI"
        "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize(
    "jwk", [{}, {"kty": ["EC"]}, {"kty": "XX"}, {"kty": "EC"}, {"kty": "oct", "k": "AA"}, {"kty": "RSA"}]
)
def test_what_is_no_key_has_no_thumbprint(jwk: dict[str, Any]) -> None:
    """Without the members that it is made of there is no thumbprint, and the fingerprint says so."""
    with pytest.raises(ValueError, match="thumbprint"):
        thumbprint(jwk)
    assert fingerprint(jwk) == "not a key"


@pytest.mark.parametrize("n", [5, None, "*", ""])
def test_an_rsa_modulus_of_nonsense_has_no_fingerprint(n: Any) -> None:
    """A modulus that cannot be read makes no fingerprint."""
    assert fingerprint({"kty": "RSA", "n": n, "e": "AQAB"}) == "not a key"


def test_fingerprints_name_the_kind() -> None:
    """The text for a person has the kind of key and the digest of its public half only."""
    assert fingerprint(EC_PRIVATE) == fingerprint(EC) == f"EC P-256, SHA256:{EC['kid']}"
    assert fingerprint(OKP) == f"Ed25519, SHA256:{OKP['kid']}"


@pytest.mark.parametrize(("private", "public"), [(EC_PRIVATE, EC), (RSA_PRIVATE, RSA), (OKP_PRIVATE, OKP)])
def test_pairs_are_recognised(private: dict[str, Any], public: dict[str, Any]) -> None:
    """The halves of one key are a pair under any kid; other halves, two public ones and nonsense are not."""
    assert same_pair({**public, "kid": "mine"}, private)
    assert not same_pair(public, public)
    assert not same_pair(create_key()[1], private)
    assert not same_pair({}, private)
    assert not same_pair(public, {**private, "d": "AA"})


def test_a_curve_that_jwks_do_not_have_is_an_error() -> None:
    """An EC key on P-224 has no JWK."""
    with pytest.raises(ValueError, match="secp224r1"):
        from_key(ec.generate_private_key(ec.SECP224R1()).public_key())


@pytest.mark.parametrize(
    ("jwk", "algorithm"),
    [
        ({"kty": "EC", "crv": "P-384"}, "ES384"),
        ({"kty": "EC", "crv": "P-384", "use": "enc"}, "ECDH-ES"),
        ({"kty": "RSA"}, "RS256"),
        ({"kty": "RSA", "use": "enc"}, "RSA-OAEP-256"),
        ({"kty": "OKP", "use": "enc"}, "EdDSA"),
    ],
)
def test_a_missing_algorithm_is_guessed_as_step_does(jwk: dict[str, str], algorithm: str) -> None:
    """The guess goes by key type, curve and use."""
    assert guessed_algorithm(jwk) == algorithm


def test_a_key_is_rewritten_as_step_writes_it() -> None:
    """Order, padding and leading zeros become the usual ones; unknown members go, x5c and kid stay."""
    odd = {
        "y": EC["y"] + "=",
        "x": EC["x"],
        "key_ops": ["verify"],
        "x5c": ["AA"],
        "kid": "mine",
        "crv": "P-256",
        "kty": "EC",
    }
    written = normal(odd)
    assert list(written) == ["kty", "kid", "crv", "alg", "x", "y", "x5c"]
    assert written == {
        "kty": "EC",
        "kid": "mine",
        "crv": "P-256",
        "alg": "ES256",
        "x": EC["x"],
        "y": EC["y"],
        "x5c": ["AA"],
    }
    zeros = encode_bytes(bytes(2) + (decode(RSA["n"]) or b""))
    assert normal({**RSA, "n": zeros})["n"] == RSA["n"]


def test_missing_members_are_filled_in() -> None:
    """A kid and an alg are made where they are missing, and RSA exponents are made anew."""
    bare = {name: RSA_PRIVATE[name] for name in ("kty", "n", "e", "d", "p", "q")}
    assert normal(bare) == {name: value for name, value in RSA_PRIVATE.items() if name != "use"}
    assert normal({**EC, "kid": "", "alg": None}) == EC


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"kty": 5}, "not a text"),
        ({"kty": "XX"}, "neither"),
        ({"kid": 5}, "not a text"),
        ({"alg": ["ES256"]}, "not a text"),
        ({"crv": "P-111"}, "curve"),
        ({"x": "AA"}, "x has the wrong length"),
        ({"x": "***"}, "x is not base64url"),
        ({"y": ""}, "y is missing"),
        ({"x": EC["y"], "y": EC["x"]}, "not a key on this curve"),
        ({"d": encode(0, 32)}, "not a key on this curve"),
        ({"d": encode(1, 32)}, "do not belong together"),
    ],
)
def test_ec_keys_that_are_none_are_refused(change: dict[str, Any], reason: str) -> None:
    """What is wrong with an EC key is said by the member's name."""
    with pytest.raises(ValueError, match=reason):
        normal({**EC, **change})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"p": None}, "p is missing"),
        ({"n": "***"}, "n is not base64url"),
        ({"d": "AQAB"}, "not an RSA key"),
        ({"p": "AA"}, "not an RSA key"),
        ({"dp": "AQAB"}, "not an RSA key"),
    ],
)
def test_rsa_keys_that_are_none_are_refused(change: dict[str, Any], reason: str) -> None:
    """Missing, unreadable and wrong numbers of an RSA key are refused."""
    with pytest.raises(ValueError, match=reason):
        to_key({**RSA_PRIVATE, **change})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"crv": "X25519"}, "neither"),
        ({"x": "AA"}, "x has the wrong length"),
        ({"d": "AA"}, "d has the wrong length"),
        ({"d": encode_bytes(bytes(32))}, "do not belong together"),
    ],
)
def test_ed25519_keys_that_are_none_are_refused(change: dict[str, Any], reason: str) -> None:
    """Another curve, a wrong length and foreign halves are refused."""
    with pytest.raises(ValueError, match=reason):
        to_key({**OKP_PRIVATE, **change})


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("", b""),
        ("AA", b"\0"),
        ("AA==", b"\0"),
        ("A\r\nA", b"\0"),
        ("_-8", b"\xff\xef"),
        ("A", None),
        ("+A", None),
        ("A A", None),
    ],
)
def test_base64url_is_read_as_go_jose_reads_it(text: str, octets: bytes | None) -> None:
    """Padding and line breaks do not matter; the other alphabet, spaces and odd lengths are refused."""
    assert decode(text) == octets
