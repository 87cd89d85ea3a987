"""Logging in, staying logged in, and what is said when it does not work; on the simulated CA."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from shell.backends.admin.api import AdminApi, Burn
from shell.backends.admin.connection import Connection
from shell.backends.admin.failures import CaError, LoginError
from shell.backends.admin.login import CertificateLogin, PasswordLogin
from shell.backends.admin.outcome import Answer, Lost
from shell.backends.admin.target import AdminCa
from shell.certs import pem
from shell.codec.linkedca import from_message
from shell.codec.messagefields import encode_text
from shell.errors import ShellError
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.tokens import AdminSigner
from tests.support.certificates import certificate
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request, SimulatedCa, SimulatedTransport
from tests.support.simulatedca.listing import message_of

Message = dict[str, Any]


class Clock:
    """A clock that stands still until it is moved; it begins now, since the PKI is valid now."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return what time it is."""
        return self.moment

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    """Return the clock of CA and client."""
    return Clock()


@pytest.fixture
def ca(pki: Pki, clock: Clock) -> SimulatedCa:
    """Return a CA that lives by this clock."""
    return SimulatedCa(pki, clock=clock)


@pytest.fixture
def transport(ca: SimulatedCa) -> SimulatedTransport:
    """Return a way to the CA."""
    return ca.transport()


@pytest.fixture
def target(ca: SimulatedCa, transport: SimulatedTransport) -> AdminCa:
    """Return the CA as a target, with the password login of its first admin."""
    return ca.target(transport)


def paths(transport: SimulatedTransport) -> list[str]:
    """Return what the CA was asked for."""
    return [request.path for request in transport.requests]


def change_claims(ca: SimulatedCa, **claims: Any) -> None:
    """Give the admin's provisioner other claims."""
    (message,) = ca.database.provisioners.values()
    message["claims"] = claims
    ca.reload()


def test_reading_does_not_log_in(target: AdminCa, transport: SimulatedTransport) -> None:
    """Nobody is asked for a password before something needs it."""
    target.read()
    assert "/1.0/sign" not in paths(transport)
    assert target.login is not None
    assert target.login.not_after is None


def test_the_certificate_is_renewed_in_time_without_asking(ca: SimulatedCa, clock: Clock) -> None:
    """In the middle of a long commit: a new certificate with the key opened for the first one."""
    asked = []
    change_claims(ca, x509={"durations": {"max": "10m", "default": "5m"}})

    def password(prompt: str) -> bytes:
        asked.append(prompt)
        return ca.pki.password.encode()

    transport = ca.transport()
    target = ca.target(transport, password=password)
    for number in range(20):
        message: Message = {"type": "ACME", "name": f"a{number}", "details": {"ACME": {}}}
        assert isinstance(target.api.create(message), Answer)
        clock.move(minutes=2)
    assert len(asked) == 1
    assert 4 <= paths(transport).count("/1.0/sign") <= 7
    assert target.login is not None
    assert target.login.not_after is not None
    assert target.login.not_after > clock()


