"""JSON text for property tests: ca.json files in all styles, and a reader of them that is not ours.

The generator makes text, not values: whitespace, spelling of names, escapes and numbers are drawn. The
reader (`Tree`, `go_value`) is a plain recursive one, slow and independent of the code under test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

# ---- an independent reader

TOKEN = re.compile(r'[ \t\r\n]*([{}\[\]:,]|"(?:[^"\\]|\\.)*"|[^\s{}\[\]:,"]+)')


@dataclass
class Tree:
    """A value with its span; `items` are (name, name span start, Tree) of an object, Trees of a list."""

    start: int
    end: int
    scalar: Any = None
    pairs: list[tuple[str, int, Tree]] | None = None
    elements: list[Tree] | None = None


def tree(text: str, position: int = 0) -> Tree:
    """Return the value at a position of a valid JSON text."""
    match = TOKEN.match(text, position)
    assert match
    token, start = match[1], match.start(1)
    if token == "{":
        pairs = []
        here = match.end()
        while (name := TOKEN.match(text, here)) and name[1] != "}":
            if name[1] == ",":
                here = name.end()
                continue
            colon = TOKEN.match(text, name.end())
            assert colon
            value = tree(text, colon.end())
            pairs.append((json.loads(name[1]), name.start(1), value))
            here = value.end
        assert name
        return Tree(start, name.end(), pairs=pairs)
    if token == "[":
        elements = []
        here = match.end()
        while (sign := TOKEN.match(text, here)) and sign[1] != "]":
            if sign[1] == ",":
                here = sign.end()
                continue
            elements.append(tree(text, here))
            here = elements[-1].end
        assert sign
        return Tree(start, sign.end(), elements=elements)
    scalar = json.loads(token, parse_int=Spelled, parse_float=Spelled)
    return Tree(start, match.end(), scalar=scalar)


@dataclass(frozen=True)
class Spelled:
    """A number by its spelling."""

    spelling: str


PLAIN, POINTER, RAW, LIST = "plain", "pointer", "raw", "list"
CLAIMS = dict.fromkeys(
    ("minTLSCertDuration", "maxTLSCertDuration", "defaultTLSCertDuration", "enableSSHCA", "disableRenewal"),
    POINTER,
)
TEMPLATE = {"template": PLAIN, "templateFile": PLAIN, "templateData": RAW}
WEBHOOKS = [{"name": PLAIN, "url": PLAIN, "kind": PLAIN, "certType": PLAIN, "disableTLSClientAuth": PLAIN}]
OPTIONS = {"x509": TEMPLATE, "ssh": TEMPLATE, "webhooks": WEBHOOKS}
COMMON = {"type": PLAIN, "name": PLAIN, "claims": CLAIMS, "options": OPTIONS}
KNOWN: dict[str, dict[str, Any]] = {
    "ACME": {**COMMON, "forceCN": PLAIN, "website": PLAIN, "challenges": LIST, "attestationRoots": POINTER},
    "JWK": {**COMMON, "key": RAW, "encryptedKey": PLAIN},
    "X5C": {**COMMON, "roots": POINTER},
    "other": {"type": PLAIN, "name": PLAIN, "claims": CLAIMS},
}
CONFIG = {
    "root": POINTER, "address": PLAIN, "dnsNames": LIST, "db": {"type": PLAIN, "dataSource": PLAIN},
    "authority": {"provisioners": LIST, "claims": CLAIMS, "enableAdmin": PLAIN, "backdate": POINTER},
}  # fmt: skip


def go_value(node: Tree, known: Any, before: Any = None) -> Any:
    """Return the value of a tree as Go reads it into a struct with these known members."""
    if node.pairs is not None:
        return go_object(node, known if isinstance(known, dict) else {}, before)
    if node.elements is not None:
        inner = known[0] if isinstance(known, list) else None
        earlier = before if isinstance(before, list) and inner else []
        return [
            go_value(element, inner, earlier[index] if index < len(earlier) else None)
            for index, element in enumerate(node.elements)
        ]
    return node.scalar


def go_object(node: Tree, known: dict[str, Any], before: Any) -> dict[str, Any]:
    """Return an object read into an earlier one, if there is one and Go knows it."""
    value = dict(before) if isinstance(before, dict) and known else {}
    assert node.pairs is not None
    for written, _, child in node.pairs:
        name = next((name for name in known if name.lower() == written.lower()), written)
        rule = known.get(name)
        earlier = value.get(name)
        is_null = child.pairs is None and child.elements is None and child.scalar is None
        if is_null and rule == PLAIN and not isinstance(earlier, (dict, list)) and earlier is not None:
            continue
        value[name] = go_value(child, rule, earlier)
    return value


def read_document(text: str) -> tuple[list[Tree], dict[str, Any]]:
    """Return the trees of the entries that count, and the other values, of a whole ca.json."""
    top = tree(text, 1 if text.startswith("\ufeff") else 0)
    entries: list[Tree] = []
    for name, _, value in top.pairs or ():
        if name.lower() == "authority":
            if value.pairs is None:
                entries = []
            for inner, _, child in value.pairs or ():
                if inner.lower() == "provisioners":
                    entries = child.elements or []
    settings = go_value(top, CONFIG)
    if isinstance(settings.get("authority"), dict):
        settings["authority"].pop("provisioners", None)
    if not settings.get("authority"):
        settings.pop("authority", None)
    return entries, settings


def entry_value(entry: Tree) -> Any:
    """Return the value of an entry as step-ca reads it."""
    if entry.pairs is None:
        return None
    first = go_object(entry, KNOWN["other"], None)
    kind = first.get("type")
    return go_object(entry, KNOWN.get(kind.upper() if isinstance(kind, str) else "", KNOWN["other"]), None)


def comparable(value: Any, known: Any) -> Any:
    """Return a value with numbers by spelling, and without null members where Go knows the object."""
    if isinstance(value, dict):
        inner = known if isinstance(known, dict) else {}
        return {
            name: comparable(item, inner.get(name))
            for name, item in value.items()
            if item is not None or not inner
        }
    if isinstance(value, list):
        return [comparable(item, known[0] if isinstance(known, list) else None) for item in value]
    return value


def ours(value: Any) -> Any:
    """Return a VALUE of the program with its numbers as `Spelled`."""
    from shell.codec.jsontext import Number

    if isinstance(value, dict):
        return {name: ours(item) for name, item in value.items()}
    if isinstance(value, list):
        return [ours(item) for item in value]
    return Spelled(str(value)) if isinstance(value, Number) else value


def known_of(value: Any) -> dict[str, Any]:
    """Return what step-ca knows in an entry of this value."""
    kind = value.get("type") if isinstance(value, dict) else None
    return KNOWN.get(kind.upper() if isinstance(kind, str) else "", KNOWN["other"])


# ---- the generator

NUMBERS = ("0", "-0", "1.20", "1e5", "1E+05", "0.0", "12345678901234567890", "-1.5e-3")
GAPS = ("", "", " ", "\n", "\r\n  ", "\t", "\n\n", "  \n \t")


@dataclass
class Layout:
    """How a drawn file is laid out; `gap` draws whitespace where anything goes."""

    mode: str
    indent: str
    newline: str
    colon: str
    flat_below: int
    gap: Callable[[], str] = field(repr=False)

    def write(self, value: Any, depth: int = 0) -> str:
        """Return the text of a drawn value: lists, tuples of (name text, value), or scalar text."""
        if isinstance(value, str):
            return value
        brackets = "{}" if isinstance(value, tuple) else "[]"
        if not value:
            return brackets[0] + self.gap() + brackets[1]
        items = [
            item[0] + (self.gap() + ":" + self.gap() if self.mode == "random" else self.colon)
            + self.write(item[1], depth + 1)
            if isinstance(value, tuple) else self.write(item, depth + 1)
            for item in value
        ]  # fmt: skip
        if self.mode == "random":
            joined = "".join(
                (self.gap() + "," + self.gap() if index else "") + item for index, item in enumerate(items)
            )
            return brackets[0] + self.gap() + joined + self.gap() + brackets[1]
        if self.mode in ("compact", "spaced") or depth >= self.flat_below:
            edge = " " if self.mode == "spaced" and brackets == "{}" else ""
            return (
                brackets[0]
                + edge
                + ("," if self.mode == "compact" else ", ").join(items)
                + edge
                + brackets[1]
            )
        outer = self.newline + self.indent * depth
        inner = outer + self.indent
        if self.mode == "joined" and brackets == "[]" and isinstance(value[0], tuple):
            return "[" + ", ".join(self.write(item, depth) for item in value) + "]"
        if self.mode == "comma-first":
            return brackets[0] + " " + (outer + ", ").join(items) + outer + brackets[1]
        return brackets[0] + inner + ("," + inner).join(items) + outer + brackets[1]


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Draw a way to lay a file out."""
    return Layout(
        draw(st.sampled_from(("lines", "lines", "compact", "spaced", "comma-first", "joined", "random"))),
        draw(st.sampled_from(("  ", "", "   ", "    ", "        ", "\t", " \t"))),
        draw(st.sampled_from(("\n", "\n", "\r\n"))),
        draw(st.sampled_from((": ", ":", " : ", " :\t"))),
        draw(st.sampled_from((99, 99, 3, 4, 5))),
        lambda: draw(st.sampled_from(GAPS)),
    )


