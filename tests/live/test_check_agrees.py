"""The check and a real step-ca agree on what step-ca takes, disables, refuses or dies of."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwk, jwt

from shell.backends.cafile import CaFile, make_base, parse
from shell.errors import ShellError
from shell.facts import gather
from shell.model.facts import UNKNOWN
from shell.model.problems import Problem
from shell.model.rules import check
from shell.model.rules.templates import written_template_flaw
from shell.model.view import ProvisionerId
from shell.staging.base import Base
from tests.support.ca import CertificateAuthority, Judge
from tests.support.check_cases import CASES, Case, Config, Parts
from tests.support.pki import OTHER_PORT, Pki
from tests.support.template_cases import TEMPLATES
from tests.support.verdict import Verdict

pytestmark = pytest.mark.live


@pytest.fixture(scope="session")
def parts(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Return what cases are made of."""
    return Parts(pki, tmp_path_factory.mktemp("parts"))


def errors_of(config: Config, path: Path) -> list[Problem]:
    """Return the errors that the check of a file finds; a file that cannot be opened is one."""
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    try:
        reading = CaFile(str(path)).read()
    except ShellError as error:
        return [Problem("error", error.code, "", "", error.message, "", stops=True)]
    now = datetime.now(UTC)
    facts = gather(reading, reading.base, (), config_path=str(path), now=now, everything=True)
    found = check(reading.base, reading.base, (), facts, everything=True)
    return [problem for problem in found if problem.severity == "error"]


def assert_agrees(case: Case, verdict: Verdict, errors: list[Problem]) -> None:
    """Compare what step-ca did with what the check says of it."""
    found = [(error.provisioner, error.field) for error in errors]
    if verdict.kind == "accepted":
        assert not errors, "step-ca takes it"
        return
    assert (case.provisioner, case.field) in found, f"step-ca: {verdict} ({verdict.reason})"
    stops = any(error.stops for error in errors)
    assert stops == (not verdict.serves), f"step-ca: {verdict} ({verdict.reason})"
    assert set(verdict.disabled) <= {error.provisioner for error in errors}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_step_ca(case: Case, judge: Judge, parts: Parts, tmp_path: Path) -> None:
    """Where step-ca refuses, disables or dies, the check has an error there; where it accepts, none."""
    config = case.config(parts)
    errors = errors_of(config, tmp_path / "ca.json")
    assert_agrees(case, judge.start(config), errors)
    assert_agrees(case, judge.reload(config), errors)


def test_last_scep_with_a_plain_listener_kills_a_running_ca(judge: Judge, pki: Pki) -> None:
    """Removing the last SCEP provisioner while insecureAddress is served is an error, and a panic on reload."""
    address = OTHER_PORT
    scep = {"type": "SCEP", "name": "devices", "challenge": "x"}
    before, after = (pki.config(entries, insecureAddress=address) for entries in ([scep], []))
    old, new = (view_of(config) for config in (before, after))
    codes = [
        problem.code
        for problem in check(old, new, [ProvisionerId(0)], UNKNOWN)
        if problem.severity == "error" and problem.stops
    ]
    assert (codes, judge.reload(after, before).kind) == (["scep-listener-panics"], "died")
    assert judge.start(after).kind == "accepted"


def test_last_scep_with_a_revocation_list_does_no_harm(judge: Judge, pki: Pki) -> None:
    """Where the revocation list keeps the plain listener busy, the last SCEP provisioner may go."""
    crl = {"enabled": True}
    address = OTHER_PORT
    scep = {"type": "SCEP", "name": "devices", "challenge": "x"}
    before, after = (
        pki.config(entries, insecureAddress=address, crl=crl, database=True) for entries in ([scep], [])
    )
    old, new = (view_of(config) for config in (before, after))
    found = check(old, new, [ProvisionerId(0)], UNKNOWN)
    assert [problem.code for problem in found] == ["renewal-ends"]
    assert judge.reload(after, before).kind == "accepted"


def view_of(config: Config) -> Base:
    """Return the provisioners of a ca.json."""
    text = config if isinstance(config, str) else json.dumps(config)
    return make_base(parse(text.encode(), "ca.json"), "")


# Templates

ISSUED = 201


@pytest.fixture(scope="module")
def signing_key() -> jwk.JWK:
    """Return a private key that every provisioner of the templates has."""
    key = jwk.JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256", kid="templates")
    assert isinstance(key, jwk.JWK)
    return key


@pytest.fixture(scope="module")
def template_ca(
    step_ca: Path, pki: Pki, signing_key: jwk.JWK, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CertificateAuthority]:
    """Return a running step-ca with one provisioner for each template."""
    public = signing_key.export_public(as_dict=True)
    entries = [
        {"type": "JWK", "name": name, "key": public, "options": {"x509": {"template": text}}}
        for name, text in TEMPLATES.items()
    ]
    folder = tmp_path_factory.mktemp("templates")
    with CertificateAuthority(step_ca, folder=folder, root=pki.root, config=pki.config(entries)) as authority:
        yield authority


def issue(authority: CertificateAuthority, key: jwk.JWK, provisioner: str) -> tuple[int, str]:
    """Ask a CA for a certificate through this provisioner; the status and the text of the answer."""
    now = int(time.time())
    claims = {"iss": provisioner, "aud": "https://localhost/1.0/sign", "sub": "leaf.example.com"}
    claims |= {"iat": now, "nbf": now - 5, "exp": now + 300, "jti": os.urandom(16).hex()}
    token = jwt.JWT(
        header={"alg": "ES256", "kid": "templates"}, claims={**claims, "sans": ["leaf.example.com"]}
    )
    token.make_signed_token(key)
    request = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "leaf.example.com")])
    )
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    trust = ssl.create_default_context(cafile=str(authority.root))
    connection = http.client.HTTPSConnection("localhost", authority.port, timeout=30, context=trust)
    try:
        connection.request("POST", "/1.0/sign", json.dumps({"csr": pem, "ott": token.serialize()}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_agree_with_go(name: str, template_ca: CertificateAuthority, signing_key: jwk.JWK) -> None:
    """A template looks broken to the check exactly where a request through it fails."""
    why = written_template_flaw(TEMPLATES[name])
    status, answer = issue(template_ca, signing_key, name)
    assert (status == ISSUED) == (not why), f"check: {why or 'sound'}; step-ca: {answer[:300]}"
