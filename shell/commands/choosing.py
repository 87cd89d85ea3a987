"""Conditions that choose provisioners from a list: `type=ACME`, `ssh=on`, `name~web`.

On the reading path: see design rules in the architecture test.
"""

from __future__ import annotations

import re

from shell.errors import UsageError
from shell.escape import shortened
from shell.language.lexer import Word, quote
from shell.language.parameters import Candidate, ParameterType, RegularExpression, nearest
from shell.model.types import TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shell.language.parameters import Bound

KEYS = {
    "name": "the name",
    "type": "the type, in any case",
    "key": "the key identifier, client id or tenant id",
    "ssh": "whether it issues SSH certificates: on or off",
    "templates": "which kinds of certificate have a template: x509, ssh, on or off",
    "webhooks": "its webhooks: a name, on or off",
    "state": "added, changed, skipped or disabled",
}
"""What a condition can be about."""
STATES = {
    "added": "staged, not committed",
    "changed": "staged, not committed",
    "skipped": "step-ca does not know its type",
    "disabled": "the CA does not use it",
}
_PRESENCE = {"on": "has some", "off": "has none"}
_WORDS: dict[str, dict[str, str]] = {
    "type": {type_.name: type_.help for type_ in TYPES},
    "ssh": {"on": "issues SSH certificates", "off": "issues none"},
    "templates": {**_PRESENCE, "x509": "for X.509 certificates", "ssh": "for SSH certificates"},
    "webhooks": _PRESENCE,
    "state": STATES,
}
_CLOSED = ("ssh", "templates", "state")  # the keys that have no other values
_CONDITION = re.compile(r"([^=~]*)([=~])(.*)", re.DOTALL)
DETAILS = "\n".join(
    [
        "KEY=VALUE is the exact value (a type in any case), KEY~RE a regular expression that is found in it. All",
        "conditions must fit. The keys:",
        *(f"- {key}: {about}" for key, about in KEYS.items()),
    ]
)
_EXAMPLES = "for example type=ACME, ssh=on or name~web"


class Condition:
    """What one key of a provisioner must be, exactly or by a pattern that is found in it.

    `meant` is the condition that may have been meant, where the value is no word that step-ca knows.
    """

    __slots__ = ("_fits", "key", "meant", "text")

    def __init__(self, key: str, text: str, fits: Callable[[str], bool], meant: str = "") -> None:
        self.key = key
        self.text = text
        self.meant = meant
        self._fits = fits

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"

    def keeps(self, values: Mapping[str, Sequence[str]]) -> bool:
        """Whether any of the values of the key fits; `on` and `off` say whether there are values at all."""
        return any(map(self._fits, values[self.key]))


class ConditionType(ParameterType):
    """A condition: KEY=VALUE, or KEY~RE where a pattern is to be found in the value."""

    name = "condition"
    metavar = "KEY=VALUE"

    def parse(self, word: Word, bound: Bound) -> object:
        """Return the condition."""
        parts = _CONDITION.fullmatch(word.value)
        if parts is None:
            near = quote("name=" + word.value)
            hint = f"write for example {near}, or {_EXAMPLES.removeprefix('for example ')}"
            raise UsageError("bad-value", f'"{shortened(word.value)}" is no condition', hint=hint)
        key, operator, value = parts.groups()
        if key not in KEYS:
            near = nearest(key, KEYS)
            hint = f"did you mean {near}?" if near else "one of: " + ", ".join(KEYS)
            raise UsageError("bad-value", f'a list has no "{shortened(key)}"', hint=hint)
        if operator == "~":
            pattern = RegularExpression().parse(Word(value, value), bound)
            assert isinstance(pattern, re.Pattern)
            return Condition(key, word.value, lambda text: pattern.search(text) is not None)
        return Condition(key, word.value, _equals(key, value), _meant(key, value))

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the keys, or behind `KEY=` the values that the key can have."""
        parts = _CONDITION.fullmatch(prefix)
        if parts is None:
            found = [Candidate(f"{key}=", about) for key, about in KEYS.items()]
            pattern = [Candidate(f"{prefix}~", "a regular expression that is found in it")]
            return [*found, *(pattern if prefix in KEYS else [])]
        key, operator, value = parts.groups()
        if operator == "~":
            return ()
        offered = _names(value, world) if key == "name" else _words(key)
        return [Candidate(each.text and f"{key}={each.text}", each.description) for each in offered]


def _meant(key: str, value: str) -> str:
    """Return the condition with the type that is most like a value that is none."""
    known = {word.casefold(): word for word in _WORDS["type"]}
    if key != "type" or value.casefold() in known:
        return ""
    near = nearest(value.casefold(), known)
    return f"type={known[near]}" if near else ""


def _words(key: str) -> Iterable[Candidate]:
    return [Candidate(word, about) for word, about in _WORDS.get(key, {}).items()]


def _names(prefix: str, world: object) -> Iterable[Candidate]:
    from shell.commands.parameters import PROVISIONER  # no list needs it

    found = PROVISIONER.candidates(prefix, {}, world)
    return [each for each in found if prefix in each.text or not each.text]


def _equals(key: str, value: str) -> Callable[[str], bool]:
    """Return whether a text is the value; raises UsageError where no text ever is."""
    words = _WORDS.get(key, {})
    if key in _CLOSED and value not in words:
        near = nearest(value, words)
        hint = f"did you mean {near}?" if near else ""
        message = f'{key} is one of {", ".join(words)}, not "{shortened(value)}"'
        raise UsageError("bad-value", message, hint=hint)
    if key == "type":
        folded = value.casefold()
        return lambda text: text.casefold() == folded
    return lambda text: text == value
