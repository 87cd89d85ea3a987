"""What a running CA serves to everybody: its provisioners, its version, its health.

Read-only and without a login, over TLS verified with a pinned root and nothing else: neither the
trust store of the machine nor a proxy or bundle named in the environment has a say. Plain `http.client`
does it, so that following a reload costs no more than the requests.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, urlsplit

from shell.backends.exchange import Exchange, body_of, http_size
from shell.backends.pinned import pinned_root
from shell.errors import ShellError, UsageError
from shell.escape import shortened, visible
from shell.model.values import Number, parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from shell.backends.exchange import Observe
    from shell.model.values import JSON

TIMEOUT = 10.0
PAGE = 100  # the most that step-ca gives at once (certificates: api/api.go)

DOWN = "ca-down"
UNREACHABLE = "ca-unreachable"
TIMED_OUT = "ca-timeout"
UNTRUSTED = "ca-untrusted"
BROKEN = "ca-broken-answer"
NOT_A_CA = "not-a-ca"

# What listens everywhere is reached here (Go listens on both families for the first and the last).
_EVERYWHERE = {"": ("127.0.0.1", "::1"), "0.0.0.0": ("127.0.0.1",), "::": ("127.0.0.1", "::1")}  # noqa: S104
_DEFAULT_NAMES = ("localhost", "127.0.0.1", "::1")


class ServedError(ShellError):
    """The CA cannot be looked at; `code` says in which way (`DOWN`: nothing listens there)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect, and the name that the certificate shown there must have.

    `hosts` are tried in turn while nothing listens. `port` is a number or the name of a service.
    """

    hosts: tuple[str, ...]
    port: str
    name: str

    @property
    def url(self) -> str:
        """The address for a person to read."""
        host = f"[{self.hosts[0]}]" if ":" in self.hosts[0] else self.hosts[0]
        return f"https://{visible(host)}:{visible(self.port)}"


def address_of_url(url: str, names: Sequence[str] = ()) -> Address:
    """Return the address of an `https` URL.

    `names` are those that the CA is known to have: a URL by another name (a forwarded port, a load
    balancer) is checked against the first of them. Raises UsageError for what is no such URL.
    """
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        port = parts.port or 443
    except ValueError as error:
        raise _bad_url(url, str(error)) from None
    if parts.scheme != "https" or not parts.hostname:
        raise _bad_url(url, "it is not https://HOST:PORT")
    name = parts.hostname if not names or parts.hostname in names else names[0]
    return Address((parts.hostname,), str(port), name)


def _bad_url(url: str, why: str) -> UsageError:
    return UsageError(
        "bad-url",
        f"{visible(url)} is no address of a CA: {why}",
        hint="write for example https://ca.example.com:9000",
    )


def address_of_config(settings: Mapping[str, JSON], live_url: str = "") -> Address:
    """Return where the CA of a ca.json can be reached from its own machine, or the address of `live_url`.

    `settings` is ca.json as a value. A CA that listens on every address is reached over loopback; its
    certificate must have the first of `dnsNames`. Raises ShellError where the file does not say enough.
    """
    names = [name for name in _texts(settings.get("dnsNames")) if "*" not in name] or list(_DEFAULT_NAMES)
    if live_url:
        return address_of_url(live_url, names)
    address = settings.get("address")
    host, colon, port = (address if isinstance(address, str) else "").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port or port == "0":
        raise ShellError(
            "no-live-address",
            f'"address" of the file, "{shortened(str(address or ""))}", does not say where the CA is reached',
            hint="name it: --live-url https://HOST:PORT",
        )
    return Address(_EVERYWHERE.get(host, (host,)), port, names[0])


def root_of_config(settings: Mapping[str, JSON], folder: str) -> str:
    """Return the root certificates that a ca.json names, as PEM.

    A relative path is looked for from the working folder, as step-ca does, and then beside ca.json in
    `folder`. Raises ShellError where one cannot be read.
    """
    found = []
    for path in _texts(settings.get("root")):
        beside = os.path.join(folder, path)
        found.append(read_root(path if os.path.exists(path) else beside))
    if not found:
        raise ShellError(
            "no-root", 'the file names no "root"', hint="name the root certificate of the CA: --root FILE"
        )
    return "\n".join(found)


def read_root(path: str) -> str:
    """Return the text of a root certificate file; raises ShellError where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        raise ShellError(
            "unreadable-root",
            f"the root certificate {visible(path)} cannot be read: {error.strerror}",
            hint="make it readable, or name a copy of it: --root FILE",
            file=path,
        ) from error


