"""The parts of a message that every type has: claims, templates and webhooks.

Each `read_...` gives the value of ca.json, each `write_...` the part of the message. What `changed` does
not name keeps the spelling, and the unknown members, of the message that was there before.
"""

from __future__ import annotations

from shell.codec.messagefields import BYTES, DURATIONS, JSON_BYTES, SWITCHES, TEMPLATES
from shell.model.values import Number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.codec.messagefields import Message
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON

    Changed = Callable[[str], bool]

_SECRETS = ("secret", "bearerToken", "basicAuth")


def members_of(value: JSON) -> dict[str, JSON]:
    """Return the members of an object, none of anything else."""
    return value if isinstance(value, dict) else {}


def frozen(value: JSON) -> object:
    """Return a value that compares as JSON does: members in any order, a number is no text."""
    if isinstance(value, dict):
        return {name: frozen(item) for name, item in value.items()}
    if isinstance(value, list):
        return [frozen(item) for item in value]
    return (value,) if isinstance(value, Number) else value


def read_claims(message: Message) -> dict[str, JSON] | None:
    """Return the claims; where the message has any, the three switches of it are explicit."""
    claims = message.get("claims")
    if not isinstance(claims, dict):
        return None
    found: dict[str, JSON] = {}
    for path, part, durations, bound in DURATIONS:
        if text := members_of(members_of(claims.get(part)).get(durations)).get(bound):
            found[path.removeprefix("claims.")] = text
    if isinstance(claims.get("ssh"), dict):
        found["enableSSHCA"] = members_of(claims["ssh"]).get("enabled") is True
    return found | {name: claims.get(name) is True for name in SWITCHES}


def write_claims(after: Provisioner, base: Message, changed: Changed) -> dict[str, JSON] | None:
    """Return the claims of the message, or None where there are none.

    Without `ssh` the CA's own setting holds; with it, SSH is on or off.
    """
    if not isinstance(after.get(("claims",)), dict):
        return None
    result = dict(members_of(base.get("claims")))
    for name in SWITCHES:
        if changed(f"claims.{name}"):
            _put(result, name, True if after.get(("claims", name)) is True else None)
    _write_ssh(result, after, changed)
    for path, part, durations, bound in DURATIONS:
        if changed(path):
            _write_duration(result, (part, durations, bound), after.get(tuple(path.split("."))))
    return result


def _write_ssh(result: dict[str, JSON], after: Provisioner, changed: Changed) -> None:
    if not changed("claims.enableSSHCA"):
        return
    enabled = after.get(("claims", "enableSSHCA"))
    if enabled is None:
        result.pop("ssh", None)
        return
    part = dict(members_of(result.get("ssh")))
    _put(part, "enabled", True if enabled is True else None)
    result["ssh"] = part


def _write_duration(result: dict[str, JSON], place: tuple[str, str, str], value: JSON) -> None:
    part, durations, bound = place
    if value is None and durations not in members_of(result.get(part)):
        return
    inside = dict(members_of(result.get(part))) if part in result or part == "ssh" else {"enabled": True}
    bounds = dict(members_of(inside.get(durations)))
    _put(bounds, bound, value)
    result[part] = {**inside, durations: bounds}


def read_options(message: Message) -> dict[str, JSON]:
    """Return templates and webhooks as `options`, with the empty objects that the CA shows as well."""
    options: dict[str, JSON] = {}
    for group, member in TEMPLATES:
        template = members_of(message.get(member))
        found: dict[str, JSON] = {}
        _put(found, "template", BYTES.read(template.get("template")))
        _put(found, "templateData", JSON_BYTES.read(template.get("data")))
        options[group] = found
    webhooks = message.get("webhooks")
    if isinstance(webhooks, list) and webhooks:
        options["webhooks"] = [_read_webhook(members_of(hook)) for hook in webhooks]
    return options


def write_templates(result: Message, after: Provisioner, changed: Changed) -> None:
    """Put the templates into a message that begins as a copy of the one before."""
    for group, member in TEMPLATES:
        place = ("options", group)
        names = {"template": ("template", BYTES), "templateData": ("data", JSON_BYTES)}
        wanted = {name: part for name, part in names.items() if changed(".".join((*place, name)))}
        template = dict(members_of(result.get(member)))
        for name, (inside, form) in wanted.items():
            _put(template, inside, form.write(after.get((*place, name))))
        if wanted and (template or member in result):
            result[member] = template


def _read_webhook(hook: dict[str, JSON]) -> dict[str, JSON]:
    found: dict[str, JSON] = {name: hook[name] for name in ("id", "name", "url", "kind") if name in hook}
    if hook.get("disableTlsClientAuth") is True:
        found["disableTLSClientAuth"] = True
    found["certType"] = hook.get("certType") or "ALL"
    _put(found, "secret", hook.get("secret") or None)
    _put(found, "bearerToken", members_of(hook.get("bearerToken")).get("bearerToken") or None)
    _put(found, "basicAuth", hook.get("basicAuth") or None)
    return found


def write_webhooks(after: Provisioner, base: Message, changed: Changed) -> list[JSON] | None:
    """Return the webhooks of the message; what the provisioner does not say of secrets stays.

    A webhook is the one before that has its id, or without an id its name.
    """
    before = base.get("webhooks")
    known = [hook for hook in before if isinstance(hook, dict)] if isinstance(before, list) else []
    hooks = after.get(("options", "webhooks"))
    items = [hook for hook in hooks if isinstance(hook, dict)] if isinstance(hooks, list) else []
    if not changed("options.webhooks") and not any(says_secret(hook) for hook in items):
        return before if isinstance(before, list) else None
    return [_write_webhook(hook, counterpart(hook, known) or {}) for hook in items] or None


def says_secret(hook: dict[str, JSON]) -> bool:
    """Whether a webhook says something of its secret or its login, be it that there is none."""
    return any(hook.get(name) is not None for name in _SECRETS)


def counterpart(hook: dict[str, JSON], known: list[dict[str, JSON]]) -> dict[str, JSON] | None:
    """Return which of the known webhooks this one is."""
    for name in ("id", "name"):
        if hook.get(name):
            for other in known:
                if other.get(name) == hook[name]:
                    return other
    return None


def _write_webhook(hook: dict[str, JSON], before: dict[str, JSON]) -> dict[str, JSON]:
    result = dict(before)
    for name in ("name", "url"):
        _put(result, name, hook.get(name) or None)
    if hook.get("id"):
        result["id"] = hook["id"]
    kind, cert_type = hook.get("kind"), hook.get("certType")
    _put(result, "kind", kind.upper() if isinstance(kind, str) else None)
    _put(result, "certType", cert_type if cert_type not in (None, "", "ALL") else None)
    _put(result, "disableTlsClientAuth", True if hook.get("disableTLSClientAuth") is True else None)
    if hook.get("secret") is not None:
        _put(result, "secret", hook["secret"] or None)
    _write_login(result, hook)
    return result


def _write_login(result: dict[str, JSON], hook: dict[str, JSON]) -> None:
    """Put in the login of a webhook: a token, or name and password; the API holds one of the two."""
    token, basic = hook.get("bearerToken"), hook.get("basicAuth")
    if token is not None or basic is not None:
        result.pop("bearerToken", None)
        result.pop("basicAuth", None)
    if token:
        result["bearerToken"] = {"bearerToken": token}
    if basic:
        result["basicAuth"] = basic


def _put(container: dict[str, JSON], name: str, value: JSON) -> None:
    if value is None:
        container.pop(name, None)
    else:
        container[name] = value
