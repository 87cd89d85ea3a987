"""The laws of rewriting, on drawn text: nothing but the edit changes, and it reads as wanted."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from shell.codec import configfile
from shell.codec.configfile import ConfigFile
from shell.codec.jsontext import Number
from shell.codec.splice import encode_bytes, rewrite
from tests.unit.codec import texts
from tests.unit.codec.texts import comparable, documents, entry_value, known_of, ours, read_document

laws = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = st.one_of([texts.entries_with(kind, ("name",)) for kind in ("ACME", "JWK")])

# A high surrogate before a low one cannot be told from the character that the two make up.
STRINGS = st.text('aB"\\/\n\x01é😀\ud83d', max_size=5)
SCALARS = st.one_of(STRINGS, st.booleans(), st.sampled_from([Number(number) for number in texts.NUMBERS]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("a", "b", "c", "é")), inner, max_size=3)
    ),
    max_leaves=4,
)


def read(text: str) -> ConfigFile:
    """Return the file of a drawn text, by way of its bytes."""
    return configfile.read(encode_bytes(text), "ca.json")


@st.composite
def added_values(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a provisioner to add."""
    value: dict[str, Any] = {"type": draw(st.sampled_from(("ACME", "JWK"))), "name": draw(STRINGS)}
    for name in draw(
        st.lists(st.sampled_from(("claims", "challenges", "options", "key", "newer")), unique=True)
    ):
        value[name] = draw(member_values(name))
    return value


def member_values(name: str) -> st.SearchStrategy[Any]:
    """Return what a member of this name may be set to."""
    if name == "claims":
        return st.dictionaries(st.sampled_from(sorted(texts.CLAIMS)), SCALARS, max_size=3)
    if name == "challenges":
        return st.lists(STRINGS, max_size=4)
    if name == "webhooks":
        return st.lists(
            st.dictionaries(st.sampled_from(sorted(texts.WEBHOOKS[0])), SCALARS, min_size=1, max_size=3),
            max_size=3,
        )
    if name == "options":
        return st.fixed_dictionaries({}, optional={"webhooks": member_values("webhooks")})
    if name in ("newer", "key", "templateData"):
        return VALUES
    return SCALARS


@st.composite
def edited(draw: st.DrawFn, value: Any, names: tuple[str, ...]) -> Any:
    """Draw another value of an object: members set, taken out, and edited inside."""
    new = dict(value)
    for name in draw(st.lists(st.sampled_from((*names, *value)), min_size=1, max_size=3)):
        if name == "type":
            continue
        before = new.get(name)
        deed = draw(st.sampled_from(("set", "inside", "inside", "remove")))
        if deed == "remove":
            new.pop(name, None)
        elif deed == "inside" and isinstance(before, dict):
            new[name] = draw(edited(before, INSIDE.get(name, ("a",))))
        elif deed == "inside" and isinstance(before, list):
            new[name] = draw(edited_list(name, before))
        else:
            new[name] = draw(member_values(name))
    return new


INSIDE = {
    "claims": tuple(texts.CLAIMS), "options": ("webhooks", "x509"), "x509": ("template", "templateData"),
    "ssh": ("template",), "key": ("kid",), "templateData": ("kid",),
}  # fmt: skip


@st.composite
def edited_list(draw: st.DrawFn, name: str, value: list[Any]) -> list[Any]:
    """Draw another list: items put in, taken out and changed."""
    new = list(value)
    for _ in range(draw(st.integers(1, 3))):
        index = draw(st.integers(0, len(new)))
        deed = draw(st.sampled_from(("insert", "remove", "change")))
        if deed == "insert" or not new:
            new.insert(index, draw(item_values(name)))
        elif deed == "remove":
            del new[min(index, len(new) - 1)]
        else:
            index = min(index, len(new) - 1)
            before = new[index]
            if isinstance(before, dict):
                new[index] = draw(edited(before, ("name", "url") if name == "webhooks" else ("a",)))
            else:
                new[index] = draw(item_values(name))
    return new


