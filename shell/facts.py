"""Gathering the facts that the rules ask for: files, certificates, keys and the oddities of the text.

Only what the touched provisioners name is looked at, or what all of them name when everything is
checked. Nothing here judges; a file that cannot be read is a fact like another.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.model import types
from shell.model.facts import Facts, FileFact, materials
from shell.model.problems import DANGER, ERROR, WARNING, Finding
from shell.model.provisioner import format_path
from shell.model.values import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from shell.backends.cafile import Reading
    from shell.certs.findings import Finding as MaterialFinding
    from shell.codec.goread import Oddity
    from shell.model.facts import Material
    from shell.model.problems import Severity
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View

LARGEST = 1 << 20
"""The largest certificate or template file that is read, in bytes."""

_TEMPLATE_FILES = (("options", "x509", "templateFile"), ("options", "ssh", "templateFile"))
_IID_ROOTS = ("iidRoots",)


def gather(
    reading: Reading | None,
    after: View,
    touched: Iterable[ProvisionerId],
    *,
    config_path: str = "",
    now: datetime | None = None,
    everything: bool = False,
    step_path: str = "",
) -> Facts:
    """Return the facts about a target.

    `reading` is the file as it was read, None for a running CA. `config_path` is the path of the
    ca.json; relative names in it are looked up as step-ca would be if it ran in the folder of step.
    `step_path` is that folder (STEPPATH); without it the parent of the ca.json's folder is taken.
    """
    present = list(after.ids())
    ids = present if everything else sorted(set(touched) & set(present))
    provisioners = [after.provisioner(id_) for id_ in ids]
    base = step_path or os.environ.get("STEPPATH") or os.path.dirname(os.path.dirname(config_path))
    files = dict(_looks([*_named_files(provisioners), *_named_in_settings(after.settings)], base))
    expires, key = _intermediate(after.settings, files)
    return Facts(
        now=now,
        target="file" if reading is not None else "ca",
        files=files,
        findings=_findings(provisioners, now) if now is not None else {},
        intermediate_expires=expires,
        intermediate_key=key,
        oddities=dict(_oddities(reading, ids)) if reading is not None else {},
    )


# Files


def _named_files(provisioners: Iterable[Provisioner]) -> Iterator[tuple[str, bool]]:
    """Yield each file that these name, and whether a relative path starts at the folder of step.

    Other relative paths start where step-ca was started, which is not known here
    (cli-utils: step/config.go, Abs; certificates: authority/provisioner/aws.go).
    """
    for provisioner in provisioners:
        type_ = provisioner.type
        if type_ is types.AWS:
            yield from ((path, False) for path in _texts(provisioner.get(_IID_ROOTS)))
        if type_ is not None and type_ is not types.SSHPOP:
            for where in _TEMPLATE_FILES:
                for path in _texts(provisioner.get(where)):
                    yield path, not path.startswith(("./", "../"))


def _named_in_settings(settings: Mapping[str, JSON]) -> Iterator[tuple[str, bool]]:
    for name in ("root", "federatedRoots", "crt"):
        value = settings.get(name)
        for item in value if isinstance(value, list) else [value]:
            yield from ((path, False) for path in _texts(item))


def _texts(value: JSON) -> list[str]:
    return [value] if isinstance(value, str) and value else []


def _looks(named: Iterable[tuple[str, bool]], base: str) -> Iterator[tuple[str, FileFact]]:
    for path, relative_to_step in named:
        expanded = os.path.expanduser(path) if path.startswith("~/") and relative_to_step else path
        if not os.path.isabs(expanded) and relative_to_step and base:
            expanded = os.path.join(base, expanded)
        fact = _look(expanded) if os.path.isabs(expanded) else None
        if fact is not None:
            yield path, fact


def _look(path: str) -> FileFact | None:
    """Return what is in a file; None where step-ca, as another user, could see something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return FileFact(problem="is not there")
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            return FileFact(problem="is a folder")
        # a pipe or a device is not read: that could take away what is meant for step-ca
        data = file.read(LARGEST + 1) if stat.S_ISREG(mode) else b""
    return FileFact(text=data.decode(errors="replace")) if 0 < len(data) <= LARGEST else None


