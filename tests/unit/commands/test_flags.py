"""The flags table, and the parameters that are made of it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from shell.commands import REGISTRY
from shell.commands.changes import supplying_flags
from shell.commands.flags import ADD, APPEND, FLAGS, RECIPE, REMOVE, SET, UPDATE, Flag, flags_of
from shell.language.analysis import Analysis, analyse
from shell.language.declarations import faults_of
from shell.language.parameters import Source
from shell.model.fields import find_field
from shell.model.types import TYPES, ProvisionerType

PUBLIC_COMMANDS = (
    "add",
    "update",
    "remove",
    "copy",
    "jwe-key",
    "webhook add",
    "webhook update",
    "webhook remove",
)


def read(line: str) -> Analysis:
    """Return the analysis of a line."""
    return analyse(line, REGISTRY)


def flags(line: str) -> Any:
    """Return what the flags of a line are read as; the line must be right."""
    analysis = read(line)
    assert [problem.message for problem in analysis.problems] == []
    return analysis.arguments["flags"]


def problems(line: str) -> list[str]:
    """Return the codes of what is wrong with a line."""
    return [problem.code for problem in read(line).problems]


@pytest.mark.parametrize("command", PUBLIC_COMMANDS)
def test_each_command_is_declared_well(command: str) -> None:
    """The declarations made of the table keep the rules of every declaration, and the examples are right."""
    row = REGISTRY.get(command)
    assert faults_of(row) == []
    assert [read(example).problems for example in row.examples] == [[]] * len(row.examples)


@pytest.mark.parametrize("row", FLAGS, ids=lambda row: f"{row.flag} {row.types[0]}")
def test_each_row_is_for_a_field_of_its_types(row: Flag) -> None:
    """The field of a row is in the field table for every type, and a list flag is for a list."""
    fields = [find_field(type_, row.field) for type_ in row.types]
    assert None not in fields
    if row.effect in (APPEND, REMOVE):
        assert row.many
        assert all(field is not None and field.kind.is_list for field in fields)
    assert (row.source == RECIPE) is bool(row.recipe)


@pytest.mark.parametrize("command", [ADD, UPDATE])
def test_no_flag_has_two_meanings_for_a_type(command: str) -> None:
    """Of the rows of one flag at most one means something for a type, and all take a value or none does."""
    for one, other in combinations(flags_of(command), 2):
        if one.flag == other.flag:
            assert set(one.types).isdisjoint(other.types)
            assert one.switch is other.switch
            assert one.aliases == other.aliases


def test_what_can_be_appended_can_be_removed() -> None:
    """Each flag that appends has its `--remove-` flag, on update only."""
    appended = {(row.flag.replace("--", "--remove-", 1), row.field) for row in FLAGS if row.effect == APPEND}
    removed = {(row.flag, row.field) for row in FLAGS if row.effect == REMOVE}
    assert appended == removed
    assert {row.commands for row in FLAGS if row.effect == REMOVE} == {(UPDATE,)}


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_each_required_field_can_be_supplied(type_: ProvisionerType) -> None:
    """For each field that a type needs there is a flag of `add`."""
    for path in type_.required:
        assert supplying_flags(type_, path).lstrip("(").startswith("--")


def test_values_are_read_by_the_kind_of_their_field() -> None:
    """Texts are proved when the line is read; they are collected, and nothing is split at commas."""
    assert flags("add p --type OIDC --domain a,b -domain=@x.com --ssh=F --x509-max-dur 1h") == {
        "domain": ("a,b", "@x.com"),
        "ssh": False,
        "x509_max_dur": "1h",
    }
    assert flags("update p --name q --x509-min-dur= --disable-tofu") == {
        "new_name": "q",
        "x509_min_dur": "",
        "disable_trust_on_first_use": True,
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("add p --type ACME --x509-max-dur 90", "bad-value"),
        ("add p --type ACME --challenge http-02", "bad-value"),
        ("update p --attestation-format ios", "bad-value"),
        ("add p --type SCEP --min-public-key-length many", "bad-value"),
        ("add p --type AWS --instance-age -1h", "bad-value"),
        ("update p --domain=", "empty-value"),
        ("update p --name=", "empty-value"),
        ("update p --client-id=", "empty-value"),
        ("update p --x5c-roots=", "empty-value"),
        ("update p --public-key=", "empty-value"),
        ("add p --type nothing", "bad-value"),
        ("add p --type ACME --ssh false", "detached-value"),
        ("add p --type ACME --ssh=maybe", "bad-value"),
        ("add p --type ACME --client-id", "missing-value"),
        ("update p --forcecn", "unknown-flag"),
        ("webhook add p h --kind ENRICHIN", "bad-value"),
        ("webhook update p h --cert-type X508", "bad-value"),
    ],
)
def test_a_wrong_value_is_told_before_anything_runs(line: str, code: str) -> None:
    """A value that no provisioner could have is an error of the line."""
    assert problems(line) == [code]


def test_files_are_paths_or_sources() -> None:
    """A file is named as step does, or by a source; `-` is standard input where step takes it so."""
    assert flags("add p --public-key a.pub --private-key fd:3 --password-file env:P --x509-template -") == {
        "public_key": Source("file", "a.pub"),
        "private_key": Source("fd", "3"),
        "password_file": Source("env", "P"),
        "x509_template": Source("fd", "0"),
    }
    assert flags("add p --type X5C --x5c-roots -") == {"x5c_roots": Source("file", "-")}
    assert flags("update p --attestation-roots= --private-key=") == {
        "attestation_roots": ("",),
        "private_key": "",
    }


def test_the_type_decides_what_a_challenge_is() -> None:
    """It is a list of words for ACME, and a secret, which may come from a source, for SCEP."""
    assert flags("add p --type SCEP --challenge @c") == {"challenge": (Source("file", "c"),)}
    assert read("add p --type SCEP --challenge hunter2").masked("…") == "add p --type SCEP --challenge …"
    acme = "add p --type ACME --challenge dns-01"
    assert read(acme).masked() == acme
    assert flags(acme) == {"challenge": ("dns-01",)}


def test_where_the_type_is_not_known_only_what_may_be_a_secret_is_masked() -> None:
    """On update the words of a challenge that ACME has are shown, any other might be a secret."""
    assert read("update p --challenge DNS-01").masked() == "update p --challenge DNS-01"
    assert read("update p --challenge hunter2").masked("…") == "update p --challenge …"
    assert read("update p --client-secret hunter2").masked("…") == "update p --client-secret …"
    assert read("add p --entry '{}'").masked("…") == "add p --entry …"


def test_every_effect_is_in_the_table() -> None:
    """The table sets, appends and removes."""
    assert {row.effect for row in FLAGS} == {SET, APPEND, REMOVE}