def item_values(name: str) -> st.SearchStrategy[Any]:
    """Return what may be an item of a list member."""
    if name == "webhooks":
        return st.dictionaries(st.sampled_from(sorted(texts.WEBHOOKS[0])), SCALARS, max_size=3)
    return STRINGS if name == "challenges" else VALUES


def edit(data: st.DataObject, config: ConfigFile) -> tuple[set[int], dict[int, Any], list[Any]]:
    """Draw what is removed from a file, changed in it and added to it."""
    indexes = st.sampled_from(range(len(config.entries))) if config.entries else st.nothing()
    removed = data.draw(st.sets(indexes, max_size=2)) if config.entries else set()
    changed = {}
    for index in data.draw(st.sets(indexes, max_size=2)) if config.entries else ():
        known = known_of(config.entry_value(index))
        changed[index] = data.draw(edited(config.entry_value(index), tuple(known)))
    return removed, changed, data.draw(st.lists(added_values(), max_size=2))


@laws
@given(documents())
def test_reading_agrees_with_an_independent_reader(text: str) -> None:
    """Entries and settings are read as Go reads them."""
    config = read(text)
    entries, settings_ = read_document(text)
    assert [(entry.start, entry.end) for entry in config.entries] == [
        (entry.start, entry.end) for entry in entries
    ]
    for index, entry in enumerate(entries):
        value = entry_value(entry)
        assert ours(config.entry_value(index)) == (value or {})
    found = {name: value for name, value in ours(config.settings).items() if name != "authority" or value}
    assert found == settings_


@laws
@given(documents())
def test_rewriting_with_nothing_changed_is_identity(text: str) -> None:
    """A rewrite to the values that are there gives the same bytes."""
    config = read(text)
    values = {
        index: config.entry_value(index)
        for index, entry in enumerate(config.entries)
        if entry.kind == "object"
    }
    assert encode_bytes(rewrite(config, set(), values, [])) == encode_bytes(text)


@laws
@given(documents(), st.data())
def test_a_rewritten_text_reads_as_wanted_and_only_so(text: str, data: st.DataObject) -> None:
    """Every entry has its new value or its old text, and the settings are what they were."""
    config = read(text)
    removed, changed, added = edit(data, config)
    result = rewrite(config, removed, changed, added)
    old = {index: config.entry_value(index) for index in changed}
    assert rewrite(config, removed, changed, added, old) == result
    entries, settings_ = read_document(result)
    before, settings_before = read_document(text)
    assert settings_ == settings_before
    kept = [index for index in range(len(before)) if index not in removed]
    assert len(entries) == len(kept) + len(added)
    for index, entry in zip(kept, entries, strict=False):
        if index in changed:
            known = known_of(ours(changed[index]))
            assert comparable(entry_value(entry), known) == comparable(ours(changed[index]), known)
        else:
            assert result[entry.start : entry.end] == text[before[index].start : before[index].end]
    for value, entry in zip(added, entries[len(kept) :], strict=True):
        known = known_of(value)
        assert comparable(entry_value(entry), known) == comparable(ours(value), known)


