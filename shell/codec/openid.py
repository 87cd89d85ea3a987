"""Discovery documents and key sets of identity providers, read as step-ca reads them.

Go's decoder takes the first JSON value of the body and does not look behind it, folds the case of
member names, and leaves a member that is null as it was; the HTTP status has no say (certificates:
authority/provisioner/oidc.go, keystore.go). Tried against step-ca v0.30.2.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from shell.codec.jsontext import JsonTextError, after_whitespace, decode
from shell.model.jwkshape import jwk_flaw
from shell.model.structure import Structure

if TYPE_CHECKING:
    from shell.codec.jsontext import RAW

_WELL_KNOWN = "/.well-known/openid-configuration"
_DOCUMENT = Structure({"issuer": None, "jwks_uri": None})
_KEY_SET = Structure({"keys": None})
# what Go's net/url leaves as it is in a path that it writes anew, and in one that it keeps
_PATH_SAFE = "-_.~$&+,/:;=@"
_KEPT_SAFE = _PATH_SAFE + "%!*'()[]"


def discovery_url(address: str) -> str:
    """Return where step-ca fetches the discovery document for a `configurationEndpoint`.

    The well-known path is joined to one that does not have it, by which `..` and doubled slashes go.
    """
    parts = urlsplit(address)
    path = unquote(parts.path)
    if _WELL_KNOWN in path:
        path = quote(parts.path, safe=_KEPT_SAFE)
    else:
        path = quote(posixpath.normpath(re.sub("/+", "/", f"/{path}/{_WELL_KNOWN}")), safe=_PATH_SAFE)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def read_discovery(body: bytes) -> tuple[str, str]:
    """Return the issuer and the address of the keys; raises ValueError saying why step-ca does not take it."""
    members = _read(body, _DOCUMENT)
    for name in ("issuer", "jwks_uri"):
        value = members.get(name, "")
        if type(value) is not str:
            raise ValueError(f"has a {name} that is no string")
        if not value:
            raise ValueError(f"has no {name}")
    return str(members["issuer"]), str(members["jwks_uri"])


def read_keys(body: bytes) -> int:
    """Return how many keys a key set has; raises ValueError saying why step-ca does not take it."""
    keys = _read(body, _KEY_SET).get("keys", [])
    if not isinstance(keys, list):
        raise ValueError("has keys that are no list")
    for number, key in enumerate(keys, 1):
        if flaw := jwk_flaw(key):
            raise ValueError(f"has a key that step-ca cannot read (number {number} {flaw})")
    return len(keys)


def _read(body: bytes, structure: Structure) -> dict[str, RAW]:
    """Return the known members of an object; what is null is left out."""
    text = body.decode(errors="replace")
    try:
        value, _ = decode(text, after_whitespace(text, 0))
    except JsonTextError:
        raise ValueError("is no JSON document") from None
    if value is None:
        return {}
    if not isinstance(value, tuple):
        raise ValueError("is no JSON object")
    named = ((structure.lookup(name)[0], item) for name, item in value)
    return {name: item for name, item in named if item is not None}
