"""What every CA behind the admin API does: run on the real step-ca and on the simulated one.

The fast tests of commits believe the simulated CA; this suite is why they may.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from shell.backends.admin.api import AdminApi, Burn, admin_of
from shell.backends.admin.credential import renewed
from shell.backends.admin.failures import CaError, LoginError
from shell.backends.admin.login import CertificateLogin
from shell.backends.admin.outcome import Answer, Lost, Refused
from shell.backends.admin.target import AdminCa
from shell.codec.linkedca import differences, from_message, recreation, same_message, to_message
from shell.errors import ShellError
from shell.keys.tokens import new_token_id
from shell.model.provisioner import Provisioner
from shell.model.values import Number, parse_json
from tests.contract.conftest import Bench

Message = dict[str, Any]
GATED = (
    '{"subject": {{ toJson .Subject }}, "sans": {{ toJson .SANs }}, "keyUsage": [%s], "extKeyUsage": [%s]}'
)


def encoded(data: bytes | str) -> str:
    """Return bytes or a text as a message has them."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def acme(name: str = "acme", **members: Any) -> Message:
    """Return the message of an ACME provisioner."""
    return {"type": "ACME", "name": name, "details": {"ACME": {}}, **members}


def created(target: AdminCa, message: Message) -> Message:
    """Create a provisioner and return its message as the CA has it."""
    outcome = target.api.create(message)
    assert isinstance(outcome, Answer), outcome
    found = target.detail(message["name"])
    assert found is not None
    return found


def jwk(bench: Bench, name: str) -> Message:
    """Return the message of a JWK provisioner that the PKI's password opens."""
    entry = parse_json(json.dumps(bench.pki.jwk(name)))
    assert isinstance(entry, dict)
    return to_message(Provisioner(entry))


def with_second_admin(bench: Bench) -> tuple[AdminCa, AdminCa]:
    """Return the first admin, and a second super admin `other` of a provisioner `second`."""
    first = bench.target()
    created(first, jwk(bench, "second"))
    assert isinstance(first.api.add_admin("other", "second", super=True), Answer)
    return first, bench.target(provisioner="second", subject="other")


def refusal(outcome: object) -> tuple[int, str, str]:
    """Return status, type and message of a refusal."""
    assert isinstance(outcome, Refused), outcome
    return outcome.status, outcome.type, outcome.message


# reading


def test_everybody_sees_the_provisioners_and_an_admin_sees_the_same(bench: Bench) -> None:
    """Reading needs no login; after one the admin list is read, and it has the same provisioners."""
    target = bench.target()
    public = target.read()
    assert (public.source, [summary.name for summary in public.base.summaries]) == ("public", ["admin"])
    assert target.login is not None
    assert not target.login.logged_in
    admin = target.read(login=True)
    assert (admin.source, target.login.logged_in) == ("admin", True)
    assert admin.base.provisioner(0) == public.base.provisioner(0)  # type: ignore[arg-type]
    assert admin.fingerprint == target.read().fingerprint == admin.base.fingerprint
    assert target.notices(public) == []
    assert target.management().on


def test_the_order_of_the_list_is_no_part_of_the_fingerprint(bench: Bench) -> None:
    """An update that changes nothing moves an entry, and the fingerprint stays; a change moves it."""
    target = bench.target()
    message = created(target, acme())
    before = target.read(login=True).fingerprint
    first = target.detail("admin")
    assert first is not None
    assert isinstance(target.api.replace("admin", first), Answer)
    assert target.read().fingerprint == before
    target.api.replace("acme", {**message, "details": {"ACME": {"forceCn": True}}})
    assert target.read().fingerprint != before


def test_all_pages_of_a_list_are_read(bench: Bench) -> None:
    """A hundred provisioners come at a time; none is missing, none is there twice."""
    target = bench.target()
    for number in range(120):
        assert isinstance(target.api.create(acme(f"acme{number}")), Answer)
    asked = len(target.connection.exchanges)
    names = {summary.name for summary in target.read().base.summaries}
    assert names == {"admin", *(f"acme{number}" for number in range(120))}
    assert len(target.connection.exchanges) == asked + 2


