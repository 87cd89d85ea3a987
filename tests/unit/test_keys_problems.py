"""What is said of the member `key`; that step-ca agrees is shown in tests/live."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shell.keys.jwk import create_key, encode_bytes, from_key, public_part
from shell.keys.problems import jwk_problems
from tests.support.certificates import certificate, der_of

EC_KEY = ec.generate_private_key(ec.SECP256R1())
PRIVATE = from_key(EC_KEY) | {"kid": "k"}
EC = public_part(PRIVATE)
RSA_PRIVATE, RSA = create_key("RSA")
OKP_PRIVATE, OKP = create_key("OKP")
LEAF = der_of(certificate(key=EC_KEY))
CHAIN = [base64.b64encode(LEAF).decode()]
SHA1, SHA256 = hashlib.sha1(LEAF, usedforsecurity=False).digest(), hashlib.sha256(LEAF).digest()


def weak_rsa(bits: int) -> dict[str, Any]:
    """Return a public RSA key that is too small."""
    return from_key(rsa.generate_private_key(65537, bits).public_key()) | {"kid": "k"}


def found(jwk: dict[str, Any]) -> list[tuple[str, str]]:
    """Return effects and codes of the problems of a key."""
    return [(problem.effect, problem.code) for problem in jwk_problems(jwk)]


@pytest.mark.parametrize(
    "jwk",
    [
        EC,
        RSA,
        OKP,
        {**EC, "y": EC["y"] + "==", "unknown": 5, "alg": None, "use": "enc"},
        {**EC, "x5c": CHAIN, "x5t": encode_bytes(SHA1), "x5t#S256": encode_bytes(SHA256)},
        {**EC, "x5c": CHAIN, "x5t": encode_bytes(SHA1.hex().encode())},
        {**EC, "x5t": encode_bytes(bytes(20)), "x5u": "https://example.com/a"},
    ],
)
def test_good_keys_have_no_problems(jwk: dict[str, Any]) -> None:
    """What step-ca reads and uses is left alone."""
    assert found(jwk) == []


@pytest.mark.parametrize(
    ("jwk", "code"),
    [
        ({}, "key-type"),
        ({**EC, "kty": "ec"}, "key-type"),
        ({**EC, "kty": None}, "key-type"),
        ({**EC, "kid": 5}, "key-member-type"),
        ({**EC, "x": 5}, "key-member-type"),
        ({**EC, "x5c": "text"}, "key-member-type"),
        ({**EC, "x5c": [5]}, "key-member-type"),
        ({**EC, "d": "***"}, "key-base64"),
        ({**EC, "n": "A"}, "key-base64"),
        ({**EC, "crv": "P-111"}, "key-curve"),
        ({**EC, "y": None}, "key-incomplete"),
        ({**EC, "y": ""}, "key-length"),
        ({**PRIVATE, "d": "AA"}, "key-length"),
        ({**EC, "x": EC["y"], "y": EC["x"]}, "key-not-on-curve"),
        ({**RSA, "e": None}, "key-incomplete"),
        ({**RSA_PRIVATE, "q": None}, "key-incomplete"),
        ({**RSA_PRIVATE, "q": "AQAB"}, "key-not-rsa"),
        ({**OKP, "crv": "X25519"}, "key-curve"),
        ({**OKP, "x": None}, "key-incomplete"),
        ({"kty": "oct"}, "key-incomplete"),
        ({**EC, "x5c": ["***"]}, "key-x5c"),
        ({**EC, "x5c": ["AAAA"]}, "key-x5c"),
        ({**EC, "x5c": [None]}, "key-x5c"),
        ({**RSA, "x5c": CHAIN}, "key-x5c-mismatch"),
        ({**OKP, "x": "AA", "x5c": CHAIN}, "key-x5c-mismatch"),
        ({"kty": "oct", "k": "AA", "x5c": CHAIN}, "key-x5c-mismatch"),
        ({**EC, "x5t": "AA"}, "key-x5t"),
        ({**EC, "x5t": "***"}, "key-x5t"),
        ({**EC, "x5t": encode_bytes(b"z" * 40)}, "key-x5t"),
        ({**EC, "x5c": CHAIN, "x5t#S256": encode_bytes(bytes(32))}, "key-x5t"),
        ({**EC, "x5u": "https://h:port/"}, "key-x5u"),
        ({**EC, "x5u": "\x01"}, "key-x5u"),
    ],
)
def test_keys_that_go_jose_does_not_read_refuse_the_file(jwk: dict[str, Any], code: str) -> None:
    """Each has one problem, whose effect is the whole file."""
    assert found(jwk) == [("refused", code)]


def test_all_wrong_lengths_are_named() -> None:
    """Several wrong numbers are several problems, with the length that they should have."""
    problems = jwk_problems({**PRIVATE, "x": "AA", "y": "AA", "d": "AA"})
    assert [problem.message[0] for problem in problems] == ["x", "y", "d"]
    assert all("32 bytes" in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("jwk", "problems"),
    [
        (PRIVATE, [("danger", "key-private")]),
        (RSA_PRIVATE, [("danger", "key-private")]),
        (OKP_PRIVATE, [("danger", "key-private")]),
        ({"kty": "oct", "k": "AAAA", "kid": "k"}, [("danger", "key-symmetric")]),
        ({**OKP, "x": "AA"}, [("unusable", "key-nonsense")]),
        ({**RSA, "e": ""}, [("unusable", "key-nonsense")]),
        ({**RSA, "n": ""}, [("unusable", "key-nonsense")]),
        (weak_rsa(1024), [("warning", "key-weak")]),
        ({**EC, "kid": ""}, [("warning", "key-no-kid")]),
        ({**PRIVATE, "kid": None}, [("danger", "key-private"), ("warning", "key-no-kid")]),
    ],
)
def test_keys_that_are_read_and_should_not_be(jwk: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    """What step-ca accepts and publishes, or cannot use, is told from what it refuses."""
    assert found(jwk) == problems
