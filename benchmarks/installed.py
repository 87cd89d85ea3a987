"""The program as people install it: a wheel in a virtual environment of its own, compiled to bytecode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


class NotMeasurable(Exception):
    """Figures taken here would say nothing; the message says why."""


def require_bytecode() -> None:
    """Raise NotMeasurable where Python is told to keep no bytecode: each start would compile every module."""
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        raise NotMeasurable(
            "PYTHONDONTWRITEBYTECODE is set: each start would compile every module anew, which takes four times "
            "as long\n  hint: env -u PYTHONDONTWRITEBYTECODE make bench"
        )


def install(folder: Path) -> Path:
    """Build the wheel, install it in a new environment in this folder, and return the folder of its programs.

    The libraries are those of the lock file, and pip compiles all of it. Raises subprocess.CalledProcessError.
    """
    wheels = folder / "wheels"
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", wheels, ROOT)
    _run(sys.executable, "-m", "venv", folder / "venv")
    programs = folder / "venv" / "bin"
    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--no-deps")
    _run(*pip, "--require-hashes", "--requirement", ROOT / "requirements" / "run.txt")
    _run(*pip, *wheels.glob("step_shell-*.whl"))
    return programs


def _run(*words: str | Path) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(list(map(str, words)), check=True, env=environment, stdout=subprocess.DEVNULL)