def test_who_we_are(bench: Bench) -> None:
    """The admin call says which of the admins we are."""
    first, second = with_second_admin(bench)
    for target, subject in ((first, "step"), (second, "other")):
        me = target.api.whoami()
        assert me is not None
        assert (me.subject, me.super) == (subject, True)
        owner = target.api.provisioner_by_id(me.provisioner_id)
        assert owner is not None
        assert target.login is not None
        assert owner["name"] == target.login.provisioner
        assert target.api.admin(me.id) == me


def test_what_is_not_there(bench: Bench) -> None:
    """Reading what does not exist gives nothing; changing it is refused."""
    api = bench.target().api
    assert api.provisioner("none") is None
    assert api.provisioner_by_id("00000000-0000-4000-8000-000000000000") is None
    assert api.admin("none") is None
    assert api.policy() is None
    loaded = "error loading provisioner none: provisioner none not found"
    assert refusal(api.delete("none")) == (404, "notFound", loaded)
    cached = "error loading provisioner from cached configuration 'none': provisioner none not found"
    assert refusal(api.replace("none", acme("none"))) == (404, "notFound", cached)
    assert refusal(api.remove_admin("none"))[:2] == (404, "notFound")
    assert isinstance(api.set_role("none", super=True), Lost)


# creating, replacing, deleting


def messages(bench: Bench) -> list[Message]:
    """Return a message of each type that needs no network."""
    root = bench.pki.root.read_text()
    scep = {
        "challenge": "c",
        "decrypter": {"certificate": "", "key": ""},
        "minimumPublicKeyLength": Number("2048"),
    }
    scep["decrypter"] = {
        "certificate": bench.pki.scep_decrypter()["decrypterCertificate"],
        "key": bench.pki.scep_decrypter()["decrypterKeyPEM"],
    }
    certificate = serialization.load_pem_private_key(bench.pki.key.read_bytes(), None).public_key()
    public = certificate.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    both = {"x509": {"durations": {"max": "48h"}}, "ssh": {"enabled": True, "hostDurations": {"min": "1h"}}}
    return [
        jwk(bench, "jwk"),
        acme(claims=both, x509Template={"template": encoded("{{ .Subject }}"), "data": encoded('{"a":1}')}),
        {"type": "X5C", "name": "x5c", "details": {"X5C": {"roots": [encoded(root), encoded(root)]}}},
        {"type": "K8SSA", "name": "k8s", "details": {"K8sSA": {"publicKeys": [encoded(public)]}}},
        {"type": "SSHPOP", "name": "sshpop", "details": {"SSHPOP": {}}},
        {"type": "AWS", "name": "aws", "details": {"AWS": {"accounts": ["1"], "instanceAge": "1h"}}},
        {"type": "SCEP", "name": "scep", "details": {"SCEP": scep}, "claims": {"ssh": {}}},
    ]


