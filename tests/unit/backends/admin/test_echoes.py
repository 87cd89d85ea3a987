"""Secrets that a CA repeats in what it says."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shell.backends.admin.connection import Connection
from shell.backends.admin.echoes import without_secrets
from shell.backends.admin.failures import failure
from shell.backends.admin.outcome import Refused
from shell.backends.admin.transport import Reply
from shell.backends.exchange import Exchange
from tests.support.pki import Pki
from tests.support.simulatedca import SimulatedCa

SECRET = 'canary "7" Zq7x'
QUOTED = 'canary \\"7\\" Zq7x'
ENCODED = base64.b64encode(SECRET.encode()).decode()


AS_TEXT: list[Any] = [
    {"details": {"SCEP": {"challenge": SECRET}}},
    {"details": {"SCEP": {"decrypter": {"keyUri": SECRET}}}},
    {"details": {"OIDC": {"clientSecret": SECRET}}},
    {"webhooks": [{"name": "h", "secret": SECRET}]},
    {"webhooks": [{"name": "h", "bearerToken": {"bearerToken": SECRET}}]},
    {"webhooks": [{"name": "h", "basicAuth": {"username": "me", "password": SECRET}}]},
    {"ott": SECRET},
]
AS_BYTES: list[Any] = [
    {"details": {"SCEP": {"decrypter": {"key": ENCODED}}}},
    {"details": {"SCEP": {"decrypter": {"keyPassword": ENCODED}}}},
    {"details": {"JWK": {"encryptedPrivateKey": ENCODED}}},
]


@pytest.mark.parametrize("body", [*AS_TEXT, *AS_BYTES])
@pytest.mark.parametrize("form", [SECRET, QUOTED])
def test_a_secret_of_the_request_is_hidden(body: Any, form: str) -> None:
    """Wherever it stands in the request, as it is and in quotes; the words around it stay."""
    assert without_secrets(f"error parsing <{form}>: no", body) == "error parsing <(secret)>: no"


@pytest.mark.parametrize("body", AS_BYTES)
def test_a_secret_is_hidden_as_it_was_sent(body: Any) -> None:
    """What is sent as bytes may be repeated in base64."""
    assert without_secrets(f"error parsing {ENCODED}", body) == "error parsing (secret)"


def test_what_is_no_secret_is_told() -> None:
    """Names stay, and so does what is too short to be told from a word."""
    body: Any = {"name": "acme", "webhooks": [{"name": "hook", "secret": "no"}]}
    assert without_secrets("acme has no hook", body) == "acme has no hook"


class _Echo:
    """A transport whose CA repeats the request and its token in an error."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Reply:
        said = f"cannot: {headers.get('authorization')} {(body or b'').decode()}".replace('"', "'")
        return Reply(400, {"x-request-id": headers["x-request-id"]}, b'{"message":"%s"}' % said.encode())


def test_no_error_and_no_record_repeats_a_secret(pki: Pki) -> None:
    """Neither of a body nor the token; the CA's words stay as they came for whoever matches them."""
    connection = Connection(_Echo(SimulatedCa(pki).transport()))
    seen: list[Exchange] = []
    connection.observe(seen.append)
    body: Any = {"name": "s", "details": {"SCEP": {"challenge": "canary-Zq7x"}}}
    outcome = connection.request("POST", "/admin/provisioners", body=body, authorize=lambda: "the-token")
    assert isinstance(outcome, Refused)
    error = failure(connection, outcome, "add it")
    told = " ".join((outcome.brief, outcome.words, error.message, error.said, seen[0].said, repr(seen)))
    assert "canary" not in told
    assert "the-token" not in told
    assert told.count("cannot: (secret)") >= 4
    assert "canary-Zq7x" in outcome.message
