"""Imports point one way, and each library has its one place.

The tables below are the architecture; a new module of `shell` needs a row in `LAYERS`.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import shell
from tests.support.imports import PACKAGE, Import, Module, find_cycle, imports_of, read_package

# From the top. A part may import the parts of the layers below it and nothing of its own layer but itself.
LAYERS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"ui", "batch", "completions", "manual", "spoken", "logfile"},
    {"interpreter"},
    {"commands"},
    {"session"},
    {"sites"},
    {"plain"},
    {"facts", "targets"},
    {"commit"},
    {"state"},
    {"journal", "history", "backends", "sources"},
    {"results"},
    {"keys", "certs"},
    {"codec", "staging"},
    {"model"},
    {"arguments", "demo", "durable", "language", "names", "observer"},
    {"errors", "escape"},
]
# Neighbours that may see each other after all: (importer, imported).
NEIGHBOURS = {("errors", "escape"), ("keys", "certs")}
# Parts that may import these and nothing else of the program.
ONLY = {"language": {"errors", "escape"}}

# Which parts may import a library; one that is not here may not be imported at all.
LIBRARIES = {
    "requests": {"backends"},
    "jwcrypto": {"keys"},
    "cryptography": {"keys", "certs"},
    "rich": {"ui"},
    "prompt_toolkit": {"ui"},
}
MAY_EXIT = {"cli"}
MAY_PRINT = {"cli", "ui", "plain"}

RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}


def part_of(module: str) -> str:
    """Return the first name below the package: `shell.model.types` is of the part `model`."""
    return module.split(".")[1] if "." in module else ""


def layer_error(found: Import) -> str:
    """Say what is wrong with an import inside the program, or nothing."""
    importer, imported = part_of(found.importer), part_of(found.imported)
    if not imported or importer == imported:
        return ""  # `shell` itself holds the version, for everybody
    unknown = [part for part in (importer, imported) if part not in RANK]
    if unknown:
        return f"{found}: {unknown[0]!r} has no layer in tests/test_architecture.py"
    if importer in ONLY:
        return "" if imported in ONLY[importer] else f"{found}: {importer} may import only {ONLY[importer]}"
    if RANK[importer] < RANK[imported] or (importer, imported) in NEIGHBOURS:
        return ""
    return f"{found}: {imported} is not below {importer}"


def library_error(found: Import) -> str:
    """Say what is wrong with an import from outside the program, or nothing."""
    library = found.imported.partition(".")[0]
    if library in sys.stdlib_module_names:
        return ""
    if library not in LIBRARIES:
        return f"{found}: {library} is not a dependency"
    if part_of(found.importer) in LIBRARIES[library]:
        return ""
    return f"{found}: {library} belongs in {', '.join(sorted(LIBRARIES[library]))}"


def call_errors(module: Module) -> list[str]:
    """Say where a module ends the process or prints, without being one that may."""
    part = part_of(module.name)
    found = []
    for node in ast.walk(module.tree):
        if part not in MAY_EXIT and _exits(node):
            found.append(f"{module.name}:{node.lineno} ends the process")  # type: ignore[attr-defined]
        if part not in MAY_PRINT and isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            found.append(f"{module.name}:{node.lineno} prints")
    return found


def _exits(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in ("sys.exit", "os._exit", "exit", "quit")
    if isinstance(node, ast.Raise) and node.exc is not None:
        return ast.unparse(node.exc).partition("(")[0] == "SystemExit"
    return (
        isinstance(node, ast.ImportFrom) and node.module == "sys" and "exit" in [a.name for a in node.names]
    )


@pytest.fixture(scope="module")
def modules() -> dict[str, Module]:
    """Read the source of the program."""
    return read_package(Path(shell.__file__).parent)


@pytest.fixture(scope="module")
def imports(modules: dict[str, Module]) -> list[Import]:
    """Return every import of the program."""
    return [found for module in modules.values() for found in imports_of(module, modules.keys())]


def inside(found: Import) -> bool:
    """Whether the imported module is one of ours."""
    return found.imported.partition(".")[0] == PACKAGE


def test_every_module_has_a_layer(modules: dict[str, Module]) -> None:
    """No part of the program is outside the table of layers."""
    assert {part_of(name) for name in modules} - {""} <= RANK.keys()


def test_imports_point_down(imports: list[Import]) -> None:
    """No module imports one of its own layer or above, at run time or for types, anywhere in its text."""
    assert [error for found in imports if inside(found) for error in [layer_error(found)] if error] == []


def test_libraries_stay_in_their_place(imports: list[Import]) -> None:
    """Each library is imported only by the parts that are its one place."""
    assert [
        error for found in imports if not inside(found) for error in [library_error(found)] if error
    ] == []


def test_nothing_imports_in_a_circle(imports: list[Import]) -> None:
    """The run-time imports of the modules have no cycle, those inside functions included."""
    graph: dict[str, set[str]] = defaultdict(set)
    for found in imports:
        if inside(found) and not found.typing_only:
            graph[found.importer].add(found.imported)
    assert find_cycle(graph) == []


def test_only_the_entry_exits_and_only_the_surfaces_print(modules: dict[str, Module]) -> None:
    """Commands and everything below them neither end the process nor write to the terminal."""
    assert [error for module in modules.values() for error in call_errors(module)] == []


KNOWN = {
    f"{PACKAGE}.{name}"
    for name in (
        "model",
        "model.types",
        "session",
        "backends",
        "backends.cafile",
        "journal",
        "language",
        "errors",
        "odd",
    )
}


def check(name: str, source: str) -> list[str]:
    """Return what the rules say against one module with this source."""
    module = Module(f"{PACKAGE}.{name}", ast.parse(source), is_package=f"{PACKAGE}.{name}.types" in KNOWN)
    found = [layer_error(each) if inside(each) else library_error(each) for each in imports_of(module, KNOWN)]
    return [error for error in found if error] + call_errors(module)


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("model.types", "import shell.session", "session is not below model"),
        ("model.types", "def f():\n    from shell import session", "session is not below model"),
        (
            "model.types",
            "if TYPE_CHECKING:\n    from shell.session import Session",
            "session is not below model",
        ),
        ("model.types", "from ..session import Session", "session is not below model"),
        ("model", "from ..session import Session", "session is not below model"),
        ("journal", "from shell.backends import cafile", "backends is not below journal"),
        ("backends.cafile", "from shell import journal", "journal is not below backends"),
        ("language", "from shell.model import types", "may import only"),
        ("session", "from shell import odd", "'odd' has no layer"),
        ("session", "import requests.adapters", "requests belongs in backends"),
        ("session", "import numpy", "not a dependency"),
        ("session", "import sys\nsys.exit(1)", "ends the process"),
        ("session", "from sys import exit as leave", "ends the process"),
        ("session", "raise SystemExit", "ends the process"),
        ("session", "raise SystemExit(2)", "ends the process"),
        ("session", "print('x')", "prints"),
    ],
)
def test_the_rules_catch(name: str, source: str, complaint: str) -> None:
    """Each kind of breach is found, wherever in a module it stands and however it is spelled."""
    errors = check(name, source)
    assert len(errors) == 1
    assert complaint in errors[0]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("session", "from shell.model import types\nfrom shell import __version__\nimport json"),
        ("backends.cafile", "import requests\nfrom . import cafile"),
        ("cli", "import sys\nprint('x')\nsys.exit(0)"),
        ("language", "from shell.errors import ShellError"),
    ],
)
def test_the_rules_allow(name: str, source: str) -> None:
    """What the layers allow is not complained of."""
    assert check(name, source) == []


def test_a_cycle_is_found() -> None:
    """The search for cycles finds one behind a chain, and none where there is none."""
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) == ["b", "c", "d", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
