"""Nebula certificates, as facts.

Nebula has certificates of its own: version 1 is a protocol buffer in a PEM block `NEBULA CERTIFICATE`,
version 2 is DER in a block `NEBULA CERTIFICATE V2`. What is refused here is what the library in
step-ca refuses (slackhq/nebula 1.10.3, package cert, `UnmarshalCertificateFromPEM`).
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from shell.certs import pem, wire

if TYPE_CHECKING:
    from collections.abc import Iterable

V1_LABEL = "NEBULA CERTIFICATE"
V2_LABEL = "NEBULA CERTIFICATE V2"
LABELS = frozenset({V1_LABEL, V2_LABEL})

_CURVES = {0: "25519", 1: "P-256"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Go counts from the year 1; a number that does not survive the sum wraps around into the distant past.
_LAST_SECOND = 2**63 - 1 - 62135596800
_MAX_SIZE, _MAX_NAME = 65536, 253

# Tags of version 2: context-specific, the first group in the certificate, the second in its details.
_DETAILS, _CURVE, _KEY, _SIGNATURE = 0xA0, 0x81, 0x82, 0x83
_NAME, _NETWORKS, _UNSAFE, _GROUPS, _IS_CA, _NOT_BEFORE, _NOT_AFTER, _ISSUER = (
    0x80, 0xA1, 0xA2, 0xA3, 0x84, 0x85, 0x86, 0x87,
)  # fmt: skip
_SEQUENCE, _OCTETS, _UTF8 = 0x30, 0x04, 0x0C


@dataclass(frozen=True, slots=True)
class NebulaCertificate:
    """The facts about one Nebula certificate.

    `curve` is `25519`, `P-256` or `unknown N`; the times are UTC (beyond what a date can hold, the
    nearest one); `sha256` is Nebula's own fingerprint in hex; `signed` are the bytes that the
    signature is over, `encoded` those of the certificate as Nebula writes it.
    """

    version: int
    name: str
    is_ca: bool
    curve: str
    not_before: datetime
    not_after: datetime
    sha256: str
    public_key: bytes
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    encoded: bytes = field(repr=False)

    def pem(self) -> bytes:
        """Return the certificate as the PEM text that step writes."""
        return pem.encode(V1_LABEL if self.version == 1 else V2_LABEL, self.encoded)

    def self_signed(self) -> bool:
        """Whether the signature was made with the certificate's own key."""
        try:
            if self.curve == "25519":
                ed25519.Ed25519PublicKey.from_public_bytes(self.public_key).verify(
                    self.signature, self.signed
                )
            elif self.curve == "P-256" and self.public_key[:1] == b"\x04":
                key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public_key)
                key.verify(self.signature, self.signed, ec.ECDSA(hashes.SHA256()))
            else:
                return False
        except (InvalidSignature, ValueError):
            return False
        return True


def read_certificate(block: pem.PemBlock) -> NebulaCertificate:
    """Return the facts about the Nebula certificate in a PEM block. Raises ValueError with the reason."""
    if block.label == V1_LABEL:
        return _version1(block.data)
    if block.label == V2_LABEL:
        return _version2(block.data)
    raise ValueError(f"a block {block.label} is no Nebula certificate")


def _moment(seconds: int) -> datetime:
    if seconds > _LAST_SECOND:
        seconds = -seconds
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if seconds > 0 else datetime.min.replace(tzinfo=UTC)


def _curve(number: int) -> str:
    return _CURVES.get(number, f"unknown {number}")


