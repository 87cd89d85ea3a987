"""The values a provisioner is made of: JSON, with numbers kept as they are spelled.

A value is a dict, a list, a string, a `Number`, a boolean or None, and is never changed once made.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn, TypeAlias

    JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | bool | None"  # Number is a str


DEEPEST = 100
"""How many levels a value may have; a ca.json has some ten."""
TOO_DEEP = "nested too deeply"
NOTHING_BEHIND = "a comma with nothing behind it"


class Number(str):
    """A JSON number in its own spelling: `1.20` stays `1.20`."""

    __slots__ = ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TRAILING = re.compile(r",[ \t\n\r]*[\]}]")
_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)


def parse_json(text: str) -> JSON:
    """Return the value of one JSON text; raises ValueError saying what is wrong with it."""
    try:
        value: JSON = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        comma = trailing_comma(text, error.pos)
        if comma < 0:
            raise
        raise json.JSONDecodeError(NOTHING_BEHIND, text, comma) from None
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    if too_deep(value, text, 0, len(text)):
        raise ValueError(TOO_DEEP)
    return value


def trailing_comma(text: str, position: int) -> int:
    """Return where the comma with nothing behind it is at which a scanner has stopped, or -1.

    That of Python 3.13 and newer stops at the comma, that of older ones at the bracket behind it.
    """
    comma = position if text.startswith(",", position) else text.rfind(",", 0, position)
    found = _TRAILING.match(text, max(comma, 0))
    return comma if found and position in (comma, found.end() - 1) else -1


def too_deep(value: object, text: str, start: int, end: int) -> bool:
    """Whether a value, with objects as dicts or as pairs, is nested deeper than anybody nests who means it.

    It was read from `start` to `end` of a text. The scanner has a limit too, but one that differs between
    versions of Python: some hundred levels or some ten thousand, which nothing that recurses could follow.
    """
    if text.count("{", start, end) + text.count("[", start, end) <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [item for outer in level for item in _items(outer) if isinstance(item, (dict, list, tuple))]
        if not level:
            return False
    return True


def _items(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    if isinstance(container, tuple):
        return (item for _, item in container)
    return container if isinstance(container, list) else ()


def encode_string(text: str) -> str:
    """Return the text as a JSON string; only what must be escaped is, lone surrogates included."""
    encoded = encode_basestring(text)
    if text.isascii():
        return encoded
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", encoded)


def format_json(value: JSON, indent: int | None = None, level: int = 0) -> str:
    """Return the value as JSON text of our own style: one line, or indented by `indent` spaces."""
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return encode_string(value)
    if isinstance(value, dict):
        items = [
            f"{encode_string(name)}: {format_json(item, indent, level + 1)}" for name, item in value.items()
        ]
        return _bracketed("{", items, "}", indent, level)
    if isinstance(value, list):
        return _bracketed("[", [format_json(item, indent, level + 1) for item in value], "]", indent, level)
    return {None: "null", True: "true", False: "false"}[value]


def _bracketed(opening: str, items: list[str], closing: str, indent: int | None, level: int) -> str:
    if indent is None or not items:
        return opening + ", ".join(items) + closing
    inner = "\n" + " " * indent * (level + 1)
    return opening + inner + ("," + inner).join(items) + "\n" + " " * indent * level + closing
