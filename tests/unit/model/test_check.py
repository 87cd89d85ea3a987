"""A check as a whole: what was there before, what an edit takes away, the order, the speed."""

from __future__ import annotations

import time
from typing import Any

import pytest

from shell.model import types
from shell.model.facts import UNKNOWN, Facts, Material, materials
from shell.model.problems import Finding, Problem, as_existing
from shell.model.rules import check
from shell.model.view import ProvisionerId
from tests.support.views import GONE, ListView, provisioner

AROUND = {"root": "r", "crt": "c", "key": "k", "address": ":443"}
JWK = {"type": "JWK", "name": "a", "key": {"kty": "oct", "k": "AAAA", "kid": "k"}, "encryptedKey": "e"}
SSHPOP = {"type": "SSHPOP", "name": "p"}
X5C = {"type": "X5C", "name": "x", "roots": "AAAA"}


def edited(
    before: list[Any],
    after: list[Any],
    *touched: int,
    settings: Any = None,
    facts: Facts = UNKNOWN,
    everything: bool = False,
) -> list[Problem]:
    """Return what the check says of an edit."""
    around = AROUND if settings is None else settings
    ids = [ProvisionerId(place) for place in touched]
    return check(ListView(before, around), ListView(after, around), ids, facts, everything)


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    """Return severity and code of each."""
    return [(problem.severity, problem.code) for problem in problems]


def test_only_what_is_touched_is_looked_at() -> None:
    """A provisioner that nobody touched has no say in an edit of another, unless everything is looked at."""
    broken = {"type": "X5C", "name": "b"}
    assert edited([broken, SSHPOP], [broken, {**SSHPOP, "name": "q"}], 1) == []
    everything = edited([broken, SSHPOP], [broken, {**SSHPOP, "name": "q"}], 1, everything=True)
    assert codes(everything) == [("warning", "required-missing")]


def test_a_problem_of_before_is_a_warning() -> None:
    """What was wrong before the edits does not block them, and is said to have been so already."""
    broken = {"type": "X5C", "name": "b"}
    (problem,) = edited([broken], [{**broken, "claims": {}}], 0)
    assert (problem.severity, problem.code, problem.already) == ("warning", "required-missing", True)
    assert "already so" in problem.message


def test_a_problem_of_before_that_stops_the_ca_still_blocks() -> None:
    """What keeps step-ca from starting is an error, whoever made it."""
    broken = {"type": "ACME", "name": 5}
    (problem,) = edited([broken, SSHPOP], [broken, {**SSHPOP, "name": "q"}], 1)
    assert (problem.severity, problem.stops, problem.already) == ("error", True, True)
    assert (problem.provisioner, problem.field) == ("", "name")


def test_another_problem_in_the_same_field_is_new() -> None:
    """An edit that replaces a wrong value by another wrong one is answered for."""
    before = {"type": "ACME", "name": "a", "challenges": ["x"]}
    (problem, *_) = edited([before], [{**before, "challenges": ["y"]}], 0)
    assert (problem.severity, problem.code, problem.already) == ("error", "challenge-unknown", False)


def test_without_edits_nothing_counts_as_before() -> None:
    """A check of a file as it is says of each problem how bad it is."""
    broken = [{"type": "X5C", "name": "b"}]
    assert codes(edited(broken, broken, everything=True)) == [("error", "required-missing")]


def test_a_new_provisioner_has_no_before() -> None:
    """What is wrong with an added provisioner is an error."""
    assert codes(edited([], [{"type": "X5C", "name": "b"}], 0)) == [("error", "required-missing")]
    assert codes(edited([SSHPOP], [SSHPOP, {**SSHPOP}], 1)) == [("error", "duplicate-name")]


def test_an_edit_that_takes_a_name_is_an_error_of_now() -> None:
    """A rename onto a name that is there stops the CA, and was not so before."""
    found = edited([X5C, SSHPOP], [X5C, {**SSHPOP, "name": "x"}], 1)
    assert [(problem.code, problem.id, problem.already) for problem in found] == [
        ("duplicate-name", 1, False)
    ]


def test_problems_stand_in_the_order_of_the_list() -> None:
    """The file comes first, then what is gone, then each provisioner in its place."""
    before = [X5C, {"type": "X5C", "name": "b"}, SSHPOP]
    after = [GONE, {"type": "X5C", "name": "c"}, {**SSHPOP, "name": "p q"}]
    found = edited(before, after, 2, 1, 0, settings={**AROUND, "dnsNames": []})
    assert [problem.id for problem in found] == [None, 0, 1, 1, 2]
    assert [problem.provisioner for problem in found] == ["", "x", "c", "c", "p q"]
    assert found == edited(before, after, 0, 1, 2, settings={**AROUND, "dnsNames": []})


def test_a_removed_provisioner_ends_renewals() -> None:
    """Certificates of a provisioner that goes are not renewed; an unknown one issued none."""
    assert codes(edited([X5C], [GONE], 0)) == [("warning", "renewal-ends")]
    assert edited([SSHPOP], [GONE], 0) == []
    assert edited([{"type": "Magic", "name": "m"}], [GONE], 0) == []


def test_what_never_was_takes_nothing_away() -> None:
    """A provisioner that was added and removed again is no change."""
    assert edited([SSHPOP], [SSHPOP], 7) == []


@pytest.mark.parametrize(
    ("entry", "settings", "expected"),
    [
        (X5C, AROUND, [("warning", "rename-ends-renewal")]),
        (X5C, {}, []),
        (SSHPOP, AROUND, []),
        ({"type": "Azure", "name": "z", "tenantID": "t", "objectIDs": ["o"]}, AROUND, []),
    ],
)
def test_a_rename_in_a_file_ends_renewals(entry: Any, settings: Any, expected: Any) -> None:
    """Where the identity is made of the name, in a file, a renamed provisioner is another."""
    assert codes(edited([entry], [{**entry, "name": "new"}], 0, settings=settings)) == expected


