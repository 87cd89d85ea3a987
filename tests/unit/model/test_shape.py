"""What makes step-ca refuse the whole file, in raw entries and in values."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from shell.model.jwkshape import decoded, is_usual_key, jwk_flaw
from shell.model.settingshape import settings_flaws
from shell.model.shape import flaws, member_by_member
from shell.model.values import Number, parse_json
from tests.support.views import value

SCANNER = json.JSONDecoder(object_pairs_hook=tuple, parse_int=Number, parse_float=Number)


def numbers_of(curve: ec.EllipticCurve) -> dict[str, str]:
    """Return x, y and d of a new key in base64url."""
    private = ec.generate_private_key(curve).private_numbers()
    size = (curve.key_size + 7) // 8
    public = private.public_numbers
    parts = {"x": public.x, "y": public.y, "d": private.private_value}
    return {name: encoded(part.to_bytes(size)) for name, part in parts.items()}


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


P256 = numbers_of(ec.SECP256R1())
EC = {"kty": "EC", "crv": "P-256", "x": P256["x"], "y": P256["y"], "kid": "k"}


def both(entry: Any) -> tuple[tuple[str, str], ...]:
    """Return the flaws of an entry, which are the same for the raw form and for the value."""
    text = json.dumps(entry)
    raw, whole = flaws(SCANNER.decode(text)), flaws(parse_json(text))
    assert raw == whole
    return raw


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"type": None, "name": 5},
        {"type": "Magic", "name": 5},
        {"type": "ACME", "name": None, "forceCN": None, "challenges": [None], "claims": None},
        {"type": "acme", "NAME": "a", "Claims": {"MAXTLSCERTDURATION": "1h"}},
        {"type": "JWK", "key": {**EC, "use": None, "note": 5}},
        {"type": "SSHPOP", "options": 5},
        {"type": "SCEP", "minimumPublicKeyLength": -8, "decrypterKeyPEM": "AA\nAA"},
        {"type": "X5C", "roots": [1, 255, None]},
        {"type": "AWS", "instanceAge": "1h"},
        {
            "type": "ACME",
            "options": {"x509": {"templateData": 5}, "webhooks": [None, {"name": "w", "secret": {}}]},
        },
        {"type": "ACME", "unknown": 5, "options": {"magic": 5}},
    ],
)
def test_what_step_ca_reads_has_no_flaws(entry: Any) -> None:
    """Null is as good as nothing, unknown members and types are passed over, case does not matter."""
    assert both(entry) == ()


@pytest.mark.parametrize(
    ("entry", "paths"),
    [
        ("x", [""]),
        ([], [""]),
        (5, [""]),
        (True, [""]),
        ({"type": 5}, ["type"]),
        ({"TYPE": []}, ["type"]),
        ({"type": "ACME", "name": 5}, ["name"]),
        ({"type": "ACME", "NAME": 5}, ["NAME"]),
        ({"Type": "ACME", "name": 5}, ["name"]),
        ({"type": "ACME", "name": {}, "forceCN": "x", "challenges": "x"}, ["name", "forceCN", "challenges"]),
        ({"type": "ACME", "challenges": [1]}, ["challenges"]),
        ({"type": "ACME", "claims": []}, ["claims"]),
        ({"type": "ACME", "claims": {"maxTLSCertDuration": "1d"}}, ["claims.maxTLSCertDuration"]),
        ({"type": "ACME", "claims": {"maxTLSCertDuration": 5}}, ["claims.maxTLSCertDuration"]),
        ({"type": "ACME", "claims": {"enableSSHCA": 1}}, ["claims.enableSSHCA"]),
        ({"type": "ACME", "attestationRoots": "AAA"}, ["attestationRoots"]),
        ({"type": "ACME", "attestationRoots": "AAé="}, ["attestationRoots"]),
        ({"type": "ACME", "attestationRoots": [256]}, ["attestationRoots"]),
        ({"type": "ACME", "attestationRoots": 5}, ["attestationRoots"]),
        ({"type": "SCEP", "minimumPublicKeyLength": "8"}, ["minimumPublicKeyLength"]),
        ({"type": "SCEP", "minimumPublicKeyLength": 1.5}, ["minimumPublicKeyLength"]),
        ({"type": "SCEP", "minimumPublicKeyLength": 10**30}, ["minimumPublicKeyLength"]),
        ({"type": "GCP", "instanceAge": None}, ["instanceAge"]),
        ({"type": "JWK", "key": []}, ["key"]),
        ({"type": "JWK", "key": {}}, ["key"]),
        ({"type": "JWK", "key": None}, ["key"]),
        ({"type": "JWK"}, ["key"]),
        ({"type": "JWK", "KEY": EC, "name": 5}, ["name"]),
        ({"type": "SCEP", "options": {"webhooks": [None]}}, ["options.webhooks.0"]),
        ({"type": "ACME", "options": {"webhooks": {}}}, ["options.webhooks"]),
        ({"type": "ACME", "options": {"webhooks": [5]}}, ["options.webhooks.0"]),
        (
            {"type": "ACME", "options": {"webhooks": [None, {"name": 5, "kind": 5}]}},
            ["options.webhooks.1.name", "options.webhooks.1.kind"],
        ),
        ({"type": "ACME", "options": {"wire": {"dpop": {"key": "?"}}}}, ["options.wire.dpop.key"]),
    ],
)
def test_what_step_ca_does_not_read_has_a_place(entry: Any, paths: list[str]) -> None:
    """Each value of another type is found, with its path."""
    assert [path for path, _ in both(entry)] == paths


def test_every_repeated_member_is_read() -> None:
    """A wrong value refuses the file also where a later member replaces it; of types the last decides."""
    assert [path for path, _ in flaws(SCANNER.decode('{"type":"ACME","name":5,"name":"a"}'))] == ["name"]
    assert flaws(SCANNER.decode('{"type":"ACME","type":"SSHPOP","forceCN":5}')) == ()
    assert flaws(SCANNER.decode('{"type":"JWK","key":{"kty":"oct","k":""},"Key":null}')) == (
        ("key", "is missing"),
    )
    assert [path for path, _ in flaws(SCANNER.decode('{"type":"SSHPOP","Type":"ACME","forceCN":5}'))] == [
        "forceCN"
    ]
    assert [path for path, _ in flaws(SCANNER.decode('{"type":"ACME","type":null,"forceCN":5}'))] == [
        "forceCN"
    ]


def test_a_number_of_any_length_is_judged() -> None:
    """Thousands of digits are too many, and no failure."""
    long = Number("9" * 5000)
    assert flaws({"type": "SCEP", "minimumPublicKeyLength": long}) == (
        ("minimumPublicKeyLength", "is too large"),
    )


def test_good_entries_cost_microseconds() -> None:
    """A pass over many entries is fast enough to be made at every check."""
    entry = SCANNER.decode(
        json.dumps({"type": "JWK", "name": "a", "key": EC, "claims": {"minTLSCertDuration": "1h"}})
    )
    start = time.process_time()
    for _ in range(2000):
        flaws(entry)
    assert time.process_time() - start < 0.2  # 100 microseconds each, twenty times what it takes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "claims", "options", "webhooks", "x509", "key", "kty"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(["ACME", "JWK", "SCEP", "AWS", "x"]), JSON)
def test_anything_is_judged_alike_in_both_forms(type_: str, members: Any) -> None:
    """No JSON makes the pass fail, and both forms of it are judged alike."""
    entry = {"type": type_, **members} if isinstance(members, dict) else members
    both(entry)


# Keys


@pytest.mark.parametrize(
    "curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name
)
def test_points_of_each_curve_are_told_from_others(curve: ec.EllipticCurve) -> None:
    """A generated key is good, with its private part too, and its neighbour is no point of the curve."""
    names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
    key = {"kty": "EC", "crv": names[curve.name], **numbers_of(curve)}
    public = {name: part for name, part in key.items() if name != "d"}
    assert jwk_flaw(key) == jwk_flaw(public) == ""
    other = encoded((int.from_bytes(decoded(key["y"])) ^ 1).to_bytes((curve.key_size + 7) // 8))
    assert "no point" in jwk_flaw({**public, "y": other})
    assert "wrong length" in jwk_flaw({**public, "d": "AAAA"})


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"kty": "EC", "crv": "P-224"}, "crv"),
        ({"kty": "EC"}, "crv"),
        ({"kty": "EC", "crv": "P-256", "x": P256["x"]}, "no x or no y"),
        ({**EC, "x": "AAAA"}, "wrong length"),
        ({**EC, "x": "_" * 43}, "no point"),
        ({**EC, "x": "+" * 43}, "base64url"),
        ({**EC, "x": "A"}, "base64url"),
        ({**EC, "x": "é"}, "base64url"),
        ({**EC, "x": 5}, "a x that is no string"),
        ({**EC, "kid": 5}, "a kid that is no string"),
        ({**EC, "x5c": "x"}, "x5c"),
        ({**EC, "x5c": [5]}, "x5c"),
        ({"kty": "RSA", "n": "AQAB"}, "no e"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}, "no p"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB", "dp": "?"}, "base64url"),
        ({"kty": "OKP", "crv": "Ed448", "x": "AA"}, "Ed25519"),
        ({"kty": "OKP", "crv": "Ed25519"}, "no x"),
        ({"kty": "oct"}, "no k"),
        ({"kty": "ec"}, "kty"),
        ({}, "kty"),
        ((("kty", "oct"), ("k", "AA"), ("k", "AA")), "twice"),
        ("x", "an object"),
    ],
)
def test_keys_that_are_not_read(members: Any, why: str) -> None:
    """What go-jose refuses is named."""
    assert why in jwk_flaw(members if isinstance(members, tuple) else value(members))


@pytest.mark.parametrize(
    "members",
    [
        None,
        {**EC, "x": P256["x"] + "="},
        {**EC, "x": P256["x"][:9] + "\n" + P256["x"][9:]},
        {**EC, "x5c": [None], "d": None},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", **dict.fromkeys("nedpq", "AQAB")},
        {"kty": "OKP", "crv": "Ed25519", "x": ""},
        {"kty": "oct", "k": "AAAA"},
    ],
)
def test_keys_that_are_read(members: Any) -> None:
    """Padding and line breaks do not matter, and go-jose does not look deeper."""
    assert jwk_flaw(value(members)) == ""


# Around the provisioners


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        ({"root": "r", "federatedRoots": None, "dnsNames": ["a"], "password": "x", "unknown": 5}, []),
        ({"root": ["r"], "tls": {"minVersion": 1.2, "cipherSuites": []}, "monitoring": {}}, []),
        ({"authority": {"claims": {"enableSSHCA": True}, "backdate": "1m", "policy": {"x509": {}}}}, []),
        ({"ssh": {"keys": [{"type": "host", "key": EC}]}, "templates": {"data": {"a": 5}}}, []),
        ({"root": 5, "crt": 5, "ADDRESS": 5}, ["root", "crt", "ADDRESS"]),
        ({"tls": {"minVersion": "1.2"}}, ["tls.minVersion"]),
        ({"authority": {"policy": {"x509": {"allow": {"dns": "x"}}}}}, ["authority.policy.x509.allow.dns"]),
        ({"authority": {"policy": {"ssh": {"user": {"deny": 5}}}}}, ["authority.policy.ssh.user.deny"]),
        ({"authority": {"template": {"country": 5}}}, ["authority.template.country"]),
        ({"authority": {"claims": {"maxTLSCertDuration": 5}}}, ["authority.claims.maxTLSCertDuration"]),
        ({"ssh": {"keys": [{"key": {}}], "bastion": {"port": 22}}}, ["ssh.keys.0.key", "ssh.bastion.port"]),
        ({"crl": {"enabled": 1, "cacheDuration": 5}}, ["crl.enabled", "crl.cacheDuration"]),
        (
            {"logger": "x", "monitoring": 5, "templates": {"data": []}},
            ["logger", "monitoring", "templates.data"],
        ),
    ],
)
def test_settings_of_the_wrong_type_are_found(settings: Any, paths: list[str]) -> None:
    """The members around the provisioners are looked at in the same way."""
    assert [path for path, _ in settings_flaws(value(settings))] == paths


def test_what_one_entry_says_is_not_believed_of_another() -> None:
    """A number is no string of the same spelling, neither in a member nor inside an object; order does not matter."""
    for claims, flawed in (
        ((("maxTLSCertDuration", "0"),), False),
        ((("maxTLSCertDuration", Number("0")),), True),
        ((("maxTLSCertDuration", "0"),), False),
        ((("enableSSHCA", True),), False),
        ((("enableSSHCA", "true"),), True),
    ):
        entry = (("type", "ACME"), ("name", "a"), ("claims", claims))
        assert bool(flaws(entry)) is flawed
        assert flaws(dict([*entry[:2], ("claims", dict(claims))])) == flaws(entry)
    for name, flawed in (("a", False), (Number("1"), True), ("1", False), (None, False)):
        assert bool(flaws((("type", "ACME"), ("name", name)))) is flawed


_MEMBERS: list[tuple[str, object]] = [
    *(("type", spelled) for spelled in ("ACME", "acme", "JWK", "Foo", None, Number("5"), [])),
    *(("name", text) for text in ("a", "1", Number("1"), None, True)),
    *((name, ("b",)) for name in ("NAME", "Type")),
    *(("forceCN", known) for known in (True, "true", Number("1"))),
    *(("challenges", known) for known in (["dns-01"], ["dns-01", Number("1")], "dns-01")),
    *(("claims", (("maxTLSCertDuration", text),)) for text in ("0", Number("0"), "1d", "24h")),
    ("options", (("x509", (("template", "{}"),)), ("webhooks", [None]))),
    ("options", (("x509", (("template", Number("1")),)),)),
    ("key", None),
    ("key", (("kty", "EC"),)),
    ("odd", Number("1")),
]


@given(st.lists(st.sampled_from(_MEMBERS), max_size=6))
def test_the_quick_look_finds_what_the_slow_one_finds(entry: list[tuple[str, object]]) -> None:
    """An entry as it is scanned has the flaws that it has member by member, repeated and odd ones included."""
    pairs = tuple(entry)
    assert flaws(pairs) == member_by_member(pairs)


@pytest.mark.parametrize(
    ("change", "usual"),
    [
        ({}, True),
        ({"kid": ""}, False),
        ({"kid": None}, False),
        ({"alg": None}, True),
        ({"x": "AAAA"}, False),
        ({"kty": "RSA"}, False),
        ({"d": "AAAA"}, False),
        ({"x5c": []}, False),
    ],
    ids=str,
)
def test_the_usual_key(change: Any, usual: bool) -> None:
    """A whole public EC key in the members that step writes is the usual one; all others are looked into."""
    assert is_usual_key({**EC, "use": "sig", "alg": "ES256", **change}) is usual
