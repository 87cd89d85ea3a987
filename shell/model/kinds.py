"""The kinds of value a field can have.

A kind knows four things about its values: how a word typed by a person becomes one (`parse`), whether
step-ca's decoder reads one (`problem`), how one is shown (`show`), and which words can be offered
while typing (`choices`). What a value means belongs to the rules, not here.
"""

from __future__ import annotations

import base64
import binascii
import re

from shell.errors import UsageError
from shell.model.durations import parse_duration
from shell.model.values import Number, format_json, parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.model.values import JSON


def bad_value(kind: str, text: str, why: str, hint: str) -> UsageError:
    """Return the error for a word that is no value of its kind."""
    shown = text if len(text) <= 40 else text[:39] + "…"
    return UsageError("bad-value", f'"{shown}" is not {kind}: {why}', hint=hint)


class Kind:
    """A kind of value; this base is text, taken as it is."""

    name = "text"
    example = "TEXT"
    choices: tuple[str, ...] = ()
    is_list = False
    from_file = False

    def parse(self, text: str) -> JSON:
        """Return the value a word stands for; raises UsageError saying what would be one."""
        return text

    def problem(self, value: JSON) -> str:
        """Return why step-ca's decoder would refuse the whole file for this value, or the empty text."""
        return "" if isinstance(value, str) and not isinstance(value, Number) else "must be a string"

    def show(self, value: JSON) -> str:
        """Return the value as one line for a person; the caller makes it safe to display."""
        return value if isinstance(value, str) else format_json(value)


_WHOLE = re.compile("[+-]?[0-9]+")

# what a person may write; step reads only Go's own spellings of the first and the last three
_BOOLEAN_WORDS = {"true": True, "t": True, "1": True, "on": True, "yes": True}
_BOOLEAN_WORDS |= {"false": False, "f": False, "0": False, "off": False, "no": False}


class Boolean(Kind):
    """True or false."""

    name = "boolean"
    example = "true"
    choices = ("true", "false")

    def parse(self, text: str) -> JSON:
        """Return the boolean a word stands for."""
        try:
            return _BOOLEAN_WORDS[text.lower()]
        except KeyError:
            raise bad_value("a boolean", text, "neither true nor false", "write true or false") from None

    def problem(self, value: JSON) -> str:
        """Anything but true and false refuses the file."""
        return "" if isinstance(value, bool) else "must be true or false"


class Duration(Kind):
    """A Go duration, kept as it is written."""

    name = "duration"
    example = "24h"
    choices = ("5m", "1h", "8h", "16h", "24h", "48h", "168h", "720h", "2160h", "8760h")

    def parse(self, text: str) -> JSON:
        """Return the text, once it is known to be a Go duration."""
        try:
            parse_duration(text)
        except ValueError as error:
            raise bad_value("a duration", text, str(error), "write for example 90m, 24h or 1h30m") from None
        return text

    def problem(self, value: JSON) -> str:
        """A value that is no string, or no Go duration, refuses the file."""
        if not isinstance(value, str) or isinstance(value, Number):
            return 'must be a string such as "24h"'
        try:
            parse_duration(value)
        except ValueError as error:
            return f"is not a Go duration: {error}"
        return ""


class Integer(Kind):
    """A whole number that fits into Go's int."""

    name = "integer"
    example = "2048"

    def __init__(self, choices: tuple[str, ...] = ()) -> None:
        self.choices = choices

    def parse(self, text: str) -> JSON:
        """Return the number in the spelling of JSON."""
        if not _WHOLE.fullmatch(text):
            raise bad_value("a whole number", text, "only digits and a sign", "write for example 2048")
        sign = "-" if text[0] == "-" else ""
        number = Number(sign + (text.lstrip("+-").lstrip("0") or "0"))
        if self.problem(number):
            raise bad_value("a whole number", text, "beyond 64 bits", "write for example 2048")
        return number

    def problem(self, value: JSON) -> str:
        """A string, a fraction, an exponent or more than 64 bits refuses the file."""
        if not isinstance(value, Number):
            return "must be a number"
        if any(mark in value for mark in ".eE"):
            return "must be a whole number"
        # a number of thousands of digits cannot even be converted
        return "" if len(value) < 21 and -(2**63) <= int(value) < 2**63 else "is too large"


