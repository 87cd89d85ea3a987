"""Which items of a list stay."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.codec.align import align


@pytest.mark.parametrize(
    ("old", "new", "steps"),
    [
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)]),
        ("ab", "abc", [(0, 0), (1, 1), (None, 2)]),
        ("ab", "cab", [(None, 0), (0, 1), (1, 2)]),
        ("abc", "ac", [(0, 0), (1, None), (2, 1)]),
        ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
        ("abcd", "xbyd", [(0, 0), (1, 1), (2, 2), (3, 3)]),
        ("abcde", "bxcye", [(0, None), (1, 0), (None, 1), (2, 2), (3, 3), (4, 4)]),
        ("abz", "xyqz", [(0, 0), (1, 1), (None, 2), (2, 3)]),
        ("", "a", [(None, 0)]),
    ],
)
def test_common_items_stay(old: str, new: str, steps: list[Any]) -> None:
    """Those between are changed, put in or taken out in their place."""
    assert align(list(old), list(new), None) == steps


def test_objects_of_one_name_become_each_other() -> None:
    """A changed webhook is found again beside one that is taken out or put in."""
    old: list[Any] = [{"name": "a"}, {"name": "b", "url": "1"}, {"name": "c"}]
    assert align(old, [{"name": "b", "url": "2"}, {"name": "c"}], None) == [(0, None), (1, 0), (2, 1)]
    new: list[Any] = ["s", {"name": "x"}, {"name": "a", "url": "2"}, {"name": "c"}]
    assert align([old[0], old[2]], new, None) == [(None, 0), (None, 1), (0, 2), (1, 3)]
    assert align([{"name": "a"}], ["s", "t"], None) == [(0, None), (None, 0), (None, 1)]


LISTS = st.lists(
    st.one_of(st.sampled_from("abc"), st.fixed_dictionaries({"name": st.sampled_from("ab")})), max_size=7
)


@given(LISTS, LISTS)
def test_steps_cover_both_lists_in_order(old: list[Any], new: list[Any]) -> None:
    """Every item occurs once, old and new ones in their order, and a common list is kept whole."""
    steps = align(old, new, None)
    assert [one for one, _ in steps if one is not None] == list(range(len(old)))
    assert [other for _, other in steps if other is not None] == list(range(len(new)))
