"""Certificate fields against the real programs: the same bytes as step, the same verdict as step-ca."""

from __future__ import annotations

import base64
import datetime
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519

from shell.certs import pem, wire
from shell.certs.findings import Finding
from shell.certs.kubernetes import k8s_keys_from_file, k8s_keys_problems
from shell.certs.nebula import nebula_roots_from_file, nebula_roots_problems
from shell.certs.roots import (
    attestation_roots_from_files,
    attestation_roots_problems,
    x5c_roots_from_file,
    x5c_roots_problems,
)
from shell.certs.scep import (
    decrypter_certificate_from_file,
    decrypter_certificate_problems,
    decrypter_key_from_file,
    decrypter_key_problems,
    decrypter_pair_problems,
)
from shell.errors import ShellError
from tests.support import nebula
from tests.support.ca import Judge
from tests.support.certificates import (
    DAY,
    DER,
    NOW,
    PEM,
    certificate,
    certificate_request,
    der_of,
    private_pem,
    public_pem,
)
from tests.support.pki import Pki
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

PASSWORD = "a decrypter password"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
DSA_KEY = dsa.generate_private_key(1024)  # noqa: S505  to be refused
WEAK_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505  accepted all the same
ROOT, OTHER = certificate("one", key=EC_KEY), certificate("two")
RSA_CERTIFICATE = certificate("decrypter", key=RSA_KEY, ca=False, signs=False)


def member(text: bytes) -> str:
    """Return bytes as ca.json holds them."""
    return base64.b64encode(text).decode()


# --- the same bytes as step ----------------------------------------------------------------------

Add = Callable[..., dict[str, Any]]


@pytest.fixture
def add(step_cli: StepCli, ca_json: Any, tmp_path: Path) -> Add:
    """Return a function that adds a provisioner with `step`, from files given by their content."""

    def run(kind: str, **files: bytes | list[bytes]) -> dict[str, Any]:
        flags: list[str | Path] = ["--type", kind]
        for flag, contents in files.items():
            for number, content in enumerate(contents if isinstance(contents, list) else [contents]):
                path = tmp_path / f"{flag}{number}"
                path.write_bytes(content)
                flags += [f"--{flag.replace('_', '-')}", path]
        made = step_cli.provisioner_after(ca_json(), "add", "theirs", *flags)
        assert made is not None
        return made

    return run


NOISE = b"subject=CN = one\n"
BUNDLES = {
    "one": ROOT,
    "two": ROOT + OTHER,
    "text around": NOISE + ROOT + b"\n\n" + OTHER + b"\nthe end",
    "windows line ends": (ROOT + OTHER).replace(b"\n", b"\r\n"),
    "DER": der_of(ROOT),
    "a key besides": private_pem(EC_KEY) + ROOT,
    "byte order mark": b"\xef\xbb\xbf" + NOISE + ROOT,
}


@pytest.mark.parametrize("case", BUNDLES)
def test_x5c_roots_are_those_of_step(add: Add, case: str) -> None:
    """A bundle file becomes the member `roots` that step writes, byte for byte."""
    data = BUNDLES[case]
    assert x5c_roots_from_file(data, "f") == add("X5C", x5c_roots=data)["roots"]


@pytest.mark.parametrize("case", BUNDLES)
def test_attestation_roots_are_those_of_step(add: Add, case: str) -> None:
    """Two files become the member `attestationRoots` that step writes, byte for byte."""
    files = [BUNDLES[case], OTHER]
    ours = attestation_roots_from_files([("f", data) for data in files])
    assert ours == add("ACME", attestation_roots=files)["attestationRoots"]


K8S = {
    "RSA": public_pem(RSA_KEY),
    "EC and Ed25519": public_pem(EC_KEY) + public_pem(ED_KEY),
    "certificates": ROOT + RSA_CERTIFICATE,
    "request": certificate_request(EC_KEY),
    "P-224": public_pem(ec.generate_private_key(ec.SECP224R1())),
    "text around": NOISE + public_pem(EC_KEY) + NOISE,
}