def test_what_is_created_is_listed_read_replaced_and_created_again(bench: Bench) -> None:
    """For each type: the list shows what the message says, an update keeps it, and it can be made anew."""
    target = bench.target()
    for message in messages(bench):
        stored = created(target, message)
        assert same_message(stored, message), message
        entries = {entry["name"]: Provisioner(entry) for entry in target.read(login=True).entries}
        listed = entries[message["name"]]
        assert differences(listed, from_message(stored)) == ()
        changed = to_message(listed.with_value(("claims", "disableRenewal"), True), stored)
        assert isinstance(target.api.replace(message["name"], changed), Answer)
        again = target.detail(message["name"])
        assert again is not None
        assert same_message(again, changed)
        assert isinstance(target.api.delete(message["name"]), Answer)
        assert target.detail(message["name"]) is None
        anew = created(target, recreation(again))
        assert same_message(anew, again)
        assert anew["id"] != again["id"]
        assert isinstance(target.api.delete("", anew["id"]), Answer)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (
            acme("admin"),
            (
                400,
                "badRequest",
                "error storing provisioner admin: provisioner with name admin already exists",
            ),
        ),
        (
            {"type": "ACME", "name": "n"},
            (
                500,
                "internalServerError",
                (
                    "error storing provisioner n: error converting to certificates provisioner from linkedca "
                    "provisioner: provisioner does not have any details"
                ),
            ),
        ),
        (
            {"type": "X5C", "name": "x", "details": {"X5C": {}}},
            (
                400,
                "badRequest",
                (
                    'error storing provisioner x: error validating configuration for provisioner "x": '
                    "provisioner root(s) cannot be empty"
                ),
            ),
        ),
        (
            acme(claims={"x509": {"durations": {"min": "2h", "max": "1h"}}}),
            (400, "badRequest", "min duration '2h' cannot be greater than max duration '1h'"),
        ),
        (
            acme(x509Template={"template": encoded("{{")}),
            (
                400,
                "badRequest",
                (
                    "invalid template: invalid X.509 template: error parsing template: template: template:1: "
                    "unclosed action"
                ),
            ),
        ),
    ],
)
def test_a_creation_that_is_refused(bench: Bench, message: Message, answer: tuple[int, str, str]) -> None:
    """Each refusal has its status, its type and step-ca's own words, and nothing is stored."""
    target = bench.target()
    assert refusal(target.api.create(message)) == answer
    assert [entry["name"] for entry in target.read(login=True).entries] == ["admin"]


def test_two_provisioners_with_one_token_identifier_are_refused(bench: Bench) -> None:
    """There can be one K8sSA provisioner, by creation and by update."""
    target = bench.target()
    k8s = messages(bench)[3]
    created(target, k8s)
    why = "error storing provisioner other: provisioner with token ID k8ssa/k8sSA-default already exists"
    assert refusal(target.api.create({**k8s, "name": "other"})) == (400, "badRequest", why)


def test_unknown_members_are_refused(bench: Bench) -> None:
    """A message with a member that the CA does not know is not taken."""
    status, type_, message = refusal(bench.target().api.create({**acme(), "mine": "x"}))
    assert (status, type_) == (400, "badRequest")
    assert 'unknown field "mine"' in message


def test_a_negative_duration_drops_the_connection(bench: Bench) -> None:
    """The outcome of such a request is unknown to us, and the CA goes on."""
    target = bench.target()
    outcome = target.api.create(acme(claims={"x509": {"durations": {"min": "-1h"}}}))
    assert isinstance(outcome, Lost)
    assert target.detail("acme") is None


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("id", "ID"),
        ("type", "type"),
        ("authorityId", "authorityID"),
        ("createdAt", "createdAt"),
        ("deletedAt", "deletedAt"),
    ],
)
def test_an_update_repeats_what_cannot_change(bench: Bench, member: str, shown: str) -> None:
    """Each member that the CA gives must come back as it was."""
    target = bench.target()
    message = created(target, acme())
    without = {name: value for name, value in message.items() if name != member}
    if member == "type":
        without["type"] = "SSHPOP"
    why = f"cannot change provisioner {shown}"
    assert refusal(target.api.replace("acme", without)) == (500, "internalServerError", why)
    assert target.detail("acme") == message


def test_an_update_to_a_name_that_is_taken_is_refused(bench: Bench) -> None:
    """A rename collides, and changes nothing."""
    target = bench.target()
    message = created(target, acme())
    why = "error updating provisioner 'admin' in authority cache: provisioner with name admin already exists"
    assert refusal(target.api.replace("acme", {**message, "name": "admin"})) == (400, "badRequest", why)
    assert target.detail("acme") == message


