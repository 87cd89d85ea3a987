"""Differences field by field, masks, and the edits between two states."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shell.model import types
from shell.model.provisioner import Provisioner, format_path
from shell.model.values import Number
from shell.staging.between import carry, edits_between
from shell.staging.compare import same, same_provisioner
from shell.staging.edits import Append, Drop, Set, Unset, apply
from shell.staging.fields import field_changes
from shell.staging.masks import holds_secret, masked, row_at, without_secrets
from tests.support import drafts
from tests.support.drafts import acme, hook, ident, oidc

KEY = {"kty": "EC", "kid": "k", "x": "x"}


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return path, before and after of each field that differs."""
    found = field_changes(Provisioner(before), Provisioner(after))
    return [(format_path(change.path), change.before, change.after) for change in found]


def test_known_objects_are_taken_apart_down_to_rows() -> None:
    """A claim is a field of its own; a key is one as a whole."""
    before = {"type": "JWK", "name": "a", "key": KEY, "claims": {"enableSSHCA": True, "disableRenewal": True}}
    after = {"type": "JWK", "name": "a", "key": {**KEY, "x": "y"}, "claims": {"enableSSHCA": False}}
    assert changed(before, after) == [
        ("key", KEY, {**KEY, "x": "y"}),
        ("claims.enableSSHCA", True, False),
        ("claims.disableRenewal", True, None),
    ]


def test_unknown_objects_are_taken_apart_down_to_scalars_and_lists() -> None:
    """What the table does not know is compared scalar by scalar, under paths that can be typed."""
    before = acme("a", later={"deep": {"x": Number("1"), "list": [1]}, "gone": "g"})
    after = acme("a", later={"deep": {"x": Number("2"), "list": [1, 2]}, "a.b": True})
    assert changed(before, after) == [
        ("later.deep.x", "1", "2"),
        ("later.deep.list", [1], [1, 2]),
        ("later.gone", "g", None),
        ('later."a.b"', None, True),
    ]


def test_null_counts_as_absent() -> None:
    """A member that becomes null is gone, and one that was null was never there."""
    assert changed(acme("a", website=None), acme("a")) == []
    assert changed(acme("a", website="x"), acme("a", website=None)) == [("website", "x", None)]
    assert changed(acme("a", claims={"enableSSHCA": None}), acme("a", claims={})) == []


def test_an_empty_object_differs_from_none() -> None:
    """`claims: {}` is a value where there were no claims, and nothing besides the claims that went."""
    assert changed(acme("a"), acme("a", claims={})) == [("claims", None, {})]
    assert changed(acme("a", claims={}), acme("a")) == [("claims", {}, None)]
    assert changed(acme("a", claims={"enableSSHCA": True}), acme("a", claims={})) == [
        ("claims.enableSSHCA", True, None)
    ]
    assert changed(acme("a", claims={"enableSSHCA": None}), acme("a")) == [
        ("claims", {"enableSSHCA": None}, None)
    ]


def test_an_object_in_place_of_something_else_is_one_change() -> None:
    """A text that becomes an object changes as a whole."""
    assert changed(acme("a", later="x"), acme("a", later={"y": "z"})) == [("later", "x", {"y": "z"})]


def test_webhooks_are_compared_by_name() -> None:
    """A changed, an added and a removed webhook show under their names; the others do not."""
    before = acme("a", options={"webhooks": [hook("one"), hook("two"), hook("three")]})
    after = acme("a", options={"webhooks": [hook("two", kind="ENRICHING"), hook("three"), hook("four")]})
    assert changed(before, after) == [
        ("options.webhooks.one.name", "one", None),
        ("options.webhooks.one.url", "https://one.example", None),
        ("options.webhooks.two.kind", None, "ENRICHING"),
        ("options.webhooks.four.name", None, "four"),
        ("options.webhooks.four.url", None, "https://four.example"),
    ]


def test_webhooks_that_move_or_cannot_be_told_apart_are_compared_as_a_list() -> None:
    """Another order, a repeated name, or an item without a name shows the list as a whole."""
    for before, after in (
        ([hook("one"), hook("two")], [hook("two"), hook("one")]),
        ([hook("one")], [hook("one"), hook("one")]),
        ([hook("one")], [hook("one"), {"url": "x"}]),
        ([hook("one")], [hook("one"), None]),
        ([hook("one")], "text"),
    ):
        assert changed(acme("a", options={"webhooks": before}), acme("a", options={"webhooks": after})) == [
            ("options.webhooks", before, after)
        ]
    assert changed(acme("a", options={"webhooks": []}), acme("a", options={})) == [
        ("options.webhooks", [], None)
    ]


def test_numbers_are_compared_as_spelled_and_booleans_as_themselves() -> None:
    """1 is not "1", 1.0 is not 1, true is not 1; members stand in any order."""
    assert not same(Number("1"), "1")
    assert not same(Number("1"), Number("1.0"))
    assert not same(True, Number("1"))
    assert not same([None], [])
    assert not same([Number("1")], ["1"])
    assert same({"a": "x", "b": None}, {"a": "x"})
    assert not same({"a": "x"}, {"a": "x", "b": "y"})
    assert not same({}, [])
    assert not same_provisioner(None, Provisioner({}))
    assert same_provisioner(None, None)


