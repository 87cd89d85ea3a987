"""The lines that `show` prints for a field with certificates or keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.certs import pem
from shell.certs.bundle import key_kind, parse_certificate
from shell.certs.nebula_read import LABELS, read_certificate
from shell.certs.pemkeys import PRIVATE_LABELS, load_key, needs_password, public_half, public_sha256
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from datetime import datetime

    from shell.certs.pem import PemBlock


def describe(decoded: bytes) -> list[str]:
    """Return one line for each PEM block: what it is, its fingerprint, and when it expires (UTC).

    X.509 and Nebula certificates, public keys, and of private keys only what their public half says.
    What cannot be read is said to be so; nothing is raised. The lines are safe to show.
    """
    blocks, _ = pem.split(decoded)
    return [_line(block) for block in blocks] or ["no PEM text"]


def _line(block: PemBlock) -> str:
    try:
        return _readable(block)
    except (ValueError, ShellError):
        return f"{visible(block.label).lower()}, cannot be read"


def _readable(block: PemBlock) -> str:
    if block.label == "CERTIFICATE":
        return _certificate(block)
    if block.label in LABELS:
        return _nebula(block)
    if block.label in PRIVATE_LABELS and needs_password(block):
        return "private key, encrypted"
    key = load_key(block, "", None)
    what = "private key" if block.label in PRIVATE_LABELS else "public key"
    return f"{what}, {key_kind(key)}, SHA-256 {public_sha256(public_half(key))} (public half)"


def _certificate(block: PemBlock) -> str:
    facts = parse_certificate(block.data)
    what = "CA certificate" if facts.is_ca else "certificate"
    return f"{what} {visible(facts.subject)}, {facts.key}, SHA-256 {facts.sha256}, expires {_utc(facts.not_after)}"


def _nebula(block: PemBlock) -> str:
    facts = read_certificate(block)
    what = "Nebula CA certificate" if facts.is_ca else "Nebula certificate"
    key = f"curve {facts.curve}"
    return f"{what} {visible(facts.name)}, {key}, SHA-256 {facts.sha256}, expires {_utc(facts.not_after)}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
