"""Bases and drafts for tests of staging and of what shows it; and strategies that make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from shell.model.provisioner import Provisioner
from shell.model.summary import summarize
from shell.model.values import Number
from shell.model.view import ProvisionerId
from shell.staging.base import Base
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Drop, Edit, Remove, Set, Unset


def make_base(*entries: dict[str, Any], fingerprint: str = "base") -> Base:
    """Return a base that holds these entries."""
    provisioners = [Provisioner(members) for members in entries]
    summaries = [summarize(one.members) for one in provisioners]
    return Base({"address": ":9000"}, summaries, provisioners.__getitem__, fingerprint)


def acme(name: str, **members: Any) -> dict[str, Any]:
    """Return the entry of an ACME provisioner."""
    return {"type": "ACME", "name": name, **members}


def oidc(name: str, **members: Any) -> dict[str, Any]:
    """Return the entry of an OIDC provisioner."""
    return {"type": "OIDC", "name": name, "clientID": "id", **members}


def hook(name: str, **members: Any) -> dict[str, Any]:
    """Return a webhook."""
    return {"name": name, "url": f"https://{name}.example", **members}


def ident(number: int) -> ProvisionerId:
    """Return a number as an identity."""
    return ProvisionerId(number)


def contents(draft: Draft) -> list[dict[str, Any]]:
    """Return the members of every provisioner of a draft, in order."""
    return [draft.provisioner(id_).members for id_ in draft.ids()]


TEXTS = st.sampled_from(
    ["x", "", "two words", "-dash", "@file", "[bracket", "it's", "a\nb", "é\u202e", "env:HOME"]
)
SECRETS = st.sampled_from(["hunter-one", "hunter-two", "hunter three", "-hunter"])
DURATIONS = st.sampled_from(["5m", "24h", "48h", "1h30m"])
ITEMS = st.lists(TEXTS, max_size=4)
UNKNOWN = st.recursive(
    st.none() | st.booleans() | TEXTS | st.sampled_from([Number("1"), Number("1.20"), "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("uvw"), inner, max_size=3),
    max_leaves=6,
)
HOOKS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["h1", "h2", "h3", "0"])},
        optional={"url": TEXTS, "secret": SECRETS, "disableTLSClientAuth": st.booleans(), "later": UNKNOWN},
    ),
    max_size=3,
)
VALUES: dict[tuple[str, ...], st.SearchStrategy[Any]] = {
    ("clientID",): TEXTS,
    ("clientSecret",): SECRETS,
    ("domains",): ITEMS,
    ("claims",): st.dictionaries(st.sampled_from(["minTLSCertDuration", "later"]), DURATIONS, max_size=2),
    ("claims", "maxTLSCertDuration"): DURATIONS,
    ("claims", "enableSSHCA"): st.booleans(),
    ("options", "x509", "template"): TEXTS,
    ("options", "x509", "templateData"): st.dictionaries(st.sampled_from("uvw"), UNKNOWN, max_size=3),
    ("options", "webhooks"): HOOKS,
    ("unknown",): UNKNOWN,
    ("odd name", "in.side"): UNKNOWN,
    ("wrapped", "encryptedKey"): SECRETS,
}
NAMES = st.sampled_from(["a", "b", "c", "-d", "two words", "50%"])


@st.composite
def entries(draw: st.DrawFn, *, odd: bool = True) -> dict[str, Any]:
    """Return the entry of a provisioner: known types and unknown ones, with or without a name."""
    name = draw(NAMES | st.just("") if odd else NAMES)
    one = Provisioner({"type": draw(st.sampled_from(["OIDC", "oidc", "FUTURE"])), "name": name})
    for path in draw(st.lists(st.sampled_from(list(VALUES)), max_size=5, unique=True)):
        one = one.with_value(path, draw(VALUES[path]))
    return one.members


@st.composite
def edits(draw: st.DrawFn, draft: Draft) -> Edit:
    """Return one edit that fits a draft."""
    present = list(draft.ids())
    kind = draw(st.sampled_from(["add", "remove", "set", "set", "set", "unset", "append", "drop", "rename"]))
    if kind == "add" or not present:
        return Add(draft.new_id(), Provisioner(draw(entries(odd=False))))
    id_ = draw(st.sampled_from(present))
    if kind == "remove":
        return Remove(id_)
    if kind == "rename":
        return Set(id_, ("name",), draw(NAMES))
    if kind in {"append", "drop"}:
        items = tuple(draw(st.lists(TEXTS, min_size=1, max_size=2)))
        return (Append if kind == "append" else Drop)(id_, ("domains",), items)
    path = draw(st.sampled_from(list(VALUES)))
    return Set(id_, path, draw(VALUES[path])) if kind == "set" else Unset(id_, path)


@st.composite
def drafts(draw: st.DrawFn, *, size: int = 8, bases: Sequence[dict[str, Any]] | None = None) -> Draft:
    """Return a draft with some steps, of some edits each, and now and then an undone one."""
    draft = Draft(make_base(*(draw(st.lists(entries(), max_size=4)) if bases is None else bases)))
    for number in range(draw(st.integers(0, size))):
        mark = len(draft.steps)
        for _ in range(draw(st.integers(1, 2))):
            draft.stage([draw(edits(draft))], f"line {number}")
        draft.join(mark, f"line {number}")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        draft.undo()
    return draft
