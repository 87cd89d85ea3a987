"""`list`: which provisioners its conditions choose, and when it has a column of states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shell.commands.choosing import KEYS, ConditionType
from shell.errors import UsageError
from shell.language.lexer import Word
from shell.model.values import format_json
from shell.plain import render
from shell.results import Table
from shell.sites.onca import CaSite
from tests.support.calines import CaLines
from tests.support.lines import Lines
from tests.support.pki import Pki, WriteCaJson

HOOK = {
    "id": "1",
    "name": "stock",
    "url": "https://hooks.example.com",
    "kind": "ENRICHING",
    "secret": "c2VjcmV0",
}
ENTRIES: list[dict[str, Any]] = [
    {"type": "ACME", "name": "web"},
    {"type": "acme", "name": "web-internal", "claims": {"enableSSHCA": True}},
    {
        "type": "OIDC",
        "name": "people",
        "clientID": "shell",
        "configurationEndpoint": "https://idp.example.com",
    },
    {"type": "ACME", "name": "devices", "options": {"x509": {"template": "{}"}, "webhooks": [HOOK]}},
    {"type": "SSHPOP", "name": "hosts"},
]


@pytest.fixture
def lines(ca_json: WriteCaJson) -> Lines:
    """Return a session on a ca.json with five provisioners."""
    return Lines(ca_json(ENTRIES), interactive=True)


def chosen(lines: Lines, conditions: str) -> list[str]:
    """Return the names that `list` shows for conditions."""
    answer = lines.run(line=f"list {conditions}")
    table = [row[0] for block in answer.blocks if isinstance(block, Table) for row in block.rows]
    document = [entry["name"] for entry in json.loads(format_json(answer.json))]
    assert table == document
    return table


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ("type=ACME", ["web", "web-internal", "devices"]),
        ("type=acme ssh=on", ["web-internal"]),
        ("type~^[AO]", ["web", "web-internal", "people", "devices"]),
        ("name=web", ["web"]),
        ("name~web", ["web", "web-internal"]),
        ("name~'^web$|hosts'", ["web", "hosts"]),
        ("ssh=on", ["web-internal", "hosts"]),
        ("key=shell", ["people"]),
        ("templates=on", ["devices"]),
        ("templates=x509", ["devices"]),
        ("templates=ssh", []),
        ("templates=off type=ACME", ["web", "web-internal"]),
        ("webhooks=on", ["devices"]),
        ("webhooks=stock", ["devices"]),
        ("webhooks~^st", ["devices"]),
        ("webhooks=off ssh=off", ["web", "people"]),
        ("state=added", []),
    ],
)
def test_conditions_choose(lines: Lines, conditions: str, names: list[str]) -> None:
    """All conditions must fit: a value exactly, a type in any case, a pattern anywhere; as text and as JSON."""
    assert chosen(lines, conditions) == names


@pytest.mark.parametrize(
    ("condition", "message", "hint"),
    [
        ("web", '"web" is no condition', "name=web"),
        ("naem=web", 'a list has no "naem"', "did you mean name?"),
        ("=x", 'a list has no ""', "one of: name, type"),
        ("ssh=yes", 'ssh is one of on, off, not "yes"', ""),
        ("templates=x590", 'templates is one of on, off, x509, ssh, not "x590"', "did you mean x509?"),
        ("name~(", "is not a regular expression", "backslash"),
    ],
)
def test_a_wrong_condition_is_one_of_usage(condition: str, message: str, hint: str) -> None:
    """A word that is no condition, or one that nothing can fit, is told when the line is read."""
    with pytest.raises(UsageError) as caught:
        ConditionType().parse(Word(condition, condition), {})
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_nothing_that_fits_is_said(lines: Lines) -> None:
    """Where no provisioner fits there is no table, an empty array, and a notice; a type that is none has a nearest."""
    assert lines.run(line="list type=AMCE").notices == [
        "none of 5 provisioners fits; did you mean type=ACME?"
    ]
    answer = lines.run(line="list type=AWS")
    assert (render(answer, json=False), answer.json, answer.notices) == (
        "",
        [],
        ["none of 5 provisioners fits"],
    )


def states(answer_blocks: list[Any]) -> dict[str, str]:
    """Return the last cell of each row of the table by the name in the first."""
    (table,) = answer_blocks
    return {row[0]: row[-1] for row in table.rows} if table.headings[-1] == "STATE" else {}


def test_a_state_is_shown_where_there_is_one(lines: Lines) -> None:
    """The column is there only if some provisioner is staged, and marks what is added and changed."""
    assert states(lines.run("list").blocks) == {}
    lines.run("set", "web", "forceCN", "true")
    lines.run("add", "new", "--type", "ACME")
    lines.run("remove", "people")
    assert states(lines.run("list").blocks) == {
        "web": "~ changed",
        "web-internal": "",
        "devices": "",
        "hosts": "",
        "new": "+ added",
    }
    assert chosen(lines, "state=added") == ["new"]
    lines.run("discard")
    assert states(lines.run("list").blocks) == {}


def test_an_unknown_type_is_skipped(ca_json: WriteCaJson) -> None:
    """What step-ca skips since it does not know the type is shown as such, and is not in the JSON."""
    lines = Lines(ca_json([{"type": "Quantum", "name": "later"}, {"type": "ACME", "name": "acme"}]))
    answer = lines.run("list")
    assert states(answer.blocks) == {"later": "skipped", "acme": ""}
    assert [entry["name"] for entry in json.loads(format_json(answer.json))] == ["acme"]


def test_what_a_ca_disabled_is_marked(pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CA a provisioner that it publishes as disabled is marked so, and can be asked for."""
    lines = CaLines(pki, tmp_path, {"type": "ACME", "name": "acme"})
    site = lines.session.site
    assert isinstance(site, CaSite)
    public = site.backend.public
    entries = public.provisioners()
    broken = [
        {**entry, "state": "Uninitialized", "stateReason": "why"} if entry["name"] == "acme" else entry
        for entry in entries
    ]
    monkeypatch.setattr(public, "provisioners", lambda: broken)
    assert states(lines.run("list").blocks) == {"admin": "", "acme": "disabled"}
    assert list(states(lines.run("list state=disabled").blocks)) == ["acme"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", {f"{key}=" for key in KEYS}),
        ("na", {f"{key}=" for key in KEYS}),
        ("name", {f"{key}=" for key in KEYS} | {"name~"}),
        ("ssh=", {"ssh=on", "ssh=off"}),
        ("state=", {"state=added", "state=changed", "state=skipped", "state=disabled"}),
        ("templates=", {"templates=on", "templates=off", "templates=x509", "templates=ssh"}),
        ("name=web", {"name=web", "name=web-internal"}),
        ("name~web", set()),
        ("nothing=", set()),
    ],
)
def test_keys_and_values_are_offered(lines: Lines, typed: str, offered: set[str]) -> None:
    """Keys complete, and behind a key its values; names come from the target."""
    found = {candidate.text for candidate in ConditionType().candidates(typed, {}, lines.session)}
    assert found == offered


def test_a_target_without_provisioners_says_so(ca_json: WriteCaJson) -> None:
    """At a prompt an empty list names the command that makes the first one."""
    lines = Lines(ca_json([]), interactive=True)
    for line in ("list", "list type=ACME", "show"):
        assert lines.run(line=line).remarks == ["there are no provisioners; make one with: add"]
