"""Key files and password files."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519

from shell.certs import pem
from shell.errors import ShellError
from shell.keys.files import (
    KeyMaterial,
    key_password,
    private_for_provisioner,
    public_for_provisioner,
    read_key_file,
)
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.jwk import create_key, same_pair, thumbprint
from tests.support.certificates import (
    DER,
    certificate,
    certificate_request,
    private_pem,
    public_pem,
    stable_id,
)
from tests.support.legacy_pem import legacy_pem

PASSWORD = "file password"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
PKCS1 = RSA_KEY.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
# A public key of an algorithm that nobody knows.
UNKNOWN = ED_KEY.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
UNKNOWN = UNKNOWN.replace(bytes.fromhex("06032b6570"), bytes.fromhex("06032b6500"))
PRIVATE, PUBLIC = create_key()
JWE = encrypt_key(PRIVATE, PASSWORD, 1000)


def ask(calls: list[str] | None = None, answer: str = PASSWORD) -> Callable[[], str]:
    """Return a function that gives the password and notes that it was called."""

    def answered() -> str:
        if calls is not None:
            calls.append(answer)
        return answer

    return answered


def read(data: bytes | str | dict[str, Any], password: Callable[[], str] | None = None) -> KeyMaterial:
    """Read a key file with this content."""
    text = json.dumps(data) if isinstance(data, dict) else data
    return read_key_file(text.encode() if isinstance(text, str) else text, "key file", password)


def code_of(data: bytes | str | dict[str, Any], password: Callable[[], str] | None = None) -> str:
    """Return the code of the error that reading this content raises; the message names the file."""
    with pytest.raises(ShellError) as error:
        read(data, password)
    assert error.value.hint
    return error.value.code


# --- password files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n \t\x0b\x0c", "secret"),
        ("secret\u00a0\u2003\u3000\u0085".encode(), "secret"),
        (b"  two words \n", "  two words"),
        (b"first\nsecond\n", "first\nsecond"),
        (b"secret\x1c\x1f", "secret\x1c\x1f"),
        (b"\xef\xbb\xbfsecret", "\ufeffsecret"),
        (b"\xff\x85", "\udcff\udc85"),
    ],
    ids=stable_id,
)
def test_a_password_is_trimmed_at_the_right_only(data: bytes, password: str) -> None:
    """White space at the end goes, as Go sees it; everything else stays."""
    assert key_password(data) == password


@pytest.mark.parametrize("data", [b"", b"\n", " \u2003\n".encode()], ids=stable_id)
def test_an_empty_password_file_is_an_error(data: bytes) -> None:
    """A file of white space holds no password."""
    with pytest.raises(ShellError) as error:
        key_password(data)
    assert error.value.code == "password-empty"


# --- JWK and JWE ---------------------------------------------------------------------------------


def test_a_public_jwk_is_read() -> None:
    """A public JWK has a public half only, and is what the provisioner gets."""
    material = read(PUBLIC)
    assert (material.public, material.private, material.encrypted) == (PUBLIC, None, None)
    assert public_for_provisioner(material) == PUBLIC
    with pytest.raises(ShellError) as error:
        private_for_provisioner(material, PASSWORD)
    assert error.value.code == "key-is-public"


def test_a_private_jwk_is_read_and_encrypted() -> None:
    """A private JWK gives both halves; for the provisioner it is encrypted under the key password."""
    material = read(PRIVATE)
    assert (material.public, material.private) == (PUBLIC, PRIVATE)
    text = private_for_provisioner(material, "key password", 1000)
    assert decrypt_key(text, "key password") == PRIVATE


def test_a_kid_stays_and_is_made_where_there_is_none() -> None:
    """Any kid is kept as it is; without one the thumbprint is the kid."""
    assert (read({**PUBLIC, "kid": "any kid/ü"}).public or {})["kid"] == "any kid/ü"
    without = {name: value for name, value in PRIVATE.items() if name != "kid"}
    assert (read(without).private or {})["kid"] == PRIVATE["kid"]


@pytest.mark.parametrize("mark", ["", "\ufeff", "\n "], ids=stable_id)
def test_a_mark_or_blanks_before_a_jwk_do_not_matter(mark: str) -> None:
    """A byte order mark and blanks before the JSON are passed over."""
    assert read(mark + json.dumps(PUBLIC)).public == PUBLIC


def test_a_jwe_is_opened_with_a_password() -> None:
    """With a password an encrypted JWK gives both halves, asked once, and stays under its password."""
    calls: list[str] = []
    material = read(JWE + "\n", ask(calls))
    assert (material.public, material.private, material.encrypted) == (PUBLIC, PRIVATE, JWE)
    assert calls == [PASSWORD]
    assert private_for_provisioner(material, "another") == JWE


def test_a_jwe_is_kept_without_a_password() -> None:
    """Without a password an encrypted JWK is not opened, and still goes into `encryptedKey`."""
    material = read(JWE)
    assert (material.public, material.private, material.encrypted) == (None, None, JWE)
    assert private_for_provisioner(material, "") == JWE


def test_the_password_is_not_asked_for_a_plain_file() -> None:
    """Nobody is asked for the password of a file that has none."""
    calls: list[str] = []
    for data in (
        json.dumps(PUBLIC).encode(),
        json.dumps(PRIVATE).encode(),
        public_pem(EC_KEY),
        private_pem(EC_KEY),
    ):
        read(data, ask(calls))
    assert calls == []


@pytest.mark.parametrize("data", [PRIVATE, JWE, private_pem(EC_KEY)], ids=stable_id)
def test_a_private_key_is_no_public_key(data: Any) -> None:
    """A private key given as public key is refused: the CA would publish it."""
    with pytest.raises(ShellError) as error:
        public_for_provisioner(read(data))
    assert error.value.code == "key-is-private"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "key-format"),
        (b"\xff\xfe", "key-format"),
        (b"text", "key-format"),
        (b"[]", "key-format"),
        (b"5", "key-format"),
        (b'{"kty":"EC","kty":"EC"}', "key-format"),
        (b'{"kty":', "key-format"),
        (b"[" * 100_000, "key-format"),
        (b"ssh-ed25519 AAAA me", "key-format"),
        ({"keys": [PUBLIC]}, "key-set"),
        ({"kty": "oct", "k": "AAAA"}, "key-symmetric"),
        ({}, "key-malformed"),
        ({**PUBLIC, "x": "AA"}, "key-malformed"),
        ({**PUBLIC, "x5c": ["AAAA"]}, "key-malformed"),
        ({**PUBLIC, "kid": 5}, "key-malformed"),
        ({**create_key("OKP")[1], "x": "AA"}, "key-malformed"),
        ("a.b.c.d.e", "jwe-malformed"),
        ({"ciphertext": "AA"}, "jwe-malformed"),
    ],
    ids=stable_id,
)
def test_files_that_are_no_keys(data: Any, code: str) -> None:
    """Each kind of file that does not serve has its own error."""
    assert code_of(data, ask()) == code


def test_a_wrong_password_for_a_jwe() -> None:
    """The wrong password of an encrypted JWK is said to be wrong."""
    assert code_of(JWE, ask(answer="wrong")) == "key-password-wrong"


# --- PEM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY, ED_KEY], ids=stable_id)
@pytest.mark.parametrize(
    "make", [public_pem, lambda key: certificate(key=key), certificate_request], ids=stable_id
)
def test_public_pem_is_read(key: Any, make: Callable[[Any], bytes]) -> None:
    """Public keys, certificates and requests give the public half, with the thumbprint and no use."""
    material = read(make(key))
    assert material.private is None
    public = material.public or {}
    assert public["kid"] == thumbprint(public)
    assert "use" not in public
    assert same_pair(public, read(private_pem(key)).private or {})


def test_the_old_label_of_requests_is_read() -> None:
    """NEW CERTIFICATE REQUEST is a request as well."""
    data = certificate_request(EC_KEY)
    assert read(data.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")) == read(data)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL", "OpenSSH"], ids=stable_id)
@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=stable_id)
def test_private_pem_is_read(key: Any, form: str) -> None:
    """Every form of private key gives the same JWK."""
    assert read(private_pem(key, form)) == read(private_pem(key))


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"], ids=stable_id)
def test_encrypted_pem_is_opened(form: str) -> None:
    """An encrypted private key opens with its password, asked once, and is encrypted anew for the CA."""
    calls: list[str] = []
    data = private_pem(EC_KEY, form, PASSWORD)
    material = read(data, ask(calls))
    assert material == read(private_pem(EC_KEY))
    assert calls == [PASSWORD]
    assert material.encrypted is None
    assert code_of(data) == "key-password-missing"
    assert code_of(data, ask(answer="wrong")) == "key-password-wrong"
    assert code_of(data, ask(answer="")) == "key-password-wrong"


@pytest.mark.parametrize(
    "cipher", ["AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "DES-EDE3-CBC"], ids=stable_id
)
def test_the_old_encryption_of_openssl_opens(cipher: str) -> None:
    """Each cipher of the old form opens with the password and with no other."""
    data = legacy_pem(RSA_KEY, cipher, PASSWORD)
    assert read(data, ask()) == read(private_pem(RSA_KEY))
    assert code_of(data, ask(answer="wrong")) == "key-password-wrong"


@pytest.mark.parametrize(
    "info", ["DES-CBC,0011223344556677", "RC2-CBC,00", "AES-192-CBC,zz", "AES-192-CBC,00"], ids=stable_id
)
def test_old_encryptions_that_cannot_be_opened_are_said_to_be_so(info: str) -> None:
    """A cipher that is not known is `key-unsupported`; a damaged header does not open."""
    block = pem.encode("RSA PRIVATE KEY", bytes(32), {"Proc-Type": "4,ENCRYPTED", "DEK-Info": info})
    assert code_of(block, ask()) == ("key-password-wrong" if "192" in info else "key-unsupported")


def ssh_texts(*parts: bytes) -> bytes:
    """Return byte strings as the SSH protocol has them, each after its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_an_openssh_key_with_a_passphrase_is_said_to_need_conversion() -> None:
    """Where the bcrypt library is missing such a key cannot be opened, and the hint says how to convert it.

    The key is noise in a proper frame: to write a real one, too, the library would be needed.
    """
    point = ED_KEY.public_key().public_bytes_raw()
    options = ssh_texts(bytes(16)) + (16).to_bytes(4, "big")
    content = b"openssh-key-v1\x00" + ssh_texts(b"aes256-ctr", b"bcrypt", options)
    content += (1).to_bytes(4, "big") + ssh_texts(ssh_texts(b"ssh-ed25519", point), bytes(160))
    data = pem.encode("OPENSSH PRIVATE KEY", content)
    assert code_of(data) == "key-password-missing"
    known = importlib.util.find_spec("bcrypt") is not None
    with pytest.raises(ShellError) as error:
        read(data, ask())
    assert error.value.code == ("key-password-wrong" if known else "key-unsupported")
    assert known or "ssh-keygen -p" in error.value.hint


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"-----BEGIN PUBLIC KEY-----\n", "key-format"),
        (public_pem(EC_KEY) + public_pem(EC_KEY), "key-several"),
        (public_pem(EC_KEY) + b"text", "key-several"),
        (pem.encode("PUBLIC KEY", b"no"), "key-malformed"),
        (pem.encode("PUBLIC KEY", b""), "key-malformed"),
        (pem.encode("PUBLIC KEY", PKCS1), "key-malformed"),
        (pem.encode("PUBLIC KEY", UNKNOWN), "key-unsupported"),
        (pem.encode("CERTIFICATE", b"no"), "key-malformed"),
        (pem.encode("CERTIFICATE REQUEST", b"no"), "key-malformed"),
        (pem.encode("PRIVATE KEY", b"no"), "key-malformed"),
        (pem.encode("OPENSSH PRIVATE KEY", b"no"), "key-malformed"),
        (pem.encode("EC PARAMETERS", b"no"), "key-unsupported"),
        (public_pem(x25519.X25519PrivateKey.generate()), "key-unsupported"),
        (private_pem(x25519.X25519PrivateKey.generate()), "key-unsupported"),
        (public_pem(dsa.generate_private_key(1024)), "key-unsupported"),  # noqa: S505  to be refused
        (public_pem(ec.generate_private_key(ec.SECP224R1())), "key-unsupported"),
        (public_pem(ec.generate_private_key(ec.SECP256K1())), "key-unsupported"),
    ],
    ids=stable_id,
)
def test_pem_that_is_no_key(data: bytes, code: str) -> None:
    """Damaged blocks, several blocks, and keys that JWKs do not have are each told apart."""
    assert code_of(data, ask()) == code


def test_text_before_the_block_does_not_matter() -> None:
    """What openssl prints before a block is passed over."""
    assert read(b"Bag Attributes\n" + private_pem(EC_KEY) + b"\n\n") == read(private_pem(EC_KEY))
