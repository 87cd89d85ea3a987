"""Stand-ins for identity providers on the Internet: step fetches their metadata before it writes a file.

A proxy on loopback takes every `CONNECT` and answers in the place of the host, under a certificate of the
test's own root. step finds both by `HTTPS_PROXY` and `SSL_CERT_FILE`.
"""

from __future__ import annotations

import datetime
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

HOSTS = ("accounts.google.com", "www.googleapis.com", "login.microsoftonline.com", "idp.example.com")


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    context: ssl.SSLContext

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away fails its own test."""


class _Handler(socketserver.StreamRequestHandler):
    server: _Proxy

    def handle(self) -> None:
        """Answer one request: the metadata of a provider, or a set of no keys."""
        host = self.rfile.readline().split()[1].decode().partition(":")[0]
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.server.context.wrap_socket(self.connection, server_side=True) as tls:
            received = b""
            while b"\r\n\r\n" not in received:
                received += tls.recv(65536) or b"\r\n\r\n"
            body = _answer(host, received.split(b" ")[1].decode()).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            tls.sendall(head.encode() + body)


def _answer(host: str, path: str) -> str:
    if "openid-configuration" in path:
        return json.dumps({"issuer": f"https://{host}", "jwks_uri": f"https://{host}/keys"})
    return json.dumps({"keys": []})


@contextmanager
def clouds(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the stand-ins; gives the environment in which step finds them. `folder` takes the files."""
    chain, root = _certificates(folder)
    with _Proxy(("127.0.0.1", 0), _Handler) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(chain)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            port = server.server_address[1]
            yield {
                "HTTPS_PROXY": f"http://127.0.0.1:{port}",
                "SSL_CERT_FILE": str(root),
                "GOOGLE_APPLICATION_CREDENTIALS": str(_service_account(folder)),
            }
        finally:
            server.shutdown()
            thread.join()


def _service_account(folder: Path) -> Path:
    """Write the credentials without which step makes no GCP provisioner for an organization; it only reads them."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "nobody@example.com",
        "private_key": key.decode(),
        "token_uri": "https://idp.example.com/token",
    }
    path = folder / "service-account.json"
    path.write_text(json.dumps(account))
    return path


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Make a root and a leaf for every host; returns the files of the leaf with its key, and of the root."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("Clouds", "cloud")]
    now = datetime.datetime.now(datetime.UTC)
    texts = []
    for is_ca, key, name in ((True, keys[0], names[0]), (False, keys[1], names[1])):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(names[0])
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=10))
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False
            )
        )
        texts.append(builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, root = folder / "clouds.pem", folder / "clouds-root.pem"
    chain.write_bytes(texts[1] + private)
    chain.chmod(0o600)
    root.write_bytes(texts[0])
    return chain, root
