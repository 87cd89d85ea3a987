"""The recipes of docs/reload.md: those for a plain process and for systemd do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from shell.arguments import parse
from shell.commit.liveoptions import live_options
from tests.conftest import StartCA
from tests.support.ca import CertificateAuthority
from tests.support.pki import Pki
from tests.support.program import RunShell

DOCUMENT = (Path(__file__).parents[2] / "docs" / "reload.md").read_text()
LIVE = ("reload_pid", "reload_unit", "reload_command", "live_url", "live_timeout")
ACME = {"type": "ACME", "name": "old"}


def recipes() -> list[list[str]]:
    """Return the words of each step-shell line in the blocks of the document."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("step-shell ")]


def recipe(option: str) -> list[str]:
    """Return the words of the first recipe with this option, without the program."""
    return next(words[1:] for words in recipes() if option in words)


@pytest.mark.parametrize("words", recipes(), ids=lambda words: " ".join(words)[-40:])
def test_every_recipe_is_understood(words: list[str]) -> None:
    """Each step-shell line of the document has arguments that the program accepts, and says one way to reload."""
    arguments = parse(words[1:])
    said = {name: text for name in LIVE if (text := arguments.text(name)) is not None}
    assert live_options(said, arguments.text("root") or "").reloader is not None


@pytest.fixture
def running(start_ca: StartCA, pki: Pki, tmp_path: Path) -> CertificateAuthority:
    """Return a CA that was started as the recipe of a plain process says."""
    started = next(line for line in DOCUMENT.splitlines() if line.startswith("step-ca config/"))
    words = shlex.split(started)
    assert words[words.index("--pidfile") + 1] == "step-ca.pid"
    return start_ca(pki.config([ACME]), arguments=["--pidfile", str(tmp_path / "step-ca.pid")])


def adapted(words: list[str], ca: CertificateAuthority, folder: Path) -> list[str]:
    """Return the words of a recipe with the files of this CA in place of those of the document."""
    places = {"step-ca.pid": str(folder / "step-ca.pid")}
    found = [places.get(word, word) for word in words]
    found[found.index("--ca-config") + 1] = str(ca.config)
    return found


@pytest.mark.live
def test_the_recipe_of_a_plain_process(
    running: CertificateAuthority, tmp_path: Path, run_shell: RunShell
) -> None:
    """With --pidfile and --reload-pid a batch ends with the change served."""
    words = adapted(recipe("--reload-pid"), running, tmp_path)
    done = run_shell(*words, "--json", "-f", "-", stdin="add acme --type ACME\ncommit\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["live"] is True
    assert [entry["name"] for entry in running.provisioners()] == ["old", "acme"]


@pytest.mark.live
def test_a_refused_file_is_taken_back(
    running: CertificateAuthority, tmp_path: Path, run_shell: RunShell, pki: Pki
) -> None:
    """A file that the CA refuses ends with exit 5, the old bytes, and the CA serving as before.

    A database that others have put into the file meanwhile makes step-ca refuse any reload.
    """
    running.write(pki.config([ACME], database=True))
    before = running.config.read_bytes()
    words = [*adapted(recipe("--reload-pid"), running, tmp_path), "--live-timeout", "2s"]
    done = run_shell(*words, "-f", "-", stdin="add acme --type ACME\ncommit\n")
    assert done.returncode == 5, done.stderr
    assert "refuses the file" in done.stderr
    assert running.config.read_bytes() == before
    assert [entry["name"] for entry in running.provisioners()] == ["old"]


@pytest.mark.live
def test_the_recipe_of_systemd(
    running: CertificateAuthority, tmp_path: Path, run_shell: RunShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --reload-unit the unit is reloaded by systemctl: a stand-in, which does what ExecReload does."""
    folder, log = tmp_path / "bin", tmp_path / "argv"
    folder.mkdir()
    stand_in = folder / "systemctl"
    stand_in.write_text(
        f'#!/bin/sh\necho "$*" >> {log}\n'
        'case "$*" in *CanReload*) echo yes;; *ActiveState*) echo active;; '
        f'*" reload step-ca") kill -HUP {running.pid};; *) exit 1;; esac\n'
    )
    stand_in.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    words = adapted(recipe("--reload-unit"), running, tmp_path)
    done = run_shell(*words, "--json", "-f", "-", stdin="add acme --type ACME\ncommit\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["live"] is True
    assert "--no-ask-password reload step-ca" in log.read_text()


@pytest.mark.live
def test_a_stale_pid_file_signals_nobody(
    running: CertificateAuthority, tmp_path: Path, run_shell: RunShell
) -> None:
    """A pid file with the number of another program leaves that alone; the commit is written, not live."""
    (tmp_path / "step-ca.pid").write_text(str(os.getpid()))
    since = running.log_size
    words = adapted(recipe("--reload-pid"), running, tmp_path)
    done = run_shell(*words, "--json", "-f", "-", stdin="add acme --type ACME\ncommit\n")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["live"] is False
    assert "reloading" not in running.log(since)
