"""Making a change live with a real step-ca: every way in which a reload can end, and what is published."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from jwcrypto import jwk

from shell.backends.served import Served, address_of_config
from shell.codec.published import disabled_reason, go_text, published_form
from shell.commit.live import Change, LiveOutcome, make_live, served_state
from shell.commit.reload import PidReloader
from shell.demo import make_demo
from shell.model.types import TYPES, find_type
from shell.model.values import parse_json
from tests.conftest import StartCA
from tests.support.ca import CertificateAuthority
from tests.support.pki import OTHER_PORT, Pki

pytestmark = pytest.mark.live

Entry = dict[str, Any]

ACME: Entry = {"type": "ACME", "name": "acme", "claims": {"maxTLSCertDuration": "48h"}}
SSHPOP: Entry = {"type": "SSHPOP", "name": "sshpop"}
BAD_X5C: Entry = {"type": "X5C", "name": "badx"}


def values(entries: Sequence[Entry]) -> list[Any]:
    """Return entries as the program has them: read from JSON text, numbers in their spelling."""
    found = parse_json(json.dumps(list(entries)))
    assert isinstance(found, list)
    return found


def change(before: Sequence[Entry], after: Sequence[Entry]) -> Change:
    """Return the change between two lists of provisioners, with what differs as touched."""
    old = {entry["name"]: entry for entry in values(before)}
    new = {entry["name"]: entry for entry in values(after)}
    return Change(
        frozenset(old),
        {name: entry for name, entry in old.items() if new.get(name) != entry},
        {name: entry for name, entry in new.items() if old.get(name) != entry},
    )


def served(ca: CertificateAuthority) -> Served:
    """Return a look at a running CA, as its ca.json says where it is."""
    settings = parse_json(ca.config.read_text())
    assert isinstance(settings, dict)
    return Served(address_of_config(settings), root_pem=ca.root.read_text(), timeout=5)


@pytest.fixture
def reload_with(start_ca: StartCA, pki: Pki) -> Callable[..., tuple[LiveOutcome, CertificateAuthority]]:
    """Return a function that starts a CA on one list, writes another, and makes that live."""

    def run(
        before: Sequence[Entry], after: Sequence[Entry], *, timeout: float = 15, **members: Any
    ) -> tuple[LiveOutcome, CertificateAuthority]:
        ca = start_ca(pki.config(before, **members))
        ca.write(pki.config(after, **members))
        with served(ca) as seen:
            outcome = make_live(change(before, after), seen, PidReloader(str(ca.pid)), timeout)
        return outcome, ca

    return run


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a demo's ca.json, in the folder of the test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Path(make_demo())


LONG = 120.0
"""Seconds that nothing here takes, on whatever machine, that ends before its time is up."""
Reload = Callable[..., tuple[LiveOutcome, CertificateAuthority]]


def test_an_accepted_file_is_live(reload_with: Reload) -> None:
    """Additions, changes and removals that the CA takes up are live, long before the time is up."""
    start = time.monotonic()
    after = [{**ACME, "requireEAB": True}, {"type": "ACME", "name": "new"}]
    outcome, ca = reload_with([ACME, SSHPOP], after, timeout=LONG)
    assert outcome == LiveOutcome(True)
    assert time.monotonic() - start < LONG
    assert {entry["name"] for entry in ca.provisioners()} == {"acme", "new"}


def test_a_refused_file_leaves_the_ca_as_it_was(reload_with: Reload) -> None:
    """A name written twice is refused; the CA serves its old list, and that is said."""
    outcome, ca = reload_with([ACME], [ACME, SSHPOP, {"type": "ACME", "name": "sshpop"}], timeout=1.5)
    assert (outcome.live, outcome.refused, outcome.died, outcome.harmful) == (False, True, False, True)
    assert "goes on with what it served before" in outcome.reason
    assert [entry["name"] for entry in ca.provisioners()] == ["acme"]


def test_a_disabled_provisioner_is_not_live(reload_with: Reload) -> None:
    """A provisioner that the CA takes up and disables is named, with the CA's reason."""
    outcome, _ = reload_with([ACME], [ACME, BAD_X5C])
    assert (outcome.live, outcome.refused, outcome.harmful) == (False, False, True)
    assert outcome.disabled == {"badx": "provisioner root(s) cannot be empty"}
    assert "badx: provisioner root(s) cannot be empty" in outcome.reason


