"""Keys between us and the real programs: each opens what the other made, and `key` is judged alike."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import secrets
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwcrypto import jwk, jwt

from shell.certs.findings import Finding
from shell.errors import ShellError
from shell.keys.files import private_for_provisioner, public_for_provisioner, read_key_file
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.jwk import Jwk, create_key, encode_bytes, from_key, same_pair, thumbprint, to_key
from shell.keys.problems import jwk_problems
from tests.support.ca import CertificateAuthority, Judge, StartCA
from tests.support.certificates import certificate, certificate_request, der_of, private_pem, public_pem
from tests.support.pki import Pki
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

PASSWORD = "a key password"
KINDS = [
    ("EC", "", 0),
    ("EC", "P-384", 0),
    ("EC", "P-521", 0),
    ("RSA", "", 0),
    ("RSA", "", 3072),
    ("OKP", "", 0),
]


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Return a file with the key password and a line break."""
    path = tmp_path / "key-password"
    path.write_text(PASSWORD + "\n")
    return path


def flags_of(kty: str, curve: str, size: int) -> list[str]:
    """Return the flags of `step crypto jwk create` for this kind of key."""
    return ["--kty", kty, *(["--crv", curve] if curve else []), *(["--size", str(size)] if size else [])]


def opened_by_step(step_cli: StepCli, text: str, password_file: Path) -> str:
    """Return what `step crypto jwe decrypt` makes of a JWE."""
    done = step_cli.run("crypto", "jwe", "decrypt", "--password-file", password_file, stdin=text)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def made_by_step(step_cli: StepCli, folder: Path, *flags: str | Path) -> tuple[Path, Path]:
    """Return the two files that `step crypto jwk create` writes."""
    public, private = folder / "key.pub", folder / "key.priv"
    done = step_cli.run("crypto", "jwk", "create", public, private, *flags)
    assert done.returncode == 0, done.stderr
    return public, private


@pytest.mark.parametrize(("kty", "curve", "size"), KINDS)
def test_step_opens_what_we_encrypt(
    step_cli: StepCli, password_file: Path, kty: str, curve: str, size: int
) -> None:
    """A new key under 600,000 iterations opens in step, and holds exactly what was put in."""
    private, _ = create_key(kty, curve, size)
    text = encrypt_key(private, PASSWORD)
    assert opened_by_step(step_cli, text, password_file) == json.dumps(private, separators=(",", ":"))


def test_the_protected_header_is_the_one_of_step(
    step_cli: StepCli, tmp_path: Path, password_file: Path
) -> None:
    """Our protected header has the members, the order and the values of step's, save for the salt."""
    _, path = made_by_step(step_cli, tmp_path, "--password-file", password_file)
    theirs = read_key_file(path.read_bytes(), path.name).encrypted or ""
    ours = encrypt_key(create_key()[0], PASSWORD)
    headers = [base64.urlsafe_b64decode(text.partition(".")[0] + "==").decode() for text in (theirs, ours)]
    salts = [json.loads(header)["p2s"] for header in headers]
    assert headers[0].replace(salts[0], "") == headers[1].replace(salts[1], "")
    assert [len(salt) for salt in salts] == [22, 22]


@pytest.mark.parametrize(("kty", "curve", "size"), KINDS)
def test_keys_of_step_open_here(
    step_cli: StepCli, tmp_path: Path, password_file: Path, kty: str, curve: str, size: int
) -> None:
    """Both files of `step crypto jwk create` are read as the same key, members in step's order."""
    flags = flags_of(kty, curve, size)
    public, private = made_by_step(step_cli, tmp_path, "--password-file", password_file, *flags)
    plain = read_key_file(public.read_bytes(), public.name)
    opened = read_key_file(private.read_bytes(), private.name, lambda: PASSWORD)
    assert plain.public is not None
    assert list(plain.public.items()) == list(json.loads(public.read_text()).items())
    assert opened.public == plain.public
    assert opened.private is not None
    assert same_pair(plain.public, opened.private)
    assert public_for_provisioner(plain) == plain.public


@pytest.mark.parametrize(("kty", "curve", "size"), KINDS)
def test_unprotected_keys_of_step_are_read(
    step_cli: StepCli, tmp_path: Path, kty: str, curve: str, size: int
) -> None:
    """A plain private JWK of step is read member for member, and ours have the same members."""
    flags = flags_of(kty, curve, size)
    _, path = made_by_step(step_cli, tmp_path, "--no-password", "--insecure", *flags)
    private = read_key_file(path.read_bytes(), path.name).private
    assert private is not None
    assert list(private.items()) == list(json.loads(path.read_text()).items())
    assert list(private) == list(create_key(kty, curve, size)[0])


