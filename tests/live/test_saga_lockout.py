"""Nobody locks himself or others out of a real step-ca: what would is refused, or tried and taken back.

After every case a new login with an admin call works, and the CA starts again with the admins that it had,
no more and no fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.target import AdminCa
from shell.commands import REGISTRY
from shell.errors import CheckFailed, RolledBack
from shell.interpreter import Interpreter
from shell.session import Session
from shell.targets import Target
from tests.support.cacommit import acme
from tests.support.liveca import Content, LiveCa, require_done
from tests.support.pki import Pki
from tests.support.ports import refused_port

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA with the provisioners admin, web and old; bob and alice are admins of old."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("lockout"), acme("web"), acme("old")) as made:
        made.add_admin("bob", "old")
        made.add_admin("alice", "old", super=True)
        yield made


@pytest.fixture
def before(live: LiveCa) -> Iterator[Content]:
    """Return what the CA has; it is put back when the test is over."""
    content = live.content()
    yield content
    live.restore(content)


def _session(live: LiveCa, folder: Path) -> Interpreter:
    target = live.target()
    session = Session(
        Target("ca", "--ca-url", url=live.proxy.url),
        target,
        state_dir=str(folder / "state"),
        operator="tester",
    )
    return Interpreter(session, REGISTRY, interactive=False)


def _run(live: LiveCa, folder: Path, *lines: str) -> None:
    interpreter = _session(live, folder)
    for line in lines:
        interpreter.run(line)


def _require_a_way_in(live: LiveCa) -> None:
    """Log in anew, make an admin call, and again when the CA was started anew."""
    for _ in range(2):
        connection = live.target().connection
        login = PasswordLogin(connection, password=lambda _: live.pki.password.encode(), provisioner="admin")
        me = AdminCa(connection, login).api.whoami()
        assert me is not None
        assert me.super
        live.restart()


def _template(subject: str, usage: str, extended: str) -> str:
    return (
        f'set admin options.x509.template \'{{"subject": {subject}, "sans": {{{{ toJson .SANs }}}}, '
        f'"keyUsage": ["{usage}"], "extKeyUsage": ["{extended}"]}}\''
    )


_SUBJECT = "{{ toJson .Subject }}"
_LOCKING = {
    "template fails": "set admin options.x509.template '{{ fail \"no\" }}'",
    "no clientAuth": _template(_SUBJECT, "digitalSignature", "serverAuth"),
    "no digitalSignature": _template(_SUBJECT, "keyAgreement", "clientAuth"),
    "another name": "set admin options.x509.template '"
    '{"subject": "x", "sans": [{"type": "dns", "value": "x"}], "keyUsage": ["digitalSignature"], '
    '"extKeyUsage": ["clientAuth"]}\'',
    "webhook": "webhook add admin dead --kind AUTHORIZING --url https://127.0.0.1:{port}/",
    "key": "update admin --create --password-file {password}",
    "claim": "update admin --x509-min-dur 1ns --x509-default-dur 1ns --x509-max-dur 1ns",
}


@pytest.mark.parametrize("what", _LOCKING)
def test_what_stops_the_next_login_is_taken_back(
    live: LiveCa, before: Content, tmp_path: Path, what: str
) -> None:
    """It is a danger that must be accepted; then it is tried, and everything else of the commit goes back as well."""
    password = tmp_path / "password"
    password.write_text("another one")
    line = _LOCKING[what].replace("{port}", str(refused_port())).replace("{password}", str(password))
    with pytest.raises(CheckFailed) as refused:
        _run(live, tmp_path, line, "commit")
    codes = {cause.code for cause in refused.value.causes}
    assert any(code.startswith("own-") for code in codes)
    accept = " ".join(f"--accept {code}:admin" for code in sorted(codes))
    with pytest.raises(RolledBack):
        _run(live, tmp_path, "add new --type ACME", line, f"commit {accept}")
    assert live.content().same(before)
    _require_a_way_in(live)
    assert live.content().same(before)


@pytest.mark.parametrize("line", ["remove admin", "rename admin other", "rename old older"])
def test_what_cuts_admins_off_is_refused(live: LiveCa, before: Content, tmp_path: Path, line: str) -> None:
    """No word accepts it."""
    with pytest.raises(CheckFailed):
        _run(live, tmp_path, line, "commit")
    assert live.content().same(before)
    _require_a_way_in(live)


def test_a_removal_takes_its_admins_along_and_the_rollback_brings_them_back(
    live: LiveCa, before: Content, tmp_path: Path
) -> None:
    """Between the two the CA starts, with the other admins."""
    _run(live, tmp_path, "remove old", "commit --accept admins-go:old")
    now = live.content()
    assert now.admins == {admin for admin in before.admins if admin[1] != "old"}
    live.restart()
    assert live.content().same(now)
    _run(live, tmp_path, "rollback 1", "commit")
    assert live.content().same(before)
    _require_a_way_in(live)


def test_what_was_renamed_by_others_is_not_removed_with_its_admins_left_behind(
    live: LiveCa, before: Content, tmp_path: Path
) -> None:
    """The CA does not find its admins; the commit stops before the removal, and nothing is orphaned."""
    message = live.direct.provisioner("old")
    assert message is not None
    require_done(live.direct.replace("old", {**message, "name": "moved"}))
    with pytest.raises(RolledBack, match="reload the CA"):
        _run(live, tmp_path, "add new --type ACME", "remove moved", "commit --accept admins-go:moved")
    live.restart()
    now = live.content()
    assert set(now.provisioners) == {"admin", "web", "moved"}
    assert now.admins == {(who, name.replace("old", "moved"), role) for who, name, role in before.admins}
    require_done(live.direct.replace("moved", message))
    live.restart()
    assert live.content().same(before)


def test_a_name_that_nobody_was_admin_by_moves_on(live: LiveCa, before: Content, tmp_path: Path) -> None:
    """A renaming and a later addition under the old name give nobody anybody's rights, and the CA starts."""
    _run(live, tmp_path, "rename web web2", "commit")
    _run(live, tmp_path, "add web --type ACME", "commit")
    now = live.content()
    assert now.admins == before.admins
    live.restart()
    assert live.content().same(now)
