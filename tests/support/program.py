"""The program under test as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import shell

# The same code that the test imports, installed or not; `-P` keeps the working folder out of the import path.
COMMAND = (sys.executable, "-P", "-m", "shell")
IMPORT_PATH = str(Path(shell.__file__).parents[1])


class RunShell(Protocol):
    """The signature of `run_shell`, for annotations in tests."""

    def __call__(
        self,
        *argv: str | Path,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run step-shell and return what it gave."""


def run_shell(
    *argv: str | Path,
    stdin: str | bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
    command: tuple[str, ...] = COMMAND,
) -> subprocess.CompletedProcess[str]:
    """Run step-shell with these arguments and return exit code, standard output and standard error as text.

    Without `stdin` the standard input is empty. `env` is added to the environment of the test. There is no
    controlling terminal. Raises subprocess.TimeoutExpired after `timeout` seconds.
    """
    done = subprocess.run(
        [*command, *map(str, argv)],
        input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
        capture_output=True,
        check=False,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": IMPORT_PATH, **(env or {})},
        start_new_session=True,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
