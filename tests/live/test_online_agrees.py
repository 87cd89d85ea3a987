"""`check --online` and a real step-ca ask a provider the same, and come to the same result."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shell.keys.jwk import create_key
from tests.support.ca import Judge
from tests.support.lines import Lines
from tests.support.pki import Pki, WriteCaJson
from tests.support.ports import refused_port
from tests.support.tlsserver import Answer, Script, TlsServer, server_certificate

pytestmark = pytest.mark.live

KEY = {name: value for name, value in create_key()[0].items() if name != "d"}
WELL = json.dumps({"keys": [KEY]}).encode()
Documents = Callable[[str], Script]


def provider(
    keys: bytes = WELL, status: int = 200, before: bytes = b"", behind: bytes = b"", **members: Any
) -> Documents:
    """Return what makes, of an origin, the script of a provider; members are those of its document."""

    def made(origin: str) -> Script:
        document = {"issuer": origin, "jwks_uri": f"{origin}/keys", **members}
        text = before + json.dumps(document).encode() + behind

        def script(path: str) -> Answer:
            return (status, keys) if path.startswith("/keys") else (status, text)

        return script

    return made


def body(text: bytes) -> Documents:
    """Return what always answers with this body."""
    return lambda origin: lambda path: (200, text)


def moved(origin: str) -> Script:
    """Redirect once, with a relative address."""
    goal = provider()(origin)
    return lambda path: (302, b"", "/elsewhere") if "well-known" in path else goal(path)


CASES: list[tuple[str, Documents]] = [
    ("well", provider()),
    ("status of 404", provider(status=404)),
    ("status of 500", provider(status=500)),
    ("other case", lambda origin: lambda path: (
        200, WELL if "keys" in path else json.dumps({"Issuer": "i", "JWKS_Uri": f"{origin}/keys"}).encode()
    )),
    ("text behind", provider(behind=b" <!-- -->")),
    ("mark before", provider(before=b"\xef\xbb\xbf")),
    ("redirect", moved),
    ("circle", lambda origin: lambda path: (302, b"", path)),
    ("redirect to a file", lambda origin: lambda path: (302, b"", "file:///etc/hostname")),
    ("page", body(b"<html>")),
    ("nothing", body(b"")),
    ("list", body(b"[]")),
    ("null", body(b"null")),
    ("dropped", lambda origin: lambda path: None),
    ("no issuer", provider(issuer="")),
    ("number as issuer", provider(issuer=1)),
    ("no keys address", provider(jwks_uri=None)),
    ("keys over ftp", provider(jwks_uri="ftp://localhost/keys")),
    ("keys nowhere", provider(jwks_uri=f"http://127.0.0.1:{refused_port()}/keys")),
    ("no keys", provider(keys=b"{}")),
    ("null for keys", provider(keys=b'{"keys": null}')),
    ("object for keys", provider(keys=b'{"keys": {}}')),
    ("key of a new kind", provider(keys=json.dumps({"keys": [KEY, {"kty": "AKP", "kid": "x"}]}).encode())),
    ("key on another curve", provider(keys=b'{"keys": [{"kty": "OKP", "crv": "X25519", "x": "AA"}]}')),
    ("page for keys", provider(keys=b"<html>")),
]  # fmt: skip
PATHS = ("", "/", "/dex//a/../b/", "/a%2Fb%20c", "/x/.well-known/openid-configuration?y=1", "/?y=1", "/é(1)")

Serve = Callable[[Documents], tuple[TlsServer, str]]


@pytest.fixture
def serve(pki: Pki, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts a provider, under a certificate of the CA that is judged, and gives its origin."""
    files = server_certificate(pki, tmp_path, "localhost")
    with contextlib.ExitStack() as stack:

        def start(documents: Documents) -> tuple[TlsServer, str]:
            def script(path: str) -> Answer | None:
                return documents(origin)(path)

            server = stack.enter_context(TlsServer(script, *files))
            origin = f"https://localhost:{server.port}"
            return server, origin

        yield start


def asked_by_both(
    judge: Judge, ca_json: WriteCaJson, pki: Pki, server: TlsServer, address: str
) -> tuple[bool, list[str], list[str], list[str]]:
    """Return whether step-ca disables the provisioner, the codes of our check, and which paths each asked for."""
    entry = {"type": "OIDC", "name": "ops", "clientID": "c", "configurationEndpoint": address}
    disabled = judge.start(pki.config([entry])).kind == "disabled"
    theirs = list(server.paths)
    server.paths.clear()
    document: Any = Lines(ca_json([entry])).run("check", "--online").json
    blocking = [row["code"] for row in document["problems"] if row["severity"] != "warning"]
    return disabled, blocking, theirs, server.paths


@pytest.mark.parametrize(("name", "documents"), CASES, ids=[name for name, _ in CASES])
def test_answers(
    name: str, documents: Documents, serve: Serve, judge: Judge, ca_json: WriteCaJson, pki: Pki
) -> None:
    """What disables the provisioner has an error or a danger, and what does not has none of these."""
    server, origin = serve(documents)
    disabled, codes, theirs, ours = asked_by_both(judge, ca_json, pki, server, origin)
    found = {"provider-unusable", "provider-unreachable"} & set(codes)
    assert theirs
    assert disabled == bool(found)
    # Go sends a GET again when the connection is dropped before an answer
    assert ours == theirs or name == "dropped"


@pytest.mark.parametrize("path", PATHS)
def test_addresses(path: str, serve: Serve, judge: Judge, ca_json: WriteCaJson, pki: Pki) -> None:
    """The document is asked for under the same path, whatever the address looks like."""
    server, origin = serve(provider())
    disabled, codes, theirs, ours = asked_by_both(judge, ca_json, pki, server, origin + path)
    assert theirs
    assert not disabled
    assert codes == []
    assert ours == theirs
