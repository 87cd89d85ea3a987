"""Whether the policy of a running CA would refuse its admin the certificate that he logs in with.

As step-ca judges the names of a certificate (certificates: policy/engine.go): what is denied is refused, and
where anything is allowed, only what is allowed passes.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.model.values import JSON

_KINDS = ("dns", "ips", "emails", "uris", "commonNames")


def refusal(policy: JSON, subject: str) -> str:
    """Return why a policy, as the admin API gives it, refuses an admin of this subject; empty where it does not."""
    x509 = policy.get("x509") if isinstance(policy, dict) else None
    if not isinstance(x509, dict):
        return ""
    kind = _kind(subject)
    if any(_matches(kind, each, subject) for each in _names(x509.get("deny"), kind)):
        return f'it denies "{subject}"'
    allowed = x509.get("allow")
    if not any(_names(allowed, each) for each in _KINDS):
        return ""
    if any(_matches(kind, each, subject) for each in _names(allowed, kind)):
        return ""
    return f'it does not allow "{subject}"'


def _kind(subject: str) -> str:
    """Return under which names the subject of a login stands in its certificate."""
    if "://" in subject:
        return "uris"
    if "@" in subject:
        return "emails"
    try:
        ipaddress.ip_address(subject)
    except ValueError:
        return "dns"
    return "ips"


def _names(side: JSON, kind: str) -> list[str]:
    found = side.get(kind) if isinstance(side, dict) else None
    return [name for name in _items(found) if isinstance(name, str)]


def _items(value: JSON) -> Iterable[JSON]:
    return value if isinstance(value, list) else ()


def _matches(kind: str, constraint: str, subject: str) -> bool:
    constraint, subject = constraint.lower(), subject.lower()
    if kind == "ips":
        return ipaddress.ip_address(subject) in ipaddress.ip_network(constraint, strict=False)
    if kind == "emails":
        return subject == constraint or (
            "@" not in constraint.lstrip("@") and _in_domain(constraint, subject)
        )
    if kind == "uris":
        host = subject.partition("://")[2].partition("/")[0].partition(":")[0]
        return _is_below(constraint, host)
    return _is_below(constraint, subject)


def _in_domain(constraint: str, subject: str) -> bool:
    return subject.rpartition("@")[2] == constraint.lstrip("@")


def _is_below(constraint: str, name: str) -> bool:
    """Whether a name is the one of a constraint, or one label below `*.domain`."""
    if not constraint.startswith("*."):
        return name == constraint
    return name.partition(".")[2] == constraint[2:]
