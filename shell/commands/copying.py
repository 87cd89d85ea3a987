"""A provisioner under another name: what a copy takes over, and what it must have of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.commands.changes import supplying_flags
from shell.errors import UsageError
from shell.escape import visible
from shell.model.fields import fields_of
from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.commands.recipes import Change
    from shell.model.provisioner import Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

_WEBHOOKS = ("options", "webhooks")
# Secrets that belong to the identity, by the field that makes it.
_WITH_IDENTITY = {"key": "encryptedKey", "clientID": "clientSecret"}


def copied(
    item: Provisioner, name: str, changes: Iterable[Change] = (), *, has_key: bool = False
) -> Provisioner:
    """Return a copy of a provisioner under a name, without what is secret to the original alone.

    Raises UsageError where `changes` do not give it a key, client or tenant of its own, or where there
    cannot be a second provisioner of the type. The changes themselves are not made here.
    """
    given = {format_path(change.path) for change in changes if change.value}
    if has_key:
        given.add("key")
    copy = item.with_value(("name",), name)
    if item.type is None:
        return copy
    fields = _identity(item.type)
    if not fields and "{name}" not in item.type.token_identifier:
        raise UsageError(
            "only-one",
            f"a CA has at most one {item.type.name} provisioner",
            hint=f"to give it another name: rename {item.name} {name}",
        )
    missing = [path for path in fields if path not in given]
    if missing:
        raise UsageError(
            "missing-fields",
            f"the copy of {visible(item.name)} needs {' and '.join(missing)} of its own",
            hint=f"copy {item.name} {name} " + " ".join(supplying_flags(item.type, path) for path in missing),
        )
    for path in fields:
        if path in _WITH_IDENTITY:
            copy = copy.without((_WITH_IDENTITY[path],))
    return _without_webhook_secrets(copy, item.type)


def _identity(type_: ProvisionerType) -> list[str]:
    """Return the fields besides the name by which step-ca tells provisioners of a type apart."""
    holes = re.findall(r"\{([^}]*)\}", type_.token_identifier)
    return [hole.partition(".")[0] for hole in holes if hole != "name"]


def _without_webhook_secrets(item: Provisioner, type_: ProvisionerType) -> Provisioner:
    hooks = item.get(_WEBHOOKS)
    if not isinstance(hooks, list):
        return item
    prefix = ".".join((*_WEBHOOKS, "[]", ""))
    secret = {
        row.path[len(prefix) :] for row in fields_of(type_) if row.secret and row.path.startswith(prefix)
    }
    cleaned: list[JSON] = [
        {name: value for name, value in hook.items() if name not in secret}
        if isinstance(hook, dict)
        else hook
        for hook in hooks
    ]
    return item.with_value(_WEBHOOKS, cleaned)
