"""Canaries in every secret place of a session on a real step-ca, with failures: where they must not come out."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import pki as pki_support
from tests.support.cacommit import acme
from tests.support.certificates import certificate, private_pem
from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.program import COMMAND, IMPORT_PATH
from tests.support.proxy import Exchange, Fault

pytestmark = pytest.mark.live

CANARIES = {
    name: f"canary-{number}-{name}-Zq7x"
    for number, name in enumerate(
        ("login", "key", "challenge", "decrypter", "client", "bearer", "basic", "oldbearer", "oldhook"), 1
    )
}


def _spellings(secret: str) -> set[bytes]:
    """Return how a secret could be written: as it is, in base64 at each offset, quoted, in hex."""
    raw = secret.encode()
    shifted = (base64.b64encode(b" " * shift + raw)[4 if shift else 0 : -4] for shift in range(3))
    return {raw, quote(secret).encode(), raw.hex().encode(), *(text for text in shifted if len(text) > 12)}


class Session:
    """Runs batches as processes through the proxy, with everything that they could write to in folders of its own."""

    def __init__(self, live: LiveCa, folder: Path) -> None:
        self.live = live
        self.folder = folder
        self.places = [folder / name for name in ("home", "tmp", "state")]
        for place in self.places:
            place.mkdir(exist_ok=True)
        self.log = self.places[2] / "log"
        self.outputs: list[bytes] = []
        self._spellings: dict[str, set[bytes]] = {}
        self.command_lines = 0
        self.tokens: set[bytes] = set()
        self.password = "login"
        self._running: subprocess.Popen[bytes] | None = None

    def run(self, *lines: str, end: int, fault: Fault | None = None, at: str = "") -> None:
        """Run lines, which must end with this exit code; every change by the method `at` meets the fault.

        Without a fault it kills the process (-9).
        """
        self._learn()
        batch = self.folder / "work" / "batch.steps"
        batch.write_text("\n".join((*lines, "")))
        login = ["--admin-subject", "guard", "--admin-provisioner", "guarded"]
        login += ["--admin-password-file", str(self.folder / "vault" / self.password)]
        told = ["--trace", "--verbose", "--log-level", "debug", "--log-file", str(self.log)]
        words = ["--ca-url", self.live.proxy.url, "--root", str(self.live.pki.root), *login, *told]
        self.live.proxy.forget()
        self.live.proxy.fault = lambda exchange: self._watched(exchange, fault, at)
        self._running = subprocess.Popen(
            [*COMMAND, *words, "--state-dir", str(self.places[2]), "-f", str(batch)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder / "work",
            env={
                "PATH": os.defpath,
                "PYTHONPATH": IMPORT_PATH,
                "HOME": str(self.places[0]),
                "TMPDIR": str(self.places[1]),
            },
        )
        self.outputs += self._running.communicate(timeout=60)
        self._learn()
        assert self._running.returncode == end, self.outputs[-1].decode()

    def _learn(self) -> None:
        """Take up every secret in the vault, also those that were made meanwhile."""
        for path in (self.folder / "vault").iterdir():
            self._spellings[path.name] = _spellings(path.read_text().strip())

    def _found(self, data: bytes) -> set[str]:
        return {name for name, each in self._spellings.items() if any(text in data for text in each)}

    def _watched(self, exchange: Exchange, fault: Fault | None, at: str) -> Fault | None:
        running = self._running
        if running is not None:
            with open(f"/proc/{running.pid}/cmdline", "rb") as file:
                assert self._found(file.read()) == set()
            self.command_lines += 1
        if exchange.token:
            self.tokens.add(exchange.token.removeprefix("Bearer ").encode())
        if exchange.method != at or not exchange.changes:
            return None
        if fault is None and running is not None:
            running.kill()
        return fault or Fault("close", acted=True)

    def require_nothing_out(self) -> None:
        """Require that no canary is in an output or in a file, but for what is sealed."""
        assert self.outputs
        for output in (*self.outputs, self.log.read_bytes()):
            assert self._found(output) == set(), output.decode(errors="replace")
            assert not any(token in output for token in self.tokens)
        looked_at = 0
        for place in self.places:
            for path in place.rglob("*"):
                if path.is_file() and path.name != "journal.sealed":
                    looked_at += 1
                    assert self._found(path.read_bytes()) == set(), path
                    assert path.stat().st_mode & 0o077 == 0, path
        assert looked_at
        assert self.command_lines
        self.require_no_token()

    def require_no_token(self) -> None:
        """Require that no token that was sent is in any file, sealed or not, whole or by its signature."""
        assert self.tokens
        parts = self.tokens | {token.rpartition(b".")[2] for token in self.tokens}
        for path in (path for place in self.places for path in place.rglob("*") if path.is_file()):
            data = path.read_bytes()
            assert not any(part in data for part in parts), path

    @property
    def sealed(self) -> set[str]:
        """The names of the canaries that are sealed."""
        files = self.places[2].rglob("journal.sealed")
        return self._found(b"".join(file.read_bytes() for file in files))


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA with a webhook that has secrets already, and an admin whose password is a canary."""
    hook = {"id": "1", "name": "old", "url": "https://h.example.com", "kind": "ENRICHING"}
    hook |= {
        "secret": base64.b64encode(CANARIES["oldhook"].encode()).decode(),
        "bearerToken": CANARIES["oldbearer"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pki_support, "PASSWORD", CANARIES["login"])
        guarded = pki.jwk("guarded")
    entries = [guarded, acme("hooked", options={"webhooks": [hook]}), acme("gone")]
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("secrets"), *entries) as made:
        made.add_admin("guard", "guarded", super=True)
        yield made