def test_a_provisioner_that_was_disabled_before_is_not_reported(reload_with: Reload) -> None:
    """What was disabled before the change and is not part of it does not spoil the change."""
    outcome, _ = reload_with([BAD_X5C, ACME], [BAD_X5C, SSHPOP])
    assert outcome == LiveOutcome(True)


def test_a_ca_that_dies_of_the_file_is_gone(reload_with: Reload) -> None:
    """A JWK provisioner without a key kills step-ca at the reload; that is noticed before the time is up."""
    start = time.monotonic()
    outcome, ca = reload_with([ACME], [ACME, {"type": "JWK", "name": "nokey"}], timeout=LONG)
    assert (outcome.live, outcome.died, outcome.refused, outcome.harmful) == (False, True, False, True)
    assert "died of the reload" in outcome.reason
    assert time.monotonic() - start < LONG
    assert not ca.running


def test_the_last_scep_provisioner_under_an_insecure_address(reload_with: Reload, pki: Pki) -> None:
    """Removing the last SCEP provisioner while `insecureAddress` is served kills step-ca as well."""
    scep = {"type": "SCEP", "name": "scep", "challenge": "c", **pki.scep_decrypter()}
    outcome, _ = reload_with([ACME, scep], [ACME], insecureAddress=OTHER_PORT)
    assert (outcome.live, outcome.died) == (False, True)


def test_a_ca_that_is_down_is_not_live_and_no_failure(start_ca: StartCA, pki: Pki) -> None:
    """A CA that does not run is not told anything; the change is not live, and nothing is to be taken back."""
    ca = start_ca(pki.config([ACME]))
    seen = served(ca)
    ca.stop()
    outcome = make_live(change([ACME], [SSHPOP]), seen, PidReloader(str(ca.pid)), 5)
    assert (outcome.live, outcome.harmful) == (False, False)
    assert "the CA is down" in outcome.reason


def test_a_scep_secret_cannot_be_seen(reload_with: Reload, pki: Pki) -> None:
    """A change of a SCEP challenge alone is reloaded, and whether it is live cannot be known."""
    scep = {"type": "SCEP", "name": "scep", "challenge": "one", **pki.scep_decrypter()}
    outcome, _ = reload_with([scep], [{**scep, "challenge": "two"}])
    assert (outcome.live, outcome.harmful) == (None, False)
    assert outcome.reason == "the CA has reloaded, but does not show what was changed"


def test_a_ca_that_reads_another_file_is_recognised(start_ca: StartCA, pki: Pki) -> None:
    """A CA that reloads an unchanged file of its own has refused nothing, and serves something else."""
    ca = start_ca(pki.config([ACME]))
    since, passed = ca.log_size, [0.0]

    def sleep(seconds: float) -> None:  # no time passes before the CA has reloaded
        ca.wait_for_verdict(since)
        time.sleep(seconds)
        passed[0] += seconds

    with served(ca) as seen:
        told = PidReloader(str(ca.pid))
        outcome = make_live(change([ACME], [SSHPOP]), seen, told, 1.5, clock=lambda: passed[0], sleep=sleep)
    assert (outcome.live, outcome.harmful) == (False, False)
    assert "it reads another file" in outcome.reason


def test_an_untrusted_ca_is_told_but_not_believed(start_ca: StartCA, pki: Pki, demo: Path) -> None:
    """Where the certificate is not of the pinned root the reload is sent, and the outcome is unknown."""
    ca = start_ca(pki.config([ACME]))
    other = (demo.parent / "root_ca.crt").read_text()
    settings = parse_json(ca.config.read_text())
    assert isinstance(settings, dict)
    since = ca.log_size
    outcome = make_live(
        change([ACME], [SSHPOP]),
        Served(address_of_config(settings), root_pem=other),
        PidReloader(str(ca.pid)),
        1,
    )
    assert outcome.live is None
    assert "cannot be watched" in outcome.reason
    ca.wait_for_log("reloading", since)


