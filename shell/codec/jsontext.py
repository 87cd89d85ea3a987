"""JSON text with places: decoding that loses nothing, and where the pieces of a text are.

Lives here: the one scanner of the program (the C scanner of `json`, 10 MB in 45 ms), which gives the
RAW form, and the spans of the items of one object or one list. RAW form: an object is a tuple of
(name, value) pairs in file order with repeated names kept, a list is a list, a number is a `Number`.
VALUE form, used by the rest of the program, has dicts for objects. Positions count characters from 0.
"""

from __future__ import annotations

import re
from json.decoder import (  # type: ignore[attr-defined]  # public, but not in the type stubs
    JSONDecodeError,
    JSONDecoder,
    scanstring,
)

from shell.model.values import NOTHING_BEHIND, TOO_DEEP, Number, encode_string, too_deep, trailing_comma

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    from shell.model.values import JSON

    RAW: TypeAlias = "tuple[tuple[str, RAW], ...] | list[RAW] | str | bool | None"
    Visit: TypeAlias = Callable[[str, int], int]

__all__ = [
    "CONTAINERS",
    "Container",
    "Item",
    "JsonTextError",
    "Number",
    "after_whitespace",
    "decode",
    "elements",
    "encode",
    "line_and_column",
    "members",
    "plain",
]


class JsonTextError(Exception):
    """The text is not JSON: `message` says what was expected at `position`."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class _ConstantError(Exception):
    """The scanner met NaN or Infinity, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


_scan: Callable[[str, int], tuple[Any, int]] = JSONDecoder(  # type: ignore[attr-defined]
    object_pairs_hook=tuple,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse_constant,
).scan_once
_skip: Callable[[str, int], re.Match[str]] = re.compile(r"[ \t\n\r]*").match  # type: ignore[assignment]
_comma = re.compile(r"[ \t\n\r]*,[ \t\n\r]*").match
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')

CONTAINERS = (tuple, list)
"""The types of the RAW form that are not the same in the VALUE form."""


def decode(text: str, position: int) -> tuple[RAW, int]:
    """Return the RAW form of the value that begins at a position, and the position behind it.

    Raises JsonTextError as `scan` does, and for a value nested more than `DEEPEST` levels deep.
    """
    raw, end = scan(text, position)
    if too_deep(raw, text, position, end):
        raise JsonTextError(TOO_DEEP, position)
    return raw, end


def scan(text: str, position: int) -> tuple[RAW, int]:
    """Do as `decode` for a value that nobody will go down into, however deep it is nested.

    Raises JsonTextError where no JSON value begins, also for NaN and Infinity, and for a value that is
    nested too deeply for Python's own scanner.
    """
    try:
        return _scan(text, position)
    except StopIteration as stop:
        raise _refusal(text, "expected a value", stop.value) from None
    except JSONDecodeError as error:
        raise _refusal(text, error.msg, error.pos) from None
    except RecursionError:
        raise JsonTextError(TOO_DEEP, position) from None
    except _ConstantError as error:
        found = next(match for match in _CONSTANT.finditer(text, position) if match[1])
        raise JsonTextError(f"{error} is not a JSON value", found.start()) from None


def _refusal(text: str, message: str, position: int) -> JsonTextError:
    """Return the error for what the scanner says, the same in every version of Python."""
    comma = trailing_comma(text, position)
    return JsonTextError(message, position) if comma < 0 else JsonTextError(NOTHING_BEHIND, comma)


def plain(raw: RAW) -> JSON:
    """Return the VALUE form of a RAW value as it stands; of a repeated name the last one counts."""
    if isinstance(raw, tuple):
        return {name: plain(item) if isinstance(item, CONTAINERS) else item for name, item in raw}
    if isinstance(raw, list):
        return [plain(item) for item in raw]
    return raw


class Item:
    """Where one member or one element is: `start` to `end`, the value from `value` on.

    Of a member `start` is that of its name, which ends at `name_end`; an element has the name "".
    """

    __slots__ = ("end", "name", "name_end", "start", "value")

    def __init__(self, name: str, start: int, name_end: int, value: int, end: int) -> None:
        self.name = name
        self.start = start
        self.name_end = name_end
        self.value = value
        self.end = end