def _intermediate(settings: Mapping[str, JSON], files: Mapping[str, FileFact]) -> tuple[datetime | None, str]:
    """Return when the intermediate certificate ends, and of which kind its key is."""
    path = settings.get("crt")
    fact = files.get(path) if isinstance(path, str) else None
    if fact is None or "CERTIFICATE" not in fact.text:
        return None, ""
    from shell.certs import read_bundle

    try:
        certificate = read_bundle(fact.text.encode(), "the intermediate")[0]
    except ShellError:
        return None, ""
    return certificate.not_after, certificate.key


# Keys and certificates


def _findings(provisioners: Iterable[Provisioner], now: datetime) -> dict[Material, tuple[Finding, ...]]:
    found: dict[Material, tuple[Finding, ...]] = {}
    for provisioner in provisioners:
        for material in materials(provisioner):
            if material not in found:
                found[material] = tuple(map(_finding, _judged(material, now)))
    return found


def _judged(material: Material, now: datetime) -> Iterable[MaterialFinding]:
    """Return what those who can read keys and certificates say; nothing where the base64 is bad."""
    values = [parse_json(content) for content in material.contents]
    if (material.type, material.field) == (types.JWK.name, "key"):
        from shell.keys import jwk_problems

        return jwk_problems(values[0]) if isinstance(values[0], dict) else ()
    judge = _JUDGES.get((material.type, material.field))
    decoded = _decoded(values[0])
    if judge is None or decoded is None:
        return ()
    return judge(decoded, values[1:], now)


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
    from shell.certs import x5c_roots_problems

    return x5c_roots_problems(decoded, now)


def _nebula_roots(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs import nebula_roots_problems

    return nebula_roots_problems(decoded, now)


def _attestation_roots(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs import attestation_roots_problems

    return attestation_roots_problems(decoded, now)


def _public_keys(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs import k8s_keys_problems

    return k8s_keys_problems(decoded)


def _decrypter_certificate(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs import decrypter_certificate_problems

    return decrypter_certificate_problems(decoded, now)


def _decrypter_key(decoded: bytes, others: list[JSON], now: datetime) -> Iterable[MaterialFinding]:
    from shell.certs import decrypter_key_problems, decrypter_pair_problems

    certificate, password = _decoded(others[0]), others[1]
    text = password if isinstance(password, str) else ""
    return [
        *decrypter_key_problems(decoded, text),
        *(decrypter_pair_problems(certificate, decoded, text) if certificate else ()),
    ]


_JUDGES: Mapping[tuple[str, str], Callable[[bytes, list[JSON], datetime], Iterable[MaterialFinding]]] = {
    (types.X5C.name, "roots"): _x5c_roots,
    (types.NEBULA.name, "roots"): _nebula_roots,
    (types.ACME.name, "attestationRoots"): _attestation_roots,
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


# The text of the file


def _oddities(
    reading: Reading, ids: Iterable[ProvisionerId]
) -> Iterator[tuple[ProvisionerId | None, tuple[Finding, ...]]]:
    yield None, tuple(map(_oddity, reading.config.oddities))
    for id_ in ids:
        if id_ < len(reading.config.entries):
            inside: list[Oddity] = []
            reading.config.entry_value(id_, inside)
            yield id_, tuple(map(_oddity, inside))


def _oddity(odd: Oddity) -> Finding:
    field = format_path(odd.path)
    if odd.kind == "mark":
        message = "the file begins with a byte order mark: step-ca refuses the whole file"
        return Finding(ERROR, "byte-order-mark", message, "repair takes it out", stops=True)
    if odd.kind == "trailing":
        message = "there is text after the document, which step-ca does not look at"
        return Finding(WARNING, "trailing-text", message, "take it out")
    if odd.kind == "repeated":
        message = "it is there more than once: step-ca reads the later into the earlier one"
        return Finding(WARNING, "repeated-member", message, "repair makes one of them", field=field)
    message = f'it is spelled "{odd.found}": step-ca reads it, other programs may not'
    return Finding(WARNING, "member-spelling", message, f"spell it {odd.path[-1]}", field=field)