def test_ten_thousand_provisioners_take_seconds(reload_with: Reload) -> None:
    """A change among ten thousand provisioners is seen to be live within seconds."""
    many = [{"type": "ACME", "name": f"acme-{number}"} for number in range(10_000)]
    changed = [*many[:-1], {**many[-1], "requireEAB": True}]
    start = time.monotonic()
    outcome, _ = reload_with(many, changed, timeout=LONG)
    assert outcome == LiveOutcome(True)
    assert time.monotonic() - start < 30


def every_type(pki: Pki) -> list[Entry]:
    """Return provisioners of each type, bare and with every field, in spellings that step-ca changes."""
    root = base64.b64encode(pki.root.read_bytes()).decode()
    private = serialization.load_pem_private_key(pki.key.read_bytes(), None)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = base64.b64encode(pem).decode()
    claims = {
        "minTLSCertDuration": "300s",
        "maxTLSCertDuration": "48h",
        "defaultTLSCertDuration": "1h30m",
        "maxHostSSHCertDuration": "0",
        "minUserSSHCertDuration": "1.5h",
        "defaultHostSSHCertDuration": ".5ms",
        "enableSSHCA": False,
        "disableRenewal": None,
        "unknown": 3,
    }
    webhooks = [
        {
            "name": "one",
            "url": "https://x.example/{{.}}",
            "kind": "enriching",
            "secret": "s",
            "bearerToken": "b",
        },
        {"name": "two", "url": "https://x.example/", "kind": "AUTHORIZING", "certType": "X509", "id": "1"},
        {"name": "three", "url": "https://x.example/", "kind": "NOTIFYING", "disableTLSClientAuth": True},
    ]
    data = {"A": 1.20, "a": None, "b": [], "c": {"d": ""}}
    options = {
        "x509": {"template": "{}", "templateData": data},
        "ssh": {"templateFile": "x.tpl", "templateData": None},
        "webhooks": webhooks,
        "unknown": {},
    }
    common = {"claims": claims, "options": options, "unknown": {"x": 1}, "nothing": None}
    rsa = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa").export_public(as_dict=True)
    okp = jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="okp").export_public(as_dict=True)
    endpoint = {"configurationEndpoint": "http://127.0.0.1:1/"}
    first = pki.jwk("jwk", **common)
    wire = {
        "oidc": {
            "provider": {
                "issuerUrl": "https://x/",
                "jwksUrl": "https://x/",
                "signatureAlgorithms": ["ES256"],
            },
            "config": {"clientId": "c", "signatureAlgorithms": ["ES256"]},
            "transform": "{}",
        },
        "dpop": {"key": public, "target": "https://x/{{.DeviceID}}"},
    }
    return [
        {**first, "key": {**first["key"], "unknown": 1, "key_ops": ["verify"]}},
        {**pki.jwk("jwk-no-private"), "encryptedKey": ""},
        {"type": "jwk", "name": "jwk-rsa", "key": rsa},
        {"type": "JWK", "name": "jwk-okp", "key": okp},
        {
            "type": "OIDC",
            "name": "oidc",
            "clientID": "c1",
            "clientSecret": "s",
            "tenantID": "t",
            "admins": ["a"],
            "domains": [],
            "groups": None,
            "listenAddress": ":10000",
            "scopes": ["x"],
            "authParams": ["a=b", None],
            **endpoint,
            **common,
        },
        {"type": "oidc", "name": "oidc-bare", "clientID": "c2", **endpoint},
        {
            "type": "AWS",
            "name": "aws",
            "accounts": ["1"],
            "disableCustomSANs": True,
            "imdsVersions": ["v1"],
            "instanceAge": "60m",
            "iidRoots": "",
            **common,
        },
        {"type": "AWS", "name": "aws-bare"},
        {"type": "aws", "name": "aws-empty", "accounts": [], "imdsVersions": [], "instanceAge": "0"},
        {
            "type": "GCP",
            "name": "gcp",
            "serviceAccounts": ["s"],
            "projectIDs": ["p"],
            "disableSSHCAUser": False,
            "disableSSHCAHost": True,
            "instanceAge": "1h",
            **common,
        },
        {"type": "GCP", "name": "gcp-bare"},
        {
            "type": "Azure",
            "name": "azure",
            "tenantID": "t1",
            "resourceGroups": ["r"],
            "subscriptionIDs": [],
            "objectIDs": ["o"],
            "audience": "https://a/",
            **common,
        },
        {"type": "Azure", "name": "azure-bare", "tenantID": "t2"},
        {
            "type": "ACME",
            "name": "acme",
            "forceCN": True,
            "requireEAB": True,
            "termsOfService": "t",
            "website": "w",
            "caaIdentities": ["x"],
            "challenges": ["HTTP-01"],
            "attestationRoots": root,
            "attestationFormats": ["Apple"],
            **common,
        },
        {"type": "acme", "name": "acme-bare"},
        {
            "type": "ACME",
            "name": "acme-empty",
            "challenges": [],
            "forceCN": False,
            "options": {},
            "claims": {},
        },
        {"type": "ACME", "name": "acme-wire", "challenges": ["wire-oidc-01"], "options": {"wire": wire}},
        {"type": "X5C", "name": "x5c", "roots": root, **common},
        {"type": "X5C", "name": "x5c-broken-lines", "roots": root[:64] + "\r\n" + root[64:]},
        BAD_X5C,
        {"type": "K8sSA", "name": "k8ssa", "publicKeys": public, **common},
        {"type": "SSHPOP", "name": "sshpop", **common},
        {"type": "SSHPOP", "name": "odd\ud800 é\u200b<&>"},
        {
            "type": "SCEP",
            "name": "scep",
            "challenge": "c",
            "capabilities": ["AES"],
            "includeRoot": True,
            "excludeIntermediate": True,
            "minimumPublicKeyLength": 4096,
            "encryptionAlgorithmIdentifier": 2,
            "decrypterKeyPassword": "",
            "forceCN": True,
            **pki.scep_decrypter(),
            **common,
        },
        {"type": "SCEP", "name": "scep-bare", **pki.scep_decrypter()},
        {"type": "Nebula", "name": "nebula-disabled"},
        {"type": "no such type", "name": "skipped"},
    ]


