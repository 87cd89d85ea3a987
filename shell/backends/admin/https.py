"""Requests over HTTPS to one node of a CA, verified with a pinned root and nothing else.

`requests` carries them, with everything switched off that looks at the environment: neither a bundle
named there, nor a proxy, nor .netrc has a say. The host is resolved once, and the address that answered
first is kept for the session: behind a load balancer another node answers from a cache of its own.
"""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from shell.backends.admin.transport import Broken, NotSent, Reply
from shell.backends.exchange import Exchange
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.model.values import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from shell.backends.exchange import Observe


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, and for each part of an answer.

    step-ca gives up on an answer after 15 seconds, so that waiting longer than a little more is no use.
    """

    connect: float = 5.0
    read: float = 20.0


class _Progress:
    """How far the request in hand has come."""

    def __init__(self) -> None:
        self.sent = False
        self.reused = False


class HttpsTransport:
    """Carries requests to the CA at a URL; a `shell.backends.admin.transport.Transport`.

    `root_pem` are the certificates to verify it with; with a `fingerprint` (SHA-256, hex) in their place
    the CA is asked for its root first, and believed only if that has it. `node` is the address to speak to,
    where that is known already. Raises UsageError for a URL that is none, and ShellError `bad-root` where the
    root is no certificate.
    """

    def __init__(
        self,
        url: str,
        *,
        root_pem: str = "",
        fingerprint: str = "",
        timeouts: Timeouts | None = None,
        node: str = "",
    ) -> None:
        self._url = url.rstrip("/")
        try:
            parts = urlsplit(self._url)
            self._host, self._port = parts.hostname or "", parts.port or 443
        except ValueError:
            self._host = ""
        if not self._host or not self._url.startswith("https://"):
            raise UsageError(
                "bad-url",
                f"{visible(url)} is no address of a CA",
                hint="write for example https://ca.example.com:9000",
            )
        self._authority = self._url.removeprefix("https://")
        self._root_pem = root_pem
        self._fingerprint = "".join(fingerprint.replace(":", "").replace("-", "").split()).lower()
        self._timeouts = timeouts or Timeouts()
        self._progress = _Progress()
        self._session: requests.Session | None = None
        self._root_sha256 = ""
        self._node = node
        self._observe: Observe | None = None
        if root_pem:
            _context(root_pem)  # a root that is none is better said at once
            self._root_sha256 = _fingerprint_of(root_pem)

    @property
    def url(self) -> str:
        """The address as the user gave it."""
        return self._url

    @property
    def address(self) -> str:
        """The node that is spoken to, `IP:PORT`; empty before the first connection."""
        return self._node

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the pinned root."""
        return self._root_sha256 or self._fingerprint

    def observe(self, observe: Observe) -> None:
        """Tell of the request that asks for the root; of those that are carried whoever sends them tells."""
        self._observe = observe

    def fresh(self) -> None:
        """Close the connection; the session's settings stay."""
        if self._session is not None:
            self._session.close()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request; raises NotSent or Broken."""
        session = self._opened()
        # not by the session: it would take `.` and `..` out of the path, and look for cookies each time
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.url = f"https://{self._node}{target}"
        prepared.prepare_headers({**session.headers, **headers, "Host": self._authority})
        prepared.prepare_body(body, None)
        self._progress.sent = self._progress.reused = False
        try:
            answer = session.send(
                prepared,
                timeout=(self._timeouts.connect, self._timeouts.read),
                allow_redirects=False,
                verify=True,
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._failure(error) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Reply(answer.status_code, headers, answer.content, fresh=not self._progress.reused)

    def _opened(self) -> requests.Session:
        if not self._node:
            self._node = self._reach()
        if self._session is None:
            if not self._root_pem:
                self._root_pem = self._fetched_root()
                self._root_sha256 = self._fingerprint
            self._session = _session(_Adapter(_context(self._root_pem), self._host, self._progress))
        return self._session

    def _reach(self) -> str:
        """Return the first address of the host at which something listens."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NotSent(
                "no-such-host",
                f"{visible(self._url)} cannot be reached: {visible(error.strerror or str(error))}",
                "check the name in --ca-url",
            ) from error
        addresses = list(dict.fromkeys(str(where[0]) for _, _, _, _, where in found))
        failure: OSError = OSError("no address")
        for address in addresses:
            try:
                if len(addresses) > 1:  # looking costs the CA a line in its log
                    socket.create_connection((address, self._port), self._timeouts.connect).close()
            except OSError as error:
                failure = error
            else:
                return f"[{address}]:{self._port}" if ":" in address else f"{address}:{self._port}"
        raise self._not_connected(failure) from failure

    def _not_connected(self, error: BaseException) -> NotSent:
        where = visible(self._url) + (f" ({self._node})" if self._node else "")
        if isinstance(error, ssl.SSLCertVerificationError):
            return NotSent(
                "ca-untrusted",
                f"{where} shows a certificate that is not one of this CA: {visible(error.verify_message)}",
                "name its root certificate with --root FILE, or check --ca-url",
            )
        if isinstance(error, ConnectionRefusedError):
            return NotSent("ca-down", f"nothing listens at {where}", "start the CA, or check --ca-url")
        if isinstance(error, TimeoutError):
            return NotSent(
                "ca-timeout", f"{where} did not take the connection in time", "check --ca-url and the network"
            )
        if isinstance(error, ssl.SSLError):
            return NotSent("ca-no-tls", f"{where} does not speak TLS as a CA does", "check --ca-url")
        why = getattr(error, "strerror", None) or "the connection failed"
        return NotSent("ca-unreachable", f"{where} cannot be reached: {visible(str(why))}", "check --ca-url")

    def _failure(self, error: BaseException) -> NotSent | Broken:
        causes = list(_causes(error))
        if not self._progress.sent:
            kinds = (
                ssl.SSLCertVerificationError,
                ConnectionRefusedError,
                TimeoutError,
                ssl.SSLError,
                OSError,
            )
            innermost = [cause for kind in kinds for cause in causes if isinstance(cause, kind)]
            timed_out = any(isinstance(cause, requests.ConnectTimeout) for cause in causes)
            return self._not_connected(TimeoutError() if timed_out else innermost[0] if innermost else error)
        ended = any(
            isinstance(cause, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError)
            for cause in causes
        )
        fresh = not self._progress.reused
        if any(isinstance(cause, TimeoutError | requests.ReadTimeout) for cause in causes):
            return Broken(f"no answer came within {self._timeouts.read:g} seconds", fresh=fresh)
        if any(isinstance(cause, ssl.SSLError) for cause in causes):
            return Broken("the answer broke off: its TLS record is damaged", fresh=fresh)
        why = "the connection ended before an answer" if ended else "the answer broke off"
        return Broken(why, at_once=ended and not fresh, fresh=fresh)

    def _fetched_root(self) -> str:
        """Ask for the root by its fingerprint, over TLS that proves nothing, and believe only the right one."""
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        host, _, port = self._node.rpartition(":")
        path = f"/root/{quote(self._fingerprint, safe='')}"
        began, status = time.monotonic(), 0
        connection = http.client.HTTPSConnection(
            host.strip("[]"), int(port), timeout=self._timeouts.connect, context=unverified
        )
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body, status = answer.read(), answer.status
        except (OSError, http.client.HTTPException) as error:
            raise self._not_connected(error) from error
        finally:
            connection.close()
            if self._observe is not None:
                ms = (time.monotonic() - began) * 1000
                self._observe(
                    Exchange("GET", path, status, ms, "answer" if status else "unreachable", fresh=True)
                )
        try:
            value = parse_json(body.decode())
            pem = value.get("ca") if isinstance(value, dict) else None
            digest = _fingerprint_of(str(pem))
        except (ValueError, ShellError):
            digest = pem = ""
        if not self._fingerprint or digest != self._fingerprint:
            raise NotSent(
                "ca-untrusted",
                f"{visible(self._url)} has no root certificate with the fingerprint "
                + (visible(self._fingerprint) or "(none)"),
                "compare it with `step certificate fingerprint root_ca.crt` on the machine of the CA",
            )
        return str(pem)


