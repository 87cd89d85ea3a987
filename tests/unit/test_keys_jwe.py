"""Private keys under a password."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from jwcrypto import jwa, jwe, jwk

from shell.errors import ShellError
from shell.keys.files import key_password
from shell.keys.jwe import compact_form, decrypt_key, encrypt_key, looks_like_jwe
from shell.keys.jwk import create_key
from tests.support.certificates import stable_id

PASSWORD = "correct horse"
PRIVATE, PUBLIC = create_key()
FEW = 1000
TEXT = encrypt_key(PRIVATE, PASSWORD, FEW)


def header_of(text: str) -> dict[str, Any]:
    """Return the protected header of a compact JWE."""
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text.partition(".")[0] + "=="))
    return found


def with_header(text: str, **changes: Any) -> str:
    """Return a compact JWE with another protected header; None takes a parameter out."""
    header = {name: value for name, value in {**header_of(text), **changes}.items() if value is not None}
    return encoded(header) + "." + text.partition(".")[2]


def encoded(value: Any) -> str:
    """Return a JSON value as base64url."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def as_json(text: str, **members: Any) -> str:
    """Return a compact JWE in flattened JSON serialisation, with further members."""
    names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
    return json.dumps({**dict(zip(names, text.split("."), strict=True)), **members}, indent=2)


def code_of(text: str, password: str | bytes = PASSWORD) -> str:
    """Return the code of the error that opening this text raises."""
    with pytest.raises(ShellError) as error:
        decrypt_key(text, password)
    assert PASSWORD not in str(error.value)
    return error.value.code


def test_a_key_comes_back_whole() -> None:
    """What is encrypted opens with the password, as text or bytes, in the same order."""
    assert list(decrypt_key(TEXT, PASSWORD).items()) == list(PRIVATE.items())
    assert decrypt_key(TEXT, PASSWORD.encode()) == PRIVATE


def test_the_header_is_the_one_of_step() -> None:
    """The protected header has step's members in step's order, and a new salt of 16 bytes each time."""
    header = header_of(TEXT)
    assert list(header) == ["alg", "cty", "enc", "p2c", "p2s"]
    assert header | {"p2s": ""} == {
        "alg": "PBES2-HS256+A128KW", "cty": "jwk+json", "enc": "A256GCM", "p2c": FEW, "p2s": "",
    }  # fmt: skip
    assert len(header["p2s"]) == 22
    assert header["p2s"] != header_of(encrypt_key(PRIVATE, PASSWORD, FEW))["p2s"]


def test_the_default_is_the_count_of_today() -> None:
    """Without a count there are 600,000 iterations."""
    assert header_of(encrypt_key(PRIVATE, PASSWORD))["p2c"] == 600_000


def test_the_limit_of_jwcrypto_is_left_as_it_was() -> None:
    """Encrypting and opening do not change jwcrypto's limit for the rest of the process."""
    before = jwa.default_max_pbkdf2_iterations
    decrypt_key(encrypt_key(PRIVATE, PASSWORD, 20_000), PASSWORD)
    assert jwa.default_max_pbkdf2_iterations == before


@pytest.mark.parametrize("password", ["", b""], ids=stable_id)
def test_an_empty_password_protects_nothing(password: str | bytes) -> None:
    """No key is encrypted under an empty password, and none opened with one."""
    with pytest.raises(ShellError) as error:
        encrypt_key(PRIVATE, password)
    assert error.value.code == "password-empty"
    assert code_of(TEXT, password) == "key-password-wrong"


@pytest.mark.parametrize("password", ["wrong", PASSWORD + "\n", PASSWORD[:-1]], ids=stable_id)
def test_a_wrong_password_is_told_from_a_malformed_text(password: str) -> None:
    """Another password is `key-password-wrong`, what is no JWE is `jwe-malformed`."""
    assert code_of(TEXT, password) == "key-password-wrong"
    assert code_of("no", password) == "jwe-malformed"


def test_a_damaged_text_does_not_open() -> None:
    """A changed ciphertext is refused like a wrong password: nothing tells them apart."""
    head, _, tag = TEXT.rpartition(".")
    assert code_of(head + "." + ("A" if tag[0] != "A" else "B") + tag[1:]) == "key-password-wrong"


def test_passwords_that_are_no_text_work() -> None:
    """Bytes that are no UTF-8, read from a password file, open what the same bytes encrypted."""
    password = key_password(b"\xff\xfe secret\n")
    assert decrypt_key(encrypt_key(PRIVATE, b"\xff\xfe secret", FEW), password) == PRIVATE


