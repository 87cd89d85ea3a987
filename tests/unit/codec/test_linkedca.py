"""Messages of the admin API and entries of ca.json: nothing is lost on the way, in either direction."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shell.codec.linkedca import (
    differences,
    from_message,
    recreation,
    same_listed,
    same_message,
    to_message,
    unsupported,
)
from shell.codec.messagefields import PLACEHOLDERS, decode_bytes, encode_text
from shell.model.fields import REDACTED, REDACTED_BASE64
from shell.model.provisioner import Provisioner, parse_path
from shell.model.types import TYPES, find_type
from shell.model.values import Number, format_json, parse_json
from tests.support.messages import UNKNOWN, messages, pem, provisioners, template

LAWS = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
DRAWN_TYPES = st.sampled_from(TYPES)
THREE = {"disableRenewal": False, "allowRenewalAfterExpiry": False, "disableSmallstepExtensions": False}
OPTIONS: dict[str, Any] = {"x509": {}, "ssh": {}}
FULL_CLAIMS = {"x509": {"enabled": True, "durations": {}}, "ssh": {"enabled": True, "userDurations": {}}}
BLOCK = b"-----BEGIN X-----\nAQ==\n-----END X-----\n"
HOOK = {"name": "w2", "id": "11b6", "url": "https://h", "kind": "AUTHORIZING", "secret": "YIM"}


def value(text: str) -> Any:
    """Return a JSON text as a value."""
    return parse_json(text)


@settings(parent=LAWS, max_examples=200)
@given(st.data())
def test_a_message_that_was_read_is_written_back_to_the_letter(data: st.DataObject) -> None:
    """Reading a message and writing it over itself gives the same message, unknown members and all."""
    message = data.draw(messages(data.draw(DRAWN_TYPES)))
    assert to_message(from_message(message), message) == message


@settings(parent=LAWS, max_examples=200)
@given(st.data())
def test_a_provisioner_survives_the_message(data: st.DataObject) -> None:
    """What a provisioner says comes back from its message, and the check has nothing against it."""
    drawn = data.draw(provisioners(data.draw(DRAWN_TYPES)))
    back = from_message(to_message(drawn))
    assert differences(back, drawn) == ()
    assert [path for path, _ in unsupported(drawn) if not path.endswith("secret")] == []


@settings(parent=LAWS, max_examples=200)
@given(st.data())
def test_writing_over_a_message_says_what_the_provisioner_says_and_keeps_what_nobody_knows(
    data: st.DataObject,
) -> None:
    """Whatever was there before, the message means the provisioner, and unknown members stay."""
    type_ = data.draw(DRAWN_TYPES)
    before, after = data.draw(messages(type_)), data.draw(provisioners(type_))
    untouched = json.dumps(before)
    written: Any = to_message(after, before)
    assert differences(from_message(written), after) == ()
    assert written[UNKNOWN] == "a"
    assert written["details"][type_.name][UNKNOWN] == ["b"]
    assert (written["id"], written["createdAt"]) == (before["id"], before["createdAt"])
    assert json.dumps(before) == untouched


@LAWS
@given(st.data())
def test_a_message_means_itself_and_what_it_recreates(data: st.DataObject) -> None:
    """What the CA gives (id, times) does not count when messages are compared; everything else does."""
    message = data.draw(messages(data.draw(DRAWN_TYPES)))
    assert same_message(message, recreation(message))
    assert not same_message(message, {**message, "name": message["name"] + "x"})


@pytest.mark.parametrize(
    ("message", "entry"),
    [
        (
            {
                "type": "OIDC",
                "name": "o",
                "details": {"OIDC": {"clientId": "c", "admins": ["a"], "tenantId": "t"}},
            },
            {
                "type": "OIDC",
                "name": "o",
                "clientID": "c",
                "tenantID": "t",
                "admins": ["a"],
                "options": OPTIONS,
            },
        ),
        (
            {"type": "ACME", "name": "a", "details": {"ACME": {"forceCn": True, "challenges": ["HTTP_01"]}}},
            {"type": "ACME", "name": "a", "forceCN": True, "challenges": ["http-01"], "options": OPTIONS},
        ),
        (
            {"type": "X5C", "name": "x", "details": {"X5C": {"roots": [pem(BLOCK), pem(BLOCK)]}}},
            {"type": "X5C", "name": "x", "roots": pem(BLOCK + b"\n" + BLOCK), "options": OPTIONS},
        ),
        (
            {"type": "NEBULA", "name": "x", "details": {"Nebula": {"roots": [pem(BLOCK), pem(BLOCK)]}}},
            {"type": "NEBULA", "name": "x", "roots": pem(BLOCK + BLOCK), "options": OPTIONS},
        ),
        (
            {
                "type": "GCP",
                "name": "g",
                "details": {"GCP": {"disableSshCaUser": False, "instanceAge": "1h"}},
            },
            {"type": "GCP", "name": "g", "instanceAge": "1h", "disableSSHCAUser": False, "options": OPTIONS},
        ),
        (
            {
                "type": "AZURE",
                "name": "z",
                "details": {
                    "Azure": {
                        "tenantId": "t",
                        "objectIds": ["o"],
                        "disableCustomSans": True,
                        "disableTrustOnFirstUse": True,
                    }
                },
            },
            {
                "type": "AZURE",
                "name": "z",
                "tenantID": "t",
                "objectIDs": ["o"],
                "disableCustomSANs": True,
                "disableTrustOnFirstUse": True,
                "options": OPTIONS,
            },
        ),
        (
            {"type": "ACME", "name": "a", "details": {"ACME": {}}, "webhooks": [HOOK]},
            {"type": "ACME", "name": "a", "options": {**OPTIONS, "webhooks": [{**HOOK, "certType": "ALL"}]}},
        ),
        (
            {"type": "SSHPOP", "name": "s", "details": {"SSHPOP": {}}, "claims": FULL_CLAIMS},
            {"type": "SSHPOP", "name": "s", "claims": {"enableSSHCA": True, **THREE}},
        ),
        (
            {
                "type": "SCEP",
                "name": "s",
                "details": {"SCEP": {"challenge": "c", "decrypter": {"keyPassword": template("p")}}},
            },
            {"type": "SCEP", "name": "s", "challenge": "c", "decrypterKeyPassword": "p", "options": OPTIONS},
        ),
        (
            {
                "type": "JWK",
                "name": "j",
                "details": {
                    "JWK": {"publicKey": template('{"kid":"k"}'), "encryptedPrivateKey": template("e")}
                },
                "x509Template": {"template": template("{{ t }}"), "data": template('{"OU": 1}')},
            },
            {
                "type": "JWK",
                "name": "j",
                "key": {"kid": "k"},
                "encryptedKey": "e",
                "options": {"x509": {"template": "{{ t }}", "templateData": {"OU": Number("1")}}, "ssh": {}},
            },
        ),
    ],
)
def test_the_captured_messages(message: dict[str, Any], entry: dict[str, Any]) -> None:
    """Messages as a CA gave them are read as its list showed them."""
    assert from_message(message).members == entry


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        (None, None),
        ({}, THREE),
        ({"ssh": {}}, {"enableSSHCA": False, **THREE}),
        (
            {"ssh": {"userDurations": {"max": "1h"}}},
            {"maxUserSSHCertDuration": "1h", "enableSSHCA": False, **THREE},
        ),
        ({"disableRenewal": True}, {**THREE, "disableRenewal": True}),
    ],
)
def test_claims_have_three_states(claims: Any, shown: Any) -> None:
    """No claims, empty claims and claims with `ssh` in them mean three different things."""
    message: Any = {
        "type": "ACME",
        "name": "a",
        "details": {"ACME": {}},
        **({} if claims is None else {"claims": claims}),
    }
    assert from_message(message).get(("claims",)) == shown
    assert to_message(from_message(message)).get("claims") == claims


def scep(**details: Any) -> dict[str, Any]:
    """Return a message of a SCEP provisioner with a challenge and a decrypter."""
    decrypter = {
        "certificate": pem(BLOCK),
        "key": pem(BLOCK),
        "keyUri": "pkcs11:",
        "keyPassword": template("p"),
    }
    return {
        "id": "1",
        "type": "SCEP",
        "name": "s",
        "details": {"SCEP": {"challenge": "c", "decrypter": decrypter, **details}},
    }


def test_a_placeholder_is_never_written() -> None:
    """What the public list redacts stays as it was in the message, and in a new one it is left out."""
    redacted = Provisioner(
        {
            "type": "SCEP",
            "name": "s",
            "challenge": REDACTED,
            "decrypterCertificate": REDACTED_BASE64,
            "decrypterKeyPEM": REDACTED_BASE64,
            "decrypterKey": REDACTED,
            "decrypterKeyPassword": REDACTED,
        }
    )
    assert to_message(redacted, scep())["details"] == scep()["details"]
    assert not any(text in format_json(to_message(redacted)) for text in PLACEHOLDERS)
    assert {why for _, why in unsupported(redacted)} == {
        "this is the placeholder for a value that the CA does not show, not a value"
    }
    assert unsupported(redacted, redacted) == []
    assert same_listed(redacted, from_message(scep()))


def test_a_secret_that_is_removed_goes() -> None:
    """Taking the decrypter away removes it from the message, the rest stays."""
    after = from_message(scep())
    for name in ("decrypterCertificate", "decrypterKeyPEM", "decrypterKey", "decrypterKeyPassword"):
        after = after.without((name,))
    assert to_message(after, scep())["details"] == {"SCEP": {"challenge": "c"}}


def acme(*hooks: dict[str, Any]) -> dict[str, Any]:
    """Return a message of an ACME provisioner with these webhooks."""
    return {"type": "ACME", "name": "a", "details": {"ACME": {}}, "webhooks": list(hooks)}


def test_what_is_not_said_of_a_webhook_stays() -> None:
    """The list shows no secrets, so that a provisioner taken from it changes a webhook without losing them."""
    before = acme({**HOOK, "bearerToken": {"bearerToken": "tok"}}, {**HOOK, "name": "other", "id": "2"})
    listed: Any = {
        "name": "w2",
        "id": "11b6",
        "url": "https://new",
        "kind": "authorizing",
        "certType": "X509",
    }
    after = Provisioner({"type": "ACME", "name": "a", "options": {"webhooks": [listed]}})
    assert to_message(after, before)["webhooks"] == [
        {**HOOK, "url": "https://new", "certType": "X509", "bearerToken": {"bearerToken": "tok"}}
    ]


@pytest.mark.parametrize(
    ("said", "login"),
    [
        ({"bearerToken": "new"}, {"bearerToken": {"bearerToken": "new"}}),
        ({"bearerToken": ""}, {}),
        (
            {"basicAuth": {"username": "u", "password": "p"}},
            {"basicAuth": {"username": "u", "password": "p"}},
        ),
        ({"basicAuth": {}}, {}),
        ({}, {"bearerToken": {"bearerToken": "old"}}),
    ],
)
def test_the_login_of_a_webhook_is_one_of_two(said: dict[str, Any], login: dict[str, Any]) -> None:
    """A token replaces name and password and the other way round; an empty one clears, nothing said keeps."""
    before = acme({**HOOK, "bearerToken": {"bearerToken": "old"}})
    hook: Any = {"name": "w2", "id": "11b6", "url": "https://h", "kind": "AUTHORIZING", **said}
    after = Provisioner({"type": "ACME", "name": "a", "options": {"webhooks": [hook]}})
    assert to_message(after, before)["webhooks"] == [{**HOOK, **login}]


def test_a_renamed_webhook_keeps_its_secret_by_its_id() -> None:
    """A webhook is known by its id first."""
    hook: Any = {"name": "renamed", "id": "11b6", "url": "https://h", "kind": "AUTHORIZING"}
    after = Provisioner({"type": "ACME", "name": "a", "options": {"webhooks": [hook]}})
    assert to_message(after, acme(HOOK))["webhooks"] == [{**HOOK, "name": "renamed"}]


def test_durations_are_compared_by_value() -> None:
    """The list shows 48h0m0s for the 48h of a message, which stays as it is."""
    message: Any = {**acme(), "claims": {"x509": {"durations": {"max": "48h"}}}}
    after = from_message(message).with_value(("claims", "maxTLSCertDuration"), "48h0m0s")
    assert to_message(after, message)["claims"] == message["claims"]
    changed = after.with_value(("claims", "maxTLSCertDuration"), "49h")
    assert to_message(changed, message)["claims"] == {"x509": {"durations": {"max": "49h"}}}


def test_a_number_in_template_variables_is_no_text() -> None:
    """The variables 1 and "1" differ."""
    one, other = (
        Provisioner({"type": "ACME", "name": "a", "options": {"x509": {"templateData": {"n": item}}}})
        for item in (Number("1"), "1")
    )
    assert differences(one, other) == ("options.x509.templateData",)
    assert not same_message(to_message(one), to_message(other))


def test_what_a_ca_fills_in_by_itself_makes_no_difference() -> None:
    """The list shows imdsVersions and audience where nothing is set; a message has them not."""
    aws: Any = {"type": "AWS", "name": "w", "details": {"AWS": {}}}
    listed = Provisioner({**from_message(aws).members, "imdsVersions": ["v2", "v1"], "accounts": None})
    assert same_listed(listed, from_message(aws))
    assert to_message(listed, aws) == aws
    assert unsupported(listed) == []


REFUSED = [
    ("AWS", '{"iidRoots": "/file"}', "iidRoots"),
    ("AWS", '{"imdsVersions": ["v1"]}', "imdsVersions"),
    ("ACME", '{"challenges": ["wire-oidc-01"]}', "challenges"),
    ("ACME", '{"attestationFormats": ["android-key"]}', "attestationFormats"),
    ("ACME", '{"options": {"wire": {"dpop": {"target": "t"}}}}', "options.wire.dpop.target"),
    ("ACME", '{"options": {"x509": {"templateFile": "f"}}}', "options.x509.templateFile"),
    ("ACME", '{"mine": 1}', "mine"),
    ("ACME", '{"claims": {"mine": 1}}', "claims.mine"),
    ("SSHPOP", '{"options": {"x509": {"template": "t"}}}', "options.x509.template"),
    ("SCEP", '{"minimumPublicKeyLength": 4294967296}', "minimumPublicKeyLength"),
    ("ACME", '{"claims": {"maxUserSSHCertDuration": "1h"}}', "claims.maxUserSSHCertDuration"),
    ("ACME", '{"claims": {"minTLSCertDuration": "-1h"}}', "claims.minTLSCertDuration"),
    ("ACME", '{"requireEAB": "yes"}', "requireEAB"),
    ("ACME", '{"name": "a/b"}', "name"),
    ("Foo", "{}", "type"),
    (
        "ACME",
        '{"options": {"webhooks": [{"name": "w", "url": "https://h", "kind": "ENRICHING"}]}}',
        "options.webhooks.0.secret",
    ),
    (
        "ACME",
        '{"options": {"webhooks": [{"name": "w", "secret": "s", "mine": 1}]}}',
        "options.webhooks.0.mine",
    ),
    (
        "ACME",
        '{"options": {"webhooks": [{"name": "w", "secret": "s", "bearerToken": "t", "basicAuth": {"username": "u"}}]}}',
        "options.webhooks.0.basicAuth",
    ),
]


@pytest.mark.parametrize(("type_", "members", "path"), REFUSED)
def test_what_the_api_cannot_hold_is_named(type_: str, members: str, path: str) -> None:
    """Each thing that the admin API has no place for, or dies of, is found with its path."""
    entry = Provisioner({"name": "a", "type": type_, **value(members)})
    assert [found for found, _ in unsupported(entry)] == [path]
    parse_path(path)


def test_what_the_ca_has_already_is_not_refused() -> None:
    """What a newer CA shows, and nobody touches, is no reason to stop."""
    entry = Provisioner({"name": "a", "type": "ACME", "mine": Number("1"), "state": "x", "stateReason": "y"})
    assert unsupported(entry, entry) == []
    assert [path for path, _ in unsupported(entry)] == ["mine"]
    assert (
        unsupported(Provisioner({"name": "f", "type": "Foo"}), Provisioner({"name": "g", "type": "Foo"}))
        == []
    )


def test_a_type_cannot_be_changed() -> None:
    """The API refuses another type for the same provisioner."""
    one, other = (Provisioner({"name": "a", "type": name}) for name in ("ACME", "SSHPOP"))
    assert [path for path, _ in unsupported(one, other)] == ["type"]


def test_an_unknown_type_is_kept() -> None:
    """A provisioner of a type from the future can be renamed; its details stay as they are."""
    message: Any = {"id": "1", "type": "FOO", "name": "f", "details": {"Foo": {"bar": Number("1")}}}
    seen = from_message(message)
    assert (seen.name, seen.type_name, find_type(seen.type_name)) == ("f", "FOO", None)
    assert to_message(seen.with_value(("name",), "g"), message) == {**message, "name": "g"}


def test_a_template_that_is_no_utf8_is_kept() -> None:
    """The bytes of a template come back as they were."""
    message: Any = {**acme(), "x509Template": {"template": pem(b"\xff{}")}}
    assert to_message(from_message(message), message) == message
    assert to_message(from_message(message))["x509Template"] == message["x509Template"]


def test_what_is_no_base64_holds_nothing() -> None:
    """A bad text, and a value that is none, read as no bytes; half a surrogate pair becomes Go's mark for it."""
    assert decode_bytes("%%%") == decode_bytes("a") == decode_bytes(None) == decode_bytes(Number("1")) == b""
    assert decode_bytes("LS0t") == decode_bytes("LS0t\n") == b"---"
    assert decode_bytes(encode_text("a\ud800")) == "a\ufffd".encode()
    assert decode_bytes(encode_text("a\udcff")) == b"a\xff"


def test_a_lifetime_that_is_no_duration_is_named_once() -> None:
    """It is no duration, and is then not asked whether it is negative."""
    entry = Provisioner({"name": "a", "type": "ACME", "claims": {"maxTLSCertDuration": "1d"}})
    assert [path for path, _ in unsupported(entry)] == ["claims.maxTLSCertDuration"]


def test_messages_that_differ_in_what_means_nothing_are_the_same() -> None:
    """Zero values are as good as absent ones, but for where presence counts; `enabled` of X.509 counts nowhere."""
    assert same_message(acme(), {**acme(), "webhooks": [], "policy": None, "x509Template": {}})
    claims: Any = {"x509": {"enabled": True, "durations": {}}}
    assert same_message({**acme(), "claims": claims}, {**acme(), "claims": {"x509": {}}})
    gcp: Any = {"type": "GCP", "name": "g", "details": {"GCP": {"disableSshCaUser": False}}}
    assert not same_message(gcp, {**gcp, "details": {"GCP": {}}})
    assert not same_message({**acme(), "claims": {"ssh": {}}}, {**acme(), "claims": {}})
