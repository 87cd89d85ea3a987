"""What is left of a rebased draft when the steps that conflict are dropped."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shell.model.provisioner import Provisioner
from shell.staging.draft import Draft
from shell.staging.edits import Add, Edit, Remove, Set
from shell.staging.rebase import Rebased, rebase
from shell.staging.settle import without_conflicts
from tests.support import drafts
from tests.support.drafts import acme, contents, hook, ident, make_base

ZERO, ONE, NEW = ident(0), ident(1), ident(2)
LIFETIME = ("claims", "maxTLSCertDuration")


def rebased(before: list[dict[str, Any]], steps: list[list[Edit]], theirs: list[dict[str, Any]]) -> Rebased:
    """Return what a rebase makes of these steps."""
    draft = Draft(make_base(*before))
    for edits in steps:
        draft.stage(edits, "line")
    return rebase(draft, make_base(*theirs, fingerprint="theirs"))


def test_only_the_steps_in_conflict_go() -> None:
    """What others changed stays theirs; the other edits stay ours, with their lines."""
    outcome = rebased(
        [acme("a"), acme("b")],
        [
            [Set(ZERO, LIFETIME, "48h")],
            [Set(ZERO, ("forceCN",), True)],
            [Set(ONE, LIFETIME, "48h")],
            [Add(NEW, Provisioner(acme("c")))],
            [Set(NEW, LIFETIME, "1h")],
        ],
        [acme("a", claims={"maxTLSCertDuration": "72h"}), acme("b")],
    )
    assert len(outcome.conflicts) == 1
    draft = without_conflicts(outcome)
    assert contents(draft) == [
        acme("a", claims={"maxTLSCertDuration": "72h"}, forceCN=True),
        acme("b", claims={"maxTLSCertDuration": "48h"}),
        acme("c", claims={"maxTLSCertDuration": "1h"}),
    ]
    assert [step.line for step in draft.steps] == ["line"] * 4
    assert len(outcome.draft.steps) == 5


def test_a_step_goes_as_a_whole() -> None:
    """One typed line is not taken apart."""
    steps: list[list[Edit]] = [[Set(ZERO, LIFETIME, "48h"), Set(ZERO, ("forceCN",), True)]]
    outcome = rebased([acme("a")], steps, [acme("a", claims={"maxTLSCertDuration": "72h"})])
    assert not without_conflicts(outcome).steps


def test_what_depends_on_a_dropped_step_goes_too() -> None:
    """Edits of a provisioner whose name others took go with the step that added it."""
    steps: list[list[Edit]] = [[Add(ident(1), Provisioner(acme("n")))], [Set(ident(1), ("forceCN",), True)]]
    outcome = rebased([acme("a")], steps, [acme("a"), acme("n", website="theirs")])
    assert [clash.provisioner for clash in outcome.conflicts] == ["n"]
    assert contents(without_conflicts(outcome)) == [acme("a"), acme("n", website="theirs")]


def test_a_removal_of_what_others_changed_goes() -> None:
    """Their change of a provisioner that was removed here is kept, and so is the provisioner."""
    outcome = rebased(
        [acme("a"), acme("b")], [[Remove(ZERO)], [Remove(ONE)]], [acme("a", forceCN=True), acme("b")]
    )
    assert contents(without_conflicts(outcome)) == [acme("a", forceCN=True)]


def test_a_name_that_others_gave_is_kept() -> None:
    """Where both renamed, the name is theirs and the other edits ours."""
    steps: list[list[Edit]] = [[Set(ZERO, ("name",), "ours")], [Set(ZERO, ("forceCN",), True)]]
    outcome = rebased([acme("a", website="w")], steps, [acme("theirs", website="w")])
    assert contents(without_conflicts(outcome)) == [acme("theirs", website="w", forceCN=True)]


def test_items_of_a_list_are_met() -> None:
    """A webhook that both changed stays as others have it, and another one is ours."""
    path = ("options", "webhooks")
    entry = acme("a", options={"webhooks": [hook("h"), hook("i")]})
    theirs = acme("a", options={"webhooks": [hook("h", kind="ENRICHING"), hook("i")]})
    steps: list[list[Edit]] = [[Set(ZERO, (*path, str(place), "kind"), "AUTHORIZING")] for place in (0, 1)]
    outcome = rebased([entry], steps, [theirs])
    assert [clash.field for clash in outcome.conflicts] == ["options.webhooks.h.kind"]
    assert contents(without_conflicts(outcome)) == [
        acme("a", options={"webhooks": [hook("h", kind="ENRICHING"), hook("i", kind="AUTHORIZING")]})
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_nothing_is_left_to_conflict(data: st.DataObject) -> None:
    """Whatever both did, what is left touches no field that was named, and stands on their base."""
    draft = data.draw(drafts.drafts())
    theirs = data.draw(st.lists(drafts.entries(), max_size=4))
    outcome = rebase(draft, make_base(*theirs, fingerprint="theirs"))
    left = without_conflicts(outcome)
    assert left.base is outcome.draft.base
    assert [step for step in left.steps if not step.edits] == []
    if not outcome.conflicts:
        assert contents(left) == contents(outcome.draft)
