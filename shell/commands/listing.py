"""`list`: the provisioners, as a table or as the JSON that `step ca provisioner list` prints.

On the reading path: see design rules in the architecture test.
"""

from __future__ import annotations

from shell.commands.publishing import published
from shell.escape import shortened
from shell.language.command import NOTHING, Command
from shell.model.claims import ttl
from shell.model.durations import short_duration
from shell.model.types import JWK, SSHPOP
from shell.results import Result, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.session import Session

_HEADINGS = ("NAME", "TYPE", "KEY OR CLIENT", "TTL MIN/DEFAULT/MAX", "SSH", "TEMPLATES", "WEBHOOKS")
_STYLES = ("name", "", "muted", "", "", "muted", "muted")


def list_(session: Session) -> Result:
    """Return the provisioners in the order of the target, with the staged edits."""
    view = session.view
    provisioners = [view.provisioner(id_) for id_ in view.ids()]

    def table() -> list[Table]:
        claims = authority_claims(view.settings)
        return [Table(_HEADINGS, [_row(item, claims) for item in provisioners], _STYLES, fluid=(0, 2))]

    return Result(table, json=lambda: [published(item, unknown=False) for item in provisioners if item.type])


def authority_claims(settings: Mapping[str, JSON]) -> JSON:
    """Return `authority.claims` of the settings, or None."""
    authority = settings.get("authority")
    return authority.get("claims") if isinstance(authority, dict) else None


def _row(item: Provisioner, claims: JSON) -> list[str]:
    times = "/".join(short_duration(time) for time in ttl(item, claims))
    return [
        shortened(item.name),
        item.type_name if item.type else shortened(item.type_name or "(no type)", 20) + " (skipped)",
        shortened(_key_or_client(item), 43),
        times,
        _ssh(item, claims),
        _templates(item),
        _webhooks(item),
    ]


def _key_or_client(item: Provisioner) -> str:
    if item.type is JWK:
        kid = item.get(("key", "kid"))
        return kid if isinstance(kid, str) else ""
    for name in ("clientID", "tenantID"):
        value = item.members.get(name)
        if isinstance(value, str):
            return value
    return ""


def _ssh(item: Provisioner, claims: JSON) -> str:
    own = item.get(("claims", "enableSSHCA"))
    inherited = claims.get("enableSSHCA") if isinstance(claims, dict) else None
    enabled = own if isinstance(own, bool) else inherited is True
    return "on" if enabled or item.type is SSHPOP else "off"


def _templates(item: Provisioner) -> str:
    kinds = [kind for kind in ("x509", "ssh") if _has_template(item, kind)]
    return ",".join(kinds)


def _has_template(item: Provisioner, kind: str) -> bool:
    return any(item.get(("options", kind, name)) for name in ("template", "templateFile"))


def _webhooks(item: Provisioner) -> str:
    hooks = item.get(("options", "webhooks"))
    return str(len(hooks)) if isinstance(hooks, list) and hooks else ""


COMMANDS = (
    Command(
        "list",
        list_,
        (),
        "List the provisioners.",
        NOTHING,
        examples=("list", "list | match ACME", "list --json"),
    ),
)
