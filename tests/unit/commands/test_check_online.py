"""`check --online`: the network is asked for that, and for nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shell.errors import ExitCode, UsageError
from shell.plain import render
from tests.support.lines import Lines
from tests.support.pki import Pki, WriteCaJson
from tests.support.tlsserver import Script, TlsServer, server_certificate


@pytest.fixture
def serve(pki: Pki, tmp_path: Path) -> Iterator[Callable[[Script], TlsServer]]:
    """Return a function that starts a server for `localhost` under a certificate of the CA of the tests."""
    files = server_certificate(pki, tmp_path, "localhost")
    with contextlib.ExitStack() as stack:
        yield lambda script: stack.enter_context(TlsServer(script, *files))


def oidc(port: int) -> dict[str, Any]:
    """Return an OIDC provisioner of a provider on loopback."""
    endpoint = f"https://localhost:{port}"
    return {"type": "OIDC", "name": "ops", "clientID": "c", "configurationEndpoint": endpoint}


def provider(path: str) -> tuple[int, bytes]:
    """Answer as a provider whose keys are on another machine."""
    return 200, json.dumps({"issuer": "https://i", "jwks_uri": "https://localhost:1/keys"}).encode()


def test_a_wrong_document_is_an_error(serve: Callable[[Script], TlsServer], ca_json: WriteCaJson) -> None:
    """The roots that ca.json names are trusted, the document is judged, and errors end with 3."""
    server = serve(lambda path: (200, b"{}"))
    lines = Lines(ca_json([oidc(server.port)]))
    answer = lines.run("check", "--online")
    assert answer.exit_code == ExitCode.CHECK
    text = render(answer, False)
    assert "has no issuer: step-ca starts without this provisioner  [provider-unusable:ops]" in text
    assert lines.run("check").exit_code == ExitCode.DONE


def test_what_is_not_reached_is_a_danger(serve: Callable[[Script], TlsServer], ca_json: WriteCaJson) -> None:
    """It is said that it could not be reached from here; that alone is no failed check."""
    lines = Lines(ca_json([oidc(serve(provider).port)]))
    answer = lines.run("check", "--online")
    assert answer.exit_code == ExitCode.DONE
    document: Any = answer.json
    (problem,) = [row for row in document["problems"] if row["severity"] == "danger"]
    assert problem["code"] == "provider-unreachable"
    assert (
        "https://localhost:1/keys could not be reached from here (nothing listens there)"
        in problem["message"]
    )


def test_staged_edits_are_asked_about(serve: Callable[[Script], TlsServer], ca_json: WriteCaJson) -> None:
    """A provisioner that is only staged is looked at, and a webhook with it."""
    server = serve(provider)
    hook = {"name": "h", "url": f"https://localhost:{server.port}/hook", "kind": "ENRICHING"}
    lines = Lines(ca_json([{"type": "ACME", "name": "acme", "options": {"webhooks": [hook]}}]))
    lines.run(
        line=f"add ops --type OIDC --client-id c --configuration-endpoint https://localhost:{server.port}"
    )
    document: Any = lines.run("check", "--online").json
    codes = [row["code"] for row in document["problems"]]
    assert "provider-unreachable" in codes
    assert "webhook-unreachable" not in codes
    assert server.paths == ["/.well-known/openid-configuration"]


def test_nobody_asks_unless_told_to(serve: Callable[[Script], TlsServer], ca_json: WriteCaJson) -> None:
    """Neither a check nor a commit to a file asks the network."""
    server = serve(provider)
    lines = Lines(ca_json([oidc(server.port)]))
    lines.run(line="set ops clientID other")
    lines.run("check")
    lines.run("commit")
    assert server.connections == 0


def test_a_person_is_told_what_takes_so_long(
    serve: Callable[[Script], TlsServer], ca_json: WriteCaJson
) -> None:
    """Whoever listens hears how much is asked, before it is; without an address nothing is said."""
    said: list[str] = []
    lines = Lines(ca_json([oidc(serve(provider).port)]))
    lines.session.progress = said.append
    lines.run("check", "--online")
    assert said[0] == "asking the network: 1 address, at most 10 s for each"
    said.clear()
    lines.run(line="remove ops")
    lines.run("check", "--online")
    assert said == []


def test_a_restricted_batch_does_not_ask(ca_json: WriteCaJson, tmp_path: Path) -> None:
    """Lines of others cannot have this machine ask addresses of their choice."""
    lines = Lines(ca_json(), folder=tmp_path)
    with pytest.raises(UsageError, match="does not ask the network"):
        lines.run("check", "--online")