class TextList(Kind):
    """A list of texts; each word typed is one item, or one JSON array gives them all."""

    name = "list"
    example = "TEXT..."
    is_list = True

    def __init__(self, choices: tuple[str, ...] = (), *, ignore_case: bool = False) -> None:
        self.choices = choices
        self.ignore_case = ignore_case

    def parse(self, text: str) -> JSON:
        """Return the items a word stands for: a JSON array of strings, or the word itself."""
        if not text.startswith("["):
            return [text]
        try:
            items = parse_json(text)
        except ValueError as error:
            raise bad_value("a list", text, str(error), 'write words, or ["a","b"]') from None
        if self.problem(items):
            raise bad_value("a list", text, self.problem(items), 'write words, or ["a","b"]')
        return items

    def problem(self, value: JSON) -> str:
        """Anything but an array of strings refuses the file."""
        if not isinstance(value, list):
            return "must be a list"
        # a null item decodes to the empty string
        bad = [
            item
            for item in value
            if item is not None and (not isinstance(item, str) or isinstance(item, Number))
        ]
        return f"has an item that is no string: {format_json(bad[0])[:40]}" if bad else ""

    def show(self, value: JSON) -> str:
        """Return the items, separated by commas."""
        if isinstance(value, list):
            return ", ".join(item if isinstance(item, str) else format_json(item) for item in value)
        return format_json(value)


class Pem(Kind):
    """PEM text, kept in ca.json as standard base64 of the PEM."""

    name = "PEM"
    example = "@file.pem"
    from_file = True

    def parse(self, text: str) -> JSON:
        """Return base64 of PEM text, or base64 that is given as such."""
        if "-----BEGIN" in text:
            return base64.b64encode(text.encode()).decode()
        why = self.problem(text)
        if why or not text:
            raise bad_value(
                "PEM", text, why or "empty", "name a file as @roots.pem, or give base64 of its text"
            )
        return text

    def problem(self, value: JSON) -> str:
        """Anything but a string of padded standard base64 refuses the file; Go skips line breaks in it."""
        if not isinstance(value, str) or isinstance(value, Number):
            return "must be a string of base64"
        try:
            base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
        except (binascii.Error, ValueError):
            return "is not standard, padded base64"
        return ""

    def show(self, value: JSON) -> str:
        """Return the size of what is inside; the text itself helps nobody."""
        if not isinstance(value, str) or self.problem(value):
            return format_json(value)
        return f"PEM, {len(base64.b64decode(value))} bytes"


class Template(Kind):
    """The text of a certificate template."""

    name = "template"
    example = "@template.tpl"
    from_file = True

    def show(self, value: JSON) -> str:
        """Return the template on one line."""
        return " ".join(value.split()) if isinstance(value, str) else format_json(value)


class Raw(Kind):
    """Any JSON, kept as it is."""

    name = "JSON"
    example = "JSON"

    def parse(self, text: str) -> JSON:
        """Return the value of a JSON text."""
        try:
            value = parse_json(text)
        except ValueError as error:
            raise bad_value(
                "JSON", text, str(error), """quote it for the shell: '{"a": 1}' or '"text"'"""
            ) from None
        why = self.problem(value)
        if why:
            raise bad_value(f"a {self.name}", text, why, "write it as " + self.example)
        return value

    def problem(self, value: JSON) -> str:
        """Every value is read."""
        return ""

    def show(self, value: JSON) -> str:
        """Return the JSON text."""
        return format_json(value)


class Object(Raw):
    """A JSON object."""

    name = "JSON object"
    example = "'{\"NAME\": VALUE}'"
    from_file = True

    def problem(self, value: JSON) -> str:
        """Anything but an object refuses the file."""
        return "" if isinstance(value, dict) else "must be an object"


class ObjectList(Raw):
    """A list of JSON objects."""

    name = "list of JSON objects"
    example = "'[{\"NAME\": VALUE}]'"
    from_file = True

    def problem(self, value: JSON) -> str:
        """Anything but an array of objects refuses the file."""
        if not isinstance(value, list):
            return "must be a list"
        return "" if all(isinstance(item, dict | None) for item in value) else "has an item that is no object"


TEXT = Kind()
BOOLEAN = Boolean()
DURATION = Duration()
INTEGER = Integer()
TEXT_LIST = TextList()
PEM = Pem()
TEMPLATE = Template()
RAW = Raw()
OBJECT = Object()
OBJECT_LIST = ObjectList()
