"""What a message of the admin API cannot hold, so that the check can refuse it before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.codec.messagefields import DETAILS, DURATIONS, PLACEHOLDERS, PUBLISHED_ONLY
from shell.codec.messageparts import counterpart, frozen, members_of
from shell.model.durations import parse_duration
from shell.model.fields import find_field
from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.fields import Field
    from shell.model.provisioner import Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

    _Flaws = Iterator[tuple[tuple[str, ...], str]]


def unsupported(provisioner: Provisioner, base: Provisioner | None = None) -> list[tuple[str, str]]:
    """Return what the admin API cannot hold or must not be sent: dotted paths, each with the reason.

    What the provisioner `base`, which the CA has now, says in the same way is not named.
    """
    type_ = provisioner.type
    if type_ is None:
        known = base is not None and base.type_name == provisioner.type_name
        return [] if known else [("type", "the admin API does not know this type of provisioner")]
    found = [
        (path, why)
        for path, why in (*_name_flaws(provisioner), *_member_flaws(provisioner, type_))
        if base is None or frozen(provisioner.get(path)) != frozen(base.get(path))
    ]
    if base is not None and base.type is not type_:
        found.append((("type",), "the admin API cannot change the type of a provisioner"))
    found += [*_claim_flaws(provisioner), *_webhook_flaws(provisioner, base)]
    return [(format_path(path), why) for path, why in found]


def name_flaw(name: str) -> str:
    """Return why the admin API could not address a provisioner of this name, or the empty text."""
    return "the admin API cannot address a provisioner whose name has a /" if "/" in name else ""


def _name_flaws(provisioner: Provisioner) -> _Flaws:
    if why := name_flaw(provisioner.name):
        yield ("name",), why


def _member_flaws(provisioner: Provisioner, type_: ProvisionerType) -> _Flaws:
    forms = {row.path: row.form for row in DETAILS[type_]}
    for path, value, field in _leaves(provisioner.members, (), type_):
        dotted = ".".join(path)
        if path[0] in PUBLISHED_ONLY or (path == ("imdsVersions",) and value == ["v2", "v1"]):
            continue  # the latter is what the CA takes for itself
        if field is None:
            yield path, "step-ca has no such field, and the admin API takes no unknown ones"
        elif value in PLACEHOLDERS:
            yield path, "this is the placeholder for a value that the CA does not show, not a value"
        elif problem := field.kind.problem(value):
            yield path, problem
        elif path[0] == "options" and path[-1] in ("templateFile",):
            yield path, "the admin API has no template files: set the template itself"
        elif dotted not in forms and path[0] not in ("type", "name", "claims") and not _is_option(path):
            yield path, "the admin API has no place for this field"
        elif dotted in forms and (flaw := forms[dotted].flaw(value)):
            yield path, flaw


def _is_option(path: tuple[str, ...]) -> bool:
    return path[:2] in (("options", "x509"), ("options", "ssh"), ("options", "webhooks"))


def _leaves(
    members: dict[str, JSON], outer: tuple[str, ...], type_: ProvisionerType
) -> Iterator[tuple[tuple[str, ...], JSON, Field | None]]:
    """Yield every field that is there, and every member that is none, with its path."""
    for name, value in members.items():
        path = (*outer, name)
        field = find_field(type_, ".".join(path))
        if value is None or value == {}:
            continue
        if field is None and isinstance(value, dict):
            yield from _leaves(value, path, type_)
        else:
            yield path, value, field


def _claim_flaws(provisioner: Provisioner) -> _Flaws:
    inherits = provisioner.get(("claims", "enableSSHCA")) is None
    for dotted, part, _, _ in DURATIONS:
        path = tuple(dotted.split("."))
        value = provisioner.get(path)
        if not isinstance(value, str):
            continue
        if part == "ssh" and inherits:
            yield path, "the admin API keeps SSH lifetimes only beside claims.enableSSHCA: set that as well"
        if _is_negative(value):
            yield path, "a negative lifetime makes the CA drop the connection"


def _is_negative(text: str) -> bool:
    try:
        return parse_duration(text) < 0
    except ValueError:
        return False


def _webhook_flaws(provisioner: Provisioner, base: Provisioner | None) -> _Flaws:
    known = _webhooks(base) if base is not None else []
    for number, hook in enumerate(_webhooks(provisioner)):
        path = ("options", "webhooks", str(number))
        for name in hook:
            if find_field(provisioner.type, f"options.webhooks.[].{name}") is None:
                yield (*path, name), "a webhook has no such member, and the admin API takes no unknown ones"
        if counterpart(hook, known) is None and not hook.get("secret"):
            yield (*path, "secret"), "a new webhook needs a secret, or its calls are signed with an empty key"
        if hook.get("bearerToken") and hook.get("basicAuth"):
            yield (
                (*path, "basicAuth"),
                "a webhook logs in with a token or with a name and a password, not both",
            )


def _webhooks(provisioner: Provisioner) -> list[dict[str, JSON]]:
    hooks = provisioner.get(("options", "webhooks"))
    return [members_of(hook) for hook in hooks] if isinstance(hooks, list) else []