@pytest.mark.parametrize("case", K8S)
def test_kubernetes_keys_are_those_of_step(add: Add, case: str) -> None:
    """A file of keys or certificates becomes the member `publicKeys` that step writes, byte for byte."""
    assert k8s_keys_from_file(K8S[case], "f") == add("K8sSA", public_key=K8S[case])["publicKeys"]


NEBULA_FILES = {
    "version 1": nebula.version1(),
    "version 1, P-256": nebula.version1(curve=1),
    "version 1, not packed": nebula.version1(packed=False, groups=("a", "b")),
    "version 1, unknown field": nebula.version1(extra=wire.put_varint(50, 7)),
    "version 1, odd mask": nebula.version1(ips=[0x0A000000, 0xFF00FF00]),
    "version 1, negative time": nebula.version1(since=-1),
    "version 2": nebula.version2(),
    "version 2, P-256, all": nebula.version2(
        curve=1, groups=("a",), networks=(bytes(15) + b"\x05\x40",), unsafe=(bytes([10, 0, 0, 0, 8]),)
    ),
    "version 2, trailing": nebula.version2(after=b"xyz"),
    "hosts left out": nebula.version1(is_ca=False) + nebula.version1("kept") + nebula.version2(is_ca=False),
    "expired and not self-signed": nebula.version1(until=5) + nebula.version2(signature=b"x"),
    "byte order mark": b"\xef\xbb\xbf" + nebula.version1(),
}


@pytest.mark.parametrize("case", NEBULA_FILES)
def test_nebula_roots_are_those_of_step(step_cli: StepCli, add: Add, tmp_path: Path, case: str) -> None:
    """The CA certificates of a file become the member `roots` that step writes, byte for byte."""
    data = NEBULA_FILES[case]
    ours = nebula_roots_from_file(data, "f")
    if any(problem.effect != "warning" for problem in nebula_roots_problems(base64.b64decode(ours), NOW)):
        # step asks the same code as step-ca before it writes, and so refuses; there is nothing to compare.
        with pytest.raises(RuntimeError, match="failed to create CA pool"):
            add("NEBULA", nebula_root=data)
    else:
        assert ours == add("NEBULA", nebula_root=data)["roots"]


def test_the_decrypter_is_the_one_of_step(add: Add) -> None:
    """Certificate (the first of a chain) and key become the members that step writes, byte for byte."""
    key = NOISE + private_pem(RSA_KEY, "TraditionalOpenSSL")
    chain = RSA_CERTIFICATE + ROOT
    made = add("SCEP", scep_decrypter_certificate_file=chain, scep_decrypter_key_file=key)
    assert decrypter_certificate_from_file(chain, "f") == made["decrypterCertificate"]
    assert decrypter_key_from_file(key, "f") == made["decrypterKeyPEM"]