def test_secrets_are_masked_wherever_they_stand() -> None:
    """Known secrets, those in webhooks and in keys, and unknown members with the name of one are masked."""
    members: dict[str, Any] = {
        "clientSecret": "hunter",
        "later": {"EncryptedKey": "hunter", "x": "shown"},
        "key": {"kty": "EC", "d": "hunter", "x": "shown"},
        "options": {"webhooks": [{"name": "h", "bearerToken": "hunter", "basicAuth": {"x": "hunter"}}]},
        "tenantID": None,
    }
    assert masked((types.OIDC,), (), members) == {
        "clientSecret": "(set)",
        "later": {"EncryptedKey": "(set)", "x": "shown"},
        "key": {"kty": "EC", "d": "(set)", "x": "shown"},
        "options": {"webhooks": [{"name": "h", "bearerToken": "(set)", "basicAuth": "(set)"}]},
        "tenantID": None,
    }
    kept, found = without_secrets((types.OIDC,), (), members)
    assert "hunter" not in str(kept)
    assert [".".join(path) for path, _ in found] == [
        "clientSecret",
        "later.EncryptedKey",
        "key.d",
        "options.webhooks.0.bearerToken",
        "options.webhooks.0.basicAuth",
    ]
    assert holds_secret((None,), ("encryptedKey",), "hunter")
    assert not holds_secret((types.ACME,), (), acme("a", website="x", caaIdentities=["y"], later=None))


def test_a_secret_of_either_type_is_masked_while_the_type_changes() -> None:
    """`challenge` is a secret of SCEP even if the entry turns into another type."""
    scep = Provisioner({"type": "SCEP", "name": "a", "challenge": "hunter"})
    other = Provisioner({"type": "ACME", "name": "a", "challenge": "other"})
    shown = {change.path: change.shown for change in field_changes(scep, other)}
    assert shown["challenge",] == ("(set)", "(changed)")
    assert shown["type",] == ("SCEP", "ACME")
    assert row_at((types.ACME, types.SCEP), ("challenge",)) is not None
    rows = [change.row for change in field_changes(scep, None)]
    assert [row.path if row else "" for row in rows] == ["type", "name", "challenge"]


@settings(deadline=None)
@given(drafts.entries(), drafts.entries())
def test_the_edits_between_two_states_lead_from_one_to_the_other(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whatever two entries hold, the edits between them make the second of the first."""
    before, after = Provisioner(one), Provisioner(other)
    result: Provisioner | None = before
    for edit in edits_between(ident(0), before, after):
        result = apply(edit, result)
    assert result is not None
    assert same_provisioner(result, after)


@settings(deadline=None)
@given(drafts.entries(), drafts.entries(), st.booleans())
def test_differences_carried_onto_their_own_ground_make_the_other_state(
    one: dict[str, Any], other: dict[str, Any], twice: bool
) -> None:
    """Carrying is applying: no field differs afterwards but objects left empty, and twice is once."""
    before, after = Provisioner(one), Provisioner(other)
    changes = field_changes(before, after)
    result = carry(before, changes)
    if twice:
        result = carry(result, changes)
    left = [change for change in field_changes(result, after) if change.after not in (None, [], {})]
    assert left == []


def test_lists_get_list_edits_where_items_only_come_and_go() -> None:
    """Items taken out and put at the end are a drop and an append; anything else sets the list."""
    path = ("domains",)

    def between(before: list[Any], after: Any) -> list[Any]:
        edits = edits_between(
            ident(0), Provisioner(oidc("a", domains=before)), Provisioner(oidc("a", domains=after))
        )
        return list(edits)

    assert between(["x", "y"], ["x", "z"]) == [Drop(ident(0), path, ("y",)), Append(ident(0), path, ("z",))]
    assert between(["x"], ["x", "y"]) == [Append(ident(0), path, ("y",))]
    assert between(["x", "y"], ["x"]) == [Drop(ident(0), path, ("y",))]
    assert between(["x", "y"], ["y", "x"]) == [Set(ident(0), path, ["y", "x"])]
    assert between(["x"], ["y"]) == [Set(ident(0), path, ["y"])]
    assert between(["x"], ["x", "x"]) == [Set(ident(0), path, ["x", "x"])]
    assert between(["x"], ["x", "y", "y"]) == [Set(ident(0), path, ["x", "y", "y"])]
    assert between(["x"], ["x", Number("1")]) == [Set(ident(0), path, ["x", Number("1")])]
    assert between(["x"], None) == [Unset(ident(0), path)]


def test_an_object_that_goes_is_unset_once() -> None:
    """All claims gone is one edit, not one for each claim."""
    before = Provisioner(acme("a", claims={"enableSSHCA": True, "disableRenewal": True}))
    assert edits_between(ident(0), before, Provisioner(acme("a"))) == (Unset(ident(0), ("claims",)),)


def test_a_field_of_a_webhook_is_set_by_number() -> None:
    """One webhook changes in place; where items come or go the list is set."""
    one = Provisioner(acme("a", options={"webhooks": [hook("one"), hook("two")]}))
    other = Provisioner(acme("a", options={"webhooks": [hook("one"), hook("two", kind="ENRICHING")]}))
    fewer = Provisioner(acme("a", options={"webhooks": [hook("two")]}))
    assert edits_between(ident(0), one, other) == (
        Set(ident(0), ("options", "webhooks", "1", "kind"), "ENRICHING"),
    )
    assert edits_between(ident(0), one, fewer) == (Set(ident(0), ("options", "webhooks"), [hook("two")]),)