def test_a_token_is_signed_ahead_once_and_for_one_path(
    target: AdminCa, transport: SimulatedTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an answer is awaited; whoever asks for something else next, or after that, has a token of his own."""
    signed: list[str] = []
    token = AdminSigner.token

    def note(self: AdminSigner, path: str, now: int, id: str = "") -> str:
        signed.append(path)
        return token(self, path, now, id)

    monkeypatch.setattr(AdminSigner, "token", note)
    api = target.api
    api.expect("/admin/admins/x")
    api.admins()  # the first request of all is for the login: nothing can be signed yet
    for expected in ("/admin/provisioners/x", "/admin/policy"):
        signed.clear()
        api.expect(expected)
        api.admins()
        assert signed == ["/admin/admins", expected]
        api.provisioner("x")
        api.provisioner("x")
    assert signed == ["/admin/admins", "/admin/policy", "/admin/provisioners/x", "/admin/provisioners/x"]
    used = [request.headers.get("authorization") for request in transport.requests[3:]]
    assert len(set(used)) == len(used)


def test_nothing_is_signed_ahead_with_a_certificate_that_is_replaced(
    ca: SimulatedCa, target: AdminCa, transport: SimulatedTransport, clock: Clock
) -> None:
    """Neither with one that is due, nor is a token of an earlier login taken."""
    target.api.admins()
    assert target.login is not None
    assert target.login.not_after is not None
    clock.moment = target.login.not_after - timedelta(seconds=30)
    target.api.expect("/admin/provisioners/x")
    before = len(transport.requests)
    target.api.connection.request("GET", "/version")
    assert paths(transport)[before:] == ["/version"]
    target.api.admins()
    assert paths(transport)[before:] == ["/version", "/1.0/sign", "/admin/admins"]
    target.api.expect("/admin/provisioners/x")
    target.api.admins()
    clock.move(seconds=1)
    target.login.forget()
    assert target.api.provisioner("x") is None
    assert paths(transport)[-2:] == ["/1.0/sign", "/admin/provisioners/x"]


def test_no_renewal_begins_while_an_answer_is_awaited(
    target: AdminCa, transport: SimulatedTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the certificate comes to its time in that moment: the answer would get lost over it."""
    target.api.admins()
    due = iter([False])
    monkeypatch.setattr(PasswordLogin, "is_due", lambda *_: next(due, True))
    target.api.expect("/admin/provisioners/x")
    before = len(transport.requests)
    target.api.connection.request("GET", "/version")
    assert paths(transport)[before:] == ["/version"]


def test_a_lost_request_with_a_token_that_was_signed_ahead_is_burnt(
    target: AdminCa, transport: SimulatedTransport
) -> None:
    """The id of that token is spent, and the request does nothing when it arrives late."""
    api, noted = target.api, list[tuple[str, str]]()
    api.expect("/admin/provisioners")
    api.admins()
    api.expect("/admin/provisioners")
    api.admins()
    api.before_change = lambda path, token_id: noted.append((path, token_id))
    transport.fault = lambda request: Fault("drop") if request.method == "POST" else None
    outcome = api.create({"type": "ACME", "name": "new", "details": {"ACME": {}}})
    assert isinstance(outcome, Lost)
    assert noted == [("/admin/provisioners", outcome.token_id)]
    assert api.burn(outcome) is Burn.BURNT
    assert api.burn(outcome) is Burn.USED


def test_a_renewal_that_fails_leaves_the_certificate_in_use(
    target: AdminCa, transport: SimulatedTransport, clock: Clock
) -> None:
    """While it holds it may be needed to take something back; when it is over the reason is said."""

    def no_signing(request: Request) -> Fault | None:
        body = b'{"status":403,"message":"The request was forbidden: no"}'
        return Fault("answer", 403, body, echo=True) if request.path.endswith("/sign") else None

    assert target.api.whoami() is not None
    transport.fault = no_signing
    clock.move(hours=7, minutes=55)
    assert target.api.whoami() is not None
    clock.move(minutes=10)
    with pytest.raises(LoginError) as error:
        target.api.whoami()
    assert error.value.code == "login-not-certified"
    assert error.value.said.endswith("no")


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_clock_that_is_wrong_is_named(pki: Pki, clock: Clock, seconds: int) -> None:
    """The CA says only that it does not take the token; its date says why."""
    ca = SimulatedCa(pki, clock=lambda: clock() + timedelta(seconds=seconds))
    connection = Connection(ca.transport(), wall=lambda: clock().timestamp())
    login = PasswordLogin(
        connection, password=lambda _: pki.password.encode(), provisioner="admin", clock=clock
    )
    with pytest.raises(LoginError) as error:
        AdminApi(connection, login).admins()
    assert error.value.code == "clock-skew"
    assert f"3600 seconds {'ahead of' if seconds > 0 else 'behind'}" in error.value.message


def test_the_length_asked_for_may_be_more_than_the_ca_allows(ca: SimulatedCa) -> None:
    """A limit of the whole CA cannot be seen; the provisioner's own length is taken then."""
    transport = ca.transport()

    def limited(request: Request) -> Fault | None:
        if request.path != "/1.0/sign" or not request.json["notAfter"]:
            return None
        words = b"requested duration of 8h is more than the authorized maximum certificate duration of 1h"
        return Fault("answer", 403, b'{"status":403,"message":"%s"}' % words, echo=True)

    transport.fault = limited
    assert ca.target(transport).api.whoami() is not None
    assert [request.json["notAfter"] for request in transport.requests if "sign" in request.path] == [
        "8h0m0s",
        "",
    ]


def test_a_disabled_provisioner_is_named(target: AdminCa, transport: SimulatedTransport) -> None:
    """Nobody can log in through one that the CA disabled."""
    body = b'{"status":401,"message":"provisioner \\"admin\\" is disabled due to an initialization error"}'
    transport.fault = lambda request: (
        Fault("answer", 401, body, echo=True) if "sign" in request.path else None
    )
    with pytest.raises(LoginError) as error:
        target.api.admins()
    assert error.value.code == "login-provisioner-disabled"


def test_a_key_that_is_no_longer_taken_is_named(target: AdminCa, transport: SimulatedTransport) -> None:
    """A refused token with clocks that agree is about the key or the name of the CA."""
    body = b'{"status":401,"message":"The request lacked necessary authorization to be completed."}'
    transport.fault = lambda request: (
        Fault("answer", 401, body, echo=True) if "sign" in request.path else None
    )
    with pytest.raises(LoginError) as error:
        target.api.admins()
    assert error.value.code == "login-not-authorized"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("refuse"), "ca-down"),
        (Fault("drop"), "ca-broken-answer"),
        (Fault("answer", 502, b"<html>"), "ca-broken-answer"),
        (Fault("answer", 200, b"{}", echo=True), "not-a-ca"),
    ],
)
def test_a_ca_that_does_not_answer_is_no_wrong_password(
    target: AdminCa, transport: SimulatedTransport, fault: Fault, code: str
) -> None:
    """What happens on the way is said as what it is, at every step of the login."""
    for path in ("/provisioners", "/1.0/sign", "/admin/admins"):
        transport.fault = lambda request, path=path: fault if request.path == path else None
        with pytest.raises(CaError) as error:
            target.api.admins()
        assert error.value.code == code, path
        assert error.value.hint or code == "ca-down"
        transport.fault = None


