"""The admin API of a real step-ca: every type there and back, odd names, reloads, and the step CLI beside us."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from shell.backends.admin.connection import Connection
from shell.backends.admin.failures import CaError
from shell.backends.admin.https import HttpsTransport
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.outcome import Answer
from shell.backends.admin.target import AdminCa
from shell.codec.linkedca import differences, from_message, list_form, same_message, to_message, unsupported
from shell.errors import ShellError
from shell.keys.jwe import encrypt_key
from shell.keys.jwk import create_key
from shell.model.provisioner import Provisioner
from shell.model.types import TYPES
from shell.model.values import parse_json
from tests.support.ca import CertificateAuthority, StartCA
from tests.support.clouds import clouds
from tests.support.nebula import version1
from tests.support.pki import Pki
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

CLAIMS = {
    "minTLSCertDuration": "5m",
    "maxTLSCertDuration": "48h",
    "defaultTLSCertDuration": "90m",
    "minUserSSHCertDuration": "1h0m0s",
    "maxHostSSHCertDuration": "1000h",
    "enableSSHCA": True,
    "disableRenewal": True,
    "allowRenewalAfterExpiry": False,
    "disableSmallstepExtensions": True,
}
HOOK = {
    "name": "w",
    "id": "8502b088-0000-4000-8000-000000000000",
    "url": "https://h.example.com/{{ .Subject.CommonName }}",
    "kind": "AUTHORIZING",
    "certType": "X509",
    "disableTLSClientAuth": True,
    "secret": base64.b64encode(b"s" * 64).decode(),
    "basicAuth": {"username": "u", "password": "pé"},
}
OPTIONS = {
    "x509": {
        "template": '{"subject": {{ toJson .Subject }}}\n',
        "templateData": {"OU": "x", "n": [1, 1.50, None]},
    },
    "ssh": {"template": "{{ toJson .Keys }} é\u2028", "templateData": {}},
    "webhooks": [
        HOOK,
        {"name": "b", "url": "https://b", "kind": "ENRICHING", "secret": "c2s=", "bearerToken": "t"},
    ],
}


def values(entry: Any) -> Any:
    """Return what Python's json would write as values of the program."""
    return parse_json(json.dumps(entry))


