"""The certificates of X5C provisioners (`roots`) and of ACME ones (`attestationRoots`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.certs import pem
from shell.certs.bundle import parse_certificate, read_bundle
from shell.certs.findings import Finding
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shell.certs.bundle import Certificate


def x5c_roots_from_file(data: bytes, name: str) -> str:
    """Return the member `roots` for a bundle file: base64 of the PEM text that step writes.

    Every certificate must be allowed to sign certificates, as step demands. step puts an empty line
    between the certificates, so this does. Raises ShellError: those of `read_bundle`, and
    `x5c-root-usage`.
    """
    bundle = read_bundle(data, name)
    for certificate in bundle:
        if not certificate.signs_certificates:
            raise ShellError(
                "x5c-root-usage",
                f"{_named(certificate)} in {visible(name)} cannot be a root of an X5C provisioner: "
                "its key usage does not include certificate signing.",
                hint="Give the certificate of the CA that issues the clients' certificates.",
            )
    return pem.member(b"\n".join(certificate.pem() for certificate in bundle))


def attestation_roots_from_files(files: Sequence[tuple[str, bytes]]) -> str:
    """Return the member `attestationRoots` for bundle files, given as (name, content).

    Every certificate must be a CA and be allowed to sign certificates, as step demands. Raises
    ShellError: those of `read_bundle`, and `attestation-root-not-ca`. Without files the text is empty.
    """
    texts: list[bytes] = []
    for name, data in files:
        for certificate in read_bundle(data, name):
            if not (certificate.is_ca and certificate.signs_certificates):
                raise ShellError(
                    "attestation-root-not-ca",
                    f"{_named(certificate)} in {visible(name)} cannot be an attestation root: it is not "
                    "the certificate of a CA that may sign certificates.",
                    hint="Give the root certificate of the maker of the devices.",
                )
            texts.append(certificate.pem())
    return pem.member(b"".join(texts))


def x5c_roots_problems(decoded: bytes, now: datetime) -> list[Finding]:
    """Return what is wrong with the decoded member `roots` of an X5C provisioner.

    step-ca reads every PEM block as a certificate, whatever its label says, and wants at least one.
    """
    if not decoded:
        return [Finding("disabled", "x5c-roots-missing", "An X5C provisioner needs at least one root.")]
    return _root_problems(decoded, now, "x5c")


def attestation_roots_problems(decoded: bytes, now: datetime) -> list[Finding]:
    """Return what is wrong with the decoded member `attestationRoots` of an ACME provisioner.

    An empty member means the built-in roots; otherwise every PEM block must be a certificate.
    """
    return _root_problems(decoded, now, "attestation") if decoded else []


def _root_problems(decoded: bytes, now: datetime, kind: str) -> list[Finding]:
    blocks, _ = pem.split(decoded)
    if not blocks:
        return [Finding("disabled", f"{kind}-roots-no-pem", "There is no PEM certificate in it.")]
    found: list[Finding] = []
    for number, block in enumerate(blocks, 1):
        try:
            certificate = parse_certificate(block.data)
        except ValueError as error:
            why = f"Block {number} ({visible(block.label)}) is not a certificate: {visible(str(error))}."
            found.append(Finding("disabled", f"{kind}-root-malformed", why))
        else:
            found += _regrets(certificate, now, kind)
    return found


def _regrets(certificate: Certificate, now: datetime, kind: str) -> list[Finding]:
    """Return what makes an accepted root useless or strange."""
    found = validity_problems(certificate, now, f"{kind}-root")
    if not (certificate.is_ca and certificate.signs_certificates):
        why = f"{_named(certificate)} is not a CA that may sign certificates: it vouches for itself only."
        found.append(Finding("warning", f"{kind}-root-not-ca", why))
    return found


def validity_problems(certificate: Certificate, now: datetime, code: str) -> list[Finding]:
    """Return a warning for a certificate that is not valid at `now` (step-ca does not look)."""
    if certificate.not_after < now:
        when = f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}"
        return [Finding("warning", f"{code}-expired", f"{_named(certificate)} expired at {when}.")]
    if certificate.not_before > now:
        when = f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}"
        return [
            Finding("warning", f"{code}-not-yet-valid", f"{_named(certificate)} is valid only from {when}.")
        ]
    return []


def _named(certificate: Certificate) -> str:
    return f"The certificate {visible(certificate.common_name or certificate.subject)!r}"
