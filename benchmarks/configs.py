"""Files and batches to measure with: provisioners word for word as `step ca provisioner add --ssh=false` writes them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from tests.support.pki import Pki

CLAIMS = {
    "maxTLSCertDuration": "48h0m0s",
    "enableSSHCA": False,
    "disableRenewal": False,
    "allowRenewalAfterExpiry": False,
    "disableSmallstepExtensions": False,
}
STORED_KEY_BYTES = 540  # what step writes for an EC key, encrypted


def name_of(number: int) -> str:
    """Return the name of the provisioner of this number."""
    return f"host{number:05d}.example.com"


def provisioners(pki: Pki, count: int) -> list[dict[str, Any]]:
    """Return so many JWK provisioners, each with a key identifier and a stored key of its own."""
    key = pki.jwk()["key"]
    return [
        {
            "type": "JWK",
            "name": name_of(number),
            "key": {**key, "kid": _text(f"kid {number}", 32)},
            "encryptedKey": _text(f"stored {number}", STORED_KEY_BYTES),
            "claims": CLAIMS,
            "options": {"x509": {}, "ssh": {}},
        }
        for number in range(count)
    ]


def _text(seed: str, size: int) -> str:
    """Return base64url of so many bytes, the same for the same seed."""
    return base64.urlsafe_b64encode(hashlib.shake_256(seed.encode()).digest(size)).decode().rstrip("=")


def file_of(bench: Bench, count: int) -> Path:
    """Return a ca.json of so many provisioners, written as step does: indented by tabs."""
    path = bench.folder / f"ca{count}.json"
    if not path.exists():
        path.write_text(json.dumps(bench.pki.config(provisioners(bench.pki, count)), indent="\t") + "\n")
    return path


def changes(path: Path, numbers: Iterable[int], *last: str) -> Path:
    """Write a batch that sets a lifetime of these provisioners, and ends with these lines."""
    lines = [f"set {name_of(number)} claims.maxTLSCertDuration 97h" for number in numbers]
    path.write_text("\n".join([*lines, *last]) + "\n")
    return path
