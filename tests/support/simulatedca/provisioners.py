"""The provisioners that a node has loaded, and what it refuses of new ones."""

from __future__ import annotations

from typing import Any

from shell.codec.linkedca import from_message
from shell.model.durations import format_duration, parse_duration
from shell.model.summary import summarize
from shell.model.types import TYPES, find_type
from tests.support.simulatedca.listing import value

Message = dict[str, Any]
_IMMUTABLE = (
    ("id", "ID"),
    ("type", "type"),
    ("authorityId", "authorityID"),
    ("createdAt", "createdAt"),
    ("deletedAt", "deletedAt"),
)
_MEMBERS = frozenset(
    ("id", "authorityId", "type", "name", "details", "claims", "x509Template", "sshTemplate", "createdAt")
) | {"deletedAt", "policy", "webhooks"}
_GROUPS = (("x509", "durations"), ("ssh", "userDurations"), ("ssh", "hostDurations"))
_NEEDED = {
    "X5C": ("roots", "provisioner root(s) cannot be empty"),
    "NEBULA": ("roots", "provisioner root(s) cannot be empty"),
    "K8SSA": ("publicKeys", "provisioner pubKeys cannot be empty"),
    "OIDC": ("clientId", "clientID cannot be empty"),
    "AZURE": ("tenantId", "provisioner tenantId cannot be empty"),
}


class AdminError(Exception):
    """An answer of the admin API that is an error."""

    def __init__(self, status: int, type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message


def _bad(message: str) -> AdminError:
    return AdminError(400, "badRequest", message)


def _failed(message: str) -> AdminError:
    return AdminError(500, "internalServerError", message)


def token_id(message: Message) -> str:
    """Return the identifier that no two provisioners may share."""
    return summarize(from_message(value(message)).members).token_identifier


class Provisioners:
    """The node's own view: by id, and what names and identifiers are taken."""

    def __init__(self) -> None:
        self.by_id: dict[str, Message] = {}

    def id_of(self, name: str) -> str | None:
        """Return the id of the provisioner of this name."""
        return next((id_ for id_, message in self.by_id.items() if message["name"] == name), None)

    def load(self, message: Message) -> None:
        """Take up a provisioner; raises AdminError where another one has its name or identifier."""
        for other in self.by_id.values():
            if other["name"] == message["name"]:
                raise _failed("cannot add multiple provisioners with the same name")
            if token_id(other) == token_id(message):
                raise _failed("cannot add multiple provisioners with the same token identifier")
        self.by_id[message["id"]] = message

    def replace(self, message: Message) -> None:
        """Take up another version; it goes to the end of the list."""
        self.by_id.pop(message["id"], None)
        self.by_id[message["id"]] = message

    def remove(self, id_: str) -> None:
        """Forget a provisioner."""
        self.by_id.pop(id_, None)

    def check_new(self, message: Message) -> None:
        """Raise the error with which a creation is refused, in step-ca's order."""
        _check_shape(message)
        name = message.get("name", "")
        why = _conversion_flaw(message)
        if why:
            raise _failed(
                f"error storing provisioner {name}: error converting to certificates provisioner {why}"
            )
        if self.id_of(name) is not None:
            raise _bad(f"error storing provisioner {name}: provisioner with name {name} already exists")
        identifier = token_id(message)
        if any(token_id(other) == identifier for other in self.by_id.values()):
            raise _bad(
                f"error storing provisioner {name}: provisioner with token ID {identifier} already exists"
            )
        why = _init_flaw(message)
        if why:
            what = f'error validating configuration for provisioner "{name}": {why}'
            raise _bad(f"error storing provisioner {name}: {what}")

    def check_update(self, stored: Message, message: Message) -> None:
        """Raise the error with which an update is refused, in step-ca's order."""
        for member, shown in _IMMUTABLE:
            if message.get(member) != stored.get(member):
                raise _failed(f"cannot change provisioner {shown}")
        _check_shape(message)
        name = message.get("name", "")
        why = _conversion_flaw(message)
        if why:
            raise _failed(f"error converting to certificates provisioner {why}")
        why = _init_flaw(message)
        if why:
            raise _failed(f"error initializing provisioner {name}: {why}")
        prefix = f"error updating provisioner '{name}' in authority cache: provisioner with"
        for other in self.by_id.values():
            if other["id"] != stored["id"] and other["name"] == name:
                raise _bad(f"{prefix} name {name} already exists")
            if other["id"] != stored["id"] and token_id(other) == token_id(message):
                raise _bad(f"{prefix} Token ID {token_id(message)} already exists")


def _check_shape(message: Message) -> None:
    """Refuse what is no message, and the durations and templates that are looked at before anything else."""
    for name in message:
        if name not in _MEMBERS:
            raise _bad(f'(line 1:2): unknown field "{name}"')
    details = message.get("details") or {}
    for name in details:
        if name not in {type_.name for type_ in TYPES}:
            raise _bad(f'(line 1:44): unknown field "{name}"')
    claims = message.get("claims") or {}
    for part, durations in _GROUPS:
        _check_durations((claims.get(part) or {}).get(durations) or {})
    for member, shown in (("x509Template", "X.509"), ("sshTemplate", "SSH")):
        _check_template(message.get(member) or {}, shown)


def _check_durations(durations: Message) -> None:
    found = {}
    for bound in ("min", "max", "default"):
        if text := durations.get(bound):
            try:
                found[bound] = parse_duration(text)
            except ValueError as error:
                why = f"error parsing {text} as duration: time: {error}"
                raise _bad(f"{bound} duration '{text}' is invalid: {why}") from None
            if found[bound] < 0:
                raise ConnectionAbortedError  # the handler dies of it
    for upper in ("max", "default"):
        if "min" in found and upper in found and found["min"] > found[upper]:
            what = f"min duration '{durations['min']}' cannot be greater than {upper} duration"
            raise _bad(f"{what} '{durations[upper]}'")


def _check_template(template: Message, shown: str) -> None:
    import base64

    text = base64.b64decode(template.get("template") or "").decode(errors="replace")
    if text.count("{{") != text.count("}}"):
        why = "error parsing template: template: template:1: unclosed action"
        raise _bad(f"invalid template: invalid {shown} template: {why}")


def _conversion_flaw(message: Message) -> str:
    details = message.get("details") or {}
    if not details:
        return "from linkedca provisioner: provisioner does not have any details"
    if "JWK" in details and from_message(value(message)).get(("key", "kty")) is None:
        return "from linkedca provisioner: error unmarshaling public key: go-jose/go-jose: unknown json web key type ''"
    return ""


def _init_flaw(message: Message) -> str:
    if not message.get("name"):
        return "provisioner name cannot be empty"
    type_ = find_type(message.get("type"))
    details = (message.get("details") or {}).get(type_.name if type_ else "") or {}
    member, why = _NEEDED.get(message.get("type", ""), ("", ""))
    if member and not details.get(member):
        return why
    durations = ((message.get("claims") or {}).get("x509") or {}).get("durations") or {}
    longest, usual = (parse_duration(durations.get(bound) or "24h") for bound in ("max", "default"))
    if durations.get("max") and longest < usual:
        compared = (
            f"MaxCertDuration - {format_duration(longest)}, DefaultCertDuration - {format_duration(usual)}"
        )
        return f"claims: MaxCertDuration cannot be less than DefaultCertDuration: {compared}"
    return ""
