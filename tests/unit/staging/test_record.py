"""Drafts written down and read again, on the same base and on one that others have changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.model.values import Number, format_json, parse_json
from shell.staging.base import Base
from shell.staging.clashes import CHANGED_WHILE_REMOVED, REMOVED, Clash
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Remove, Set, Unset
from shell.staging.plan import plan_of
from shell.staging.rebase import rebase
from shell.staging.record import from_record, to_record
from tests.support import drafts
from tests.support.drafts import acme, contents, hook, ident, make_base, oidc

if TYPE_CHECKING:
    from shell.model.values import JSON

ZERO, ONE = ident(0), ident(1)


def written(draft: Draft) -> JSON:
    """Return the record of a draft as it is read from a file."""
    return parse_json(format_json(to_record(draft)))


@settings(deadline=None)
@given(drafts.drafts())
def test_a_draft_comes_back_as_it_was(draft: Draft) -> None:
    """On the same base the plan, the steps and what was undone come back, without conflicts."""
    outcome = from_record(written(draft), draft.base)
    assert outcome.conflicts == ()
    assert not outcome.merged
    back = outcome.draft
    assert contents(back) == contents(draft)
    assert plan_of(back).digest == plan_of(draft).digest
    assert [step.line for step in back.steps] == [step.line for step in draft.steps]
    while draft.redo():
        back.redo()
    assert contents(back) == contents(draft)
    while draft.undo():
        back.undo()
    assert contents(back) == contents(draft)


@settings(deadline=None)
@given(drafts.drafts())
def test_a_record_of_a_record_is_the_same(draft: Draft) -> None:
    """Nothing is lost or made up by writing down what was read."""
    record = written(draft)
    assert to_record(from_record(record, draft.base).draft) == {
        **to_record(draft),
        **_renumbered(record, draft),
    }


def _renumbered(record: Any, draft: Draft) -> dict[str, JSON]:
    back = to_record(from_record(record, draft.base).draft)
    # identities of added provisioners are given anew
    return {"steps": back["steps"], "undone": back["undone"]}


def test_on_a_changed_file_a_record_is_rebased() -> None:
    """What others changed elsewhere merges; what they changed where we did is a conflict."""
    draft = Draft(make_base(oidc("a", clientSecret="old", domains=["x"]), acme("b"), acme("c")))
    draft.stage([Append(ZERO, ("domains",), ("y",))], "append")
    draft.stage([Set(ONE, ("website",), "ours")], "set")
    draft.stage([Remove(ident(2))], "remove")
    draft.stage([Add(draft.new_id(), Provisioner(acme("new")))], "add")
    theirs = make_base(
        oidc("a", clientSecret="rotated", domains=["x", "z"]),
        acme("new"),
        acme("b", website="theirs"),
        fingerprint="theirs",
    )
    outcome = from_record(written(draft), theirs)
    assert [(clash.provisioner, clash.field) for clash in outcome.conflicts] == [("b", "website")]
    assert outcome.merged
    assert contents(outcome.draft) == [
        oidc("a", clientSecret="rotated", domains=["x", "z", "y"]),
        acme("new"),
        acme("b", website="ours"),
    ]
    assert outcome.draft.base is theirs


def test_repeated_names_are_found_again_without_their_secrets() -> None:
    """Entries of one name are told apart by content, in which the secrets that were left out do not count."""
    one, two = oidc("a", domains=["x"], clientSecret="1"), oidc("a", domains=["y"], clientSecret="2")
    draft = Draft(make_base(one, two))
    draft.stage([Set(ONE, ("listenAddress",), ":1")], "set")
    outcome = from_record(written(draft), make_base(two, fingerprint="theirs"))
    assert outcome.conflicts == ()
    assert contents(outcome.draft) == [{**two, "listenAddress": ":1"}]


def test_what_is_gone_is_said() -> None:
    """A provisioner that the record edits and the file has no more is a conflict."""
    draft = Draft(make_base(acme("a")))
    draft.stage([Set(ZERO, ("website",), "x")], "set")
    outcome = from_record(written(draft), make_base(fingerprint="theirs"))
    assert [clash.reason for clash in outcome.conflicts] == ["removed by others"]


def test_secrets_that_no_edit_changes_are_not_written_down() -> None:
    """Editing a claim of a provisioner with secrets makes a record without any, also of its webhooks."""
    secrets: dict[str, Any] = {"clientSecret": "hunter", "later": {"bearerToken": "hunter"}}
    entry = oidc("a", options={"webhooks": [hook("h", secret="hunter")]}, **secrets)
    draft = Draft(make_base(entry))
    draft.stage([Set(ZERO, ("claims", "enableSSHCA"), True)], "set")
    draft.stage([Remove(ZERO)], "remove")
    record = to_record(draft)
    assert record["secrets"] is False
    assert "hunter" not in format_json(record)
    assert contents(from_record(written(draft), draft.base).draft) == []
    draft.undo()
    changed = make_base({**entry, "listenAddress": ":1"}, fingerprint="theirs")
    outcome = from_record(written(draft), changed)
    assert outcome.conflicts == ()
    assert contents(outcome.draft) == [{**entry, "claims": {"enableSSHCA": True}, "listenAddress": ":1"}]


@pytest.mark.parametrize(
    "edit",
    [
        Set(ZERO, ("clientSecret",), "new"),
        Unset(ZERO, ("clientSecret",)),
        Set(ZERO, ("options",), {"webhooks": [hook("h", secret="s")]}),
        Set(ZERO, ("options", "webhooks", "0", "bearerToken"), "s"),
        Add(ONE, Provisioner(oidc("b", clientSecret="s"))),
    ],
)
def test_a_record_says_that_it_holds_secrets(edit: Any) -> None:
    """A secret that is set, unset (it is needed for the undo) or added makes the record a secret one."""
    draft = Draft(make_base(oidc("a", clientSecret="old", options={"webhooks": [hook("h")]})))
    draft.stage([edit], "line")
    assert to_record(draft)["secrets"] is True
    draft.undo()
    assert to_record(draft)["secrets"] is True


def test_a_secret_that_others_changed_too_is_a_conflict() -> None:
    """The old value of a secret that an edit sets is kept, so that a change by others is seen."""
    draft = Draft(make_base(oidc("a", clientSecret="old")))
    draft.stage([Set(ZERO, ("clientSecret",), "ours")], "set")
    outcome = from_record(written(draft), make_base(oidc("a", clientSecret="theirs"), fingerprint="theirs"))
    assert [(clash.field, clash.theirs) for clash in outcome.conflicts] == [("clientSecret", "(set)")]


def test_another_version_is_refused() -> None:
    """A record of a newer program is refused by its version, not taken for damaged."""
    record = {**to_record(Draft(make_base())), "version": Number("2")}
    with pytest.raises(ShellError, match="version 2") as caught:
        from_record(record, make_base())
    assert caught.value.code == "unknown-draft-version"


@pytest.mark.parametrize(
    "damage",
    [
        {"fingerprint": None, "provisioners": [{}]},
        {"provisioners": None},
        {"provisioners": [{"id": Number("7"), "members": {}, "left_out": []}]},
        {"steps": [{"line": "x", "edits": [{"edit": "jump", "id": Number("0")}]}]},
        {"steps": [{"line": "x", "edits": [{"edit": "unset", "id": Number("0"), "path": "x"}]}]},
        {"steps": [{"line": "x", "edits": [{"edit": "remove", "id": Number("0")}]}]},
        {"names": {"a": "many"}},
    ],
)
def test_a_damaged_record_is_an_error_of_its_own(damage: dict[str, Any]) -> None:
    """Whatever is missing or of the wrong kind, the error says that the saved edits cannot be read."""
    with pytest.raises(ShellError) as caught:
        from_record({**to_record(Draft(make_base())), **damage}, make_base())
    assert caught.value.code == "damaged-draft"
    nothings: list[Any] = [[], None, {}, "text"]
    for nothing in nothings:
        with pytest.raises(ShellError, match="cannot be read"):
            from_record(nothing, make_base())


def _has_secret_twins(base: Base) -> bool:
    """Whether two provisioners have one name and one of them has a secret."""
    names = Counter(summary.name for summary in base.summaries)
    twins = [base.provisioner(id_) for id_ in base.ids() if names[base.summary(id_).name] > 1]
    return any("hunter" in format_json(twin.members) for twin in twins)


def _rests_on_a_secret(clash: Clash) -> bool:
    """Whether a conflict is about what is removed here, and others changed a secret of it."""
    return clash.reason.startswith(CHANGED_WHILE_REMOVED) and any(
        word in clash.reason for word in ("ecret", "oken")
    )


@settings(deadline=None, max_examples=50)
@given(drafts.drafts(), drafts.drafts(bases=()))
def test_a_record_is_rebased_as_the_draft_would_be(draft: Draft, other: Draft) -> None:
    """On any other content the record gives what the draft itself gives, but for renames by others.

    And but for secrets that no edit changes, which the record does not have: others may have changed one of what is
    removed here, and in a broken file one may be all that tells two of one name apart.
    """
    theirs = make_base(*contents(other), *contents(Draft(draft.base))[:2], fingerprint="theirs")
    direct, recorded = rebase(draft, theirs), from_record(written(draft), theirs)
    if _has_secret_twins(draft.base) or _has_secret_twins(theirs):
        return
    lost = sum(clash.reason == REMOVED for clash in recorded.conflicts)
    renamed = lost > sum(clash.reason == REMOVED for clash in direct.conflicts)  # and nothing clashed there
    if not renamed and not any(
        "renamed" in clash.reason or _rests_on_a_secret(clash) for clash in direct.conflicts
    ):
        assert contents(recorded.draft) == contents(direct.draft)
        assert recorded.conflicts == direct.conflicts