def test_the_admin_api_that_goes_away_is_named(ca: SimulatedCa, target: AdminCa) -> None:
    """Remote management switched off in between is no login error."""
    target.api.whoami()
    ca.management = False
    with pytest.raises(CaError) as error:
        target.api.admins()
    assert error.value.code == "remote-management-off"


def test_no_secret_is_in_what_is_recorded_or_shown(target: AdminCa, pki: Pki) -> None:
    """Neither the records of requests nor the objects of a login show a token, a key or a password."""
    target.api.whoami()
    login = target.login
    shown = repr(target.connection.exchanges) + repr(login) + repr(login._held)  # type: ignore[union-attr]
    for secret in (pki.password, "BEGIN", "eyJ"):
        assert secret not in shown


def test_a_login_uses_what_was_read_before(target: AdminCa, transport: SimulatedTransport) -> None:
    """The list of provisioners is not read once more to log in: one request signs, and no more."""
    target.read()
    target.api.whoami()
    assert paths(transport) == ["/provisioners", "/admin/admins", "/1.0/sign", "/admin/admins"]


def test_what_was_read_may_be_outdated(ca: SimulatedCa, target: AdminCa) -> None:
    """A key that was changed since the list was read: the login looks again."""
    target.read()
    (message,) = ca.database.provisioners.values()
    message["details"] = message_of(ca.pki.jwk())["details"]
    ca.reload()
    assert target.api.whoami() is not None


def test_a_rehearsal_costs_two_requests(target: AdminCa, transport: SimulatedTransport) -> None:
    """One sees that the key is still the one, one signs."""
    target.api.whoami()
    assert target.login is not None
    before = len(transport.requests)
    target.login.rehearse()
    assert [path.rpartition("/")[2] for path in paths(transport)[before:]] == ["encrypted-key", "sign"]


def test_a_rehearsal_opens_a_key_that_got_another_password(ca: SimulatedCa, target: AdminCa) -> None:
    """The same key under a new password: the login's own does not open it, the new one does."""
    target.api.whoami()
    login = target.login
    assert isinstance(login, PasswordLogin)
    (message,) = ca.database.provisioners.values()
    key = from_message(message).get(("encryptedKey",))
    sealed = encrypt_key(decrypt_key(str(key), ca.pki.password), "new", 1000)
    message["details"]["JWK"]["encryptedPrivateKey"] = encode_text(sealed)
    with pytest.raises(LoginError) as error:
        login.rehearse()
    assert error.value.code == "login-password-wrong"
    assert AdminApi(target.connection, login.rehearse(lambda _: b"new")).whoami() is not None


