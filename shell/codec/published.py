"""The form in which a CA publishes a provisioner, and when that says the same as an entry of ca.json.

`GET /provisioners` shows what step-ca made of an entry: durations are canonical, names it does not know
and empty values are gone, defaults of some types are filled in, secrets of SCEP are replaced and those
of webhooks left out (certificates: authority/provisioner/*.go; each type tried with v0.30.2). Both
sides are brought to one form here, which keeps only what can be seen and means something.
"""

from __future__ import annotations

import base64
import binascii
import re

from shell.model import types
from shell.model.durations import format_duration, parse_duration
from shell.model.fields import find_field
from shell.model.kinds import DURATION, OBJECT_LIST, PEM, Integer
from shell.model.types import find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.fields import Field
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

# What step-ca fills in when it takes up a provisioner without the field.
_FILLED_IN: Mapping[ProvisionerType, Mapping[str, object]] = {
    types.AWS: {"imdsVersions": ["v2", "v1"]},
    types.AZURE: {"audience": "https://management.azure.com/"},
    types.GCP: {"disableSSHCAUser": True, "disableSSHCAHost": False},
    types.SCEP: {"minimumPublicKeyLength": 2048},
}
# Members of a JWK that go-jose decodes and writes; those that follow from others are left out.
_KEY_MEMBERS = ("use", "kty", "kid", "crv", "alg", "k", "x5u")
_KEY_NUMBERS = ("x", "y", "n", "e", "d", "p", "q")
_PUBLISHED_OF_WEBHOOKS = ("id", "name", "url", "kind", "certType", "disableTLSClientAuth")
_SURROGATE = re.compile("[\ud800-\udfff]")


def published_form(entry: Mapping[str, JSON]) -> dict[str, object]:
    """Return what can be seen of a provisioner: its values by dotted path, in one spelling.

    `entry` is the value of an entry of ca.json, or one that a CA published. Secrets that are not
    published are left out on both sides, and so is what step-ca takes for absent.
    """
    type_ = find_type(entry.get("type"))
    found: dict[str, object] = dict(_FILLED_IN.get(type_, {})) if type_ else {}
    _collect(entry, "", type_, found)
    return found


def _collect(
    members: Mapping[str, JSON], prefix: str, type_: ProvisionerType | None, found: dict[str, object]
) -> None:
    for name, value in members.items():
        path = prefix + name
        field = find_field(type_, path)
        if field is None:
            if isinstance(value, dict):
                _collect(value, path + ".", type_, found)
        elif not field.redacted and value is not None:
            reduced = _reduced(field, value)
            if _says_something(field, reduced):
                found[path] = reduced


def _says_something(field: Field, value: object) -> bool:
    """Whether a value differs from an absent one; in claims, and where step-ca says so, false does."""
    if value is False or value == "0s":
        return field.segments[0] == "claims" or field.path.startswith("disableSSHCA")
    return value not in ("", 0, b"", [], {})


def _reduced(field: Field, value: JSON) -> object:
    """Return a value in the one spelling of its kind; one that is none of its kind as it is."""
    kind = field.kind
    if kind.problem(value):
        return value
    if kind is DURATION:
        return format_duration(parse_duration(str(value)))
    if isinstance(kind, Integer):
        return int(str(value))
    if kind is PEM:
        return base64.b64decode(str(value).replace("\n", "").replace("\r", ""))
    if kind.is_list:
        return (
            [go_text(item) if isinstance(item, str) else "" for item in value]
            if isinstance(value, list)
            else value
        )
    if kind is OBJECT_LIST:
        return [_webhook(item) for item in value] if isinstance(value, list) else value
    if field.path == "key" and isinstance(value, dict):
        return _key(value)
    return go_text(value) if isinstance(value, str) else value


def go_text(text: str) -> str:
    """Return a text as Go decodes it: half of a surrogate pair becomes the replacement character."""
    return _SURROGATE.sub("\ufffd", text)


def _webhook(value: JSON) -> object:
    """Return a webhook without what is not published; its kind is published in upper case."""
    if not isinstance(value, dict):
        return value
    kept: dict[str, object] = {}
    for name, item in value.items():
        if name in _PUBLISHED_OF_WEBHOOKS and item not in (None, "", False):
            text = go_text(item) if isinstance(item, str) else item
            kept[name] = text.upper() if name == "kind" and isinstance(text, str) else text
    return kept


def _key(value: Mapping[str, JSON]) -> object:
    """Return a JWK as go-jose knows it: numbers by their value, and no member that it ignores."""
    found: dict[str, object] = {name: value[name] for name in _KEY_MEMBERS if value.get(name)}
    for name in _KEY_NUMBERS:
        text = value.get(name)
        if isinstance(text, str) and text:
            found[name] = _number(text)
    return found


def _number(text: str) -> object:
    try:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return text


def disabled_reason(entry: Mapping[str, JSON]) -> str:
    """Return why a CA serves a provisioner as disabled, or the empty text where it is in use."""
    if entry.get("state") != "Uninitialized":
        return ""
    reason = entry.get("stateReason")
    return reason if isinstance(reason, str) and reason else "no reason is given"