# --- version 1 -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Details1:
    """The details of a version 1 certificate, as far as they have been read; later fields win."""

    name: bytes = b""
    ips: list[int] = field(default_factory=list)
    subnets: list[int] = field(default_factory=list)
    groups: list[bytes] = field(default_factory=list)
    not_before: int = 0
    not_after: int = 0
    public_key: bytes = b""
    is_ca: bool = False
    issuer: bytes = b""
    curve: int = 0

    def encoded(self) -> bytes:
        """Return the details as Nebula writes them, which is what the signature is over."""
        return b"".join(
            (
                wire.put_bytes(1, self.name),
                wire.put_bytes(2, b"".join(map(wire.varint, _canonical_masks(self.ips)))),
                wire.put_bytes(3, b"".join(map(wire.varint, _canonical_masks(self.subnets)))),
                *(
                    wire.varint(4 << 3 | wire.BYTES) + wire.varint(len(group)) + group
                    for group in self.groups
                ),
                wire.put_varint(5, self.not_before),
                wire.put_varint(6, self.not_after),
                wire.put_bytes(7, self.public_key),
                wire.put_varint(8, int(self.is_ca)),
                wire.put_bytes(9, self.issuer),
                wire.put_varint(100, self.curve),
            )
        )


def _version1(data: bytes) -> NebulaCertificate:
    if not data:
        raise ValueError("the block is empty")
    details: _Details1 | None = None
    signature = b""
    for item in wire.read_message(data):
        if isinstance(item.value, bytes) and item.wire == wire.BYTES:
            if item.number == 1:
                details = details or _Details1()
                _merge_details(details, item.value)
            elif item.number == 2:
                signature = item.value
    if details is None:
        raise ValueError("the certificate has no details")
    _validate1(details)
    signed = details.encoded()
    encoded = (
        wire.varint(1 << 3 | wire.BYTES) + wire.varint(len(signed)) + signed + wire.put_bytes(2, signature)
    )
    return NebulaCertificate(
        version=1,
        name=details.name.decode(),
        is_ca=details.is_ca,
        curve=_curve(details.curve),
        not_before=_moment(details.not_before),
        not_after=_moment(details.not_after),
        sha256=hashlib.sha256(encoded).hexdigest(),
        public_key=details.public_key,
        signature=signature,
        signed=signed,
        encoded=encoded,
    )


def _merge_details(details: _Details1, data: bytes) -> None:
    """Read the fields of a details message into `details`; a field of another kind is passed over."""
    for item in wire.read_message(data):
        if isinstance(item.value, int):
            _merge_integer(details, item.number, item.value)
        elif item.wire == wire.BYTES:
            _merge_bytes(details, item.number, item.value)


def _merge_integer(details: _Details1, number: int, value: int) -> None:
    if number == 2:
        details.ips.append(value & 0xFFFFFFFF)
    elif number == 3:
        details.subnets.append(value & 0xFFFFFFFF)
    elif number == 5:
        details.not_before = _signed(value, 64)
    elif number == 6:
        details.not_after = _signed(value, 64)
    elif number == 8:
        details.is_ca = value != 0
    elif number == 100:
        details.curve = _signed(value & 0xFFFFFFFF, 32)


def _merge_bytes(details: _Details1, number: int, value: bytes) -> None:
    if number in (1, 4):
        value.decode()
    if number == 1:
        details.name = value
    elif number == 2:
        details.ips += _packed(value)
    elif number == 3:
        details.subnets += _packed(value)
    elif number == 4:
        details.groups.append(value)
    elif number == 7:
        details.public_key = value
    elif number == 9:
        details.issuer = value


def _packed(data: bytes) -> list[int]:
    numbers: list[int] = []
    position = 0
    while position < len(data):
        value, position = wire.read_varint(data, position)
        numbers.append(value & 0xFFFFFFFF)
    return numbers


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value


def _canonical_masks(pairs: list[int]) -> list[int]:
    """Return address and mask pairs with each mask as its prefix; one that is no prefix becomes /0."""
    return [_canonical_mask(value) if index % 2 else value for index, value in enumerate(pairs)]


def _canonical_mask(mask: int) -> int:
    inverted = mask ^ 0xFFFFFFFF
    return mask if inverted & (inverted + 1) == 0 else 0


def _validate1(details: _Details1) -> None:
    if len(details.ips) % 2 or len(details.subnets) % 2:
        raise ValueError("an address has no mask")
    if not details.public_key:
        raise ValueError("there is no public key")
    if not details.is_ca and not details.ips:
        raise ValueError("a host certificate has no network")
    if 0 in details.ips[::2]:
        raise ValueError("a network has the zero address")


