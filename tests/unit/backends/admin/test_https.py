"""What becomes of a request over HTTPS, told by what the other end does with it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shell.backends.admin.connection import MOST_IDLE, Connection
from shell.backends.admin.https import HttpsTransport, Timeouts
from shell.backends.admin.outcome import Answer, Lost, Outcome, Refused, Unreachable
from shell.backends.exchange import Exchange
from shell.errors import ShellError, UsageError
from tests.support.pki import Pki, make_pki
from tests.support.ports import refused_port
from tests.support.rawserver import Raw, RawServer, Send, answer, server_certificate

Serve = Callable[[Callable[[Raw], Send | bytes]], RawServer]
ERROR = b'{"type":"badRequest","detail":"bad request","message":"no"}'
QUICK = Timeouts(connect=5, read=0.2)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> tuple[Path, Path]:
    """Return certificate and key of a server, issued by the PKI for localhost."""
    return server_certificate(pki, tmp_path_factory.mktemp("server"))


@pytest.fixture
def serve(certificate: tuple[Path, Path]) -> Iterator[Serve]:
    """Return what starts a server with a script."""
    started: list[RawServer] = []

    def start(script: Callable[[Raw], Send | bytes]) -> RawServer:
        started.append(RawServer(script, *certificate).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.stop()


def connect(server: RawServer, pki: Pki, **options: object) -> Connection:
    """Return a connection to a server, by the name in its certificate."""
    options.setdefault("root_pem", pki.root.read_text())
    return Connection(HttpsTransport(f"https://localhost:{server.port}", **options))  # type: ignore[arg-type]


def request_to(server: RawServer, pki: Pki, method: str = "POST", **options: object) -> Outcome:
    """Send one request to a server and return what became of it."""
    return connect(server, pki, **options).request(method, "/admin/x", authorize=lambda: "the token")


def test_an_answer(serve: Serve, pki: Pki) -> None:
    """The path, the id, the token and the body arrive, and the answer comes back as a value."""
    server = serve(lambda request: answer(request, 201, b'{"a": 1.20}'))
    connection = connect(server, pki)
    outcome = connection.request(
        "POST", "/admin/a b/%/..", [("id", "x y")], body={"n": "é"}, authorize=lambda: "tok"
    )
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.json) == (201, {"a": "1.20"})
    (request,) = server.requests
    assert request.target == "/admin/a%20b/%25/..?id=x+y"
    assert request.body == '{"n": "é"}'.encode()
    assert request.headers["authorization"] == "tok"
    assert request.headers["host"] == f"localhost:{server.port}"
    assert request.headers["x-request-id"] == outcome.request_id
    assert connection.address == f"127.0.0.1:{server.port}"
    assert [(one.method, one.path, one.status, one.outcome) for one in connection.exchanges] == [
        ("POST", "/admin/a b/%/..", 201, "answer")
    ]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, ERROR, Refused),
        (500, ERROR, Refused),
        (404, b"404 page not found\n", Refused),
        (405, b"", Refused),
        (500, b"{}", Lost),
        (500, b"", Lost),
        (502, b"<html>", Lost),
        (200, b"<html>", Lost),
        (201, b"{", Lost),
        (200, b"", Lost),
        (400, b"{", Refused),
        (301, b"", Lost),
    ],
)
def test_what_an_answer_of_the_ca_means(
    serve: Serve, pki: Pki, status: int, body: bytes, outcome: type
) -> None:
    """A refusal has a reason or is of a kind that does nothing; everything unclear is unknown."""
    assert type(request_to(serve(lambda request: answer(request, status, body)), pki)) is outcome


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404, 500])
def test_an_answer_that_the_ca_did_not_make_decides_nothing(serve: Serve, pki: Pki, status: int) -> None:
    """Without the id of the request something in between has answered, whatever it says."""
    outcome = request_to(serve(lambda request: answer(request, status, ERROR, echo=False)), pki)
    assert isinstance(outcome, Lost)
    assert (outcome.path, outcome.token_id, outcome.status) == ("/admin/x", "", status)
    assert "the token" not in repr(outcome)


@pytest.mark.parametrize(
    ("send", "why"),
    [
        (Send(then="close"), "the connection ended"),
        (Send(then="reset"), "the connection ended"),
        (Send(b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{", then="close"), "broke off"),
        (Send(b"HTTP/1.1 200 X\r\nConten", then="close"), "not one of the CA"),
        (Send(b"garbage\r\n\r\n", then="close"), "broke off"),
        (Send(then="damage"), "TLS record"),
        (Send(b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{", then="damage"), "TLS record"),
        (Send(b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n{" % 10**30), "broke off"),
        (Send(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"), "broke off"),
        (Send(), "no answer came within 0.2 seconds"),
        (Send(b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{"), "no answer came within 0.2 seconds"),
    ],
)
def test_a_lost_answer_is_unknown_and_not_asked_for_again(
    serve: Serve, pki: Pki, send: Send, why: str
) -> None:
    """However an answer gets lost: a change is sent once, and its outcome is unknown."""
    server = serve(lambda _: send)
    outcome = request_to(server, pki, timeouts=QUICK)
    assert isinstance(outcome, Lost)
    assert why in outcome.why
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_only_reading_is_tried_again_on_a_connection_that_the_ca_closed(
    serve: Serve, pki: Pki, method: str
) -> None:
    """A CA closes connections when it reloads: the next read works, with a token of its own; a change is unknown."""

    def script(request: Raw) -> Send | bytes:
        # the connection looks alive until it is used for the second time
        mine = sum(one.connection == request.connection for one in server.requests)
        return answer(request) if mine == 1 else Send(then="close")

    server = serve(script)
    connection = connect(server, pki)
    assert isinstance(connection.request("GET", "/first"), Answer)
    tokens = iter(["one", "two"])
    outcome = connection.request(method, "/second", authorize=lambda: next(tokens))
    assert isinstance(outcome, Answer if method == "GET" else Lost)
    sent = [one.headers["authorization"] for one in server.requests if one.target == "/second"]
    assert sent == (["one", "two"] if method == "GET" else ["one"])
    assert isinstance(connection.request("GET", "/third"), Answer)


def test_a_connection_is_kept_but_not_used_after_ten_idle_seconds(serve: Serve, pki: Pki) -> None:
    """Requests share a connection; one that was idle for long is not trusted with a change."""
    server = serve(answer)
    now = [0.0]
    connection = Connection(
        HttpsTransport(f"https://localhost:{server.port}", root_pem=pki.root.read_text()),
        clock=lambda: now[0],
    )
    for idle in (0.0, MOST_IDLE - 1, MOST_IDLE + 1, 1.0):
        now[0] += idle
        assert isinstance(connection.request("POST", "/x"), Answer)
    assert [one.connection - server.requests[0].connection for one in server.requests] == [0, 0, 1, 1]


def test_a_connection_that_the_ca_has_closed_is_not_used_for_a_change(serve: Serve, pki: Pki) -> None:
    """One that ended while nobody used it is seen before anything is sent, and a change goes over another."""
    server = serve(lambda request: Send(answer(request), then="close"))
    connection = connect(server, pki)
    assert isinstance(connection.request("GET", "/x"), Answer)
    assert server.ended.wait(20)
    assert isinstance(connection.request("POST", "/x"), Answer)
    assert [one.method for one in server.requests] == ["GET", "POST"]
    assert [one.fresh for one in connection.exchanges] == [True, True]


def test_an_interrupted_request_leaves_no_answer_for_the_next(
    serve: Serve, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while an answer is awaited: the next request has a connection and an answer of its own."""
    server = serve(lambda request: answer(request, 200, b'"%s"' % request.target.encode()))
    connection = connect(server, pki)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(http.client.HTTPSConnection, "getresponse", interrupt)
        with pytest.raises(KeyboardInterrupt):
            connection.request("GET", "/first")
    outcome = connection.request("GET", "/second")
    assert isinstance(outcome, Answer)
    assert outcome.json == "/second"
    assert server.connections == 2


