"""What a session makes of the words of its commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shell.errors import ShellError
from tests.support.lines import Lines


def _session(tmp_path: Path, *names: str) -> Lines:
    ca_json = tmp_path / "ca.json"
    entries = [{"type": "ACME", "name": name} for name in names]
    ca_json.write_text(json.dumps({"root": "r", "authority": {"provisioners": entries}}))
    return Lines(ca_json)


def test_a_place_means_the_provisioner_there(tmp_path: Path) -> None:
    """Counted from 1, as the staged edits leave the list."""
    lines = _session(tmp_path, "a", "b", "c")
    lines.run("remove", "%1")
    lines.run("remove", "%2")
    assert lines.names() == ["b"]


def test_a_name_that_looks_like_a_place_means_the_provisioner_that_has_it(tmp_path: Path) -> None:
    """Whatever stands at that place is left alone."""
    lines = _session(tmp_path, "a", "%1", "b")
    lines.run("remove", "%1")
    assert lines.names() == ["a", "b"]


def test_a_name_that_several_have_is_refused_with_their_places(tmp_path: Path) -> None:
    """And a place names one of them."""
    lines = _session(tmp_path, "a", "b", "a")
    with pytest.raises(ShellError, match='2 provisioners are named "a"') as caught:
        lines.run("remove", "a")
    assert caught.value.hint.endswith("%1 or %3")
