"""How a CA lists what it has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shell.codec.linkedca import from_message, to_message
from shell.model.durations import format_duration, parse_duration
from shell.model.fields import REDACTED, REDACTED_BASE64
from shell.model.provisioner import Provisioner
from shell.model.types import AWS, AZURE, GCP, SCEP
from shell.model.values import format_json, parse_json

Entry = dict[str, Any]
_FILLED: Mapping[Any, Entry] = {
    AWS: {"accounts": None, "disableCustomSANs": False, "disableTrustOnFirstUse": False}
    | {"imdsVersions": ["v2", "v1"], "instanceAge": "0s"},
    GCP: {"disableCustomSANs": False, "disableTrustOnFirstUse": False, "disableSSHCAUser": True}
    | {"disableSSHCAHost": False, "instanceAge": "0s"},
    AZURE: {"audience": "https://management.azure.com/", "disableCustomSANs": False}
    | {"disableTrustOnFirstUse": False, "resourceGroups": None, "subscriptionIDs": None, "objectIDs": None},
    SCEP: {"minimumPublicKeyLength": 2048},
}
_UNSEEN = ("secret", "bearerToken", "basicAuth")


def value(message: Entry) -> Any:
    """Return what Python's json has read as the values of the program, with numbers as they are spelled."""
    return parse_json(json.dumps(message))


def plain(entry: Any) -> Any:
    """Return values of the program as Python's json has them."""
    return json.loads(format_json(entry))


def message_of(entry: Entry) -> Entry:
    """Return the message of an entry of ca.json."""
    found: Entry = plain(to_message(Provisioner(value(entry))))
    return found


def listed(message: Entry) -> Entry:
    """Return a provisioner as the list with login shows it."""
    seen = from_message(value(message))
    entry: Entry = {**_FILLED.get(seen.type, {}), **plain(seen.members)}
    for name, item in entry.get("claims", {}).items():
        if isinstance(item, str):
            entry["claims"][name] = format_duration(parse_duration(item))
    if "instanceAge" in entry:
        entry["instanceAge"] = format_duration(parse_duration(entry["instanceAge"]))
    for hook in entry.get("options", {}).get("webhooks", []):
        for name in _UNSEEN:
            hook.pop(name, None)
    return entry


def published(message: Entry) -> Entry:
    """Return a provisioner as everybody sees it."""
    entry = listed(message)
    if entry["type"] == "SCEP":
        entry |= dict.fromkeys(("challenge", "decrypterKey", "decrypterKeyPassword"), REDACTED)
        entry |= dict.fromkeys(("decrypterCertificate", "decrypterKeyPEM"), REDACTED_BASE64)
    return entry


def listed_admin(admin: Entry) -> Entry:
    """Return an admin in the JSON of the list, which is another than that of a single one."""
    return {
        "id": admin["id"],
        "authority_id": admin["authorityId"],
        "subject": admin["subject"],
        "provisioner_id": admin["provisionerId"],
        "type": {"ADMIN": 1, "SUPER_ADMIN": 2}[admin["type"]],
    }


def page(items: Sequence[Entry], query: Mapping[str, str], member: str, key: Callable[[Entry], str]) -> Entry:
    """Return one page of a list: 20 items, or as many as are asked for up to 100."""
    limit = int(query.get("limit", "0"))
    limit = 20 if limit <= 0 else min(limit, 100)
    keys = [key(item) for item in items]
    cursor = query.get("cursor", "")
    start = keys.index(cursor) if cursor in keys else 0
    rest = keys[start + limit :]
    return {member: items[start : start + limit], "nextCursor": rest[0] if rest else ""}
