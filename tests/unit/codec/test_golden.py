"""Hand-made ca.json files in the styles of the world, edited; the results were read by a person.

Beside `NAME.json` stand `NAME.edited.json`, with what `edited` changes, and `NAME.added.json`, with one
provisioner more. `diff` judges how many lines differ.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from shell.codec import configfile
from shell.codec.configfile import ConfigFile
from shell.codec.splice import encode_bytes, rewrite

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.name.removesuffix(".json") for path in FILES.glob("*.json") if path.name.count(".") == 1)
NEW: dict[str, Any] = {
    "type": "ACME",
    "name": "new",
    "challenges": ["dns-01"],
    "claims": {"disableRenewal": True},
}


def read(name: str) -> ConfigFile:
    """Return one of the files."""
    return configfile.read((FILES / f"{name}.json").read_bytes(), f"{name}.json")


def edited(config: ConfigFile) -> dict[int, dict[str, Any]]:
    """Return the edits made in every file: in each typed entry a claim is set, and a challenge is added."""
    changed = {}
    for index in range(len(config.entries)):
        value = config.entry_value(index)
        if not value.get("type"):
            continue
        claims, challenges = value.get("claims") or {}, value.get("challenges")
        assert isinstance(claims, dict)
        changed[index] = {**value, "claims": {**claims, "maxTLSCertDuration": "20h"}}
        if isinstance(challenges, list):
            changed[index]["challenges"] = [*challenges, "tls-alpn-01"]
    return changed


def diff(name: str, text: bytes) -> list[bytes]:
    """Return the lines that `diff` finds taken out of a file and put in."""
    result = subprocess.run(
        ["diff", "-a", str(FILES / f"{name}.json"), "-"], input=text, capture_output=True, check=False
    )
    return [line for line in result.stdout.split(b"\n") if line.startswith((b"<", b">"))]


@pytest.mark.parametrize("name", NAMES)
def test_edited(name: str) -> None:
    """The edited file is the one that was read by a person, in which no other line differs."""
    config = read(name)
    changed = edited(config)
    text = encode_bytes(rewrite(config, set(), changed, []))
    expected = FILES / f"{name}.edited.json"
    assert text == (expected.read_bytes() if expected.exists() else encode_bytes(config.text))
    taken_out = [line for line in diff(name, text) if line.startswith(b"<")]
    assert len(taken_out) <= 2 * len(changed)


@pytest.mark.parametrize("name", NAMES)
def test_added(name: str) -> None:
    """The file with a provisioner more is the one that was read by a person."""
    config = read(name)
    text = encode_bytes(rewrite(config, set(), {}, [NEW]))
    assert text == (FILES / f"{name}.added.json").read_bytes()
    assert len([line for line in diff(name, text) if line.startswith(b"<")]) <= 1


MADE = ("null-list", "no-list", "empty-authority", "null-authority", "no-authority", "cleared-authority")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MADE])
def test_adding_and_taking_back(name: str) -> None:
    """Adding a provisioner and taking it back gives the identical bytes."""
    config = read(name)
    added = configfile.read_text(rewrite(config, set(), {}, [NEW]), name)
    assert rewrite(added, {len(config.entries)}, {}, []) == config.text


@pytest.mark.parametrize("name", MADE)
def test_adding_and_taking_back_where_there_was_no_list(name: str) -> None:
    """An empty list stays behind where there was none; everything else is as before."""
    config = read(name)
    added = configfile.read_text(rewrite(config, set(), {}, [NEW]), name)
    back = configfile.read_text(rewrite(added, {0}, {}, []), name)
    assert back.entries == []
    assert {**back.settings, "authority": None} == {**config.settings, "authority": None}
    assert len(diff(name, encode_bytes(back.text))) <= 6


@pytest.mark.parametrize("name", NAMES)
def test_removing_all_and_each(name: str) -> None:
    """Any entry can go, and all of them."""
    config = read(name)
    count = len(config.entries)
    for index in range(count):
        result = configfile.read_text(rewrite(config, {index}, {}, []), name)
        assert len(result.entries) == count - 1
    assert configfile.read_text(rewrite(config, set(range(count)), {}, []), name).entries == []
