"""Which words of two texts are marked as different."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.commands.wordmarks import marked


def drawn(spans: list[tuple[str, str]]) -> str:
    """Return the text with its marked parts in brackets."""
    return "".join(f"[{text}]" if style.endswith("-part") else text for style, text in spans)


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        ("the same", "the same", "the same", "the same"),
        ("https://a.example/x", "https://b.example/x", "https://[a].example/x", "https://[b].example/x"),
        (
            "one, two, three and four, five",
            "one, 2, three and four, 5",
            "one, [two], three and four, [five]",
            "one, [2], three and four, [5]",
        ),
        ("a b", "a b c d", "a b", "a b[ c d]"),
        ("x a a", "a a", "[x ]a a", "a a"),
        ("a", "a a", "a", "a[ a]"),
        ("", "all new", "", "[all new]"),
        ("quite another text", "nothing of it here", "[quite another text]", "[nothing of it here]"),
        ("認証局 a", "認証局 b", "認証局 [a]", "認証局 [b]"),
    ],
)
def test_the_words_that_differ_are_marked(before: str, after: str, old: str, new: str) -> None:
    """Each word that changed is marked by itself; texts with little in common are marked whole."""
    assert tuple(map(drawn, marked(before, after))) == (old, new)


def test_very_long_texts_are_marked_between_the_first_and_the_last_difference() -> None:
    """Where comparing every word would take long, one stretch is marked."""
    words = [f"w{number}" for number in range(5000)]
    before, after = " ".join(["a", *words, "a"]), " ".join(["b", *words, "b"])
    assert drawn(marked(before, after)[0]) == f"[{before}]"


@given(before=st.text("ab .\n\u200b", max_size=30), after=st.text("ab .\n\u200b", max_size=30))
def test_nothing_is_lost(before: str, after: str) -> None:
    """The spans of each side make up its text; what is not marked is the same on both sides."""
    old, new = marked(before, after)
    assert ("".join(text for _, text in old), "".join(text for _, text in new)) == (before, after)
    alike = ["".join(text for style, text in side if not style.endswith("-part")) for side in (old, new)]
    assert alike[0] == alike[1]
