"""Reading as step-ca reads; each case was seen with step-ca v0.30.2."""

from __future__ import annotations

from typing import Any

import pytest

from shell.codec.goread import Oddity, read, same
from shell.codec.jsontext import Number, decode
from shell.model import types
from shell.model.fields import structure_of
from shell.model.structure import Structure

ACME = structure_of(types.ACME)
JWK = structure_of(types.JWK)


def value(text: str, structure: Structure | None = ACME, oddities: list[Oddity] | None = None) -> Any:
    """Return the value of a text, as step-ca reads it."""
    return read(decode(text, 0)[0], structure, oddities)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"NAME": "a", "Claims": {"MAXTLSCertDuration": "1h"}}', {"name": "a", "claims": {"maxTLSCertDuration": "1h"}}),
        ('{"name": "a", "Name": "b"}', {"name": "b"}),
        ('{"name": "a", "Name": null}', {"name": "a"}),
        ('{"forceCN": true, "FORCECN": null}', {"forceCN": True}),
        ('{"claims": {"enableSSHCA": true, "EnableSSHCA": null}}', {"claims": {"enableSSHCA": None}}),
        ('{"claims": {"enableSSHCA": true}, "CLAIMS": {"disableRenewal": true}}',
         {"claims": {"enableSSHCA": True, "disableRenewal": True}}),
        ('{"claims": {"enableSSHCA": true}, "claims": null, "CLAIMS": {"disableRenewal": true}}',
         {"claims": {"disableRenewal": True}}),
        ('{"challenges": ["http-01", "dns-01"], "Challenges": ["tls-alpn-01"]}', {"challenges": ["tls-alpn-01"]}),
        ('{"challenges": ["http-01"], "Challenges": null}', {"challenges": None}),
        ('{"attestationRoots": "YQ==", "attestationroots": null}', {"attestationRoots": None}),
        ('{"options": {"webhooks": [{"name": "a", "certType": "X509"}, {"name": "z"}], "Webhooks": [{"name": "b"}]}}',
         {"options": {"webhooks": [{"name": "b", "certType": "X509"}]}}),
        ('{"options": {"webhooks": [null, {"name": "z"}], "Webhooks": [{"name": "b"}, null, 1]}}',
         {"options": {"webhooks": [{"name": "b"}, None, Number("1")]}}),
        ('{"options": {"x509": {"templateData": {"a": 1}, "TemplateData": {"A": 2, "A": 3}}}}',
         {"options": {"x509": {"templateData": {"A": Number("3")}}}}),
        ('{"newer": 1, "Newer": 2, "newer": null}', {"newer": None, "Newer": Number("2")}),
        ('{"claims": "odd", "CLAIMS": {"enableSSHCA": true}}', {"claims": {"enableSSHCA": True}}),
        ("12", Number("12")),
    ],
)  # fmt: skip
def test_known_names_fold_merge_and_clear(text: str, expected: object) -> None:
    """As Go does it: case, repetition, null."""
    assert value(text) == expected


def test_a_key_is_raw() -> None:
    """Names inside a JWK do not fold."""
    assert value('{"KEY": {"kid": "a", "KID": "b"}}', JWK) == {"key": {"kid": "a", "KID": "b"}}
    assert value('{"a": 1, "a": 2}', None) == {"a": Number("2")}


def test_what_is_odd_is_said() -> None:
    """Other spellings and repetitions, with their paths; unknown names only when repeated."""
    oddities: list[Oddity] = []
    value('{"NAME": "a", "name": "b", "X": 1, "options": {"webhooks": [{"URL": "u"}]}}', oddities=oddities)
    assert oddities == [
        Oddity("spelling", ("name",), "NAME"),
        Oddity("repeated", ("name",), "name"),
        Oddity("spelling", ("options", "webhooks", "0", "url"), "URL"),
    ]
    assert len({*oddities, *oddities}) == 3
    assert oddities[0] != "spelling"
    assert repr(oddities[0]) == "Oddity('spelling', ('name',), 'NAME')"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"name": "a", "claims": None}, {"name": "a"}, True),
        ({"claims": {"enableSSHCA": None}}, {"claims": {}}, True),
        ({"claims": {}}, {}, False),
        ({"minimum": Number("1")}, {"minimum": "1"}, False),
        ({"minimum": Number("1.0")}, {"minimum": Number("1.00")}, False),
        ({"minimum": Number("1")}, {"minimum": Number("1")}, True),
        ({"options": {"x509": {"templateData": {"a": None}}}}, {"options": {"x509": {"templateData": {}}}}, False),
        ({"options": {"webhooks": [{"id": None}]}}, {"options": {"webhooks": [{}]}}, True),
        (["a"], ["a", "b"], False),
        ([], {}, False),
        (True, True, True),
    ],
)  # fmt: skip
def test_sameness_is_that_of_step_ca(one: Any, other: Any, expected: bool) -> None:
    """Null is absence where step-ca knows the object, and numbers are their spelling."""
    assert same(one, other, ACME) is expected
    assert same(other, one, ACME) is expected
