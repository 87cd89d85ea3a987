"""A TLS server in a thread that answers with whatever bytes a test wants, or breaks off anywhere."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization

from shell.certs.request import new_key
from tests.support.pki import Pki
from tests.support.simulatedca.issuing import Issuer


@dataclass(frozen=True, slots=True)
class Raw:
    """A request as its bytes came: request line, headers by lower-case name, body."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    connection: int


@dataclass(frozen=True, slots=True)
class Send:
    """What to do with a request: send these bytes, then keep the connection, close it, reset it, or damage TLS."""

    data: bytes = b""
    then: str = "keep"


def answer(request: Raw, status: int = 200, body: bytes = b"{}", *, echo: bool = True) -> bytes:
    """Return an answer of HTTP/1.1, with the request id that was sent if `echo`."""
    mark = f"X-Request-Id: {request.headers.get('x-request-id', '')}\r\n" if echo else ""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{mark}\r\n".encode() + body


def server_certificate(pki: Pki, folder: Path) -> tuple[Path, Path]:
    """Return the files of a certificate for localhost that leads to the root of a PKI, and of its key."""
    key = new_key()
    now = datetime.datetime.now(datetime.UTC)
    chain = Issuer(pki).issue(
        key.public_key(),
        sans=["localhost"],
        provisioner=("JWK", "admin", "kid"),
        start=now - datetime.timedelta(hours=1),
        end=now + datetime.timedelta(days=1),
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate, private = folder / "server.crt", folder / "server.key"
    certificate.write_text("".join(chain))
    private.write_bytes(text)
    return certificate, private


class RawServer:
    """Serves on a free port of 127.0.0.1 while entered; `script` says what becomes of each request.

    `requests` has them all; `connections` counts those that came as far as a request or a handshake. `ended` is
    set when it has ended one by itself.
    """

    def __init__(self, script: Callable[[Raw], Send | bytes], certificate: Path, key: Path) -> None:
        self.requests: list[Raw] = []
        self.connections = 0
        self.ended = threading.Event()
        self._script = script
        self.show(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        """The port that it serves on."""
        return self._port

    def show(self, certificate: Path, key: Path) -> None:
        """Show this certificate at every connection from now on."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Listen no more, and end every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            secure = self._context.wrap_socket(plain, server_side=True)
            self._open.append(secure)
            stream = secure.makefile("rb")
            while (request := _read(stream, number)) is not None:
                self.requests.append(request)
                found = self._script(request)
                send = found if isinstance(found, Send) else Send(found)
                secure.sendall(send.data)
                if send.then != "keep":
                    _end(secure, send.then)
                    self.ended.set()
                    return


def _end(secure: ssl.SSLSocket, how: str) -> None:
    if how == "damage":
        # past the TLS layer: what the client reads next is no record of this connection
        with socket.socket(fileno=secure.detach()) as plain:
            plain.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        return
    if how == "reset":
        secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        secure.shutdown(socket.SHUT_RDWR)
    secure.close()


def _read(stream: object, number: int) -> Raw | None:
    line = stream.readline().decode()  # type: ignore[attr-defined]
    if not line:
        return None
    method, target, _ = line.split(" ", 2)
    headers = {}
    while (text := stream.readline().decode().strip()) != "":  # type: ignore[attr-defined]
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))  # type: ignore[attr-defined]
    return Raw(method, target, headers, body, number)
