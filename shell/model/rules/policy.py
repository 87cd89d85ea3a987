"""Rules about `authority.policy`: which constraints step-ca can read (certificates: policy/options.go).

Only what can be said without a table of international domain names: a constraint that is found good
here can still be refused for an odd letter.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from shell.model.addresses import host_port_flaw
from shell.model.rules.table import Hit, Settings, file_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.facts import Facts

_ODD_IN_DOMAIN = re.compile(r"(?![a-z0-9.-])[\x00-\x7f]")
_NAMES = ("cn", "dns", "ip", "email", "uri")
_SSH_NAMES = ("dns", "ip", "email")
_SIDES = (("authority.policy.x509", _NAMES), ("authority.policy.ssh.user", _SSH_NAMES))


@file_rule("policy-constraint")
def _constraints(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """A constraint that step-ca cannot read stops it; with enableAdmin the policy is in the database."""
    if settings.get("authority.enableAdmin") is True:
        return
    for engine, names in (*_SIDES, ("authority.policy.ssh.host", _SSH_NAMES)):
        for side in ("allow", "deny"):
            for name in names:
                path = f"{engine}.{side}.{name}"
                for constraint in _texts(settings, path):
                    why = constraint_flaw(name, constraint)
                    if why:
                        message = f'"{constraint}" {why}: step-ca does not start'
                        yield Hit(path, message, "mend the constraint, or take it out")


def _texts(settings: Settings, path: str) -> list[str]:
    value = settings.get(path)
    items = value if isinstance(value, list) else []
    return [item or "" for item in items if item is None or isinstance(item, str)]


def constraint_flaw(kind: str, constraint: str) -> str:
    """Return why step-ca does not read a constraint of this kind (`cn`, `dns`, `ip`, `email`, `uri`)."""
    text = constraint.strip().lower()
    if kind == "ip":
        return _address_flaw(constraint)
    if not text:
        return "is empty"
    if kind == "cn":
        return "is a wildcard alone, which is not supported" if text == "*" else ""
    if kind == "email":
        return _email_flaw(text)
    return _uri_flaw(text) if kind == "uri" else _dns_flaw(text)


def _address_flaw(text: str) -> str:
    try:
        if "%" in text or not (text.rpartition("/")[2].isdecimal() or "/" not in text):
            raise ValueError
        if "/" in text:
            ipaddress.ip_network(text, strict=False)
        else:
            ipaddress.ip_address(text)
    except ValueError:
        return "is neither an IP address nor a range such as 10.0.0.0/8"
    return ""


def _dns_flaw(text: str) -> str:
    flaw = _labels_flaw(text)
    if flaw:
        return flaw
    if text.startswith("*") and len(text) > 1 and text[1] != ".":
        return "has a wildcard for a part of a label; write *.example.com"
    return _domain_flaw(text.removeprefix("*."))


def _labels_flaw(text: str) -> str:
    if ".." in text:
        return "has an empty label"
    if text.startswith("."):
        return "begins with a dot; write *.example.com"
    return "has a wildcard that is not at the beginning" if text.rfind("*") > 0 else ""


def _domain_flaw(text: str) -> str:
    if odd := _ODD_IN_DOMAIN.search(text):
        return f'has an odd character "{odd.group()}"'
    labels = text.removeprefix(".").split(".")
    if "" in labels:
        return "has an empty label"
    if any(label.startswith("-") or label.endswith("-") for label in labels):
        return "has a label that begins or ends with a hyphen"
    if any(label[2:4] == "--" and label[:2] != "xn" for label in labels):
        return "has a label with two hyphens in its third place"
    return ""


def _email_flaw(text: str) -> str:
    if "*" in text:
        return "has a wildcard; write @example.com"
    if text.count("@") > 1:
        return "has too many @"
    local, _, domain = text.rpartition("@")
    if not domain:
        return "" if local else "has no domain"  # step-ca takes a name without one
    if not local.isascii():
        return "has letters before the @ that are not ASCII"
    if (local or domain).startswith("."):
        return "begins with a dot"
    return _domain_flaw(domain)


def _uri_flaw(text: str) -> str:
    if "://" in text:
        return "has a scheme; write the host only"
    flaw = _labels_flaw(text)
    if flaw:
        return flaw
    if "[" in text or "]" in text:
        return "has square brackets"
    host = text[2:] if text.startswith("*.") else text
    if not host_port_flaw(host):
        return "has a port"
    if not _address_flaw(host) and "/" not in host:
        return "is an IP address"
    return _domain_flaw(host)