@pytest.fixture
def session(live: LiveCa, tmp_path: Path) -> Session:
    """Return a session whose secrets are canaries, in files outside of what is searched."""
    vault, work = tmp_path / "vault", tmp_path / "work"
    for folder in (vault, work):
        folder.mkdir()
    for name, secret in CANARIES.items():
        (vault / name).write_text(secret + "\n")
        (vault / name).chmod(0o600)
    decrypter = rsa.generate_private_key(65537, 2048)
    (work / "scep.crt").write_bytes(certificate("scep", key=decrypter, ca=False, signs=None))
    (work / "scep.key").write_bytes(private_pem(decrypter, "TraditionalOpenSSL", CANARIES["decrypter"]))
    return Session(live, tmp_path)


def _edits(name: str) -> list[str]:
    """Return lines with every kind of secret; what they make is named after `name`."""
    hook = f"hook --url https://h.example.com --kind ENRICHING --secret-file ../vault/{name}-hook"
    second = f"second --url https://h.example.com --kind AUTHORIZING --secret-file ../vault/{name}-second"
    return [
        (
            f"add scep-{name} --type SCEP --challenge @../vault/challenge --scep-decrypter-certificate-file scep.crt "
            "--scep-decrypter-key-file scep.key --scep-decrypter-key-password-file ../vault/decrypter"
        ),
        f"add jwk-{name} --type JWK --create --password-file ../vault/key",
        (
            f"add oidc-{name} --type OIDC --client-id {name} --client-secret @../vault/client "
            "--configuration-endpoint https://localhost:1/.well-known/openid-configuration"
        ),
        f"webhook add jwk-{name} {hook} --bearer-token-file ../vault/bearer",
        "webhook update hooked old --url https://other.example.com",
        f"webhook add hooked {second} --basic-auth-username me --basic-auth-password-file ../vault/basic",
        "remove gone",
    ]


LOOKS = ("diff", "diff --json", "diff --commands", "check", "staged", "show hooked --json", "show guarded")


def test_no_secret_comes_out(session: Session, live: LiveCa) -> None:
    """Not of looks, of a commit refused, taken back, left midway, recovered and rolled back, or of a wrong password."""
    before = live.content()
    looks = (*LOOKS, "show scep-a", "show jwk-a --json", "show oidc-a")
    session.run(*_edits("a"), *looks, "discard", end=0)
    session.run(*_edits("b"), "commit", end=3)  # no identity provider answers
    edits = [line for line in _edits("c") if not line.startswith("add oidc")]
    no = Fault("answer", status=403, body=b'{"message":"no"}', echo=True)
    session.run(*edits, "commit", end=5, fault=no, at="PUT")
    assert live.content().same(before)
    edits = [line.replace("../vault/c-", "../vault/d-") for line in edits]
    session.run(*edits, "commit", end=-9, at="DELETE")
    assert session.sealed >= {"challenge", "bearer", "basic", "oldbearer", "d-hook", "d-second"}
    assert any("token_id" in path.read_text() for path in session.places[2].rglob("journal"))
    session.require_nothing_out()
    session.run("recover show", "recover forward", end=0)
    session.run("history", "history --json", "show scep-c --json", end=0)
    session.run("rollback 1", "diff", end=1)
    session.password = "key"
    session.run("set hooked forceCN true", "commit", end=1)
    assert not session.sealed
    session.require_nothing_out()
    log = session.log.read_text()
    for event in ("commit outcome=rolled-back", "request method=PUT", "error code=login-password-wrong"):
        assert event in log
