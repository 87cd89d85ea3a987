"""An OpenID Connect provider on loopback that lets everybody in as one person, at once."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jwcrypto import jwk, jwt

CLIENT_SECRET = "client secret"


class IdentityProvider(ThreadingHTTPServer):
    """The provider: `email` is who logs in. `deny` makes it refuse, `token_error` refuse the exchange."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.email = "me@example.com"
        self.deny = False
        self.token_error = ""
        self.key = jwk.JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256", kid="idp")
        self.codes: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def id_token(self, asked: dict[str, str]) -> str:
        """Return an ID token for what a client asked."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": asked["client_id"],
            "sub": "subject-1",
            "email": self.email,
            "email_verified": True,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
        }
        token = jwt.JWT(header={"alg": "ES256", "kid": "idp"}, claims=claims)
        token.make_signed_token(self.key)
        text: str = token.serialize()
        return text


class _Handler(BaseHTTPRequestHandler):
    server: IdentityProvider

    def do_GET(self) -> None:
        """Answer for the discovery document, the keys and the login page."""
        parts = urlsplit(self.path)
        url = self.server.url
        if parts.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
            self._say(200, {"issuer": url, **{name: f"{url}/{path}" for name, path in names.items()}})
        elif parts.path == "/keys":
            self._say(200, {"keys": [self.server.key.export_public(as_dict=True)]})
        else:
            self._let_in({name: values[0] for name, values in parse_qs(parts.query).items()})

    def _let_in(self, asked: dict[str, str]) -> None:
        code = f"code{len(self.server.codes)}"
        self.server.codes[code] = asked
        back = {"error": "access_denied"} if self.server.deny else {"code": code, "state": asked["state"]}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}/?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """Give an ID token for a code, if its verifier and the secret are right."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.server.codes.pop(form["code"], {})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = challenge == asked.get("code_challenge") and form.get("client_secret") == CLIENT_SECRET
        if self.server.token_error or not good:
            why = self.server.token_error or "invalid_grant"
            self._say(400, {"error": why, "error_description": f"because of {why}"})
        else:
            self._say(200, {"id_token": self.server.id_token(asked), "token_type": "Bearer"})

    def _say(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to the output of the tests."""


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider."""
    with IdentityProvider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def browse(url: str) -> None:
    """Go to an address as a browser does, on a thread: it ends at the address that waits for it."""

    def go() -> None:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()

    threading.Thread(target=go, daemon=True).start()


class Typist:
    """A person whose browser runs on another machine: types the address that it ended at."""

    def __init__(self) -> None:
        self.shown = ""

    def show(self, url: str) -> None:
        """See the address."""
        self.shown = url

    def paste(self, prompt: str) -> str:
        """Return the address that the browser was sent to."""

        class Stop(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stop).open(self.shown, timeout=30).close()
        except urllib.error.HTTPError as error:
            with error:
                return str(error.headers["Location"])
        raise AssertionError("the provider did not send the browser anywhere")