def common_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts have in common at the front, and behind that at the back."""
    shortest = min(len(one), len(other))
    front = next((index for index in range(shortest) if one[index] != other[index]), shortest)
    back = next(
        (index for index in range(shortest - front) if one[-1 - index] != other[-1 - index]), shortest - front
    )
    return front, back


def objects_of(config: ConfigFile) -> list[int]:
    """Return which entries are objects."""
    return [index for index, entry in enumerate(config.entries) if entry.kind == "object"]


@laws
@given(documents(SOME), st.data())
def test_setting_one_scalar_touches_nothing_but_its_span(text: str, data: st.DataObject) -> None:
    """All bytes in front of the value that counts and behind it stay."""
    config = read(text)
    index = data.draw(st.sampled_from(objects_of(config)))
    value = config.entry_value(index)
    names = [name for name, item in value.items() if isinstance(item, str) and name != "type"]
    assume(names)
    name = data.draw(st.sampled_from(names))
    result = rewrite(config, set(), {index: {**value, name: "another value"}}, [])
    spans = [
        child
        for written, _, child in read_document(text)[0][index].pairs or ()
        if written.lower() == name.lower() and child.scalar is not None
    ]
    assert result == text[: spans[-1].start] + '"another value"' + text[spans[-1].end :]


@laws
@given(documents(SOME), st.data())
def test_adding_a_member_only_inserts(text: str, data: st.DataObject) -> None:
    """Adding is one insertion into the entry, and taking back gives the identical bytes."""
    config = read(text)
    index = data.draw(st.sampled_from(objects_of(config)))
    value = config.entry_value(index)
    name = next(name for name in ("claims", "website", "newest") if name not in value)
    new = {**value, name: data.draw(member_values(name))}
    result = rewrite(config, set(), {index: new}, [])
    assert sum(common_ends(text, result)) >= len(text)
    assert rewrite(read(result), set(), {index: value}, []) == text


@laws
@given(
    documents(
        st.one_of(
            texts.entries_with("ACME", ("claims",)),
            texts.entries_with("JWK", ("key",)),
            texts.entries_with("X5C", ("options",)),
        )
    )
)
def test_adding_into_an_inner_object_and_taking_back_is_identity(text: str) -> None:
    """Also into an empty one, whatever whitespace it has."""
    config = read(text)
    for index in objects_of(config):
        value = config.entry_value(index)
        for name in ("claims", "key", "options"):
            inner = value.get(name)
            if isinstance(inner, dict) and name in known_of(value):
                new: dict[str, Any] = {**value, name: {**inner, "fresh": {"a": ["b"]}}}
                result = rewrite(config, set(), {index: new}, [])
                assert sum(common_ends(text, result)) >= len(text)
                assert rewrite(read(result), set(), {index: value}, []) == text


@laws
@given(documents(), st.lists(added_values(), min_size=1, max_size=3))
def test_adding_provisioners_and_taking_them_back_is_identity(text: str, added: list[Any]) -> None:
    """Adding only inserts; the second rewrite gives the identical bytes where there was a list."""
    config = read(text)
    result = rewrite(config, set(), {}, added)
    count = len(config.entries)
    again = read(result)
    back = rewrite(again, set(range(count, count + len(added))), {}, [])
    if config.places.provisioners:
        assert sum(common_ends(text, result)) >= len(text)
        assert back == text
    elif not config.places.provisioners_null and not config.places.authority_null:
        assert sum(common_ends(text, result)) >= len(text)
        assert sum(common_ends(text, back)) >= len(text)


@laws
@given(documents(SOME), st.data())
def test_removing_a_provisioner_only_deletes(text: str, data: st.DataObject) -> None:
    """Removing deletes the entry, one comma and the gap; what is deleted holds nothing else."""
    config = read(text)
    index = data.draw(st.integers(0, len(config.entries) - 1))
    result = rewrite(config, {index}, {}, [])
    entry = config.entries[index]
    front, back = text[: entry.start], text[entry.end :]
    assert sum(common_ends(text, result)) >= len(result)
    kept_front = len(result) - len(back.lstrip(" \t\r\n,"))
    assert result.endswith(back.lstrip(" \t\r\n,"))
    assert result[:kept_front].rstrip(" \t\r\n,") == front.rstrip(" \t\r\n,")


@laws
@given(documents(texts.entries_with("ACME", ("challenges",))), st.data())
def test_changing_a_list_touches_only_what_changes(text: str, data: st.DataObject) -> None:
    """An item put anywhere into a list of strings is one insertion, and taking back is identity."""
    config = read(text)
    index = next(
        index
        for index in objects_of(config)
        if str(config.entry_value(index).get("type")).upper() == "ACME"
        and isinstance(config.entry_value(index).get("challenges"), list)
    )
    value = config.entry_value(index)
    items = value["challenges"]
    assert isinstance(items, list)
    at = data.draw(st.integers(0, len(items)))
    result = rewrite(config, set(), {index: {**value, "challenges": [*items[:at], "fresh", *items[at:]]}}, [])
    assert sum(common_ends(text, result)) >= len(text)
    assert rewrite(read(result), set(), {index: value}, []) == text
