"""Where step-ca fetches a discovery document, and what it makes of what it gets."""

from __future__ import annotations

import json

import pytest

from shell.codec.openid import discovery_url, read_discovery, read_keys
from shell.keys.jwk import create_key

WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://idp.example.com", f"https://idp.example.com{WELL_KNOWN}"),
        ("https://idp.example.com/", f"https://idp.example.com{WELL_KNOWN}"),
        ("http://idp:5556/dex//a/../b/", f"http://idp:5556/dex/b{WELL_KNOWN}"),
        (f"https://idp{WELL_KNOWN}", f"https://idp{WELL_KNOWN}"),
        (f"https://idp/x//y{WELL_KNOWN}?p=1", f"https://idp/x//y{WELL_KNOWN}?p=1"),
        ("https://idp/a?p=1#part", f"https://idp/a{WELL_KNOWN}?p=1"),
        ("https://idp/a%2Fb%20c", f"https://idp/a/b%20c{WELL_KNOWN}"),
    ],
)
def test_the_path_of_the_document(address: str, url: str) -> None:
    """The well-known path is joined as Go joins paths, and an address that has it is left alone."""
    assert discovery_url(address) == url


@pytest.mark.parametrize(
    "body",
    [
        b'{"issuer": "i", "jwks_uri": "u"}',
        b' {"Issuer": "i", "JWKS_URI": "u", "other": 1} and more',
        b'{"issuer": "i", "jwks_uri": "u", "issuer": null}',
    ],
)
def test_documents_that_are_taken(body: bytes) -> None:
    """Case does not matter, nor what is behind the document, nor a null."""
    assert read_discovery(body) == ("i", "u")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON document"),
        (b"<html>", "no JSON document"),
        (b"\xef\xbb\xbf{}", "no JSON document"),
        (b"[]", "no JSON object"),
        (b"null", "has no issuer"),
        (b'{"issuer": ""}', "has no issuer"),
        (b'{"issuer": 1, "jwks_uri": "u"}', "issuer that is no string"),
        (b'{"issuer": "i"}', "has no jwks_uri"),
        (b"[" * 100000, "no JSON document"),
    ],
)
def test_documents_that_are_not_taken(body: bytes, why: str) -> None:
    """What is missing or no document is said."""
    with pytest.raises(ValueError, match=why):
        read_discovery(body)


def test_key_sets() -> None:
    """Keys are counted; one that step-ca cannot read spoils the set, and none at all is no error."""
    key = {name: value for name, value in create_key()[0].items() if name != "d"}
    assert read_keys(json.dumps({"keys": [key, key]}).encode()) == 2
    assert read_keys(b"{}") == read_keys(b"null") == read_keys(b'{"keys": null}') == 0
    for keys, why in (({}, "no list"), ([key, {"kty": "AKP"}], "number 2 has a kty"), ([1], "number 1")):
        with pytest.raises(ValueError, match=why):
            read_keys(json.dumps({"keys": keys}).encode())
