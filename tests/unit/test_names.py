"""The index of names: what it finds, in which order, and that it always ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shell.names import NameIndex

NAMES = st.lists(st.text("ab\0é", max_size=4))


@given(names=NAMES, text=st.text("ab\0é", max_size=3))
def test_beginnings_come_first_and_then_the_others(names: list[str], text: str) -> None:
    """Every name that begins with a text, then every other one that contains it, each once, in order; none is empty."""
    there = sorted(set(names) - {""})
    beginning = [name for name in there if name.startswith(text)]
    found = list(NameIndex(names).matching(text))
    assert found[: len(beginning)] == beginning
    rest = [name for name in there if text in name and name not in beginning]
    assert sorted(found[len(beginning) :]) == rest


def test_a_text_that_no_name_has_finds_nothing() -> None:
    """A control character that is typed or pasted is searched for like any other."""
    assert list(NameIndex(["acme", "people"]).matching("\0")) == []
