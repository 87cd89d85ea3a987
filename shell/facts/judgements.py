"""What those who can read keys and certificates say of a provisioner's."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.model import types
from shell.model.jwkshape import is_usual_key
from shell.model.problems import DANGER, ERROR, WARNING, Finding
from shell.model.values import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from shell.certs.findings import Finding as MaterialFinding
    from shell.model.facts import Material
    from shell.model.problems import Severity
    from shell.model.values import JSON


def judgements(materials: Iterable[Material], now: datetime) -> dict[Material, tuple[Finding, ...]]:
    """Return what is wrong with keys and certificates; `now` is a UTC time."""
    return {material: tuple(map(_finding, _judged(material, now))) for material in materials}


def _judged(material: Material, now: datetime) -> Iterable[MaterialFinding]:
    """Return what those who can read keys and certificates say; nothing where the base64 is bad."""
    values = [parse_json(content) for content in material.contents]
    if (material.type, material.field) == (types.JWK.name, "key"):
        return _jwk(values[0])
    judge = _JUDGES.get((material.type, material.field))
    decoded = _decoded(values[0])
    if judge is None or decoded is None:
        return ()
    return judge(decoded, values[1:], now)


def _jwk(key: JSON) -> Iterable[MaterialFinding]:
    """Say what is wrong with a JWK; the libraries that do are loaded for unusual ones only."""
    if not isinstance(key, dict) or is_usual_key(key):
        return ()
    from shell.keys.problems import jwk_problems

    return jwk_problems(key)


def _decoded(value: JSON) -> bytes | None:
    """Return the bytes of a member as Go reads it: base64, or a list of numbers."""
    try:
        if isinstance(value, list):
            return bytes(int(str(item)) for item in value)
        if isinstance(value, str):
            return base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return None


def _x5c_roots(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.roots import x5c_roots_problems

    return x5c_roots_problems(decoded, now)


def _nebula_roots(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.nebula import nebula_roots_problems

    return nebula_roots_problems(decoded, now)


def _attestation_roots(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.roots import attestation_roots_problems

    return attestation_roots_problems(decoded, now)


def _public_keys(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.kubernetes import k8s_keys_problems

    return k8s_keys_problems(decoded)


def _decrypter_certificate(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.scep import decrypter_certificate_problems

    return decrypter_certificate_problems(decoded, now)


def _decrypter_key(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs.scep import decrypter_key_problems, decrypter_pair_problems

    certificate, password = _decoded(others[0]), others[1]
    text = password if isinstance(password, str) else ""
    return [
        *decrypter_key_problems(decoded, text),
        *(decrypter_pair_problems(certificate, decoded, text) if certificate else ()),
    ]


# blocks that step-ca can read as keys that we cannot, such as those on other curves
_KEY_LABELS = ("PUBLIC KEY", "PRIVATE KEY", "EC PRIVATE KEY", "CERTIFICATE", "NEBULA X25519 PUBLIC KEY")


def _wire_key(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    """step-ca takes one PEM block of any key, certificate or request (go.step.sm/crypto: pemutil, Parse)."""
    from shell.certs import pem, pemkeys
    from shell.certs.findings import Finding as Judged

    block, rest = pem.first(decoded)
    if block is None or not pem.is_blank(rest):
        return [Judged("disabled", "wire-key-malformed", "It is not one PEM block.")]
    try:
        pemkeys.load_key(block, "the key", None)
    except ShellError as error:
        if error.code != "key-unsupported" or block.label not in _KEY_LABELS:
            return [Judged("disabled", "wire-key-malformed", error.message)]
    return []


_JUDGES: Mapping[tuple[str, str], Callable[[bytes, list[JSON], datetime], Iterable[MaterialFinding]]] = {
    (types.X5C.name, "roots"): _x5c_roots,
    (types.NEBULA.name, "roots"): _nebula_roots,
    (types.ACME.name, "attestationRoots"): _attestation_roots,
    (types.ACME.name, "options.wire.dpop.key"): _wire_key,
    (types.K8SSA.name, "publicKeys"): _public_keys,
    (types.SCEP.name, "decrypterCertificate"): _decrypter_certificate,
    (types.SCEP.name, "decrypterKeyPEM"): _decrypter_key,
}

_EFFECTS: Mapping[str, tuple[Severity, str]] = {
    "refused": (ERROR, "step-ca does not start"),
    "disabled": (ERROR, "step-ca starts without this provisioner"),
    "unusable": (DANGER, "step-ca takes it, but nobody gets a certificate"),
    "danger": (DANGER, ""),
    "warning": (WARNING, ""),
}


def _finding(judged: MaterialFinding) -> Finding:
    severity, effect = _EFFECTS[judged.effect]
    message = f"{judged.message.rstrip('.')}: {effect}" if effect else judged.message.rstrip(".")
    return Finding(severity, judged.code, message, "set it anew", stops=judged.effect == "refused")