@pytest.mark.parametrize("date", ["yesterday", "Mon, 01 Jan 2026 00:00:00 +9999999999999"])
def test_a_time_that_is_none_says_nothing_of_the_clock(serve: Serve, pki: Pki, date: str) -> None:
    """Whatever an answer has as its date, it is an answer."""
    header = f"HTTP/1.1 200 X\r\nDate: {date}\r\n".encode()
    server = serve(lambda request: answer(request).replace(b"HTTP/1.1 200 X\r\n", header))
    connection = connect(server, pki)
    assert isinstance(connection.request("GET", "/x"), Answer)
    assert connection.clock_skew is None


def test_an_answer_that_comes_behind_another_is_not_one_to_the_next_request(serve: Serve, pki: Pki) -> None:
    """What something in between says first ends the connection: the CA's own answer may be behind it."""
    connection = connect(serve(lambda request: b"HTTP/1.1 103 X\r\n\r\n" + answer(request)), pki)
    for _ in range(2):
        assert isinstance(connection.request("POST", "/x"), Lost)
    assert [one.fresh for one in connection.exchanges] == [True, True]


def test_a_reset_that_shows_only_while_sending_is_an_end_of_the_connection(
    serve: Serve, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS calls it an end of file against the rules; a read is sent once more, a change is lost."""
    connection = connect(serve(answer), pki)
    broken: list[ssl.SSLError] = []
    send = ssl.SSLSocket.sendall

    def sendall(self: ssl.SSLSocket, data: bytes) -> None:
        if broken and not self.server_side:
            raise broken.pop()
        send(self, data)

    monkeypatch.setattr(ssl.SSLSocket, "sendall", sendall)
    for method, outcome in (("GET", Answer), ("POST", Lost)):
        assert isinstance(connection.request("GET", "/x"), Answer)
        broken.append(ssl.SSLEOFError(8, "EOF occurred in violation of protocol"))
        assert isinstance(connection.request(method, "/x"), outcome)


def test_nothing_was_sent_where_there_is_no_connection(pki: Pki) -> None:
    """A port that nothing listens at is no lost answer."""
    transport = HttpsTransport(f"https://127.0.0.1:{refused_port()}", root_pem=pki.root.read_text())
    outcome = Connection(transport).request("POST", "/x")
    assert isinstance(outcome, Unreachable)
    assert outcome.code == "ca-down"


def test_the_node_stays_the_same_when_it_goes_down(serve: Serve, pki: Pki) -> None:
    """A node that went away is unreachable, and no other is looked for."""
    server = serve(answer)
    connection = connect(server, pki)
    connection.request("GET", "/x")
    server.stop()
    connection.close()
    outcome = connection.request("POST", "/x")
    assert isinstance(outcome, Unreachable)
    assert connection.address == f"127.0.0.1:{server.port}"


def test_only_the_pinned_root_counts(
    serve: Serve, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a bundle, a proxy nor a password file of the environment has a say."""
    server = serve(answer)
    other = make_pki(tmp_path / "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pki.root))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(pki.root))
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root))
    outcome = request_to(server, pki, root_pem=other.root.read_text())
    assert isinstance(outcome, Unreachable)
    assert outcome.code == "ca-untrusted"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.root))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
    netrc = Path(tmp_path / "home" / ".netrc")
    netrc.write_text("machine localhost login me password mine\n")
    connection = connect(server, pki)
    assert isinstance(connection.request("GET", "/x"), Answer)
    assert "authorization" not in server.requests[-1].headers