# with a certificate of one's own


def held(ca: SimulatedCa) -> tuple[bytes, bytes]:
    """Return certificate chain and key of the first admin, as files have them."""
    target = ca.target()
    target.api.whoami()
    found = target.login._held  # type: ignore[union-attr]
    chain = b"".join(pem.encode("CERTIFICATE", der) for der in found.chain.der)
    return chain, private_pem(found.key)


def private_pem(key: Any, password: bytes = b"") -> bytes:
    """Return a private key as PEM."""
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    found: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )
    return found


def test_a_certificate_renews_itself_in_time(ca: SimulatedCa, clock: Clock) -> None:
    """With its own key, before it expires; the file is not touched."""
    chain, key = held(ca)
    transport = ca.transport()
    connection = Connection(transport)
    login = CertificateLogin(connection, chain, key, clock=clock)
    api = AdminApi(connection, login)
    first = api.whoami()
    for _ in range(3):
        clock.move(hours=7, minutes=55)
        assert api.whoami() == first
    assert paths(transport).count("/1.0/renew") == 3


def test_a_certificate_that_may_not_renew_holds_until_it_expires(ca: SimulatedCa, clock: Clock) -> None:
    """Then it is said when it expired, and what to do."""
    chain, key = held(ca)
    change_claims(ca, disableRenewal=True)
    connection = Connection(ca.transport())
    api = AdminApi(connection, CertificateLogin(connection, chain, key, clock=clock))
    clock.move(hours=7, minutes=55)
    assert api.whoami() is not None
    clock.move(minutes=10)
    with pytest.raises(LoginError) as error:
        api.whoami()
    assert error.value.code == "login-certificate-expired"
    assert "step ca certificate" in error.value.hint


def test_an_expired_certificate_is_said_before_anything_is_sent(ca: SimulatedCa, clock: Clock) -> None:
    """It cannot log in, and the CA need not be asked."""
    chain, key = held(ca)
    clock.move(hours=9)
    transport = ca.transport()
    connection = Connection(transport)
    with pytest.raises(LoginError) as error:
        AdminApi(connection, CertificateLogin(connection, chain, key, clock=clock)).admins()
    assert error.value.code == "login-certificate-expired"
    assert transport.requests == []


def test_a_certificate_from_the_future_is_about_the_clock(ca: SimulatedCa, clock: Clock) -> None:
    """A clock that is behind makes a new certificate not yet valid."""
    chain, key = held(ca)
    clock.move(hours=-3)
    connection = Connection(ca.transport())
    with pytest.raises(LoginError) as error:
        AdminApi(connection, CertificateLogin(connection, chain, key, clock=clock)).admins()
    assert error.value.code == "clock-skew"


def test_a_key_under_a_password_is_opened_once(ca: SimulatedCa, pki: Pki) -> None:
    """The password is asked for an encrypted key, and a wrong one is said."""
    chain, _ = held(ca)
    target = ca.target()
    target.api.whoami()
    found = target.login._held  # type: ignore[union-attr]
    chain = b"".join(pem.encode("CERTIFICATE", der) for der in found.chain.der)
    protected = private_pem(found.key, b"secret")
    connection = Connection(ca.transport())
    login = CertificateLogin(connection, chain, protected, password=lambda _: b"secret")
    assert AdminApi(connection, login).whoami() is not None
    with pytest.raises(ShellError) as error:
        CertificateLogin(connection, chain, protected, password=lambda _: b"wrong")
    assert error.value.code == "key-password-wrong"


def test_files_that_are_no_login_are_refused(ca: SimulatedCa) -> None:
    """A certificate that is none, a key that is none, a public key, and two that do not fit."""
    chain, key = held(ca)
    _, other = held(ca)
    public = serialization.load_pem_private_key(key, None).public_key()
    public_text = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    connection = Connection(ca.transport())
    for certificate_file, key_file, code in (
        (b"nothing", key, "login-certificate-malformed"),
        (chain, b"nothing", "login-key-malformed"),
        (chain, public_text, "login-key-malformed"),
        (chain, other, "login-key-mismatch"),
        (certificate(), key, "login-key-mismatch"),
    ):
        with pytest.raises(LoginError) as error:
            CertificateLogin(connection, certificate_file, key_file)
        assert error.value.code == code
