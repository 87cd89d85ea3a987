"""What a template may make, and whether that can be JSON.

A template that parses is a list of nodes: text, places where an action puts something out, and choices.
Each way through the choices makes a text with holes; the template is sound if one of them, with
something fitting in the holes, is JSON. This finds a missing comma or bracket, not every wrong result.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

HOLE = "\0"
_CHOICES_TRIED = 8
_DEEPEST_CALL = 8
_STRING = re.compile(r'"(?:[^"\\]|\\.)*("|\Z)', re.DOTALL)
_PIECES = re.compile(r'("(?:[^"\\]|\\.)*"|[\0{}\[\],:])')


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True, slots=True)
class Choice:
    """An `if`, `with` or `range`: what it may put out."""

    branches: tuple[list[Node], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A `template` or `block`: the name of what is put in its place."""

    name: str


Node = str | Choice | Call


def result_flaw(nodes: list[Node], defined: dict[str, list[Node]]) -> str:
    """Return why no way through the template makes JSON; a hole stands for what an action puts out."""
    first = ""
    choices = min(_count(nodes), _CHOICES_TRIED)
    for taken in itertools.product((0, 1), repeat=choices):
        text = "".join(_expanded(nodes, defined, iter(taken), 0))
        if not text.replace(HOLE, "").strip():
            return ""
        try:
            _DECODER.raw_decode(_filled(text).lstrip())  # step-ca reads one value, and no further
        except ValueError as error:
            first = first or f"what it makes is no JSON: {error}"
        else:
            return ""
    return first


def _count(nodes: list[Node]) -> int:
    inside = [branch for node in nodes if isinstance(node, Choice) for branch in node.branches]
    return sum(isinstance(node, Choice | Call) for node in nodes) + sum(map(_count, inside))


def _expanded(
    nodes: list[Node], defined: dict[str, list[Node]], taken: Iterator[int], depth: int
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Choice):
            yield from _expanded(node.branches[next(taken, 0)], defined, taken, depth)
        elif depth < _DEEPEST_CALL:
            yield from _expanded(defined[node.name], defined, taken, depth + 1)


def _filled(text: str) -> str:
    """Put something that fits into each hole: nothing into strings, else a value or a member."""
    text = _STRING.sub(lambda match: match.group().replace(HOLE, ""), text)
    pieces: list[str] = []
    containers = [""]
    before = ""
    parts = [part for part in _PIECES.split(text) if part]
    for number, part in enumerate(parts):
        piece = part
        if part == HOLE:
            after = next((later.strip() for later in parts[number + 1 :] if later.strip()), "")
            piece = _filler(containers[-1], before, after)
        elif piece in ("{", "["):
            containers.append(piece)
        elif piece in ("}", "]") and len(containers) > 1:
            containers.pop()
        pieces.append(piece)
        before = piece.strip() or before
    return "".join(pieces)


def _filler(container: str, before: str, after: str) -> str:
    """Return what stands for the output of an action, between these pieces of text in this container."""
    if after == ":":
        return '""'
    if before == ":" or (container == "[" and before in ("[", ",")) or not before:
        return "null"
    return '"": null' if before == "," else ""
