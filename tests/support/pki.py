"""What a step-ca needs before it starts: root, intermediate, keys, provisioner keys and a ca.json.

Two ways to get it. `make_pki` makes certificates in process, in milliseconds. `initialise` lets the real
`step ca init` do it (over a second: copy the result, `InitialisedCA.copy`).

A ca.json made here listens on `ANY_PORT` and keeps its database in `OWN_FOLDER/db`; whoever starts a
step-ca on it (`tests.support.ca`) puts the real values in.
"""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from jwcrypto import jwe, jwk

from tests.support.ports import free_port

ANY_PORT = "127.0.0.1:0"
OTHER_PORT = (
    "localhost:0"  # for a second listener, which step-ca itself gives a port: never that of the first
)
OWN_FOLDER = "@FOLDER@"
PASSWORD = "a password for tests"
# 600,000 as step writes it would cost each login a second; the count travels with the key.
ITERATIONS = 1000

Entry = dict[str, Any]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pki:
    """The files of one certificate hierarchy. Keys are EC P-256; `key` is not encrypted, `encrypted_key` is."""

    folder: Path
    root: Path
    root_key: Path
    intermediate: Path
    key: Path
    encrypted_key: Path
    password_file: Path
    fingerprint: str

    @property
    def password(self) -> str:
        """The password of `encrypted_key` and of the provisioner keys made by `jwk`."""
        return PASSWORD

    def config(self, provisioners: Sequence[Entry] = (), *, database: bool = False, **members: Any) -> Entry:
        """Return a ca.json as a dict: these provisioners, with or without a badger database.

        Further members replace those of the top level; an `authority` given is completed by the provisioners.
        """
        authority = {"provisioners": list(provisioners), **members.pop("authority", {})}
        badger = {"type": "badgerv2", "dataSource": f"{OWN_FOLDER}/db", "badgerFileLoadingMode": ""}
        return {
            "root": str(self.root),
            "crt": str(self.intermediate),
            "key": str(self.key),
            "address": ANY_PORT,
            "dnsNames": ["localhost", "127.0.0.1"],
            "logger": {"format": "text"},
            **({"db": badger} if database else {}),
            "authority": authority,
            **members,
        }

    def jwk(self, name: str = "admin", **members: Any) -> Entry:
        """Return a JWK provisioner with a new key, its private half encrypted under `password`."""
        key = jwk.JWK.generate(kty="EC", crv="P-256", use="sig", alg="ES256")
        key["kid"] = key.thumbprint()
        header = {"alg": "PBES2-HS256+A128KW", "cty": "jwk+json", "enc": "A256GCM", "p2c": ITERATIONS}
        token = jwe.JWE(key.export_private().encode(), json.dumps(header))
        token.add_recipient(jwk.JWK.from_password(self.password))
        return {
            "type": "JWK",
            "name": name,
            "key": key.export_public(as_dict=True),
            "encryptedKey": token.serialize(compact=True),
            **members,
        }

    def scep_decrypter(self) -> Entry:
        """Return the members that give a SCEP provisioner an RSA key: the intermediate's EC key cannot decrypt."""
        return _scep_decrypter(self.key)


