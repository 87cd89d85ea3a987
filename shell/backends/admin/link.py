"""One TLS connection to a node of a CA, over which one request goes after the other."""

from __future__ import annotations

import hashlib
import http.client
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from typing import Any


class Link(http.client.HTTPSConnection):
    """A connection to a node, `IP:PORT`, that shows a certificate for the host's name.

    `connect` and `read` are how long to wait, in seconds: for the connection, and for each part of an answer. `leaf` is
    the SHA-256 of the certificate that was shown, in hex; `used` says that a request has gone out.
    """

    def __init__(self, node: str, name: str, context: ssl.SSLContext, *, connect: float, read: float) -> None:
        host, _, port = node.rpartition(":")
        super().__init__(host.strip("[]"), int(port), timeout=connect, context=context)
        self.auto_open = 0
        self._trust = context
        self._name = name
        self._connect, self._read = connect, read
        self._pieces: list[bytes] | None = None
        self.leaf = ""
        self.used = False

    def __del__(self) -> None:
        """Close it, where whoever used it has gone away."""
        self.close()

    @property
    def is_dead(self) -> bool:
        """Whether the CA has closed it: there is something to read before anything was asked.

        What there is to read on a new one is no end: the CA sends what its TLS session can be resumed with.
        """
        if self.sock is None or not self.used:
            return self.sock is None
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def connect(self) -> None:
        """Connect, check the certificate, and wait for answers longer than for that."""
        plain = socket.create_connection((self.host, self.port), self._connect)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = self._trust.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise
        self.sock.settimeout(self._read)
        self.leaf = hashlib.sha256(self.sock.getpeercert(True) or b"").hexdigest()

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request, headers and body in one piece: two would be two TLS records, and wake the CA twice."""
        self.used = True
        self._pieces = []
        try:
            super().request(*args, **options)
            whole = b"".join(self._pieces)
        finally:
            self._pieces = None
        super().send(whole)

    def send(self, data: Any) -> None:
        """Keep a piece of the request that is being put together."""
        assert self._pieces is not None  # nothing else sends
        self._pieces.append(data)
