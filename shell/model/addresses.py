"""Network addresses as Go's standard library reads them: `host:port` and URLs.

Whether step-ca takes an address is decided by `net.SplitHostPort` and `url.Parse`, and those differ
from what other parsers accept.
"""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_BAD_USER = re.compile(r"[^A-Za-z0-9._:~!$&'()*+,;=%@-]")
_BAD_HOST = re.compile(r"(?![A-Za-z0-9._~!$&'()*+,;=:\[\]<>\"%-])[\x00-\x7f]")
_PORT = re.compile(r"(:[0-9]*)?")


class Url:
    """The parts of a URL that decide something."""

    __slots__ = ("host", "path", "scheme", "user")

    def __init__(self, scheme: str, user: bool, host: str, path: str) -> None:
        self.scheme = scheme
        self.user = user
        self.host = host
        self.path = path


def parse_url(text: str) -> Url:
    """Return the parts of a URL; raises ValueError, saying why Go's `url.Parse` refuses it."""
    if _CONTROL.search(text):
        raise ValueError("it has a control character")
    if text.startswith(":"):
        raise ValueError("it has no scheme before the colon")
    rest, _, fragment = text.partition("#")
    scheme = _SCHEME.match(rest)
    rest = rest[scheme.end() :] if scheme else rest
    rest = rest.partition("?")[0]
    if not scheme and ":" in rest.partition("/")[0]:
        raise ValueError("its first part has a colon")
    authority, path = "", rest
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
    for part in (path, fragment):
        if _BAD_ESCAPE.search(part):
            raise ValueError("a % in it is no escape such as %20")
    user, at, host = authority.rpartition("@")
    if at and _BAD_USER.search(user):
        raise ValueError("its user name has an odd character")
    _check_host(host)
    return Url(scheme.group(1).lower() if scheme else "", bool(at), host, path)


def _check_host(host: str) -> None:
    if _BAD_HOST.search(host) or _BAD_ESCAPE.search(host):
        raise ValueError("its host name has an odd character")
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise ValueError("a ] is missing in its host")
        port = host[end + 1 :]
    else:
        port = host[host.rfind(":") :] if ":" in host else ""
    if not _PORT.fullmatch(port):
        raise ValueError("its port is not a number")


def host_port_flaw(text: str) -> str:
    """Return why Go's `net.SplitHostPort` refuses an address, or the empty text."""
    if text.startswith("["):
        end = text.find("]")
        if end < 0:
            return "a ] is missing"
        if text[end + 1 : end + 2] != ":":
            return "the port is missing"
        host, port = text[1:end], text[end + 2 :]
    else:
        host, colon, port = text.rpartition(":")
        if not colon:
            return "the port is missing"
    if ":" in port or (not text.startswith("[") and ":" in host):
        return "it has too many colons"
    return "it has an odd bracket" if set("[]") & set(host + port) else ""
