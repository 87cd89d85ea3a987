"""The man page and the reference are what the tables make of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from shell.arguments import TABLE
from shell.commands import REGISTRY
from shell.manual import FILES, page
from shell.model.fields import FIELDS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("kind", FILES)
def test_the_document_is_what_the_tables_make(kind: str) -> None:
    """A changed table without a new document fails here, and says how to make it."""
    path = ROOT / FILES[kind]
    assert path.read_text() == page(kind), f"make it anew: python -m shell.manual {kind} > {FILES[kind]}"


def test_everything_in_the_tables_is_in_the_reference() -> None:
    """Each flag, each command and each field has a place in it."""
    text = page("reference")
    assert all(row.flag in text for row in TABLE)
    assert all(f"### {command.name}\n" in text for command in REGISTRY.commands())
    assert all(f"`{row.path}`" in text for row in FIELDS)


def test_the_man_page_is_read_without_complaint() -> None:
    """The roff has no macro or escape that a formatter warns of."""
    formatter = shutil.which("groff")
    if formatter is None:
        pytest.skip("groff is not here: the man page is not tried")
    command = [formatter, "-man", "-ww", "-Tutf8", ROOT / FILES["man"]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
