"""The harness itself against the real programs: what other tests believe of it holds."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.ca import CertificateAuthority, Judge, StartCA, StartFailed
from tests.support.pki import ANY_PORT, OTHER_PORT, Pki, RealInit, WriteCaJson
from tests.support.stepcli import StepCli, provisioners_of

pytestmark = pytest.mark.live

ACME: dict[str, Any] = {"type": "ACME", "name": "acme"}
BAD_X5C: dict[str, Any] = {"type": "X5C", "name": "badx"}


def test_a_ca_serves_what_its_file_says(ca: CertificateAuthority) -> None:
    """A started CA answers over TLS verified with its root and lists the provisioners of its ca.json."""
    assert ca.running
    assert ca.get("/health") == {"status": "ok"}
    assert [entry["name"] for entry in ca.provisioners()] == ["admin"]
    assert len(ca.fingerprint) == 64
    assert str(ca.port) in ca.url


def test_a_stopped_ca_is_gone(start_ca: StartCA) -> None:
    """After stop() the process has ended by itself and can be started again."""
    ca = start_ca()
    ca.stop()
    assert (ca.running, ca.exit_code) == (False, 0)
    ca.start()
    assert ca.running


def test_provisioners_come_from_all_pages(start_ca: StartCA, pki: Pki) -> None:
    """More provisioners than one answer holds are all found, in the order of the file."""
    names = [f"x{number}" for number in range(230)]
    ca = start_ca(pki.config([{"type": "SSHPOP", "name": name} for name in names]))
    assert [entry["name"] for entry in ca.provisioners()] == names


def test_a_reload_serves_the_new_file(ca: CertificateAuthority, pki: Pki) -> None:
    """After an accepted reload the new provisioners are served by the same process."""
    pid = ca.pid
    assert str(ca.reload(pki.config([ACME]))) == "accepted"
    assert [entry["name"] for entry in ca.provisioners()] == ["acme"]
    assert (ca.pid, ca.running) == (pid, True)


def test_a_reload_sent_by_somebody_else_is_seen(ca: CertificateAuthority, pki: Pki) -> None:
    """The verdict of a SIGHUP that the test did not send is read from an offset of the log."""
    since = ca.log_size
    ca.write(pki.config([BAD_X5C]))
    os.kill(ca.pid, signal.SIGHUP)
    assert str(ca.wait_for_verdict(since)) == "disabled:badx"
    assert "reloading ..." in ca.wait_for_log("badx", since)


def test_a_refused_start_carries_the_log(start_ca: StartCA) -> None:
    """A file that is no JSON ends in StartFailed with the exit code and what step-ca said."""
    with pytest.raises(StartFailed) as caught:
        start_ca("{")
    assert caught.value.exit_code == 2
    assert "unexpected EOF" in caught.value.verdict.reason


def test_the_database_variant_runs_acme(start_ca: StartCA, pki: Pki) -> None:
    """With a database an ACME provisioner answers at its directory."""
    ca = start_ca(pki.config([ACME], database=True))
    assert ca.get("/acme/acme/directory")["newOrder"].startswith("https://")


def test_the_remote_management_variant_has_an_admin_api(remote_ca: CertificateAuthority) -> None:
    """With remote management the admin API asks for a login instead of being absent."""
    with pytest.raises(RuntimeError, match="401"):
        remote_ca.get("/admin/admins")


def test_an_encrypted_key_is_opened_by_the_password_file(start_ca: StartCA, pki: Pki) -> None:
    """The encrypted intermediate key of the session's PKI opens with its password file."""
    ca = start_ca(pki.config([ACME], key=str(pki.encrypted_key)), password_file=pki.password_file)
    assert ca.running


def test_step_opens_the_provisioner_keys_of_the_harness(
    ca: CertificateAuthority, pki: Pki, step_cli: StepCli
) -> None:
    """A certificate is issued to the real step with the JWK provisioner and the password made in process."""
    done = step_cli.run(
        *("ca", "certificate", "localhost", "a.crt", "a.key", "--provisioner", "admin"),
        *("--provisioner-password-file", pki.password_file, "--ca-url", ca.url, "--root", ca.root),
    )
    assert done.returncode == 0, done.stderr
    assert (step_cli.folder / "a.crt").exists()


@pytest.mark.parametrize("flags", [(), ("--ssh", "--acme"), ("--remote-management",)])
def test_step_ca_init_is_copied_whole(real_init: RealInit, start_ca: StartCA, flags: tuple[str, ...]) -> None:
    """A copy of what step ca init made has its own folder and port in the file, and a CA starts on it."""
    made = real_init(*flags)
    text = made.config.read_text()
    assert text.count(str(made.folder)) >= 4
    assert f":{made.port}" in text
    assert not text.endswith("\n")
    assert (
        json.loads((made.folder / "config" / "defaults.json").read_text())["fingerprint"] == made.fingerprint
    )
    ca = start_ca(at=made)
    assert ca.url == made.url
    names = {entry["name"] for entry in ca.provisioners()}
    assert names == {"admin", *(("acme", "sshpop") if "--ssh" in flags else ())}


