"""A draft put onto a base that others have changed: what merges, and what is a conflict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shell.model.provisioner import Provisioner
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Drop, Edit, Remove, Set, Unset
from shell.staging.plan import plan_of
from shell.staging.rebase import Rebased, rebase
from tests.support import drafts
from tests.support.drafts import acme, contents, hook, ident, make_base, oidc

Entries = list[dict[str, Any]]


def rebased(before: Entries, edits: list[Edit], theirs: Entries) -> Rebased:
    """Return what a rebase makes of these edits, one step each."""
    draft = Draft(make_base(*before))
    for edit in edits:
        draft.stage([edit], "line")
    return rebase(draft, make_base(*theirs, fingerprint="theirs"))


def clashes(outcome: Rebased) -> list[tuple[str, str, str]]:
    """Return provisioner, field and reason of each conflict."""
    return [(clash.provisioner, clash.field, clash.reason) for clash in outcome.conflicts]


ZERO, ONE = ident(0), ident(1)
FORCE = Set(ZERO, ("forceCN",), True)
BOTH = "changed by others and here"


def test_edits_follow_a_provisioner_that_moved() -> None:
    """Entries put before it, and a new order, do not matter."""
    outcome = rebased([acme("a"), acme("b")], [FORCE, Remove(ONE)], [acme("new"), acme("b"), acme("a")])
    assert contents(outcome.draft) == [acme("new"), acme("a", forceCN=True)]
    assert outcome.conflicts == ()
    assert not outcome.merged


def test_other_fields_merge() -> None:
    """They changed a claim, we another one and a list: all of it is there."""
    ours: list[Edit] = [
        Set(ZERO, ("claims", "enableSSHCA"), True),
        Append(ZERO, ("caaIdentities",), ("x",)),
        Unset(ZERO, ("website",)),
    ]
    theirs = acme("a", website="w", claims={"disableRenewal": True})
    outcome = rebased([acme("a", website="w")], ours, [theirs])
    assert contents(outcome.draft) == [
        acme("a", claims={"disableRenewal": True, "enableSSHCA": True}, caaIdentities=["x"])
    ]
    assert outcome.conflicts == ()
    assert outcome.merged


def test_setting_an_object_as_a_whole_merges_too() -> None:
    """Of a `claims` that is set as a whole only the claims that we changed count."""
    before = acme("a", claims={"minTLSCertDuration": "5m", "maxTLSCertDuration": "24h"})
    theirs = acme("a", claims={"minTLSCertDuration": "5m", "maxTLSCertDuration": "24h", "enableSSHCA": True})
    ours = Set(ZERO, ("claims",), {"maxTLSCertDuration": "48h"})
    outcome = rebased([before], [ours], [theirs])
    assert contents(outcome.draft) == [acme("a", claims={"maxTLSCertDuration": "48h", "enableSSHCA": True})]
    assert outcome.conflicts == ()


def test_list_operations_merge() -> None:
    """What both added is there once, what either took out is gone."""
    before = oidc("a", domains=["x", "y"])
    theirs = oidc("a", domains=["y", "both", "theirs"])
    ours: list[Edit] = [Append(ZERO, ("domains",), ("both", "ours")), Drop(ZERO, ("domains",), ("x", "y"))]
    outcome = rebased([before], ours, [theirs])
    assert contents(outcome.draft) == [oidc("a", domains=["both", "theirs", "ours"])]
    assert outcome.conflicts == ()


def test_a_list_that_was_set_does_not_merge() -> None:
    """Setting a whole list says what it shall be, so another list of others is a conflict."""
    ours: list[Edit] = [Set(ZERO, ("domains",), ["z"]), Append(ZERO, ("domains",), ("w",))]
    outcome = rebased([oidc("a", domains=["x"])], ours, [oidc("a", domains=["x", "y"])])
    assert clashes(outcome) == [("a", "domains", BOTH)]
    clash = outcome.conflicts[0]
    assert (clash.base, clash.theirs, clash.ours) == (["x"], ["x", "y"], ["z", "w"])
    assert contents(outcome.draft) == [oidc("a", domains=["z", "w"])]


def test_a_list_that_others_took_away_does_not_merge() -> None:
    """No list means "any" to step-ca, so adding an item to it is not what either wanted."""
    outcome = rebased([oidc("a", domains=["x"])], [Append(ZERO, ("domains",), ("y",))], [oidc("a")])
    assert clashes(outcome) == [("a", "domains", BOTH)]


def test_the_same_value_on_both_sides_is_no_conflict() -> None:
    """They set what we set, removed what we removed, renamed as we did, and added what we added."""
    new = drafts.ident(4)
    outcome = rebased(
        [acme("a"), acme("b"), acme("c"), acme("d", website="w")],
        [
            FORCE,
            Remove(ONE),
            Set(ident(2), ("name",), "e"),
            Unset(ident(3), ("website",)),
            Add(new, Provisioner(acme("new"))),
            Set(new, ("forceCN",), True),
        ],
        [acme("a", forceCN=True), acme("e"), acme("d"), acme("new", forceCN=True)],
    )
    assert outcome.conflicts == ()
    assert outcome.merged
    assert not plan_of(outcome.draft)


def test_two_values_for_one_field_are_a_conflict_and_ours_stays() -> None:
    """The conflict names base, theirs and ours; the draft is what keeping ours would make."""
    outcome = rebased(
        [acme("a", website="0")], [Set(ZERO, ("website",), "1")], [acme("a", website="2", forceCN=True)]
    )
    assert clashes(outcome) == [("a", "website", BOTH)]
    clash = outcome.conflicts[0]
    assert (clash.base, clash.theirs, clash.ours) == ("0", "2", "1")
    assert contents(outcome.draft) == [acme("a", website="1", forceCN=True)]


def test_a_conflict_never_shows_a_secret() -> None:
    """Secrets stand masked in a conflict, on all sides."""
    outcome = rebased(
        [oidc("a", clientSecret="hunter0")],
        [Set(ZERO, ("clientSecret",), "hunter1")],
        [oidc("a", clientSecret="hunter2")],
    )
    assert "hunter" not in repr(outcome.conflicts)
    assert clashes(outcome) == [("a", "clientSecret", BOTH)]


def test_a_field_inside_what_others_replaced_is_a_conflict() -> None:
    """They made a text of an object that we edited inside."""
    outcome = rebased(
        [acme("a", later={"x": "0"})], [Set(ZERO, ("later", "x"), "1")], [acme("a", later="text")]
    )
    assert clashes(outcome) == [("a", "later", BOTH)]


def test_what_others_removed_is_a_conflict_unless_we_did_too() -> None:
    """Edits to what is gone are left out, and said."""
    outcome = rebased([acme("a"), acme("b")], [FORCE, Set(ONE, ("forceCN",), True)], [acme("b")])
    assert clashes(outcome) == [("a", "", "removed by others")]
    assert contents(outcome.draft) == [acme("b", forceCN=True)]
    assert rebased([acme("a")], [Remove(ZERO)], []).conflicts == ()


def test_removing_what_others_changed_is_a_conflict() -> None:
    """The conflict names the fields that they changed."""
    outcome = rebased([acme("a")], [Remove(ZERO)], [acme("a", forceCN=True, website="w")])
    assert clashes(outcome) == [("a", "", "changed by others and removed here: forceCN, website")]
    assert contents(outcome.draft) == []


def test_what_others_renamed_is_a_conflict() -> None:
    """A provisioner that has all but its name is followed, and the conflict says the new name."""
    outcome = rebased([acme("a", website="w")], [FORCE], [acme("b"), acme("c", website="w")])
    assert clashes(outcome) == [("a", "name", 'renamed to "c" by others')]
    assert contents(outcome.draft) == [acme("b"), acme("c", website="w", forceCN=True)]
    gone = rebased([acme("a", website="w")], [Remove(ZERO)], [acme("c", website="w")])
    assert clashes(gone) == [("a", "name", 'renamed to "c" by others')]


def test_a_namesake_that_was_there_is_no_rename() -> None:
    """An entry equal but for its name that was always there does not stand for one that is gone."""
    outcome = rebased([acme("a"), acme("b")], [FORCE], [acme("b")])
    assert clashes(outcome) == [("a", "", "removed by others")]


def test_a_name_that_others_gave_meanwhile_is_a_conflict() -> None:
    """Adding, or renaming to, a name that others gave to something else."""
    taken = "others gave this name to another provisioner"
    new = Add(ONE, Provisioner(acme("new")))
    outcome = rebased([acme("a")], [new], [acme("a"), acme("new", forceCN=True)])
    assert clashes(outcome) == [("new", "", taken)]
    outcome = rebased([acme("a")], [Set(ZERO, ("name",), "new")], [acme("a"), acme("new")])
    assert clashes(outcome) == [("new", "", taken)]
    assert rebased([acme("new")], [Remove(ZERO), new], [acme("new"), acme("b")]).conflicts == ()


def test_webhooks_of_both_sides_merge_by_name() -> None:
    """They added, removed and moved webhooks; our change finds its own by name."""
    before = acme("a", options={"webhooks": [hook("one"), hook("two"), hook("three")]})
    theirs = acme("a", options={"webhooks": [hook("two"), hook("three"), hook("theirs")]})
    ours: list[Edit] = [
        Set(ZERO, ("options", "webhooks", "1", "kind"), "ENRICHING"),
        Set(ZERO, ("options", "webhooks"), [hook("one"), hook("two", kind="ENRICHING"), hook("ours")]),
    ]
    outcome = rebased([before], ours, [theirs])
    assert contents(outcome.draft) == [
        acme("a", options={"webhooks": [hook("two", kind="ENRICHING"), hook("theirs"), hook("ours")]})
    ]
    assert outcome.conflicts == ()


def test_a_webhook_that_one_side_changed_and_the_other_removed_is_a_conflict() -> None:
    """A webhook is a thing of its own: removed here and changed there, or added differently by both."""
    before = acme("a", options={"webhooks": [hook("one"), hook("two")]})
    changed = acme("a", options={"webhooks": [hook("one", kind="ENRICHING", secret="hunter"), hook("two")]})
    removed = acme("a", options={"webhooks": [hook("two")]})
    dropping = Set(ZERO, ("options", "webhooks"), [hook("two")])
    changing = Set(ZERO, ("options", "webhooks", "0", "kind"), "ENRICHING")
    outcome = rebased([before], [dropping], [changed])
    assert clashes(outcome) == [("a", "options.webhooks.one", BOTH)]
    assert "hunter" not in repr(outcome.conflicts)
    assert clashes(rebased([before], [changing], [removed])) == [("a", "options.webhooks.one", BOTH)]
    assert rebased([before], [dropping], [removed]).conflicts == ()
    adding = Set(ZERO, ("options", "webhooks"), [hook("new", kind="ENRICHING")])
    both = rebased([acme("a")], [adding], [acme("a", options={"webhooks": [hook("new")]})])
    assert clashes(both) == [("a", "options.webhooks.new", BOTH)]


def test_repeated_names_are_told_apart() -> None:
    """By number while there are as many, by content otherwise; what cannot be told apart is a conflict."""
    one, two = acme("a", website="1"), acme("a", website="2")
    second = Set(ONE, ("forceCN",), True)
    edited = {**two, "forceCN": True}
    assert contents(rebased([one, two], [second], [one, two]).draft) == [one, edited]
    assert contents(rebased([one, two], [second], [two, one]).draft) == [edited, one]
    assert contents(rebased([one, two], [second], [two]).draft) == [edited]
    assert contents(rebased([two, two], [second], [one, two, two]).draft) == [one, edited, two]
    moved = rebased([one, two], [second], [one, acme("a", website="3")])
    assert contents(moved.draft) == [one, acme("a", website="3", forceCN=True)]
    unclear = rebased([one, two], [second], [acme("a", website="3")])
    assert clashes(unclear) == [("a", "", "removed by others")]
    equal = rebased([two, two, one], [FORCE, second], [one, two, two, one])
    assert contents(equal.draft) == [one, edited, edited, one]


def test_an_edit_that_does_not_fit_any_more_is_a_conflict() -> None:
    """They changed a list to text; appending to it, also when undone later, is said and left out."""
    outcome = rebased(
        [oidc("a", domains=["x"])],
        [Append(ZERO, ("domains",), ("y",)), Drop(ZERO, ("domains",), ("y",))],
        [oidc("a", domains="text")],
    )
    assert [clash[:2] for clash in clashes(outcome)] == [("a", "domains"), ("a", "domains")]
    assert contents(outcome.draft) == [oidc("a", domains="text")]


def test_edits_behind_a_removal_by_others_fit_or_are_left_out() -> None:
    """Something removed and added again under its identity is put back where others changed it."""
    again = Add(ZERO, Provisioner(acme("a", website="ours")))
    outcome = rebased(
        [acme("a")], [Remove(ZERO), again, Set(ZERO, ("forceCN",), True)], [acme("a", requireEAB=True)]
    )
    assert contents(outcome.draft) == [acme("a", website="ours", forceCN=True)]


@pytest.mark.parametrize("theirs", [[acme("a"), acme("b")], [acme("a", website="w"), acme("b", website="w")]])
def test_the_steps_survive(theirs: Entries) -> None:
    """Each step keeps its line and can be undone and done again, also one that was undone before."""
    draft = Draft(make_base(acme("a"), acme("b")))
    new = draft.new_id()
    draft.stage([FORCE, Set(ONE, ("forceCN",), True)], "set both")
    draft.stage([Add(new, Provisioner(acme("new"))), Set(new, ("forceCN",), True)], "add new")
    draft.stage([Remove(ONE)], "remove b")
    draft.stage([Set(ZERO, ("requireEAB",), True)], "set eab")
    draft.undo()
    draft.undo()
    done = rebase(draft, make_base(*theirs, fingerprint="theirs")).draft
    assert [step.line for step in done.steps] == ["set both", "add new"]
    assert [step.line for step in done.undone] == ["set eab", "remove b"]
    done.redo()
    assert [members["name"] for members in contents(done)] == ["a", "new"]
    done.redo()
    assert contents(done)[0]["requireEAB"] is True
    while done.undo():
        pass
    assert contents(done) == theirs


def test_an_undone_step_that_does_not_fit_is_dropped() -> None:
    """What cannot be done again any more is not offered."""
    draft = Draft(make_base(oidc("a", domains=["x"])))
    draft.stage([Append(ZERO, ("domains",), ("y",))], "append")
    draft.undo()
    outcome = rebase(draft, make_base(oidc("a", domains="text"), fingerprint="theirs"))
    assert outcome.draft.undone == []
    assert outcome.conflicts == ()


@settings(deadline=None)
@given(drafts.drafts())
def test_a_rebase_onto_the_same_content_changes_nothing(draft: Draft) -> None:
    """The plan, the steps and what can be done again are the same."""
    same = make_base(*contents(Draft(draft.base)), fingerprint="same")
    outcome = rebase(draft, same)
    assert outcome.conflicts == ()
    assert not outcome.merged
    assert plan_of(outcome.draft).digest == plan_of(draft).digest
    assert contents(outcome.draft) == contents(draft)
    assert [step.line for step in outcome.draft.steps] == [step.line for step in draft.steps]


@settings(deadline=None)
@given(st.data())
def test_fields_that_only_one_side_touched_are_all_there(data: st.DataObject) -> None:
    """Two drafts on one base that touch different fields: rebased over the other, both are there."""
    entry = {**data.draw(drafts.entries(odd=False)), "name": "a"}
    paths = data.draw(st.lists(st.sampled_from(list(drafts.VALUES)), unique=True, max_size=6))
    tops = sorted({path[0] for path in paths})
    mine = set(data.draw(st.lists(st.sampled_from(tops), unique=True))) if tops else set()
    base = make_base(entry)
    sides = (Draft(base), Draft(base))
    for path in paths:
        sides[path[0] in mine].stage([Set(ZERO, path, data.draw(drafts.VALUES[path]))], "line")
    theirs, ours = sides[False], sides[True]
    outcome = rebase(ours, make_base(*contents(theirs), fingerprint="theirs"))
    assert outcome.conflicts == ()
    merged, both = outcome.draft.provisioner(ZERO), Draft(base)
    for step in (*theirs.steps, *ours.steps):
        both.stage(step.edits, step.line)
    assert plan_of(both).digest == _digest(base, merged)


def _digest(base: Any, merged: Provisioner) -> str:
    draft = Draft(base)
    draft.stage([Remove(ZERO), Add(ZERO, merged)], "line")
    return plan_of(draft).digest
