"""The program and the step CLI work on one CA by turns: each reads what the other has written.

Certificates from every type that the program adds through the admin API: `tests/live/test_issuance.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.program import RunShell
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live

Run = Callable[..., str]


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("interop")) as made:
        yield made


@pytest.fixture
def ours(live: LiveCa, run_shell: RunShell, tmp_path: Path) -> Run:
    """Return what runs lines of ours, in a folder of its own, and gives their output."""
    login = ("--admin-subject", "step", "--admin-provisioner", "admin")
    words = ("--ca-url", live.ca.url, "--root", live.pki.root, *login)

    def run(*lines: str) -> str:
        batch = [word for line in lines for word in ("-c", line)]
        password = ("--admin-password-file", live.pki.password_file, "--state-dir", tmp_path / "state")
        done = run_shell(*words, *password, *batch, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def theirs(live: LiveCa, step_cli: StepCli, tmp_path: Path) -> Run:
    """Return what runs `step ca`, in the same folder, and gives its output."""

    def run(*words: str | Path, admin: bool = True) -> str:
        target: tuple[str | Path, ...] = ("--ca-url", live.ca.url, "--root", live.pki.root)
        if admin:
            target += ("--admin-subject", "step", "--admin-provisioner", "admin")
            target += ("--admin-password-file", live.pki.password_file)
        done = step_cli.run("ca", *words, *target, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def _listed(text: str) -> dict[str, Any]:
    return {entry["name"]: entry for entry in json.loads(text)}


def test_step_lists_what_we_have_committed(ours: Run, theirs: Run) -> None:
    """The two lists are the same to the last member."""
    ours(
        "add one --type ACME --force-cn --challenge http-01",
        "add two --type SSHPOP",
        "set one claims.maxTLSCertDuration 48h",
        "webhook add one hook --url https://h.example.com --kind ENRICHING --secret-file secret",
        "commit",
    )
    ours("rename one uno", "commit")
    listed = _listed(theirs("provisioner", "list", admin=False))
    assert {"admin", "uno", "two"} <= listed.keys()
    assert listed == _listed(ours("list --json"))
    assert (listed["uno"]["forceCN"], listed["uno"]["claims"]["maxTLSCertDuration"]) == (True, "48h0m0s")
    ours("remove uno", "commit")
    assert "uno" not in _listed(theirs("provisioner", "list", admin=False))


def test_step_gets_a_certificate_with_a_key_that_we_have_changed(
    ours: Run, theirs: Run, live: LiveCa, tmp_path: Path
) -> None:
    """A token by the new key, within the new lifetimes."""
    (tmp_path / "password").write_text("the key password\n")
    (tmp_path / "password").chmod(0o600)
    ours(
        "add cicd --type JWK --create --password-file password",
        "commit",
    )
    ours(
        "update cicd --x509-default-dur 36h --x509-max-dur 72h",
        "commit",
    )
    password = ("--provisioner", "cicd", "--provisioner-password-file", "password")
    theirs("certificate", "a.example.com", "a.crt", "a.key", *password, admin=False)
    found = x509.load_pem_x509_certificates((tmp_path / "a.crt").read_bytes())[0]
    hours = (found.not_valid_after_utc - found.not_valid_before_utc).total_seconds() / 3600
    assert 36 <= hours < 37


def test_we_read_and_keep_what_step_writes(ours: Run, theirs: Run, live: LiveCa) -> None:
    """Everything that step has set is shown, and an edit of ours leaves it as it was, webhook secrets included."""
    theirs("provisioner", "add", "stepped", "--type", "ACME", "--challenge", "dns-01", "--require-eab")
    theirs("provisioner", "update", "stepped", "--x509-max-dur", "50h", "--force-cn")
    theirs("provisioner", "webhook", "add", "stepped", "hook", "--url", "https://h.example.com")
    shown = json.loads(ours("show stepped --json"))
    assert (shown["challenges"], shown["requireEAB"], shown["forceCN"]) == (["dns-01"], True, True)
    assert shown["claims"]["maxTLSCertDuration"] == "50h0m0s"
    before = live.content().provisioners["stepped"]
    assert before["webhooks"][0]["secret"]
    ours("set stepped termsOfService https://t.example.com", "commit")
    after = live.content().provisioners["stepped"]
    assert after["details"]["ACME"].pop("termsOfService") == "https://t.example.com"
    assert after == before


def test_a_line_of_step_runs_here_with_the_same_result(ours: Run, theirs: Run, live: LiveCa) -> None:
    """The same line, once by each, makes two provisioners that differ in their names alone."""
    line = "--type ACME --require-eab --x509-max-dur 100h --challenge tls-alpn-01"
    theirs("provisioner", "add", "by-step", *line.split())
    ours(f"step ca provisioner add by-us {line}", "commit")
    listed = _listed(ours("list --json"))
    assert {**listed["by-us"], "name": ""} == {**listed["by-step"], "name": ""}