@pytest.mark.parametrize("count", [0, -1, 1_000_001, "1000", 1.5, None, True], ids=stable_id)
def test_iteration_counts_out_of_bounds_are_refused(count: Any) -> None:
    """A count that go-jose does not take is refused before any work is done."""
    assert code_of(with_header(TEXT, p2c=count)) == "jwe-malformed"


@pytest.mark.parametrize(
    "changes",
    [{"alg": "dir"}, {"alg": "A128KW"}, {"alg": None}, {"alg": []}, {"enc": "XX"}, {"enc": None}, {"p2s": None}, {"p2s": ""},
     {"p2s": 5}, {"p2s": "*"}], ids=stable_id)  # fmt: skip
def test_other_headers_are_malformed(changes: dict[str, Any]) -> None:
    """Algorithms without a password and a missing salt are refused."""
    assert code_of(with_header(TEXT, **changes)) == "jwe-malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c.d",
        "a.b.c.d.e.f",
        "....",
        "*.b.c.d.e",
        encoded([1]) + ".AA.AA.AA.AA",
        "AA.AA.AA.AA.AA",
        "{",
        "{}",
        "[" * 100_000,
    ],
    ids=stable_id,
)
def test_what_is_no_jwe_is_malformed(text: str) -> None:
    """Texts that are not five base64url parts with a JSON header are refused."""
    assert code_of(text) == "jwe-malformed"


@pytest.mark.parametrize(
    "members",
    [
        {"header": {"x": 1}},
        {"unprotected": {"x": 1}},
        {"aad": "AA"},
        {"tag": 5},
        {"tag": None},
        {"recipients": [{}, {}]},
        {"recipients": "x"},
        {"recipients": ["x"]},
        {"recipients": [{"header": {"x": 1}}]},
    ],
    ids=stable_id,
)
def test_json_forms_that_ca_json_cannot_hold_are_refused(members: dict[str, Any]) -> None:
    """Parameters outside of the protected header, several recipients and wrong types are refused."""
    assert code_of(as_json(TEXT, **members)) == "jwe-malformed"


def test_the_json_forms_open() -> None:
    """The flattened form, and the general one with one recipient, open and become the compact text."""
    flattened = as_json(TEXT)
    members = json.loads(flattened)
    general = json.dumps({**members, "recipients": [{"encrypted_key": members.pop("encrypted_key")}]})
    for text in (flattened, general, f"  {TEXT}\n", TEXT.replace(".", ".\n")):
        assert decrypt_key(text, PASSWORD) == PRIVATE
        assert compact_form(text) == TEXT


def test_padding_is_taken_off() -> None:
    """Parts with padding are the same text without it."""
    padded = ".".join(part + "=" * (-len(part) % 4) for part in TEXT.split("."))
    assert compact_form(padded) == TEXT


@pytest.mark.parametrize(
    "alg", ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"], ids=stable_id
)
@pytest.mark.parametrize("enc", ["A128GCM", "A256CBC-HS512"], ids=stable_id)
def test_other_password_algorithms_open(alg: str, enc: str) -> None:
    """Whatever go-jose opens with a password opens here."""
    message = jwe.JWE(
        json.dumps(PRIVATE).encode(),
        json.dumps({"alg": alg, "enc": enc, "p2c": FEW, "p2s": "AAAAAAAAAAAAAAAA"}),
    )
    message.add_recipient(jwk.JWK.from_password(PASSWORD))
    assert decrypt_key(message.serialize(compact=True), PASSWORD) == PRIVATE


@pytest.mark.parametrize(
    "content",
    ["text", "[]", "{}", json.dumps(PUBLIC), json.dumps({**PRIVATE, "d": "AA"}), "[" * 100_000],
    ids=stable_id,
)
def test_an_envelope_without_a_private_key_is_said_to_be_so(content: str) -> None:
    """What opens and holds no private key is `key-malformed`."""
    header = {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": FEW, "p2s": "AAAAAAAAAAAAAAAA"}
    message = jwe.JWE(content.encode(), json.dumps(header))
    message.add_recipient(jwk.JWK.from_password(PASSWORD))
    assert code_of(message.serialize(compact=True)) == "key-malformed"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (TEXT, True),
        (as_json(TEXT), True),
        ("a.b.c.d.e", True),
        ("a.b", False),
        ("{", False),
        ("{}", False),
        (json.dumps(PRIVATE), False),
    ],
    ids=stable_id,
)
def test_a_jwe_is_told_from_a_jwk(text: str, meant: bool) -> None:
    """Five parts, or an object with a ciphertext, are meant as a JWE."""
    assert looks_like_jwe(text) is meant
