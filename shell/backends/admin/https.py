"""Requests over HTTPS to one node of a CA, verified with a pinned root and nothing else.

`http.client` carries them (decision 10). It looks at nothing in the environment: neither a bundle named there,
nor a proxy, nor .netrc has a say. The host is resolved once, and the address that answered first is kept for the
session: behind a load balancer another node answers from a cache of its own.
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

from shell.backends.admin.link import Link
from shell.backends.admin.transport import Broken, NotSent, Reply
from shell.backends.exchange import Exchange, body_of
from shell.backends.pinned import first_certificate, pinned_root
from shell.errors import ShellError, UsageError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shell.backends.exchange import Observe


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, and for each part of an answer.

    step-ca gives up on an answer after 15 seconds, so that waiting longer than a little more is no use.
    """

    connect: float = 5.0
    read: float = 20.0


_HEADERS = {"User-Agent": "step-shell"}


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
            # as the CA's certificate and the header Host have it; no label may be empty or too long
            self._host = (parts.hostname or "").encode("idna").decode("ascii")
            self._port = parts.port or 443
        except ValueError:
            self._host = ""
        if not self._host or not self._url.startswith("https://"):
            raise UsageError(
                "bad-url",
                f"{visible(url)} is no address of a CA",
                hint="write for example https://ca.example.com:9000",
            )
        authority = self._url.removeprefix("https://")
        self._authority = authority if authority.isascii() else f"{self._host}:{self._port}"
        self._root_pem = root_pem
        self._fingerprint = "".join(fingerprint.replace(":", "").replace("-", "").split()).lower()
        self._timeouts = timeouts or Timeouts()
        self._context: ssl.SSLContext | None = None
        self._connection: Link | None = None
        self._work: Callable[[], None] | None = None
        self._root_sha256 = ""
        self._node = node
        self._leaf = ""
        self._observe: Observe | None = None
        if root_pem:
            _context(root_pem)  # a root that is none is better said at once
            try:
                self._root_sha256 = hashlib.sha256(first_certificate(root_pem)).hexdigest()
            except ValueError as error:
                raise _bad_root() from error

    @property
    def url(self) -> str:
        """The address as the user gave it."""
        return self._url

    @property
    def address(self) -> str:
        """The node that is spoken to, `IP:PORT`; empty before the first connection."""
        return self._node

    @property
    def leaf(self) -> str:
        """The SHA-256 of the certificate of the node."""
        return self._leaf

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the pinned root."""
        return self._root_sha256 or self._fingerprint

    def observe(self, observe: Observe) -> None:
        """Tell of the request that asks for the root; of those that are carried whoever sends them tells."""
        self._observe = observe

    def meanwhile(self, work: Callable[[], None]) -> None:
        """See `Transport`."""
        self._work = work

    def fresh(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def open(self) -> None:
        """Connect, where there is no connection that the CA has not closed; raises NotSent."""
        self._opened()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request; raises NotSent or Broken."""
        work, self._work = self._work, None
        connection = self._opened()
        fresh, whole = not connection.used, False
        try:
            connection.request(method, target, body, {**_HEADERS, **headers, "Host": self._authority})
            if work is not None:
                work()
            answer = connection.getresponse()
            reply = Reply(answer.status, _lowered(answer.headers), body_of(answer), fresh)
            whole = True
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error, fresh) from error
        finally:
            if not whole:  # nothing may take the rest of this answer for its own
                self.fresh()
        return reply

    def _opened(self) -> Link:
        """Return the connection, or a new one where the CA has closed it; raises NotSent."""
        if self._connection is None or self._connection.is_dead:
            self.fresh()
            self._connection = self._connected()
            self._leaf = self._connection.leaf
        return self._connection

    def _connected(self) -> Link:
        """Return a new connection to the node; raises NotSent."""
        if not self._node:
            self._node = self._reach()
        if self._context is None:
            if not self._root_pem:
                self._root_pem = self._fetched_root()
                self._root_sha256 = self._fingerprint
            self._context = _context(self._root_pem)
        connection = Link(
            self._node,
            self._host,
            self._context,
            connect=self._timeouts.connect,
            read=self._timeouts.read,
        )
        try:
            connection.connect()
        except OSError as error:
            raise self._not_connected(error) from error
        return connection

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

    def _broken(self, error: Exception, fresh: bool) -> Broken:
        """Return what became of a request of which at least a part may have gone out."""
        if isinstance(error, TimeoutError):
            return Broken(f"no answer came within {self._timeouts.read:g} seconds", fresh=fresh)
        # RemoteDisconnected is the first as well; the last is what sending over one that was reset may give
        ended = isinstance(error, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError)
        if isinstance(error, ssl.SSLError) and not ended:
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
            body, status = body_of(answer), answer.status
        except (OSError, http.client.HTTPException) as error:
            raise self._not_connected(error) from error
        finally:
            connection.close()
            if self._observe is not None:
                ms = (time.monotonic() - began) * 1000
                self._observe(
                    Exchange("GET", path, status, ms, "answer" if status else "unreachable", fresh=True)
                )
        root = pinned_root(body, self._fingerprint)
        if not root:
            raise NotSent(
                "ca-untrusted",
                f"{visible(self._url)} has no root certificate with the fingerprint "
                + (visible(self._fingerprint) or "(none)"),
                "compare it with `step certificate fingerprint root_ca.crt` on the machine of the CA",
            )
        return root


def _lowered(headers: http.client.HTTPMessage) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


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
