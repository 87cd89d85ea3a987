"""The suite on each version of Python that we support: `make test-all`, and a table of how that went.

uv finds the interpreters, those of pyenv too, and fetches what is missing where it can. A version that is not to
be had is told in capitals; with `--strict`, and on a CI machine, it fails the run like a failed suite.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSED, FAILED, MISSING = "passed", "FAILED", "NOT FOUND"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a version fared: `word` is PASSED, FAILED or MISSING; `interpreter` is its path, or why there is none."""

    version: str
    word: str
    interpreter: str


def supported() -> list[str]:
    """Return the versions that pyproject.toml says we support, such as "3.12", the oldest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = (
        re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line) for line in project["classifiers"]
    )
    return [match[1] for match in found if match]


def find(version: str, uv: Path) -> tuple[str, str]:
    """Return the path of an interpreter of this version, or the empty text and the reason why there is none."""
    if version == "{}.{}".format(*sys.version_info):
        return sys.executable, ""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [os.environ.get("PATH", os.defpath), *map(str, sorted(root.glob("versions/*/bin")))]
    environment = {**os.environ, "PATH": os.pathsep.join(folders)}

    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(uv), "python", *words, version]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    find = ("find", "--system", "--no-python-downloads")
    found = ask(*find)
    if found.returncode:
        fetched = ask("install", "--no-bin", "--no-progress")
        if fetched.returncode:
            lines = re.sub(r"https?://\S+", "", fetched.stderr).split("\n")
            return "", next((line.strip() for line in reversed(lines) if line.strip()), "uv gives no reason")
        found = ask(*find)
    return found.stdout.strip(), found.stderr.strip()


def run(version: str, uv: Path, environments: str, make: str) -> Outcome:
    """Run `make test` on a version in a virtual environment of its own, `ENVIRONMENTS-VERSION`."""
    interpreter, reason = find(version, uv)
    if not interpreter:
        print(f"==== Python {version}: {MISSING}: {reason}", flush=True)
        return Outcome(version, MISSING, reason)
    print(f"==== Python {version}: {interpreter}", flush=True)
    words = [make, "test", f"PYTHON={interpreter}", f"VENV={environments}-{version}"]
    failed = subprocess.run(words, cwd=ROOT, check=False).returncode
    return Outcome(version, FAILED if failed else PASSED, interpreter)


def main(words: Sequence[str]) -> int:
    """Run the suite as the words say, print the table and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "versions", nargs="*", help="versions such as 3.12; all that are supported without any"
    )
    parser.add_argument("--uv", type=Path, required=True, help="the program that finds interpreters")
    parser.add_argument("--environments", default=".venv", help="beginning of the environments' paths")
    parser.add_argument("--make", default="make")
    parser.add_argument("--strict", action="store_true", help="fail where a version is not found")
    given = parser.parse_args(words)
    strict = given.strict or os.environ.get("CI") == "true"
    outcomes = [
        run(version, given.uv, given.environments, given.make) for version in given.versions or supported()
    ]
    print("\nPython  outcome    interpreter")
    for outcome in outcomes:
        print(f"{outcome.version:<6}  {outcome.word:<9}  {outcome.interpreter}")
    found = {outcome.word for outcome in outcomes}
    return int(FAILED in found or PASSED not in found or (strict and MISSING in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