@functools.cache
def _scep_decrypter(signer_file: Path) -> Entry:
    signer = serialization.load_pem_private_key(signer_file.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = rsa.generate_private_key(65537, 2048)
    certificate = _certificate("Test SCEP", key, "Test Intermediate CA", signer, path_length=None)
    return {
        "decrypterCertificate": base64.b64encode(
            certificate.public_bytes(serialization.Encoding.PEM)
        ).decode(),
        "decrypterKeyPEM": base64.b64encode(_pem(key, serialization.NoEncryption())).decode(),
    }


def make_pki(folder: Path) -> Pki:
    """Make a root and an intermediate, valid from yesterday for ten years, in this new folder."""
    folder.mkdir(parents=True)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Test Root CA", root_key, "Test Root CA", root_key, path_length=1)
    intermediate = _certificate("Test Intermediate CA", key, "Test Root CA", root_key, path_length=0)
    password_file = _write(folder / "password.txt", PASSWORD.encode() + b"\n")
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    return Pki(
        folder=folder,
        root=_write(folder / "root_ca.crt", root.public_bytes(serialization.Encoding.PEM)),
        root_key=_write(folder / "root_ca_key", _pem(root_key, serialization.NoEncryption())),
        intermediate=_write(
            folder / "intermediate_ca.crt", intermediate.public_bytes(serialization.Encoding.PEM)
        ),
        key=_write(folder / "intermediate_ca_key", _pem(key, serialization.NoEncryption())),
        encrypted_key=_write(folder / "intermediate_ca_key.encrypted", _pem(key, encryption)),
        password_file=password_file,
        fingerprint=root.fingerprint(hashes.SHA256()).hex(),
    )


def _certificate(
    subject: str,
    key: PrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    path_length: int | None,
) -> x509.Certificate:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    is_ca = path_length is not None
    others = ("digital_signature", "content_commitment", "data_encipherment", "key_agreement")
    usage = x509.KeyUsage(
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        key_encipherment=not is_ca,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(others, False),
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def _pem(key: PrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    # The legacy OpenSSL form is what `step ca init` writes.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, encryption
    )


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@dataclass(frozen=True, slots=True)
class InitialisedCA:
    """A STEPPATH as `step ca init` leaves it. `password_file` opens every key in it, the provisioner's too."""

    folder: Path
    port: int
    password_file: Path

    @property
    def config(self) -> Path:
        """The ca.json, with the bytes that step wrote but for the folder and the port in it."""
        return self.folder / "config" / "ca.json"

    @property
    def root(self) -> Path:
        """The root certificate, PEM."""
        return self.folder / "certs" / "root_ca.crt"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the root certificate, lower-case hex."""
        return fingerprint(self.root)

    @property
    def url(self) -> str:
        """Where a step-ca on this ca.json serves."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """The content of `password_file`, without its line end."""
        return PASSWORD

    def copy(self, folder: Path) -> InitialisedCA:
        """Copy everything to a folder that does not exist yet, under a free port of its own."""
        shutil.copytree(self.folder, folder)
        copied = InitialisedCA(folder, free_port(), folder / self.password_file.name)
        for file in (folder / "config").iterdir():
            text = file.read_bytes().replace(str(self.folder).encode(), str(folder).encode())
            file.write_bytes(text.replace(f":{self.port}".encode(), f":{copied.port}".encode()))
        return copied


class RealInit(Protocol):
    """Gives what `step ca init FLAGS` makes."""

    def __call__(self, *flags: str) -> InitialisedCA:
        """Return it; `step ca init` itself runs once per session and set of flags."""


class WriteCaJson(Protocol):
    """Writes a ca.json made of the session's PKI."""

    def __call__(self, provisioners: Sequence[Entry] = (), *, database: bool = False, **members: Any) -> Path:
        """Write `Pki.config(...)` with two spaces of indentation and a final newline; return the path."""


def initialise(step: Path, folder: Path, *flags: str) -> InitialisedCA:
    """Run `step ca init`, without a question, into a new folder; `flags` are added (`--ssh`, `--acme` ...)."""
    folder.mkdir(parents=True)
    password_file = _write(folder / "password.txt", PASSWORD.encode() + b"\n")
    port = free_port()
    command = [
        *(str(step), "ca", "init", "--deployment-type", "standalone", "--name", "Test"),
        *("--dns", "localhost,127.0.0.1", "--address", f"127.0.0.1:{port}", "--provisioner", "admin"),
        *("--password-file", str(password_file), *flags),
    ]
    environment = {"STEPPATH": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,  # no terminal to ask questions on
    )
    if done.returncode:
        raise RuntimeError(f"step ca init failed: {done.stderr}")
    return InitialisedCA(folder, port, password_file)


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a PEM certificate's DER form in lower-case hex, as step prints it."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return hashlib.sha256(loaded.public_bytes(serialization.Encoding.DER)).hexdigest()
