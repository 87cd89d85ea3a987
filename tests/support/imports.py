"""The imports of a source tree, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "shell"


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, by its full name, and where. `typing_only`: under `if TYPE_CHECKING:`."""

    importer: str
    imported: str
    line: int
    typing_only: bool

    def __str__(self) -> str:
        """The importer with its line, and the imported."""
        return f"{self.importer}:{self.line} imports {self.imported}"


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: full name, syntax tree, and whether it is the `__init__` of a package."""

    name: str
    tree: ast.Module
    is_package: bool = False


def read_package(folder: Path) -> dict[str, Module]:
    """Read all modules of the package in this folder, keyed by full name."""
    found = {}
    for file in sorted(folder.rglob("*.py")):
        parts = [folder.name, *file.relative_to(folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, ast.parse(file.read_text(), str(file)), is_package)
    return found


def imports_of(module: Module, known: Collection[str]) -> list[Import]:
    """Return every import of a module, those inside functions too.

    `from a import b` counts as an import of `a.b` where that is a module among `known`, else of `a`.
    """
    found = []
    for node, typing_only in _walk(module.tree, typing_only=False):
        for name in _names(node, module, known):
            found.append(Import(module.name, name, node.lineno, typing_only))
    return found


def _walk(node: ast.AST, *, typing_only: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, typing_only
    guarded = isinstance(node, ast.If) and _is_type_checking(node.test)
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST):
                yield from _walk(child, typing_only=typing_only or (guarded and field == "body"))


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _names(node: ast.Import | ast.ImportFrom, module: Module, known: Collection[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parts = module.name.split(".")
        package = parts[: len(parts) - node.level + (1 if module.is_package else 0)]
        base = ".".join([*package, *([base] if base else [])])
    modules = [f"{base}.{alias.name}" for alias in node.names]
    return sorted({name if name in known else base for name in modules})


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return one cycle of a directed graph as the nodes along it, the first one repeated, or nothing."""
    finished: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in finished:
            return []
        for following in sorted(graph.get(node, ())):
            cycle = visit(following, [*path, node])
            if cycle:
                return cycle
        finished.add(node)
        return []

    for node in sorted(graph):
        cycle = visit(node, [])
        if cycle:
            return cycle
    return []
