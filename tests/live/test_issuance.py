"""Provisioners that the program adds to a running step-ca issue certificates at once.

One CA of `step ca init --ssh` gets them all in one commit: to its ca.json, which tells it with `--reload-pid`,
or to its admin API.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from jwcrypto import jwk, jwt

from shell.certs import pem
from tests.support import nebula
from tests.support.ca import CertificateAuthority
from tests.support.certificates import certificate, private_pem, public_pem
from tests.support.pki import RealInit
from tests.support.ports import free_port
from tests.support.program import RunShell
from tests.support.scep import FAILURE, Device, certificates, status
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

PASSWORD = "the key password"
CHALLENGE = "a challenge"
ADDED = (
    "add cicd --type JWK --create --password-file password",
    "add x5c --type X5C --x5c-roots {root}",
    "add kube --type K8SSA --public-key kube.pub",
    "add acme --type ACME",
    "add pop --type SSHPOP",
    "add neb --type Nebula --nebula-root nebula.crt",
    (
        "add scep --type SCEP --challenge @challenge --encryption-algorithm-identifier 2 "
        "--scep-decrypter-certificate-file scep.crt --scep-decrypter-key-file scep.key "
        "--scep-decrypter-key-password-file password"
    ),
)


class Scene:
    """A running CA with the provisioners of `ADDED`, the files that they were made of, and where ACME looks."""

    def __init__(self, ca: CertificateAuthority, folder: Path, acme_port: int, made: dict[str, Any]) -> None:
        self.ca = ca
        self.folder = folder
        self.acme_port = acme_port
        self.made = made

    def get(self, path: str, body: bytes | None = None) -> bytes:
        """Ask the CA and return the body of its answer, which must be 200."""
        trust = ssl.create_default_context(cafile=str(self.ca.root))
        connection = http.client.HTTPSConnection("localhost", self.ca.port, timeout=30, context=trust)
        try:
            connection.request("POST" if body is not None else "GET", path, body)
            answer = connection.getresponse()
            found = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, found
        return found


@pytest.fixture(scope="module", params=["file", "admin-api"])
def scene(
    request: pytest.FixtureRequest,
    step_ca: Path,
    initialised: RealInit,
    run_shell: RunShell,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    """Return the CA after the commit that added everything and made it live."""
    folder = tmp_path_factory.mktemp("issuance")
    remote = request.param == "admin-api"
    init = initialised("--ssh", *(["--remote-management"] if remote else [])).copy(folder / "step")
    made = _files(folder)
    port = free_port()
    pid_file = folder / "step-ca.pid"
    arguments = ["--pidfile", str(pid_file), "--acme-http-port", str(port), "--insecure"]
    for kind in ("host", "user"):
        arguments += [f"--ssh-{kind}-password-file", str(init.password_file)]
    with CertificateAuthority(
        step_ca,
        folder=init.folder,
        root=init.root,
        password_file=init.password_file,
        arguments=arguments,
    ) as ca:
        lines = [line.format(root=init.root) for line in ADDED]
        target: tuple[str | Path, ...] = ("--ca-config", init.config, "--reload-pid", pid_file)
        if remote:
            target = ("--ca-url", ca.url, "--root", init.root, "--admin-password-file", init.password_file)
            target += ("--admin-subject", "step", "--admin-provisioner", "admin")
        batch = [word for line in (*lines, "commit") for word in ("-c", line)]
        done = run_shell(*target, "--state-dir", folder / "state", "--json", *batch, cwd=folder)
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout.splitlines()[-1])
        assert (outcome["outcome"], outcome["added"]) == ("committed", len(ADDED))
        # a challenge of SCEP cannot be seen from outside, so that this much cannot be known
        assert outcome["live"] in (True, None)
        if remote:
            # step-ca opens no way to SCEP while it runs
            assert ca.reload().kind == "accepted"
        yield Scene(ca, folder, port, made)


def _files(folder: Path) -> dict[str, Any]:
    """Write the material of the provisioners, and return the private keys that belong to it."""
    kube, decrypter = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    nebula_key = nebula.key_for(0)
    root = nebula.version1(key=nebula_key)
    for name, content in {
        "password": PASSWORD.encode() + b"\n",
        "challenge": CHALLENGE.encode(),
        "kube.pub": public_pem(kube),
        "nebula.crt": root,
        "scep.crt": certificate("scep", key=decrypter, ca=False, signs=None),
        "scep.key": private_pem(decrypter, "TraditionalOpenSSL", PASSWORD),
    }.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
    return {"kube": kube, "nebula": nebula_key, "nebula root": root}


@pytest.fixture
def client(step: Path, scene: Scene, tmp_path: Path) -> StepCli:
    """Return a step CLI in a folder of its own."""
    return StepCli(step, tmp_path / "client", scene.ca.root)


def run(client: StepCli, scene: Scene, *words: str | Path) -> None:
    """Run step against the CA; an AssertionError with what it says where it fails."""
    done = client.run(*words, "--ca-url", scene.ca.url, "--root", scene.ca.root)
    assert done.returncode == 0, done.stderr


def leaf(client: StepCli, name: str = "a.crt") -> x509.Certificate:
    """Return the first certificate in a file of the client."""
    return x509.load_pem_x509_certificates((client.folder / name).read_bytes())[0]


def issuer(found: x509.Certificate) -> bytes:
    """Return the extension in which step-ca writes the provisioner that it issued through."""
    oid = x509.ObjectIdentifier("1.3.6.1.4.1.37476.9000.64.1")
    extension = found.extensions.get_extension_for_oid(oid).value
    assert isinstance(extension, x509.UnrecognizedExtension)
    return extension.value


def certified(
    client: StepCli, scene: Scene, provisioner: str, *words: str | Path, name: str = "localhost"
) -> None:
    """Get a certificate through a provisioner, and see that it was that one."""
    run(client, scene, "ca", "certificate", name, "a.crt", "a.key", "--provisioner", provisioner, *words)
    assert provisioner.encode() in issuer(leaf(client))


def test_none_is_disabled(scene: Scene) -> None:
    """The running CA serves all that were added, without a restart, and has disabled none."""
    served = {entry["name"]: entry for entry in scene.ca.provisioners()}
    assert {line.split()[1] for line in ADDED} <= set(served)
    assert [entry for entry in served.values() if "state" in entry] == []


def test_jwk_and_x5c(client: StepCli, scene: Scene) -> None:
    """A key made here is opened by step with the password, and its certificate opens X5C of the same root."""
    certified(client, scene, "cicd", "--provisioner-password-file", scene.folder / "password")
    for name in ("crt", "key"):
        (client.folder / f"a.{name}").rename(client.folder / f"first.{name}")
    certified(client, scene, "x5c", "--x5c-cert", "first.crt", "--x5c-key", "first.key")


def test_k8ssa(client: StepCli, scene: Scene) -> None:
    """A token of a service account, signed with the key whose public half was added, gets a certificate."""
    key = jwk.JWK.from_pem(private_pem(scene.made["kube"]))
    claims = {
        "iss": "kubernetes/serviceaccount",
        "sub": "system:serviceaccount:default:app",
        "kubernetes.io/serviceaccount/namespace": "default",
        "kubernetes.io/serviceaccount/service-account.name": "app",
    }
    token = jwt.JWT(header={"alg": "ES256"}, claims=claims)
    token.make_signed_token(key)
    (client.folder / "token").write_text(token.serialize())
    certified(client, scene, "kube", "--k8ssa-token-path", client.folder / "token")


def test_acme(client: StepCli, scene: Scene) -> None:
    """The ACME client of step gets a certificate by http-01."""
    listen = ("--standalone", "--http-listen", f"127.0.0.1:{scene.acme_port}")
    certified(client, scene, "acme", *listen)


def test_sshpop(client: StepCli, scene: Scene) -> None:
    """The certificate of an SSH host, got through JWK, is renewed through SSHPOP."""
    password = ("--provisioner", "cicd", "--provisioner-password-file", scene.folder / "password")
    keys = ("--no-password", "--insecure")
    run(client, scene, "ssh", "certificate", "host.example.com", "host", "--host", *keys, *password)
    before = _serial(client.folder / "host-cert.pub")
    run(client, scene, "ssh", "renew", "host-cert.pub", "host", "--force", "--provisioner", "pop")
    assert _serial(client.folder / "host-cert.pub") != before


def _serial(path: Path) -> int:
    found = serialization.load_ssh_public_identity(path.read_bytes())
    assert isinstance(found, serialization.SSHCertificate)
    assert found.type is serialization.SSHCertificateType.HOST
    return found.serial


def test_nebula(client: StepCli, scene: Scene) -> None:
    """A host of the Nebula network gets a certificate by its name, with a token signed by its Nebula key."""
    private = x25519.X25519PrivateKey.generate()
    now = int(time.time())
    host = nebula.version1(
        "host.example.com",
        is_ca=False,
        key=scene.made["nebula"],
        public=private.public_key().public_bytes_raw(),
        issuer=bytes.fromhex(nebula.fingerprint1(scene.made["nebula root"])),
        ips=nebula.network1(bytes([10, 0, 0, 9]), 8),
        since=now - 60,
        until=now + 600,
    )
    (client.folder / "host.crt").write_bytes(host)
    key = pem.encode("NEBULA X25519 PRIVATE KEY", private.private_bytes_raw())
    (client.folder / "host.key").write_bytes(key)
    files = ("--nebula-cert", "host.crt", "--nebula-key", "host.key")
    certified(client, scene, "neb", *files, name="host.example.com")


def test_scep(scene: Scene) -> None:
    """A device enrols: the decrypter that was added reads its request, and the challenge is the one given."""
    assert b"AES" in scene.get("/scep/scep?operation=GetCACaps")
    offered = certificates(scene.get("/scep/scep?operation=GetCACert"))
    decrypter = x509.load_pem_x509_certificate((scene.folder / "scep.crt").read_bytes())
    assert decrypter in offered
    device = Device("device.example.com", CHALLENGE)
    found = device.issued(scene.get("/scep/scep?operation=PKIOperation", device.request(decrypter)))
    assert found.public_key() == device.key.public_key()
    assert b"scep" in issuer(found)
    stranger = Device("device.example.com", "another challenge")
    answer = scene.get("/scep/scep?operation=PKIOperation", stranger.request(decrypter))
    assert status(answer) == FAILURE