def test_a_provisioner_made_by_step_opens_here(step_cli: StepCli, ca_json: Any, password_file: Path) -> None:
    """`step ca provisioner add --create` stores a pair that we open and that belongs together."""
    flags = ("--type", "JWK", "--create", "--password-file", password_file)
    made = step_cli.provisioner_after(ca_json(), "add", "theirs", *flags)
    assert made is not None
    private = decrypt_key(made["encryptedKey"], PASSWORD)
    assert same_pair(made["key"], private)
    assert private["kid"] == made["key"]["kid"] == thumbprint(made["key"])
    assert jwk_problems(made["key"]) == []


def test_old_iteration_counts_open_in_both(step_cli: StepCli, password_file: Path) -> None:
    """A key under 100,000 iterations, as step made them until 2023, opens here and there."""
    private, _ = create_key()
    text = encrypt_key(private, PASSWORD, iterations=100_000)
    assert decrypt_key(text, PASSWORD) == private
    assert json.loads(opened_by_step(step_cli, text, password_file)) == private


def test_too_many_iterations_open_in_neither(step_cli: StepCli, password_file: Path) -> None:
    """Above 1,000,000 iterations both refuse."""
    text = encrypt_key(create_key()[0], PASSWORD, iterations=1_000_000)
    header, rest = text.split(".", 1)
    changed = base64.urlsafe_b64decode(header + "==").replace(b"1000000", b"1000001")
    text = base64.urlsafe_b64encode(changed).decode().rstrip("=") + "." + rest
    with pytest.raises(ShellError) as error:
        decrypt_key(text, PASSWORD)
    assert error.value.code == "jwe-malformed"
    assert step_cli.run("crypto", "jwe", "decrypt", "--password-file", password_file, stdin=text).returncode


@pytest.mark.parametrize("form", ["public", "pkcs1", "pkcs8", "openssh", "certificate", "request"])
@pytest.mark.parametrize("kind", ["EC", "RSA", "Ed25519"])
def test_pem_becomes_the_key_that_step_stores(
    step_cli: StepCli, ca_json: Any, tmp_path: Path, kind: str, form: str
) -> None:
    """For each PEM form the public JWK is, member for member, what step writes into `key`.

    (Of a private key the public half of it: step publishes the private one.)
    """
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(new_key(kind), form))
    made = step_cli.provisioner_after(ca_json(), "add", "theirs", "--type", "JWK", "--public-key", path)
    assert made is not None
    found = read_key_file(path.read_bytes(), path.name)
    assert list((found.private or found.public or {}).items()) == list(made["key"].items())


@pytest.mark.parametrize("form", ["pkcs1", "pkcs8", "openssh"])
def test_private_pem_becomes_a_key_that_belongs_to_it(
    step_cli: StepCli, ca_json: Any, tmp_path: Path, password_file: Path, form: str
) -> None:
    """A private PEM given with its public half is stored alike by step and by us."""
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    key = new_key("EC")
    private.write_bytes(pem_of(key, form))
    public.write_bytes(pem_of(key, "public"))
    flags = ("--public-key", public, "--private-key", private, "--password-file", password_file)
    made = step_cli.provisioner_after(ca_json(), "add", "theirs", "--type", "JWK", *flags)
    assert made is not None
    material = read_key_file(private.read_bytes(), private.name)
    # step takes the line break of the file into the password here; the documented difference.
    assert decrypt_key(made["encryptedKey"], PASSWORD + "\n") == material.private
    assert decrypt_key(private_for_provisioner(material, PASSWORD, 1000), PASSWORD) == material.private


def test_an_encrypted_key_is_stored_as_step_stores_it(
    step_cli: StepCli, ca_json: Any, tmp_path: Path, password_file: Path
) -> None:
    """The JSON form of a JWE becomes, byte for byte, the compact text that step puts into ca.json."""
    public, private = made_by_step(step_cli, tmp_path, "--password-file", password_file)
    flags = ("--type", "JWK", "--public-key", public, "--private-key", private)
    made = step_cli.provisioner_after(ca_json(), "add", "theirs", *flags)
    assert made is not None
    material = read_key_file(private.read_bytes(), private.name)
    assert private_for_provisioner(material, "") == made["encryptedKey"]


