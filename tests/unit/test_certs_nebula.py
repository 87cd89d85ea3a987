"""Nebula certificates; that step and step-ca agree, over many more, is shown in tests/live."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.certs import pem, wire
from shell.certs.nebula import nebula_roots_from_file, nebula_roots_problems
from shell.certs.nebula_read import NebulaCertificate, read_certificate
from shell.errors import ShellError
from tests.support import nebula
from tests.support.certificates import NOW, certificate, stable_id

IPV4, IPV6 = bytes([10, 0, 0, 0, 8]), bytes(15) + b"\x01\x40"
V2 = "NEBULA CERTIFICATE V2"


def facts_of(text: bytes) -> NebulaCertificate:
    """Return the facts about the first certificate of a text."""
    block, _ = pem.first(text)
    assert block is not None
    return read_certificate(block)


def codes(text: bytes) -> list[tuple[str, str]]:
    """Return effects and codes of the problems of a member."""
    return [(problem.effect, problem.code) for problem in nebula_roots_problems(text, NOW)]


@pytest.mark.parametrize("curve", [0, 1], ids=stable_id)
@pytest.mark.parametrize(("make", "version"), [(nebula.version1, 1), (nebula.version2, 2)], ids=stable_id)
def test_the_facts_of_a_certificate(make: Any, version: int, curve: int) -> None:
    """Name, curve, times and CA flag are read, the signature is checked, and the text comes back."""
    text = make("mesh", curve=curve, since=1_000, until=4_000_000_000, groups=("a", "b"))
    facts = facts_of(text)
    assert (facts.version, facts.name, facts.is_ca) == (version, "mesh", True)
    assert facts.curve == ("P-256" if curve else "25519")
    assert facts.not_before == datetime.datetime(1970, 1, 1, 0, 16, 40, tzinfo=datetime.UTC)
    assert facts.not_after.year == 2096
    assert facts.self_signed()
    assert facts.pem() == text
    assert codes(text) == []


def test_the_fingerprint_of_version_1_is_that_of_its_canonical_form() -> None:
    """A certificate with unpacked addresses has the same fingerprint as with packed ones."""
    key = nebula.key_for(0)
    packed, single = (nebula.version1(key=key, packed=packed) for packed in (True, False))
    assert packed != single
    assert facts_of(packed).sha256 == facts_of(single).sha256 == nebula.fingerprint1(packed)
    assert facts_of(single).pem() == packed


@pytest.mark.parametrize(("seconds", "year"), [(2**62, 9999), (-(2**62), 1), (2**63 - 1, 1)], ids=stable_id)
def test_times_beyond_the_calendar(seconds: int, year: int) -> None:
    """A time that no date can hold is the last or first one; what overflows in Go lies in the past."""
    assert facts_of(nebula.version1(until=seconds)).not_after.year == year


def test_ca_certificates_are_kept_from_a_file() -> None:
    """Hosts are left out, and a mark, text before and blanks after do not matter."""
    ca, host, other = nebula.version1(), nebula.version1(is_ca=False), nebula.version2()
    data = b"\xef\xbb\xbftext\n" + ca + host + other + b"\n\n"
    assert base64.b64decode(nebula_roots_from_file(data, "f")) == ca + other


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "nebula-no-ca"),
        (nebula.version1(is_ca=False), "nebula-no-ca"),
        (b"text", "nebula-malformed"),
        (certificate(), "nebula-malformed"),
        (nebula.version1() + b"text", "nebula-malformed"),
        (pem.encode("NEBULA CERTIFICATE", b""), "nebula-malformed"),
    ],
    ids=stable_id,
)
def test_files_that_hold_no_nebula_ca(data: bytes, code: str) -> None:
    """Text, other certificates and hosts alone are refused."""
    with pytest.raises(ShellError) as error:
        nebula_roots_from_file(data, "f")
    assert error.value.code == code


@pytest.mark.parametrize(
    ("text", "effect", "code"),
    [
        (b"", "disabled", "nebula-roots-missing"),
        (b"text", "disabled", "nebula-root-malformed"),
        (nebula.version1() + b"text", "disabled", "nebula-root-malformed"),
        (nebula.version1(is_ca=False), "disabled", "nebula-root-not-ca"),
        (nebula.version1(signature=bytes(64)), "disabled", "nebula-root-signature"),
        (nebula.version1(curve=1, public=b"\x02" + bytes(32)), "disabled", "nebula-root-signature"),
        (nebula.version1(curve=1, public=b"\x04" + bytes(64)), "disabled", "nebula-root-signature"),
        (nebula.version1(curve=7), "disabled", "nebula-root-signature"),
        (nebula.version2(signature=bytes(64)), "disabled", "nebula-root-signature"),
        (nebula.version1(until=5), "disabled", "nebula-root-expired"),
        (nebula.version2(since=4_000_000_000, until=4_100_000_000), "disabled", "nebula-root-expired"),
        (nebula.version1(public=bytes(31)), "refused", "nebula-root-key-length"),
    ],
    ids=stable_id,
)
def test_problems_of_roots(text: bytes, effect: str, code: str) -> None:
    """Each fault has its code; a key of the wrong length ends step-ca."""
    assert codes(text) == [(effect, code)]


def test_unknown_parts_of_the_envelope_are_passed_over() -> None:
    """A field besides details and signature is left out when the certificate is written again."""
    text = nebula.version1()
    block, _ = pem.first(text)
    assert block is not None
    odd = pem.encode("NEBULA CERTIFICATE", block.data + wire.put_bytes(9, b"x") + wire.put_varint(1, 5))
    assert facts_of(odd).pem() == text


def test_all_problems_are_found() -> None:
    """Several certificates have a problem each, and blanks at the end none."""
    text = nebula.version1(is_ca=False) + nebula.version1() + nebula.version1(until=5) + b"\n \n"
    assert [code for _, code in codes(text)] == ["nebula-root-not-ca", "nebula-root-expired"]


@pytest.mark.parametrize(
    "text",
    [
        nebula.version1(extra=wire.put_varint(50, 7) + wire.put_bytes(51, b"x")),
        nebula.version1(extra=wire.put_varint(1, 5) + wire.put_bytes(5, b"x")),
        nebula.version1(extra=b"\x9d\x06abcd\x99\x06abcdefgh"),
        nebula.version1(extra=wire.put_bytes(3, b"\x00\x00"), signature=bytes(64)),
        nebula.version1(extra=wire.put_varint(3, 1) * 2),
        nebula.version1(ips=[]),
        nebula.version1(since=-1),
        nebula.version1(issuer=bytes(32)),
        nebula.version2(networks=(), unsafe=(bytes(5), IPV6)),
        nebula.version2(curve_octets=b"\0", after=b"xyz"),
        nebula.version2("n" * 253),
        nebula.version2("n" * 200, groups=("g" * 200,)),
    ],
    ids=stable_id,
)
def test_odd_certificates_are_read(text: bytes) -> None:
    """Unknown fields, fields of another kind, and what is strange and allowed."""
    assert facts_of(text).is_ca


@pytest.mark.parametrize(
    "text",
    [
        nebula.version1(ips=[1]),
        nebula.version1(extra=wire.put_varint(3, 1)),
        nebula.version1(ips=[0, 0xFF000000]),
        nebula.version1(is_ca=False, ips=[]),
        nebula.version1(public=b""),
        nebula.version1(extra=wire.put_bytes(1, b"\xff")),
        nebula.version1(extra=wire.put_bytes(4, b"\xff")),
        nebula.version1(extra=b"\x00\x01"),
        nebula.version1(extra=b"\x0b"),
        pem.encode("NEBULA CERTIFICATE", wire.put_bytes(2, b"x")),
        pem.encode("NEBULA CERTIFICATE", b"\x0a\x05abc"),
        pem.encode("NEBULA CERTIFICATE", b"\x08"),
        pem.encode("NEBULA CERTIFICATE", b"\x08" + b"\xff" * 10 + b"\x01"),
        pem.encode("NEBULA CERTIFICATE", b"\x08" + b"\xff" * 9 + b"\x02"),
        nebula.version2(signature=b""),
        nebula.version2(public=b""),
        nebula.version2(is_ca=False, networks=()),
        nebula.version2(is_ca=False, unsafe=(IPV6,)),
        nebula.version2(networks=(IPV4, IPV4)),
        nebula.version2(unsafe=(IPV4, IPV4)),
        nebula.version2(networks=(bytes(5),)),
        nebula.version2(networks=(bytes(10) + b"\xff\xff\x0a\0\0\1\x60",)),
        nebula.version2(networks=(b"abc",)),
        nebula.version2(networks=(bytes([10, 0, 0, 0, 33]),)),
        nebula.version2(""),
        nebula.version2("n" * 254),
        nebula.version2(groups=("",)),
        nebula.version2(curve_octets=b"\0\0"),
        nebula.version2(times=(bytes(9), b"\x7f")),
        nebula.version2(times=(b"\x00\x01", b"\x7f")),
        nebula.version2(times=(b"\xff\xff", b"\x7f")),
        pem.encode(V2, b""),
        pem.encode(V2, b"\x30"),
        pem.encode(V2, b"\x31\x00"),
        pem.encode(V2, b"\x30\x05abc"),
        pem.encode(V2, b"\x30\x81\x05abcde"),
        pem.encode(V2, b"\x30\x80abcde"),
        pem.encode(V2, b"\x30\x82\x01"),
        pem.encode(V2, bytes(65537)),
    ],
    ids=stable_id,
)
def test_certificates_that_nebula_refuses(text: bytes) -> None:
    """What Nebula's own reader refuses cannot be read."""
    with pytest.raises(ValueError, match=r"."):
        facts_of(text)


def test_a_host_with_both_kinds_of_networks_is_read() -> None:
    """A host certificate may have networks of both versions."""
    assert not facts_of(nebula.version2(is_ca=False, networks=(IPV4, IPV6), unsafe=(IPV6,))).is_ca


@given(st.binary(max_size=80))
def test_noise_is_refused_and_never_an_accident(noise: bytes) -> None:
    """Any bytes in a block are a certificate or a ValueError."""
    for label in ("NEBULA CERTIFICATE", V2):
        problems = codes(pem.encode(label, noise))
        assert problems
        assert {effect for effect, _ in problems} <= {"disabled", "refused"}


@given(st.integers(0, 2**64 - 1))
def test_integers_come_back(number: int) -> None:
    """Variable-length integers of 64 bits are written and read."""
    data = wire.varint(number)
    assert wire.read_varint(data, 0) == (number, len(data))


@given(st.binary(max_size=300))
def test_der_elements_come_back(content: bytes) -> None:
    """An element of any length is written and read."""
    reader = wire.Der(wire.der(0x04, content))
    assert reader.content(0x04) == content
    assert reader.empty