REFUSED_FILES: dict[str, tuple[str, str, bytes, Callable[[bytes], object]]] = {
    "x5c: no signing": (
        "X5C", "x5c_roots", certificate(signs=False), lambda data: x5c_roots_from_file(data, "f"),
    ),
    "x5c: no usage": (
        "X5C", "x5c_roots", certificate(signs=None), lambda data: x5c_roots_from_file(data, "f"),
    ),
    "x5c: only a key": (
        "X5C", "x5c_roots", private_pem(EC_KEY), lambda data: x5c_roots_from_file(data, "f"),
    ),
    "x5c: damaged": (
        "X5C", "x5c_roots", pem.encode("CERTIFICATE", b"no"), lambda data: x5c_roots_from_file(data, "f"),
    ),
    "x5c: empty": ("X5C", "x5c_roots", b"", lambda data: x5c_roots_from_file(data, "f")),
    "attestation: not a CA": (
        "ACME", "attestation_roots", certificate(ca=False),
        lambda data: attestation_roots_from_files([("f", data)]),
    ),
    "attestation: no signing": (
        "ACME", "attestation_roots", certificate(signs=False),
        lambda data: attestation_roots_from_files([("f", data)]),
    ),
    "k8s: private": (
        "K8sSA", "public_key", private_pem(EC_KEY), lambda data: k8s_keys_from_file(data, "f"),
    ),
    "k8s: X25519": (
        "K8sSA", "public_key", public_pem(x25519.X25519PrivateKey.generate()),
        lambda data: k8s_keys_from_file(data, "f"),
    ),
    "k8s: secp256k1": (
        "K8sSA", "public_key", public_pem(ec.generate_private_key(ec.SECP256K1())),
        lambda data: k8s_keys_from_file(data, "f"),
    ),
    "nebula: hosts only": (
        "NEBULA", "nebula_root", nebula.version1(is_ca=False),
        lambda data: nebula_roots_from_file(data, "f"),
    ),
    "nebula: X.509": ("NEBULA", "nebula_root", ROOT, lambda data: nebula_roots_from_file(data, "f")),
    "nebula: damaged": (
        "NEBULA", "nebula_root", pem.encode("NEBULA CERTIFICATE", b"\x0a\x05abc"),
        lambda data: nebula_roots_from_file(data, "f"),
    ),
    "scep: two keys": (
        "SCEP", "scep_decrypter_key_file", private_pem(RSA_KEY) * 2,
        lambda data: decrypter_key_from_file(data, "f"),
    ),
    "scep: no PEM": (
        "SCEP", "scep_decrypter_key_file", b"nothing", lambda data: decrypter_key_from_file(data, "f"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_files_that_step_refuses_are_refused(add: Add, case: str) -> None:
    """What step does not take from a file, we do not take either."""
    kind, flag, data, ours = REFUSED_FILES[case]
    with pytest.raises(RuntimeError, match="step failed"):
        add(kind, **{flag: data})
    with pytest.raises(ShellError):
        ours(data)


# --- the same verdict as step-ca -----------------------------------------------------------------

Case = tuple[dict[str, Any], list[Finding]]


def effects(problems: list[Finding]) -> set[str]:
    """Return the effects of some findings."""
    return {problem.effect for problem in problems}


def assert_agreement(judge: Judge, pki: Pki, cases: dict[str, Case]) -> None:
    """Start step-ca once with all cases as provisioners; it disables exactly those that we say."""
    entries = [{**members, "name": name} for name, (members, _) in cases.items()]
    found = judge.start(pki.config(entries))
    assert found.serves, found.log
    ours = {name for name, (_, problems) in cases.items() if "disabled" in effects(problems)}
    reasons = [line for line in found.log.splitlines() if "failed to initialize" in line]
    assert set(found.disabled) == ours, "\n".join(reasons)


CERTIFICATE_TEXTS = {
    "one": ROOT,
    "two": ROOT + OTHER,
    "no final newline": ROOT.rstrip(),
    "text around": NOISE + ROOT + NOISE,
    "windows line ends": ROOT.replace(b"\n", b"\r\n"),
    "other label": ROOT.replace(b"CERTIFICATE", b"SOMETHING"),
    "headers": ROOT.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nA: b\n\n", 1),
    "key besides": private_pem(EC_KEY) + ROOT,
    "key after": ROOT + private_pem(EC_KEY),
    "not a certificate": pem.encode("CERTIFICATE", b"no"),
    "empty block": b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    "DER": der_of(ROOT),
    "trailing DER": pem.encode("CERTIFICATE", der_of(ROOT) + b"\0"),
    "text only": b"nothing",
    "blank": b"\n",
    "expired": certificate(until=NOW - DAY / 2),
    "not yet": certificate(since=NOW + DAY / 2),
    "not a CA": certificate(ca=False, signs=False),
    "no extensions": certificate(ca=None, signs=None),
    "P-224": certificate(key=ec.generate_private_key(ec.SECP224R1())),
    "secp256k1": certificate(key=ec.generate_private_key(ec.SECP256K1())),
    "brainpool": certificate(key=ec.generate_private_key(ec.BrainpoolP256R1())),
    "Ed25519": certificate(key=ED_KEY),
    "small RSA": certificate(key=WEAK_KEY),
    "DSA": certificate(key=DSA_KEY),
    "space in base64": ROOT.replace(b"A", b"A \t", 1),
    "mark": b"\xef\xbb\xbf" + ROOT,
    "indented": b" " + ROOT,
    "wrong end": ROOT.replace(b"END CERTIFICATE", b"END CERT"),
    "text after end": ROOT.rstrip() + b" text\n",
    "blank after end": ROOT.rstrip() + b" \t\r\n",
    "cut off": ROOT[:200],
    "cut off, then whole": ROOT[:200] + b"\n" + OTHER,
    "bad base64, then whole": ROOT.replace(b"MI", b"M*", 1) + OTHER,
}


def test_certificate_fields_agree_with_step_ca(judge: Judge, pki: Pki) -> None:
    """X5C and ACME provisioners are disabled for exactly the texts that we call so."""
    cases: dict[str, Case] = {"x5c empty": ({"type": "X5C", "roots": ""}, x5c_roots_problems(b"", NOW))}
    cases["acme empty"] = (
        {"type": "ACME", "attestationRoots": ""},
        attestation_roots_problems(b"", NOW),
    )
    for name, text in CERTIFICATE_TEXTS.items():
        cases[f"x5c {name}"] = ({"type": "X5C", "roots": member(text)}, x5c_roots_problems(text, NOW))
        problems = attestation_roots_problems(text, NOW)
        cases[f"acme {name}"] = ({"type": "ACME", "attestationRoots": member(text)}, problems)
    assert_agreement(judge, pki, cases)


TOKENS = [b"\n", b"\r\n", b"\n\n", b" ", b"\t", b"=", b"*", b": ", b"-----", b"-----END ", b"-----BEGIN "]
TOKENS += [b"\n-----END CERTIFICATE-----\n", b"\n-----BEGIN CERTIFICATE-----\n", b"Proc-Type: 4,ENCRYPTED\n"]


def damaged(text: bytes, chance: random.Random) -> bytes:
    """Return the text with one to three accidents to its frame.

    Something comes in between anywhere, a line break is gone, or a mark loses a character or is doubled.
    No character of the base64 changes: how two parsers of certificates differ over nonsense is no question.
    """
    data = text
    for _ in range(chance.randint(1, 3)):
        kind = chance.randrange(4)
        marks = [found.span() for found in re.finditer(rb"-----(BEGIN|END) [A-Z]+-----\n?", data)]
        if kind < 2 or not marks:
            at = chance.randrange(len(data) + 1)
            data = data[:at] + chance.choice(TOKENS) + data[at:]
        elif kind == 2:
            at = chance.randrange(*chance.choice(marks))
            data = data[:at] + data[at + 1 :]
        else:
            start, end = chance.choice(marks)
            data = data[:end] + data[start:end] + data[end:]
    return data


@pytest.mark.parametrize("seed", range(4))
def test_damaged_pem_is_read_as_go_reads_it(judge: Judge, pki: Pki, seed: int) -> None:
    """Over many bundles with a damaged frame, step-ca finds blocks where we find them."""
    chance = random.Random(seed)
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    since, until = (
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2049, 1, 1, tzinfo=datetime.UTC),
    )
    small = certificate("s", key=key, ca=None, signs=None, since=since, until=until)
    cases: dict[str, Case] = {}
    for number in range(400):
        text = damaged(small + b"between\n" + small, chance)
        cases[f"c{number}"] = ({"type": "X5C", "roots": member(text)}, x5c_roots_problems(text, NOW))
    assert {problem.code for _, problems in cases.values() for problem in problems} >= {
        "x5c-roots-no-pem",
        "x5c-root-malformed",
    }
    assert_agreement(judge, pki, cases)


K8S_TEXTS = {
    **K8S,
    "empty": b"",
    "text only": b"nothing",
    "private": private_pem(EC_KEY),
    "private EC, old form": private_pem(EC_KEY, "TraditionalOpenSSL"),
    "encrypted": private_pem(EC_KEY, password="x"),
    "X25519": public_pem(x25519.X25519PrivateKey.generate()),
    "DSA": public_pem(DSA_KEY),
    "secp256k1": public_pem(ec.generate_private_key(ec.SECP256K1())),
    "not a key": pem.encode("PUBLIC KEY", b"no"),
    "good and bad": public_pem(EC_KEY) + pem.encode("PUBLIC KEY", b"no"),
    "unknown label": pem.encode("SOMETHING", b"no"),
    "PKCS #1 public": RSA_KEY.public_key().public_bytes(PEM, serialization.PublicFormat.PKCS1),
    "PKCS #1 under the other label": pem.encode(
        "PUBLIC KEY", RSA_KEY.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
    ),
    "expired certificate": certificate(until=NOW - DAY / 2),
}


@pytest.mark.parametrize("case", K8S_TEXTS)
def test_kubernetes_keys_agree_with_step_ca(judge: Judge, pki: Pki, case: str) -> None:
    """The K8sSA provisioner is disabled for exactly the texts that we call so."""
    text = K8S_TEXTS[case]
    problems = k8s_keys_problems(text)
    assert_agreement(judge, pki, {"k": ({"type": "K8sSA", "publicKeys": member(text)}, problems)})


NEBULA_TEXTS = {
    **NEBULA_FILES,
    "text only": b"nothing",
    "blank": b"\n \n",
    "text after": nebula.version1() + b"text",
    "text before": b"text\n" + nebula.version1(),
    "blanks after": nebula.version1() + b"\n \t\r\n",
    "no-break space after": nebula.version1() + "\u00a0\u2003".encode(),
    "unit separator after": nebula.version1() + b"\x1f",
    "X.509": ROOT,
    "v1 expired": nebula.version1(until=int(NOW.timestamp()) - 60),
    "v1 not yet": nebula.version1(
        since=int(NOW.timestamp()) + 12 * 3600, until=int(NOW.timestamp()) + 24 * 3600
    ),
    "v1 far away": nebula.version1(since=-(2**63), until=2**63 - 1),
    "v1 not self-signed": nebula.version1(signature=bytes(64)),
    "v1 no signature": nebula.version1(signature=b""),
    "v1 short signature": nebula.version1(signature=b"x"),
    "v1 host": nebula.version1(is_ca=False),
    "v1 host without network": nebula.version1(is_ca=False, ips=[]),
    "v1 no networks": nebula.version1(ips=[]),
    "v1 zero network": nebula.version1(ips=[0, 0xFF000000]),
    "v1 odd networks": nebula.version1(ips=[1]),
    "v1 no key": nebula.version1(public=b""),
    "v1 empty name": nebula.version1(""),
    "v1 issuer": nebula.version1(issuer=bytes(32)),
    "v1 curve unknown": nebula.version1(curve=7),
    "v1 name not UTF-8": nebula.version1(extra=wire.put_bytes(1, b"\xff")),
    "v1 name of another kind": nebula.version1(extra=wire.put_varint(1, 5)),
    "v1 field twice": nebula.version1(extra=wire.put_varint(5, 1)),
    "v1 field number 0": nebula.version1(extra=b"\x00\x01"),
    "v1 fixed fields": nebula.version1(extra=b"\x9d\x06abcd\x99\x06abcdefgh"),
    "v1 empty block": pem.encode("NEBULA CERTIFICATE", b""),
    "v1 no details": pem.encode("NEBULA CERTIFICATE", wire.put_bytes(2, b"x")),
    "v1 cut off": pem.encode("NEBULA CERTIFICATE", b"\x0a\x05abc"),
    "v1 long varint": pem.encode("NEBULA CERTIFICATE", b"\x08" + b"\xff" * 10 + b"\x01"),
    "P-256, v1, compressed key": nebula.version1(curve=1, public=b"\x02" + bytes(32)),
    "P-256, v1, key short": nebula.version1(curve=1, public=b"\x04"),
    "v2 expired": nebula.version2(until=int(NOW.timestamp()) - 60),
    "v2 not self-signed": nebula.version2(signature=bytes(64)),
    "v2 no signature": nebula.version2(signature=b""),
    "v2 host": nebula.version2(is_ca=False),
    "v2 host without network": nebula.version2(is_ca=False, networks=()),
    "v2 host, unsafe of another kind": nebula.version2(is_ca=False, unsafe=(bytes(15) + b"\x01\x40",)),
    "v2 no networks": nebula.version2(networks=()),
    "v2 network twice": nebula.version2(networks=(bytes([10, 0, 0, 0, 8]),) * 2),
    "v2 unsafe twice": nebula.version2(unsafe=(bytes([10, 0, 0, 0, 8]),) * 2),
    "v2 zero network": nebula.version2(networks=(bytes(5),)),
    "v2 zero network, IPv6": nebula.version2(networks=(bytes(17),)),
    "v2 zero unsafe": nebula.version2(unsafe=(bytes(5),)),
    "v2 mapped network": nebula.version2(networks=(bytes(10) + b"\xff\xff\x0a\0\0\1" + b"\x60",)),
    "v2 network of 3 bytes": nebula.version2(networks=(b"abc",)),
    "v2 prefix too long": nebula.version2(networks=(bytes([10, 0, 0, 0, 33]),)),
    "v2 empty name": nebula.version2(""),
    "v2 long name": nebula.version2("n" * 254),
    "v2 name of 253": nebula.version2("n" * 253),
    "v2 empty group": nebula.version2(groups=("",)),
    "v2 no key": nebula.version2(public=b""),
    "v2 curve of two bytes": nebula.version2(curve_octets=b"\0\0"),
    "v2 curve unknown": nebula.version2(curve=7),
    "v2 curve zero written": nebula.version2(curve_octets=b"\0"),
    "v2 time of nine bytes": nebula.version2(times=(bytes(9), b"\x7f" * 8)),
    "v2 time not shortest": nebula.version2(times=(b"\x00\x01", b"\x7f" * 8)),
    "v2 time not shortest, negative": nebula.version2(times=(b"\xff\xff", b"\x7f" * 8)),
    "v2 time empty": nebula.version2(times=(b"", b"\x7f" * 8)),
    "v2 far away": nebula.version2(times=(b"\x80" + bytes(7), b"\x7f" * 8)),
    "v2 empty block": pem.encode("NEBULA CERTIFICATE V2", b""),
    "v2 cut off": pem.encode("NEBULA CERTIFICATE V2", b"\x30\x05abc"),
    "v2 long length": pem.encode("NEBULA CERTIFICATE V2", b"\x30\x81\x05abcde"),
    "v2 endless length": pem.encode("NEBULA CERTIFICATE V2", b"\x30\x80abcde"),
    "v2 one byte": pem.encode("NEBULA CERTIFICATE V2", b"\x30"),
}


def test_nebula_roots_agree_with_step_ca(judge: Judge, pki: Pki) -> None:
    """Nebula provisioners are disabled for exactly the texts that we call so."""
    cases: dict[str, Case] = {"empty": ({"type": "NEBULA", "roots": ""}, nebula_roots_problems(b"", NOW))}
    for name, text in NEBULA_TEXTS.items():
        cases[name] = ({"type": "NEBULA", "roots": member(text)}, nebula_roots_problems(text, NOW))
    assert_agreement(judge, pki, cases)


@pytest.mark.parametrize("make", [nebula.version1, nebula.version2])
def test_a_nebula_key_of_the_wrong_length_ends_step_ca(judge: Judge, pki: Pki, make: Any) -> None:
    """step-ca panics over a 25519 key that has not 32 bytes, and we say that it refuses the file."""
    text = make(public=bytes(31))
    assert effects(nebula_roots_problems(text, NOW)) == {"refused"}
    found = judge.start(pki.config([{"type": "NEBULA", "name": "n", "roots": member(text)}]))
    assert found.kind == "died"


def scep_cases() -> dict[str, tuple[bytes, bytes, str]]:
    """Return certificate, key and password of SCEP decrypters."""
    key, ec_key = private_pem(RSA_KEY), private_pem(EC_KEY)
    old = private_pem(RSA_KEY, "TraditionalOpenSSL", PASSWORD)
    new = private_pem(RSA_KEY, password=PASSWORD)
    cert = RSA_CERTIFICATE
    return {
        "nothing": (b"", b"", ""),
        "good": (cert, key, ""),
        "old form": (cert, private_pem(RSA_KEY, "TraditionalOpenSSL"), ""),
        "openssh": (cert, private_pem(RSA_KEY, "OpenSSH"), ""),
        "password not needed": (cert, key, "something"),
        "encrypted": (cert, new, PASSWORD),
        "encrypted, old form": (cert, old, PASSWORD),
        "encrypted, wrong password": (cert, new, "no"),
        "encrypted, old form, wrong password": (cert, old, "no"),
        "encrypted, no password": (cert, new, ""),
        "encrypted, old form, no password": (cert, old, ""),
        "certificate only": (cert, b"", ""),
        "key only": (b"", key, ""),
        "other pair": (certificate(key=rsa.generate_private_key(65537, 2048)), key, ""),
        "certificate of an EC key": (ROOT, key, ""),
        "EC key": (ROOT, ec_key, ""),
        "Ed25519 key": (certificate(key=ED_KEY), private_pem(ED_KEY), ""),
        "public key": (cert, public_pem(RSA_KEY), ""),
        "certificate as key": (cert, cert, ""),
        "key as certificate": (key, key, ""),
        "key, no newline": (cert, key.rstrip(), ""),
        "key, two newlines": (cert, key + b"\n", ""),
        "key, text before": (cert, NOISE + key, ""),
        "key, two": (cert, key * 2, ""),
        "key, no PEM": (cert, b"nothing", ""),
        "key, damaged": (cert, pem.encode("PRIVATE KEY", b"no"), ""),
        "certificate, no newline": (cert.rstrip(), key, ""),
        "certificate, two newlines": (cert + b"\n", key, ""),
        "certificate, two": (cert + ROOT, key, ""),
        "certificate, no PEM": (b"nothing", key, ""),
        "certificate, damaged": (pem.encode("CERTIFICATE", b"no"), key, ""),
        "certificate, other label": (cert.replace(b"CERTIFICATE", b"WHATEVER"), key, ""),
        "certificate expired": (certificate(key=RSA_KEY, until=NOW - DAY / 2), key, ""),
        "small key": (
            certificate(key=WEAK_KEY), private_pem(WEAK_KEY), "",
        ),
    }  # fmt: skip


def test_scep_decrypters_agree_with_step_ca(judge: Judge, pki: Pki) -> None:
    """SCEP provisioners are disabled for exactly the decrypters that we call so."""
    cases: dict[str, Case] = {}
    for name, (cert, key, password) in scep_cases().items():
        problems = decrypter_certificate_problems(cert, NOW) + decrypter_key_problems(key, password)
        problems += decrypter_pair_problems(cert, key, password)
        members = {"decrypterCertificate": member(cert), "decrypterKeyPEM": member(key)}
        cases[name] = ({"type": "SCEP", **members, "decrypterKeyPassword": password}, problems)
    assert_agreement(judge, pki, cases)