def test_two_copies_are_independent(real_init: RealInit) -> None:
    """What a test does to its copy is not in the next copy."""
    first, second = real_init(), real_init()
    before = second.config.read_bytes()
    first.config.write_text("gone")
    assert second.config.read_bytes() == before
    assert first.port != second.port


STARTS: list[tuple[str, list[dict[str, Any]], dict[str, Any], str]] = [
    ("nothing", [], {}, "accepted"),
    ("one disabled", [BAD_X5C], {}, "disabled:badx"),
    (
        "two disabled",
        [BAD_X5C, {"type": "OIDC", "name": "o"}, {"type": "SSHPOP", "name": "ok"}],
        {},
        "disabled:badx,o",
    ),
    ("no name", [{"type": "ACME", "name": ""}], {}, "disabled:"),
    ("duplicate", [ACME, ACME], {}, "refused"),
    ("bad claims", [], {"authority": {"claims": {"maxTLSCertDuration": "1h"}}}, "refused"),
    ("bad duration", [{**ACME, "claims": {"maxTLSCertDuration": "1d"}}], {}, "refused"),
    ("no key", [{"type": "JWK", "name": "nk"}], {}, "died"),
]


@pytest.mark.parametrize(
    ("provisioners", "members", "expected"), [case[1:] for case in STARTS], ids=[case[0] for case in STARTS]
)
def test_the_judge_tells_what_step_ca_does(
    judge: Judge, pki: Pki, provisioners: list[dict[str, Any]], members: dict[str, Any], expected: str
) -> None:
    """Start and reload have the same verdict on each kind of file, with a reason unless it is accepted."""
    config = pki.config(provisioners, **members)
    started, reloaded = judge.start(config), judge.reload(config)
    assert (str(started), str(reloaded)) == (expected, expected)
    assert bool(started.reason) == bool(reloaded.reason) == (expected != "accepted")


def test_the_judge_takes_any_bytes(judge: Judge) -> None:
    """A ca.json that is no JSON at all is refused at start, with exit code 2, and at reload."""
    content = b'\xef\xbb\xbf{"address": "' + ANY_PORT.encode() + b'"}'
    code, log = judge.refuses(content)
    assert code == 2
    assert "invalid character" in log
    assert str(judge.reload(content)) == "refused"


def test_the_judge_does_not_take_a_good_file_for_a_refused_one(judge: Judge, pki: Pki) -> None:
    """Asking for a refusal of a file that step-ca accepts is a failed assertion."""
    with pytest.raises(AssertionError, match="should refuse"):
        judge.refuses(pki.config())


def test_the_judge_knows_what_depends_on_the_file_before(judge: Judge, pki: Pki) -> None:
    """Taking the last SCEP provisioner from under a served insecureAddress kills step-ca at the reload."""
    scep = {"type": "SCEP", "name": "scep", "challenge": "c", **pki.scep_decrypter()}
    without = pki.config(insecureAddress=OTHER_PORT)
    assert str(judge.reload(without, before=pki.config([scep], insecureAddress=OTHER_PORT))) == "died"
    assert str(judge.reload(without)) == "accepted"


def test_step_edits_a_file_without_a_ca(step_cli: StepCli, ca_json: WriteCaJson) -> None:
    """The step CLI adds, changes and removes in a ca.json, and the entry that results is returned."""
    path = ca_json([])
    added = step_cli.provisioner_after(path, "add", "acme", "--type", "ACME", "--require-eab")
    assert added is not None
    assert (added["type"], added["requireEAB"]) == ("ACME", True)
    changed = step_cli.provisioner_after(path, "update", "acme", "--force-cn")
    assert changed is not None
    assert (changed["requireEAB"], changed["forceCN"]) == (True, True)
    assert step_cli.provisioner_after(path, "remove", "acme") is None
    assert provisioners_of(path) == []


def test_step_fails_instead_of_asking(step_cli: StepCli, ca_json: WriteCaJson) -> None:
    """A question of step, which finds no terminal, is an error and not a test that hangs."""
    done = step_cli.edit(ca_json([]), "add", "j", "--type", "JWK", "--create")
    assert done.returncode == 1
    assert "terminal" in done.stderr


def test_no_test_sees_the_home_of_the_user(isolated_environment: Path, tmp_path: Path) -> None:
    """HOME, STEPPATH and the XDG folders lie in the folder of the test, and no STEP_* variable is left."""
    assert Path.home() == isolated_environment
    for name in ("HOME", "STEPPATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        assert Path(os.environ[name]).is_relative_to(tmp_path)
    assert not [name for name in os.environ if name.startswith("STEP_")]
