"""The claims in force, and where each comes from."""

from __future__ import annotations

from typing import Any

import pytest

from shell.model.claims import EffectiveClaim, effective, ttl
from shell.model.durations import short_duration
from tests.support.views import provisioner, value


def in_force(own: Any, authority: Any) -> dict[str, EffectiveClaim]:
    """Return the claims by the last part of their path."""
    found = effective(provisioner(type="ACME", claims=own), value(authority))
    return {claim.path.removeprefix("claims."): claim for claim in found}


def shown(claim: EffectiveClaim) -> str:
    """Return a claim as value, origin and note."""
    text = str(claim.value) if isinstance(claim.value, bool) else short_duration(claim.value)
    return ", ".join(part for part in (text, claim.origin, claim.note) if part)


def test_without_claims_those_built_in_are_in_force() -> None:
    """A CA that sets nothing has step-ca's own values, thirteen of them."""
    found = in_force(None, None)
    assert len(found) == 13
    assert {claim.origin for claim in found.values()} == {"built in"}
    times = [short_duration(int(claim.value)) for name, claim in found.items() if "Duration" in name]
    assert times == ["5m", "24h", "24h", "5m", "16h", "24h", "5m", "720h", "720h"]
    assert not any(claim.value for name, claim in found.items() if "Duration" not in name)


@pytest.mark.parametrize(
    ("own", "authority", "name", "result"),
    [
        ({"maxTLSCertDuration": "48h"}, None, "maxTLSCertDuration", "48h, provisioner"),
        ({"maxTLSCertDuration": "48h"}, None, "defaultTLSCertDuration", "24h, built in"),
        (
            {"defaultTLSCertDuration": "72h"},
            None,
            "maxTLSCertDuration",
            "72h, provisioner, raised to the default set there",
        ),
        (
            {"defaultTLSCertDuration": "1m"},
            None,
            "minTLSCertDuration",
            "1m, provisioner, lowered to the default set there",
        ),
        ({"defaultTLSCertDuration": "12h"}, None, "maxTLSCertDuration", "24h, built in"),
        (
            {"minTLSCertDuration": "1h", "defaultTLSCertDuration": "1m"},
            None,
            "minTLSCertDuration",
            "1h, provisioner",
        ),
        (None, {"maxTLSCertDuration": "48h"}, "maxTLSCertDuration", "48h, authority"),
        (
            None,
            {"defaultUserSSHCertDuration": "72h"},
            "maxUserSSHCertDuration",
            "72h, authority, raised to the default set there",
        ),
        (
            {"maxHostSSHCertDuration": "1d"},
            None,
            "maxHostSSHCertDuration",
            "720h, built in, what the provisioner says cannot be read",
        ),
        (
            {"maxTLSCertDuration": 5},
            {"maxTLSCertDuration": "36h"},
            "maxTLSCertDuration",
            "36h, authority, what the provisioner says cannot be read",
        ),
        ({"maxTLSCertDuration": None}, None, "maxTLSCertDuration", "24h, built in"),
        ({"enableSSHCA": False}, {"enableSSHCA": True}, "enableSSHCA", "False, provisioner"),
        ({"enableSSHCA": None}, {"enableSSHCA": True}, "enableSSHCA", "True, authority"),
        ({"enableSSHCA": "yes"}, None, "enableSSHCA", "False, built in"),
        ("x", [], "disableRenewal", "False, built in"),
    ],
)
def test_a_layer_lies_over_the_one_below(own: Any, authority: Any, name: str, result: str) -> None:
    """The provisioner goes before the CA, the CA before what is built in, and a bound gives way to a default."""
    assert shown(in_force(own, authority)[name]) == result


def test_lifetimes_are_those_of_the_claims() -> None:
    """The quick answer for a table is the same as the long one."""
    own, authority = {"defaultTLSCertDuration": "90h"}, value({"minTLSCertDuration": "1h"})
    entry = provisioner(claims=own)
    claims = {claim.path: claim.value for claim in effective(entry, authority)}
    expected = tuple(claims[f"claims.{bound}TLSCertDuration"] for bound in ("min", "default", "max"))
    assert ttl(entry, authority) == expected
    assert [short_duration(time) for time in expected] == ["1h", "90h", "90h"]
    assert [short_duration(time) for time in ttl(provisioner(), None)] == ["5m", "24h", "24h"]


def test_a_claim_has_a_form_for_failures() -> None:
    """A claim in the output of a failed test says what it is."""
    assert (
        repr(EffectiveClaim("claims.x", True, "authority"))
        == "EffectiveClaim('claims.x', True, 'authority', '')"
    )