def entries(pki: Pki) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return for each type what it cannot do without, and everything else that it can have in the API."""
    root = pki.root.read_bytes()
    both = base64.b64encode(root + pki.intermediate.read_bytes()).decode()
    key = serialization.load_pem_private_key(pki.key.read_bytes(), None).public_key()
    public = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private, jwk = create_key()
    tenant = "bc9043e2-b645-4c1c-a87a-78f8644bfe57"
    endpoint = "https://idp.example.com"
    return {
        "JWK": ({"key": jwk}, {"encryptedKey": encrypt_key(private, "pw", 1000)}),
        "OIDC": (
            {"clientID": "cid", "configurationEndpoint": endpoint},
            {
                "clientSecret": "s",
                "tenantID": "t",
                "admins": ["a@x.com", "b"],
                "domains": ["x.com"],
                "groups": ["g"],
                "listenAddress": ":10000",
                "scopes": ["openid"],
                "authParams": ["a=b"],
            },
        ),
        "X5C": ({"roots": base64.b64encode(root).decode()}, {"roots": both}),
        "K8sSA": (
            {"publicKeys": base64.b64encode(public).decode()},
            {"publicKeys": base64.b64encode(public + public).decode()},
        ),
        "ACME": (
            {},
            {
                "forceCN": True,
                "requireEAB": True,
                "termsOfService": "https://t",
                "website": "https://w",
                "caaIdentities": ["ca"],
                "challenges": ["http-01", "dns-01", "tls-alpn-01", "device-attest-01"],
                "attestationFormats": ["apple", "step", "tpm"],
                "attestationRoots": both,
            },
        ),
        "AWS": (
            {},
            {
                "accounts": ["1"],
                "instanceAge": "1h",
                "disableCustomSANs": True,
                "disableTrustOnFirstUse": True,
            },
        ),
        "GCP": (
            {},
            {
                "serviceAccounts": ["sa@x"],
                "projectIDs": ["p"],
                "instanceAge": "90m",
                "disableCustomSANs": True,
                "disableTrustOnFirstUse": True,
                "disableSSHCAUser": False,
                "disableSSHCAHost": True,
            },
        ),
        "Azure": (
            {"tenantID": tenant},
            {
                "resourceGroups": ["rg"],
                "subscriptionIDs": ["s"],
                "objectIDs": ["o"],
                "audience": "https://aud/",
                "disableCustomSANs": True,
                "disableTrustOnFirstUse": True,
            },
        ),
        "SSHPOP": ({}, {}),
        "SCEP": (
            pki.scep_decrypter(),
            {
                "challenge": "c",
                "capabilities": ["AES"],
                "includeRoot": True,
                "excludeIntermediate": True,
                "forceCN": True,
                "minimumPublicKeyLength": 3072,
                "encryptionAlgorithmIdentifier": 2,
            },
        ),
        "Nebula": (
            {"roots": base64.b64encode(version1()).decode()},
            {"roots": base64.b64encode(version1() + version1("other")).decode()},
        ),
    }


@pytest.fixture(scope="module")
def cloudy(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminCa]:
    """Return a CA with remote management that finds stand-ins for the clouds; every test leaves it as it was."""
    folder = tmp_path_factory.mktemp("cloudy")
    config = pki.config(
        [pki.jwk()],
        database=True,
        authority={"enableAdmin": True},
    )
    with (
        clouds(folder) as environment,
        CertificateAuthority(
            step_ca, folder=folder / "ca", root=pki.root, config=config, environment=environment
        ) as ca,
    ):
        yield target_of(ca, pki)


def target_of(ca: CertificateAuthority, pki: Pki) -> AdminCa:
    """Return a CA as a target with the login of its first admin."""
    connection = Connection(HttpsTransport(ca.url, root_pem=pki.root.read_text()))
    return AdminCa(connection, PasswordLogin(connection, password=lambda _: pki.password.encode()))


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
@pytest.mark.parametrize("type_", [row.name for row in TYPES])
def test_every_type_there_and_back(cloudy: AdminCa, pki: Pki, type_: str, full: bool) -> None:
    """What a provisioner says is what the CA has, lists and keeps, whatever of it is written again."""
    least, more = entries(pki)[type_]
    entry: dict[str, Any] = {"type": type_, "name": "test", **least}
    if full:
        entry |= {**more, "claims": CLAIMS}
        if type_ != "SSHPOP":
            entry["options"] = OPTIONS
    wanted = Provisioner(values(entry))
    assert unsupported(wanted) == []
    message = to_message(wanted)
    outcome = cloudy.api.create(message)
    assert isinstance(outcome, Answer), outcome
    try:
        stored = cloudy.detail("test")
        assert stored is not None
        assert same_message(stored, message)
        assert list_form(from_message(stored)) == list_form(wanted)
        listed = _listed(cloudy)
        assert list_form(listed) == list_form(wanted)
        assert to_message(listed, stored) == stored
        assert unsupported(listed) == [] or "options" in entry
        _write_again(cloudy, stored, listed)
    finally:
        assert isinstance(cloudy.api.delete("test"), Answer)


def _listed(target: AdminCa) -> Provisioner:
    (found,) = (entry for entry in target.read(login=True).entries if entry["name"] == "test")
    return Provisioner(found)


def _write_again(target: AdminCa, stored: dict[str, Any], listed: Provisioner) -> None:
    """Write an edit of what the list shows over the message, and look that this and only this changed."""
    edited = listed.with_value(
        ("claims", "disableRenewal"), listed.get(("claims", "disableRenewal")) is not True
    )
    message = to_message(edited, stored)
    assert isinstance(target.api.replace("test", message), Answer)
    after = target.detail("test")
    assert after is not None
    assert same_message(after, message)
    assert after.get("webhooks") == stored.get("webhooks")
    changed = differences(from_message(after), from_message(stored))
    first = stored.get("claims") is None  # the switches become explicit with the first claim
    assert set(changed) - (set(_switches()) if first else set()) <= {"claims.disableRenewal"}


def _switches() -> tuple[str, ...]:
    return ("claims.allowRenewalAfterExpiry", "claims.disableSmallstepExtensions")


NAMES = [
    ".",
    "..",
    "%",
    "%2e",
    "a b",
    "é",
    "q?x=#&",
    "(x)!'*",
    "a@b",
    "[::]",
    "id",
    "t\tn\n",
    '<>|^{}\\"',
    "x" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_addressed(cloudy: AdminCa, name: str) -> None:
    """Whatever a provisioner is called: it is read, replaced, renamed and deleted by its name."""
    api = cloudy.api
    assert isinstance(api.create({"type": "ACME", "name": name, "details": {"ACME": {}}}), Answer)
    message = api.provisioner(name)
    assert message is not None
    assert message["name"] == name
    assert isinstance(api.replace(name, {**message, "details": {"ACME": {"forceCn": True}}}), Answer)
    assert isinstance(api.delete(name), Answer)
    assert api.provisioner_by_id(str(message["id"])) is None


def test_a_name_with_a_slash_is_reached_by_its_id(cloudy: AdminCa) -> None:
    """The API has no other way to it, so that it is refused before it is made."""
    outcome = cloudy.api.create({"type": "ACME", "name": "a/b", "details": {"ACME": {}}})
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.json, dict)
    with pytest.raises(CaError) as error:
        cloudy.api.provisioner("a/b")
    assert error.value.code == "name-not-addressable"
    id_ = str(outcome.json["id"])
    assert cloudy.api.provisioner_by_id(id_) is not None
    assert isinstance(cloudy.api.delete("a/b", id_), Answer)
    assert unsupported(Provisioner({"type": "ACME", "name": "a/b"}))


def test_the_session_goes_on_after_a_reload(remote_ca: CertificateAuthority, pki: Pki) -> None:
    """The CA closes every connection when it reloads; the login stays, and the next call works."""
    target = target_of(remote_ca, pki)
    me = target.api.whoami()
    assert remote_ca.reload().kind == "accepted"
    assert target.api.whoami() == me
    assert [one.path for one in target.connection.exchanges].count("/1.0/sign") == 1


def test_a_ca_without_remote_management_can_be_looked_at(ca: CertificateAuthority, pki: Pki) -> None:
    """Its provisioners are listed, and what would change it is refused with the way out."""
    target = target_of(ca, pki)
    reading = target.read()
    assert [summary.name for summary in reading.base.summaries] == ["admin"]
    (notice,) = target.notices(reading)
    assert (notice.code, notice.blocks) == ("remote-management-off", "never")
    assert "enableAdmin" in notice.hint
    with pytest.raises(ShellError) as error:
        target.detail("admin")
    assert error.value.code == "remote-management-off"


def test_a_disabled_provisioner_is_noticed(start_ca: StartCA, pki: Pki) -> None:
    """What the CA serves as disabled is said with its reason."""
    target = target_of(start_ca(pki.config([pki.jwk(), {"type": "X5C", "name": "badx"}])), pki)
    notices = {notice.code: notice.text for notice in target.notices(target.read())}
    assert "provisioner root(s) cannot be empty" in notices["disabled-provisioner"]


def test_step_and_we_read_each_other(remote_ca: CertificateAuthority, pki: Pki, step_cli: StepCli) -> None:
    """What step adds we read and write back unchanged; what we add step lists."""
    login = (
        "--admin-subject",
        "step",
        "--admin-provisioner",
        "admin",
        "--admin-password-file",
        pki.password_file,
    )
    where = ("--ca-url", remote_ca.url, "--root", pki.root)
    added = step_cli.run(
        *(
            "ca",
            "provisioner",
            "add",
            "fromstep",
            "--type",
            "ACME",
            "--require-eab",
            "--challenge",
            "http-01",
        ),
        *("--x509-max-dur", "48h", *login, *where),
    )
    assert added.returncode == 0, added.stderr
    target = target_of(remote_ca, pki)
    message = target.detail("fromstep")
    assert message is not None
    seen = from_message(message)
    assert seen.get(("challenges",)) == ["http-01"]
    assert seen.get(("claims", "maxTLSCertDuration")) == "48h0m0s"
    assert to_message(seen, message) == message
    ours = Provisioner(values({"type": "ACME", "name": "ours", "claims": {"disableRenewal": True}}))
    assert isinstance(target.api.create(to_message(ours)), Answer)
    listed = step_cli.run("ca", "provisioner", "list", *where)
    assert {entry["name"] for entry in json.loads(listed.stdout)} == {"admin", "fromstep", "ours"}