@pytest.mark.parametrize("cipher", ["-des3", "-aes128", "-aes192", "-aes256"])
@pytest.mark.parametrize("traditional", [True, False])
def test_keys_encrypted_by_openssl_open_here(tmp_path: Path, cipher: str, traditional: bool) -> None:
    """RSA keys that openssl protects, in the old form and as PKCS #8, open with the password only."""
    plain, path = tmp_path / "plain.pem", tmp_path / "key.pem"
    key = new_key("RSA")
    plain.write_bytes(pem_of(key, "pkcs1"))
    tail = ["-traditional"] if traditional else []
    command = [
        "openssl",
        "rsa",
        "-in",
        str(plain),
        cipher,
        "-passout",
        "env:KEYPASS",
        "-out",
        str(path),
        *tail,
    ]
    subprocess.run(
        command, check=True, capture_output=True, env={"KEYPASS": PASSWORD, "PATH": "/usr/bin:/bin"}
    )
    material = read_key_file(path.read_bytes(), path.name, lambda: PASSWORD)
    assert material.private == read_key_file(plain.read_bytes(), "plain.pem").private
    with pytest.raises(ShellError) as error:
        read_key_file(path.read_bytes(), path.name, lambda: "not it")
    assert error.value.code == "key-password-wrong"


def new_key(kind: str) -> Any:
    """Return a new private key."""
    if kind == "EC":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048) if kind == "RSA" else ed25519.Ed25519PrivateKey.generate()


def pem_of(key: Any, form: str) -> bytes:
    """Return a key as PEM in one of the forms."""
    makers = {
        "public": public_pem,
        "certificate": lambda key: certificate(key=key),
        "request": certificate_request,
    }
    if form in makers:
        return makers[form](key)
    old = "PKCS8" if isinstance(key, ed25519.Ed25519PrivateKey) else "TraditionalOpenSSL"
    return private_pem(key, {"pkcs1": old, "pkcs8": "PKCS8", "openssh": "OpenSSH"}[form])


# --- the member `key`, judged by step-ca and by us -----------------------------------------------

EC_PRIVATE, EC = create_key()
RSA_PRIVATE, RSA = create_key("RSA")
OKP_PRIVATE, OKP = create_key("OKP")
P521_PRIVATE, P521 = create_key("EC", "P-521")


def without(jwk: Jwk, *names: str) -> Jwk:
    """Return a key without some members."""
    return {name: value for name, value in jwk.items() if name not in names}


def chain_of(private: Jwk) -> list[str]:
    """Return an x5c member with a certificate of this key."""
    return [base64.b64encode(der_of(certificate(key=to_key(private)))).decode()]


def leaf_digest(chain: list[str], algorithm: str) -> bytes:
    """Return the digest of the first certificate of a chain."""
    return hashlib.new(algorithm, base64.b64decode(chain[0])).digest()


CHAIN = chain_of(EC_PRIVATE)
SHA1, SHA256 = leaf_digest(CHAIN, "sha1"), leaf_digest(CHAIN, "sha256")
text = encode_bytes