def test_the_certificate_must_have_the_name(serve: Serve, pki: Pki) -> None:
    """A certificate of the CA for another name is not taken."""
    server = serve(answer)
    transport = HttpsTransport(f"https://127.0.0.2:{server.port}", root_pem=pki.root.read_text())
    outcome = Connection(transport).request("GET", "/x")
    assert isinstance(outcome, Unreachable)


def test_what_is_no_tls(pki: Pki) -> None:
    """A server that speaks something else is said to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"220 mail\r\n")
            connection.close()

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        outcome = Connection(HttpsTransport(url, root_pem=pki.root.read_text())).request("GET", "/x")
        thread.join()
    assert isinstance(outcome, Unreachable)


def test_the_root_is_fetched_by_its_fingerprint(serve: Serve, pki: Pki) -> None:
    """With a fingerprint in place of the root the CA is asked for it, and believed only if it fits."""
    body = b'{"ca": "%s"}' % pki.root.read_bytes().replace(b"\n", b"\\n")
    server = serve(lambda request: answer(request, 200, body if "/root/" in request.target else b"{}"))
    good = connect(server, pki, root_pem="", fingerprint=pki.fingerprint.upper())
    assert isinstance(good.request("GET", "/x"), Answer)
    assert good.root_sha256 == pki.fingerprint
    asked = [(one.method, one.path, one.status, one.fresh) for one in good.exchanges]
    assert asked[0] == ("GET", f"/root/{pki.fingerprint}", 200, True)
    assert len(asked) == len(server.requests)
    for wrong in ("00" * 32, ""):
        outcome = connect(server, pki, root_pem="", fingerprint=wrong).request("GET", "/x")
        assert isinstance(outcome, Unreachable)
        assert outcome.code == "ca-untrusted"


def test_a_fingerprint_lets_in_no_other_root(serve: Serve, pki: Pki, tmp_path: Path) -> None:
    """Whoever answers with the right root and one of his own behind it is not believed with a certificate of his own."""
    other = make_pki(tmp_path / "other")
    body = json.dumps({"ca": other.root.read_text() + pki.root.read_text()}).encode()
    server = serve(lambda request: answer(request, 200, body))
    outcome = connect(server, pki, root_pem="", fingerprint=other.fingerprint).request("GET", "/x")
    assert isinstance(outcome, Unreachable)
    assert outcome.code == "ca-untrusted"
    assert [one.target for one in server.requests] == [f"/root/{other.fingerprint}"]


def test_a_name_of_other_letters_goes_out_in_ascii(serve: Serve, pki: Pki) -> None:
    """The header Host can have no others: the name is sent as it is looked up."""
    server = serve(answer)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "localhost")
    transport = HttpsTransport(f"https://{wide}:{server.port}", root_pem=pki.root.read_text())
    assert isinstance(Connection(transport).request("GET", "/x"), Answer)
    assert server.requests[0].headers["host"] == f"localhost:{server.port}"


def test_a_root_or_an_address_that_is_none_is_said_at_once() -> None:
    """Both are the user's words, and wrong before anything is sent."""
    with pytest.raises(ShellError) as error:
        HttpsTransport("https://localhost", root_pem="nothing")
    assert error.value.code == "bad-root"
    none = ("http://localhost", "https://", "https://localhost:port", "localhost", "https://ca..example")
    for url in (*none, f"https://{'a' * 64}.example"):
        with pytest.raises(UsageError):
            HttpsTransport(url)


def test_every_request_is_shown_to_the_observer(serve: Serve, pki: Pki) -> None:
    """For a trace: what was asked, what came, how long it took; nothing secret."""
    connection = connect(serve(lambda request: answer(request, 404, b"no\n")), pki)
    seen: list[Exchange] = []
    connection.observe(seen.append)
    connection.request("GET", "/a", authorize=lambda: "secret")
    assert [(one.method, one.path, one.status, one.outcome) for one in seen] == [
        ("GET", "/a", 404, "refused")
    ]
    assert seen[0].ms >= 0
    assert "secret" not in repr(seen)
