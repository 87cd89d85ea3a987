"""What makes step-ca refuse the whole ca.json because of one entry: a value of the wrong JSON type.

One such value anywhere, and step-ca does not start and no reload is taken. So every entry is looked
at, not only those that are edited, and a good one must cost microseconds: this works on the pairs that
the JSON scanner gives, or on the dict of an edited provisioner, without decoding anything. Which
fields there are, and of what kind, comes from the field table. The facts are those of Go's
encoding/json (case of member names does not matter, null changes nothing, each repeated member is
decoded) and of certificates: authority/provisioner/*.go.
"""

from __future__ import annotations

import binascii
from functools import lru_cache

from shell.model import types
from shell.model.fields import fields_of
from shell.model.jwkshape import jwk_flaw
from shell.model.kinds import DURATION, INTEGER, Boolean, Duration, Integer, ObjectList, Pem, TextList
from shell.model.types import find_type
from shell.model.values import Number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shell.model.fields import Field
    from shell.model.types import ProvisionerType

    Flaw = tuple[str, str]
    Check = Callable[[object], "str | tuple[Flaw, ...]"]
    Questions = tuple[tuple[str, Check], ...]

_MUST_BE_TEXT = "must be a string"
_MOST_SHAPES = 4096
_shapes: dict[tuple[object, ...], Questions | None] = {}
MISSING = "is missing"
NULL = "is null"
DEADLY = frozenset((MISSING, NULL))
"""The flaws that step-ca does not refuse but dies of, at start and at a reload."""


def flaws(entry: object) -> tuple[Flaw, ...]:
    """Return what makes step-ca refuse the whole file: a field (dotted path) and why, for each flaw.

    `entry` is a list item as it was scanned (an object is a tuple of pairs) or as a value (a dict).
    An entry that is null, or of a type unknown to step-ca, is skipped by it and has no flaws.
    """
    if entry is None:
        return ()
    if not isinstance(entry, tuple | dict):
        return (("", "must be an object"),)
    members = dict(entry)
    return member_by_member(entry) if len(members) < len(entry) else flaws_of_members(members, tuple(members))


def flaws_of_members(members: Mapping[str, object], names: tuple[str, ...]) -> tuple[Flaw, ...]:
    """Return the flaws of an entry without repeated members, of which the caller has the names at hand."""
    questions = _open_questions(members, names)
    return member_by_member(members) if questions is None else _answers(members, questions)


def member_by_member(entry: tuple[tuple[str, object], ...] | Mapping[str, object]) -> tuple[Flaw, ...]:
    """Return the flaws of an object without the shortcut that `flaws` takes for the usual ones."""
    pairs = entry if isinstance(entry, tuple) else entry.items()
    members = dict(entry)
    spelled = members.get("type")
    checks = _BY_SPELLING.get(spelled) if type(spelled) is str else None
    usual = checks is not None and len(members) == len(entry) and members.keys() <= checks.keys()
    if checks is None or not usual:
        type_flaw, type_ = _type_of(pairs)
        if type_flaw:
            return (("type", type_flaw),)
        if type_ is None:
            return ()
        checks = _CHECKS[type_]
    found = object_flaws(pairs, checks)
    if checks is _CHECKS[types.JWK] and (not usual or members.get("key") is None):
        # step-ca takes the identifier of the key before it looks whether there is one
        found += (("key", MISSING),) if _last(pairs, "key") is None else ()
    return found


def _open_questions(members: Mapping[str, object], names: tuple[str, ...]) -> Questions | None:
    """Return what is left to ask of an entry of a shape: the checks that its names and kinds do not settle.

    Entries of one type, with the same members of the same kinds, are alike but for these. None is a shape
    that is looked at member by member: odd names, an odd type, null among the members.
    """
    shape = (members.get("type"), names, tuple(map(type, members.values())))
    try:
        return _shapes[shape]
    except KeyError:
        questions = _questions_of(members)
        if len(_shapes) < _MOST_SHAPES:
            _shapes[shape] = questions
        return questions
    except TypeError:
        return None  # the type is a list or an object


def _questions_of(members: Mapping[str, object]) -> Questions | None:
    spelled = members.get("type")
    checks = _BY_SPELLING.get(spelled) if type(spelled) is str else None
    if checks is None or not members.keys() <= checks.keys():
        return None
    if None in members.values() or (checks is _CHECKS[types.JWK] and "key" not in members):
        return None
    return tuple(
        (name, checks[name])
        for name, value in members.items()
        if checks[name] not in _SETTLED or checks[name](value)
    )


def _answers(members: Mapping[str, object], questions: Questions) -> tuple[Flaw, ...]:
    found: tuple[Flaw, ...] = ()
    for name, check in questions:
        if said := check(members[name]):
            found += _below(name, said)
    return found


def _last(pairs: Iterable[tuple[str, object]], wanted: str) -> object:
    """Return the value of a member as the last of its spellings has it."""
    found = None
    for name, value in pairs:
        if name.casefold() == wanted:
            found = value
    return found


def _type_of(pairs: Iterable[tuple[str, object]]) -> tuple[str, ProvisionerType | None]:
    """Return the flaw of the type, and the type; the last of repeated members decides, null is passed over."""
    spelled = ""
    for name, value in pairs:
        if value is not None and name.casefold() == "type":
            if type(value) is not str:
                return _MUST_BE_TEXT, None
            spelled = value
    return "", find_type(spelled)