def _texts(value: JSON) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items if item and _is_text(item)]


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


class _Connection(http.client.HTTPSConnection):
    """A connection to one of several hosts, whose certificate is checked for a name of its own."""

    def __init__(self, address: Address, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(address.name, 443, timeout=timeout, context=context)
        self._address = address
        self._trust = context
        self.leaf = ""
        self.used = False

    def connect(self) -> None:
        """Connect, check the certificate, and remember its SHA-256."""
        plain = self._reach()
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secure = self._trust.wrap_socket(plain, server_hostname=self._address.name)
        except BaseException:
            plain.close()
            raise
        self.sock = secure
        self.leaf = hashlib.sha256(secure.getpeercert(True) or b"").hexdigest()

    def _reach(self) -> socket.socket:
        *others, last = self._address.hosts
        for host in others:
            try:
                return socket.create_connection((host, self._address.port), self.timeout)
            except ConnectionRefusedError:
                continue
        return socket.create_connection((last, self._address.port), self.timeout)


class Served:
    """Looks at what the CA at an address serves.

    `root_pem` are the certificates to verify it with; with a `fingerprint` (SHA-256, hex) in their place
    the CA is asked for its root first. `timeout` is for each wait, in seconds. Every method raises
    `ServedError` where the CA cannot be looked at.
    """

    def __init__(
        self, address: Address, *, root_pem: str = "", fingerprint: str = "", timeout: float = TIMEOUT
    ) -> None:
        self.address = address
        self._root_pem = root_pem
        self._fingerprint = "".join(fingerprint.replace(":", "").replace("-", "").split()).lower()
        self._timeout = timeout
        self._trust: ssl.SSLContext | None = None
        self._connection: _Connection | None = None
        self.observer: Observe | None = None
        """Is told of every request."""

    @property
    def url(self) -> str:
        """Where the CA is, for a person to read."""
        return self.address.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection that is kept; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def provisioners(self) -> list[dict[str, JSON]]:
        """Return every provisioner in the form that the CA publishes, in its order."""
        found: list[dict[str, JSON]] = []
        cursor, seen = "", set[str]()
        while True:
            page = self._get(f"/provisioners?limit={PAGE}&cursor={quote(cursor, safe='')}")
            items = page.get("provisioners")
            # an empty list is published as null
            found += [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            following = page.get("nextCursor")
            if "provisioners" not in page or not _is_text(following) or following in seen:
                raise self._not_a_ca("its list of provisioners is not one of step-ca")
            if not following:
                return found
            cursor = str(following)
            seen.add(cursor)

    def version(self) -> str:
        """Return the version of step-ca."""
        version = self._get("/version").get("version")
        if not _is_text(version):
            raise self._not_a_ca("it does not say a version")
        return str(version)

    def health(self) -> bool:
        """Whether the CA says that it is well."""
        return self._get("/health").get("status") == "ok"

    def leaf(self) -> str:
        """Return the SHA-256 of the certificate that a new connection shows; the connection is kept.

        step-ca makes itself a new one each time that it takes up a configuration, and keeps the old one
        when it refuses a reload (certificates: ca/ca.go, Reload; tried with v0.30.2).
        """
        self.close()
        try:
            self._connection = self._connected()
        except (OSError, http.client.HTTPException) as error:
            raise self._error(error) from error
        return self._connection.leaf

    def _get(self, path: str) -> dict[str, JSON]:
        reused = self._connection is not None
        try:
            return self._ask(path)
        except (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError) as error:
            self.close()
            if not reused:
                raise self._error(error) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._error(error) from error
        # the CA closes a connection that was idle for a while, and all of them when it reloads
        return self._get(path)

    def _ask(self, path: str) -> dict[str, JSON]:
        if self._connection is None:
            self._connection = self._connected()
        status, body = self._exchanged(self._connection, path)
        if status // 100 != 2:
            raise self._not_a_ca(f"GET {path.partition('?')[0]} is answered with {status}")
        try:
            value = parse_json(body.decode())
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise self._not_a_ca(f"GET {path.partition('?')[0]} is not answered with a JSON object")
        return value

    def _exchanged(self, connection: _Connection, path: str) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a request, and tell of it."""
        headers = {"Accept": "application/json"}
        began, fresh, status, received = monotonic(), not connection.used, 0, 0
        connection.used = True
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = body_of(answer)
            status, received = answer.status, http_size("200 OK", dict(answer.getheaders()), body)
        finally:
            if self.observer is not None:
                way, _, query = path.partition("?")
                ms, outcome = (monotonic() - began) * 1000, "answer" if status else "lost"
                sent = http_size(path, headers, None)
                self.observer(
                    Exchange(
                        "GET", way, status, ms, outcome, query, fresh=fresh, sent=sent, received=received
                    )
                )
        return status, body

    def _connected(self) -> _Connection:
        if self._trust is None:
            self._trust = self._pinned(self._root_pem or self._fetched_root())
        connection = _Connection(self.address, self._trust, self._timeout)
        connection.connect()
        return connection

    def _pinned(self, pem: str) -> ssl.SSLContext:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            trust.load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError) as error:
            raise ServedError(
                "bad-root",
                "what should be the root certificate of the CA is no certificate",
                hint="name its PEM file: --root FILE",
            ) from error
        return trust

    def _fetched_root(self) -> str:
        """Ask for the root by its fingerprint, over TLS that proves nothing, and believe only the right one."""
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        connection = _Connection(self.address, unverified, self._timeout)
        try:
            connection.request("GET", f"/root/{quote(self._fingerprint, safe='')}")
            body = body_of(connection.getresponse())
        finally:
            connection.close()
        root = pinned_root(body, self._fingerprint)
        if not root:
            raise ServedError(
                UNTRUSTED,
                f"{self.url} has no root certificate with the fingerprint {visible(self._fingerprint) or '(none)'}",
                hint="compare it with `step certificate fingerprint root_ca.crt` on the machine of the CA",
            )
        return root

    def _not_a_ca(self, why: str) -> ServedError:
        return ServedError(
            NOT_A_CA,
            f"what answers at {self.url} is not step-ca: {why}",
            hint="name the address of the CA: --live-url https://HOST:PORT",
        )

    def _error(self, error: Exception) -> ServedError:
        """Return what a failed request means, in words."""
        for kinds, code, message, hint in _MEANINGS:
            if isinstance(error, kinds):
                why = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
                return ServedError(code, message.format(url=self.url, why=visible(str(why))), hint=hint)
        return ServedError(UNREACHABLE, f"{self.url} cannot be reached: {visible(str(error))}")


# the first that fits counts
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], str, str, str], ...] = (
    (
        (ConnectionRefusedError,),
        DOWN,
        "nothing listens at {url}",
        "start the CA, or name its address: --live-url https://HOST:PORT",
    ),
    (
        (ssl.SSLCertVerificationError,),
        UNTRUSTED,
        "{url} shows a certificate that is not one of this CA: {why}",
        "name the root certificate (--root FILE) or the address (--live-url URL) of the CA",
    ),
    (
        (TimeoutError,),
        TIMED_OUT,
        "{url} did not answer in time",
        "look at the log of the CA; --live-timeout gives it longer",
    ),
    (
        (socket.gaierror,),
        UNREACHABLE,
        "{url} cannot be reached: {why}",
        "name the address of the CA: --live-url https://HOST:PORT",
    ),
    (
        (ConnectionError, http.client.HTTPException, ssl.SSLEOFError),
        BROKEN,
        "{url} broke off before it had answered",
        "look at the log of the CA",
    ),
    (
        (ssl.SSLError,),
        NOT_A_CA,
        "what answers at {url} does not speak TLS as step-ca does: {why}",
        "name the address of the CA: --live-url https://HOST:PORT",
    ),
)
