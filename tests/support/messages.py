"""Provisioners and messages of the admin API, drawn at random, and full ones of each type by hand."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import strategies as st

from shell.codec.messagefields import DETAILS, DURATIONS, SWITCHES, encode_text
from shell.model import types
from shell.model.durations import format_duration
from shell.model.fields import find_field
from shell.model.kinds import BOOLEAN, DURATION, OBJECT, PEM, TEXT, Integer, TextList
from shell.model.provisioner import Provisioner
from shell.model.types import TYPES, ProvisionerType
from shell.model.values import Number

WITH_OPTIONS = tuple(type_ for type_ in TYPES if type_ is not types.SSHPOP)
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
_WORDS = _TEXTS.filter(bool)
_DURATIONS = st.one_of(
    st.integers(0, 10**15).map(format_duration), st.sampled_from(["48h", "90m", "1h", "0s", "1.5h"])
)
_BLOCKS = st.binary(min_size=1, max_size=60).map(
    lambda data: b"-----BEGIN X-----\n" + base64.b64encode(data) + b"\n-----END X-----\n"
)
_ENUMS = {
    "challenges": ["http-01", "dns-01", "tls-alpn-01", "device-attest-01"],
    "attestationFormats": ["apple", "step", "tpm"],
}
_JSON = st.recursive(
    st.one_of(st.booleans(), _TEXTS, st.integers(-9, 9).map(lambda number: Number(str(number)))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=4,
)
_OBJECTS = st.dictionaries(_TEXTS, _JSON, max_size=3)
_KEYS = st.fixed_dictionaries(
    {"kty": st.just("EC"), "kid": _WORDS, "crv": st.just("P-256"), "x": st.just("AQ"), "y": st.just("Ag")}
)


def _value(type_: ProvisionerType, path: str) -> st.SearchStrategy[Any]:
    field = find_field(type_, path)
    assert field is not None
    if path == "key":
        return _KEYS
    if path in _ENUMS:
        return st.lists(st.sampled_from(_ENUMS[path]), max_size=3)
    if field.kind is PEM:
        return st.lists(_BLOCKS, min_size=1, max_size=3).map(
            lambda blocks: base64.b64encode(b"".join(blocks)).decode()
        )
    if isinstance(field.kind, TextList):
        return st.lists(_WORDS, max_size=3)
    if isinstance(field.kind, Integer):
        return st.integers(0, 2**31 - 1).map(lambda number: Number(str(number)))
    return {BOOLEAN: st.booleans(), DURATION: _DURATIONS, TEXT: _TEXTS, OBJECT: _OBJECTS}[field.kind]


_WEBHOOKS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "name": _WORDS,
        "url": st.just("https://h.example.com"),
        "kind": st.sampled_from(["ENRICHING", "NOTIFYING"]),
    },
    optional={
        "id": _WORDS,
        "secret": _WORDS,
        "certType": st.sampled_from(["ALL", "X509", "SSH"]),
        "disableTLSClientAuth": st.booleans(),
        "bearerToken": _WORDS,
    },
)
_TEMPLATES = st.fixed_dictionaries({}, optional={"template": _TEXTS, "templateData": _OBJECTS})
_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "x509": _TEMPLATES,
        "ssh": _TEMPLATES,
        "webhooks": st.lists(_WEBHOOKS, max_size=3, unique_by=lambda hook: str(hook["name"])),
    },
)


@st.composite
def _claims(draw: st.DrawFn) -> dict[str, Any]:
    names = [path.removeprefix("claims.") for path, *_ in DURATIONS]
    found: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(names, _DURATIONS),
                **dict.fromkeys((*SWITCHES, "enableSSHCA"), st.booleans()),
            },
        )
    )
    if "enableSSHCA" not in found:  # the API has no SSH lifetimes without it
        found = {name: value for name, value in found.items() if "SSH" not in name}
    return found


@st.composite
def provisioners(draw: st.DrawFn, type_: ProvisionerType) -> Provisioner:
    """Draw a provisioner of this type that the admin API can hold."""
    rows = {row.path: _value(type_, row.path) for row in DETAILS[type_]}
    optional: dict[str, st.SearchStrategy[Any]] = {**rows, "claims": _claims()}
    if type_ is not types.SSHPOP:
        optional["options"] = _OPTIONS
    name = _WORDS.filter(lambda text: "/" not in text)
    required = {"type": st.sampled_from([type_.name, type_.written]), "name": name}
    members = draw(st.fixed_dictionaries(required, optional=optional))
    return Provisioner(members)


UNKNOWN = "fromTheFuture"


@st.composite
def messages(draw: st.DrawFn, type_: ProvisionerType) -> dict[str, Any]:
    """Draw a message as a CA could give it, with members at every level that nobody knows yet."""
    from shell.codec.linkedca import to_message

    message: dict[str, Any] = to_message(draw(provisioners(type_)))
    message |= {"id": "1", "authorityId": "0", "createdAt": "2026-11-24T06:35:36Z", UNKNOWN: "a"}
    message["details"][type_.name][UNKNOWN] = ["b"]
    if "claims" in message:
        message["claims"] = {**message["claims"], UNKNOWN: {"c": True}}
    for hook in message.get("webhooks", []):
        hook[UNKNOWN] = "d"
    if draw(st.booleans()) and type_ is not types.SSHPOP:
        message["x509Template"] = {**message.get("x509Template", {}), UNKNOWN: "e"}
    return message


def pem(text: bytes) -> str:
    """Return base64 of a PEM text."""
    return base64.b64encode(text).decode()


def template(text: str) -> str:
    """Return a text as a message has it."""
    return encode_text(text)
