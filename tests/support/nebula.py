"""Nebula certificates for tests, made by hand in both versions of the format."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from shell.certs import pem, wire

HOUR = 3600
NETWORK = (bytes([10, 0, 0, 0]), 8)


def key_for(curve: int) -> Any:
    """Return a new signing key: curve 0 is 25519, 1 is P-256."""
    return ec.generate_private_key(ec.SECP256R1()) if curve == 1 else ed25519.Ed25519PrivateKey.generate()


def public_of(key: Any) -> bytes:
    """Return the public key as Nebula writes it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.public_key().public_bytes_raw()
    return bytes(
        key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    )


def sign(key: Any, data: bytes) -> bytes:
    """Return a signature in Nebula's form."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return bytes(key.sign(data, ec.ECDSA(hashes.SHA256())))


def network1(address: bytes, bits: int) -> list[int]:
    """Return an address and a mask as version 1 has them."""
    return [int.from_bytes(address, "big"), (0xFFFFFFFF << (32 - bits)) & 0xFFFFFFFF]


def version1(
    name: str = "neb ca",
    *,
    curve: int = 0,
    is_ca: bool = True,
    since: int | None = None,
    until: int | None = None,
    ips: list[int] | None = None,
    groups: tuple[str, ...] = (),
    packed: bool = True,
    key: Any = None,
    public: bytes | None = None,
    signature: bytes | None = None,
    extra: bytes = b"",
    issuer: bytes = b"",
) -> bytes:
    """Return a version 1 certificate in PEM, signed by its own key where nothing else is said.

    `extra` is put in front of the details, after signing; `packed` False writes the addresses one by one.
    """
    key = key or key_for(curve)
    public = public_of(key) if public is None else public
    now = int(time.time())
    numbers = ips if ips is not None else network1(*NETWORK)
    tail = b"".join(wire.put_bytes(4, group.encode()) for group in groups)
    tail += wire.put_varint(5, now - HOUR if since is None else since)
    tail += wire.put_varint(6, now + HOUR if until is None else until)
    tail += wire.put_bytes(7, public) + wire.put_varint(8, int(is_ca)) + wire.put_bytes(9, issuer)
    tail += wire.put_varint(100, curve)
    head = wire.put_bytes(1, name.encode())
    canonical = head + wire.put_bytes(2, b"".join(map(wire.varint, numbers))) + tail
    signature = sign(key, canonical) if signature is None else signature
    single = b"".join(wire.varint(2 << 3) + wire.varint(number) for number in numbers)
    details = extra + (canonical if packed else head + single + tail)
    return pem.encode("NEBULA CERTIFICATE", wire.put_bytes(1, details) + wire.put_bytes(2, signature))


def signed_int(number: int) -> bytes:
    """Return an integer as the shortest DER content."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def version2(
    name: str = "neb ca",
    *,
    curve: int = 0,
    is_ca: bool = True,
    since: int | None = None,
    until: int | None = None,
    networks: tuple[bytes, ...] = (bytes([10, 0, 0, 0, 8]),),
    unsafe: tuple[bytes, ...] = (),
    groups: tuple[str, ...] = (),
    key: Any = None,
    public: bytes | None = None,
    signature: bytes | None = None,
    times: tuple[bytes, bytes] | None = None,
    curve_octets: bytes | None = None,
    after: bytes = b"",
) -> bytes:
    """Return a version 2 certificate in PEM, signed by its own key where nothing else is said."""
    key = key or key_for(curve)
    public = public_of(key) if public is None else public
    now = int(time.time())
    since_until = (now - HOUR if since is None else since, now + HOUR if until is None else until)
    content = wire.der(0x80, name.encode())
    for tag, members in ((0xA1, networks), (0xA2, unsafe)):
        if members:
            content += wire.der(tag, b"".join(wire.der(0x04, member) for member in members))
    if groups:
        content += wire.der(0xA3, b"".join(wire.der(0x0C, group.encode()) for group in groups))
    content += wire.der(0x84, b"\xff") if is_ca else b""
    first, second = times or (signed_int(since_until[0]), signed_int(since_until[1]))
    content += wire.der(0x85, first) + wire.der(0x86, second)
    details = wire.der(0xA0, content)
    if signature is None:
        signature = sign(key, details + bytes([curve]) + public)
    octets = (bytes([curve]) if curve else b"") if curve_octets is None else curve_octets
    body = details + (wire.der(0x81, octets) if octets else b"")
    body += wire.der(0x82, public) + wire.der(0x83, signature)
    return pem.encode("NEBULA CERTIFICATE V2", wire.der(0x30, body) + after)


def fingerprint1(text: bytes) -> str:
    """Return the fingerprint of a version 1 certificate in its canonical form."""
    blocks, _ = pem.split(text)
    return hashlib.sha256(blocks[0].data).hexdigest()
