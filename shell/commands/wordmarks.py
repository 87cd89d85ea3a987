"""Two texts, one under the other, with the words marked in which they differ."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from shell.results import Span

    Edges: TypeAlias = list[tuple[int, int]]
    """Where marked parts begin and end, as places among the words."""

_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
_MOST_PAIRS = 40_000
"""How many pairs of words are compared at most; beyond, all between the first and last difference is marked."""
_LEAST_ALIKE = 0.4
"""Which part of two texts must be alike for single words to be marked; below, that reads worse than the whole."""


def marked(before: str, after: str) -> tuple[list[Span], list[Span]]:
    """Return both texts as spans: what is alike in the style `removed` or `added`, the rest as a part of it."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    start = _alike(old, new)
    end = _alike(old[: start - 1 if start else None : -1], new[: start - 1 if start else None : -1])
    inner = old[start : len(old) - end], new[start : len(new) - end]
    gone, come = _edges(*inner)
    return (
        list(_spans("removed", old, [(start + first, start + last) for first, last in gone])),
        list(_spans("added", new, [(start + first, start + last) for first, last in come])),
    )


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many words two texts have in common from their beginning on."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _edges(old: list[str], new: list[str]) -> tuple[Edges, Edges]:
    """Return which parts differ."""
    whole = [(0, len(old))], [(0, len(new))]
    if not old or not new or len(old) * len(new) > _MOST_PAIRS:
        return whole
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = matcher.get_matching_blocks()
    alike = sum(len(word) for block in blocks for word in old[block.a : block.a + block.size])
    if alike < _LEAST_ALIKE * max(sum(map(len, old)), sum(map(len, new))):
        return whole
    changes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        [(first, last) for _, first, last, _, _ in changes],
        [(first, last) for _, _, _, first, last in changes],
    )


def _spans(style: str, words: Sequence[str], parts: Edges) -> Iterator[Span]:
    at = 0
    for first, last in [*parts, (len(words), len(words))]:
        for name, some in ((style, words[at:first]), (f"{style}-part", words[first:last])):
            if some:
                yield name, "".join(some)
        at = max(at, last)
