"""What `add` makes is served by a running step-ca, which issues certificates through it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shell.keys.jwk import create_key
from tests.support import nebula
from tests.support.ca import CertificateAuthority, StartCA
from tests.support.certificates import certificate, private_pem, public_pem
from tests.support.lines import Lines
from tests.support.pki import Pki, WriteCaJson
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

PASSWORD = "a key password"
LINES = (
    "add cicd --type JWK --create --password-file password",
    "add other key.priv --password-file password",
    "add x5c --type X5C --x5c-roots {root}",
    "add neb --type Nebula --nebula-root nebula.crt",
    "add kube --type K8SSA --public-key sa.pub",
    "add acme --type ACME --require-eab --challenge dns-01 --attestation-roots {root}",
    "add sshpop --type SSHPOP",
    "add aws --type AWS --aws-account 1 --instance-age 1h",
    (
        "add scep --type SCEP --challenge @password --encryption-algorithm-identifier 2 "
        "--scep-decrypter-certificate-file scep.crt --scep-decrypter-key-file scep.key "
        "--scep-decrypter-key-password-file password"
    ),
)


@pytest.fixture
def ca(
    start_ca: StartCA, pki: Pki, ca_json: WriteCaJson, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CertificateAuthority:
    """Return a running step-ca on a ca.json to which the lines were added."""
    monkeypatch.chdir(tmp_path)
    rsa_key = rsa.generate_private_key(65537, 2048)
    Path("password").write_text(PASSWORD + "\n")
    Path("key.priv").write_text(json.dumps(create_key()[0]))
    Path("nebula.crt").write_bytes(nebula.version1())
    Path("sa.pub").write_bytes(public_pem(ec.generate_private_key(ec.SECP256R1())))
    Path("scep.crt").write_bytes(certificate("scep", key=rsa_key))
    Path("scep.key").write_bytes(private_pem(rsa_key, "TraditionalOpenSSL", PASSWORD))
    lines = Lines(ca_json())
    for line in LINES:
        lines.run(line=line.format(root=pki.root))
    return start_ca(pki.config([json.loads(lines.text(name)) for name in lines.names()], database=True))


def issued(step_cli: StepCli, ca: CertificateAuthority, root: Path, *flags: str | Path) -> str:
    """Return what stands against a certificate that is asked for in a provisioner's name, or the empty text."""
    done = step_cli.run(
        *("ca", "certificate", "localhost", "a.crt", "a.key", "--ca-url", ca.url, "--root", root, *flags)
    )
    return done.stderr if done.returncode else ""


def test_every_added_provisioner_is_in_use(ca: CertificateAuthority) -> None:
    """The running CA serves all of them, and has disabled none."""
    served = ca.provisioners()
    assert [entry["name"] for entry in served] == [line.split()[1] for line in LINES]
    assert [entry["stateReason"] for entry in served if "state" in entry] == []


def test_certificates_are_issued_through_added_provisioners(
    ca: CertificateAuthority, step_cli: StepCli, pki: Pki, tmp_path: Path
) -> None:
    """With the key password for JWK, with a certificate of the root's CA for X5C."""
    password = ("--provisioner-password-file", tmp_path / "password", "--force")
    assert issued(step_cli, ca, pki.root, "--provisioner", "cicd", *password) == ""
    assert issued(step_cli, ca, pki.root, "--provisioner", "other", *password) == ""
    chain = tmp_path / "chain.crt"
    chain.write_bytes((step_cli.folder / "a.crt").read_bytes())
    (tmp_path / "chain.key").write_bytes((step_cli.folder / "a.key").read_bytes())
    x5c = ("--x5c-cert", chain, "--x5c-key", tmp_path / "chain.key", "--force")
    assert issued(step_cli, ca, pki.root, "--provisioner", "x5c", *x5c) == ""
