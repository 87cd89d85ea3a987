"""What is told of a CA when it is first spoken to, and of a login: who is there, and whether we know its version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.backends.admin.failures import CaError
from shell.escape import visible
from shell.observer import INFO

if TYPE_CHECKING:
    from shell.backends.admin.held import Login
    from shell.backends.admin.target import AdminCa
    from shell.observer import Observer

OLDEST = (0, 26)
"""The first version of step-ca that gives back the id of a request; an answer without one is not believed."""
NEWEST = (0, 30)
"""The newest version that this program was tried with, from one end of its tests to the other: v0.30.2."""
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.")


def supported() -> str:
    """Return which versions of step-ca are supported, for a person."""
    return f"v{_text(OLDEST)} to v{_text(NEWEST)}"


def remark_on(version: str) -> str:
    """Return what to say of a CA of this version, which is what `/version` says; empty for a supported one.

    A step-ca that somebody has built without saying a version ("N/A", "0.0.0-dev") may be any: nothing is said.
    """
    found = _VERSION.match(version)
    number = (int(found[1]), int(found[2])) if found else (0, 0)
    if number == (0, 0) or OLDEST <= number <= NEWEST:
        return ""
    than = "newer than this program" if number > NEWEST else "older than this program"
    return f"note: the CA is step-ca {visible(version)}, {than}, which knows {supported()}"


def greet(ca: AdminCa, observer: Observer) -> list[str]:
    """Ask a CA for its version, tell which CA it is, and return what there is to say of that."""
    try:
        version = ca.version()
    except CaError:
        return []  # whatever needs the CA says why it does not answer
    where = ca.connection
    observer.note(
        INFO,
        "connect",
        url=where.url,
        node=where.address,
        root=where.root_sha256,
        version=version,
    )
    remark = remark_on(version)
    return [remark] if remark else []


def tell_login(login: Login, observer: Observer) -> None:
    """Tell who has logged in, and until when."""
    until = f"{login.not_after:%Y-%m-%dT%H:%M:%SZ}" if login.not_after else ""
    observer.note(INFO, "login", admin=login.subject, provisioner=login.provisioner, until=until)


def _text(number: tuple[int, int]) -> str:
    return ".".join(map(str, number))
