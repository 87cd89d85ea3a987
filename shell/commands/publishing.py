"""What of a provisioner may be given to a program: as in ca.json, with what the CA publishes and no more.

The field table says what is redacted and what is withheld; the placeholders are the CA's own, so that
scripts that read `step ca provisioner list` read this alike.
"""

from __future__ import annotations

from shell.model.fields import fields_of, find_field, structure_of
from shell.model.types import TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.model.fields import Field
    from shell.model.provisioner import Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

_WEBHOOKS = "webhooks"


def _hidden(type_: ProvisionerType) -> dict[str, Field]:
    return {field.path: field for field in fields_of(type_) if field.redacted and "." not in field.path}


_REDACTED = {type_: _hidden(type_) for type_ in TYPES}


def published(provisioner: Provisioner, *, unknown: bool) -> dict[str, JSON]:
    """Return the members of a provisioner with secrets redacted as the CA does.

    Members that step-ca does not know are left out unless `unknown` asks for them; one that is named like
    a secret is then masked, since the CA publishes none of it.
    """
    type_ = provisioner.type
    knows = structure_of(type_).knows
    members = {name: value for name, value in provisioner.members.items() if knows(name)}
    if unknown and len(members) < len(provisioner.members):
        members = {
            name: value if knows(name) else _masked(name, value)
            for name, value in provisioner.members.items()
        }
    if type_ is None:
        return members
    for name, field in _REDACTED[type_].items():
        if members.get(name) is not None:
            members[name] = field.redacted
    options = members.get("options")
    if isinstance(options, dict) and isinstance(options.get(_WEBHOOKS), list):
        members["options"] = {**options, _WEBHOOKS: _published_webhooks(options[_WEBHOOKS], type_)}
    return members


def _masked(name: str, value: JSON) -> JSON:
    from shell.staging.masks import masked  # only what is unknown needs it

    return masked((None,), (name,), value)


def _published_webhooks(webhooks: JSON, type_: ProvisionerType) -> JSON:
    if not isinstance(webhooks, list):
        return webhooks
    return [
        {name: value for name, value in hook.items() if not _is_withheld(name, type_)}
        if isinstance(hook, dict)
        else hook
        for hook in webhooks
    ]


def _is_withheld(name: str, type_: ProvisionerType) -> bool:
    field = find_field(type_, f"options.{_WEBHOOKS}.[].{name}")
    return field is not None and field.withheld
