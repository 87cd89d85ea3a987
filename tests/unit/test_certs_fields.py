"""Certificates and keys in the fields of a provisioner; that step and step-ca agree is shown in tests/live."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from shell.certs import pem
from shell.certs.bundle import key_kind, parse_certificate, read_bundle
from shell.certs.describe import describe
from shell.certs.findings import Finding
from shell.certs.kubernetes import k8s_keys_from_file, k8s_keys_problems
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
from tests.support.certificates import (
    DAY,
    NOW,
    certificate,
    certificate_request,
    der_of,
    private_pem,
    public_pem,
    stable_id,
)

EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
DSA_KEY = dsa.generate_private_key(1024)  # noqa: S505  to be refused
ROOT = certificate("one", key=EC_KEY)
LEAF = certificate("leaf", key=RSA_KEY, ca=False, signs=False)
PASSWORD = "a password"
DAMAGED = pem.encode("CERTIFICATE", b"no")


def code_of(call: Callable[[], object]) -> str:
    """Return the code of the error that a call raises; there is always a hint."""
    with pytest.raises(ShellError) as error:
        call()
    assert error.value.hint
    return error.value.code


def codes(problems: list[Finding]) -> list[tuple[str, str]]:
    """Return effects and codes."""
    return [(problem.effect, problem.code) for problem in problems]


# --- bundles -------------------------------------------------------------------------------------


def test_the_facts_of_a_certificate() -> None:
    """Names, times, digest, usages and key are read."""
    (facts,) = read_bundle(ROOT, "f")
    assert (facts.subject, facts.issuer, facts.common_name, facts.serial) == ("CN=one", "CN=one", "one", 7)
    assert (facts.not_before, facts.not_after) == (NOW - DAY, NOW + DAY)
    assert facts.sha256 == hashlib.sha256(der_of(ROOT)).hexdigest()
    assert (facts.is_ca, facts.signs_certificates, facts.key) == (True, True, "EC P-256")
    assert facts.key_usages == ("digitalSignature", "keyCertSign", "cRLSign")
    assert facts.pem() == ROOT


def test_a_certificate_without_extensions_and_name() -> None:
    """What is not there is empty or false."""
    (facts,) = read_bundle(certificate("", ca=None, signs=None), "f")
    assert (facts.subject, facts.common_name, facts.is_ca, facts.key_usages) == ("", "", False, ())


def test_usages_of_key_agreement_are_read() -> None:
    """The two usages that exist only with key agreement are named."""
    (facts,) = read_bundle(certificate(agrees=True), "f")
    assert facts.key_usages[-2:] == ("cRLSign", "encipherOnly")


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (ROOT + LEAF, ["one", "leaf"]),
        (der_of(ROOT), ["one"]),
        (b"text\n" + private_pem(EC_KEY) + ROOT + b"text", ["one"]),
        (ROOT.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nA: b\n\n", 1) + LEAF, ["leaf"]),
    ],
    ids=stable_id,
)
def test_bundles_are_read_as_step_reads_them(data: bytes, names: list[str]) -> None:
    """PEM or DER; other blocks, blocks with headers and text are passed over."""
    assert [facts.common_name for facts in read_bundle(data, "f")] == names


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "certificate-malformed"),
        (b"text", "certificate-malformed"),
        (der_of(ROOT) + b"\0", "certificate-malformed"),
        (ROOT + DAMAGED, "certificate-malformed"),
        (private_pem(EC_KEY), "certificate-missing"),
        (ROOT[:100], "certificate-missing"),
    ],
    ids=stable_id,
)
def test_bundles_that_are_none(data: bytes, code: str) -> None:
    """A damaged certificate and a file without any are told apart."""
    assert code_of(lambda: read_bundle(data, "f")) == code


@pytest.mark.parametrize("data", [b"", b"text", bytes(300), ROOT + DAMAGED], ids=stable_id)
def test_what_is_wrong_with_a_bundle_is_said_in_words(data: bytes) -> None:
    """Not in the types of the parser."""
    with pytest.raises(ShellError) as caught:
        read_bundle(data, "f")
    assert "ParseError" not in caught.value.message
    assert caught.value.message.endswith("it is damaged, or is something else.")


def test_a_curve_that_go_does_not_know_makes_a_certificate_malformed() -> None:
    """A certificate on secp256k1 is none to step-ca, one of a DSA key is one with an unknown key."""
    odd = certificate(key=ec.generate_private_key(ec.SECP256K1()))
    assert code_of(lambda: read_bundle(odd, "f")) == "certificate-malformed"
    assert read_bundle(certificate(key=DSA_KEY), "f")[0].key == "unknown"


def test_a_negative_serial_number_is_malformed() -> None:
    """Go refuses a certificate with a negative serial number."""
    der = der_of(ROOT).replace(b"\x02\x01\x07", b"\x02\x01\x87", 1)
    with pytest.raises(ValueError, match="negative"):
        parse_certificate(der)


def test_an_unknown_version_is_malformed() -> None:
    """A version that there is not is malformed, in a bundle and where a key is read from a certificate."""
    der = der_of(ROOT).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    assert code_of(lambda: read_bundle(der, "f")) == "certificate-malformed"
    assert code_of(lambda: k8s_keys_from_file(pem.encode("CERTIFICATE", der), "f")) == "key-malformed"


def test_two_signature_algorithms_are_malformed() -> None:
    """Go refuses a certificate whose signed part names another algorithm than its envelope."""
    ecdsa_sha256, ecdsa_sha512 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040304")
    with pytest.raises(ValueError, match="two different"):
        parse_certificate(der_of(ROOT).replace(ecdsa_sha256, ecdsa_sha512, 1))


def test_a_public_key_of_an_unknown_algorithm_is_no_error() -> None:
    """Go reads a certificate whose key it does not know."""
    der = der_of(certificate(key=ED_KEY)).replace(
        bytes.fromhex("302a300506032b6570"), bytes.fromhex("302a300506032b6500")
    )
    assert parse_certificate(der).key == "unknown"


def test_kinds_of_keys() -> None:
    """Keys are named by kind and size, private and public alike."""
    assert [key_kind(key) for key in (RSA_KEY, EC_KEY.public_key(), ED_KEY, DSA_KEY)] == [
        "RSA 2048", "EC P-256", "Ed25519", "unknown",
    ]  # fmt: skip


# --- roots ---------------------------------------------------------------------------------------


def test_x5c_roots_have_an_empty_line_between() -> None:
    """Roots are written as step writes them."""
    other = certificate("two")
    assert base64.b64decode(x5c_roots_from_file(ROOT + b"text\n" + other, "f")) == ROOT + b"\n" + other


def test_attestation_roots_have_none() -> None:
    """The attestation roots of several files follow each other."""
    other = certificate("two")
    files = [("a", ROOT), ("b", other)]
    assert base64.b64decode(attestation_roots_from_files(files)) == ROOT + other
    assert attestation_roots_from_files([]) == ""


@pytest.mark.parametrize(
    ("ca", "signs"), [(True, False), (True, None), (False, True), (None, True)], ids=stable_id
)
def test_roots_must_be_able_to_sign(ca: bool | None, signs: bool | None) -> None:
    """X5C roots need the usage; attestation roots need to be a CA besides."""
    data = certificate("evil\u202e", ca=ca, signs=signs)
    assert code_of(lambda: attestation_roots_from_files([("f", data)])) == "attestation-root-not-ca"
    if signs:
        assert x5c_roots_from_file(data, "f")
    else:
        with pytest.raises(ShellError, match=r"evil\\\\u202e"):
            x5c_roots_from_file(data, "f")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (ROOT, []),
        (ROOT.replace(b"CERTIFICATE", b"WHATEVER"), []),
        (b"text", [("disabled", "{}-no-pem")]),
        (ROOT + DAMAGED, [("disabled", "{}-malformed")]),
        (LEAF, [("warning", "{}-not-ca")]),
        (certificate(until=NOW - DAY / 2), [("warning", "{}-expired")]),
        (certificate(since=NOW + DAY / 2), [("warning", "{}-not-yet-valid")]),
    ],
    ids=stable_id,
)
def test_problems_of_roots(text: bytes, problems: list[tuple[str, str]]) -> None:
    """Both fields of roots are judged alike."""
    for kind, found in (
        ("x5c", x5c_roots_problems(text, NOW)),
        ("attestation", attestation_roots_problems(text, NOW)),
    ):
        # The code of a text without PEM is about the roots, the others about one root.
        wanted = [
            (effect, code.format(f"{kind}-roots" if "no-pem" in code else f"{kind}-root"))
            for effect, code in problems
        ]
        assert codes(found) == wanted


def test_empty_roots() -> None:
    """X5C needs roots, ACME does not."""
    assert codes(x5c_roots_problems(b"", NOW)) == [("disabled", "x5c-roots-missing")]
    assert attestation_roots_problems(b"", NOW) == []


# --- Kubernetes ----------------------------------------------------------------------------------


def test_kubernetes_keys_are_written_as_public_keys() -> None:
    """Keys of keys, certificates and requests become PUBLIC KEY blocks with an empty line between."""
    data = public_pem(EC_KEY) + b"text\n" + certificate(key=ED_KEY) + certificate_request(RSA_KEY)
    wanted = b"\n".join([public_pem(EC_KEY), public_pem(ED_KEY), public_pem(RSA_KEY)])
    assert base64.b64decode(k8s_keys_from_file(data, "f")) == wanted


@pytest.mark.parametrize(
    ("data", "code", "problem"),
    [
        (b"", "k8s-keys-missing", ("unusable", "k8s-keys-no-pem")),
        (private_pem(EC_KEY), "k8s-key-private", ("disabled", "k8s-key-private")),
        (private_pem(EC_KEY, password="x"), "key-password-missing", ("disabled", "k8s-key-malformed")),
        (public_pem(DSA_KEY), "key-unsupported", ("disabled", "k8s-key-malformed")),
        (public_pem(EC_KEY) + DAMAGED, "key-malformed", ("disabled", "k8s-key-malformed")),
    ],
    ids=stable_id,
)
def test_problems_of_kubernetes_keys(data: bytes, code: str, problem: tuple[str, str]) -> None:
    """What is no public key is refused from a file, and found in a member."""
    assert code_of(lambda: k8s_keys_from_file(data, "f")) == code
    assert codes(k8s_keys_problems(data)) == [problem]


def test_good_kubernetes_keys_have_no_problems() -> None:
    """Public keys and certificates are fine."""
    assert k8s_keys_problems(public_pem(EC_KEY) + ROOT) == []


# --- SCEP ----------------------------------------------------------------------------------------


def test_the_decrypter_is_taken_from_files() -> None:
    """The first certificate, and the key as it is, without the blanks that step-ca does not bear."""
    assert base64.b64decode(decrypter_certificate_from_file(LEAF + ROOT, "f")) == LEAF
    key = b"text\n" + private_pem(RSA_KEY)
    assert base64.b64decode(decrypter_key_from_file(key, "f")) == key
    assert base64.b64decode(decrypter_key_from_file(key + b"\n \n", "f")) == key
    assert base64.b64decode(decrypter_key_from_file(key.rstrip(), "f")) == key.rstrip()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"text", "scep-key-no-pem"), (private_pem(RSA_KEY) * 2, "scep-key-several")],
    ids=stable_id,
)
def test_decrypter_files_that_are_none(data: bytes, code: str) -> None:
    """A key file has one block and nothing after it."""
    assert code_of(lambda: decrypter_key_from_file(data, "f")) == code


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (b"", []),
        (LEAF, []),
        (LEAF + b"\n", [("disabled", "scep-certificate-trailing-data")]),
        (b"text", [("disabled", "scep-certificate-no-pem")]),
        (DAMAGED, [("disabled", "scep-certificate-malformed")]),
        (certificate(until=NOW - DAY / 2), [("warning", "scep-certificate-expired")]),
    ],
    ids=stable_id,
)
def test_problems_of_the_decrypter_certificate(text: bytes, problems: list[tuple[str, str]]) -> None:
    """One certificate and nothing after it."""
    assert codes(decrypter_certificate_problems(text, NOW)) == problems


@pytest.mark.parametrize(
    ("text", "password", "problems"),
    [
        (b"", "", []),
        (private_pem(RSA_KEY), "", []),
        (private_pem(RSA_KEY), "not needed", []),
        (private_pem(RSA_KEY, password=PASSWORD), PASSWORD, []),
        (private_pem(RSA_KEY, password=PASSWORD), "no", ["scep-key-password-wrong"]),
        (private_pem(RSA_KEY, "TraditionalOpenSSL", PASSWORD), "", ["scep-key-password-missing"]),
        (private_pem(RSA_KEY) + b"\n", "", ["scep-key-trailing-data"]),
        (b"text", "", ["scep-key-no-pem"]),
        (pem.encode("PRIVATE KEY", b"no"), "", ["scep-key-malformed"]),
        (private_pem(DSA_KEY), "", ["scep-key-unsupported"]),
        (private_pem(EC_KEY), "", ["scep-key-not-rsa"]),
        (public_pem(RSA_KEY), "", ["scep-key-not-rsa"]),
    ],
    ids=stable_id,
)
def test_problems_of_the_decrypter_key(text: bytes, password: str, problems: list[str]) -> None:
    """One RSA private key, openable with the password of the provisioner."""
    assert codes(decrypter_key_problems(text, password)) == [("disabled", code) for code in problems]


@pytest.mark.parametrize(
    ("cert", "key", "password", "problems"),
    [
        (b"", b"", "", []),
        (LEAF, private_pem(RSA_KEY), "", []),
        (LEAF, private_pem(RSA_KEY, password=PASSWORD), PASSWORD, []),
        (LEAF, b"", "", [("warning", "scep-key-missing")]),
        (b"", private_pem(RSA_KEY), "", [("disabled", "scep-certificate-missing")]),
        (LEAF, private_pem(OTHER_RSA), "", [("disabled", "scep-key-mismatch")]),
        (ROOT, private_pem(RSA_KEY), "", [("disabled", "scep-key-mismatch")]),
        (DAMAGED, private_pem(RSA_KEY), "", []),
        (LEAF, private_pem(EC_KEY), "", []),
    ],
    ids=stable_id,
)
def test_problems_of_the_decrypter_pair(
    cert: bytes, key: bytes, password: str, problems: list[tuple[str, str]]
) -> None:
    """Certificate and key must both be there and belong together; faults of one are not told twice."""
    assert codes(decrypter_pair_problems(cert, key, password)) == problems


# --- what `show` says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            ROOT,
            [
                "CA certificate CN=one",
                "EC P-256",
                hashlib.sha256(der_of(ROOT)).hexdigest(),
                f"{NOW + DAY:%Y-%m-%dT%H:%M:%SZ}",
            ],
        ),
        (LEAF, ["certificate CN=leaf", "RSA 2048"]),
        (certificate("a\u200bb"), [r"CN=a\u200bb"]),
        (public_pem(ED_KEY), ["public key, Ed25519, SHA-256 "]),
        (private_pem(RSA_KEY), ["private key, RSA 2048, SHA-256 ", "(public half)"]),
        (private_pem(RSA_KEY, password="x"), ["private key, encrypted"]),
        (
            nebula.version1(until=2_000_000_000),
            ["Nebula CA certificate neb ca", "curve 25519", "expires 2033-05-18T03:33:20Z"],
        ),
        (nebula.version2("h", curve=1, is_ca=False), ["Nebula certificate h", "curve P-256"]),
        (DAMAGED, ["certificate, cannot be read"]),
        (pem.encode("NEBULA CERTIFICATE", b"no"), ["nebula certificate, cannot be read"]),
        (pem.encode("EC PARAMETERS", b"no"), ["ec parameters, cannot be read"]),
        (b"text", ["no PEM text"]),
    ],
    ids=stable_id,
)
def test_lines_for_show(text: bytes, parts: list[str]) -> None:
    """Each block has a line with what it is, its digest, and when it expires."""
    (line,) = describe(text)
    assert [part for part in parts if part not in line] == []


def test_each_block_has_a_line() -> None:
    """Several blocks have a line each, in order."""
    assert [line.split()[0] for line in describe(ROOT + public_pem(EC_KEY) + LEAF)] == [
        "CA",
        "public",
        "certificate",
    ]


def test_a_certificate_whose_extensions_are_damaged_is_malformed() -> None:
    """Every part is read, so that damage in an extension is found as Go finds it."""
    der = der_of(certificate(key=ED_KEY))
    usage = bytes.fromhex("0603551d0f0101ff0404")
    assert usage in der
    at = der.index(usage) + len(usage)
    with pytest.raises(ValueError, match=r"."):
        parse_certificate(der[:at] + b"\xff" + der[at + 1 :])


def test_years_far_away_are_shown() -> None:
    """The last year that a certificate can name is read."""
    until = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
    assert read_bundle(certificate(until=until), "f")[0].not_after == until


def unreadable(_: Any) -> x509.Certificate:
    """Raise as cryptography does, without a reason."""
    raise ValueError


def test_an_error_without_a_reason_has_one_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library gives no reason there is still one to show."""
    monkeypatch.setattr(x509, "load_der_x509_certificate", unreadable)
    with pytest.raises(ValueError, match="it is damaged, or is something else"):
        parse_certificate(b"")