def test_an_update_that_would_disable_is_refused(bench: Bench) -> None:
    """What a creation refuses as the client's mistake, an update refuses as the server's."""
    target = bench.target()
    message = created(target, messages(bench)[2])
    broken = {**message, "details": {"X5C": {}}}
    why = "error initializing provisioner x5c: provisioner root(s) cannot be empty"
    assert refusal(target.api.replace("x5c", broken)) == (500, "internalServerError", why)


def test_a_rename_of_one_without_admins(bench: Bench) -> None:
    """It answers to the new name from then on, with the same id."""
    target = bench.target()
    message = created(target, acme())
    assert isinstance(target.api.replace("acme", {**message, "name": "new"}), Answer)
    assert target.detail("acme") is None
    found = target.detail("new")
    assert found is not None
    assert found["id"] == message["id"]


def test_the_secrets_of_a_webhook_survive_an_edit_of_what_the_list_shows(bench: Bench) -> None:
    """The list has no secrets; writing what it shows over the message that was read loses none."""
    target = bench.target()
    hook = {
        "name": "w",
        "id": "8502b088-0000-4000-8000-000000000000",
        "url": "https://h.example.com",
        "kind": "ENRICHING",
        "secret": encoded(b"s" * 64),
        "bearerToken": {"bearerToken": "tok"},
    }
    stored = created(target, acme(webhooks=[hook]))
    assert stored["webhooks"] == [hook]
    listed = next(entry for entry in target.read(login=True).entries if entry["name"] == "acme")
    shown = Provisioner(listed)
    assert "secret" not in str(shown.get(("options", "webhooks")))
    edited = shown.with_value(("options", "webhooks", "0", "url"), "https://new.example.com")
    target.api.replace("acme", to_message(edited, stored))
    found = target.detail("acme")
    assert found is not None
    assert found["webhooks"] == [{**hook, "url": "https://new.example.com"}]


# admins


def test_admins_come_and_go(bench: Bench) -> None:
    """An admin is added, found, refused twice, and removed."""
    target = bench.target()
    api = target.api
    created(target, acme())
    outcome = api.add_admin("foo", "acme", super=False)
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.json, dict)
    foo = admin_of(outcome.json)
    assert (foo.subject, foo.super) == ("foo", False)
    assert foo in api.admins()
    why = "error storing admin: admin with subject foo and provisioner acme already exists"
    assert refusal(api.add_admin("foo", "acme", super=True)) == (400, "badRequest", why)
    assert isinstance(api.set_role(foo.id, super=True), Answer)
    found = api.admin(foo.id)
    assert found is not None
    assert found.super
    # the CA counts super admins when it starts, and takes the promoted one for the last of them
    assert refusal(api.set_role(foo.id, super=False))[2].endswith("cannot change role of last super admin")
    assert bench.reload()
    assert isinstance(api.set_role(foo.id, super=False), Answer)
    assert isinstance(api.remove_admin(foo.id), Answer)
    assert foo.id not in {admin.id for admin in api.admins()}


def test_the_last_super_admin_stays(bench: Bench) -> None:
    """Neither he nor his provisioner can be removed."""
    api = bench.target().api
    (step,) = api.admins()
    assert refusal(api.remove_admin(step.id))[2].endswith("cannot remove the last super admin")
    assert refusal(api.set_role(step.id, super=False))[2].endswith("cannot change role of last super admin")
    why = "error removing provisioner admin: cannot remove provisioner admin because no super admins will remain"
    assert refusal(api.delete("admin")) == (400, "badRequest", why)


def test_a_plain_admin_may_not_change_admins(bench: Bench) -> None:
    """He may do everything else."""
    first = bench.target()
    assert isinstance(first.api.add_admin("plain", "admin", super=False), Answer)
    plain = bench.target(subject="plain")
    outcome = plain.api.add_admin("foo", "admin", super=False)
    assert refusal(outcome) == (401, "unauthorized", "must have super admin access to make this request")
    created(plain, acme())


