"""A provisioner as a value, and the paths into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.errors import UsageError
from shell.model import types
from shell.model.provisioner import Provisioner, format_path, parse_path
from tests.support.views import provisioner, value


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_paths_are_read_as_they_are_written(names: list[str]) -> None:
    """Any names make a path that is read back as the same names."""
    assert parse_path(format_path(tuple(names))) == tuple(names)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("name", ("name",)),
        ("claims.maxTLSCertDuration", ("claims", "maxTLSCertDuration")),
        ('options.x509.templateData."a.b"', ("options", "x509", "templateData", "a.b")),
        ('"\\u00e9"', ("é",)),
        ("options.webhooks.[].name", ("options", "webhooks", "[]", "name")),
    ],
)
def test_a_path_has_dots_and_quotes(text: str, path: tuple[str, ...]) -> None:
    """Names are separated by dots; a name in double quotes is a JSON string."""
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", '"a', '"a"b', 'a"b', '"\\x"'])
def test_what_is_no_path_is_refused(text: str) -> None:
    """A text that is no path is refused, with an example."""
    with pytest.raises(UsageError, match="is not a field path"):
        parse_path(text)


def test_it_knows_its_name_and_type() -> None:
    """The type is read in any case, and shown in its usual spelling, or as written where unknown."""
    known = provisioner(name="ops", type="k8ssa")
    unknown = provisioner(name=5, type="Magic")
    assert (known.name, known.type, known.type_name) == ("ops", types.K8SSA, "K8sSA")
    assert (unknown.name, unknown.type, unknown.type_name) == ("", None, "Magic")
    assert provisioner(type=5).type_name == ""
    assert known == provisioner(name="ops", type="k8ssa")
    assert known != unknown
    assert known != "ops"


def test_values_are_found_by_path() -> None:
    """A path leads through objects, and through lists by number; what is not there is None."""
    entry = provisioner(options={"webhooks": [{"name": "a"}]})
    assert entry.get(("options", "webhooks", "0", "name")) == "a"
    for path in (("options", "x509", "y"), ("options", "webhooks", "1"), ("options", "webhooks", "x")):
        assert entry.get(path) is None


def test_a_change_makes_another_and_shares_the_rest() -> None:
    """Setting a value leaves the provisioner as it was, makes objects on the way, and copies nothing else."""
    before = provisioner(name="a", claims=None, options={"webhooks": [{"name": "w"}, {"name": "v"}]})
    after = before.with_value(("claims", "enableSSHCA"), True).with_value(
        ("options", "webhooks", "0", "name"), "x"
    )
    assert before == provisioner(name="a", claims=None, options={"webhooks": [{"name": "w"}, {"name": "v"}]})
    assert after == provisioner(
        name="a", claims={"enableSSHCA": True}, options={"webhooks": [{"name": "x"}, {"name": "v"}]}
    )
    assert after.get(("options", "webhooks", "1")) is before.get(("options", "webhooks", "1"))


def test_an_item_is_replaced_as_a_whole() -> None:
    """A path that ends in a number replaces that item of the list."""
    entry = Provisioner(value({"options": {"webhooks": [1, 2]}}))
    assert entry.with_value(("options", "webhooks", "1"), "x").get(("options", "webhooks", "1")) == "x"


def test_taking_out_leaves_what_was_around() -> None:
    """A member that is taken out leaves its object, also empty; one that is not there changes nothing."""
    entry = provisioner(claims={"enableSSHCA": True}, options={"webhooks": [1, 2]})
    assert entry.without(("claims", "enableSSHCA")).get(("claims",)) == {}
    assert entry.without(("claims", "other")) == entry
    assert entry.without(("magic", "other")) is entry
    assert entry.without(("options", "webhooks", "0")).get(("options", "webhooks")) == ["2"]
    assert entry.without(("claims",)).members.keys() == {"options"}


def test_a_path_through_what_has_no_members_is_refused() -> None:
    """A text has no members, and a list no item beyond its end."""
    entry = provisioner(name="a", options={"webhooks": []})
    with pytest.raises(UsageError, match="name is not an object and has no x"):
        entry.with_value(("name", "x"), 1)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"options\.webhooks has no item 0"):
        entry.with_value(("options", "webhooks", "0"), "x")
