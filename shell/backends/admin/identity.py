"""An ID token from an identity provider: the authorization code flow with a browser and a loopback address.

The provider is somebody else than the CA: it is verified as the machine verifies web sites, and never with
the CA's root. The code comes back to a listener on this machine, or is pasted where the browser runs on
another one (RFC 8252, RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import html
import http.server
import secrets
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter

from shell.backends.admin.failures import LoginError
from shell.escape import visible
from shell.model.values import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON

_WELL_KNOWN = "/.well-known/openid-configuration"
_SCOPES = ("openid", "email")
_LOOPBACK = ("127.0.0.1", "localhost")
_DONE = "<!doctype html><title>step-shell</title><p>{}</p>"


@dataclass(frozen=True, slots=True)
class Browser:
    """How a person gets to the provider and the code back.

    `show(url)` shows the address, and opens it where that can be. `paste(prompt)` asks for the address that the
    browser ended at, or the code in it. Where it is None, or `opens()` says that the browser is on this machine,
    that is waited for, `timeout` seconds long.
    """

    show: Callable[[str], None]
    paste: Callable[[str], str] | None = None
    opens: Callable[[], bool] | None = None
    timeout: float = 180.0


class IdentityFlow:
    """One login at the identity provider of an OIDC provisioner, as the CA publishes it.

    `timeout` is for each request to the provider, in seconds.
    """

    def __init__(self, provisioner: Provisioner, browser: Browser, *, timeout: float = 10.0) -> None:
        self._provisioner = provisioner
        self._browser = browser
        self._timeout = timeout
        self._session = _session()

    def id_token(self) -> str:
        """Return an ID token; raises LoginError `login-identity-provider`, `login-denied` or `login-no-code`."""
        discovered = self._ask("GET", _configuration_url(self._text("configurationEndpoint")))
        authorize, token = (
            str(discovered.get(f"{name}_endpoint") or "") for name in ("authorization", "token")
        )
        for endpoint in (authorize, token):
            self._require_safe(endpoint)
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        if self._browser.paste is not None and not (self._browser.opens and self._browser.opens()):
            redirect = f"http://{_listen_address(self._text('listenAddress'), '127.0.0.1:10000')}"
            self._browser.show(self._address(authorize, redirect, state, verifier))
            answer = self._browser.paste("Address that the browser ended at, or the code in it")
            code = _code_of(answer, state)
        else:
            redirect, code = self._listened(authorize, state, verifier)
        return self._exchanged(token, code, redirect, verifier)

    def _listened(self, authorize: str, state: str, verifier: str) -> tuple[str, str]:
        host, _, port = _listen_address(self._text("listenAddress"), "127.0.0.1:0").rpartition(":")
        try:
            listener = _Listener((host, int(port)))
        except (OSError, ValueError) as error:
            raise LoginError(
                "login-no-code",
                f"the answer of the identity provider cannot be waited for at {visible(host)}:{visible(port)}: "
                f"{visible(str(getattr(error, 'strerror', None) or error))}",
                hint="free the port, or paste the code instead",
            ) from None
        with listener:
            redirect = f"http://{host}:{listener.server_address[1]}"
            self._browser.show(self._address(authorize, redirect, state, verifier))
            query = listener.wait(self._browser.timeout)
        return redirect, _code_of(f"{redirect}/?{query}", state)

    def _address(self, endpoint: str, redirect: str, state: str, verifier: str) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        scopes = self._texts("scopes") or list(_SCOPES)
        query = [
            ("client_id", self._text("clientID")),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("nonce", secrets.token_hex(32)),
            ("redirect_uri", redirect),
            ("response_type", "code"),
            ("scope", " ".join(scopes)),
            ("state", state),
            *(pair.partition("=")[::2] for pair in self._texts("authParams")),
        ]
        return endpoint + ("&" if "?" in endpoint else "?") + urlencode(query, quote_via=quote)

    def _exchanged(self, endpoint: str, code: str, redirect: str, verifier: str) -> str:
        data = {
            "client_id": self._text("clientID"),
            "client_secret": self._text("clientSecret"),
            "code": code,
            "code_verifier": verifier,
            "grant_type": "authorization_code",
            "redirect_uri": redirect,
        }
        answer = self._ask("POST", endpoint, data)
        token = answer.get("id_token")
        if not isinstance(token, str) or not token:
            raise self._provider_error("it gave no ID token; its client may lack the scope openid")
        return token

    def _ask(self, method: str, url: str, data: dict[str, str] | None = None) -> dict[str, JSON]:
        self._require_safe(url)
        try:
            answer = self._session.request(method, url, data=data, timeout=self._timeout)
            value = parse_json(answer.content.decode())
        except (requests.RequestException, ValueError) as error:
            # what the exception says may hold the request, and that the client's secret
            raise self._provider_error(f"{type(error).__name__} at {_origin(url)}") from None
        found = value if isinstance(value, dict) else {}
        if answer.status_code >= 400 or "error" in found:
            said = found.get("error_description") or found.get("error") or answer.status_code
            raise self._provider_error(f"{_origin(url)} says: {visible(str(said))}")
        return found

    def _require_safe(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            return
        raise self._provider_error(f"{_origin(url)} is no https address")

    def _provider_error(self, why: str) -> LoginError:
        name = visible(self._provisioner.name)
        return LoginError(
            "login-identity-provider",
            f'the identity provider of "{name}" gave no ID token: {why}',
            hint="check configurationEndpoint, clientID and clientSecret of the provisioner, and the network",
        )

    def _text(self, name: str) -> str:
        value = self._provisioner.get((name,))
        return value if isinstance(value, str) else ""

    def _texts(self, name: str) -> list[str]:
        value = self._provisioner.get((name,))
        return [str(item) for item in value if item] if isinstance(value, list) else []


def _session() -> requests.Session:
    """Return a session that looks at the machine's certificates, and at nothing else of the environment."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", _SystemTrust())
    return session


