"""The real step CLI, for comparison: on a ca.json without a CA, and for anything else."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.ports import refused_url


class StepCli:
    """Runs `step` with a STEPPATH of its own and without a terminal, so that a question is an error.

    `root` is any root certificate: step wants one even to edit a file.
    """

    def __init__(self, program: Path, folder: Path, root: Path) -> None:
        self.program = program
        self.folder = folder
        self._root = root
        folder.mkdir(parents=True, exist_ok=True)

    def run(
        self,
        *arguments: str | Path,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run `step` with these arguments and return exit code and outputs, whatever they are."""
        base = {"PATH": os.defpath, "HOME": str(self.folder), "STEPPATH": str(self.folder)}
        return subprocess.run(
            [str(self.program), *map(str, arguments)],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            cwd=cwd or self.folder,
            env={**base, **(env or {})},
            start_new_session=True,
        )

    def edit(
        self, ca_json: Path, command: str, *arguments: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `step ca provisioner COMMAND ARGUMENTS` on a ca.json: step edits the file where no CA answers."""
        target = ("--ca-url", refused_url(), "--root", self._root, "--ca-config", ca_json)
        return self.run("ca", "provisioner", command, *arguments, *target, cwd=cwd)

    def provisioner_after(
        self, ca_json: Path, command: str, name: str, *arguments: str | Path, cwd: Path | None = None
    ) -> dict[str, Any] | None:
        """Edit as `edit` does and return the provisioner of that name as the file then has it, or None.

        Raises RuntimeError where step fails; `edit` does not.
        """
        done = self.edit(ca_json, command, name, *arguments, cwd=cwd)
        if done.returncode:
            raise RuntimeError(f"step failed: {done.stderr}")
        found = [entry for entry in provisioners_of(ca_json) if entry.get("name") == name]
        return found[0] if found else None


def provisioners_of(ca_json: Path) -> list[dict[str, Any]]:
    """Return the provisioners of a well-formed ca.json as Python's json reads them."""
    found: list[dict[str, Any]] = json.loads(ca_json.read_bytes())["authority"].get("provisioners") or []
    return found
