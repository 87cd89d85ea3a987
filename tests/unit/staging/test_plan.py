"""The changes of a draft and the plan: order, counts, and the digest that names it."""

from __future__ import annotations

import sys
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shell.model.provisioner import Provisioner
from shell.model.values import Number
from shell.staging.diff import changes
from shell.staging.draft import Draft
from shell.staging.edits import Add, Remove, Set
from shell.staging.plan import Plan, plan_of
from tests.support import drafts
from tests.support.drafts import acme, ident, make_base, oidc


def draft_of(*entries: dict[str, Any]) -> Draft:
    """Return a draft without edits on a base of these entries."""
    return Draft(make_base(*entries))


def test_changes_stand_in_the_order_of_the_base_and_additions_last() -> None:
    """However they were staged, changes come in the order of the list; a commit adds, changes, removes."""
    draft = draft_of(acme("a"), acme("b"), acme("c"))
    draft.stage([Add(draft.new_id(), Provisioner(acme("new")))], "add")
    draft.stage([Set(ident(2), ("forceCN",), True)], "set")
    draft.stage([Remove(ident(0))], "remove")
    plan = plan_of(draft)
    assert [(one.action, one.name, one.after_name, one.number) for one in plan.changes] == [
        ("remove", "a", "", 1),
        ("change", "c", "c", 3),
        ("add", "new", "new", 0),
    ]
    assert [one.name for one in plan.steps] == ["new", "c", "a"]
    assert plan.summary == (1, 1, 1)
    assert str(plan.summary) == "1 to add, 1 to change, 1 to remove"
    assert plan
    assert not Plan()


def test_a_change_says_whether_its_name_is_enough() -> None:
    """A repeated or empty name does not tell which is meant, and a rename says both names."""
    draft = draft_of(acme("a"), acme("a"), acme(""), acme("d"))
    draft.stage([Set(id_, ("forceCN",), True) for id_ in list(draft.ids())], "set")
    draft.stage([Set(ident(3), ("name",), "a")], "rename")
    found = changes(draft.base, draft)
    assert [one.ambiguous for one in found] == [True, True, True, True]
    assert [one.repeated_before for one in found] == [True, True, True, False]
    assert [one.renamed for one in found] == [False, False, False, True]
    assert (found[3].name, found[3].after_name) == ("d", "a")


def test_the_digest_never_depends_on_a_secret() -> None:
    """Two plans that differ only in a secret have one digest, since a weak one could be guessed."""
    digests = set()
    for secret in ("hunter-one", "hunter-two"):
        draft = draft_of(oidc("a", clientSecret="old"))
        draft.stage([Set(ident(0), ("clientSecret",), secret)], "set")
        digests.add(plan_of(draft).digest)
    assert len(digests) == 1


def test_the_digest_tells_what_a_reviewer_can_see() -> None:
    """Another value, name, type, place or action, and text instead of a number, is another digest."""
    plans = []
    for path, value in (
        (("website",), "x"),
        (("website",), "y"),
        (("later",), "1"),
        (("later",), Number("1")),
    ):
        draft = draft_of(acme("a"))
        draft.stage([Set(ident(0), path, value)], "set")
        plans.append(plan_of(draft))
    for number in (0, 1):
        draft = draft_of(acme("a"), acme("a"))
        draft.stage([Remove(ident(number))], "remove")
        plans.append(plan_of(draft))
    assert len({plan.digest for plan in plans}) == len(plans)
    assert plans[0].short_digest == plans[0].digest[:12]
    assert plans[0].is_named(plans[0].short_digest.upper())
    assert plans[0].is_named(plans[0].digest)
    assert not plans[0].is_named(plans[0].digest[:11])
    assert not plans[0].is_named(plans[1].short_digest)


@settings(deadline=None)
@given(st.data())
def test_the_same_edits_make_the_same_plan(data: st.DataObject) -> None:
    """The plan of a draft is the plan of the same steps staged again, and of undo and redo."""
    draft = data.draw(drafts.drafts())
    again = Draft(draft.base)
    for step in draft.steps:
        again.stage(step.edits, step.line)
    assert plan_of(again).digest == plan_of(draft).digest
    if draft.undo():
        draft.redo()
    assert plan_of(again).digest == plan_of(draft).digest


def test_edits_cost_the_same_among_ten_thousand_as_among_a_thousand() -> None:
    """Staging a thousand edits, and the plan, make no more calls where there are more provisioners: counted, not timed."""

    def calls_among(provisioners: int) -> int:
        draft = draft_of(*(acme(f"p{number}") for number in range(provisioners)))
        draft.named("p1")
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            for number in range(1000):
                draft.stage([Set(draft.named(f"p{number}")[0], ("claims", "enableSSHCA"), True)], "set")
            change = plan_of(draft).summary.change
        finally:
            sys.setprofile(None)
        assert change == 1000
        return calls

    few = calls_among(1000)
    assert calls_among(10_000) <= few * 1.01
