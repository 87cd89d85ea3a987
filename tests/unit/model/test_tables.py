"""The tables of types and fields, and what is made of them: structures, summaries."""

from __future__ import annotations

import pytest

from shell.model import fields, types
from shell.model.fields import FIELDS, fields_of, find_field, structure_of
from shell.model.summary import summarize
from shell.model.types import TYPES, ProvisionerType, find_type, type_names
from shell.model.values import Number
from tests.support.views import value


def test_there_are_eleven_types_in_any_spelling() -> None:
    """Types are found in the usual spelling, in the one that step writes, and in lower case."""
    assert len(TYPES) == 11
    for row in TYPES:
        assert {find_type(name) for name in (row.name, row.written, row.name.lower())} == {row}
        assert repr(row) == row.name
    assert [find_type("Magic"), find_type(None), find_type(Number("5"))] == [None] * 3
    assert type_names([types.K8SSA]) == ["K8sSA"]


def test_every_row_is_found_by_its_path() -> None:
    """A field has one row per path and type, and an example of its kind or of its own."""
    for row in TYPES:
        paths = [field.path for field in fields_of(row)]
        assert len(paths) == len(set(paths))
        assert all(find_field(row, path) is not None for path in (*row.required, "name", "type"))
    assert all(field.example and field.help.endswith(".") for field in FIELDS)
    assert repr(FIELDS[1]) == "name"


def test_fields_belong_to_types() -> None:
    """SSHPOP has no options, SCEP's challenge is no challenge of ACME, and an unknown type has what all have."""
    assert find_field(types.SSHPOP, "options.x509.template") is None
    assert find_field(types.SCEP, "challenge") is not None
    assert find_field(types.ACME, "challenge") is None
    assert find_field(None, "claims.enableSSHCA") is not None
    assert find_field(None, "roots") is None


def test_examples_are_values() -> None:
    """Where an example is a value and no placeholder, its kind reads it."""
    for field in FIELDS:
        if field.example.islower() and "@" not in field.example:
            assert field.kind.problem(field.kind.parse(field.example)) == ""


def test_structures_know_names_in_any_case() -> None:
    """Names that step-ca knows are found without regard to case, with what is inside them."""
    structure = structure_of(types.ACME)
    assert structure.lookup("CHALLENGES") == ("challenges", None)
    name, claims = structure.lookup("Claims")
    assert name == "claims"
    assert claims is not None
    assert claims.knows("ENABLESSHCA")
    assert structure.lookup("Magic") == ("Magic", None)
    assert not structure.knows("roots")
    assert structure_of(types.ACME) is structure
    assert structure_of(None).knows("claims")
    assert not structure_of(None).knows("key")


@pytest.mark.parametrize(
    ("members", "type_", "identifier"),
    [
        ({"type": "JWK", "name": "a", "key": {"kid": "k"}}, types.JWK, "a:k"),
        ({"type": "JWK", "name": "a", "key": {"kid": 5}}, types.JWK, "a:"),
        ({"type": "JWK", "name": "a"}, types.JWK, "a:"),
        ({"type": "oidc", "name": "a", "clientID": "c"}, types.OIDC, "c"),
        ({"type": "OIDC", "name": "a", "clientID": 7}, types.OIDC, ""),
        ({"type": "Azure", "tenantID": "t"}, types.AZURE, "t"),
        ({"type": "ACME", "name": "a"}, types.ACME, "acme/a"),
        ({"type": "K8sSA", "name": "a"}, types.K8SSA, "k8ssa/k8sSA-default"),
        ({"type": "SSHPOP", "name": "a"}, types.SSHPOP, "sshpop/a"),
        ({"type": "Magic", "name": "a"}, None, ""),
    ],
)
def test_summaries_have_the_identifier_of_step_ca(
    members: dict[str, object], type_: ProvisionerType | None, identifier: str
) -> None:
    """The token identifier is made as step-ca makes it for each type."""
    summary = summarize(value(members))
    assert (summary.type, summary.token_identifier) == (type_, identifier)


def test_summaries_are_made_of_scanned_pairs_too() -> None:
    """A key may be a tuple of pairs, of which the last counts."""
    pairs = (("kid", "old"), ("kid", "new"))
    assert summarize({"type": "JWK", "name": "a", "key": pairs}).token_identifier == "a:new"  # type: ignore[dict-item]
    assert summarize({"type": "magic"}).type_name == "magic"
    assert summarize({"type": "jwk"}).type_name == "JWK"


def test_placeholders_of_a_ca_are_known() -> None:
    """What a CA publishes in place of SCEP's secrets stands with the fields."""
    redacted = {field.redacted for field in fields_of(types.SCEP)}
    assert redacted == {"", fields.REDACTED, fields.REDACTED_BASE64}
