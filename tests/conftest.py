"""Fixtures of the whole suite: an isolated environment, the program, the real step-ca and step."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support import pki as pki_support
from tests.support import program, tools
from tests.support.ca import CertificateAuthority, Config, Judge, StartCA
from tests.support.pki import InitialisedCA, Pki, RealInit, WriteCaJson
from tests.support.postgres import PostgresMissing, find_postgres
from tests.support.stepcli import StepCli

# whoever runs the suite in the background has Ctrl-C ignored, and every process below would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

HOMES = {
    "HOME": "home",
    "STEPPATH": "step",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_STATE_HOME": "home/.local/state",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_RUNTIME_DIR": "run",
}


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own, `tmp_path/home`, and nothing of the developer's step environment.

    No test can touch the user's files: HOME, STEPPATH and XDG_* lie in tmp_path, STEP_* are gone, and so is
    what changes the output (NO_COLOR and its like) or opens programs (EDITOR, PAGER).
    """
    for name in list(os.environ):
        if name.startswith(("STEP_", "XDG_")) or name in ("STEPDEBUG", "EDITOR", "VISUAL", "PAGER"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    for name, folder in HOMES.items():
        # The folders are not made: that is the program's business on a fresh account.
        monkeypatch.setenv(name, str(tmp_path / folder))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def _tool(name: str) -> Path:
    try:
        return tools.ensure(name)
    except tools.ToolMissing as error:
        message = f"THE REAL {name} IS MISSING, its tests do not run: {error}"
        if tools.ENVIRONMENT.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def step_ca() -> Path:
    """Return the absolute path of the real step-ca, building it the first time; skips (fails in CI) without."""
    return _tool("step-ca")


@pytest.fixture(scope="session")
def step() -> Path:
    """Return the absolute path of the real step, building it the first time; skips (fails in CI) without."""
    return _tool("step")


@pytest.fixture(scope="session")
def postgres() -> Path:
    """Return the folder of the programs of a PostgreSQL; skips (fails in CI) without."""
    try:
        return find_postgres()
    except PostgresMissing as error:
        message = f"PostgreSQL IS MISSING, the tests of two nodes do not run: {error}"
        if tools.ENVIRONMENT.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def run_shell() -> program.RunShell:
    """Return the function that runs step-shell as a process: `run_shell(*argv, stdin=, env=, cwd=, timeout=)`."""
    return program.run_shell


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Return a root, an intermediate and keys, made once per session; never write into its folder."""
    return pki_support.make_pki(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture
def start_ca(step_ca: Path, pki: Pki, tmp_path: Path) -> Iterator[StartCA]:
    """Return a function that starts a real step-ca; each is stopped when the test ends."""
    started: list[CertificateAuthority] = []

    def start(
        config: Config | None = None,
        *,
        at: InitialisedCA | None = None,
        password_file: Path | None = None,
        arguments: Sequence[str] = (),
    ) -> CertificateAuthority:
        if config is None and at is None:
            config = pki.config([pki.jwk()])
        authority = CertificateAuthority(
            step_ca,
            folder=at.folder if at else tmp_path / f"ca{len(started)}",
            root=at.root if at else pki.root,
            config=config,
            password_file=password_file or (at.password_file if at else None),
            arguments=arguments,
        )
        started.append(authority)
        return authority.start()

    yield start
    for authority in started:
        authority.stop()


@pytest.fixture
def ca(start_ca: StartCA) -> CertificateAuthority:
    """Return a running step-ca in file mode: the JWK provisioner `admin`, no database."""
    return start_ca()


@pytest.fixture
def remote_ca(start_ca: StartCA, pki: Pki) -> CertificateAuthority:
    """Return a running step-ca with remote management: provisioner and super admin `admin` / `step`.

    The login password is `pki.password`.
    """
    return start_ca(pki.config([pki.jwk()], database=True, authority={"enableAdmin": True}))


@pytest.fixture(scope="session")
def judge(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Return what asks a real step-ca for its verdict on a ca.json, at start and at reload."""
    judge = Judge(step_ca, pki, tmp_path_factory.mktemp("judge"))
    yield judge
    judge.stop()


@pytest.fixture(scope="session")
def initialised(step: Path, tmp_path_factory: pytest.TempPathFactory) -> RealInit:
    """Return a function that runs `step ca init` once per session and set of flags; see `real_init`."""
    made: dict[tuple[str, ...], InitialisedCA] = {}

    def initialise(*flags: str) -> InitialisedCA:
        if flags not in made:
            folder = tmp_path_factory.mktemp("init") / "step"
            made[flags] = pki_support.initialise(step, folder, *flags)
        return made[flags]

    return initialise


@pytest.fixture
def real_init(initialised: RealInit, tmp_path: Path) -> RealInit:
    """Return a function that gives what `step ca init FLAGS` makes, as a copy of the test's own to change."""
    copies: list[InitialisedCA] = []

    def copy(*flags: str) -> InitialisedCA:
        copies.append(initialised(*flags).copy(tmp_path / f"init{len(copies)}"))
        return copies[-1]

    return copy


@pytest.fixture
def step_cli(step: Path, pki: Pki, tmp_path: Path) -> StepCli:
    """Return the real step CLI with a STEPPATH of its own."""
    return StepCli(step, tmp_path / "stepcli", pki.root)


@pytest.fixture
def ca_json(pki: Pki, tmp_path: Path) -> WriteCaJson:
    """Return a function that writes a ca.json, `ca_json(provisioners, **top level members)`, and gives its path."""

    def write(provisioners: Sequence[dict[str, Any]] = (), **members: Any) -> Path:
        path = tmp_path / "ca.json"
        path.write_text(json.dumps(pki.config(provisioners, **members), indent=2) + "\n")
        return path

    return write
