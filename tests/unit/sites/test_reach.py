"""From what names a CA to its connection and login, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from shell.backends.admin.held import Login
from shell.backends.admin.namedlogin import NamedLogin
from shell.errors import ShellError, UsageError
from shell.sites.reach import reach
from shell.targets import Options, Target, resolve
from tests.support.calines import CaLines
from tests.support.pki import Pki
from tests.support.simulatedca.listing import message_of


class Nobody:
    """Nobody is there to be asked."""

    ask_password = None
    browse = None
    paste = None
    opens_browser = None


class Somebody:
    """A person who knows the password and has a browser."""

    paste = None
    opens_browser = None

    def __init__(self, password: bytes) -> None:
        self.asked: list[str] = []
        self._password = password

    def ask_password(self, prompt: str) -> bytes:
        """Answer."""
        self.asked.append(prompt)
        return self._password

    def browse(self, url: str) -> None:
        """Note the address."""
        self.asked.append(url)


def _target(tmp_path: Path, **options: str) -> Target:
    return resolve(
        Options(ca_url="https://ca.example.com:9000", **options),  # type: ignore[arg-type]  # no `demo` among them
        {"HOME": str(tmp_path), "STEPPATH": str(tmp_path / "step")},
        str(tmp_path),
    )


def test_a_ca_must_be_verified_with_something(tmp_path: Path) -> None:
    """Neither root nor fingerprint is an error that says how to name one."""
    with pytest.raises(UsageError) as caught:
        reach(_target(tmp_path), Nobody)
    assert caught.value.code == "no-root"


@pytest.mark.parametrize("given", ["admin_cert", "admin_key"])
def test_a_certificate_needs_its_key(tmp_path: Path, pki: Pki, given: str) -> None:
    """And the key its certificate."""
    with pytest.raises(UsageError) as caught:
        reach(_target(tmp_path, root=str(pki.root), **{given: "x.pem"}), Nobody)
    assert caught.value.code == "half-a-login"


def test_a_password_file_that_is_not_there_is_said_at_once(tmp_path: Path, pki: Pki) -> None:
    """Before the CA is asked anything; what holds the password may be a pipe."""
    with pytest.raises(ShellError) as caught:
        reach(_target(tmp_path, root=str(pki.root), admin_password_file="no-such"), Nobody)
    assert caught.value.code == "unreadable"


def test_a_password_comes_from_the_environment(
    tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `env:NAME`; a variable that is not there is an error."""
    monkeypatch.setenv("LOGIN", "secret\n")
    assert reach(_target(tmp_path, root=str(pki.root), admin_password_file="env:LOGIN"), Nobody).login
    with pytest.raises(ShellError) as caught:
        reach(_target(tmp_path, root=str(pki.root), admin_password_file="env:OTHER"), Nobody)
    assert caught.value.code == "no-variable"


def _named(
    lines: CaLines, provisioner: str, taken: list[str], by_password: Callable[[], Login]
) -> NamedLogin:
    def by_browser() -> Login:
        taken.append("browser")
        raise ShellError("needs-a-browser", "no browser here")

    return NamedLogin(
        lines.session.site.backend.connection,  # type: ignore[attr-defined]  # that of a CA
        provisioner=provisioner,
        subject="step",
        by_password=by_password,
        by_browser=by_browser,
    )


def test_the_type_of_the_provisioner_says_how_to_log_in(pki: Pki, tmp_path: Path) -> None:
    """A JWK provisioner wants a password, an OIDC one a browser; the list that was read is not read again."""
    oidc = {
        "type": "OIDC",
        "name": "idp",
        "clientID": "id",
        "configurationEndpoint": "https://idp.example.com",
    }
    lines = CaLines(pki, tmp_path)
    lines.ca.add(message_of(oidc))
    lines.ca.reload()
    taken: list[str] = []
    password = cast("Login", lines.ca.target(lines.transport).login)
    login = _named(lines, "admin", taken, lambda: password)
    login.published = lines.ca.target(lines.transport).public.provisioners()
    before = len(lines.transport.requests)
    assert login.token("/admin/admins")
    assert [request.path for request in lines.transport.requests[before:]] == ["/1.0/sign"]
    assert (login.subject, login.provisioner, login.can_rehearse) == ("step", "admin", True)
    with pytest.raises(ShellError, match="no browser here"):
        _named(lines, "idp", taken, lambda: password).token("/admin/admins")
    assert taken == ["browser"]


def test_nobody_is_asked_where_nobody_is(tmp_path: Path, pki: Pki) -> None:
    """A batch without a password file says where it could come from."""
    person = Somebody(b"x")
    assert reach(_target(tmp_path, root=str(pki.root)), lambda: person).login
    assert person.asked == []
