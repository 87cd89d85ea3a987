"""What a real step-ca refuses or breaks off at, and what a person is told of it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from shell.backends.admin.outcome import Answer, Lost, Refused
from shell.errors import ShellError
from shell.model.values import Number
from tests.support.liveca import LiveCa
from tests.support.pki import Pki

pytestmark = pytest.mark.live

Message = dict[str, Any]


def _acme(**members: Any) -> Message:
    return {"type": "ACME", "name": "acme", "details": {"ACME": {}}, **members}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _durations(**durations: str) -> Message:
    return {"x509": {"durations": durations}}


CREATIONS: list[tuple[Message, str]] = [
    (_acme(name="admin"), "the CA has a provisioner named admin already"),
    (_acme(mine="x"), "this step-ca has no field mine"),
    (
        _acme(claims=_durations(min="2h", max="1h")),
        "the lifetimes contradict each other: min is 2h, and max is 1h",
    ),
    (_acme(claims=_durations(max="1w")), "the max lifetime 1w is no Go duration"),
    (
        _acme(claims=_durations(max="1h", default="2h", min="1m")),
        "it does not take claims.maxTLSCertDuration",
    ),
    (_acme(x509Template={"template": _encoded("{{")}), "the X.509 template is no Go template"),
    (
        _acme(x509Template={"template": _encoded("{}"), "data": _encoded("{")}),
        "the data of the X.509 template",
    ),
    (_acme(webhooks=[{"name": "h", "url": "http://h", "kind": "ENRICHING"}]), "called over https only"),
    ({"type": "ACME", "name": "n"}, "no settings of its type"),
    ({"type": "JWK", "name": "j", "details": {"JWK": {"publicKey": _encoded("x")}}}, "is no JWK"),
    ({"type": "X5C", "name": "x", "details": {"X5C": {}}}, "it does not take roots:"),
    ({"type": "AWS", "name": "a", "details": {"AWS": {"instanceAge": "-1h"}}}, "take instanceAge"),
    (
        {"type": "SCEP", "name": "s", "details": {"SCEP": {"minimumPublicKeyLength": Number("2047")}}},
        "take minimumPublicKeyLength",
    ),
    (
        {
            "type": "OIDC",
            "name": "o",
            "details": {"OIDC": {"clientId": "c", "configurationEndpoint": "https://127.0.0.1:1"}},
        },
        "cannot ask the identity provider (configurationEndpoint)",
    ),
]


def test_refusals_and_panics_are_explained(step_ca: Path, pki: Pki, tmp_path: Path) -> None:
    """Each says what it is about, in other words than the server's, and a dropped connection names the field."""
    with LiveCa(step_ca, pki, tmp_path) as live:
        api = live.direct
        for message, means in CREATIONS:
            outcome = api.create(message)
            assert isinstance(outcome, Refused), (message, outcome)
            assert means in outcome.brief, (outcome.brief, outcome.message)
        created = api.create(_acme())
        assert isinstance(created, Answer)
        stored = api.provisioner("acme")
        assert stored is not None
        for member, means in (("id", "since it was read"), ("type", "type of a provisioner cannot change")):
            outcome = api.replace("acme", {**stored, member: "SSHPOP"})
            assert isinstance(outcome, Refused)
            assert means in outcome.brief
        lost = api.replace("acme", {**stored, "claims": _durations(default="-1h")})
        assert isinstance(lost, Lost)
        assert "at fault is likely claims.defaultTLSCertDuration" in lost.brief
        lost = api.set_role("nobody", super=True)
        assert isinstance(lost, Lost)
        assert "no such admin" in lost.brief
        for outcome in (api.remove_admin("nobody"), api.delete("nothing")):
            assert isinstance(outcome, Refused)
            assert "any more" in outcome.brief
        outcome = api.delete("admin")
        assert isinstance(outcome, Refused)
        assert "all super admins" in outcome.brief


def test_one_that_is_stored_without_a_type_is_told_with_the_way_out(
    step_ca: Path, pki: Pki, tmp_path: Path
) -> None:
    """The CA answers a GET of it with 500 and no words, and does not start with it; it can be removed."""
    with LiveCa(step_ca, pki, tmp_path) as live:
        assert isinstance(live.direct.create({"name": "odd", "details": {"ACME": {}}}), Answer)
        with pytest.raises(ShellError) as raised:
            live.direct.provisioner("odd")
        assert "without a type" in raised.value.hint
        assert isinstance(live.direct.delete("odd"), Answer)