def _session(adapter: _Adapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers["User-Agent"] = "step-shell"
    session.adapters.clear()
    session.mount("https://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Connects with one TLS context, in the name of the CA's host, and tells how far a request came."""

    def __init__(self, context: ssl.SSLContext, host: str, progress: _Progress) -> None:
        self._context = context
        self._host = host
        self._progress = progress
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Give every connection the pinned context and the host's name."""
        options |= {"ssl_context": self._context, "server_hostname": self._host}
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _watched_pool(self._progress)}

    def cert_verify(self, *_: Any) -> None:
        """Leave the context as it is: requests would add the certificates that it brings along."""


def _watched_pool(progress: _Progress) -> type[HTTPSConnectionPool]:
    """Return a kind of connection pool whose connections say when they begin to send.

    Headers and body go out in one piece: two would be two TLS records, and wake the CA twice.
    """

    class Watched(HTTPSConnection):
        _pieces: list[bytes] | None = None

        def request(self, *args: Any, **options: Any) -> None:
            progress.sent = True
            self._pieces = []
            try:
                super().request(*args, **options)
                whole = b"".join(self._pieces)
            finally:
                self._pieces = None
            self.send(whole)

        def send(self, data: Any) -> None:
            if self._pieces is None:
                super().send(data)
            else:
                self._pieces.append(data)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Watched

        def _get_conn(self, timeout: float | None = None) -> Any:
            connection = super()._get_conn(timeout)
            progress.reused = getattr(connection, "sock", None) is not None
            return connection

    return Pool


def _context(root_pem: str) -> ssl.SSLContext:
    """Return the TLS context that trusts these certificates and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cadata=root_pem)
    except (ssl.SSLError, ValueError) as error:
        raise _bad_root() from error
    return context


def _bad_root() -> ShellError:
    return ShellError(
        "bad-root",
        "what should be the root certificate of the CA is no certificate",
        hint="name its PEM file: --root FILE",
    )


def _fingerprint_of(root_pem: str) -> str:
    """Return the SHA-256 of the first certificate in a PEM text."""
    begin = root_pem.find("-----BEGIN CERTIFICATE-----")
    end = root_pem.find("-----END CERTIFICATE-----", begin)
    if begin < 0 or end < 0:
        raise _bad_root()
    pem = root_pem[begin : end + len("-----END CERTIFICATE-----")]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _causes(error: BaseException | None) -> Any:
    """Yield an exception and everything that it was made of: libraries wrap them in several ways."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