CASES: dict[str, Jwk] = {
    "good EC": EC,
    "good P-521": P521,
    "good RSA": RSA,
    "good Ed25519": OKP,
    "empty": {},
    "no kty": without(EC, "kty"),
    "kty null": {**EC, "kty": None},
    "kty unknown": {**EC, "kty": "XX"},
    "kty lower case": {**EC, "kty": "ec"},
    "kty in upper-case name": {**without(EC, "kty"), "KTY": "EC"},
    "kty a number": {**EC, "kty": 5},
    "use a number": {**EC, "use": 5},
    "kid a number": {**EC, "kid": 5},
    "kid null": {**EC, "kid": None},
    "no kid": without(EC, "kid"),
    "kid not the thumbprint": {**EC, "kid": "my key"},
    "alg of another curve": {**EC, "alg": "ES384"},
    "alg nonsense": {**EC, "alg": "nonsense"},
    "use enc": {**EC, "use": "enc"},
    "unknown member": {**EC, "extra": {"a": 1}},
    "no crv": without(EC, "crv"),
    "crv unknown": {**EC, "crv": "secp256k1"},
    "crv of another size": {**EC, "crv": "P-384"},
    "no x": without(EC, "x"),
    "no y": without(EC, "y"),
    "y null": {**EC, "y": None},
    "y empty": {**EC, "y": ""},
    "y a number": {**EC, "y": 1},
    "x too short": {**EC, "x": text(bytes(31))},
    "x too long": {**EC, "x": text(bytes(33))},
    "y too short": {**EC, "y": text(bytes(31))},
    "x standard base64": {**EC, "x": "+" + EC["x"][1:]},
    "x with a space": {**EC, "x": EC["x"][:5] + " " + EC["x"][5:]},
    "x with a line break": {**EC, "x": EC["x"][:5] + "\r\n" + EC["x"][5:]},
    "x padded": {**EC, "x": EC["x"] + "="},
    "x padded much": {**EC, "x": EC["x"] + "===="},
    "x one character more": {**EC, "x": EC["x"] + "AA"},
    "x of length 1 mod 4": {**EC, "x": "AAAAA"},
    "not on the curve": {**EC, "x": EC["y"], "y": EC["x"]},
    "point zero": {**EC, "x": text(bytes(32)), "y": text(bytes(32))},
    "private EC": EC_PRIVATE,
    "private EC, d short": {**EC_PRIVATE, "d": text(bytes(31))},
    "private EC, d empty": {**EC_PRIVATE, "d": ""},
    "private EC, d of another key": {**EC_PRIVATE, "d": text(bytes(31) + b"\1")},
    "private EC, d not base64": {**EC_PRIVATE, "d": "***"},
    "k not base64 in EC": {**EC, "k": "***"},
    "n not base64 in EC": {**EC, "n": "***"},
    "RSA without n": without(RSA, "n"),
    "RSA without e": without(RSA, "e"),
    "RSA n empty": {**RSA, "n": ""},
    "RSA e empty": {**RSA, "e": ""},
    "RSA e even": {**RSA, "e": "Ag"},
    "RSA e huge": {**RSA, "e": text(b"\xff" * 16)},
    "RSA n tiny": {**RSA, "n": "Aw"},
    "private RSA": RSA_PRIVATE,
    "private RSA without crt": without(RSA_PRIVATE, "dp", "dq", "qi"),
    "private RSA without p": without(RSA_PRIVATE, "p"),
    "private RSA, wrong p": {**RSA_PRIVATE, "p": RSA_PRIVATE["q"]},
    "private RSA, wrong d": {**RSA_PRIVATE, "d": "AQAB"},
    "private RSA, wrong dp": {**RSA_PRIVATE, "dp": "AQAB"},
    "private RSA, wrong dp alone": {**without(RSA_PRIVATE, "dq", "qi"), "dp": "AQAB"},
    "private RSA, no qi": without(RSA_PRIVATE, "qi"),
    "private RSA, dp empty": {**RSA_PRIVATE, "dp": ""},
    "OKP without x": without(OKP, "x"),
    "OKP without crv": without(OKP, "crv"),
    "OKP X25519": {**OKP, "crv": "X25519"},
    "OKP Ed448": {**OKP, "crv": "Ed448"},
    "OKP x short": {**OKP, "x": text(bytes(8))},
    "OKP x long": {**OKP, "x": text(bytes(40))},
    "OKP x empty": {**OKP, "x": ""},
    "private OKP": OKP_PRIVATE,
    "private OKP, d short": {**OKP_PRIVATE, "d": "AA"},
    "symmetric": {"kty": "oct", "k": text(bytes(32)), "kid": "x"},
    "symmetric without k": {"kty": "oct", "kid": "x"},
    "symmetric, k empty": {"kty": "oct", "kid": "x", "k": ""},
    "x5c": {**EC, "x5c": CHAIN},
    "x5c empty": {**EC, "x5c": []},
    "x5c null": {**EC, "x5c": None},
    "x5c a text": {**EC, "x5c": "abc"},
    "x5c of numbers": {**EC, "x5c": [1]},
    "x5c of null": {**EC, "x5c": [None]},
    "x5c not base64": {**EC, "x5c": ["***"]},
    "x5c not a certificate": {**EC, "x5c": ["AAAA"]},
    "x5c of another key": {**P521, "x5c": CHAIN},
    "x5c of a symmetric key": {"kty": "oct", "k": "AA", "x5c": CHAIN},
    "x5t": {**EC, "x5c": CHAIN, "x5t": text(SHA1)},
    "x5t in hex": {**EC, "x5c": CHAIN, "x5t": text(SHA1.hex().encode())},
    "x5t of something else": {**EC, "x5c": CHAIN, "x5t": text(bytes(20))},
    "x5t without x5c": {**EC, "x5t": text(bytes(20))},
    "x5t short": {**EC, "x5t": text(bytes(19))},
    "x5t not base64": {**EC, "x5t": "***"},
    "x5t forty bytes, not hex": {**EC, "x5t": text(b"z" * 40)},
    "x5t#S256": {**EC, "x5c": CHAIN, "x5t#S256": text(SHA256)},
    "x5t#S256 in hex": {**EC, "x5c": CHAIN, "x5t#S256": text(SHA256.hex().encode())},
    "x5t#S256 of something else": {**EC, "x5c": CHAIN, "x5t#S256": text(bytes(32))},
    "x5t#S256 short": {**EC, "x5t#S256": text(bytes(31))},
    "x5u": {**EC, "x5u": "https://example.com/a.crt"},
    "x5u bad port": {**EC, "x5u": "https://example.com:port/"},
    "x5u control character": {**EC, "x5u": "https://example.com/\x01"},
}


