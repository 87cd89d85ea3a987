"""Which items of a list stay, so that changing the list changes as little text as possible."""

from __future__ import annotations

from difflib import SequenceMatcher

from shell.codec.goread import same
from shell.codec.jsontext import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shell.model.structure import Structure
    from shell.model.values import JSON

    # One step to the new list: the number of an old item, of a new one, or of both. With both, the old
    # item stays where it is and becomes the new one; without a new one it goes.
    Step = tuple[int | None, int | None]


def align(old: Sequence[JSON], new: Sequence[JSON], structure: Structure | None) -> list[Step]:
    """Return the steps from an old list to a new one, in order.

    Items that are the same stay; of those that differ, objects with the same name become each other,
    other items the one in their place. `structure` is that of the items, or None.
    """
    shortest = min(len(old), len(new))
    front = _count(same(old[index], new[index], structure) for index in range(shortest))
    back = _count(same(old[-1 - index], new[-1 - index], structure) for index in range(shortest - front))
    steps: list[Step] = [(index, index) for index in range(front)]
    steps += _middle(old, new, range(front, len(old) - back), range(front, len(new) - back))
    steps += [(len(old) - back + index, len(new) - back + index) for index in range(back)]
    return steps


def _count(equals: Iterator[bool]) -> int:
    """Return how many are true before the first that is not."""
    count = 0
    for equal in equals:
        if not equal:
            break
        count += 1
    return count


def _middle(old: Sequence[JSON], new: Sequence[JSON], olds: range, news: range) -> list[Step]:
    if not olds or not news:
        return _paired(olds, news, lambda one, other: False)
    keys = [encode(old[index]) for index in olds], [encode(new[index]) for index in news]
    steps: list[Step] = []
    for _, begin, end, new_begin, new_end in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        block, new_block = olds[begin:end], news[new_begin:new_end]
        steps += _paired(block, new_block, lambda one, other: _akin(old[one], new[other]))
    return steps


def _akin(one: JSON, other: JSON) -> bool:
    """Whether an item may become the other one in place."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.get("name") == other.get("name")
    return not isinstance(one, dict) and not isinstance(other, dict)


def _paired(olds: range, news: range, akin: Callable[[int, int], bool]) -> list[Step]:
    """Pair the items of two blocks, in order, those that are akin first."""
    if len(olds) == len(news):
        return list(zip(olds, news, strict=True))
    steps: list[Step] = []
    waiting = list(news)
    for one in olds:
        partner = next((other for other in waiting if akin(one, other)), None)
        if partner is None:
            steps.append((one, None))
        else:
            cut = waiting.index(partner)
            steps += [(None, other) for other in waiting[:cut]]
            steps.append((one, partner))
            del waiting[: cut + 1]
    return steps + [(None, other) for other in waiting]
