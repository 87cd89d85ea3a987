"""Known vulnerabilities of what the lock files pin: `make audit`.

pip-audit asks a vulnerability service and counts a package that the service does not know, or a machine
without one, as passed. Here that is no pass: what could not be looked up is told, and fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2


def audit(program: str, lock: str, options: Sequence[str]) -> int:
    """Look the packages of a lock file up, print what is known of them, and return one of the three codes."""
    fixed = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json")
    done = subprocess.run(
        [program, *fixed, *options, "--requirement", lock], capture_output=True, text=True, check=False
    )
    try:
        found = json.loads(done.stdout)["dependencies"]
    except ValueError:
        reason = (done.stderr.strip() or "pip-audit gives no reason").splitlines()[-1]
        print(f"{lock}: NOT CHECKED, the vulnerability service does not answer: {reason}", file=sys.stderr)
        return UNKNOWN
    skipped = [package["name"] for package in found if "skip_reason" in package]
    holes = [(package, hole) for package in found for hole in package.get("vulns", ())]
    for package, hole in holes:
        fixes = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"{lock}: {package['name']} {package['version']}: {hole['id']}, mended in {fixes}")
    if skipped:
        names = ", ".join(skipped)
        print(f"{lock}: NOT CHECKED, unknown to the vulnerability service: {names}", file=sys.stderr)
    checked = len(found) - len(skipped)
    print(f"{lock}: {checked} of {len(found)} packages checked, {len(holes)} known vulnerabilities")
    return VULNERABLE if holes else UNKNOWN if skipped or not found else CLEAN


if __name__ == "__main__":
    locks = [word for word in sys.argv[2:] if word.endswith(".txt")]
    options = [word for word in sys.argv[2:] if not word.endswith(".txt")]
    codes = {audit(sys.argv[1], lock, options) for lock in locks}
    sys.exit(VULNERABLE if VULNERABLE in codes else max(codes))
