"""Rules about a running CA: whom an edit would cut off from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shell.model.authority import Authority
from shell.model.facts import UNKNOWN
from shell.model.rules import check
from shell.model.view import ProvisionerId
from tests.support.views import GONE, ListView

OWN = Authority(
    "admin", "step", is_super=True, rehearses=True, admins={"admin": ("step",), "team": ("ann", "bob")}
)
ADMIN: dict[str, Any] = {"type": "ACME", "name": "admin"}
TEAM: dict[str, Any] = {"type": "ACME", "name": "team"}
OTHER: dict[str, Any] = {"type": "ACME", "name": "other"}
CODES = {
    "own-provisioner-removed",
    "own-provisioner-renamed",
    "rename-with-admins",
    "admins-go",
    "needs-super-admin",
    "own-key",
    "own-template",
    "own-webhook",
    "own-claims",
}


def found(before: Any, after: Any, authority: Authority | None = OWN) -> list[tuple[str, str, str]]:
    """Return severity, code and field of what these rules find in the change of one provisioner."""
    facts = replace(UNKNOWN, target="ca", authority=authority)
    problems = check(ListView([before]), ListView([after]), [ProvisionerId(0)], facts)
    return [(one.severity, one.code, one.field) for one in problems if one.code in CODES]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (ADMIN, GONE, ("error", "own-provisioner-removed", "")),
        (ADMIN, {**ADMIN, "name": "x"}, ("error", "own-provisioner-renamed", "name")),
        (TEAM, {**TEAM, "name": "x"}, ("error", "rename-with-admins", "name")),
        (TEAM, GONE, ("danger", "admins-go", "")),
        (ADMIN, {**ADMIN, "key": {"kid": "k"}}, ("danger", "own-key", "key")),
        (ADMIN, {**ADMIN, "encryptedKey": "e"}, ("danger", "own-key", "encryptedKey")),
        (
            ADMIN,
            {**ADMIN, "options": {"x509": {"template": "{}"}}},
            ("danger", "own-template", "options.x509"),
        ),
        (ADMIN, {**ADMIN, "options": {"webhooks": []}}, ("danger", "own-webhook", "options.webhooks")),
        (ADMIN, {**ADMIN, "claims": {"disableRenewal": True}}, ("danger", "own-claims", "claims")),
    ],
)
def test_what_cuts_somebody_off_is_found(before: Any, after: Any, expected: tuple[str, str, str]) -> None:
    """A change that takes the admin's own access, or that of others, is named by its field."""
    assert found(before, after) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OTHER, GONE),
        (OTHER, {**OTHER, "name": "x"}),
        (ADMIN, {**ADMIN, "website": "https://example.com"}),
        (TEAM, {**TEAM, "claims": {"disableRenewal": True}}),
    ],
)
def test_what_cuts_nobody_off_is_not(before: Any, after: Any) -> None:
    """A provisioner without admins, and a field that no login needs, are free to change."""
    assert found(before, after) == []


def test_nothing_is_said_of_a_ca_that_nobody_is_logged_in_to() -> None:
    """Without a login it is not known whose provisioner it is; a file has no admins at all."""
    assert found(ADMIN, GONE, None) == found(TEAM, {**TEAM, "name": "x"}, None) == []
    assert found(ADMIN, {**ADMIN, "claims": {}}, None) == []


def test_only_a_super_admin_takes_admins_away() -> None:
    """Another one is told before anything is sent."""
    plain = replace(OWN, is_super=False)
    assert ("error", "needs-super-admin", "") in found(TEAM, GONE, plain)
    assert found(OTHER, GONE, plain) == []


def test_a_login_that_cannot_be_rehearsed_is_said() -> None:
    """Then the remedy is another way in, and not the rehearsal."""
    facts = replace(UNKNOWN, target="ca", authority=replace(OWN, rehearses=False))
    after = ListView([{**ADMIN, "claims": {"disableRenewal": True}}])
    problems = check(ListView([ADMIN]), after, [ProvisionerId(0)], facts)
    remedies = [problem.remedy for problem in problems if problem.code == "own-claims"]
    assert remedies == ["with this login the commit cannot try that beforehand: make sure of another way in"]
