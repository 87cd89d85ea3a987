"""Which policies of a CA would refuse an admin his login."""

from __future__ import annotations

from typing import Any

import pytest

from shell.model.rules.ownpolicy import refusal


def _x509(allow: dict[str, Any] | None = None, deny: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"x509": {"allow": allow or {}, "deny": deny or {}}}


@pytest.mark.parametrize(
    ("policy", "subject", "refused"),
    [
        (None, "step", False),
        ({}, "step", False),
        (_x509(), "step", False),
        (_x509({"dns": ["step"]}), "step", False),
        (_x509({"dns": ["STEP"]}), "step", False),
        (_x509({"dns": ["*.local"]}), "step", True),
        (_x509({"dns": ["*.local"]}), "ops.local", False),
        (_x509({"dns": ["*.local"]}), "a.ops.local", True),
        (_x509({"emails": ["x.com"]}), "step", True),
        (_x509({"emails": ["x.com"]}), "me@x.com", False),
        (_x509({"emails": ["@x.com"]}), "me@x.com", False),
        (_x509({"emails": ["me@x.com"]}), "you@x.com", True),
        (_x509({"ips": ["10.0.0.0/8"]}), "10.1.2.3", False),
        (_x509({"ips": ["10.0.0.0/8"]}), "11.1.2.3", True),
        (_x509({"dns": ["step"]}, {"dns": ["step"]}), "step", True),
        (_x509(deny={"dns": ["other"]}), "step", False),
        ({"ssh": {"host": {"allow": {"dns": ["x"]}}}}, "step", False),
    ],
)
def test_a_policy_and_a_subject(policy: Any, subject: str, refused: bool) -> None:
    """Where something is allowed only that passes, and what is denied never does."""
    assert bool(refusal(policy, subject)) is refused