# two braces in a row open a tag, and a ca.json that is a template to be filled in is refused
_PLAIN_TEXTS = st.text('ab"\\/\n\t\x7fé€😀{} \u2028', max_size=6).filter(lambda text: "{{" not in text)


@st.composite
def string_texts(draw: st.DrawFn) -> str:
    """Draw the text of a JSON string, each character spelled in one of its ways."""
    pieces = []
    for character in draw(_PLAIN_TEXTS):
        ways = [json.dumps(character, ensure_ascii=False)[1:-1], json.dumps(character)[1:-1]]
        if ord(character) < 0x10000:
            ways.append(f"\\u{ord(character):04X}")
        if character == "/":
            ways.append("\\/")
        pieces.append(draw(st.sampled_from(ways)))
    pieces += draw(st.sampled_from(((), (), ("\\ud83d",), ("\\udc00x",), ("\udcff",))))
    return '"' + "".join(pieces) + '"'


@st.composite
def name_texts(draw: st.DrawFn, name: str) -> str:
    """Draw a spelling of a member name: usually itself, else other case or escapes."""
    spelled = draw(st.sampled_from((name, name, name, name.upper(), name.swapcase())))
    if draw(st.integers(0, 9)) == 0:
        return f'"\\u{ord(spelled[0]):04x}{spelled[1:]}"'
    return json.dumps(spelled)


