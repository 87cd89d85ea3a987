"""Looking at what a CA serves: addresses, trust, pages, and an honest word for each failure."""

from __future__ import annotations

import datetime
import hashlib
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shell import demo
from shell.backends import served as module
from shell.backends.served import (
    Address,
    Served,
    ServedError,
    address_of_config,
    address_of_url,
    read_root,
    root_of_config,
)
from shell.errors import ShellError, UsageError
from tests.support.pki import Pki
from tests.support.ports import refused_port
from tests.support.tlsserver import Answer, Script, TlsServer

_SOME_ROOT = demo._ROOT


@pytest.fixture(scope="session")
def leaf(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return chain and key of a server certificate for `ca.test` by the intermediate."""
    signer = serialization.load_pem_private_key(pki.key.read_bytes(), None)
    issuer = x509.load_pem_x509_certificate(pki.intermediate.read_bytes())
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("ca.test")]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("leaf")
    chain, key_file = folder / "chain.crt", folder / "key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pki.intermediate.read_bytes())
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return chain, key_file


Serve = Callable[..., tuple[Served, TlsServer]]


@pytest.fixture
def serve(leaf: tuple[Path, Path], pki: Pki) -> Iterator[Serve]:
    """Return a function that starts a server with a script, and gives a look at it."""
    servers: list[TlsServer] = []
    looks: list[Served] = []

    def start(
        script: Script, *, tls: bool = True, name: str = "ca.test", **trust: Any
    ) -> tuple[Served, TlsServer]:
        server = TlsServer(script, *(leaf if tls else ()))
        servers.append(server.__enter__())
        address = Address(("127.0.0.1",), str(server.port), name)
        trust = trust or {"root_pem": pki.root.read_text()}
        looks.append(Served(address, timeout=5, **trust))
        return looks[-1], server

    yield start
    for look in looks:
        look.close()
    for server in servers:
        server.__exit__(None, None, None)


def body(value: object, status: int = 200) -> Answer:
    """Return an answer with a JSON body."""
    return status, json.dumps(value).encode()


def test_pages_come_over_one_connection(serve: Serve) -> None:
    """All pages are read, a hundred at a time, over one connection; numbers keep their spelling."""

    def script(path: str) -> Answer:
        if "cursor=a%2F" in path:
            return 200, b'{"provisioners":[{"name":"two","n":1.20}],"nextCursor":""}'
        return body({"provisioners": [{"name": "one"}, None], "nextCursor": "a/"})

    seen, server = serve(script)
    with seen:
        assert seen.provisioners() == [{"name": "one"}, {"name": "two", "n": "1.20"}]
        assert seen.provisioners()
    assert server.paths[:2] == ["/provisioners?limit=100&cursor=", "/provisioners?limit=100&cursor=a%2F"]
    assert server.connections == 1


def test_an_empty_list_is_null(serve: Serve) -> None:
    """A CA without provisioners publishes null."""
    assert serve(lambda path: body({"provisioners": None, "nextCursor": ""}))[0].provisioners() == []


def test_version_and_health(serve: Serve) -> None:
    """The version is a text, health a yes or no."""
    seen, _ = serve(lambda path: body({"version": "1.2", "status": "ok"}))
    assert (seen.version(), seen.health()) == ("1.2", True)
    seen, _ = serve(lambda path: body({"status": "ill"}))
    assert not seen.health()


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"404 page not found"),
        (200, b"<html>"),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"provisioners":[],"nextCursor":1}'),
        (200, b'{"provisioners":[],"nextCursor":"again"}'),
    ],
)
def test_something_else_than_step_ca(serve: Serve, answer: Answer) -> None:
    """An answer that step-ca would not give is not taken for one, and an endless list ends."""
    seen, server = serve(lambda path: answer)
    with pytest.raises(ServedError, match="is not step-ca") as caught:
        seen.provisioners()
    assert caught.value.code == module.NOT_A_CA
    assert len(server.paths) <= 2


def test_a_version_that_is_none(serve: Serve) -> None:
    """A version that is no text is no answer of step-ca."""
    with pytest.raises(ServedError, match="does not say a version"):
        serve(lambda path: body({"version": 1}))[0].version()


def test_a_kept_connection_that_was_closed_is_opened_again(serve: Serve) -> None:
    """A connection that the CA has closed meanwhile is opened again, once, unseen."""
    drop = [False]

    def script(path: str) -> Answer | None:
        if drop[0]:
            drop[0] = False
            return None
        return body({"status": "ok"})

    seen, server = serve(script)
    assert seen.health()
    drop[0] = True
    assert seen.health()
    assert server.connections == 2


def test_a_connection_that_breaks_at_once_is_an_error(serve: Serve) -> None:
    """A CA that drops a fresh connection is not asked for ever."""
    seen, server = serve(lambda path: None)
    with pytest.raises(ServedError, match="broke off before it had answered") as caught:
        seen.health()
    assert caught.value.code == module.BROKEN
    assert server.connections == 1


def test_the_leaf_is_that_of_a_new_connection(serve: Serve) -> None:
    """Each look at the certificate is a new connection, which the next request uses."""
    seen, server = serve(lambda path: body({"status": "ok"}))
    first = seen.leaf()
    assert (len(first), seen.leaf()) == (64, first)
    assert seen.health()
    # the server counts a connection when it takes it up, and the health came over the last
    assert server.connections == 2


def test_nothing_listens() -> None:
    """A refused connection is a CA that is down, by a code of its own."""
    seen = Served(Address(("127.0.0.1", "127.0.0.1"), str(refused_port()), "localhost"), root_pem=_SOME_ROOT)
    for ask in (seen.health, seen.leaf):
        with pytest.raises(ServedError, match=r"nothing listens at https://127\.0\.0\.1:") as caught:
            ask()
        assert caught.value.code == module.DOWN


def test_the_next_host_is_tried_where_nothing_listens(serve: Serve, pki: Pki) -> None:
    """Of several addresses the first on which somebody listens is taken."""
    _, server = serve(lambda path: body({"status": "ok"}))
    address = Address(("::1", "127.0.0.1"), str(server.port), "ca.test")
    with Served(address, root_pem=pki.root.read_text()) as seen:
        assert seen.health()


def test_another_root_is_not_trusted(serve: Serve) -> None:
    """A certificate of another CA is refused, and the reason says so."""
    seen, _ = serve(lambda path: body({}), root_pem=_SOME_ROOT)
    with pytest.raises(ServedError, match=r"not one of this CA: .*certificate") as caught:
        seen.health()
    assert caught.value.code == module.UNTRUSTED


def test_another_name_is_not_trusted(serve: Serve) -> None:
    """A certificate for another name is refused."""
    seen, _ = serve(lambda path: body({}), name="other.test")
    with pytest.raises(ServedError, match=r"other\.test") as caught:
        seen.health()
    assert caught.value.code == module.UNTRUSTED


def test_the_environment_has_no_say(
    serve: Serve, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither proxies nor bundles of the environment change where and whom to trust."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pki.root))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pki.root))
    assert serve(lambda path: body({"status": "ok"}))[0].health()
    with pytest.raises(ServedError):
        serve(lambda path: body({"status": "ok"}), root_pem=_SOME_ROOT)[0].health()


def test_a_server_without_tls(serve: Serve) -> None:
    """A server that does not speak TLS is not step-ca."""
    seen, _ = serve(lambda path: body({}), tls=False)
    with pytest.raises(ServedError) as caught:
        seen.health()
    assert caught.value.code in (module.NOT_A_CA, module.BROKEN)


def test_a_silent_server_times_out() -> None:
    """A server that takes the connection and says nothing is given up on."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        seen = Served(Address(("127.0.0.1",), str(port), "x"), root_pem=_SOME_ROOT, timeout=0.05)
        with pytest.raises(ServedError, match="did not answer in time") as caught:
            seen.health()
    assert caught.value.code == module.TIMED_OUT


def test_a_host_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that nobody knows, or to which no way leads, is unreachable."""
    seen = Served(Address(("ca.invalid",), "1", "x"), root_pem=_SOME_ROOT)

    def unknown(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(
        ServedError, match=r"https://ca\.invalid:1 cannot be reached: Name or service"
    ) as caught:
        seen.health()
    assert caught.value.code == module.UNREACHABLE

    def no_way(*_: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", no_way)
    with pytest.raises(ServedError, match="cannot be reached"):
        seen.health()


def test_a_root_by_its_fingerprint(serve: Serve, pki: Pki) -> None:
    """With a fingerprint the root is fetched without trust, compared, and everything else verified with it."""

    def script(path: str) -> Answer:
        return body({"ca": pki.root.read_text()} if path.startswith("/root/") else {"status": "ok"})

    spelled = pki.fingerprint.upper()
    seen, server = serve(script, fingerprint=":".join([spelled[:2], spelled[2:]]))
    assert seen.health()
    assert server.paths == [f"/root/{pki.fingerprint}", "/health"]


def test_a_fingerprint_lets_in_no_other_root(serve: Serve, pki: Pki) -> None:
    """A root that comes along behind the right one is not believed."""
    right = _SOME_ROOT  # its base64 ends with padding, behind which Python reads no further
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(right)).hexdigest()
    seen, server = serve(lambda path: body({"ca": right + pki.root.read_text()}), fingerprint=digest)
    with pytest.raises(ServedError) as caught:
        seen.health()
    assert caught.value.code == module.UNTRUSTED
    assert server.paths == [f"/root/{digest}"]


@pytest.mark.parametrize("answer", [{"ca": "nonsense"}, {"ca": _SOME_ROOT}, {}, []])
def test_a_wrong_fingerprint(serve: Serve, answer: object) -> None:
    """A server that has no root of this fingerprint is not believed."""
    seen, server = serve(lambda path: body(answer), fingerprint="ab" * 32)
    with pytest.raises(ServedError, match="has no root certificate with the fingerprint abab") as caught:
        seen.health()
    assert caught.value.code == module.UNTRUSTED
    assert server.paths == ["/root/" + "ab" * 32]


def test_neither_root_nor_fingerprint(serve: Serve) -> None:
    """Without anything to verify with nothing is believed."""
    with pytest.raises(ServedError, match=r"the fingerprint \(none\)"):
        serve(lambda path: body({"ca": _SOME_ROOT}), root_pem="")[0].health()


def test_a_root_that_is_no_certificate() -> None:
    """A root that holds no certificate is an error before anything is sent."""
    seen = Served(Address(("127.0.0.1",), "1", "x"), root_pem="nonsense")
    with pytest.raises(ServedError, match="is no certificate") as caught:
        seen.health()
    assert caught.value.code == "bad-root"


@pytest.mark.parametrize(
    ("address", "hosts", "port", "url"),
    [
        (":443", ("127.0.0.1", "::1"), "443", "https://127.0.0.1:443"),
        ("0.0.0.0:9000", ("127.0.0.1",), "9000", "https://127.0.0.1:9000"),
        ("[::]:9000", ("127.0.0.1", "::1"), "9000", "https://127.0.0.1:9000"),
        ("[::1]:9000", ("::1",), "9000", "https://[::1]:9000"),
        ("10.0.0.1:https", ("10.0.0.1",), "https", "https://10.0.0.1:https"),
        ("ca.example.com:9000", ("ca.example.com",), "9000", "https://ca.example.com:9000"),
    ],
)
def test_where_the_ca_of_a_file_is(address: str, hosts: tuple[str, ...], port: str, url: str) -> None:
    """The address of ca.json says where to connect; what listens everywhere is reached over loopback."""
    found = address_of_config({"address": address, "dnsNames": ["*.x", "one", "two"]})
    assert (found.hosts, found.port, found.name, found.url) == (hosts, port, "one", url)


@pytest.mark.parametrize("names", [None, [], ["*.x"], "text"])
def test_the_name_of_the_ca_of_a_file(names: Any) -> None:
    """Without usable names it is the first that step-ca takes by itself."""
    expected = "text" if names == "text" else "localhost"
    assert address_of_config({"address": ":1", "dnsNames": names}).name == expected


@pytest.mark.parametrize("address", [None, "", "9000", "host:", "127.0.0.1:0", 5])
def test_a_file_that_does_not_say_where(address: Any) -> None:
    """A file without a usable address needs --live-url."""
    with pytest.raises(ShellError) as caught:
        address_of_config({"address": address})
    assert caught.value.code == "no-live-address"
    assert "--live-url" in caught.value.hint


def test_another_address_by_live_url() -> None:
    """--live-url says where to connect; the certificate must have that name if it is the CA's, else its first."""
    settings: dict[str, Any] = {"address": ":1", "dnsNames": ["one", "two"]}
    assert address_of_config(settings, "https://two:9") == Address(("two",), "9", "two")
    assert address_of_config(settings, "forwarded:8443") == Address(("forwarded",), "8443", "one")
    assert address_of_url("https://[::1]") == Address(("::1",), "443", "::1")


@pytest.mark.parametrize("url", ["http://x", "https://", "https://x:y", ""])
def test_no_live_url(url: str) -> None:
    """What is no https address is a usage error."""
    with pytest.raises(UsageError, match="is no address of a CA"):
        address_of_url(url)


def test_the_roots_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One root or several are read, from the working folder or from beside the file."""
    (tmp_path / "a.crt").write_text("A")
    (tmp_path / "b.crt").write_text("B")
    assert root_of_config({"root": str(tmp_path / "a.crt")}, "/") == "A"
    assert root_of_config({"root": ["a.crt", "", "b.crt"]}, str(tmp_path)) == "A\nB"
    monkeypatch.chdir(tmp_path)
    assert root_of_config({"root": "a.crt"}, "/") == "A"
    for settings in ({}, {"root": None}, {"root": []}):
        with pytest.raises(ShellError, match='names no "root"'):
            root_of_config(settings, "/")
    with pytest.raises(ShellError, match="cannot be read: No such file") as caught:
        read_root("/no/such.crt")
    assert "--root FILE" in caught.value.hint
