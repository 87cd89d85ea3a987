"""`make audit` passes only where everything was looked up, tried with a pip-audit that only pretends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
CLEAN = {"name": "rich", "version": "15.0.0", "vulns": []}
HOLE = {"id": "CVE-1", "fix_versions": ["2.9"], "aliases": [], "description": "text"}
SKIPPED = {"name": "cffi", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "code", "printed"),
    [
        ([CLEAN], 0, "1 of 1 packages checked, 0 known vulnerabilities"),
        ([CLEAN, {**CLEAN, "vulns": [HOLE]}], 1, "rich 15.0.0: CVE-1, mended in 2.9"),
        ([{**CLEAN, "vulns": [HOLE | {"fix_versions": []}]}, SKIPPED], 1, "CVE-1, mended in no version yet"),
        ([CLEAN, SKIPPED], 2, "NOT CHECKED, unknown to the vulnerability service: cffi"),
        ([], 2, "0 of 0 packages checked"),
        (None, 2, "NOT CHECKED, the vulnerability service does not answer: no route"),
    ],
)
def test_what_was_not_looked_up_is_no_pass(
    tmp_path: Path, found: list[dict[str, Any]] | None, code: int, printed: str
) -> None:
    """The exit code is 0 where all are clean, 1 for a vulnerability, 2 where something could not be checked."""
    program = tmp_path / "pip-audit"
    answer = "echo trace >&2; echo no route >&2; exit 1"
    if found is not None:
        answer = f"cat <<'END'\n{json.dumps({'dependencies': found, 'fixes': []})}\nEND"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    command = [sys.executable, "-m", "tests.support.audit", program, "run.txt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code
    assert printed in done.stdout + done.stderr
