"""What the network says about provisioners: metadata of identity providers, certificates of webhooks.

Asked as step-ca asks (certificates: authority/http_client.go, authority/provisioner/keystore.go): the trust
store of the machine counts, redirects are followed, plain http is taken where an address says so. Other
than step-ca nothing is read from the environment but where the trust store is: no proxy. Nothing is sent
but a GET without credentials, and to a webhook nothing at all.

Every question is asked in a thread of its own that nobody waits for longer than its time: a name server
or a host that hangs holds up neither the answers nor the end of the program.
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import socket
import ssl
import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urljoin, urlsplit

from shell.codec.openid import discovery_url, read_discovery, read_keys
from shell.model.online import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shell.model.online import Question, Trust

    Places = Mapping[str, tuple[str, int]]
    Progress = Callable[[int, int, str], None]

TIMEOUT = 10.0
"""For how long a question may take, in seconds, with everything that is fetched for it."""

Document = TypeVar("Document")

_HEADERS = {"Accept": "application/json", "User-Agent": "step-shell", "Connection": "close"}
_AT_ONCE = 8
_LARGEST = 1 << 22  # bytes of a document
_LONGEST = 300  # characters of a text from elsewhere that is told on
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10  # as Go's http.Client
_PORTS = {"http": 80, "https": 443}
# what a server says that wants a certificate of its client; with TLS 1.3 that comes behind the handshake
_CLOSED = ("HANDSHAKE_FAILURE", "CERTIFICATE_REQUIRED", "BAD_CERTIFICATE")


def look(
    questions: Iterable[Question],
    *,
    own: Mapping[Trust, str] | None = None,
    timeout: float = TIMEOUT,
    limit: float | None = None,
    places: Places | None = None,
    progress: Progress | None = None,
) -> dict[Question, Answer]:
    """Return the answer to each question; what could not be found out is an answer too, and nothing is raised.

    `own` are the certificates (PEM) that are trusted besides those of the machine, by the trust that a
    question names. A question may take `timeout` seconds, and all of them together `limit`. `places` says
    where a host is to be connected to, instead of where its name leads. `progress` is told how many
    answers there are, of how many, and the address that the last one is about.
    """
    waiting = deque(dict.fromkeys(questions))
    count = len(waiting)
    end = monotonic() + limit if limit is not None else None
    trusts = _Trusts(own or {})
    came: queue.SimpleQueue[tuple[Question, Answer]] = queue.SimpleQueue()
    visits: dict[Question, _Visit] = {}
    answers: dict[Question, Answer] = {}
    try:
        while waiting or visits:
            while waiting and len(visits) < _AT_ONCE:
                question = waiting.popleft()
                visit = _Visit(question, trusts.context(question.trust), timeout, end, places or {})
                visits[question] = visit
                threading.Thread(target=visit.ask, args=(came.put,), daemon=True).start()
            for question, answer in _next(visits, came):
                answers[question] = answer
                if progress is not None:
                    progress(len(answers), count, answer.url)
    finally:
        for visit in visits.values():
            visit.abandon()
    return answers


def _next(
    visits: dict[Question, _Visit], came: queue.SimpleQueue[tuple[Question, Answer]]
) -> list[tuple[Question, Answer]]:
    """Wait for the next answer, or for the time of a question to be over, and take those out of the visits."""
    rest = min(visit.deadline for visit in visits.values()) - monotonic()
    try:
        question, answer = came.get(timeout=max(rest, 0.0))
    except queue.Empty:
        over = [visit for visit in visits.values() if visit.deadline <= monotonic()]
        for visit in over:
            del visits[visit.question]
            visit.abandon()
        return [(visit.question, visit.late()) for visit in over]
    # an answer of a visit whose time was over is one too many
    return [(question, answer)] if visits.pop(question, None) is not None else []


class _Trusts:
    """The certificates that count for each kind of trust, loaded when they are first needed."""

    def __init__(self, own: Mapping[Trust, str]) -> None:
        self._own = own
        self._made: dict[str, ssl.SSLContext] = {}

    def context(self, trust: Trust) -> ssl.SSLContext:
        """Return what verifies with the machine's certificates and those of a trust."""
        pem = self._own.get(trust, "")
        if pem not in self._made:
            self._made[pem] = _trusting(pem)
        return self._made[pem]


def _trusting(pem: str) -> ssl.SSLContext:
    """Return what verifies as Go does: every trusted certificate may end a chain, the common name is no name."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags = context.verify_flags & ~ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    if pem:
        # a root that cannot be read is told of elsewhere
        with contextlib.suppress(ssl.SSLError, ValueError):
            context.load_verify_locations(cadata=pem)
    return context


class _WrongError(Exception):
    """What came from an address (`url`) is not what step-ca can use."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(why)
        self.url = url


