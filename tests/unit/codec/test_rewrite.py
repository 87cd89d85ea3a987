"""Rewriting: single cases that the drawn ones may miss, and the check of the result."""

from __future__ import annotations

from typing import Any

import pytest

from shell.codec import configfile
from shell.codec.configfile import ConfigFile
from shell.codec.jsontext import Number
from shell.codec.retarget import Editor, emptied
from shell.codec.splice import RewriteError, rewrite
from shell.codec.style import indentation_at, relative


def read(entry: str) -> ConfigFile:
    """Return a file with these entries."""
    return configfile.read_text('{"authority":{"provisioners":[' + entry + "]}}", "ca.json")


def changed(entry: str, **members: Any) -> str:
    """Return the text of an entry after members are set, or taken out where None."""
    config = read(entry)
    value = {**config.entry_value(0), **members}
    for name in [name for name, item in members.items() if item is None]:
        del value[name]
    text = rewrite(config, set(), {0: value}, [])
    return configfile.read_text(text, "ca.json").entry_text(0)


@pytest.mark.parametrize(
    ("entry", "members", "expected"),
    [
        # repeated members, and names in other case
        ('{"Name":"a","name":"b"}', {"name": "c"}, '{"Name":"a","name":"c"}'),
        ('{"name":"a","Name":null}', {"name": "c"}, '{"name":"c","Name":null}'),
        ('{"name":"a","x":1,"NAME":"b"}', {"name": None}, '{"x":1}'),
        ('{"type":"X5C","roots":"a","Roots":null}', {"roots": "b"}, '{"type":"X5C","roots":"a","Roots":"b"}'),
        ('{"type":"X5C","roots":"a","Roots":null}', {"roots": None}, '{"type":"X5C","roots":"a","Roots":null}'),
        ('{"claims":{"enableSSHCA":true},"Claims":{"EnableSSHCA":false}}', {"claims": {"enableSSHCA": True}},
         '{"claims":{"enableSSHCA":true},"Claims":{"EnableSSHCA":true}}'),
        ('{"claims":{},"Claims":{"enableSSHCA":true}}', {"claims": {"enableSSHCA": False}},
         '{"claims":{},"Claims":{"enableSSHCA":false}}'),
        ('{"claims":{"enableSSHCA":true},"Claims":{}}', {"claims": {"disableRenewal": True}},
         '{"claims":{},"Claims":{"disableRenewal":true}}'),
        ('{"claims":{"enableSSHCA":true},"claims":null,"Claims":{}}', {"claims": {"disableRenewal": True}},
         '{"claims":{"enableSSHCA":true},"claims":null,"Claims":{"disableRenewal":true}}'),
        ('{"claims":{"enableSSHCA":true},"Claims":null}', {"claims": {"disableRenewal": True}},
         '{"Claims":{"disableRenewal":true}}'),
        ('{"name":"a","Name":null}', {"name": ["b"]}, '{"name":["b"]}'),
        ('{"type":"ACME","options":{"webhooks":[{"name":"a","url":"1"}],"Webhooks":[{"name":"b"}]}}',
         {"options": {"webhooks": [{"name": "c", "url": "1"}]}},
         '{"type":"ACME","options":{"Webhooks":[{"name":"c","url":"1"}]}}'),
        ('{"x":1,"x":2}', {"x": Number("3")}, '{"x":1,"x":3}'),
        ('{"x":1,"x":2}', {"x": None}, "{}"),
        ('{"a":1, "x":1 , "z":2}', {"x": None, "z": None, "y": True}, '{"a":1, "y":true}'),
        # null
        ('{"claims":null,"name":"a"}', {"name": "b"}, '{"claims":null,"name":"b"}'),
        ('{"claims":null}', {"claims": None}, '{"claims":null}'),
        ('{"claims":null}', {"claims": {}}, '{"claims":{}}'),
        ('{"type":"JWK","key":{"a":null,"b":1}}', {"key": {"b": Number("1")}}, '{"type":"JWK","key":{"b":1}}'),
        # numbers and strings
        ('{"n":1}', {"n": "1"}, '{"n":"1"}'),
        ('{"n":1.0}', {"n": Number("1.0")}, '{"n":1.0}'),
        ('{"n":1.0}', {"n": Number("1.00")}, '{"n":1.00}'),
        ('{"n":"\\u0061"}', {"n": "a", "name": "x"}, '{"n":"\\u0061","name":"x"}'),
        ('{"n":"a"}', {"n": "<é>\ud800\x01"}, '{"n":"<é>\\ud800\\u0001"}'),
        # lists
        ('{"l":["a", "b" ,"c"]}', {"l": ["a", "c"]}, '{"l":["a" ,"c"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["b", "c"]}, '{"l":["b" ,"c"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["a"]}, '{"l":["a"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["x"]}, '{"l":["x"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": []}, '{"l":[]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["x", "a", "b", "c"]}, '{"l":["x", "a", "b" ,"c"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["a", "b", "x", "y", "c"]}, '{"l":["a", "b" ,"x" ,"y" ,"c"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["a", "b", "c", "x"]}, '{"l":["a", "b" ,"c" ,"x"]}'),
        ('{"l":["a", "b" ,"c"]}', {"l": ["x", "y"]}, '{"l":["x", "y"]}'),
        ('{"l":["a", "b"]}', {"l": ["x", "y", "z"]}, '{"l":["x", "y", "z"]}'),
        ('{"l":[ "a"]}', {"l": [{"b": "c"}]}, '{"l":[ {"b":"c"}]}'),
        ('{"l":[{}]}', {"l": [{}, {"b": "c"}]}, '{"l":[{},{"b":"c"}]}'),
        ('{"l":[[1]]}', {"l": [[Number("1"), []], True]}, '{"l":[[1,[]],true]}'),
        ('{"l":{"a":1}}', {"l": ["a"]}, '{"l":["a"]}'),
        ('{"type":"ACME","options":{"webhooks":[{"name":"a"},{"Name":"b","url":"1"}]}}',
         {"options": {"webhooks": [{"name": "b", "url": "2"}, {"name": "c"}, {"name": "d"}]}},
         '{"type":"ACME","options":{"webhooks":[{"Name":"b","url":"2"},{"name":"c"},{"name":"d"}]}}'),
        ('{"type":"ACME","options":{"webhooks":[null]}}', {"options": {"webhooks": [{"name": "a"}]}},
         '{"type":"ACME","options":{"webhooks":[{"name":"a"}]}}'),
        # another type
        ('{"type":"ACME","CLIENTID":"a"}', {"type": "OIDC", "CLIENTID": None, "clientID": "b"},
         '{"type":"OIDC","CLIENTID":"b"}'),
        ("null", {"type": "ACME", "name": "a"}, '{"type":"ACME","name":"a"}'),
        ("7", {"name": "a"}, '{"name":"a"}'),
    ],
)  # fmt: skip
def test_the_fewest_edits(entry: str, members: dict[str, Any], expected: str) -> None:
    """Only the occurrence that counts changes, and what stays keeps its text."""
    assert changed(entry, **members) == expected


def test_an_entry_that_is_removed_is_not_edited() -> None:
    """Removal wins over a change, and an unchanged rewrite is the same text."""
    config = read('{"name":"a"},{"name":"b"}')
    assert read('{"name":"b"}').text == rewrite(config, {0}, {0: {"name": "c"}}, [])
    assert rewrite(config, set(), {}, []) is not None
    assert rewrite(config, set(), {}, []) == config.text


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"root":"r"}', '{"root":"r","authority":{"provisioners":[{"name":"a"}]}}'),
        ('{"root":"r","authority":null}', '{"root":"r","authority":{"provisioners":[{"name":"a"}]}}'),
        ('{"authority":{}}', '{"authority":{"provisioners":[{"name":"a"}]}}'),
        ('{"authority":{"Provisioners":null}}', '{"authority":{"Provisioners":[{"name":"a"}]}}'),
        ('{"authority":{"provisioners":null},"authority":{}}',
         '{"authority":{"provisioners":[{"name":"a"}]},"authority":{}}'),
        ('{"authority":{"claims":{}},"authority":{"backdate":"1m"}}',
         '{"authority":{"claims":{}},"authority":{"backdate":"1m","provisioners":[{"name":"a"}]}}'),
        ('{"authority":{"claims":{}},"authority":null}',
         '{"authority":{"claims":{}},"authority":null,"authority":{"provisioners":[{"name":"a"}]}}'),
        ('{"authority":{"provisioners":[{"name":"x"}],"provisioners":null}}',
         '{"authority":{"provisioners":[{"name":"x"}],"provisioners":[{"name":"a"}]}}'),
        ('{"authority":{"provisioners":[null]}}', '{"authority":{"provisioners":[null,{"name":"a"}]}}'),
        ('{"authority":{"provisioners":[{}]}}', '{"authority":{"provisioners":[{},{"name":"a"}]}}'),
    ],
)  # fmt: skip
def test_the_first_provisioner_makes_what_is_missing(document: str, expected: str) -> None:
    """A list, an authority or both, without bringing anything to life that a null had cleared."""
    config = configfile.read_text(document, "ca.json")
    assert rewrite(config, set(), {}, [{"name": "a"}]) == expected


def test_nothing_to_add_where_there_is_no_list() -> None:
    """A file without a list stays as it is."""
    config = configfile.read_text('{"root":"r"}', "ca.json")
    assert rewrite(config, set(), {}, []) == config.text


@pytest.mark.parametrize("within", ["", " ", "  ", "\n", "\n\t", "\r\n  ", " \n ", "\n\n"])
@pytest.mark.parametrize("indent", ["", "\t", "  "])
def test_emptying_gives_back_what_was_there(within: str, indent: str) -> None:
    """An empty list keeps its whitespace over a provisioner that came and went."""
    lines = ["{", '"root": "r",', '"authority": {', f'{indent}"provisioners": [{within}]', "}", "}"]
    text = "\n".join(indent + line if 0 < index < 5 else line for index, line in enumerate(lines))
    config = configfile.read_text(text, "ca.json")
    added = configfile.read_text(rewrite(config, set(), {}, [{"name": "a"}]), "ca.json")
    assert rewrite(added, {0}, {}, []) == text


@pytest.mark.parametrize(
    ("opening", "closing", "left"),
    [
        ("", "", ""),
        ("\n\t", "\n", ""),
        (" ", " ", " "),
        ("\n\t", " \n", "\n"),
        ("", " ", ""),
        ("\n", "\n", "\n"),
    ],
)
def test_what_is_left_of_two_gaps(opening: str, closing: str, left: str) -> None:
    """Equal gaps were one; a space before a line break marks an older one."""
    assert emptied(opening, closing) == left


def test_indentation() -> None:
    """That of a line; in a line of thousands of characters there is none."""
    assert indentation_at(" \t{", 2) == " \t"
    assert indentation_at("a\n  b", 4) == "  "
    assert indentation_at(" " * 5000 + "{", 5000) == ""
    assert relative(",\n   a", "  ") == (",\n", " a")
    assert relative("\n , ", "    ") == ("\n", ", ")


@pytest.mark.parametrize(
    ("tampered", "message"),
    [
        ('{"authority":{"provisioners":[{"name":"b"}', "cannot be read"),
        ('{"authority":{"provisioners":[{"name":"b"},{"name":"k"},{"name":"n"},{}]}}', "another number"),
        ('{"authority":{"provisioners":[{"name":"x"},{"name":"k"},{"name":"n"}]}}', "provisioner 0 of"),
        ('{"authority":{"provisioners":[{"name":"b"},{"name": "k"},{"name":"n"}]}}', "provisioner 1 was not"),
        ('{"authority":{"provisioners":[{"name":"b"},{"name":"k"},{"name":"x"}]}}', "provisioner 2 of"),
        ('{"root":"r","authority":{"provisioners":[{"name":"b"},{"name":"k"},{"name":"n"}]}}', "a setting"),
        ('{"authority":{"provisioners":[{"name":"b"},{"name":"k"},{"name":"n"}]}}\n', "behind the document"),
    ],
)
def test_a_wrong_result_is_never_returned(
    monkeypatch: pytest.MonkeyPatch, tampered: str, message: str
) -> None:
    """The rewritten text is read again; whatever is not as wanted is an internal error."""
    monkeypatch.setattr(Editor, "applied", lambda self: tampered)
    config = read('{"name":"a"},{"name":"k"}')
    with pytest.raises(RewriteError, match=message):
        rewrite(config, set(), {0: {"name": "b"}}, [{"name": "n"}])


def test_a_thousand_changes_touch_a_thousand_places() -> None:
    """Each entry is edited where it is, in one pass."""
    config = read(",".join(f'{{"type":"ACME","name":"a{number}","forceCN":false}}' for number in range(1000)))
    wanted = {index: {**config.entry_value(index), "forceCN": True} for index in range(1000)}
    assert rewrite(config, set(), wanted, []) == config.text.replace("false", "true")
