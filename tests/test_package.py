"""The wheel holds what a person installs: the program, its licence, man page and completions."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import shell

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel of this tree, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_everything_that_is_installed(wheel: Path) -> None:
    """The package with its marker for types, the licence, the man page and the completions of three shells."""
    names = zipfile.ZipFile(wheel).namelist()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "shell").rglob("*.py")}
    assert modules | {"shell/py.typed"} <= set(names)
    data = f"step_shell-{shell.__version__}.data/data/share/"
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == {
        "bash-completion/completions/step-shell",
        "fish/vendor_completions.d/step-shell.fish",
        "man/man1/step-shell.1",
        "zsh/site-functions/_step-shell",
    }
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_an_installed_wheel_has_both_commands(wheel: Path, tmp_path: Path) -> None:
    """`step-shell` and `step-shell-plugin` run from where pip puts them."""
    target = tmp_path / "installed"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        target,
        wheel,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for name in ("step-shell", "step-shell-plugin"):
        done = subprocess.run(
            [target / "bin" / name, "--version"],
            env={"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stdout == f"step-shell {shell.__version__}\n", done.stderr
