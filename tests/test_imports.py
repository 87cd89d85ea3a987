"""What each way of starting the program loads: the budget that its speed rests on.

Read from Python's own record (`-X importtime`), so that a module dropped again counts too. What the
interpreter and the environment load by themselves is taken off.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.pki import Pki, WriteCaJson
from tests.support.program import run_shell

READING_PATH = frozenset(
    {
        *("dataclasses", "typing", "inspect", "pathlib", "argparse", "logging", "subprocess", "tempfile"),
        *("requests", "urllib3", "prompt_toolkit", "rich", "jwcrypto", "cryptography"),
    }
)
BATCH = frozenset({"requests", "urllib3", "prompt_toolkit", "rich"})
KEYS = frozenset({"jwcrypto"})
NETWORK = frozenset({"http", "ssl", "_ssl"})

TRACED = (sys.executable, "-P", "-X", "importtime")
AS_MODULE = (*TRACED, "-m", "shell")
AS_SCRIPT = (*TRACED, "-c", "import sys; from shell.cli import entry; sys.exit(entry())")
WAYS = pytest.mark.parametrize("command", [AS_MODULE, AS_SCRIPT], ids=["module", "script"])


def loaded(record: str) -> set[str]:
    """Return the names of the modules in an import-time record, packages and submodules alike."""
    lines = [line.split("|") for line in record.splitlines() if line.startswith("import time:")]
    return {columns[2].strip() for columns in lines if len(columns) == 3}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return what this Python loads, in this environment, to run a module that does nothing."""
    folder = tmp_path_factory.mktemp("baseline")
    (folder / "nothing.py").write_text("")
    done = run_shell(command=(*TRACED[:1], *TRACED[2:], "-m", "nothing"), cwd=folder)
    assert done.returncode == 0
    return loaded(done.stderr)


@pytest.fixture
def start(baseline: set[str]) -> Callable[..., set[str]]:
    """Return a function that runs the program, which must succeed, and gives the modules that it loaded."""

    def run(command: tuple[str, ...], *argv: str | Path, stdin: str | None = None) -> set[str]:
        done = run_shell(*argv, stdin=stdin, command=command)
        errors = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
        assert done.returncode == 0, errors
        found = loaded(done.stderr)
        assert "shell.cli" in found
        return found - baseline

    return run


def within(found: set[str], forbidden: frozenset[str]) -> set[str]:
    """Return those of the modules that belong to a forbidden library."""
    return {name for name in found if name.partition(".")[0] in forbidden}


@WAYS
def test_the_version_needs_only_the_reading_path(
    start: Callable[..., set[str]], command: tuple[str, ...]
) -> None:
    """`--version` loads none of the slow modules and no library."""
    assert within(start(command, "--version"), READING_PATH) == set()


@WAYS
def test_a_listing_needs_only_the_reading_path(
    start: Callable[..., set[str]], command: tuple[str, ...], ca_json: WriteCaJson, pki: Pki
) -> None:
    """`-c list` on a ca.json loads none of the slow modules and no library, as text and as JSON."""
    path = ca_json([pki.jwk(), {"type": "ACME", "name": "acme", "claims": {"maxTLSCertDuration": "48h"}}])
    assert within(start(command, "--ca-config", path, "-c", "list"), READING_PATH) == set()
    assert within(start(command, "--ca-config", path, "--json", "-c", "list"), READING_PATH) == set()


def test_telling_what_happens_costs_no_slow_module(
    start: Callable[..., set[str]], ca_json: WriteCaJson, tmp_path: Path
) -> None:
    """A log, a trace and more words are written without `logging`; without their flags nothing of them is loaded."""
    path = ca_json([{"type": "ACME", "name": "acme"}])
    plain = start(AS_MODULE, "--ca-config", path, "-c", "list")
    assert not {"shell.logfile", "shell.spoken"} & plain
    flags = ("--trace", "--verbose", "--log-level", "debug", "--log-file", tmp_path / "log")
    found = start(AS_MODULE, "--ca-config", path, *flags, "-c", "list")
    assert {"shell.logfile", "shell.spoken"} <= found
    assert within(found, READING_PATH) == set()


def test_a_batch_needs_no_terminal_library_and_no_network(
    start: Callable[..., set[str]], ca_json: WriteCaJson, tmp_path: Path
) -> None:
    """A batch that stages, shows, checks and commits edits to a file without keys loads no prompt, colours, JOSE or network."""
    path = ca_json([{"type": "ACME", "name": "old"}])
    batch = tmp_path / "changes.steps"
    batch.write_text("add acme --type ACME\nset old forceCN true\ndiff\ncheck\ncommit\n")
    assert within(start(AS_MODULE, "--ca-config", path, "-f", batch), BATCH | KEYS | NETWORK) == set()
    names = [entry["name"] for entry in json.loads(path.read_text())["authority"]["provisioners"]]
    assert names == ["old", "acme"]


def test_a_new_key_loads_the_key_library(
    start: Callable[..., set[str]], ca_json: WriteCaJson, pki: Pki
) -> None:
    """The library jwcrypto is there when a key is made, and still neither prompt nor colours nor HTTP."""
    lines = f"add cicd --type JWK --create --password-file {pki.password_file}\ncommit\n"
    found = start(AS_MODULE, "--ca-config", ca_json(), "-f", "-", stdin=lines)
    assert within(found, KEYS)
    assert within(found, BATCH) == set()


def test_the_record_is_read_right() -> None:
    """The reader of the record sees a module that is imported, and not one that is not."""
    assert loaded("import time:       12 |         34 |   json.decoder\nnoise | a | b\n") == {"json.decoder"}
