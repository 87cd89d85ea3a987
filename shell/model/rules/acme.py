"""Rules of ACME, with its Wire extension (certificates: authority/provisioner/acme.go, wire/*.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.addresses import parse_url
from shell.model.fields import ACME_CHALLENGES, ATTESTATION_FORMATS
from shell.model.problems import ERROR, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISABLED = "step-ca starts without this provisioner"
_WIRE_CHALLENGES = ("wire-oidc-01", "wire-dpop-01")
_DEVICE_CHALLENGE = "device-attest-01"
_PROVIDER = "options.wire.oidc.provider"


@entry_rule("challenge-unknown", ERROR, types.ACME)
def _challenge(entry: Entry) -> Iterator[Hit]:
    """A challenge that step-ca does not know disables the provisioner."""
    for challenge in entry.items("challenges"):
        if challenge.lower() not in ACME_CHALLENGES:
            known = ", ".join(ACME_CHALLENGES)
            yield Hit(
                "challenges", f'"{challenge}" is no challenge: {_DISABLED}', f"the challenges are {known}"
            )


@entry_rule("attestation-format-unknown", ERROR, types.ACME)
def _format(entry: Entry) -> Iterator[Hit]:
    """An attestation format that step-ca does not know disables the provisioner."""
    for name in entry.items("attestationFormats"):
        if name.lower() not in ATTESTATION_FORMATS:
            known = ", ".join(ATTESTATION_FORMATS)
            yield Hit("attestationFormats", f'"{name}" is no format: {_DISABLED}', f"the formats are {known}")


@entry_rule("attestation-unused", WARNING, types.ACME)
def _attestation_unused(entry: Entry) -> Iterator[Hit]:
    """Formats and roots of attestations matter only to the challenge device-attest-01."""
    if _DEVICE_CHALLENGE in [challenge.lower() for challenge in entry.items("challenges")]:
        return
    for path in ("attestationFormats", "attestationRoots"):
        if entry.get(path):
            message = f"it does nothing: the challenge {_DEVICE_CHALLENGE} is not offered"
            yield Hit(path, message, f"add {_DEVICE_CHALLENGE} to challenges, or unset it")


@entry_rule("acme-without-database", WARNING, types.ACME)
def _database(entry: Entry) -> Iterator[Hit]:
    """ACME keeps accounts and orders in the database; without one step-ca does not serve it."""
    if entry.settings.is_file and entry.settings.get("db") is None:
        yield Hit("", "the CA has no database: step-ca does not serve ACME", "configure db in ca.json")


@entry_rule("wire-incomplete", ERROR, types.ACME)
def _wire(entry: Entry) -> Iterator[Hit]:
    """The Wire challenges need the Wire options; step-ca compares these names as they are written."""
    if not set(_WIRE_CHALLENGES) & set(entry.items("challenges")):
        return
    for path, what in (
        ("options.wire.oidc", "the OIDC options of Wire are missing"),
        (_PROVIDER, "the OIDC provider of Wire is missing"),
        ("options.wire.dpop", "the DPoP options of Wire are missing"),
    ):
        if entry.get(path) is None:
            yield Hit(path, f"{what}: {_DISABLED}", f"set {path}, or take the Wire challenges out")
            return
    yield from _wire_values(entry)


def _wire_values(entry: Entry) -> Iterator[Hit]:
    issuer = entry.text(f"{_PROVIDER}.issuerUrl")
    discovery = entry.text(f"{_PROVIDER}.discoveryBaseUrl")
    if not issuer and not discovery:
        message = f"neither issuerUrl nor discoveryBaseUrl is set: {_DISABLED}"
        yield Hit(f"{_PROVIDER}.issuerUrl", message, "set one of them")
    if issuer and not discovery:
        try:
            parse_url(issuer)
        except ValueError as error:
            yield Hit(f"{_PROVIDER}.issuerUrl", f"it is no URL ({error}): {_DISABLED}", "mend the address")
    if not entry.text("options.wire.dpop.key"):
        yield Hit(
            "options.wire.dpop.key", f"the public key is missing: {_DISABLED}", "set it to a PEM public key"
        )
    for path, with_functions in (
        (f"{_PROVIDER}.issuerUrl", False),
        ("options.wire.oidc.transform", True),
        ("options.wire.dpop.target", False),
    ):
        text = entry.text(path)
        if not text:
            continue
        from shell.model.gotemplate import (
            parse_flaw,  # few provisioners have templates, and its patterns take time
        )

        why = parse_flaw(text, with_functions=with_functions)
        if why:
            yield Hit(path, f"the template does not parse ({why}): {_DISABLED}", "mend the template")
