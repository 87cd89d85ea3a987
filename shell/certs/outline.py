"""The two things that every check asks of the intermediate certificate: when it ends, and what its key is.

Read from the DER form alone: loading `cryptography` for them would take longer than the rest of a
commit, and half as much memory again. Whether a certificate is sound is for `shell.certs.bundle`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from shell.certs import pem
from shell.certs.wire import Der

_INTEGER, _BITS, _OID, _SEQUENCE, _VERSION = 0x02, 0x03, 0x06, 0x30, 0xA0
_UTC_TIME, _TIME = 0x17, 0x18

_RSA = bytes.fromhex("2a864886f70d010101")  # 1.2.840.113549.1.1.1
_KINDS = {
    bytes.fromhex("2a8648ce3d030107"): "EC P-256",  # 1.2.840.10045.3.1.7
    bytes.fromhex("2b81040022"): "EC P-384",  # 1.3.132.0.34
    bytes.fromhex("2b81040023"): "EC P-521",  # 1.3.132.0.35
    bytes.fromhex("2b81040021"): "EC P-224",  # 1.3.132.0.33
    bytes.fromhex("2b6570"): "Ed25519",  # 1.3.101.112
}


class Outline(NamedTuple):
    """When a certificate ends (UTC), and the name of its key as in `shell.certs.bundle.Certificate`."""

    not_after: datetime
    key: str


def outline(data: bytes) -> Outline | None:
    """Return the outline of the first certificate in PEM text; None where there is none that can be read."""
    blocks, _ = pem.split(data)
    for block in blocks:
        if block.label == "CERTIFICATE" and not block.headers:
            try:
                return _outline(block.data)
            except ValueError:
                return None
    return None


def _outline(der: bytes) -> Outline:
    signed = Der(Der(Der(der).content(_SEQUENCE)).content(_SEQUENCE))  # RFC 5280, section 4.1
    signed.optional(_VERSION)
    signed.content(_INTEGER)
    signed.content(_SEQUENCE)
    signed.content(_SEQUENCE)
    validity = Der(signed.content(_SEQUENCE))
    _time(validity)
    not_after = _time(validity)
    signed.content(_SEQUENCE)
    return Outline(not_after, _kind(Der(signed.content(_SEQUENCE))))


def _time(validity: Der) -> datetime:
    """Return the next time; of a year with two digits the century turns at 50."""
    short = validity.optional(_UTC_TIME)
    text = (validity.content(_TIME) if short is None else short).decode("ascii")
    if short is not None:
        text = ("19" if text >= "50" else "20") + text
    if len(text) != 15 or text[-1] != "Z" or not text[:-1].isdecimal():
        raise ValueError("a time is malformed")
    month, day, hour, minute, second = (int(text[place : place + 2]) for place in range(4, 14, 2))
    return datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)


def _kind(key: Der) -> str:
    algorithm = Der(key.content(_SEQUENCE))
    name = algorithm.content(_OID)
    if name == _RSA:
        numbers = Der(Der(key.content(_BITS)[1:]).content(_SEQUENCE))
        return f"RSA {int.from_bytes(numbers.content(_INTEGER)).bit_length()}"
    return _KINDS.get(algorithm.optional(_OID) or name, "unknown")
