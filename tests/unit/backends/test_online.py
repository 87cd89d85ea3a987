"""Asking the network: what answers well, what does not, and nobody waits for long."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shell.backends.online import look
from shell.model.online import AZURE_LOGIN, GOOGLE_KEYS, Answer, Question
from tests.support.pki import Pki
from tests.support.ports import refused_port
from tests.support.tlsserver import Answer as Reply
from tests.support.tlsserver import Script, TlsServer, server_certificate

if TYPE_CHECKING:
    from shell.model.online import Trust

NAMES = ("localhost", "login.microsoftonline.com", "www.googleapis.com")
OCTETS = {"kty": "oct", "k": "c2VjcmV0"}
SOON = 0.3
SLOW = 20
"""Seconds by which a machine that does other things may be late."""

Serve = Callable[..., TlsServer]


@pytest.fixture(scope="module")
def leaf(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a server certificate by the test's own CA."""
    return server_certificate(pki, tmp_path_factory.mktemp("leaf"), *NAMES)


@pytest.fixture
def serve(leaf: tuple[Path, Path]) -> Iterator[Serve]:
    """Return a function that starts a server with a script, over TLS or not."""
    with contextlib.ExitStack() as stack:

        def start(script: Script, *, tls: bool = True, clients: Path | None = None) -> TlsServer:
            certificate, key = leaf if tls else (None, None)
            return stack.enter_context(TlsServer(script, certificate, key, clients))

        yield start


@pytest.fixture
def own(pki: Pki) -> dict[Trust, str]:
    """Return the certificates of the test's own CA as those of step-ca."""
    return {"roots": pki.root.read_text(), "chain": pki.root.read_text()}