SCALARS = st.one_of(string_texts(), st.sampled_from(NUMBERS), st.sampled_from(("true", "false", "null")))
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(st.tuples(st.sampled_from(('"a"', '"A"', '"b"', '"\\u00e9"')), inner), max_size=3).map(
            tuple
        ),
    ),
    max_leaves=5,
)


@st.composite
def objects(draw: st.DrawFn, known: dict[str, Any], repeat: bool = True) -> Any:
    """Draw the members of an object: some known ones, perhaps unknown and repeated ones."""
    members = []
    for name in draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=4)):
        members.append((draw(name_texts(name)), draw(values_of(known[name]))))
        if repeat and draw(st.integers(0, 2)) == 0:
            again = draw(st.one_of(st.just("null"), values_of(known[name])))
            members.append((draw(name_texts(name)), again))
    if draw(st.integers(0, 3)) == 0:
        members.append(('"newer"', draw(ANYTHING)))
    return tuple(draw(st.permutations(members))) if repeat else tuple(members)


def values_of(rule: Any) -> st.SearchStrategy[Any]:
    """Return what a member may hold by its rule; null now and then."""
    if isinstance(rule, dict):
        return st.one_of(objects(rule), objects(rule), st.just("null"))
    if isinstance(rule, list):
        return st.lists(objects(rule[0]), max_size=3)
    if rule == RAW:
        return st.lists(st.tuples(st.sampled_from(('"kid"', '"KID"', '"x"')), ANYTHING), max_size=3).map(
            tuple
        )
    if rule == LIST:
        return st.lists(string_texts(), max_size=4)
    return st.one_of(string_texts(), string_texts(), st.sampled_from(("true", "false", "null", "12", "1.20")))


