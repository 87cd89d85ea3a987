"""Logging in to a real step-ca through an identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from shell.backends.admin.api import AdminApi, Burn
from shell.backends.admin.connection import Connection
from shell.backends.admin.failures import LoginError
from shell.backends.admin.https import HttpsTransport
from shell.backends.admin.identity import Browser
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.oidclogin import OidcLogin
from shell.backends.admin.outcome import Answer, Lost, Refused
from shell.keys.tokens import new_token_id
from tests.support.ca import CertificateAuthority
from tests.support.idp import CLIENT_SECRET, IdentityProvider, Typist, browse, identity_provider
from tests.support.pki import Pki

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class Bench:
    """A CA whose provisioner `idp` has the super admin `me@example.com`, and the provider."""

    ca: CertificateAuthority
    provider: IdentityProvider
    pki: Pki

    def connection(self) -> Connection:
        """Return a new connection."""
        return Connection(HttpsTransport(self.ca.url, root_pem=self.pki.root.read_text()))

    def api(self, browser: Browser, *, subject: str = "", provisioner: str = "idp") -> AdminApi:
        """Return the admin API with a login through the provider."""
        connection = self.connection()
        return AdminApi(connection, OidcLogin(connection, browser, provisioner=provisioner, subject=subject))


@pytest.fixture
def bench(remote_ca: CertificateAuthority, pki: Pki) -> Iterator[Bench]:
    """Return a CA with a provider that somebody can log in through."""
    with identity_provider() as provider:
        found = Bench(remote_ca, provider, pki)
        connection = found.connection()
        api = AdminApi(connection, PasswordLogin(connection, password=lambda _: pki.password.encode()))
        details: dict[str, Any] = {
            "clientId": "cid",
            "clientSecret": CLIENT_SECRET,
            "configurationEndpoint": provider.url,
        }
        message: dict[str, Any] = {"type": "OIDC", "name": "idp", "details": {"OIDC": details}}
        assert isinstance(api.create(message), Answer)
        assert isinstance(api.add_admin("me@example.com", "idp", super=True), Answer)
        yield found


def test_a_browser_on_this_machine(bench: Bench) -> None:
    """The provider sends it back to a loopback address; the admin is who the provider says."""
    api = bench.api(Browser(browse, timeout=60))
    me = api.whoami()
    assert me is not None
    assert (me.subject, me.super) == ("me@example.com", True)
    assert api.login.subject == "me@example.com"
    assert api.login.burnable
    with pytest.raises(LoginError) as error:
        api.login.rehearse()
    assert error.value.code == "login-no-rehearsal"


def test_a_pasted_address(bench: Bench) -> None:
    """Where the browser runs elsewhere, the address that it ended at does."""
    typist = Typist()
    api = bench.api(Browser(typist.show, typist.paste), subject="me@example.com")
    assert api.whoami() is not None
    assert [one.path for one in api.connection.exchanges].count("/1.0/sign") == 1


def test_somebody_who_is_no_admin(bench: Bench) -> None:
    """The provider lets him in, the CA does not."""
    bench.provider.email = "other@example.com"
    with pytest.raises(LoginError) as error:
        bench.api(Browser(browse, timeout=60)).whoami()
    assert error.value.code == "login-not-an-admin"


def test_a_login_that_the_provider_refuses(bench: Bench) -> None:
    """Its reason is said, and nothing of the client's secret."""
    bench.provider.deny = True
    with pytest.raises(LoginError) as error:
        bench.api(Browser(browse, timeout=60)).whoami()
    assert (error.value.code, "access_denied" in error.value.message) == ("login-denied", True)
    bench.provider.deny = False
    bench.provider.token_error = "invalid_client"
    with pytest.raises(LoginError) as error:
        bench.api(Browser(browse, timeout=60)).whoami()
    assert error.value.code == "login-identity-provider"
    assert "because of invalid_client" in error.value.message
    assert CLIENT_SECRET not in error.value.message


@pytest.mark.parametrize("answer", ["", "http://127.0.0.1/?code=x&state=wrong", "http://127.0.0.1/?state=x"])
def test_an_answer_to_another_login(bench: Bench, answer: str) -> None:
    """Without a code, or with the state of another login, nothing is exchanged."""
    with pytest.raises(LoginError) as error:
        bench.api(Browser(lambda _: None, lambda _: answer)).whoami()
    assert error.value.code == "login-no-code"


def test_a_browser_that_does_not_come_back(bench: Bench) -> None:
    """The wait ends."""
    with pytest.raises(LoginError) as error:
        bench.api(Browser(lambda _: None, timeout=0.05)).whoami()
    assert error.value.code == "login-no-code"


def test_a_provisioner_that_is_none_of_oidc(bench: Bench) -> None:
    """It is said which one was looked for."""
    with pytest.raises(LoginError) as error:
        bench.api(Browser(lambda _: None), provisioner="admin").whoami()
    assert error.value.code == "login-no-such-provisioner"


def test_a_provider_that_is_down(bench: Bench) -> None:
    """The CA is up, and who does not answer is named."""
    api = bench.api(Browser(lambda _: None))
    bench.provider.shutdown()
    bench.provider.server_close()
    with pytest.raises(LoginError) as error:
        api.whoami()
    assert error.value.code == "login-identity-provider"
    assert bench.provider.url in error.value.message


def test_the_token_of_such_an_admin_is_spent_by_another_login(bench: Bench) -> None:
    """step-ca takes the nonce of a token for its id where the provisioner is one of OIDC."""
    api = bench.api(Browser(browse, timeout=60))
    connection = bench.connection()
    other = AdminApi(connection, PasswordLogin(connection, password=lambda _: bench.pki.password.encode()))
    path = "/admin/provisioners"
    lost = Lost("why", path, new_token_id())
    token = api.login.token(path, lost.token_id)
    assert [other.burn(lost), api.burn(lost)] == [Burn.BURNT, Burn.USED]
    outcome = api.connection.request("POST", path, body={"type": "ACME"}, authorize=lambda: token)
    assert isinstance(outcome, Refused)
    assert "token already used" in outcome.message
