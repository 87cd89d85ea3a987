"""Whether the flags of a pasted `step` line mean the target that the session has."""

from __future__ import annotations

import os

from shell.escape import visible
from shell.targets.addresses import ca_url
from shell.targets.stepfiles import Setting
from shell.targets.target import ALIASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.targets.target import Target


def disagreement(target: Target, flag: str, value: str) -> str:
    """Return why a flag of a pasted line does not fit the target, or the empty text where it does.

    `flag` is spelled as step spells it, with or without dashes in front. What a CA is verified with and
    who logs in plays no part for a file.
    """
    name = flag.lstrip("-")
    if name == "ca-config":
        same = target.kind == "file" and os.path.realpath(value) == os.path.realpath(target.path)
    elif name == "ca-url":
        same = target.kind == "ca" and ca_url(Setting(value, f"--{name}")) == target.url
    elif name == "context":
        same = value == target.context
    else:
        same = target.kind == "file" or _same_setting(target, name, value)
    return (
        "" if same else f"--{name} {visible(value)} is not what this session works on: {visible(target.name)}"
    )


def _same_setting(target: Target, name: str, value: str) -> bool:
    if name == "root":
        return bool(target.root) and os.path.realpath(value) == os.path.realpath(target.root)
    if name == "fingerprint":
        return value.replace("-", "").lower() == target.fingerprint.replace("-", "").lower()
    if name not in ALIASES:
        return True
    setting = getattr(target, name.replace("-", "_"))
    return setting is not None and setting.value == value
