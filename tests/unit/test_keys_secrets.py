"""Nothing secret comes out of the key and certificate code but where it is asked for."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shell.certs import pem
from shell.certs.describe import describe
from shell.certs.kubernetes import k8s_keys_from_file
from shell.certs.roots import x5c_roots_from_file
from shell.certs.scep import decrypter_key_from_file, decrypter_key_problems, decrypter_pair_problems
from shell.errors import ShellError
from shell.keys.files import public_for_provisioner, read_key_file
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.jwk import create_key
from shell.keys.problems import jwk_problems
from tests.support.certificates import certificate, private_pem

CANARY = "canary-7f3a-password"
PRIVATE, PUBLIC = create_key()
RSA_PRIVATE, _ = create_key("RSA")
JWE = encrypt_key(PRIVATE, CANARY, 1000)
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
SECRETS = [CANARY, PRIVATE["d"], *(RSA_PRIVATE[name] for name in ("d", "p", "q", "dp", "dq", "qi"))]


def wrong() -> str:
    """Return a password that opens nothing."""
    return CANARY + "-wrong"


def read(data: bytes) -> Callable[[], object]:
    """Return what reads a key file."""
    return lambda: read_key_file(data, "key file", wrong)


def damaged_jwks() -> Iterator[bytes]:
    """Yield private JWKs, each with one member damaged or gone."""
    for jwk in (PRIVATE, RSA_PRIVATE):
        for name, value in jwk.items():
            for change in ("", "AA", value[:-4] + "AAAA", value + "*", CANARY, None):
                yield json.dumps({**jwk, name: change}).encode()


FAILING: list[Callable[[], object]] = [
    *(read(data) for data in damaged_jwks()),
    *(read(json.dumps(PRIVATE).encode()[:length]) for length in range(1, 250, 7)),
    read(JWE.encode()),
    read(json.dumps({"kty": "oct", "k": CANARY}).encode()),
    read(private_pem(EC_KEY, password=CANARY)),
    read(private_pem(RSA_KEY, "TraditionalOpenSSL", CANARY)),
    read(private_pem(RSA_KEY)[:-200] + b"-----END PRIVATE KEY-----\n"),
    read(pem.encode("PRIVATE KEY", CANARY.encode())),
    read(private_pem(EC_KEY) * 2),
    lambda: decrypt_key(JWE, wrong()),
    lambda: decrypt_key(JWE[:-9], CANARY),
    lambda: encrypt_key(PRIVATE, ""),
    lambda: public_for_provisioner(read_key_file(json.dumps(PRIVATE).encode(), "f")),
    lambda: k8s_keys_from_file(private_pem(EC_KEY), "f"),
    lambda: decrypter_key_from_file(private_pem(RSA_KEY) + CANARY.encode(), "f"),
    lambda: x5c_roots_from_file(private_pem(RSA_KEY), "f"),
]


def error_of(call: Callable[[], object]) -> ShellError | None:
    """Return the expected error that a call raises, or None."""
    try:
        call()
    except ShellError as error:
        return error
    return None


def test_errors_hold_no_secret() -> None:
    """Neither the message, the hint nor the traceback of an expected error has a password or a private value."""
    errors = [error for call in FAILING if (error := error_of(call))]
    assert len(errors) > len(FAILING) * 3 // 4
    for error in errors:
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None
        shown = "".join(traceback.format_exception(error)) + repr(error) + error.hint
        assert not [secret for secret in SECRETS if secret in shown]


def private_jwks() -> Iterator[dict[str, Any]]:
    """Yield private keys as step-ca would publish or refuse them."""
    for data in damaged_jwks():
        yield json.loads(data)


def test_problems_hold_no_secret() -> None:
    """No finding has a private value or a password in it."""
    problems = [problem for jwk in private_jwks() for problem in jwk_problems(jwk)]
    cert = certificate(key=RSA_KEY)
    for key in (private_pem(RSA_KEY, password=CANARY), private_pem(EC_KEY), private_pem(RSA_KEY) + b"x"):
        problems += decrypter_key_problems(key, wrong())
        problems += decrypter_pair_problems(cert, key, CANARY)
    assert problems
    shown = repr(problems)
    assert not [secret for secret in SECRETS if secret in shown]


def test_what_is_read_does_not_show_itself() -> None:
    """The repr of key material and of PEM blocks has nothing private in it."""
    plain = read_key_file(json.dumps(PRIVATE).encode(), "f")
    opened = read_key_file(JWE.encode(), "f", lambda: CANARY)
    blocks, _ = pem.split(private_pem(RSA_KEY))
    shown = repr((plain, opened, blocks))
    assert not [secret for secret in [*SECRETS, JWE] if secret in shown]
    assert repr(blocks[0].data)[2:20] not in shown


def test_descriptions_show_public_halves_only() -> None:
    """The lines for `show` have nothing of a private key."""
    lines = describe(private_pem(RSA_KEY) + private_pem(EC_KEY, password=CANARY))
    shown = " ".join(lines)
    assert "public half" in lines[0]
    assert lines[1] == "private key, encrypted"
    assert not [line for line in private_pem(RSA_KEY).decode().splitlines() if line in shown]