def object_flaws(pairs: Iterable[tuple[str, object]], checks: dict[str, Check]) -> tuple[Flaw, ...]:
    """Return the flaws of an object's members; `checks` has them by name, as spelled and in lower case."""
    found: tuple[Flaw, ...] = ()
    for name, value in pairs:
        check = checks.get(name) or checks.get(name.casefold())
        if (check is not None and value is not None) or check is _instance_age:
            result = check(value)
            if result:
                found += _below(name, result)
    return found


def _below(name: str, result: str | tuple[Flaw, ...]) -> tuple[Flaw, ...]:
    if isinstance(result, str):
        return ((name, result),)
    return tuple((f"{name}.{path}" if path else name, why) for path, why in result)


def object_check(checks: dict[str, Check]) -> Check:
    """Return the check of an object with these members."""

    def check(value: object) -> str | tuple[Flaw, ...]:
        if isinstance(value, tuple):
            return object_flaws(value, checks)
        if isinstance(value, dict):
            return object_flaws(value.items(), checks)
        return "must be an object"

    return check


def objects_check(checks: dict[str, Check], null: str = "") -> Check:
    """Return the check of a list of such objects; `null` is the flaw of an item that is null, if it is one."""
    inner = object_check(checks)

    def check(value: object) -> str | tuple[Flaw, ...]:
        if not isinstance(value, list):
            return "must be a list"
        found: tuple[Flaw, ...] = ()
        for number, item in enumerate(value):
            result = null if item is None else inner(item)
            if result:
                found += _below(str(number), result)
        return found

    return check


def text_flaw(value: object) -> str:
    """Return why a value is not read as a string."""
    return "" if type(value) is str else _MUST_BE_TEXT


def boolean_flaw(value: object) -> str:
    """Return why a value is not read as true or false."""
    return "" if value is True or value is False else "must be true or false"


def duration_flaw(value: object) -> str:
    """Return why a value is not read as a Go duration."""
    if type(value) is not str:
        return 'must be a string such as "24h"'
    return _unreadable_duration(value)


@lru_cache(maxsize=1024)
def _unreadable_duration(text: str) -> str:
    return DURATION.problem(text)


def _instance_age(value: object) -> str:
    """The age is no pointer in step-ca, so that null is read as the empty text, which is no duration."""
    return "must not be null" if value is None else duration_flaw(value)


def integer_flaw(value: object) -> str:
    """Return why a value is not read as a whole number of 64 bits."""
    if not isinstance(value, Number):
        return "must be a number"
    return INTEGER.problem(value)


def texts_flaw(value: object) -> str:
    """Return why a value is not read as a list of strings."""
    if not isinstance(value, list):
        return "must be a list"
    for item in value:
        if type(item) is not str and item is not None:
            return "must be a list of strings"
    return ""


def base64_flaw(value: object) -> str:
    """Return why a value is not read as bytes: padded standard base64, or a list of numbers."""
    if isinstance(value, list):
        return "" if all(_is_byte(item) for item in value) else "must be a string of base64"
    if type(value) is not str:
        return "must be a string of base64"
    try:
        binascii.a2b_base64(value.replace("\n", "").replace("\r", "").encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return "is not standard, padded base64"
    return ""


def _is_byte(item: object) -> bool:
    return item is None or (isinstance(item, Number) and item.isdecimal() and int(item[:4]) < 256)


def _check_of(field: Field) -> Check:
    kinds: tuple[tuple[type, Check], ...] = (
        (Boolean, boolean_flaw),
        (Duration, duration_flaw),
        (Integer, integer_flaw),
        (TextList, texts_flaw),
        (Pem, base64_flaw),
    )
    return next((check for kind, check in kinds if isinstance(field.kind, kind)), text_flaw)


def _is_read(field: Field) -> bool:
    """Template variables are kept raw; what a webhook has of secrets is not read from ca.json at all."""
    if field.segments[-1] == "templateData":
        return False
    return not (field.secret and "[]" in field.segments)


def _tree(rows: list[tuple[tuple[str, ...], Field]], null: str = "") -> dict[str, Check]:
    """Return the checks of an object by member name, as spelled and in lower case."""
    below: dict[str, list[tuple[tuple[str, ...], Field]]] = {}
    checks: dict[str, Check] = {}
    for segments, field in rows:
        if len(segments) == 1:
            checks[segments[0]] = _SPECIAL.get(field.path) or _check_of(field)
        else:
            below.setdefault(segments[0], []).append((segments[1:], field))
    for name, inner in below.items():
        items = [(segments[1:], field) for segments, field in inner if segments[0] == "[]"]
        checks[name] = objects_check(_tree(items), null) if items else object_check(_tree(inner, null))
    return in_any_case(checks)


def in_any_case(checks: dict[str, Check]) -> dict[str, Check]:
    """Return the checks by member name, as spelled and in lower case."""
    return checks | {name.casefold(): check for name, check in checks.items()}


_SPECIAL: dict[str, Check] = {"key": jwk_flaw, "instanceAge": _instance_age}


def checks_of(type_: ProvisionerType) -> dict[str, Check]:
    """Return the checks of the members of a provisioner of this type."""
    rows = [field for field in fields_of(type_) if _is_read(field) and not isinstance(field.kind, ObjectList)]
    # SCEP picks its webhooks when it starts, and does not expect one that is null
    return _tree([(field.segments, field) for field in rows], NULL if type_ is types.SCEP else "")


_CHECKS = {type_: checks_of(type_) for type_ in types.TYPES}
_SETTLED = frozenset((text_flaw, boolean_flaw))
"""The checks that look at nothing but the kind of a value."""
_BY_SPELLING = {
    spelling: _CHECKS[type_]
    for type_ in types.TYPES
    for spelling in (type_.name, type_.written, type_.name.lower())
}
