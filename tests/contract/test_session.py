"""One contract of a session for every kind of target: a file, the simulated CA, and the real one.

The same lines stage, show, check, commit and take back the same; what is only true of one kind has tests of
its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from shell.errors import CheckFailed, Conflict, ShellError
from shell.interpreter import Answer
from tests.support.cacommit import acme
from tests.support.calines import CaLines
from tests.support.lines import Lines
from tests.support.liveca import LiveCa
from tests.support.pki import Pki, WriteCaJson


class Place(Protocol):
    """A target with the provisioners admin (JWK), one and two (ACME), and a session on it."""

    def run(self, line: str) -> Answer:
        """Run a line."""

    def start(self) -> None:
        """Begin another session on the same target, with the same state."""

    def meddle(self, *lines: str) -> None:
        """Let somebody else commit these lines."""


class OnFile:
    """A ca.json."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.start()

    def start(self) -> None:
        """Begin a session."""
        self._lines = Lines(self._path)

    def run(self, line: str) -> Answer:
        """Run a line."""
        return self._lines.run(line=line)

    def meddle(self, *lines: str) -> None:
        """Let somebody else commit these lines."""
        other = Lines(self._path)
        for line in (*lines, "commit"):
            other.run(line=line)


class OnSimulated:
    """The simulated CA."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        self._lines = CaLines(pki, folder, acme("one"), acme("two"))

    def start(self) -> None:
        """Begin a session."""
        self._lines.start()

    def run(self, line: str) -> Answer:
        """Run a line."""
        return self._lines.run(line)

    def meddle(self, *lines: str) -> None:
        """Let somebody else commit these lines."""
        ours = self._lines.session, self._lines.transport, self._lines.interpreter
        self._lines.start()
        self._lines.run(*lines, "commit")
        self._lines.session, self._lines.transport, self._lines.interpreter = ours


class OnReal:
    """The real step-ca."""

    def __init__(self, live: LiveCa, lines: CaLines) -> None:
        self._live = live
        self._lines = lines
        self.start()

    def start(self) -> None:
        """Begin a session."""
        self._lines.start(self._live.target(self._live.ca.url))

    def run(self, line: str) -> Answer:
        """Run a line."""
        return self._lines.run(line)

    def meddle(self, *lines: str) -> None:
        """Let somebody else commit these lines."""
        ours = self._lines.session, self._lines.interpreter
        self.start()
        self._lines.run(*lines, "commit")
        self._lines.session, self._lines.interpreter = ours


@pytest.fixture(params=["file", "simulated", pytest.param("real", marks=pytest.mark.live)])
def place(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path, ca_json: WriteCaJson) -> Iterator[Place]:
    """Return a target of each kind."""
    if request.param == "file":
        yield OnFile(ca_json([pki.jwk(), acme("one"), acme("two")], database=True))
    elif request.param == "simulated":
        yield OnSimulated(pki, tmp_path)
    else:
        step_ca: Path = request.getfixturevalue("step_ca")
        with LiveCa(step_ca, pki, tmp_path, acme("one"), acme("two")) as live:
            yield OnReal(live, CaLines(pki, tmp_path))


def _listed(place: Place) -> dict[str, Any]:
    entries = place.run("list --json").json
    assert isinstance(entries, list)
    return {str(entry["name"]): entry for entry in entries if isinstance(entry, dict)}


def _outcome(answer: Answer) -> tuple[object, ...]:
    document = answer.json
    assert isinstance(document, dict)
    return tuple(str(document[name]) for name in ("outcome", "id", "added", "changed", "removed"))


def test_nothing_is_changed_before_the_commit(place: Place) -> None:
    """Edits are staged, shown and dropped."""
    before = _listed(place)
    place.run("add three --type ACME")
    place.run("set one forceCN true")
    place.run("remove two")
    assert set(_listed(place)) == {"admin", "one", "three"}
    diff = place.run("diff --json").json
    assert isinstance(diff, dict)
    assert {key: str(value) for key, value in diff["summary"].items()} == {  # type: ignore[union-attr]
        "add": "1",
        "change": "1",
        "remove": "1",
    }
    place.run("discard")
    place.start()
    assert _listed(place) == before


def test_a_commit_is_all_of_the_edits(place: Place) -> None:
    """And is in the history, and another session sees what it did."""
    place.run("add three --type ACME")
    place.run("set one forceCN true")
    place.run("remove two")
    assert _outcome(place.run("commit --comment why")) == ("committed", "1", "1", "1", "1")
    place.start()
    listed = _listed(place)
    assert set(listed) == {"admin", "one", "three"}
    assert listed["one"]["forceCN"] is True
    history: Any = place.run("history --json").json
    assert [(entry["comment"], entry["outcome"]) for entry in history] == [("why", "committed")]


def test_an_empty_commit_is_nothing(place: Place) -> None:
    """Also where edits lead back to what was there."""
    assert _outcome(place.run("commit")) == ("nothing", "None", "0", "0", "0")
    place.run("set one forceCN true")
    place.run("unset one forceCN")
    assert _outcome(place.run("commit")) == ("nothing", "None", "0", "0", "0")


def test_a_dry_run_changes_nothing(place: Place) -> None:
    """It says what it would do."""
    before = _listed(place)
    place.run("remove two")
    assert _outcome(place.run("commit --dry-run")) == ("dry-run", "None", "0", "0", "1")
    place.run("discard")
    place.start()
    assert _listed(place) == before


def test_what_the_check_forbids_is_not_committed(place: Place) -> None:
    """With the same code everywhere."""
    place.run("set one claims.maxTLSCertDuration 1h")
    place.run("set one claims.defaultTLSCertDuration 2h")
    with pytest.raises(CheckFailed) as caught:
        place.run("commit")
    assert [cause.code for cause in caught.value.causes] == ["lifetime-contradiction"]


def test_a_rollback_brings_back_what_was(place: Place) -> None:
    """Through the draft, as any edit."""
    before = _listed(place)
    place.run("set one forceCN true")
    place.run("remove two")
    place.run("add three --type ACME")
    place.run("commit")
    place.run("rollback 1")
    place.run("commit")
    place.start()
    after = _listed(place)
    assert set(after) == set(before)
    assert after["one"].get("forceCN", False) == before["one"].get("forceCN", False)
    assert len(place.run("history --json").json) == 2  # type: ignore[arg-type]


def test_what_others_change_elsewhere_is_kept(place: Place) -> None:
    """Another field of the same provisioner, and another provisioner."""
    place.run("list")
    place.run("set one forceCN true")
    place.meddle("set one requireEAB true", "set two requireEAB true")
    assert _outcome(place.run("commit"))[0] == "committed"
    listed = _listed(place)
    assert (listed["one"]["forceCN"], listed["one"]["requireEAB"], listed["two"]["requireEAB"]) == (
        True,
        True,
        True,
    )


def test_what_others_change_in_the_same_place_is_a_conflict(place: Place) -> None:
    """And nothing is committed; so is what they have removed."""
    place.run("set one website https://ours.example.com")
    place.meddle("set one website https://theirs.example.com")
    with pytest.raises(Conflict):
        place.run("commit")
    place.start()
    assert _listed(place)["one"]["website"] == "https://theirs.example.com"
    place.run("set two forceCN true")
    place.meddle("remove two")
    with pytest.raises(Conflict):
        place.run("commit")


def test_only_the_plan_that_was_reviewed_is_committed(place: Place) -> None:
    """By its hash."""
    place.run("set one forceCN true")
    with pytest.raises(ShellError) as caught:
        place.run(f"commit --expect {'0' * 12}")
    assert caught.value.code == "other-plan"


def test_a_name_is_there_once(place: Place) -> None:
    """An addition and a renaming onto a name that is taken are refused where they are typed."""
    for line in ("add one --type ACME", "rename two one"):
        with pytest.raises(ShellError) as caught:
            place.run(line)
        assert caught.value.code == "name-taken"


def test_nothing_was_interrupted(place: Place) -> None:
    """Recovery has nothing to do."""
    assert place.run("recover show").json is None
    assert place.run("recover back").json == {"outcome": "nothing"}
