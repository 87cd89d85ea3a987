"""From what names a CA to the CA: its connection, verified with the pinned root alone, and who logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.admin.connection import Connection
from shell.backends.admin.held import Login
from shell.backends.admin.login import DEFAULT_SUBJECT, CertificateLogin, PasswordLogin
from shell.backends.admin.target import AdminCa
from shell.errors import ShellError, UsageError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.backends.cafile import CaFile
    from shell.targets import Target
    from shell.targets.stepfiles import Setting

    Ask = Callable[[str], bytes]


def backend_of(target: Target, ask: Callable[[], Ask | None]) -> CaFile | AdminCa:
    """Return the file or the CA of a target; raises as `reach` does."""
    if target.kind == "file":
        from shell.backends.cafile import CaFile

        return CaFile(target.path)
    return reach(target, ask)


def reach(target: Target, ask: Callable[[], Ask | None]) -> AdminCa:
    """Return the CA of a target; nothing is sent before it is read.

    `ask()` gives, when a password is needed, what asks a person for it, or None where nobody is there.
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
    transport = HttpsTransport(
        target.url, root_pem=pem, fingerprint="" if target.root else target.fingerprint
    )
    connection = Connection(transport)
    return AdminCa(connection, _login(connection, target, ask), root_pem=pem)


def _login(connection: Connection, target: Target, ask: Callable[[], Ask | None]) -> Login:
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
            password=lambda prompt: _asked(ask, prompt),
        )
    file = target.admin_password_file
    known = _password(file) if file is not None else None
    return PasswordLogin(
        connection,
        password=lambda prompt: known if known is not None else _asked(ask, prompt),
        subject=target.admin_subject.value if target.admin_subject else DEFAULT_SUBJECT,
        provisioner=target.admin_provisioner.value if target.admin_provisioner else "",
    )


def _asked(ask: Callable[[], Ask | None], prompt: str) -> bytes:
    asking = ask()
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
