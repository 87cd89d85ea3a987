"""The values a provisioner is made of: JSON, with numbers kept as they are spelled.

A value is a dict, a list, a string, a `Number`, a boolean or None, and is never changed once made.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TypeAlias

    JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | bool | None"  # Number is a str


class Number(str):
    """A JSON number in its own spelling: `1.20` stays `1.20`."""

    __slots__ = ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse_constant)


def parse_json(text: str) -> JSON:
    """Return the value of one JSON text; raises ValueError saying what is wrong with it."""
    try:
        value: JSON = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


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
