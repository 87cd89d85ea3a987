"""How the suite gets its programs, tried with a Go toolchain that only pretends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import tools

GO = """#!/bin/sh
case "$1" in
  env) echo go{version} ;;
  install)
    echo "$2" >> "$LOG"
    [ -z "$FAIL" ] || {{ echo "no network" >&2; exit 1; }}
    printf '#!/bin/sh\\necho built\\n' > "$GOBIN/step-ca"
    chmod +x "$GOBIN/step-ca" ;;
esac
"""

Pretend = Callable[..., Path]


@pytest.fixture
def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Return a function that puts a Go of some version on PATH, and gives the file in which it notes builds."""

    def go(version: str = "1.26.0", fail: str = "") -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "go").write_text(GO.format(version=version))
        (folder / "go").chmod(0o755)
        environment = {"PATH": f"{folder}:{os.defpath}", "STEP_SHELL_TOOLS": str(tmp_path / "tools")}
        log = tmp_path / "builds"
        monkeypatch.setattr(tools, "ENVIRONMENT", {**environment, "LOG": str(log), "FAIL": fail})
        monkeypatch.setattr(tools, "_packaged_go", lambda: None)
        return log

    return go


def test_a_program_is_built_once(pretend: Pretend) -> None:
    """The first call builds into the cache, the second finds it there, and nothing else is left in it."""
    log = pretend()
    first = tools.ensure("step-ca")
    assert (tools.ensure("step-ca"), first.read_text()) == (first, "#!/bin/sh\necho built\n")
    assert log.read_text().splitlines() == [tools.PACKAGES["step-ca"]]
    assert sorted(path.name for path in first.parent.iterdir()) == [".lock", "step-ca"]


def test_two_workers_do_not_build_twice(pretend: Pretend) -> None:
    """Processes that need the same program at once share one build."""
    log = pretend()
    command = [sys.executable, "-c", "from tests.support import tools; tools.ensure('step-ca')"]
    environment = {**tools.ENVIRONMENT, "PYTHONPATH": str(Path(tools.__file__).parents[2])}
    workers = [subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    assert len(log.read_text().splitlines()) == 1


def test_a_failed_build_is_told_and_not_repeated_at_once(pretend: Pretend) -> None:
    """The reason of the failure reaches each worker, without each trying again; later it is tried again."""
    log = pretend(fail="yes")
    for _ in range(2):
        with pytest.raises(tools.ToolMissing, match="no network"):
            tools.ensure("step-ca")
    assert len(log.read_text().splitlines()) == 1
    note = tools.folder() / ".step-ca.failed"
    os.utime(note, (0, 0))
    pretend()
    assert tools.ensure("step-ca").exists()
    assert not note.exists()


@pytest.mark.parametrize("version", ["1.25.7", "1.24", "1.9.9"])
def test_a_toolchain_that_is_too_old_is_named(pretend: Pretend, version: str) -> None:
    """A Go older than the programs need is not tried; the message says which one was found and what is needed."""
    log = pretend(version)
    with pytest.raises(tools.ToolMissing, match=r"1\.25\.8 or newer: .*bin/go is version " + version):
        tools.ensure("step-ca")
    assert not log.exists()


def test_the_cache_is_outside_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder named the programs go to the user's cache, one folder for each pair of versions."""
    monkeypatch.setattr(tools, "ENVIRONMENT", {"HOME": "/home/me"})
    assert tools.folder() == Path("/home/me/.cache/step-shell/tools/step-ca-v0.30.2+step-v0.30.6")
    monkeypatch.setattr(tools, "ENVIRONMENT", {"HOME": "/home/me", "XDG_CACHE_HOME": "/cache"})
    assert tools.folder().parts[:3] == ("/", "cache", "step-shell")
