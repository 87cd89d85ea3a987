"""The scratch ca.json of --demo."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwk

from shell.demo import PREFIX, make_demo
from tests.support.program import RunShell


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a demo's ca.json, in the folder of the test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Path(make_demo())


def config(path: Path) -> dict[str, Any]:
    """Return the demo as Python reads it."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_the_folder_is_private(path: Path) -> None:
    """The folder says what it is and is for its owner alone, and so is each file in it."""
    assert path.parent.name.startswith(PREFIX)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_each_demo_is_a_new_one(path: Path) -> None:
    """A second demo has a folder of its own, and its paths lead there."""
    other = Path(make_demo())
    assert other.parent != path.parent
    assert str(path.parent) not in other.read_text()


def test_there_is_something_of_everything(path: Path) -> None:
    """Eight types, different claims and a template are there to be looked at."""
    entries = config(path)["authority"]["provisioners"]
    assert len({entry["type"].lower() for entry in entries}) == len(entries) == 8
    assert sum("claims" in entry for entry in entries) >= 5
    assert any("template" in entry.get("options", {}).get("x509", {}) for entry in entries)


def test_the_certificates_are_real(path: Path) -> None:
    """Root and intermediate exist, belong together, and are valid for decades."""
    content = config(path)
    root = x509.load_pem_x509_certificate(Path(content["root"]).read_bytes())
    intermediate = x509.load_pem_x509_certificate(Path(content["crt"]).read_bytes())
    intermediate.verify_directly_issued_by(root)
    assert min(root.not_valid_after_utc.year, intermediate.not_valid_after_utc.year) >= 2050


def test_the_key_is_a_public_key(path: Path) -> None:
    """The JWK of `ops` is a point on its curve, named by its thumbprint, without the private half."""
    key = jwk.JWK(**config(path)["authority"]["provisioners"][0]["key"])
    assert isinstance(key.get_op_key("verify"), ec.EllipticCurvePublicKey)
    assert not key.has_private
    assert key.thumbprint() == config(path)["authority"]["provisioners"][0]["key"]["kid"]


def test_making_one_loads_no_cryptography(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo is data: neither a key library nor the network is loaded to make it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    program = (
        "import sys, shell.demo\nshell.demo.make_demo()\n"
        "print(sorted({'cryptography', 'jwcrypto', 'ssl', 'socket'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_check_of_the_demo_finds_no_error(path: Path, run_shell: RunShell) -> None:
    """`check` has no error against the demo, and the one warning that is there on purpose."""
    done = run_shell("--ca-config", path, "--json", "-c", "check")
    found = json.loads(done.stdout)
    assert (done.returncode, found["errors"]) == (0, 0)
    assert [problem["provisioner"] for problem in found["problems"]] == ["printers"]
