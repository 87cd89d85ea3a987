"""A small HTTPS server in a thread, whose answers a test scripts: what a CA could do, and what it should not."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.certificates import PEM, private_pem, subject_of
from tests.support.pki import Pki

Answer = tuple[int, bytes] | tuple[int, bytes, str]
Script = Callable[[str], Answer | None]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is part of the tests."""


class TlsServer:
    """Serves on a free port of 127.0.0.1 while entered.

    `script` gets the path of each GET and gives status and body, and maybe where a redirect leads, or None to
    drop the connection. `paths`, `headers` and `connections` say what has been asked, how, and over how many
    connections. Without a certificate it is plain HTTP. `clients` is a file of certificates, by one of which
    a client must show one; TLS is then 1.2, so that the handshake fails without.
    """

    def __init__(
        self,
        script: Script,
        certificate: Path | None = None,
        key: Path | None = None,
        clients: Path | None = None,
    ) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                outer.paths.append(self.path)
                outer.headers.append(dict(self.headers))
                answer = script(self.path)
                if answer is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, body, *location = answer
                self.send_response(status)
                for url in location:
                    self.send_header("Location", url)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Write nothing to the output of the tests."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            if clients is not None:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(clients)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        """The port that it serves on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def server_certificate(pki: Pki, folder: Path, *names: str) -> tuple[Path, Path]:
    """Write the chain and the key of a certificate for these names by the intermediate; returns the files."""
    signer = load_pem_private_key(pki.key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject_of("server"))
        .issuer_name(x509.load_pem_x509_certificate(pki.intermediate.read_bytes()).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternatives, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    chain, key_file = folder / "server.crt", folder / "server.key"
    chain.write_bytes(certificate.public_bytes(PEM) + pki.intermediate.read_bytes())
    key_file.write_bytes(private_pem(key))
    key_file.chmod(0o600)
    return chain, key_file
