"""A real step-ca to measure with: remote management, and a login key as step writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, Traffic
from benchmarks.measuring import Work
from shell.keys.jwe import ITERATIONS, decrypt_key, encrypt_key
from tests.support.ca import CertificateAuthority
from tests.support.proxy import Proxy

ADMIN = "step"
PROVISIONER = "admin"


@dataclass(frozen=True, slots=True)
class Managed:
    """A step-ca that runs, with the super admin `step` of the JWK provisioner `admin`, and a proxy before it.

    `url` is that of the CA itself, past the proxy. `login` are the flags of a login by password, which ours and
    step's have in common.
    """

    url: str
    root: Path
    password_file: Path
    proxy: Proxy

    @property
    def login(self) -> Sequence[str | Path]:
        """The flags of a login by password."""
        who = ("--admin-subject", ADMIN, "--admin-provisioner", PROVISIONER)
        return (*who, "--admin-password-file", self.password_file)

    def target(self, *, counted: bool = False) -> Sequence[str | Path]:
        """Return the flags of the CA itself, or of the proxy, which counts."""
        return ("--ca-url", self.proxy.url if counted else self.url, "--root", self.root)

    def traffic(self, work: Work) -> Traffic:
        """Do a piece of work once that has the proxy for its target; returns what it sent there."""
        self.proxy.forget()
        before = self.proxy.connections
        work.run()
        return Traffic(len(self.proxy.log), self.proxy.connections - before)


@contextmanager
def managed(
    bench: Bench, name: str, entries: Sequence[dict[str, Any]] = (), iterations: int = ITERATIONS
) -> Iterator[Managed]:
    """Run a step-ca in the folder of this name, whose database begins with these provisioners besides `admin`.

    The key of the login is under so many iterations of PBKDF2, by default as many as step takes. step-ca takes the
    provisioners of its ca.json into an empty database (certificates: authority.go, init).
    """
    folder = bench.folder / name
    admin = bench.pki.jwk(PROVISIONER)
    private = decrypt_key(admin["encryptedKey"], bench.pki.password)
    admin["encryptedKey"] = encrypt_key(private, bench.pki.password, iterations)
    config = bench.pki.config([admin, *entries], database=True, authority={"enableAdmin": True})
    ca = CertificateAuthority(bench.step_ca, folder=folder, root=bench.pki.root, config=config)
    with ca, Proxy(bench.pki, folder, lambda: ca.port) as proxy:
        yield Managed(ca.url, bench.pki.root, bench.pki.password_file, proxy)
