"""Addresses as Go reads them."""

from __future__ import annotations

import pytest

from shell.model.addresses import host_port_flaw, parse_url


@pytest.mark.parametrize(
    ("text", "scheme", "user", "host", "path"),
    [
        ("https://example.com/a?b=%zz#c", "https", False, "example.com", "/a"),
        ("HTTPS://u:p@example.com:8443", "https", True, "example.com:8443", ""),
        ("https://[::1]:443/", "https", False, "[::1]:443", "/"),
        ("https://[::1]/", "https", False, "[::1]", "/"),
        ("https://example.com:/", "https", False, "example.com:", "/"),
        ("example.com/a", "", False, "", "example.com/a"),
        ("/a:b", "", False, "", "/a:b"),
        ("mailto:x", "mailto", False, "", "x"),
        ("https://x/{{ .Token }}", "https", False, "x", "/{{ .Token }}"),
        ("https://b\u00fccher.example/", "https", False, "b\u00fccher.example", "/"),
        ("", "", False, "", ""),
    ],
)
def test_a_url_has_parts(text: str, scheme: str, user: bool, host: str, path: str) -> None:
    """The parts are those that Go finds; queries are not looked into."""
    url = parse_url(text)
    assert (url.scheme, url.user, url.host, url.path) == (scheme, user, host, path)


@pytest.mark.parametrize(
    "text",
    [
        "https://x\n/",
        ":443",
        "1x:443/a",
        "https://x/%zz",
        "https://x/#%zz",
        "https://u{@x/",
        "https://{{ .Host }}/",
        "https://x y/",
        "https://%zz/",
        "https://[::1/",
        "https://[::1]x/",
        "https://x:http/",
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    """What Go refuses is refused, with a reason."""
    with pytest.raises(ValueError, match="it"):
        parse_url(text)


@pytest.mark.parametrize("text", [":9000", "localhost:9000", "[::1]:9000", "127.0.0.1:https", "localhost:"])
def test_an_address_has_a_host_and_a_port(text: str) -> None:
    """Both may be empty, and a port may be a name."""
    assert host_port_flaw(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "port is missing"),
        ("9000", "port is missing"),
        ("[::1]", "port is missing"),
        ("[::1", "] is missing"),
        ("::1", "too many colons"),
        ("a:b:1", "too many colons"),
        ("[::1]:9:0", "too many colons"),
        ("a]:1", "odd bracket"),
    ],
)
def test_what_is_no_address_is_refused(text: str, why: str) -> None:
    """What Go cannot split is refused, with a reason."""
    assert why in host_port_flaw(text)