# --- version 2 -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Details2:
    """The details of a version 2 certificate that are shown or judged."""

    name: str
    is_ca: bool
    not_before: int
    not_after: int


def _version2(data: bytes) -> NebulaCertificate:
    if not 0 < len(data) <= _MAX_SIZE:
        raise ValueError("the block is empty or too long")
    reader = wire.Der(wire.Der(data).content(_SEQUENCE))
    raw_details = reader.element(_DETAILS)
    curve = _one_byte(reader.optional(_CURVE))
    public_key = reader.optional(_KEY)
    if not public_key:
        raise ValueError("there is no public key")
    signature = reader.content(_SIGNATURE)
    if not signature:
        raise ValueError("there is no signature")
    details = _details2(wire.Der(wire.Der(raw_details).content(_DETAILS)))
    signed = raw_details + bytes([curve]) + public_key
    body = (
        raw_details
        + (wire.der(_CURVE, bytes([curve])) if curve else b"")
        + wire.der(_KEY, public_key)
        + wire.der(_SIGNATURE, signature)
    )
    return NebulaCertificate(
        version=2,
        name=details.name,
        is_ca=details.is_ca,
        curve=_curve(curve),
        not_before=_moment(details.not_before),
        not_after=_moment(details.not_after),
        sha256=hashlib.sha256(signed + signature).hexdigest(),
        public_key=public_key,
        signature=signature,
        signed=signed,
        encoded=wire.der(_SEQUENCE, body),
    )


def _one_byte(content: bytes | None) -> int:
    if content is None:
        return 0
    if len(content) != 1:
        raise ValueError("a flag does not have the length of one byte")
    return content[0]


def _details2(reader: wire.Der) -> _Details2:
    name = reader.content(_NAME)
    if not 0 < len(name) <= _MAX_NAME:
        raise ValueError("the name is empty or too long")
    networks = [_network(item) for item in _items(reader.optional(_NETWORKS), _OCTETS)]
    unsafe = [_network(item) for item in _items(reader.optional(_UNSAFE), _OCTETS)]
    _items(reader.optional(_GROUPS), _UTF8)
    is_ca = _one_byte(reader.optional(_IS_CA)) > 0
    not_before = reader.integer(_NOT_BEFORE)
    not_after = reader.integer(_NOT_AFTER)
    reader.optional(_ISSUER)
    _validate2(networks, unsafe, is_ca)
    return _Details2(name.decode("utf-8", "replace"), is_ca, not_before, not_after)


def _items(content: bytes | None, tag: int) -> list[bytes]:
    """Return the elements of a list, none of which may be empty."""
    reader = wire.Der(content or b"")
    items: list[bytes] = []
    while not reader.empty:
        item = reader.content(tag)
        if not item:
            raise ValueError("a list has an empty item")
        items.append(item)
    return items


_Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def _network(data: bytes) -> _Interface:
    """Return the address and prefix length that Nebula writes in five or seventeen bytes."""
    if len(data) == 5:
        return ipaddress.IPv4Interface((data[:4], data[4]))
    if len(data) == 17:
        return ipaddress.IPv6Interface((data[:16], data[16]))
    raise ValueError("a network has the wrong length")


def _validate2(networks: list[_Interface], unsafe: list[_Interface], is_ca: bool) -> None:
    if not is_ca and not networks:
        raise ValueError("a host certificate has no network")
    for network in networks:
        if network.ip.is_unspecified:
            raise ValueError("a network has the zero address")
        if isinstance(network.ip, ipaddress.IPv6Address) and network.ip.ipv4_mapped is not None:
            raise ValueError("a network is an IPv4 one in IPv6 form")
    if len(set(networks)) < len(networks) or len(set(unsafe)) < len(unsafe):
        raise ValueError("a network is there twice")
    if not is_ca and not _versions(unsafe) <= _versions(networks):
        raise ValueError("an unsafe network has no address of its version")


def _versions(networks: Iterable[_Interface]) -> set[int]:
    return {network.version for network in networks}