@pytest.fixture
def silent() -> Iterator[int]:
    """Return the port of something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        yield int(listening.getsockname()[1])


def provider(address: str, trust: Trust = "roots") -> Question:
    """Return the question for a discovery document and its keys."""
    return Question("provider", address, trust)


def documents(origin: Callable[[], str], **members: object) -> Script:
    """Return a script that gives a discovery document, and keys at /keys."""

    def script(path: str) -> Reply:
        if path.endswith("openid-configuration"):
            found = {"issuer": "https://issuer", "jwks_uri": f"{origin()}/keys", **members}
            return 404, json.dumps(found).encode()  # step-ca does not look at the status
        return 200, json.dumps({"keys": [OCTETS]}).encode()

    return script


def ask(question: Question, **options: object) -> Answer:
    """Return the answer to one question."""
    return look([question], **options)[question]  # type: ignore[arg-type]  # what `look` takes


@pytest.mark.parametrize("tls", [True, False])
def test_a_provider_that_answers(serve: Serve, own: dict[Trust, str], tls: bool) -> None:
    """Document and keys are fetched over TLS and without; a status of 404 does not matter."""
    scheme = "https" if tls else "http"
    server = serve(documents(lambda: f"{scheme}://localhost:{server.port}"), tls=tls)
    address = f"{scheme}://localhost:{server.port}"
    found = ask(provider(f"{address}/realm"), own=own)
    assert found == Answer("well", f"{address}/keys", issuer="https://issuer", keys=1)
    assert server.paths == ["/realm/.well-known/openid-configuration", "/keys"]
    assert not {"authorization", "cookie"} & {name.lower() for sent in server.headers for name in sent}


def test_clouds_are_asked_under_their_names(serve: Serve, own: dict[Trust, str]) -> None:
    """The certificate is checked for the host of the address, wherever it is connected to."""
    server = serve(documents(lambda: AZURE_LOGIN))
    places = dict.fromkeys(NAMES[1:], ("127.0.0.1", server.port))
    azure = provider(f"{AZURE_LOGIN}/tenant/.well-known/openid-configuration")
    google = Question("keys", GOOGLE_KEYS, "roots")
    found = look([azure, google], own=own, places=places)
    assert {answer.state for answer in found.values()} == {"well"}
    assert sorted(server.paths) == [
        "/keys",
        "/oauth2/v3/certs",
        "/tenant/.well-known/openid-configuration",
    ]
    assert {sent["Host"] for sent in server.headers} == set(NAMES[1:])


def test_only_the_trust_of_the_question_counts(serve: Serve, own: dict[Trust, str]) -> None:
    """Where step-ca trusts its machine alone, a certificate of its own CA is not trusted."""
    server = serve(documents(lambda: ""))
    found = ask(provider(f"https://localhost:{server.port}", "system"), own=own)
    assert found.state == "untrusted"
    assert "certificate" in found.why
    assert server.paths == []


def test_a_certificate_for_another_name(serve: Serve, own: dict[Trust, str]) -> None:
    """A certificate is for the name in the address."""
    server = serve(documents(lambda: ""))
    assert ask(provider(f"https://127.0.0.1:{server.port}"), own=own).state == "untrusted"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((200, b"<html>welcome</html>"), "is no JSON document"),
        ((200, b'{"issuer": "i"}'), "has no jwks_uri"),
        ((200, b'{"issuer": "i", "jwks_uri": "ftp://x/keys"}'), "is no http or https address"),
        ((302, b"", "file:///etc/passwd"), "is no http or https address"),
        ((200, b" " * (1 << 22) + b"{}"), "is no document of a reasonable size"),
    ],
)
def test_wrong_documents(serve: Serve, reply: Reply, why: str) -> None:
    """What is no use to step-ca is said to be wrong."""
    server = serve(lambda path: reply, tls=False)
    found = ask(provider(f"http://localhost:{server.port}"))
    assert (found.state, found.why) == ("wrong", why)


def test_wrong_keys(serve: Serve) -> None:
    """The answer names the address of the keys where they are wrong."""
    keys = {"keys": [{"kty": "AKP"}]}
    server: TlsServer = serve(
        lambda path: (
            (200, json.dumps({"issuer": "i", "jwks_uri": f"http://localhost:{server.port}/k"}).encode())
            if "well-known" in path
            else (200, json.dumps(keys).encode())
        ),
        tls=False,
    )
    found = ask(provider(f"http://localhost:{server.port}"))
    assert (found.state, found.url) == ("wrong", f"http://localhost:{server.port}/k")


def test_long_texts_from_elsewhere_are_cut(serve: Serve) -> None:
    """Nobody on the network fills the screen: issuer and addresses are told on in part."""
    server: TlsServer = serve(
        documents(lambda: "http://localhost:1/" + "a" * 9999, issuer="i" * 9999), tls=False
    )
    found = ask(provider(f"http://localhost:{server.port}"))
    assert (found.state, len(found.url)) == ("unreachable", 300)


def test_redirects_are_followed(serve: Serve) -> None:
    """A redirect leads on, a relative one too, but not for ever."""

    def script(path: str) -> Reply | None:
        if "well-known" in path:
            return 302, b"", "/moved/openid-configuration"
        return documents(lambda: f"http://localhost:{server.port}")(path)

    server: TlsServer = serve(script, tls=False)
    assert ask(provider(f"http://localhost:{server.port}")).state == "well"
    circle = serve(lambda path: (302, b"", path), tls=False)
    found = ask(provider(f"http://localhost:{circle.port}"))
    assert (found.state, found.why) == ("unreachable", "more than 10 redirects")


def test_nobody_there(serve: Serve) -> None:
    """A port that is closed and a connection that is dropped have their words."""
    assert ask(provider(f"http://127.0.0.1:{refused_port()}")).why == "nothing listens there"
    server = serve(lambda path: None, tls=False)
    assert ask(provider(f"http://127.0.0.1:{server.port}")).why == "it broke off before it had answered"
    assert ask(provider(f"https://127.0.0.1:{server.port}")).state == "unreachable"


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without an address is told apart from one that does not answer."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert ask(provider("http://idp.example.com")).why == "its name is not known here"


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked goes where the address says."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{refused_port()}")
        monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{refused_port()}")
    server = serve(documents(lambda: f"http://localhost:{server.port}"), tls=False)
    assert ask(provider(f"http://localhost:{server.port}")).state == "well"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_hangs(silent: int, scheme: str) -> None:
    """Nobody waits for it longer than said, before the handshake or behind it."""
    started = time.monotonic()
    found = ask(provider(f"{scheme}://127.0.0.1:{silent}"), timeout=SOON)
    assert (found.state, found.why) == ("unreachable", f"no answer within {SOON} s")
    assert time.monotonic() - started < SOON + SLOW


def test_a_server_that_drips() -> None:
    """A byte now and then is no answer: the time is for the whole."""
    stopped = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not stopped.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        try:
            found = ask(provider(f"http://127.0.0.1:{listening.getsockname()[1]}"), timeout=SOON)
        finally:
            stopped.set()
            thread.join()
    assert found.why == f"no answer within {SOON} s"


def test_several_are_asked_at_once_and_all_together_have_a_limit(silent: int) -> None:
    """Hanging servers cost the time of one; behind the limit nothing is asked any more."""
    questions = [provider(f"http://127.0.0.1:{silent}/{number}") for number in range(8)]
    started = time.monotonic()
    assert {answer.state for answer in look(questions, timeout=3).values()} == {"unreachable"}
    assert time.monotonic() - started < 3 + SLOW  # one after the other they would cost three seconds each
    many = [provider(f"http://127.0.0.1:{silent}/{number}") for number in range(40)]
    started = time.monotonic()
    found = look(many, limit=SOON)
    assert time.monotonic() - started < SOON + SLOW
    assert found[many[-1]].why == "there was no time left to ask"
    assert len(found) == 40


def test_a_question_is_asked_once(serve: Serve) -> None:
    """Equal questions share an answer, and progress is told of each answer."""
    server = serve(documents(lambda: f"http://localhost:{server.port}"), tls=False)
    question = provider(f"http://localhost:{server.port}")
    told: list[tuple[int, int]] = []
    look([question, question], progress=lambda done, count, url: told.append((done, count)))
    assert len(server.paths) == 2
    assert told == [(1, 1)]


def test_a_webhook_sees_a_handshake_and_no_request(serve: Serve, own: dict[Trust, str]) -> None:
    """The certificate is looked at, and nothing is sent."""
    server = serve(lambda path: (200, b""))
    question = Question("handshake", f"https://localhost:{server.port}", "chain")
    assert ask(question, own=own).state == "well"
    assert ask(question).state == "untrusted"
    assert server.paths == []


def test_a_webhook_that_wants_a_client_certificate(serve: Serve, own: dict[Trust, str], pki: Pki) -> None:
    """A handshake that is ended by the other side is told apart from a server that is not there."""
    server = serve(lambda path: (200, b""), clients=pki.root)
    question = Question("handshake", f"https://localhost:{server.port}", "chain")
    assert ask(question, own=own).state == "closed"


def test_roots_that_cannot_be_read_are_passed_over(serve: Serve) -> None:
    """A file that is no certificate changes nothing about the machine's trust."""
    server = serve(lambda path: (200, b""))
    question = Question("handshake", f"https://localhost:{server.port}", "chain")
    assert ask(question, own={"chain": "no certificate"}).state == "untrusted"
