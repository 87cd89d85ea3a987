"""`repair`: what it stages for a broken file, and what it leaves to a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.lines import Lines

BOM = b"\xef\xbb\xbf"


def _acme(name: str, **members: object) -> dict[str, object]:
    return {"type": "ACME", "name": name, **members}


class Repaired:
    """A file with these entries after `repair`: what it said, what it left, and what stands there now."""

    def __init__(self, folder: Path, *entries: object, before: bytes = b"") -> None:
        ca_json = folder / "ca.json"
        document = {"root": "r", "crt": "c", "key": "k", "address": ":1"}
        text = json.dumps({**document, "authority": {"provisioners": entries}})
        ca_json.write_bytes(before + text.encode())
        self.lines = Lines(ca_json)
        answer = self.lines.run("repair")
        self.said: list[str] = [str(line) for block in answer.blocks for line in block.lines]  # type: ignore[union-attr]
        self.left = [text for text in answer.notices if text.startswith("left to you")]
        self.notices = list(answer.notices)

    def entries(self) -> list[Any]:
        """Return the members of all provisioners as staged."""
        view = self.lines.session.view
        return [view.provisioner(id_).members for id_ in view.ids()]


def test_an_entry_that_is_there_twice_goes_once(tmp_path: Path) -> None:
    """And only that one."""
    found = Repaired(tmp_path, _acme("a"), _acme("b"), _acme("a"))
    assert found.said == ["staged: %3 a: removed, it is there twice"]
    assert found.lines.names() == ["a", "b"]


def test_a_name_that_is_taken_gets_the_next_free_number(tmp_path: Path) -> None:
    """The first keeps it, and nothing is merged."""
    found = Repaired(tmp_path, _acme("a"), _acme("a-2"), _acme("a", forceCN=True))
    assert found.said == ["staged: %3 a: renamed a-3, the name is taken"]
    assert found.entries() == [_acme("a"), _acme("a-2"), _acme("a-3", forceCN=True)]


@pytest.mark.parametrize("entry", ["text", 5, []])
def test_an_entry_that_is_no_object_goes(tmp_path: Path, entry: object) -> None:
    """step-ca refuses the whole file for it, and there is nothing in it to keep."""
    found = Repaired(tmp_path, _acme("a"), entry)
    assert found.said == ["staged: %2: removed, it is no object"]
    assert (found.lines.names(), found.left) == (["a"], [])


def test_a_jwk_provisioner_without_a_key_goes(tmp_path: Path) -> None:
    """step-ca dies of it."""
    found = Repaired(tmp_path, _acme("a"), {"type": "JWK", "name": "j"})
    assert found.said == ["staged: %2 j: removed, a JWK provisioner without a key stops the CA"]


def test_an_optional_value_that_cannot_be_read_goes(tmp_path: Path) -> None:
    """The default holds then."""
    found = Repaired(tmp_path, _acme("a", forceCN="yes", claims={"maxTLSCertDuration": 5}))
    assert sorted(line.partition(",")[0] for line in found.said) == [
        "staged: %1 a: claims.maxTLSCertDuration unset",
        "staged: %1 a: forceCN unset",
    ]
    assert found.left == []


def test_a_required_value_that_cannot_be_read_is_left_to_a_person_once(tmp_path: Path) -> None:
    """With its place, its field and the remedy; a name that is none gets no number."""
    found = Repaired(tmp_path, _acme("a"), {"type": "ACME", "name": 5})
    assert (found.said, len(found.left)) == ([], 1)
    assert found.left[0].startswith("left to you: %2: name: it must be a string")
    assert found.left[0].endswith("; set name to a value of the right kind")


def test_entries_without_a_name_are_left_to_a_person(tmp_path: Path) -> None:
    """A number alone would be no name."""
    found = Repaired(tmp_path, _acme(""), _acme("", forceCN=True))
    assert found.said == []
    assert found.lines.names() == ["", ""]
    assert "rename one of them" in found.left[0]


def test_a_byte_order_mark_is_left_to_a_person(tmp_path: Path) -> None:
    """No edit of provisioners takes it out, and the way that does is told."""
    found = Repaired(tmp_path, _acme("a"), before=BOM)
    assert (found.said, len(found.left)) == ([], 1)
    assert found.left[0].endswith(r"without a mark, or run: sed -i '1s/^\xef\xbb\xbf//' FILE")


def test_a_file_that_is_whole_is_left_alone(tmp_path: Path) -> None:
    """And that is said."""
    found = Repaired(tmp_path, _acme("a"))
    assert found.notices == ["nothing to repair was found among the provisioners"]
