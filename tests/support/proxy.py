"""A TLS proxy on loopback between the program and a real step-ca, which notes every request and can spoil one.

The program verifies it with the root of the test PKI, as it verifies the CA. What it can do to a request is
`Fault`; which request that happens to, a function says.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.support.pki import Pki
from tests.support.rawserver import Raw, RawServer, Send, server_certificate

Kind = Literal["close", "reset", "damage", "hang", "answer", "garbage", "cut"]
_PATIENCE = 60.0
NEVER = 10**9
"""For `Fault.late`: only `Proxy.arrive` delivers it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of a request.

    `close`, `reset`, `damage`: the connection ends without an answer, by TCP or with a TLS record that is
    none. `hang`: nothing comes until the client has given up. `answer`: `status` and `body` come from the
    proxy, with the request id of the CA if `echo`. `garbage`: bytes that are no HTTP. `cut`: half of the
    answer of the CA. With `acted` the CA gets the request before; with `late` it gets it afterwards, just
    before the request that is so many further, or when `Proxy.arrive` is called.
    """

    kind: Kind
    acted: bool = False
    late: int = 0
    status: int = 500
    body: bytes = b""
    echo: bool = False


@dataclass(slots=True)
class Exchange:
    """One request: `number` from 1, what was asked, what was done to it, and what came of it.

    `digest` is the SHA-256 of its body, `token` its authorization. `reached` says whether the CA got it, `said` is
    what the CA answered, `answered` what the client was sent; 0 is nothing. `began` and `ended` are when it was
    passed on to the CA and when the CA had answered, by the clock of this process in seconds; 0 is never. `judged`
    says that what is done to it is decided.
    """

    number: int
    method: str
    path: str
    digest: str
    token: str = ""
    fault: Fault | None = None
    reached: bool = False
    said: int = 0
    answered: int = 0
    began: float = 0.0
    ended: float = 0.0
    judged: bool = False

    @property
    def changes(self) -> bool:
        """Whether it would change the CA."""
        return self.method != "GET" and self.path.startswith("/admin/")


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    head: bytes
    body: bytes


class Proxy:
    """Serves at `url` while entered, and passes on to the port that `upstream` gives at that time.

    `fault(exchange)` is asked before each request is passed on and may return a `Fault`; it may also wait, or
    do something to somebody. `log` has every exchange, in the order of arrival.
    """

    def __init__(self, pki: Pki, folder: Path, upstream: Callable[[], int]) -> None:
        self.fault: Callable[[Exchange], Fault | None] | None = None
        self.log: list[Exchange] = []
        self._upstream = upstream
        self._trust = ssl.create_default_context(cafile=str(pki.root))
        self._server = RawServer(self._serve, *server_certificate(pki, folder))
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._late: list[tuple[int, Raw]] = []
        self._links: dict[int, http.client.HTTPSConnection] = {}
        self._over = False

    @property
    def url(self) -> str:
        """Where it serves, by the name in its certificate."""
        return f"https://localhost:{self._server.port}"

    @property
    def connections(self) -> int:
        """How many connections clients have made."""
        return self._server.connections

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._moved:
            self._over = True
            self._moved.notify_all()
        self._server.stop()
        with self._lock:  # a request may still be on its way
            links = [*self._links.values()]
            self._links.clear()
        for link in links:
            link.close()

    def show(self, certificate: Path, key: Path) -> None:
        """Show this certificate at every connection from now on."""
        self._server.show(certificate, key)

    def forget(self) -> None:
        """Begin a new log, without a fault; what is still under way gets lost."""
        with self._lock:
            self.fault = None
            self.log = []
            self._late.clear()

    def spoiled(self) -> list[Exchange]:
        """Return the requests that something was done to; waits for what is not decided yet.

        A fault that kills the client is decided only when the client is gone and has been heard of.
        """
        with self._moved:
            assert self._moved.wait_for(lambda: all(one.judged for one in self.log), _PATIENCE)
            return [one for one in self.log if one.fault]

    def arrive(self) -> list[int]:
        """Let everything that is late arrive; returns what the CA said."""
        with self._lock:
            late, self._late = self._late, []
        return [self._deliver(raw) for _, raw in late]

    def _serve(self, raw: Raw) -> Send:
        with self._moved:
            digest = hashlib.sha256(raw.body).hexdigest()
            token = raw.headers.get("authorization", "")
            exchange = Exchange(len(self.log) + 1, raw.method, raw.target, digest, token)
            log = self.log
            log.append(exchange)
            due = [item for item in self._late if item[0] <= exchange.number]
            self._late = [item for item in self._late if item not in due]
            self._moved.notify_all()
        for _, late in due:
            self._deliver(late)
        fault = self.fault(exchange) if self.fault else None
        with self._moved:
            exchange.fault, exchange.judged = fault, True
            self._moved.notify_all()
        if exchange.fault is None:
            return self._passed(raw, exchange)
        return self._spoiled(raw, exchange, exchange.fault, log)

    def _passed(self, raw: Raw, exchange: Exchange) -> Send:
        reply = self._ask(raw, exchange)
        if reply is None:
            return Send(then="close")
        exchange.answered = reply.status
        return Send(reply.head + reply.body)

    def _spoiled(self, raw: Raw, exchange: Exchange, fault: Fault, log: list[Exchange]) -> Send:
        reply = self._ask(raw, exchange) if fault.acted else None
        if fault.late:
            with self._lock:
                self._late.append((exchange.number + fault.late, raw))
        match fault.kind:
            case "hang":
                with self._moved:
                    self._moved.wait_for(
                        lambda: self._over or self.log is not log or len(log) > exchange.number
                    )
                return Send(then="close")
            case "answer":
                exchange.answered = fault.status
                mark = f"X-Request-Id: {raw.headers.get('x-request-id', '')}\r\n" if fault.echo else ""
                return Send(_head(fault.status, len(fault.body), mark) + fault.body)
            case "garbage":
                return Send(b"\x00\xff\r\n these are no headers\r\n\r\n", "close")
            case "cut":
                whole = reply.head + reply.body if reply else b""
                return Send(whole[: len(whole) - len(reply.body) // 2 - 1 if reply else 0], "close")
            case _:
                return Send(then=fault.kind)

    def _deliver(self, raw: Raw) -> int:
        """Pass on a late request, on a connection of its own; returns what the CA said."""
        link = self._connect()
        try:
            reply = _exchanged(link, raw)
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()
        return reply.status

    def _ask(self, raw: Raw, exchange: Exchange) -> _Reply | None:
        """Pass a request on; None where the CA gives no answer."""
        link = self._link(raw.connection)
        exchange.began = time.monotonic()
        try:
            reply = _exchanged(link, raw)
        except (OSError, http.client.HTTPException):
            link.close()
            with self._lock:
                self._links.pop(raw.connection, None)
            return None
        if self._over:
            link.close()  # it may have been closed already, and opened again by this request
        exchange.ended = time.monotonic()
        exchange.reached = True
        exchange.said = reply.status
        return reply

    def _link(self, connection: int) -> http.client.HTTPSConnection:
        """Return the way to the CA for what comes over a connection; once all is over, whoever uses it closes it."""
        with self._lock:
            link = self._links.get(connection)
            if link is None:
                link = self._connect()
                if not self._over:
                    self._links[connection] = link
            return link

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self._upstream(), timeout=30, context=self._trust)


def _exchanged(link: http.client.HTTPSConnection, raw: Raw) -> _Reply:
    """Send a request as it came, and read the answer whole."""
    link.putrequest(raw.method, raw.target, skip_host=True, skip_accept_encoding=True)
    for name, value in raw.headers.items():
        link.putheader(name, value)
    link.endheaders(raw.body or None)
    answer = link.getresponse()
    body = answer.read()
    hop = {"content-length", "transfer-encoding", "connection", "keep-alive"}
    kept = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders() if name.lower() not in hop)
    return _Reply(answer.status, _head(answer.status, len(body), kept), body)


def _head(status: int, length: int, more: str) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def at(number: int, fault: Fault) -> Callable[[Exchange], Fault | None]:
    """Return what makes the request with this number go wrong, for `Proxy.fault`."""
    return lambda exchange: fault if exchange.number == number else None
