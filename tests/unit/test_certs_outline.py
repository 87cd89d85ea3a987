"""The end and the kind of key of a certificate, read without the library, beside what the library says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from shell.certs import pem
from shell.certs.bundle import read_bundle
from shell.certs.outline import outline
from tests.support.certificates import certificate, der_of, private_pem, stable_id

KEYS = [
    ec.generate_private_key(ec.SECP224R1()),
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP521R1()),
    ed25519.Ed25519PrivateKey.generate(),
    rsa.generate_private_key(65537, 2048),
]
ENDS = [
    datetime.datetime(1950, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(2049, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
    datetime.datetime(2050, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
]


@pytest.mark.parametrize("key", KEYS, ids=stable_id)
def test_every_kind_of_key_is_named_as_the_library_names_it(key: Any) -> None:
    """The outline has the end and the key that the full reading of the certificate has."""
    text = certificate(key=key, ca=None, signs=None)
    (full,) = read_bundle(text, "a file")
    assert outline(text) == (full.not_after, full.key)


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_the_end_is_read_in_both_forms_of_time(end: datetime.datetime) -> None:
    """Years with two digits run from 1950 to 2049, and later ones have four."""
    found = outline(certificate(since=ENDS[0], until=end))
    assert found is not None
    assert found.not_after == end


def test_a_key_of_a_kind_that_step_ca_does_not_use_is_unknown() -> None:
    """A certificate for such a key still has its end."""
    key = ec.generate_private_key(ec.SECP256K1())
    found = outline(certificate(key=key))
    assert found is not None
    assert found.key == "unknown"


def test_the_first_certificate_of_a_text_counts() -> None:
    """Other blocks, blocks with headers and text between them are passed over."""
    first, second = certificate(), certificate(key=KEYS[-1])
    headed = first.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\nA: b\n\n", 1)
    text = b"words\n" + private_pem(KEYS[1]) + headed + second + first
    found = outline(text)
    assert found is not None
    assert found.key == "RSA 2048"


def test_what_is_damaged_or_no_certificate_has_no_outline() -> None:
    """Bytes cut off anywhere, a malformed time, and a text without a certificate give None."""
    whole = der_of(certificate())
    for end in range(len(whole)):
        assert outline(pem.encode("CERTIFICATE", whole[:end])) is None
    times = [place for place in range(len(whole)) if whole[place : place + 2] == b"\x17\x0d"]
    for mark in (b"x", b"\xff"):
        for place in times:
            broken = whole[: place + 2] + mark + whole[place + 3 :]
            assert outline(pem.encode("CERTIFICATE", broken)) is None
    assert outline(b"no certificate") is None