class _Visit:
    """One question being asked; `deadline` is when nobody waits for it any longer."""

    def __init__(
        self, question: Question, trust: ssl.SSLContext, timeout: float, end: float | None, places: Places
    ) -> None:
        now = monotonic()
        self.question = question
        self.deadline = now + timeout if end is None else min(now + timeout, max(end, now))
        self._seconds = self.deadline - now
        self._trust = trust
        self._places = places
        self._url = question.address
        self._socket: socket.socket | None = None

    def ask(self, put: Callable[[tuple[Question, Answer]], None]) -> None:
        """Find the answer and hand it on."""
        try:
            answer = self._answer()
        except _WrongError as error:
            answer = Answer("wrong", error.url[:_LONGEST], str(error)[:_LONGEST])
        except ssl.SSLCertVerificationError as error:
            answer = Answer("untrusted", self._url, error.verify_message or str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer = self._failed(error)
        finally:
            self._close()
        put((self.question, answer))

    def late(self) -> Answer:
        """Return the answer of somebody who did not give one in time."""
        seconds = round(self._seconds, 1)
        why = f"no answer within {seconds:g} s" if seconds else "there was no time left to ask"
        return Answer("unreachable", self._url, why)

    def abandon(self) -> None:
        """Have the thread end soon."""
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                # not the method of TLS, which is not for two threads
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _failed(self, error: Exception) -> Answer:
        if isinstance(error, TimeoutError):
            return self.late()
        if isinstance(error, ssl.SSLError) and any(word in (error.reason or "") for word in _CLOSED):
            return Answer("closed", self._url, str(error.reason).lower().replace("_", " "))
        return Answer("unreachable", self._url, _why(error))

    def _answer(self) -> Answer:
        if self.question.kind == "handshake":
            parts = urlsplit(self._url)
            self._connect(parts.hostname or "", parts.port or _PORTS["https"], secure=True)
            return Answer("well", self._url)
        if self.question.kind == "keys":
            return Answer("well", self._url, keys=self._read(self._url, read_keys))
        issuer, keys_url = self._read(discovery_url(self._url), read_discovery)
        return Answer(
            "well", keys_url[:_LONGEST], issuer=issuer[:_LONGEST], keys=self._read(keys_url, read_keys)
        )

    def _read(self, url: str, reader: Callable[[bytes], Document]) -> Document:
        body = self._fetch(url)
        try:
            return reader(body)
        except ValueError as error:
            raise _WrongError(url, str(error)) from None

    def _fetch(self, url: str) -> bytes:
        """Return the body behind a URL and its redirects, whatever the status is."""
        for _ in range(_MOST_REDIRECTS):
            self._url = url[:_LONGEST]
            answer, body = self._get(url)
            target = answer.headers.get("Location", "")
            if answer.status not in _REDIRECTS or not target:
                return body
            url = urljoin(url, target)
        raise http.client.HTTPException(f"more than {_MOST_REDIRECTS} redirects")

    def _get(self, url: str) -> tuple[http.client.HTTPResponse, bytes]:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise _WrongError(url, "is no http or https address")
        host = _ascii(parts.hostname)
        port = parts.port or _PORTS[parts.scheme]
        secure = parts.scheme == "https"
        connection: http.client.HTTPConnection
        if secure:
            connection = http.client.HTTPSConnection(host, port, context=self._trust)
        else:
            connection = http.client.HTTPConnection(host, port)
        connection.sock = self._connect(host, port, secure=secure)
        try:
            connection.request("GET", _target(parts.path, parts.query), headers=_HEADERS)
            answer = connection.getresponse()
            body = answer.read(_LARGEST + 1)
        finally:
            connection.close()
        if len(body) > _LARGEST:
            raise _WrongError(url, "is no document of a reasonable size")
        return answer, body

    def _connect(self, host: str, port: int, *, secure: bool) -> socket.socket:
        """Return a connection to a host, under TLS where it is to be secure."""
        self._close()
        self._rest()
        plain = self._reach(*self._places.get(host, (_ascii(host), port)))
        self._socket = plain
        if secure:
            self._socket = wrapped = self._trust.wrap_socket(
                plain, server_hostname=_ascii(host), do_handshake_on_connect=False
            )
            wrapped.settimeout(self._rest())
            wrapped.do_handshake()
        self._socket.settimeout(self._rest())
        return self._socket

    def _reach(self, host: str, port: int) -> socket.socket:
        """Return a connection to the first address of a host that takes one; each gets its share of the time."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for number, (family, kind, protocol, _, address) in enumerate(found, 1):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._rest() / (len(found) - number + 1))
                sock.connect(address)
            except OSError:
                sock.close()
                if number == len(found):
                    raise
            else:
                return sock
        raise OSError("its name has no address")

    def _rest(self) -> float:
        """Return how much time is left, in seconds; raises TimeoutError where none is."""
        rest = self.deadline - monotonic()
        if rest <= 0:
            raise TimeoutError
        return rest

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _ascii(host: str) -> str:
    """Return a host name as it goes over the wire; raises ValueError for one that cannot."""
    return host if host.isascii() else host.encode("idna").decode()


def _target(path: str, query: str) -> str:
    """Return what stands in the first line of a request; what may not stand there is escaped."""
    target = quote(path or "/", safe="/%:;=@&+$,!*'()[]~")
    return target + ("?" + quote(query, safe="/%:;=@&+$,!*'()[]~?") if query else "")


def _why(error: Exception) -> str:
    """Return in words why there is no answer."""
    for kinds, words in _WORDS:
        if isinstance(error, kinds):
            return words
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)


# the first that fits counts
_WORDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((socket.gaierror,), "its name is not known here"),
    ((ConnectionRefusedError,), "nothing listens there"),
    ((ssl.SSLEOFError, ConnectionError), "it broke off before it had answered"),
)