class Container:
    """Where an object or a list is: its brackets are at `open` and at `close`, its items between."""

    __slots__ = ("close", "items", "open")

    def __init__(self, opening: int, items: list[Item], closing: int) -> None:
        self.open = opening
        self.items = items
        self.close = closing


def after_whitespace(text: str, position: int) -> int:
    """Return the position of the first character that is not whitespace."""
    return _skip(text, position).end()


def members(text: str, position: int, visit: Visit | None = None) -> Container:
    """Return where the members of the object are whose `{` is at a position.

    `visit`, called with the name and the start of each value, returns the position behind the value;
    without it the values are skipped by the scanner. Raises JsonTextError.
    """
    items: list[Item] = []
    here = _skip(text, position + 1).end()
    while text[here : here + 1] != "}":
        if text[here : here + 1] != '"':
            raise JsonTextError("expected a member name in double quotes", here)
        name, name_end = _name(text, here)
        colon = _skip(text, name_end).end()
        if text[colon : colon + 1] != ":":
            raise JsonTextError("expected a colon", colon)
        value = _skip(text, colon + 1).end()
        end = visit(name, value) if visit else scan(text, value)[1]
        items.append(Item(name, here, name_end, value, end))
        here = _next(text, end, "}")
    return Container(position, items, here)


def elements(text: str, position: int, visit: Visit | None = None) -> Container:
    """Return where the elements of the list are whose `[` is at a position; as `members`.

    With `visit`, which sees each element, the container has no items: ten thousand would be made for nothing.
    """
    items: list[Item] = []
    here = _skip(text, position + 1).end()
    while text[here : here + 1] != "]":
        if visit:
            end = visit("", here)
        else:
            end = scan(text, here)[1]
            items.append(Item("", here, here, here, end))
        here = _next(text, end, "]")
    return Container(position, items, here)


def _next(text: str, end: int, closing: str) -> int:
    """Return where the next item starts, or the closing bracket."""
    comma = _comma(text, end)
    if comma is None:
        here = _skip(text, end).end()
        if not text.startswith(closing, here):
            raise JsonTextError(f'expected "," or "{closing}"', here)
        return here
    if text.startswith(closing, comma.end()):
        raise JsonTextError(NOTHING_BEHIND, _skip(text, end).end())
    return comma.end()


def _name(text: str, position: int) -> tuple[str, int]:
    try:
        name: str
        name, end = scanstring(text, position + 1, True)
        return name, end
    except JSONDecodeError as error:
        raise JsonTextError(error.msg, error.pos) from None


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Return the line and the column of a position, both from 1; a byte order mark has no column."""
    start = text.rfind("\n", 0, position) + 1
    mark = 1 if start == 0 and text.startswith("\ufeff") else 0
    return text.count("\n", 0, start) + 1, max(position - start - mark, 0) + 1


def encode(value: JSON | RAW, indent: str = "", begin: str = "\n") -> str:
    """Return the JSON text of a VALUE or RAW form, always valid, in our own style.

    Without `indent` it is one line (`{"a": [1, 2]}`); with it each item has its line, indented by that
    text once more than its container, whose own line begins with `begin`. Only what must be escaped
    is: control characters, quotes, backslashes and lone surrogates.
    """
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value if isinstance(value, Number) else encode_string(value)
    inner = begin + indent
    if isinstance(value, list):
        return _joined("[", [encode(item, indent, inner) for item in value], "]", indent, begin)
    pairs = value.items() if isinstance(value, dict) else value
    texts = [f"{encode_string(name)}: {encode(item, indent, inner)}" for name, item in pairs]
    return _joined("{", texts, "}", indent, begin)


def _joined(opening: str, texts: list[str], closing: str, indent: str, begin: str) -> str:
    if not texts or not indent:
        return opening + ", ".join(texts) + closing
    inner = begin + indent
    return opening + inner + ("," + inner).join(texts) + begin + closing
