"""Paths of the admin API, in the one spelling in which step-ca finds what they name."""

from __future__ import annotations

from urllib.parse import quote

PROVISIONERS = "/admin/provisioners"
BY_ID = f"{PROVISIONERS}/id"
ADMINS = "/admin/admins"
POLICY = "/admin/policy"
# Go leaves these as they are in a path, and step-ca does not decode what it is given: an escape too
# many, and the name is another (net/url, shouldEscape; tried with v0.30.2).
_PLAIN = "$&+,:;=@"


def quote_name(name: str) -> str:
    """Return a name as one segment of a path, encoded as Go does it."""
    return quote(name.encode("utf-8", "surrogateescape"), safe=_PLAIN)


def provisioner_path(name: str) -> str:
    """Return the decoded path of a provisioner; `quote_path` makes it ready to be sent."""
    return f"{PROVISIONERS}/{name}"


def quote_path(path: str) -> str:
    """Return a decoded path as it is sent. A name with a slash cannot be told from two segments."""
    return "/".join(quote_name(segment) for segment in path.split("/"))
