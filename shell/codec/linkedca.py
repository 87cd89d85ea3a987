"""Provisioners as the admin API has them: messages in, messages out, nothing lost.

A message of the API and an entry of ca.json say the same in two shapes, and neither holds everything of
the other. So a message is written over the one that was read: what means the same keeps its spelling,
and what we do not know stays. What a message cannot hold is named by `unsupported`, for the check.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from shell.codec.messagefields import (
    DETAILS,
    PLACEHOLDERS,
    SWITCHES,
    decode_bytes,
    pem_blocks,
)
from shell.codec.messagelimits import unsupported
from shell.codec.messageparts import (
    frozen,
    members_of,
    read_claims,
    read_options,
    write_claims,
    write_templates,
    write_webhooks,
)
from shell.codec.published import go_text, published_form
from shell.model import types
from shell.model.fields import fields_of
from shell.model.kinds import PEM, TextList
from shell.model.provisioner import Provisioner
from shell.model.types import find_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.codec.messagefields import Message
    from shell.model.fields import Field
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

    _Changed = Callable[[str], bool]

__all__ = [
    "differences",
    "from_message",
    "list_form",
    "recreation",
    "revised",
    "same_listed",
    "same_message",
    "to_message",
    "unsupported",
]

_GIVEN_BY_THE_CA = ("id", "authorityId", "createdAt", "deletedAt")


def from_message(message: Message) -> Provisioner:
    """Return the provisioner of a message, as the list of the admin API shows it.

    Webhooks have what that list leaves out besides: `secret`, `bearerToken` (a text) and `basicAuth`.
    """
    type_ = find_type(message.get("type"))
    members: dict[str, JSON] = {"type": message.get("type"), "name": message.get("name") or ""}
    details = _details(message, type_)
    for row in DETAILS[type_] if type_ else ():
        value = row.form.read(_inside(details, row.place))
        if value is not None:
            members[row.path] = value
    claims = read_claims(message)
    if claims is not None:
        members["claims"] = claims
    if type_ is not types.SSHPOP:
        members["options"] = read_options(message)
    return Provisioner(members)


def to_message(provisioner: Provisioner, base: Message | None = None) -> Message:
    """Return the message of a provisioner, written over the one that the CA gave for it before.

    Without `base` it is one to create the provisioner with. A placeholder for a value that the CA did
    not show is never written: what was there stays.
    """
    return _written(provisioner, base, from_message(base) if base is not None else None)


def revised(before: Provisioner, after: Provisioner, base: Message) -> Message | None:
    """Return the message of `after`, written over one that means `before`; None where it does not mean that any more."""
    found = from_message(base)
    return None if differences(before, found) else _written(after, base, found)


def _written(provisioner: Provisioner, base: Message | None, listed: Provisioner | None) -> Message:
    """Return the message of a provisioner, written over one that the CA lists as `listed`."""
    before = list_form(listed) if listed is not None else None
    after = list_form(provisioner)

    def changed(path: str) -> bool:
        return before is None or before.get(path) != after.get(path)

    type_ = provisioner.type
    result = dict(base or {})
    if base is None or changed("type"):
        result["type"] = type_.written if type_ else provisioner.type_name
    result["name"] = provisioner.name
    if type_ is not None:
        result["details"] = {type_.name: _write_details(provisioner, type_, _details(result, type_), changed)}
    _put(result, "claims", write_claims(provisioner, result, changed))
    write_templates(result, provisioner, changed)
    _put(result, "webhooks", write_webhooks(provisioner, result, changed))
    return result


def _write_details(
    provisioner: Provisioner, type_: ProvisionerType, before: dict[str, JSON], changed: _Changed
) -> dict[str, JSON]:
    details = dict(before)
    for row in DETAILS[type_]:
        value = provisioner.get((row.path,))
        if changed(row.path) and value not in PLACEHOLDERS:
            *outer, name = row.place
            container = details
            for step in outer:
                container[step] = dict(members_of(container.get(step)))
                container = members_of(container[step])
            _put(container, name, row.form.write(value))
            for step in outer:
                _put(details, step, details[step] or None)
    return details


def recreation(message: Message) -> Message:
    """Return the message of a GET as one to create the same provisioner with."""
    return {name: value for name, value in message.items() if name not in _GIVEN_BY_THE_CA}


def list_form(provisioner: Provisioner) -> dict[str, object]:
    """Return what the list of the admin API shows of a provisioner: values by dotted path, in one spelling.

    Placeholders and what the list does not show (the secrets of webhooks) are left out.
    """
    found = published_form(provisioner.members)
    type_ = provisioner.type
    if type_ is None:
        return found
    found["type"] = type_.written
    for field in _refined(type_):
        value = provisioner.get(field.segments)
        if value is not None and value not in PLACEHOLDERS:
            _refine(found, field, value)
    if isinstance(provisioner.get(("claims",)), dict):
        found |= {f"claims.{name}": False for name in SWITCHES if f"claims.{name}" not in found}
    return found


@cache
def _refined(type_: ProvisionerType) -> tuple[Field, ...]:
    """Return the fields of a type that `_refine` does something to."""
    return tuple(
        field
        for field in fields_of(type_)
        if "[]" not in field.segments
        and (
            field.kind is PEM
            or field.redacted
            or field.segments[-1] == "templateData"
            or field.path == "options.webhooks"
            or (isinstance(field.kind, TextList) and field.kind.ignore_case)
        )
    )


def _refine(found: dict[str, object], field: Field, value: JSON) -> None:
    """Put in what the public list redacts, and reduce further what this list has in one form only."""
    if field.kind is PEM:
        data = decode_bytes(value)
        blocks = tuple(b"".join(block.split()) for block in pem_blocks(data)) or data
        _put_object(found, field.path, blocks)
    elif field.redacted:
        _put_object(found, field.path, go_text(str(value)))
    elif field.path not in found:
        return
    elif field.segments[-1] == "templateData":
        found[field.path] = frozen(value)
    elif isinstance(value, list) and field.path == "options.webhooks":
        found[field.path] = [frozen(_listed_webhook(hook)) for hook in value]
    elif isinstance(value, list):
        found[field.path] = [str(item or "").lower() for item in value]


def _put_object(found: dict[str, object], path: str, value: object) -> None:
    if value:
        found[path] = value


def _listed_webhook(hook: JSON) -> JSON:
    shown = ("id", "name", "url", "kind", "certType", "disableTLSClientAuth")
    kept = {name: members_of(hook).get(name) for name in shown}
    kind = kept["kind"]
    kept["kind"] = kind.upper() if isinstance(kind, str) else None
    kept["certType"] = None if kept["certType"] == "ALL" else kept["certType"]
    return {name: value for name, value in kept.items() if value not in (None, "", False)}


def differences(one: Provisioner, other: Provisioner) -> tuple[str, ...]:
    """Return the dotted paths in which two provisioners differ, as the list of the admin API shows them.

    A field of which one side has only a placeholder counts as the same.
    """
    if frozen(one.members) == frozen(other.members):
        return ()  # in no time: that is what most are whom nobody has changed
    mine, yours = list_form(one), list_form(other)
    paths = [path for path in {**mine, **yours} if mine.get(path) != yours.get(path)]
    return tuple(
        path
        for path in paths
        if not any(side.get((path,)) in PLACEHOLDERS for side in (one, other) if "." not in path)
    )


def same_listed(one: Provisioner, other: Provisioner) -> bool:
    """Whether the list of the admin API shows two provisioners as the same."""
    return not differences(one, other)


def same_message(one: Message, other: Message) -> bool:
    """Whether two messages mean the same provisioner; what the CA gives (id, times) does not count."""
    return frozen(_meaning(recreation(one))) == frozen(_meaning(recreation(other)))


# Objects of a message that mean nothing when they are empty; others say something by being there.
_HOLLOW = frozenset(
    ("x509Template", "sshTemplate", "durations", "userDurations", "hostDurations", "decrypter", "x509")
)
_EXPLICIT = frozenset(("disableSshCaUser", "disableSshCaHost"))


def _meaning(value: JSON, name: str = "") -> JSON:
    """Return a part of a message without what means nothing, None where nothing is left."""
    if isinstance(value, dict):
        inside = {key: _meaning(item, key) for key, item in value.items()}
        if name == "x509":
            inside.pop("enabled", None)  # the CA does not look at it
        kept: dict[str, JSON] = {key: item for key, item in inside.items() if item is not None}
        if not kept and name in _HOLLOW:
            return None
        return kept
    if isinstance(value, list):
        return [_meaning(item) for item in value] or None
    if value is False and name in _EXPLICIT:
        return False
    if value in ("", False, "0") or (name == "certType" and value == "ALL"):
        return None
    return value


def _details(message: Message, type_: ProvisionerType | None) -> dict[str, JSON]:
    return members_of(members_of(message.get("details")).get(type_.name)) if type_ else {}


def _inside(container: dict[str, JSON], place: tuple[str, ...]) -> JSON:
    *outer, name = place
    for step in outer:
        container = members_of(container.get(step))
    return container.get(name)


def _put(container: dict[str, JSON], name: str, value: JSON) -> None:
    if value is None:
        container.pop(name, None)
    else:
        container[name] = value
