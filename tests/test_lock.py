"""The lock files agree with pyproject.toml, for every version of Python that we support, and name no place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = [
    line.rpartition(" ")[2]
    for line in PROJECT["project"]["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
]
DIRECT = {
    "run": PROJECT["project"]["dependencies"],
    "test": PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"],
    "build": PROJECT["dependency-groups"]["build"],
    "maintenance": PROJECT["dependency-groups"]["maintenance"],
}
_PIN = re.compile(
    r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+?))? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def pins(lock: str, **environment: str) -> dict[str, list[Version]]:
    """Return the versions that a lock file pins, by name; of an environment, those that apply there."""
    found: dict[str, list[Version]] = {}
    for pin in _PIN.finditer((FOLDER / f"{lock}.txt").read_text()):
        if not environment or not pin["marker"] or Marker(pin["marker"]).evaluate(environment):
            found.setdefault(canonicalize_name(pin["name"]), []).append(Version(pin["version"]))
    return found


def test_the_versions_of_python_are_those_that_are_required() -> None:
    """The list begins with what `requires-python` says and has no gap."""
    minors = [int(version.partition(".")[2]) for version in PYTHONS]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


@pytest.mark.parametrize("lock", DIRECT)
def test_a_lock_is_only_pins_with_hashes(lock: str) -> None:
    """Besides comments there is nothing in it: no address of an index, no option, no path, no open version."""
    text = (FOLDER / f"{lock}.txt").read_text()
    rest = re.sub(r"^ *#.*\n", "", _PIN.sub("", text), flags=re.MULTILINE)
    assert rest == ""
    assert not re.search(r"https?:|--(?!hash)|/(?:tmp|home|root|work)/", text.replace("-c requirements/", ""))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", DIRECT)
def test_a_lock_has_each_dependency_once_within_its_bounds(lock: str, python: str) -> None:
    """What pyproject.toml asks for on this version of Python is pinned to one version that satisfies it."""
    environment = {"python_version": python, "python_full_version": f"{python}.1", "extra": ""}
    pinned = pins(lock, **environment)
    for line in DIRECT[lock]:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate(environment):
            versions = pinned.get(canonicalize_name(wanted.name), [])
            assert any(map(wanted.specifier.contains, versions)), f"{line} is not in the lock: run make lock"
    assert all(len(versions) == 1 for versions in pinned.values())


@pytest.mark.parametrize("lock", ["run", "build"])
def test_what_runs_and_builds_is_what_was_tested(lock: str) -> None:
    """The small lock files pin nothing that the one of the tests does not pin alike."""
    tested = pins("test")
    small = pins(lock)
    assert small == {name: tested[name] for name in small}


def test_the_build_backend_is_locked() -> None:
    """The group `build` has what [build-system] requires, so that nothing unlocked takes part in an installation."""
    required: Any = PROJECT["build-system"]["requires"]
    assert set(required) <= set(PROJECT["dependency-groups"]["build"])


def test_each_dependency_is_justified() -> None:
    """docs/dependencies.md names everything that pyproject.toml asks for, and nothing that is not asked for."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    first = page.partition("For development only")[0]
    table = " ".join(re.findall(r"^\| ([^|]+) \|", first, re.MULTILINE)[2:])
    wanted = {canonicalize_name(Requirement(line).name) for line in DIRECT["run"]}
    assert {canonicalize_name(name) for name in re.findall(r"[\w.-]+\w", table)} == wanted
    others = {Requirement(line).name for lock in ("test", "build", "maintenance") for line in DIRECT[lock]}
    words = set(map(canonicalize_name, re.findall(r"[\w.-]*\w", page)))
    assert {canonicalize_name(name) for name in others} - words == set()