def test_the_admins_of_a_removed_provisioner_go_with_it(bench: Bench) -> None:
    """The cascade; and what was logged in through it is out at once."""
    first, second = with_second_admin(bench)
    assert second.api.whoami() is not None
    assert isinstance(first.api.delete("second"), Answer)
    assert [admin.subject for admin in first.api.admins()] == ["step"]
    with pytest.raises(LoginError) as error:
        second.api.admins()
    assert error.value.code == "login-provisioner-gone"
    assert bench.reload()


# the traps


def test_renaming_a_provisioner_cuts_its_admins_off_until_a_reload(bench: Bench) -> None:
    """The index of admins keeps the old name: they are strangers, and cannot be removed either."""
    first, second = with_second_admin(bench)
    message = second.detail("second")
    assert message is not None
    assert isinstance(first.api.replace("second", {**message, "name": "renamed"}), Answer)
    with pytest.raises(LoginError) as error:
        second.api.admins()
    assert error.value.code == "login-not-an-admin"
    other = next(admin for admin in first.api.admins() if admin.subject == "other")
    status, _, why = refusal(first.api.remove_admin(other.id))
    assert (status, why.rpartition(": ")[2]) == (404, "admins not found for provisioner renamed")
    assert bench.reload()
    assert bench.target(provisioner="renamed", subject="other").api.whoami() is not None


def test_a_vacated_name_hands_its_admins_rights_to_the_next(bench: Bench) -> None:
    """A new provisioner under the name that one with admins had: its holder is their admin, until a reload."""
    first, second = with_second_admin(bench)
    message = second.detail("second")
    assert message is not None
    first.api.replace("second", {**message, "name": "renamed"})
    created(first, jwk(bench, "second"))
    assert bench.target(provisioner="second", subject="other").api.admins()
    assert bench.reload()
    with pytest.raises(LoginError):
        bench.target(provisioner="second", subject="other").api.admins()


def test_renamed_and_then_removed_leaves_a_ca_that_does_not_start(bench: Bench) -> None:
    """The cascade looks under the old name and leaves an orphan."""
    first, second = with_second_admin(bench)
    message = second.detail("second")
    assert message is not None
    first.api.replace("second", {**message, "name": "renamed"})
    assert isinstance(first.api.delete("renamed"), Answer)
    assert not bench.reload()


# tokens


def test_a_token_is_taken_once(bench: Bench) -> None:
    """A second request with the token of the first is refused, whatever it is."""
    target = bench.target()
    assert target.login is not None
    path = "/admin/provisioners"
    token = target.login.token(path)
    assert isinstance(target.connection.request("GET", path, authorize=lambda: token), Answer)
    outcome = target.connection.request("POST", path, body=acme(), authorize=lambda: token)
    why = "adminHandler.authorizeToken; error with reuse token: token already used"
    assert refusal(outcome) == (401, "unauthorized", why)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_burnt_token_stops_a_late_request(bench: Bench, method: str) -> None:
    """Once the token was spent on a read, the change that it was made for is refused when it arrives."""
    target = bench.target()
    message = created(target, acme())
    assert target.login is not None
    path = "/admin/provisioners" if method == "POST" else "/admin/provisioners/acme"
    lost = Lost("why", path, new_token_id())
    token = target.login.token(path, lost.token_id)
    assert target.api.burn(lost) is Burn.BURNT
    body = {"POST": acme("late"), "PUT": {**message, "name": "late"}}.get(method)
    assert isinstance(target.connection.request(method, path, body=body, authorize=lambda: token), Refused)
    assert target.api.burn(lost) is Burn.USED
    assert target.detail("acme") == message
    assert target.detail("late") is None