@st.composite
def entries(draw: st.DrawFn) -> Any:
    """Draw an entry of the provisioners list."""
    if draw(st.integers(0, 19)) == 0:
        return "null"
    kind = draw(st.sampled_from(("ACME", "ACME", "JWK", "X5C", "Strange")))
    known = {name: rule for name, rule in KNOWN.get(kind, KNOWN["other"]).items() if name != "type"}
    head = (draw(name_texts("type")), draw(st.sampled_from((f'"{kind}"', f'"{kind.lower()}"'))))
    return (head, *draw(objects(known)))


@st.composite
def entries_with(draw: st.DrawFn, kind: str, names: tuple[str, ...]) -> Any:
    """Draw an entry of a type that has certain members, which are not repeated, and perhaps others."""
    known = {name: rule for name, rule in KNOWN[kind].items() if name != "type" and name not in names}
    members = [(draw(name_texts(name)), draw(certain_values(name, KNOWN[kind][name]))) for name in names]
    members.insert(0, ('"type"', f'"{kind}"'))
    members[draw(st.integers(1, len(members))) :] += draw(objects(known))
    return tuple(members)


def certain_values(name: str, rule: Any) -> st.SearchStrategy[Any]:
    """Return what a member may hold, without null."""
    return objects(rule) if isinstance(rule, dict) else values_of(rule).filter(lambda value: value != "null")


@st.composite
def documents(draw: st.DrawFn, entry: st.SearchStrategy[Any] | None = None) -> str:
    """Draw the text of a ca.json; with `entry` it has one list, with one such entry among others."""
    around = {name: rule for name, rule in CONFIG.items() if name not in ("authority", "root")}
    members = [('"root"', draw(string_texts())), *draw(objects(around))]
    if entry is not None:
        listed = draw(st.lists(entries(), max_size=2))
        listed.insert(draw(st.integers(0, len(listed))), draw(entry))
        members.append(('"authority"', (('"provisioners"', listed),)))
    else:
        for _ in range(draw(st.sampled_from((1, 1, 1, 0, 2, 2, 3)))):
            members.append((draw(name_texts("authority")), draw(authorities())))
    layout = draw(layouts())
    mark = draw(st.sampled_from(("", "", "", "\ufeff")))
    behind = draw(st.sampled_from(("", "\n", "\r\n", "\n\n", "\n{more} text\udcff")))
    return mark + layout.write(tuple(members)) + behind


@st.composite
def authorities(draw: st.DrawFn) -> Any:
    """Draw the value of `authority`."""
    if draw(st.integers(0, 4)) == 0:
        return "null"
    members = list(draw(objects({"claims": CLAIMS, "enableAdmin": PLAIN, "backdate": POINTER})))
    for _ in range(draw(st.sampled_from((1, 1, 1, 1, 1, 0, 2)))):
        value = draw(st.one_of(st.lists(entries(), max_size=3), st.lists(entries(), min_size=1, max_size=3)))
        null = draw(st.integers(0, 11)) == 0
        members.insert(
            draw(st.integers(0, len(members))), (draw(name_texts("provisioners")), "null" if null else value)
        )
    return tuple(members)
