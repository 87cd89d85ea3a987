"""What a new provisioner looks like in ca.json: its members in the order in which `step` writes them.

A member stands in the entry of a new provisioner when it has a value that is not empty, or when step
writes it always, for which the table has a default. Both were compared with what step v0.30.6 writes
(certificates: the structs of authority/provisioner/*.go, and what their Init fills in).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.fields import fields_of
from shell.model.provisioner import Provisioner
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

# Where the order differs from that of the field table; what is not named comes last.
_ORDER = {
    types.AWS: "accounts disableCustomSANs disableTrustOnFirstUse imdsVersions instanceAge iidRoots claims options",
    types.GCP: (
        "serviceAccounts projectIDs organizationID disableCustomSANs disableTrustOnFirstUse disableSSHCAUser "
        "disableSSHCAHost instanceAge claims options"
    ),
    types.OIDC: (
        "clientID clientSecret configurationEndpoint tenantID admins domains groups listenAddress claims options "
        "scopes authParams"
    ),
    types.SCEP: (
        "forceCN challenge capabilities includeRoot excludeIntermediate minimumPublicKeyLength "
        "decrypterCertificate decrypterKeyPEM decrypterKey decrypterKeyPassword encryptionAlgorithmIdentifier "
        "options claims"
    ),
}

_CLAIMS: dict[str, JSON] = {
    "claims.enableSSHCA": True,
    "claims.disableRenewal": False,
    "claims.allowRenewalAfterExpiry": False,
    "claims.disableSmallstepExtensions": False,
}
_CLOUD: dict[str, JSON] = {"disableCustomSANs": False, "disableTrustOnFirstUse": False}
_ALWAYS: dict[ProvisionerType, dict[str, JSON]] = {
    types.OIDC: {"clientSecret": ""},
    types.AWS: {"accounts": [], **_CLOUD, "imdsVersions": ["v2", "v1"], "instanceAge": "0s"},
    types.GCP: {**_CLOUD, "disableSSHCAUser": True, "disableSSHCAHost": False, "instanceAge": "0s"},
    types.AZURE: {
        "resourceGroups": [],
        "subscriptionIDs": [],
        "objectIDs": [],
        "audience": "https://management.azure.com/",
        **_CLOUD,
    },
    types.SCEP: {"minimumPublicKeyLength": Number("2048")},
}
_OPTIONS: tuple[Path, ...] = (("options", "x509"), ("options", "ssh"))


def new_entry(type_: ProvisionerType, name: str, values: Mapping[Path, JSON]) -> Provisioner:
    """Return a provisioner of a type with these values by path, and what step writes besides."""
    given: dict[Path, JSON] = {tuple(path.split(".")): value for path, value in always_written(type_).items()}
    if type_ is not types.SSHPOP:
        given |= {path: {} for path in _OPTIONS}
    given |= {path: value for path, value in values.items() if is_written(type_, path, value)}
    item = Provisioner({"type": type_.written, "name": name})
    for path in sorted(given, key=lambda path: _place(type_, path)):
        item = item.with_value(path, given[path])
    return item


def always_written(type_: ProvisionerType) -> dict[str, JSON]:
    """Return the fields that step writes for every new provisioner of a type, with their values."""
    return {**_ALWAYS.get(type_, {}), **_CLAIMS}


def is_written(type_: ProvisionerType, path: Path, value: JSON) -> bool:
    """Whether step writes this value, or leaves the member out because it is empty to Go."""
    empty = value in (None, False, "", "0") or value == []
    # claims are pointers to step: what was said explicitly is written
    return not empty or path[0] == "claims" or ".".join(path) in always_written(type_)


def _place(type_: ProvisionerType, path: Path) -> tuple[int, int, int]:
    """Return what to sort members by: the first one's place, then the field table; outer before inner."""
    members = _ORDER.get(type_, "").split()
    first = members.index(path[0]) if path[0] in members else len(members)
    fields = [row.segments for row in fields_of(type_)]
    inner = next(place for place, segments in enumerate(fields) if segments[: len(path)] == path)
    return first, inner, len(path)