def test_a_token_that_was_used_says_so(bench: Bench) -> None:
    """Burning the token of a change that arrived says that it did."""
    target = bench.target()
    assert target.login is not None
    lost = Lost("why", "/admin/provisioners", new_token_id())
    token = target.login.token("/admin/provisioners", lost.token_id)
    target.connection.request("POST", "/admin/provisioners", body=acme(), authorize=lambda: token)
    assert target.api.burn(lost) is Burn.USED
    assert target.detail("acme") is not None


def test_a_token_for_what_is_gone_can_be_burnt(bench: Bench) -> None:
    """That the path names nothing does not keep the token from being spent."""
    target = bench.target()
    assert target.login is not None
    lost = Lost("why", "/admin/provisioners/none", new_token_id())
    assert [target.api.burn(lost), target.api.burn(lost)] == [Burn.BURNT, Burn.USED]


def test_another_login_can_burn_a_token(bench: Bench) -> None:
    """It is the id that is taken once: whoever comes after a crash needs nothing else of the token."""
    first, second = bench.target(), bench.target()
    assert first.login is not None
    path = "/admin/provisioners"
    lost = Lost("why", path, new_token_id())
    token = first.login.token(path, lost.token_id)
    assert second.api.burn(lost) is Burn.BURNT
    outcome = first.connection.request("POST", path, body=acme("late"), authorize=lambda: token)
    assert "token already used" in refusal(outcome)[2]
    assert first.detail("late") is None


# logging in


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ({"password": lambda _: b"wrong"}, "login-password-wrong"),
        ({"provisioner": "nobody"}, "login-no-such-provisioner"),
        ({"subject": "bob"}, "login-not-an-admin"),
    ],
)
def test_a_login_that_fails_says_why(bench: Bench, login: dict[str, Any], code: str) -> None:
    """Password, provisioner and subject are told apart."""
    with pytest.raises(ShellError) as error:
        bench.target(**login).api.whoami()
    assert error.value.code == code
    assert error.value.hint


def test_the_provisioner_need_not_be_named_where_there_is_one(bench: Bench) -> None:
    """A single JWK provisioner is the one; among two somebody must choose."""
    target = bench.target(provisioner="")
    assert target.api.whoami() is not None
    assert target.login is not None
    assert target.login.provisioner == "admin"
    created(target, jwk(bench, "second"))
    with pytest.raises(LoginError) as error:
        bench.target(provisioner="").api.whoami()
    assert error.value.code == "login-which-provisioner"
    assert "second" in error.value.hint
    created(target, acme())
    with pytest.raises(LoginError) as error:
        bench.target(provisioner="acme").api.whoami()
    assert error.value.code == "login-flow-unsupported"


def test_one_login_serves_every_request(bench: Bench) -> None:
    """The password is asked once, and the CA signs once."""
    asked = []

    def password(prompt: str) -> bytes:
        asked.append(prompt)
        return bench.pki.password.encode()

    target = bench.target(password=password)
    for number in range(5):
        created(target, acme(f"a{number}"))
    assert len(asked) == 1
    assert [exchange.path for exchange in target.connection.exchanges].count("/1.0/sign") == 1


def test_a_login_asks_for_as_long_as_the_provisioner_allows(bench: Bench) -> None:
    """The provisioner's maximum is kept to; without one the session's own length is asked for."""
    first, _ = with_second_admin(bench)
    message = first.detail("second")
    assert message is not None
    claims: Any = {"x509": {"enabled": True, "durations": {"max": "1h", "default": "10m", "min": "5m"}}}
    first.api.replace("second", {**message, "claims": claims})
    lengths = []
    for login in ({}, {"provisioner": "second", "subject": "other"}):
        target = bench.target(**login)
        target.api.whoami()
        held = target.login._held  # type: ignore[union-attr]
        leaf = held.chain.leaf
        lengths.append(round((leaf.not_after - leaf.not_before).total_seconds() / 60) - 1)
    assert lengths == [8 * 60, 60]