def test_every_type_compares_equal_with_what_is_published(start_ca: StartCA, pki: Pki) -> None:
    """An entry of each type, bare and full, has the same form as what the CA publishes of it."""
    entries = every_type(pki)
    ca = start_ca(pki.config(entries))
    with served(ca) as seen:
        published = {str(entry["name"]): entry for entry in seen.provisioners()}
        assert served_state(values(entries), seen) == "live"
        assert served_state(values(entries[1:]), seen) == "not-live"
    expected = [entry for entry in values(entries) if find_type(entry["type"])]
    assert {find_type(entry["type"]) for entry in expected} == set(TYPES)
    for entry in expected:
        assert published_form(published[go_text(entry["name"])]) == published_form(entry), entry["name"]
    assert disabled_reason(published["badx"]) == "provisioner root(s) cannot be empty"
    assert not disabled_reason(published["scep"])


def test_the_demo_is_a_file_that_step_ca_serves(start_ca: StartCA, pki: Pki, demo: Path) -> None:
    """step-ca takes up every provisioner of the demo but those that need an identity provider."""
    demo = json.loads(demo.read_text())["authority"]
    ca = start_ca(pki.config([], authority=demo))
    disabled = {entry["name"] for entry in ca.provisioners() if "state" in entry}
    assert disabled <= {"people"}
    assert {entry["name"] for entry in ca.provisioners()} == {entry["name"] for entry in demo["provisioners"]}
