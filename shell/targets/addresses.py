"""Addresses of a CA as step takes them."""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.targets.stepfiles import Setting


def ca_url(setting: Setting) -> str:
    """Return `https://HOST[:PORT]` of an address as step takes it: the scheme may be missing, a path is dropped.

    Raises UsageError for another scheme and for what is no address (cli: flags/flags.go, parseCaURL).
    """
    from urllib.parse import urlsplit

    text = setting.value if "://" in setting.value else f"https://{setting.value}"
    scheme, _, rest = text.partition("://")
    host = rest.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    why = ""
    if scheme.lower() != "https":
        why = "it must begin with https://"
    elif not host or "@" in host or any(character.isspace() for character in host):
        why = "it has no host" if not host else "it is not HOST or HOST:PORT"
    elif host.count(":") > 1 and not host.startswith("["):
        host = _bracketed(host)
    if not why:
        try:
            parts = urlsplit(f"https://{host}")
            why = "" if parts.hostname and parts.port != 0 else "it has no host"
        except ValueError as error:
            why = str(error)
    if why:
        raise UsageError(
            "bad-url",
            f"{setting.origin} is no address of a CA: {visible(setting.value)} ({why})",
            hint="write for example https://ca.example.com:9000",
        )
    return f"https://{host}"


def _bracketed(host: str) -> str:
    """Return a bare IPv6 address, with or without a port behind it, in brackets."""
    from ipaddress import AddressValueError, IPv6Address

    address, _, port = host.rpartition(":")
    for candidate, rest in ((address, f":{port}"), (host, "")):
        try:
            return f"[{IPv6Address(candidate)}]{rest}"
        except AddressValueError:
            continue
    return host