@pytest.mark.parametrize("case", CASES)
def test_key_problems_agree_with_step_ca(judge: Judge, pki: Pki, case: str) -> None:
    """A key makes step-ca refuse the file exactly where `jwk_problems` says so; otherwise it serves."""
    jwk = CASES[case]
    found = judge.start(pki.config([{"type": "JWK", "name": "p", "key": jwk}]))
    problems = jwk_problems(jwk)
    assert found.kind == ("refused" if effects(problems) & {"refused"} else "accepted"), (
        found.reason,
        problems,
    )
    assert not effects(problems) & {"disabled"}


def effects(problems: list[Finding]) -> set[str]:
    """Return the effects of some findings."""
    return {problem.effect for problem in problems}


# --- what becomes of keys that step-ca accepts ---------------------------------------------------


def token(name: str, kid: str, algorithm: str, key: jwk.JWK, port: int) -> str:
    """Return a token of the JWK provisioner, as `step ca token` would make it."""
    now = int(time.time())
    claims = {
        "iss": name,
        "sub": "host",
        "sans": ["host"],
        "aud": f"https://127.0.0.1:{port}/1.0/sign",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "jti": secrets.token_hex(32),
    }
    signed = jwt.JWT(header={"alg": algorithm, "kid": kid, "typ": "JWT"}, claims=claims)
    signed.make_signed_token(key)
    return str(signed.serialize())


def signs(ca: CertificateAuthority, ott: str) -> bool:
    """Whether the CA signs a certificate for this token."""
    request = certificate_request(ec.generate_private_key(ec.SECP256R1())).decode()
    context = ssl.create_default_context(cafile=str(ca.root))
    connection = http.client.HTTPSConnection("127.0.0.1", ca.port, timeout=30, context=context)
    try:
        connection.request("POST", "/1.0/sign", json.dumps({"csr": request, "ott": ott}))
        return connection.getresponse().status == 201
    finally:
        connection.close()


TINY = rsa.generate_private_key(65537, 1024)  # noqa: S505  what step-ca takes all the same
USED: dict[str, tuple[Jwk, Jwk, str, bool]] = {
    "good EC": (EC, EC_PRIVATE, "ES256", True),
    "good Ed25519": (OKP, OKP_PRIVATE, "EdDSA", True),
    "good RSA": (RSA, RSA_PRIVATE, "RS256", True),
    "weak RSA": (from_key(TINY.public_key()) | {"kid": "k"}, from_key(TINY), "RS256", True),
    "no kid": (without(EC, "kid"), EC_PRIVATE, "ES256", True),
    "symmetric": (
        {"kty": "oct", "k": text(bytes(32)), "kid": "k"},
        {"kty": "oct", "k": text(bytes(32))},
        "HS256",
        True,
    ),
    "private": (EC_PRIVATE, EC_PRIVATE, "ES256", False),
    "RSA without exponent": ({**RSA, "e": ""}, RSA_PRIVATE, "RS256", False),
    "Ed25519 cut short": ({**OKP, "x": text(bytes(8))}, OKP_PRIVATE, "EdDSA", False),
}


@pytest.mark.parametrize("case", USED)
def test_accepted_keys_verify_tokens_or_not_as_we_say(start_ca: StartCA, pki: Pki, case: str) -> None:
    """The CA signs for a token exactly where no problem says that none is accepted.

    A symmetric key is published, and whoever reads it gets a certificate: the danger that we name.
    """
    public, private, algorithm, works = USED[case]
    ca = start_ca(pki.config([{"type": "JWK", "name": "p", "key": public}]))
    problems = jwk_problems(public)
    ott = token("p", public.get("kid", ""), algorithm, jwk.JWK(**public_or_private(private)), ca.port)
    assert signs(ca, ott) is works, problems
    assert works != bool({problem.code for problem in problems} & {"key-private", "key-nonsense"})
    if case == "symmetric":
        assert ca.provisioners()[0]["key"]["k"] == public["k"]


def public_or_private(key: Jwk) -> Jwk:
    """Return the members that jwcrypto needs to sign."""
    return {name: value for name, value in key.items() if name not in ("kid", "use", "alg")}
