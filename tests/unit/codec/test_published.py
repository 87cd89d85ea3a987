"""The form that a provisioner has when a CA publishes it, and what counts as the same."""

from __future__ import annotations

from typing import Any

import pytest

from shell.codec.published import disabled_reason, go_text, published_form
from shell.model.fields import REDACTED, REDACTED_BASE64
from shell.model.values import Number

JWK: dict[str, Any] = {"type": "JWK", "name": "j"}
ACME: dict[str, Any] = {"type": "ACME", "name": "a"}
SCEP: dict[str, Any] = {"type": "SCEP", "name": "s"}


def webhooks(*hooks: Any) -> dict[str, Any]:
    """Return a provisioner with these webhooks."""
    return {**ACME, "options": {"webhooks": list(hooks)}}


def claims(**values: Any) -> dict[str, Any]:
    """Return a provisioner with these claims."""
    return {**ACME, "claims": values}


SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (claims(maxTLSCertDuration="48h"), claims(maxTLSCertDuration="48h0m0s")),
    (claims(minTLSCertDuration=None), ACME),
    (claims(), ACME),
    ({**ACME, "unknown": {"claims": {"deep": 1}}, "zzz": 1}, ACME),
    ({**ACME, "requireEAB": False, "website": "", "caaIdentities": [], "challenges": None}, ACME),
    ({**ACME, "caaIdentities": ["a", None]}, {**ACME, "caaIdentities": ["a", ""]}),
    ({"type": "X5C", "name": "x", "roots": "TUlJ\r\nQUJD"}, {"type": "X5C", "name": "x", "roots": "TUlJQUJD"}),
    ({"type": "X5C", "name": "x"}, {"type": "X5C", "name": "x", "roots": None, "state": "Uninitialized"}),
    ({"type": "AWS", "name": "w", "instanceAge": "0", "accounts": None}, {"type": "AWS", "name": "w"}),
    (
        {"type": "AWS", "name": "w", "imdsVersions": []},
        {"type": "AWS", "name": "w", "imdsVersions": ["v2", "v1"], "instanceAge": "0s"},
    ),
    (
        {"type": "Azure", "name": "z", "tenantID": "t", "audience": ""},
        {"type": "Azure", "name": "z", "tenantID": "t", "audience": "https://management.azure.com/"},
    ),
    (
        {"type": "GCP", "name": "g"},
        {"type": "GCP", "name": "g", "disableSSHCAUser": True, "disableSSHCAHost": False},
    ),
    (
        {**SCEP, "challenge": "a", "decrypterKeyPassword": "b", "decrypterKeyPEM": "QQ=="},
        {**SCEP, "challenge": REDACTED, "decrypterKeyPEM": REDACTED_BASE64, "minimumPublicKeyLength": Number("2048")},
    ),
    ({**SCEP, "encryptionAlgorithmIdentifier": Number("0"), "forceCN": False}, SCEP),
    ({**SCEP, "minimumPublicKeyLength": Number("-0")}, SCEP),
    (
        webhooks({"name": "w", "kind": "enriching", "secret": "s", "bearerToken": "t", "basicAuth": {}}),
        webhooks({"id": "", "name": "w", "kind": "ENRICHING", "certType": "", "disableTLSClientAuth": False}),
    ),
    ({"type": "OIDC", "name": "o", "clientSecret": ""}, {"type": "OIDC", "name": "o"}),
    (
        {**JWK, "key": {"kty": "EC", "x": "AAE", "use": "", "unknown": 1, "dp": "AQ"}},
        {**JWK, "key": {"x": "AQ", "kty": "EC"}, "encryptedKey": ""},
    ),
    ({**ACME, "website": "a\ud800"}, {**ACME, "website": "a\ufffd"}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_is_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Spelling, null, empty values, unknown names, filled-in defaults and hidden secrets make no difference."""
    assert published_form(one) == published_form(other)


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (ACME, {**ACME, "name": "b"}),
    (ACME, {**ACME, "type": "acme"}),
    (ACME, {**ACME, "requireEAB": True}),
    (claims(maxTLSCertDuration="48h"), claims(maxTLSCertDuration="49h")),
    (claims(enableSSHCA=False), ACME),
    (claims(minUserSSHCertDuration="0s"), ACME),
    ({**ACME, "challenges": ["dns-01", "http-01"]}, {**ACME, "challenges": ["http-01", "dns-01"]}),
    ({"type": "GCP", "name": "g"}, {"type": "GCP", "name": "g", "disableSSHCAUser": False}),
    ({"type": "AWS", "name": "w"}, {"type": "AWS", "name": "w", "imdsVersions": ["v2"]}),
    (SCEP, {**SCEP, "minimumPublicKeyLength": Number("4096")}),
    (SCEP, {**SCEP, "includeRoot": True}),
    (webhooks({"name": "w"}), webhooks({"name": "w", "disableTLSClientAuth": True})),
    (webhooks({"name": "w"}), webhooks({"name": "w", "certType": "SSH"})),
    (webhooks({"name": "w"}), webhooks({"name": "w"}, {"name": "w"})),
    ({**JWK, "key": {"kty": "EC", "x": "AQ"}}, {**JWK, "key": {"kty": "EC", "x": "Ag"}}),
    ({**JWK, "key": {"kty": "EC", "x": "AQ"}}, {**JWK, "key": {"kty": "EC", "x": "AQ", "kid": "k"}}),
    ({**JWK, "key": {"kty": "EC", "x": "AQ"}}, {**JWK, "key": {"kty": "EC", "x": "AQ", "d": "AQ"}}),
    (ACME, {**ACME, "options": {"x509": {"templateData": {"a": None}}}}),
    (
        {**ACME, "options": {"x509": {"templateFile": "a"}}},
        {**ACME, "options": {"x509": {"templateFile": "b"}}},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_different(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever means something to step-ca and is published makes a difference."""
    assert published_form(one) != published_form(other)


@pytest.mark.parametrize(
    "entry",
    [
        {"type": 5, "name": None},
        {**ACME, "claims": "text", "options": [], "requireEAB": "yes", "caaIdentities": "x"},
        claims(maxTLSCertDuration="1d"),
        webhooks("text"),
        webhooks(None),
        {**JWK, "key": "text"},
        {**JWK, "key": {"x": "a", "y": "\u00e9", "n": 5}},
        {"type": "X5C", "name": "x", "roots": "not base64"},
    ],
)
def test_values_of_the_wrong_kind_are_compared_as_they_are(entry: dict[str, Any]) -> None:
    """A value that step-ca could not read does not stop the comparison, and equals itself."""
    assert published_form(entry) == published_form(dict(entry))


def test_why_a_provisioner_is_disabled() -> None:
    """The reason is that of the CA; a provisioner in use has none."""
    assert disabled_reason(ACME) == ""
    assert disabled_reason({**ACME, "state": "Uninitialized", "stateReason": "why"}) == "why"
    assert disabled_reason({**ACME, "state": "Uninitialized"}) == "no reason is given"


def test_texts_as_go_reads_them() -> None:
    """Half of a surrogate pair becomes one replacement character; everything else stays."""
    assert go_text("a\ud800\udc00b\U0001f600") == "a\ufffd\ufffdb\U0001f600"