def test_a_private_key_that_goes_takes_a_login_away() -> None:
    """Removing the encrypted key is a danger for those who log in with its password."""
    without = {name: value for name, value in JWK.items() if name != "encryptedKey"}
    expected = [("warning", "encrypted-key-missing"), ("danger", "encrypted-key-removed")]
    assert codes(edited([JWK], [without], 0)) == expected
    assert codes(edited([without], [without | {"claims": {}}], 0)) == [("warning", "encrypted-key-missing")]


def test_a_new_key_needs_its_private_half() -> None:
    """Replacing only the public key leaves a private key that makes no tokens; another id does not."""
    other = {**JWK, "key": {"kty": "oct", "x": "AAAB", "k": "AAAB", "kid": "k"}}
    assert codes(edited([JWK], [other], 0)) == [("danger", "encrypted-key-left-behind")]
    assert edited([JWK], [{**other, "encryptedKey": "f"}], 0) == []
    assert edited([JWK], [{**JWK, "key": {**JWK["key"], "kid": "l"}}], 0) == []  # type: ignore[dict-item]
    assert codes(edited([JWK], [{**JWK, "key": None}], 0)) == [
        ("error", "deadly"),
        ("danger", "encrypted-key-left-behind"),
    ]


@pytest.mark.parametrize(
    ("members", "after", "kills"),
    [
        ({"insecureAddress": ":80"}, [GONE], True),
        ({}, [GONE], False),
        ({"insecureAddress": ":80", "crl": {"enabled": True}}, [GONE], False),
        ({"insecureAddress": ":80"}, [{"type": "SCEP", "name": "other", "challenge": "x"}], False),
    ],
)
def test_the_last_scep_provisioner_kills_a_reload(members: Any, after: Any, kills: bool) -> None:
    """A plain listener that has nothing left to serve makes a reload panic."""
    scep = {"type": "SCEP", "name": "s", "challenge": "x"}
    found = edited([scep], after, 0, settings={**AROUND, **members})
    errors = [problem for problem in found if problem.severity == "error"]
    assert [(problem.code, problem.field, problem.stops) for problem in errors] == (
        [("scep-listener-panics", "insecureAddress", True)] if kills else []
    )


# What the session found


def test_findings_become_problems_of_their_field() -> None:
    """What was found in a key or certificate is a problem of the field that holds it, before and after."""
    entry = provisioner(**X5C)
    (material,) = materials(entry)
    finding = Finding("error", "x5c-root-malformed", "it is none", "mend it")
    facts = Facts(findings={material: (finding,)})
    (problem,) = edited([], [X5C], 0, facts=facts)
    assert (problem.severity, problem.code, problem.field, problem.provisioner) == (
        "error",
        "x5c-root-malformed",
        "roots",
        "x",
    )
    assert codes(edited([X5C], [{**X5C, "claims": {}}], 0, facts=facts)) == [
        ("warning", "x5c-root-malformed")
    ]


def test_a_refusal_is_said_once() -> None:
    """A key that the pass over all entries refuses is not refused again by those who look deeper."""
    entry = {**JWK, "key": {"kty": "none"}}
    (key, *_) = materials(provisioner(**entry))
    facts = Facts(findings={key: (Finding("error", "key-type", "unknown", stops=True),)})
    found = edited([], [entry], 0, facts=facts)
    assert [problem.code for problem in found if problem.field == "key"] == ["shape"]


def test_oddities_are_problems_of_the_file_or_a_provisioner() -> None:
    """What is odd in the text is told where it is."""
    facts = Facts(
        oddities={
            None: (Finding("error", "byte-order-mark", "a mark", stops=True),),
            ProvisionerId(0): (Finding("warning", "repeated-member", "twice", field="claims"),),
        }
    )
    found = edited([SSHPOP], [SSHPOP], facts=facts, everything=True)
    assert [(problem.provisioner, problem.code, problem.field) for problem in found] == [
        ("", "byte-order-mark", ""),
        ("p", "repeated-member", "claims"),
    ]


def test_material_is_what_is_there() -> None:
    """Keys and certificates that are set are looked at, together with what they depend on."""
    scep = provisioner(type="SCEP", decrypterKeyPEM="AAAA", decrypterKeyPassword="p", decrypterCertificate="")
    assert materials(scep) == [
        Material(types.SCEP.name, "decrypterKeyPEM", ('"AAAA"', '""', '"p"')),
    ]
    assert materials(provisioner(type="Magic", roots="AAAA")) == []


def test_problems_have_a_name_to_accept() -> None:
    """A danger is accepted by its code and the name of the provisioner."""
    problem = Problem("danger", "template-broken", "ops", "options.x509.template", "broken", "mend it")
    assert problem.accept_name == "template-broken:ops"
    assert as_existing(problem).severity == "warning"


def test_ten_thousand_are_checked_in_moments() -> None:
    """An edit of one among ten thousand costs what the pass over all of them costs."""
    many = [{"type": "ACME", "name": f"a{number}", "forceCN": True} for number in range(10_000)]
    before, after = ListView(many, AROUND), ListView([*many[:-1], {**many[-1], "forceCN": False}], AROUND)
    start = time.process_time()
    check(before, after, [ProvisionerId(9_999)], UNKNOWN)
    assert time.process_time() - start < 3  # a fraction of a second, on a machine that is not busy