def test_a_rehearsal_is_a_new_login(bench: Bench) -> None:
    """It asks for no password, gets another certificate, and an admin call works with it."""
    target = bench.target()
    assert target.api.whoami() is not None
    assert target.login is not None
    again = target.login.rehearse()
    assert AdminApi(target.connection, again).whoami() == target.api.whoami()


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ('{{ fail "no" }}', "login-not-certified"),
        (GATED % ('"digitalSignature"', '"serverAuth"'), "login-certificate-unfit"),
        (GATED % ('"keyEncipherment"', '"clientAuth"'), "login-certificate-unfit"),
    ],
)
def test_a_rehearsal_finds_a_template_that_locks_out(bench: Bench, template: str, code: str) -> None:
    """A new login fails, with the reason; the certificate in hand still works, so that it can be undone."""
    target = bench.target()
    before = target.detail("admin")
    assert before is not None
    target.api.replace("admin", {**before, "x509Template": {"template": encoded(template)}})
    assert target.login is not None
    with pytest.raises(ShellError) as error:
        AdminApi(target.connection, target.login.rehearse()).whoami()
    assert error.value.code == code
    assert isinstance(target.api.replace("admin", before), Answer)
    AdminApi(target.connection, target.login.rehearse()).whoami()


def test_a_rehearsal_finds_another_key(bench: Bench) -> None:
    """With a new key in his provisioner the admin's password opens nothing that the CA takes."""
    target = bench.target()
    before = target.detail("admin")
    assert before is not None
    other = jwk(bench, "admin")["details"]["JWK"]
    lone = {"publicKey": other["publicKey"]}
    target.api.replace("admin", {**before, "details": {"JWK": lone}})
    assert target.login is not None
    with pytest.raises(LoginError):
        target.login.rehearse()
    assert isinstance(target.api.replace("admin", before), Answer)


def test_a_certificate_logs_in_and_renews_itself(bench: Bench) -> None:
    """With certificate and key in PEM there is no password, and no rehearsal."""
    first = bench.target()
    first.api.whoami()
    held = first.login._held  # type: ignore[union-attr]
    pem = b"".join(serialization_pem(der) for der in held.chain.der)
    key = held.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    connection = bench.connection()
    login = CertificateLogin(connection, pem, key)
    assert (login.subject, login.provisioner, login.can_rehearse) == ("step", "admin", False)
    assert AdminApi(connection, login).whoami() == first.api.whoami()
    with pytest.raises(LoginError):
        login.rehearse()
    leaf_only = CertificateLogin(connection, serialization_pem(held.chain.der[0]), key)
    with pytest.raises(LoginError) as error:
        AdminApi(connection, leaf_only).admins()
    assert error.value.code == "login-certificate-invalid"


def serialization_pem(der: bytes) -> bytes:
    """Return a certificate as PEM."""
    lines = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + lines + b"-----END CERTIFICATE-----\n"


def test_errors_of_reading_have_the_request_id(bench: Bench) -> None:
    """What the CA's log knows the request by is there, with its own words."""
    target = bench.target(subject="bob")
    with pytest.raises(CaError) as error:
        target.api.admins()
    assert len(error.value.request_id) == 32
    assert "unable to load admin with subject(s) [bob bob]" in error.value.said


def test_a_certificate_is_renewed_by_itself(bench: Bench) -> None:
    """With a token of its own key, long before it expires; not where its provisioner disables that."""
    target = bench.target()
    target.api.whoami()
    held = target.login._held  # type: ignore[union-attr]
    now = int(time.time())
    new = renewed(target.connection, held, now)
    assert new is not None
    assert new.chain.leaf.serial != held.chain.leaf.serial
    token = new.signer.token("/admin/admins", now)
    assert isinstance(target.connection.request("GET", "/admin/admins", authorize=lambda: token), Answer)
    message = target.detail("admin")
    assert message is not None
    target.api.replace("admin", {**message, "claims": {"disableRenewal": True}})
    assert renewed(target.connection, new, now) is None
