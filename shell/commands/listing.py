"""`list`: the provisioners, as a table or as the JSON that `step ca provisioner list` prints.

On the reading path: see design rules in the architecture test.
"""

from __future__ import annotations

from shell.commands.choosing import DETAILS, ConditionType
from shell.commands.publishing import published
from shell.escape import shortened
from shell.language.command import NOTHING, Command
from shell.language.parameters import Parameter
from shell.model.claims import ttl
from shell.model.durations import short_duration
from shell.model.types import JWK, SSHPOP
from shell.results import Result, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shell.commands.choosing import Condition
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.session import Session

_HEADINGS = ("NAME", "TYPE", "KEY OR CLIENT", "TTL MIN/DEFAULT/MAX", "SSH", "TEMPLATES", "WEBHOOKS")
_STYLES = ("name", "", "muted", "", "", "muted", "muted")
NONE = "there are no provisioners; make one with: add"
_GUTTERS = {"added": "+ added", "changed": "~ changed"}


def list_(session: Session, conditions: Sequence[Condition] = ()) -> Result:
    """Return the provisioners in the order of the target, with the staged edits; those that fit all conditions."""
    view = session.view
    claims = authority_claims(view.settings)
    states = _states(session)
    found = [(id_, view.provisioner(id_)) for id_ in view.ids()]
    chosen = found
    if conditions:
        chosen = [(id_, item) for id_, item in found if _fits(item, states.get(id_, ""), claims, conditions)]
    return Result(
        lambda: [_table(chosen, states, claims)] if chosen or not conditions else [],
        json=lambda: [published(item, unknown=False) for _, item in chosen if item.type],
        notices=[] if chosen or not found else [_none_fits(len(found), conditions)],
        remarks=[] if found else [NONE],
    )


def _none_fits(count: int, conditions: Sequence[Condition]) -> str:
    meant = next((condition.meant for condition in conditions if condition.meant), "")
    return f"none of {count} provisioners fits" + (f"; did you mean {meant}?" if meant else "")


def authority_claims(settings: Mapping[str, JSON]) -> JSON:
    """Return `authority.claims` of the settings, or None."""
    authority = settings.get("authority")
    return authority.get("claims") if isinstance(authority, dict) else None


def _states(session: Session) -> dict[ProvisionerId, str]:
    """Return what is out of the ordinary: staged, disabled by the CA, or skipped by it."""
    view = session.view
    states = {id_: "skipped" for id_ in view.ids() if view.summary(id_).type is None}
    if session.target.kind != "file":
        from shell.codec.published import disabled_reason

        for id_ in view.ids():
            if disabled_reason(view.provisioner(id_).members):
                states[id_] = "disabled"
    if session.has_staged_edits:
        present = set(view.ids())
        for id_ in session.draft.touched():
            if id_ in present:
                states[id_] = "changed" if id_ < len(session.base) else "added"
    return states


def _table(
    chosen: Sequence[tuple[ProvisionerId, Provisioner]], states: Mapping[ProvisionerId, str], claims: JSON
) -> Table:
    """Return the table; its column of states only where there are any."""
    rows = [_row(item, claims) for _, item in chosen]
    if not any(id_ in states for id_, _ in chosen):
        return Table(_HEADINGS, rows, _STYLES, fluid=(0, 2))
    for row, (id_, _) in zip(rows, chosen, strict=True):
        state = states.get(id_, "")
        row.append(_GUTTERS.get(state, state))
    return Table((*_HEADINGS, "STATE"), rows, (*_STYLES, "changed"), fluid=(0, 2))


def _fits(item: Provisioner, state: str, claims: JSON, conditions: Sequence[Condition]) -> bool:
    templates, hooks = _templates(item), _hook_names(item)
    values = {
        "name": (item.name,),
        "type": (item.type_name,),
        "key": (_key_or_client(item),),
        "ssh": (_ssh(item, claims),),
        "templates": ("on", *templates) if templates else ("off",),
        "webhooks": ("on", *hooks) if hooks else ("off",),
        "state": (state,),
    }
    return all(condition.keeps(values) for condition in conditions)


def _row(item: Provisioner, claims: JSON) -> list[str]:
    times = "/".join(short_duration(time) for time in ttl(item, claims))
    return [
        shortened(item.name),
        item.type_name if item.type else shortened(item.type_name or "(no type)", 20),
        shortened(_key_or_client(item), 43),
        times,
        _ssh(item, claims),
        ",".join(_templates(item)),
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


def _templates(item: Provisioner) -> list[str]:
    return [kind for kind in ("x509", "ssh") if _has_template(item, kind)]


def _has_template(item: Provisioner, kind: str) -> bool:
    return any(item.get(("options", kind, name)) for name in ("template", "templateFile"))


def _webhooks(item: Provisioner) -> str:
    hooks = item.get(("options", "webhooks"))
    return str(len(hooks)) if isinstance(hooks, list) and hooks else ""


def _hook_names(item: Provisioner) -> list[str]:
    hooks = item.get(("options", "webhooks"))
    return (
        [str(hook.get("name", "")) for hook in hooks if isinstance(hook, dict)]
        if isinstance(hooks, list)
        else []
    )


COMMANDS = (
    Command(
        "list",
        list_,
        (Parameter("conditions", ConditionType(), "what must fit, such as type=ACME", many=True),),
        "List the provisioners, or those that fit conditions.",
        NOTHING,
        examples=(
            "list",
            "list type=ACME ssh=on",
            "list name~^web webhooks=on",
            "list | match ACME",
            "list --json",
        ),
        details=DETAILS,
    ),
)
