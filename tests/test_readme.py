"""What README.md and the documents show is what happens: their console blocks are run, in order, in one folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

BATCH = """\
# shorter lifetimes for everything that renews by itself
set acme claims.defaultTLSCertDuration 12h
set acme claims.maxTLSCertDuration 24h
commit --comment "shorter lifetimes"
"""


def _examples(text: str) -> list[tuple[str, str]]:
    """Return each command of the console blocks with the output that is shown for it."""
    found: list[tuple[str, str]] = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def _pattern(output: str) -> str:
    """Return the expression for an output in which `…` stands for anything."""
    return "(?s)" + ".*".join(re.escape(part) for part in output.rstrip("\n").split("…"))


@pytest.fixture
def folder(tmp_path: Path, pki, ca_json) -> Path:
    """Give a folder with the ca.json and the batch that the examples work on, and the program on PATH."""
    assert ca_json([pki.jwk("admin")], database=True) == tmp_path / "ca.json"
    (tmp_path / "changes.steps").write_text(BATCH)
    program = tmp_path / "bin" / "step-shell"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m shell "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("document", ["README.md", "docs/batch.md", "docs/json.md", "docs/observing.md"])
def test_the_examples_of_a_document_print_what_it_shows(folder: Path, document: str) -> None:
    """Every console example runs and prints what stands below it."""
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    examples = _examples((ROOT / document).read_text())
    assert len(examples) > 2
    for command, shown in examples:
        done = subprocess.run(
            ["sh", "-c", command],
            check=False,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert re.fullmatch(_pattern(shown), done.stdout.rstrip("\n")), f"{command}\n{done.stdout}"


def test_the_readme_gives_one_command_for_the_demo_and_one_for_the_tests() -> None:
    """The set-up is `make demo` and `make test`, and both are targets of the Makefile."""
    text = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^```sh\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    assert commands == ["make demo", "make test"]
    assert all(
        re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE) for command in commands
    )
