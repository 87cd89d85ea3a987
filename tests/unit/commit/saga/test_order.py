"""The order of a commit to a CA: every state on the way is one that the CA takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shell.errors import CheckFailed, Conflict, RolledBack
from tests.support.cacommit import CaBench, acme
from tests.support.pki import Pki


@pytest.fixture
def bench(pki: Pki, tmp_path: Path) -> CaBench:
    """Return a CA with the provisioners a, b and c."""
    return CaBench(pki, tmp_path, acme("a"), acme("b"), acme("c"))


def _changes(bench: CaBench) -> list[str]:
    return [f"{each.method} {each.path.rpartition('/')[2]}" for each in bench.requests if each.changes]


def test_additions_then_changes_then_removals(bench: CaBench) -> None:
    """Whatever the order in which they were staged."""
    bench.remove("a").set("b", "forceCN", True).add("d")
    assert bench.commit().word == "committed"
    assert _changes(bench) == ["POST provisioners", "PUT b", "DELETE id"]


def test_a_chain_of_names_is_made_from_its_free_end(bench: CaBench) -> None:
    """Each finds free what it needs."""
    bench.set("c", "name", "d").set("b", "name", "c").set("a", "name", "b")
    assert bench.commit().word == "committed"
    assert _changes(bench) == ["PUT c", "PUT b", "PUT a"]
    assert bench.names() == {"admin", "b", "c", "d"}


def test_a_circle_of_names_is_two_commits(bench: CaBench) -> None:
    """There is no legal first step."""
    bench.set("c", "name", "x").set("b", "name", "c").set("x", "name", "b")
    with pytest.raises(CheckFailed) as caught:
        bench.commit()
    assert caught.value.code == "two-commits"
    assert _changes(bench) == []


def test_a_name_that_a_removal_frees_is_another_commit(bench: CaBench) -> None:
    """Removals come last."""
    bench.remove("a").set("b", "name", "a")
    with pytest.raises(CheckFailed) as caught:
        bench.commit()
    assert caught.value.code == "two-commits"


def test_a_removal_and_an_addition_of_one_name_and_type_are_a_change(bench: CaBench) -> None:
    """The provisioner keeps its id, and with that its admins."""
    id_ = bench.id_of("a")
    bench.remove("a").add("a", forceCN=True)
    assert bench.commit().word == "committed"
    assert _changes(bench) == ["PUT a"]
    assert bench.id_of("a") == id_
    assert bench.ca.database.provisioners[id_]["details"] == {"ACME": {"forceCn": True}}


def test_an_identifier_that_another_has_is_two_commits(pki: Pki, tmp_path: Path) -> None:
    """Tokens would mean two provisioners, be it for a moment."""
    oidc = {"type": "OIDC", "clientID": "id", "configurationEndpoint": "https://x.example.com"}
    bench = CaBench(pki, tmp_path, {**oidc, "name": "one"})
    bench.remove("one").add("two", **oidc)
    with pytest.raises(CheckFailed) as caught:
        bench.commit()
    assert caught.value.code == "two-commits"


def test_what_somebody_else_has_removed_is_a_conflict(bench: CaBench) -> None:
    """And nothing is sent."""
    bench.set("a", "forceCN", True).add("d")
    del bench.ca.database.provisioners[bench.id_of("a")]
    bench.ca.reload()
    with pytest.raises(Conflict):
        bench.commit()
    assert _changes(bench) == []


def test_what_somebody_else_has_added_takes_everything_back(bench: CaBench) -> None:
    """The CA takes no second one of a name; what was made before goes again, and theirs stays."""
    bench.add("d").add("e")
    bench.ca.add({**bench.ca.database.provisioners[bench.id_of("a")], "name": "e"})
    bench.ca.reload()
    with pytest.raises(RolledBack, match="somebody else has added it"):
        bench.commit()
    assert bench.names() == {"admin", "a", "b", "c", "e"}


def test_a_dry_run_changes_nothing(bench: CaBench) -> None:
    """It looks at what it would touch, and says what it would do."""
    bench.set("a", "forceCN", True)
    outcome = bench.commit(dry_run=True)
    assert (outcome.word, outcome.changed) == ("dry-run", 1)
    assert _changes(bench) == []
    assert bench.state.journal.open_commit() is None


def test_only_the_plan_that_was_reviewed(bench: CaBench) -> None:
    """Another digest is a conflict."""
    bench.set("a", "forceCN", True)
    with pytest.raises(Conflict) as caught:
        bench.commit(expect="0" * 12)
    assert caught.value.code == "other-plan"


def test_progress_is_told_step_by_step(bench: CaBench) -> None:
    """With how many there are."""
    told: list[str] = []
    bench.set("a", "forceCN", True).add("d")
    bench.commit(say=told.append)
    assert told == ["1 of 2: add d", "2 of 2: change a"]


@pytest.mark.parametrize(("changes", "provisioners"), [(40, 40), (100, 250)])
def test_the_number_of_requests(pki: Pki, tmp_path: Path, changes: int, provisioners: int) -> None:
    """Two for each change or removal and the list twice, with the login; one for each addition."""
    bench = CaBench(pki, tmp_path, *(acme(f"p{number}") for number in range(provisioners)))
    pages = -(-(provisioners + 1) // 100)
    for number in range(changes):
        bench.set(f"p{number}", "forceCN", True)
    assert bench.commit().word == "committed"
    assert len(bench.transport.requests) <= 2 * changes + 3 * pages + 10
    assert len(bench.requests) <= 2 * changes + pages + 2
    bench.start()
    for number in range(changes):
        bench.add(f"new{number}")
    assert bench.commit().word == "committed"
    assert len(bench.requests) <= changes + -(-(provisioners + 1 + changes) // 100) + 2
    bench.start()
    for number in range(changes):
        bench.remove(f"p{number}")
    assert bench.commit().word == "committed"
    assert len(bench.requests) <= 2 * changes + 2 * -(-(provisioners + 1 + changes) // 100) + 10
