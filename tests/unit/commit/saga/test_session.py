"""A session on a CA, on the simulated one: what it says, what it stages, what it refuses, what it brings back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shell.backends.admin.api import AdminApi
from shell.backends.admin.failures import CaError
from shell.errors import CheckFailed, Conflict, Incomplete, RolledBack, ShellError, UsageError
from shell.plain import render
from shell.sites.spelling import spelled
from shell.staging.edits import Set
from tests.support.cacommit import acme
from tests.support.calines import CaLines
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request


@pytest.fixture
def lines(pki: Pki, tmp_path: Path) -> CaLines:
    """Return a session on a CA with the provisioners admin, web and old; bob is an admin of old."""
    made = CaLines(pki, tmp_path, acme("web"), acme("old"))
    made.ca.add_admin("bob", made.id_of("old"), super=False)
    made.ca.reload()
    return made


def _hooks(lines: CaLines, name: str = "web") -> list[dict[str, object]]:
    found: list[dict[str, object]] = lines.stored(name).get("webhooks", [])
    return found


def test_looking_needs_no_login(lines: CaLines) -> None:
    """Listing and showing send no token."""
    lines.run("list", "show web", "status", "history")
    assert not any("authorization" in request.headers for request in lines.transport.requests)


def test_the_first_edit_logs_in_once(lines: CaLines) -> None:
    """And a session of many edits and commits gets one certificate."""
    lines.run("update web --force-cn", "update old --force-cn", "commit")
    lines.run("update web --force-cn=false", "commit")
    assert [request.path for request in lines.transport.requests].count("/1.0/sign") == 1


def test_what_the_ca_publishes_is_not_read_twice(lines: CaLines) -> None:
    """Login and base share the public list; it is read again only for the proof at the end of a commit."""
    lines.run("update web --force-cn", "commit")
    paths = [request.path for request in lines.transport.requests if request.path.endswith("/provisioners")]
    assert paths == ["/provisioners", "/admin/provisioners"]


def test_a_ca_without_remote_management_is_read_only(lines: CaLines) -> None:
    """It is listed, and an edit says why not and what to do."""
    lines.ca.management = False
    lines.run("list", "status")
    with pytest.raises(ShellError, match="cannot be changed") as caught:
        lines.run("update web --force-cn")
    assert "enableAdmin" in caught.value.hint


def test_whoami_says_what_the_ca_says(lines: CaLines) -> None:
    """Subject, provisioner and role."""
    text = render(lines.run("whoami"), False)
    assert "super admin" in text
    assert "admin" in text


def test_a_webhook_gets_its_secret_when_it_is_staged(lines: CaLines) -> None:
    """What was shown is what the CA has, undone and redone or not."""
    answer = lines.run("webhook add web hook --url https://h.example.com")
    secret = answer.json["secret"]  # type: ignore[index,call-overload]
    lines.run("undo", "redo", "commit")
    (hook,) = _hooks(lines)
    assert hook["secret"] == secret
    assert len(str(secret)) == 88


def test_a_secret_goes_to_a_new_file_where_one_is_named(lines: CaLines, tmp_path: Path) -> None:
    """With mode 0600, and not onto the screen; what is there is not written over."""
    file = tmp_path / "secret"
    answer = lines.run(f"webhook add web hook --url https://h.example.com --secret-file {file}", "commit")
    (hook,) = _hooks(lines)
    assert file.read_text().strip() == hook["secret"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(hook["secret"]) not in render(answer, False)
    with pytest.raises(ShellError, match="it is there already"):
        lines.run(f"webhook add web other --url https://h.example.com --secret-file {file}")


def test_an_update_of_a_webhook_clears_nothing_that_it_does_not_name(lines: CaLines, tmp_path: Path) -> None:
    """Secret, token and kind stay."""
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    lines.run(
        f"webhook add web hook --url https://h.example.com --kind AUTHORIZING --bearer-token-file {token}",
        "commit",
    )
    (before,) = _hooks(lines)
    lines.run("webhook update web hook --cert-type X509", "commit")
    (after,) = _hooks(lines)
    assert after == {**before, "certType": "X509"}
    assert before["bearerToken"] == {"bearerToken": "t0ken"}


def test_a_login_of_a_webhook_is_replaced_by_the_other_kind(lines: CaLines, tmp_path: Path) -> None:
    """The API holds one of the two."""
    secret = tmp_path / "secret"
    secret.write_text("pass\n")
    lines.run(f"webhook add web hook --url https://h.example.com --bearer-token-file {secret}", "commit")
    lines.run(
        f"webhook update web hook --basic-auth-username u --basic-auth-password-file {secret}", "commit"
    )
    (hook,) = _hooks(lines)
    assert hook["basicAuth"] == {"username": "u", "password": "pass"}
    assert "bearerToken" not in hook


def test_a_webhook_is_removed_and_its_neighbour_keeps_its_secret(lines: CaLines) -> None:
    """Only the one that is named goes."""
    lines.run(
        "webhook add web one --url https://h.example.com", "webhook add web two --url https://h.example.com"
    )
    lines.run("commit")
    two = _hooks(lines)[1]
    lines.run("webhook remove web one", "commit")
    assert _hooks(lines) == [two]
    lines.run("webhook remove web two", "commit")
    assert _hooks(lines) == []


def test_a_webhook_that_is_not_there_is_named_with_those_that_are(lines: CaLines) -> None:
    """step-ca would say ok."""
    lines.run("webhook add web hook --url https://h.example.com")
    with pytest.raises(ShellError) as caught:
        lines.run("webhook remove web hok")
    assert caught.value.hint == "it has: hook"


@pytest.mark.parametrize(
    "line", ["add a/b --type ACME", "rename web a/b", "copy web a/b", "set web name a/b"]
)
def test_a_name_with_a_slash_is_refused_at_once(lines: CaLines, line: str) -> None:
    """The API could not address it afterwards; nothing is staged."""
    with pytest.raises(UsageError) as caught:
        lines.run(line)
    assert caught.value.code == "name-not-addressable"
    assert not lines.session.has_staged_edits


def test_whoami_and_status_say_which_ca_and_who(lines: CaLines) -> None:
    """CA, version, root, admin, provisioner, role and how long the login holds; status without asking anew."""
    who = lines.run("whoami").json
    assert isinstance(who, dict)
    wanted = {"target", "ca_version", "root", "admin", "login_provisioner", "login_until", "role", "operator"}
    assert who.keys() == wanted
    before = [request.path for request in lines.transport.requests].count("/admin/admins")
    status = lines.run("status").json
    assert isinstance(status, dict)
    assert status["role"] == who["role"] == "super admin"
    assert status.keys() >= wanted - {"operator"}
    assert [request.path for request in lines.transport.requests].count("/admin/admins") == before


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("remove admin", "own-provisioner-removed"),
        ("rename admin other", "own-provisioner-renamed"),
        ("rename old older", "rename-with-admins"),
        ("remove old", "admins-go"),
        ("update admin --x509-max-dur 48h", "own-claims"),
    ],
)
def test_what_would_cut_somebody_off_is_found_before_the_commit(lines: CaLines, line: str, code: str) -> None:
    """By the check, with a code of its own; nothing is sent."""
    with pytest.raises(CheckFailed) as caught:
        lines.run(line, "commit")
    assert code in [cause.code for cause in caught.value.causes]
    assert not [request for request in lines.transport.requests if request.changes]


def test_admins_go_one_by_one_before_their_provisioner_and_come_back_with_it(lines: CaLines) -> None:
    """The removal names them, the rollback makes them admins again, and the CA starts at every point."""
    before = lines.admins()
    lines.run("remove old", "commit --accept admins-go:old")
    assert ("bob", "old", "ADMIN") not in lines.admins()
    assert not any(admin[1] == "" for admin in lines.admins())
    lines.ca.reload()
    answer = lines.run("rollback 1")
    assert any("bob" in notice for notice in answer.notices)
    lines.run("commit")
    assert lines.admins() == before
    lines.ca.reload()


def meanwhile(lines: CaLines, method: str, path: str, act: Callable[[AdminApi], object]) -> None:
    """Let somebody else do something once, just before the CA gets such a request of ours."""
    left, other = [act], lines.ca.target().api

    def fault(request: Request) -> None:
        if left and request.method == method and request.path.startswith(path):
            left.pop()(other)

    lines.transport.fault = fault


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("add x --type ACME", "other-node"),
        ("remove web", "ca-out-of-date"),
        ("rename web w", "other-node"),
    ],
)
def test_a_node_that_does_not_know_the_last_commit_is_not_changed(
    lines: CaLines, line: str, code: str
) -> None:
    """Behind one address another node answers: it is refused until it has loaded, and nothing is doubled."""
    other = lines.ca.node()
    other.address = lines.ca.address
    other.reload()
    lines.run(line, "commit")
    lines.transport.fresh()
    lines.transport.ca = other
    sent = len([request for request in lines.transport.requests if request.changes])
    with pytest.raises(CaError) as caught:
        lines.run("add more --type ACME", "commit")
    assert caught.value.code == code
    assert len([request for request in lines.transport.requests if request.changes]) == sent
    assert lines.session.has_staged_edits
    other.reload()
    lines.transport.fresh()
    lines.run("commit")
    lines.ca.reload()
    other.reload()


def make_admin_meanwhile(lines: CaLines, subject: str, name: str) -> None:
    """Let somebody else make an admin of a provisioner just before the CA gets our first addition."""
    meanwhile(lines, "POST", "/admin/provisioners", lambda other: other.add_admin(subject, name, super=False))


def id_of_admin(lines: CaLines, subject: str) -> str:
    """Return the id of the only admin of this subject."""
    (found,) = (id_ for id_, one in lines.ca.database.admins.items() if one["subject"] == subject)
    return found


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/admin/provisioners"), ("DELETE", "/admin/admins/")], ids=["early", "late"]
)
def test_who_is_no_admin_any_more_does_not_come_back_with_a_rollback(
    lines: CaLines, method: str, path: str
) -> None:
    """Whom somebody else has removed meanwhile did not go with the provisioner: the commit begins anew without him."""
    bob = id_of_admin(lines, "bob")
    before = lines.admins() - {("bob", "old", "ADMIN")}
    meanwhile(lines, method, path, lambda other: other.remove_admin(bob))
    lines.run("add new --type ACME", "remove old", "commit --accept admins-go:old")
    assert lines.admins() == before
    lines.run("rollback 1", "commit --accept admins-go:new")
    assert lines.admins() == before


def test_an_admin_comes_back_in_the_role_that_he_had_last(lines: CaLines) -> None:
    """Also where somebody else has changed it during the commit."""
    lines.ca.add_admin("dora", lines.id_of("old"), super=True)
    lines.ca.reload()
    dora = id_of_admin(lines, "dora")
    meanwhile(lines, "POST", "/admin/provisioners", lambda other: other.set_role(dora, super=False))
    lines.run("add new --type ACME", "remove old", "commit --accept admins-go:old")
    lines.run("rollback 1", "commit --accept admins-go:new")
    assert ("dora", "old", "ADMIN") in lines.admins()


def test_who_is_made_an_admin_meanwhile_goes_as_the_others_do(lines: CaLines) -> None:
    """A removal takes nobody along unseen: the commit begins anew, and a rollback brings all of them back."""
    before = lines.admins()
    make_admin_meanwhile(lines, "dora", "old")
    lines.run("add new --type ACME", "remove old", "commit --accept admins-go:old")
    assert not any(admin[1] in {"", "old"} for admin in lines.admins())
    lines.run("rollback 1", "commit --accept admins-go:new")
    assert lines.admins() == {*before, ("dora", "old", "ADMIN")}


def test_who_is_made_an_admin_while_the_others_are_dismissed_comes_back_as_they_do(lines: CaLines) -> None:
    """What goes is looked at once more when its admins have gone: that can take long, and one may have come."""
    before = lines.admins()
    meanwhile(lines, "DELETE", "/admin/admins/", lambda other: other.add_admin("dora", "old", super=False))
    lines.run("remove old", "commit --accept admins-go:old")
    assert not any(admin[1] in {"", "old"} for admin in lines.admins())
    lines.run("rollback 1", "commit")
    assert lines.admins() == {*before, ("dora", "old", "ADMIN")}


def test_a_first_admin_who_is_made_meanwhile_stops_the_removal(lines: CaLines) -> None:
    """Nobody has accepted that an admin goes: everything is as before, and the danger is named."""
    before = lines.admins()
    make_admin_meanwhile(lines, "emil", "web")
    with pytest.raises(RolledBack) as caught:
        lines.run("add new --type ACME", "remove web", "commit")
    assert "emil was made its admin meanwhile" in caught.value.message
    assert [cause.code for cause in caught.value.causes] == ["admins-go"]
    assert lines.admins() == {*before, ("emil", "web", "ADMIN")}
    assert {one["name"] for one in lines.ca.database.provisioners.values()} == {"admin", "web", "old"}


def test_who_was_made_an_admin_since_the_check_is_not_dismissed_unaccepted(lines: CaLines) -> None:
    """Also where the admins are read once more, for a provisioner that gets another name."""
    before = lines.admins()
    meanwhile(
        lines, "GET", "/admin/provisioners/web", lambda other: other.add_admin("emil", "web", super=False)
    )
    with pytest.raises(ShellError) as caught:
        lines.run("add next --type ACME", "commit", "rename next new", "remove web", "commit")
    assert [cause.code for cause in caught.value.causes] == ["admins-go"]
    assert lines.admins() == {*before, ("emil", "web", "ADMIN")}


def test_a_plain_admin_cannot_remove_what_has_admins(lines: CaLines) -> None:
    """Said before anything is sent."""
    lines.ca.add_admin("carl", lines.id_of("admin"), super=False)
    lines.ca.reload()
    lines.start(subject="carl")
    with pytest.raises(CheckFailed) as caught:
        lines.run("remove old", "commit --accept admins-go:old")
    assert "needs-super-admin" in [cause.code for cause in caught.value.causes]


def test_edits_of_others_to_other_fields_are_kept(lines: CaLines) -> None:
    """A commit reads again what it touches."""
    lines.run("update web --force-cn")
    lines.stored("web")["details"]["ACME"]["requireEab"] = True
    lines.ca.reload()
    lines.run("commit")
    assert lines.stored("web")["details"]["ACME"] == {"requireEab": True, "forceCn": True}


def test_edits_of_others_to_the_same_field_are_a_conflict(lines: CaLines) -> None:
    """Nothing is sent, and both values are told."""
    lines.run("update web --x509-max-dur 48h")
    lines.stored("web")["claims"] = {"x509": {"enabled": True, "durations": {"max": "72h0m0s"}}}
    lines.ca.reload()
    with pytest.raises(Conflict) as caught:
        lines.run("commit")
    assert "72h" in str(caught.value.causes[0].message)
    assert not [request for request in lines.transport.requests if request.changes]


def test_an_interrupted_commit_is_told_and_recovered_by_another_session(lines: CaLines) -> None:
    """Nothing else is committed before; `recover show` says how far it came."""
    lines.run("update web --force-cn", "update old --force-cn")
    lines.transport.fault = _dies_after_the_first_put()
    with pytest.raises(Incomplete):
        lines.run("commit")
    lines.start()
    assert any("interrupted" in text for text in lines.session.before_editing())
    shown = render(lines.run("recover show"), False)
    assert "perhaps done" in shown
    with pytest.raises(Incomplete, match="still open"):
        lines.run("update web --require-eab", "commit")
    told: list[str] = []
    lines.session.progress = told.append
    lines.run("discard", "recover back")
    assert told == ["taking back 1 of 2: change web"]
    assert lines.stored("web")["details"] == {"ACME": {}}
    assert lines.run("recover show").json is None


def _dies_after_the_first_put() -> Callable[[Request], Fault | None]:
    """Return what loses the answer to the first change, and takes the CA away from then on."""
    seen: list[Request] = []

    def fault_of(request: Request) -> Fault | None:
        if seen:
            return Fault("refuse")
        if request.changes:
            seen.append(request)
            return Fault("lose")
        return None

    return fault_of


@pytest.mark.parametrize(
    "line",
    [
        "set web claims.maxTLSCertDuration 26h",
        "set web claims.maxTLSCertDuration 1560m",
        "update web --x509-max-dur 26h",
        'set web claims \'{"maxTLSCertDuration": "26h"}\'',
    ],
)
def test_a_duration_that_is_so_already_is_nothing_to_commit(lines: CaLines, line: str) -> None:
    """Durations are compared by value: a batch that runs again changes nothing."""
    lines.run("update web --x509-max-dur 26h", "commit")
    before = len(lines.session.state.history.entries())
    lines.run(line)
    plan = lines.session.plan()
    assert not any(
        "maxTLSCertDuration" in str(field.path) for change in plan.changes for field in change.fields
    )
    lines.run("discard", "set web claims.maxTLSCertDuration 26h")
    assert lines.run("commit").json["outcome"] == "nothing"  # type: ignore[index,call-overload]
    assert len(lines.session.state.history.entries()) == before


def test_a_duration_of_a_new_provisioner_is_spelled_as_the_ca_does(lines: CaLines) -> None:
    """Also in an entry as JSON; what is no duration stays as it is, for the check."""
    lines.run("""add new --entry '{"type": "ACME", "claims": {"maxTLSCertDuration": "26h"}}'""")
    assert lines.session.get("new").get(("claims", "maxTLSCertDuration")) == "26h0m0s"
    (kept,) = spelled([Set(lines.session.find("new"), ("claims", "maxTLSCertDuration"), "tomorrow")])
    assert kept == Set(lines.session.find("new"), ("claims", "maxTLSCertDuration"), "tomorrow")
