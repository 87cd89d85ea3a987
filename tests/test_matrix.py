"""`make test-all` says for each version of Python how it fared, tried with a uv and a make that only pretend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import matrix
from tests.test_lock import PYTHONS

UV = """#!/bin/sh
# python 3.90 is there, 3.91 can be fetched, 3.92 cannot
case "$2 $*" in
  find*3.90) echo /usr/bin/python3.90 ;;
  find*3.91) [ -e fetched ] && echo /fetched/python3.91 ;;
  install*3.91) touch fetched ;;
  install*) printf 'error: no download\\n  cause: https://mirror.example.com/x cannot be reached\\n\\n' >&2; exit 1 ;;
  *) exit 2 ;;
esac
"""
MAKE = """#!/bin/sh
echo "made $*"
case "$*" in *3.90*) exit "${RESULT:-0}" ;; esac
"""
Run = Callable[..., "tuple[int, str]"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the matrix on some versions and gives its exit code and what it printed."""
    monkeypatch.delenv("CI", raising=False)
    for name, text in (("uv", UV), ("make", MAKE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    def run(*words: str, **environment: str) -> tuple[int, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        command = [
            sys.executable,
            "-m",
            "tests.support.matrix",
            "--uv",
            tmp_path / "uv",
            "--make",
            tmp_path / "make",
        ]
        monkeypatch.setenv("PYTHONPATH", str(matrix.ROOT))
        done = subprocess.run(
            [*command, *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )
        assert not done.stderr
        return done.returncode, done.stdout

    return run


def test_each_version_gets_an_environment_of_its_own(run: Run) -> None:
    """The suite runs on what is there and on what could be fetched."""
    code, printed = run("3.90", "3.91")
    assert code == 0
    assert [line for line in printed.splitlines() if line.startswith("made")] == [
        "made test PYTHON=/usr/bin/python3.90 VENV=.venv-3.90",
        "made test PYTHON=/fetched/python3.91 VENV=.venv-3.91",
    ]
    assert "3.90    passed     /usr/bin/python3.90\n3.91    passed     /fetched/python3.91\n" in printed


def test_a_version_that_is_not_to_be_had_is_told(run: Run) -> None:
    """It fails the run where that is asked for, on a CI machine, and where no version was there at all."""
    code, printed = run("3.90", "3.92")
    assert (code, "3.92    NOT FOUND  cause:  cannot be reached\n" in printed) == (0, True)
    assert "mirror" not in printed
    assert run("3.92")[0] == 1
    assert run("--strict", "3.90", "3.92")[0] == 1
    assert run("3.90", "3.92", CI="true")[0] == 1


def test_a_failed_suite_fails_the_run_and_the_others_go_on(run: Run) -> None:
    """The table says which version it was."""
    code, printed = run("3.90", "3.91", RESULT="2")
    assert code == 1
    assert "3.90    FAILED     /usr/bin/python3.90\n3.91    passed" in printed


def test_the_supported_versions_are_those_of_the_classifiers() -> None:
    """And the interpreter that runs the matrix is taken as it is for its own version."""
    assert matrix.supported() == PYTHONS
    own = "{}.{}".format(*sys.version_info)
    assert matrix.find(own, Path("/no/such/uv")) == (sys.executable, "")