class _SystemTrust(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **{**options, "ssl_context": ssl.create_default_context()})

    def cert_verify(self, *_: Any) -> None:
        """Leave the context as it is: requests would take the certificates that it brings along."""


def _configuration_url(endpoint: str) -> str:
    """Return the address of the discovery document, as step-ca finds it (authority/provisioner/oidc.go)."""
    return endpoint if _WELL_KNOWN in endpoint else endpoint.rstrip("/") + _WELL_KNOWN


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return visible(f"{parts.scheme}://{parts.netloc}") if parts.netloc else "(no address)"


def _listen_address(configured: str, default: str) -> str:
    """Return where the browser's answer is waited for: a port of the provisioner's choice, on loopback only."""
    host, colon, port = configured.rpartition(":")
    return f"{host if host in _LOOPBACK else '127.0.0.1'}:{port}" if colon and port else default


def _code_of(answer: str, state: str) -> str:
    """Return the code in an address or a bare code; raises LoginError where there is none of ours."""
    text = answer.strip()
    if "?" not in text and "=" not in text and text:
        return text
    query = parse_qs(urlsplit(text).query if "?" in text else text)
    if error := query.get("error"):
        said = query.get("error_description", error)[0]
        raise LoginError(
            "login-denied",
            f"the identity provider refused the login: {visible(said)}",
            hint="log in again with an account that may",
        )
    code = query.get("code", [""])[0]
    if not code or query.get("state", [""])[0] != state:
        raise LoginError(
            "login-no-code",
            "the answer of the identity provider is not one to this login" if code else "no code came back",
            hint="try again, and finish the login in the browser",
        )
    return code


class _Listener(http.server.HTTPServer):
    """Waits on a loopback address for the browser to come back."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._query = ""
        super().__init__(address, _Handler)

    def wait(self, seconds: float) -> str:
        """Return the query that the browser brought, or nothing when the time is over."""
        deadline = time.monotonic() + seconds
        while not self._query and (left := deadline - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        return self._query

    def take(self, query: str) -> None:
        """Keep what the browser brought."""
        self._query = query

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing on standard error: a browser that goes away is no error."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Listener)
        self.server.take(urlsplit(self.path).query)
        text = _DONE.format(html.escape("Go back to step-shell; this page can be closed.")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: the query has the code."""
