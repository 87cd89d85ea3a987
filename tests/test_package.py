"""The wheel holds what a person installs: the program, its licence, man page and completions; all work from there."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import shell

ROOT = Path(__file__).parent.parent
SHARED = {
    "bash-completion/completions/step-shell": "completions/step-shell.bash",
    "fish/vendor_completions.d/step-shell.fish": "completions/step-shell.fish",
    "man/man1/step-shell.1": "docs/man/step-shell.1",
    "zsh/site-functions/_step-shell": "completions/_step-shell",
}


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel of this tree, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a new virtual environment with the wheel; the dependencies are those of the environment of the tests."""
    folder = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    place = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(place, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet")
    _run(*pip, "--no-deps", "--no-index", "--no-compile", wheel)
    return folder


def test_the_wheel_holds_everything_that_is_installed(wheel: Path) -> None:
    """The package with its marker for types, the licence, the man page and the completions of three shells."""
    names = zipfile.ZipFile(wheel).namelist()
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "shell").rglob("*.py")}
    assert modules | {"shell/py.typed"} <= set(names)
    data = f"step_shell-{shell.__version__}.data/data/share/"
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == set(SHARED)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_the_source_archive_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """Whoever builds from the archive gets, byte for byte, what is built from the tree; the suite is in it too."""
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT)
    [again] = tmp_path.glob("*.whl")
    assert again.name == wheel.name
    one, other = zipfile.ZipFile(wheel), zipfile.ZipFile(again)
    assert {name: one.read(name) for name in one.namelist()} == {
        name: other.read(name) for name in other.namelist()
    }
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {"Makefile", "CHANGELOG.md", "requirements/test.txt", "tests/test_package.py"} <= names


def test_man_page_and_completions_land_where_they_are_looked_for(installed: Path) -> None:
    """Below `share` of the environment, as they are in the tree."""
    assert {name: (installed / "share" / name).read_bytes() for name in SHARED} == {
        name: (ROOT / source).read_bytes() for name, source in SHARED.items()
    }


@pytest.mark.parametrize("name", ["step-shell", "step-shell-plugin"])
def test_an_installed_wheel_has_both_commands(installed: Path, tmp_path: Path, name: str) -> None:
    """They run from where pip puts them, and work on a ca.json; the code is that of the wheel, not of the tree."""
    command = [installed / "bin" / name, "--demo", "-c", "show acme type"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout == "ACME\n", done.stderr
    code = "import shell; print(shell.__file__)"
    where = subprocess.run(
        [installed / "bin" / "python", "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert where.stdout.startswith(str(installed))


@pytest.mark.live
def test_step_finds_the_installed_plugin(installed: Path, step: Path, tmp_path: Path) -> None:
    """`step shell` runs the program where the environment's commands are on PATH, and passes words and exit code on."""
    for words, code, output in (
        (["--version"], 0, f"step-shell {shell.__version__}\n"),
        (["--nonsense"], 2, ""),
    ):
        done = subprocess.run(
            [step, "shell", *words],
            env={"PATH": str(installed / "bin"), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (code, output), done.stderr
