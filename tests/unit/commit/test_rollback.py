"""The inverse of a past commit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shell.commit.rollback import Rollback, rollback
from shell.errors import ShellError
from shell.model.values import Number
from shell.staging.edits import Set, Unset
from tests.support.filecommit import NOW, Bench, acme

SECRET = "correct horse"
HOOKS = [{"name": "a", "url": "https://a", "kind": "ENRICHING"}]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a ca.json with three provisioners, one of them with a secret."""
    scep = {"type": "SCEP", "name": "scep", "challenge": SECRET, "minimumPublicKeyLength": 2048}
    return Bench(tmp_path, acme("one"), scep, acme("hooked", options={"webhooks": HOOKS}))


def take_back(bench: Bench, number: int = 1) -> Rollback:
    """Stage the inverse of a commit on the bench's draft."""
    made = rollback(bench.state.history.entry(number), bench.draft)
    bench.draft.stage(made.edits, f"rollback {number}")
    return made


def lose_backups(bench: Bench) -> None:
    """Remove every backup."""
    for name in os.listdir(bench.state.backups):
        os.unlink(os.path.join(bench.state.backups, name))


def test_the_last_commit_comes_back_to_the_byte(bench: Bench) -> None:
    """Added, changed, renamed and removed provisioners are as before, secrets included."""
    before = bench.data
    bench.add("new").set("one", "forceCN", True).set("one", "name", "uno").remove("scep")
    bench.set("hooked", "options.webhooks", [{**HOOKS[0], "url": "https://b"}]).commit()
    made = take_back(bench)
    assert (made.needs, made.notes) == ((), ())
    assert bench.commit().exact
    assert bench.data == before
    assert [entry.id for entry in bench.state.history.entries()] == [1, 2]


def test_an_older_commit_leaves_what_came_after_it(bench: Bench) -> None:
    """Only what that commit did is undone."""
    bench.set("one", "forceCN", True).commit()
    bench.set("one", "requireEAB", True).add("later").commit()
    take_back(bench, 1)
    bench.commit()
    assert bench.draft.provisioner(bench.id("one")).members == acme("one", requireEAB=True)
    assert "later" in bench.names


def test_a_secret_comes_from_the_backup(bench: Bench) -> None:
    """The old secret is set again without anybody typing it."""
    bench.set("scep", "challenge", "new one").commit()
    made = take_back(bench)
    assert made.edits == (Set(bench.id("scep"), ("challenge",), SECRET),)


@pytest.mark.parametrize("damaged", [True, False])
def test_without_the_backup_secrets_are_named(bench: Bench, damaged: bool) -> None:
    """What the history has is restored, and each secret that it does not have is named."""
    outcome = (
        bench.set("scep", "challenge", "new one")
        .set("scep", "minimumPublicKeyLength", Number("4096"))
        .commit()
    )
    if damaged:
        Path(outcome.backup).write_bytes(b"other")
    else:
        lose_backups(bench)
    made = take_back(bench)
    assert made.needs == ("scep challenge",)
    assert [edit.path for edit in made.edits if isinstance(edit, Set)] == [("minimumPublicKeyLength",)]


def test_without_the_backup_a_removed_provisioner_comes_back_without_its_secrets(bench: Bench) -> None:
    """Everything else of it is there."""
    bench.remove("scep").commit()
    lose_backups(bench)
    made = take_back(bench)
    assert made.needs == ("scep challenge",)
    assert bench.draft.provisioner(bench.id("scep")).members == {
        "type": "SCEP",
        "name": "scep",
        "minimumPublicKeyLength": Number("2048"),
    }


def test_without_the_backup_a_secret_inside_a_value_is_named_with_it(bench: Bench) -> None:
    """A value that holds a secret somewhere is not restored in part."""
    key = {"kty": "EC", "d": SECRET}
    bench.set("one", "unknown", [{"key": key}]).commit()
    bench.set("one", "unknown", []).commit()
    lose_backups(bench)
    made = take_back(bench, 2)
    assert made.edits == ()
    assert made.needs == ("one unknown",)


def test_without_the_backup_an_item_of_a_list_is_named(bench: Bench) -> None:
    """Items are not set one by one, so that the field is one to look at."""
    bench.set("hooked", "options.webhooks", [{**HOOKS[0], "url": "https://b"}]).commit()
    lose_backups(bench)
    made = take_back(bench)
    assert made.edits == ()
    assert made.needs == ("hooked options.webhooks.a.url",)


def test_a_field_that_was_absent_is_unset(bench: Bench) -> None:
    """Also without the backup."""
    bench.set("one", "forceCN", True).commit()
    lose_backups(bench)
    assert take_back(bench).edits == (Unset(bench.id("one"), ("forceCN",)),)


def test_what_is_different_now_is_told(bench: Bench) -> None:
    """Provisioners that went, came back, or were changed since are named, and the rest is done."""
    bench.add("new").set("one", "forceCN", True).remove("scep").commit()
    bench.remove("new").set("one", "forceCN", False).add("scep").commit()
    made = take_back(bench, 1)
    notes = "\n".join(made.notes)
    assert "new is not there any more" in notes
    assert "one forceCN has been changed since" in notes
    assert "there is a scep again" in notes
    assert made.edits == (Unset(bench.id("one"), ("forceCN",)),)


def test_a_name_that_is_there_twice_is_left_alone(bench: Bench) -> None:
    """Nobody can say which of the two is meant."""
    bench.add("new").commit()
    bench.add("new").commit()
    made = take_back(bench, 1)
    assert made.edits == ()
    assert "more than once" in made.notes[0]


def test_a_name_that_was_moved_is_free_for_what_comes_back(bench: Bench) -> None:
    """What the commit added under the name of what it removed goes first."""
    before = bench.data
    bench.remove("one").add("one", forceCN=True).commit()
    take_back(bench)
    bench.commit()
    assert bench.data == before


def test_what_was_not_committed_is_not_taken_back(bench: Bench) -> None:
    """A commit that was rolled back has nothing to undo."""
    bench.state.ensure()
    bench.state.history.add(
        key="x", now=NOW, operator="", comment="", target="", plan=[],
        before="", after="", backup="", outcome="rolled-back",
    )  # fmt: skip
    with pytest.raises(ShellError) as caught:
        take_back(bench)
    assert caught.value.code == "nothing-to-roll-back"


def test_a_plan_that_cannot_be_read_is_passed_over(bench: Bench) -> None:
    """Fields with odd paths and members of other kinds ask for nothing."""
    bench.state.ensure()
    fields = [{"path": "a..b", "before": "x", "after": None}, "odd", {"before": "y"}]
    plan = [
        {"action": "change", "name": "one", "type": "ACME", "fields": fields},
        {"action": "add", "name": None},
    ]
    bench.state.history.add(
        key="x", now=NOW, operator="", comment="", target="", plan=plan,  # type: ignore[arg-type]
        before="", after="", backup="", outcome="committed",
    )  # fmt: skip
    made = take_back(bench)
    assert made.edits == ()
    assert made.needs == ("one a..b", "one ")
