"""From what names a CA to the CA: its connection, verified with the pinned root alone, and who logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shell.backends.admin.connection import Connection
from shell.backends.admin.held import Login
from shell.backends.admin.login import DEFAULT_SUBJECT, CertificateLogin, PasswordLogin
from shell.backends.admin.namedlogin import NamedLogin
from shell.backends.admin.target import AdminCa
from shell.errors import ShellError, UsageError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.backends.cafile import CaFile
    from shell.targets import Target
    from shell.targets.stepfiles import Setting


class Person(Protocol):
    """Whoever sits at the prompt; what is None cannot be asked."""

    @property
    def ask_password(self) -> Callable[[str], bytes] | None:
        """Asks for a password with a prompt."""

    @property
    def browse(self) -> Callable[[str], None] | None:
        """Shows the address of an identity provider, or opens it."""

    @property
    def paste(self) -> Callable[[str], str] | None:
        """Asks for the address that the browser ended at, where that is on another machine."""

    @property
    def opens_browser(self) -> Callable[[], bool] | None:
        """Says whether there is a browser on this machine that can be opened."""


def backend_of(target: Target, person: Callable[[], Person]) -> CaFile | AdminCa:
    """Return the file or the CA of a target; raises as `reach` does."""
    if target.kind == "file":
        from shell.backends.cafile import CaFile

        return CaFile(target.path)
    return reach(target, person)


def reach(target: Target, person: Callable[[], Person], nodes: Sequence[str] = ()) -> AdminCa:
    """Return the CA of a target; nothing is sent before it is read. `nodes` are the URLs of its other nodes.

    `person()` gives, when somebody must be asked, the ways to ask.
    Raises UsageError where nothing says what the CA is to be verified with, or the settings of the login
    contradict each other; ShellError where a file cannot be read.
    """
    from shell.backends.admin.https import HttpsTransport

    if not target.root and not target.fingerprint:
        raise UsageError(
            "no-root",
            f"nothing says with which root certificate {visible(target.url)} is to be verified",
            hint="name it: --root FILE, or --fingerprint HASH (`step certificate fingerprint root_ca.crt` shows it)",
        )
    pem = _read(target.root, "--root").decode("utf-8", "replace") if target.root else ""
    fingerprint = "" if target.root else target.fingerprint

    def connection_to(url: str) -> Connection:
        return Connection(HttpsTransport(url, root_pem=pem, fingerprint=fingerprint))

    connection = connection_to(target.url)
    found = AdminCa(connection, _login(connection, target, person), root_pem=pem)
    found.nodes = tuple(connection_to(url) for url in nodes)
    return found


def _login(connection: Connection, target: Target, person: Callable[[], Person]) -> Login:
    cert, key = target.admin_cert, target.admin_key
    if (cert is None) != (key is None):
        there, missing = ("--admin-cert", "--admin-key") if cert else ("--admin-key", "--admin-cert")
        raise UsageError(
            "half-a-login", f"{there} needs {missing} too", hint=f"name the file: {missing} FILE"
        )
    if cert is not None and key is not None:
        return CertificateLogin(
            connection,
            _read(cert.value, cert.origin),
            _read(key.value, key.origin),
            password=lambda prompt: _asked(person, prompt),
        )
    file = target.admin_password_file
    known = _password(file) if file is not None else None
    subject = target.admin_subject.value if target.admin_subject else ""
    provisioner = target.admin_provisioner.value if target.admin_provisioner else ""

    def by_password() -> Login:
        return PasswordLogin(
            connection,
            password=lambda prompt: known if known is not None else _asked(person, prompt),
            subject=subject or DEFAULT_SUBJECT,
            provisioner=provisioner,
        )

    if not provisioner:
        return by_password()
    return NamedLogin(
        connection,
        provisioner=provisioner,
        subject=subject or DEFAULT_SUBJECT,
        by_password=by_password,
        by_browser=lambda: _by_browser(connection, provisioner, subject, person),
    )


def _by_browser(
    connection: Connection, provisioner: str, subject: str, person: Callable[[], Person]
) -> Login:
    """Return the login through an identity provider; raises ShellError where nobody is there."""
    from shell.backends.admin.identity import Browser
    from shell.backends.admin.oidclogin import OidcLogin

    browse = person().browse
    if browse is None:
        raise ShellError(
            "needs-a-browser",
            f'"{visible(provisioner)}" is an OIDC provisioner: logging in through it needs a person with a browser',
            hint="in a batch log in through a JWK provisioner, or with --admin-cert and --admin-key",
        )
    browser = Browser(browse, person().paste, person().opens_browser)
    return OidcLogin(connection, browser, provisioner=provisioner, subject=subject)


def _asked(person: Callable[[], Person], prompt: str) -> bytes:
    asking = person().ask_password
    if asking is None:
        raise ShellError(
            "needs-a-login-password",
            f"{prompt} is needed, and nobody is asked here",
            hint="say where it is: --admin-password-file FILE (or env:NAME, fd:NUMBER)",
        )
    return asking(prompt)


def _password(setting: Setting) -> bytes:
    """Return the login password, read at once: what holds it may be a pipe.

    As for step, blanks at its end do not belong to it.
    """
    kind, _, name = setting.value.partition(":")
    if kind in {"env", "fd"} and name:
        from shell.language.parameters import Source
        from shell.sources import Sources

        data = Sources().read(Source(kind, name))
    else:
        data = _read(setting.value, setting.origin)
    return data.decode("utf-8", "surrogateescape").rstrip().encode("utf-8", "surrogateescape")


def _read(path: str, origin: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ShellError(
            "unreadable",
            f"{origin} names {visible(path)}, which cannot be read: {(error.strerror or str(error)).lower()}",
            hint="check the path and its permissions",
        ) from None
