"""Reading a ca.json: entries, settings, oddities, and every wrong file."""

from __future__ import annotations

from typing import Any

import pytest

from shell.codec import configfile
from shell.codec.configfile import ConfigFile
from shell.codec.goread import Oddity
from shell.codec.jsontext import Number, encode
from shell.codec.splice import encode_bytes
from shell.errors import ShellError
from shell.model.values import DEEPEST


def read(text: str) -> ConfigFile:
    """Return the file of a text."""
    return configfile.read(text.encode("utf-8", "surrogateescape"), "ca.json")


def test_entries_have_a_place_and_a_kind() -> None:
    """What is in an entry is decoded as step-ca reads it when somebody asks."""
    config = read(
        '{"authority": {"provisioners": [{"TYPE": "acme", "Name": "a", "name": null}, null, 7, [], "s", true,'
        ' {"type": 1, "name": 2}, {"type": "ACME", "NAME": "b", "FORCECN": true}]}}'
    )
    kinds = ["object", "null", "number", "list", "string", "boolean", "object", "object"]
    assert [entry.kind for entry in config.entries] == kinds
    assert config.entry_value(0) == {"type": "acme", "name": "a"}
    assert config.entry_text(1) == "null"
    assert config.entry_value(1) == {}
    assert config.entry_value(2) == {}
    assert config.entry_value(7) == {"type": "ACME", "name": "b", "forceCN": True}


def test_settings_are_everything_else() -> None:
    """With canonical names, and without the list."""
    config = read(
        '{"ROOT": "r", "db": {"Type": "badgerv2"}, "tls": {"minVersion": 1.20}, "newer": {"A": 1},'
        ' "authority": {"enableadmin": true, "provisioners": [{"name": "a"}]}}'
    )
    assert config.settings == {
        "root": "r", "db": {"type": "badgerv2"}, "tls": {"minVersion": Number("1.20")}, "newer": {"A": Number("1")},
        "authority": {"enableAdmin": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("inside", "names"),
    [
        ('"authority": {"provisioners": [{"name": "a"}]}', ["a"]),
        ('"authority": {"provisioners": []}', []),
        ('"authority": {"provisioners": null}', []),
        ('"authority": {}', []),
        ('"authority": null', []),
        ('"crt": ""', []),
        ('"AUTHORITY": {"Provisioners": [{"name": "a"}]}', ["a"]),
        ('"authority": {"provisioners": [{"name": "a"}], "Provisioners": [{"name": "b"}]}', ["b"]),
        ('"authority": {"provisioners": [{"name": "a"}], "Provisioners": null}', []),
        ('"authority": {"provisioners": [{"name": "a"}]}, "authority": {"claims": {}}', ["a"]),
        ('"authority": {"provisioners": [{"name": "a"}]}, "authority": null', []),
        ('"authority": {"provisioners": [{"name": "a"}]}, "authority": null, "authority": {}', []),
        ('"authority": null, "authority": null, "authority": {"provisioners": [{"name": "b"}]}', ["b"]),
    ],
)
def test_the_list_that_counts(inside: str, names: list[str]) -> None:
    """Missing, null, empty, repeated, in other case: as seen with step-ca v0.30.2."""
    config = read('{"root": "r", ' + inside + "}")
    assert [config.entry_value(index)["name"] for index in range(len(config.entries))] == names


def test_a_visitor_sees_each_element_and_leaves_a_note() -> None:
    """The notes stay with the entries that count."""

    def visit(raw: Any) -> object:
        return raw

    text = '{"authority": {"provisioners": [1, 2], "PROVISIONERS": [{"name": "b"}]}}'
    config = configfile.read(text.encode(), "ca.json", visit)
    assert [entry.note for entry in config.entries] == [(("name", "b"),)]
    assert read(text).entries[0].note is None


def test_bytes_come_back_exactly() -> None:
    """Also a byte order mark, line ends and bytes that are no UTF-8."""
    data = b'\xef\xbb\xbf{"root": "\xff\xe9",\r\n "authority": {}}\r\n more \x80'
    config = configfile.read(data, "ca.json")
    assert config.bom
    assert encode_bytes(config.text) == data
    assert not read('{"root": ""}').bom


def test_oddities_of_the_document_and_of_its_entries() -> None:
    """What step-ca would refuse, ignore or fold is said, with its path."""
    config = read(
        '\ufeff{"root": "r", "Authority": {"provisioners": [], "provisioners": [{"name": "a"}, {"NAME": "b"}]}} x'
    )
    assert config.oddities == [
        Oddity("mark", (), ""),
        Oddity("spelling", ("authority",), "Authority"),
        Oddity("repeated", ("authority", "provisioners"), "provisioners"),
        Oddity("trailing", (), ""),
    ]
    assert config.all_oddities() == [
        *config.oddities,
        Oddity("spelling", ("authority", "provisioners", "1", "name"), "NAME"),
    ]
    assert read('{"root": "r"}\n').all_oddities() == []


def refusal(data: bytes) -> ShellError:
    """Return the error that reading these bytes raises."""
    with pytest.raises(ShellError) as caught:
        configfile.read(data, "ca.json")
    return caught.value


@pytest.mark.parametrize(
    ("data", "code", "place", "message", "hint"),
    [
        # no JSON at all
        (b"", "empty-file", (1, 1), "empty", "step ca init"),
        (b" \n\xef\xbb\xbf", "empty-file", (2, 1), "empty", "step ca init"),
        (b"\x7fELF\x00\x01\x02", "binary-file", (1, 1), "binary", "name the ca.json"),
        (b"\xff\xd8\xff\xe0 JFIF", "binary-file", (1, 1), "binary", "name the ca.json"),
        (b'{"a": "x\x00y"}', "binary-file", (1, 9), "binary", "name the ca.json"),
        ('{"root": 1}'.encode("utf-16"), "binary-file", (1, 1), "UTF-16", "UTF-8"),
        ('{"root": 1}'.encode("utf-16-be"), "binary-file", (1, 1), "UTF-16", "UTF-8"),
        (b"-----BEGIN CERTIFICATE-----\n", "not-a-ca-json", (1, 1), "PEM", "name the ca.json"),
        (b"authority:\n  provisioners: []\n", "not-a-ca-json", (1, 1), "YAML", "name the ca.json"),
        # JSON, but no ca.json
        (b"[1]", "not-a-ca-json", (1, 1), "not an object", "root, crt, key"),
        (b'[{"type": "JWK", "name": "x"}]', "not-a-ca-json", (1, 1), "not an object", "provisioners alone"),
        (b"{}", "not-a-ca-json", (1, 1), "no member", "root, crt, key"),
        (b'{"foo": 1, "key": "x"}', "not-a-ca-json", (1, 1), "no member", "root, crt, key"),
        (b'{"ca-url": "x", "fingerprint": "y"}', "not-a-ca-json", (1, 1), "no member", "defaults of step"),
        (b'{"authority": []}', "bad-authority", (1, 15), "is a list", "make it an object"),
        (b'{"authority": 1}', "bad-authority", (1, 15), "is a number", "make it an object"),
        (b'{"authority": {"provisioners": {}}}', "bad-provisioners", (1, 32), "is an object", "make it a list"),
        # nesting
        (b"[" * 200_000, "json-too-deep", (1, 1), "too deeply", "ten levels"),
        (b'{"root": "",\n"db":' + b"[" * 200_000, "json-too-deep", (2, 6), "too deeply", "ten levels"),
        (b'{"root": ' + b"[" * 700 + b"]" * 700 + b"}", "json-too-deep", (1, 10), "too deeply", "ten levels"),
        # templates
        (b'{"root": {{ .Values.root }} }', "template-file", (1, 11), "Helm", "render it"),
        (b'{"root": {{ root | to_json }} }', "template-file", (1, 11), "Jinja", "render it"),
        (b'{"root": "",\n{% for x in y %}{}{% endfor %}', "template-file", (2, 1), "Jinja", "render it"),
        (b'{# note #}{"root": ""}', "template-file", (1, 2), "Jinja", "render it"),
        (b'{"root": <%= @root %>}', "template-file", (1, 10), "ERB", "render it"),
        (b'{"root": {{ getenv "X" }}}', "template-file", (1, 11), "gomplate", "render it"),
        (b'{"root": {{ .root }}, "x": {% y %}}', "template-file", (1, 11), "Jinja", "render it"),
        (b'{"root": "{{ "x" | quote }}"}', "template-file", (1, 15), "Jinja", "render it"),
        (b'{"root": "{{ "', "template-file", (1, 15), "the end of the file", "render it"),
        (b'{"root": "{{ root }}", "db": {}}', "template-file", (1, 11), "Jinja", "render it"),
        (b'{"db": {},\n"dnsNames": ["a", "<%= @b %>"]}', "template-file", (2, 20), "ERB", "render it"),
        (b'{"address": ${ADDRESS}}', "template-file", (1, 13), "envsubst", "render it"),
        # slips
        (b'{"root": "x",}', "bad-json", (1, 13), 'a comma before the closing "}"', "comma out"),
        (b'{"root": ["x",\n]}', "bad-json", (1, 14), 'a comma before the closing "]"', "comma out"),
        (b'{"db": {"type": ["{{ .x }}",]}}', "bad-json", (1, 28), 'a comma before the closing "]"', "comma out"),
        (b'{"db": {"a": [{"b": [1,]}]}}', "bad-json", (1, 23), 'a comma before the closing "]"', "comma out"),
        (b'{"root": "", , "x": 1}', "bad-json", (1, 14), "nothing before it", "comma out"),
        (b'{"root": "x" // note\n}', "bad-json", (1, 14), "a comment", "no comments"),
        (b'/* note */ {"root": "x"}', "bad-json", (1, 1), "a comment", "no comments"),
        (b"{'root': 1}", "bad-json", (1, 2), "a single quote", "double quotes"),
        (b'{"root": \xe2\x80\x9cx\xe2\x80\x9d}', "bad-json", (1, 10), "typographic", "plain"),
        (b"{root: 1}", "bad-json", (1, 2), "name without quotes", "double quotes"),
        (b'{"root": yes}', "bad-json", (1, 10), "word without quotes", "lower case"),
        (b'{"root": True}', "bad-json", (1, 10), "Python", "true, false or null"),
        (b'{"root": NaN}', "bad-json", (1, 10), "NaN", "no such number"),
        (b'{"db": ["NaN", -Infinity]}', "bad-json", (1, 16), "Infinity", "no such number"),
        (b'{"root": "x"\n "crt": 1}', "bad-json", (2, 2), "a comma is missing", "comma there"),
        (b'{"authority": {"provisioners": [{} {}]}}', "bad-json", (1, 36), "a comma is missing", "comma there"),
        (b'{"root" "x"}', "bad-json", (1, 9), "one colon", '"name": value'),
        (b'{"db": {"a"= 1}}', "bad-json", (1, 12), "one colon", '"name": value'),
        (b'{"root":: "x"}', "bad-json", (1, 9), "one colon", '"name": value'),
        (b'{"root": 01}', "bad-json", (1, 11), "a number that", "write it as"),
        (b'{"root": +1}', "bad-json", (1, 10), "a number that", "write it as"),
        (b'{"root": 0x1}', "bad-json", (1, 11), "a number that", "write it as"),
        (b'{"root": "x"]', "bad-json", (1, 13), "closing bracket", "closed by"),
        (b'{"root":\xc2\xa0"x"}', "bad-json", (1, 9), "U+00A0", "plain space"),
        (b'{"root": "x', "bad-json", (1, 10), "never closed", "cut off"),
        (b'{"root": ["x"', "bad-json", (1, 14), "ends in the middle", "cut off"),
        (b'{"root": ', "bad-json", (1, 10), "ends in the middle", "cut off"),
        (b'{"root": "a\nb"}', "bad-json", (1, 12), "line break", "\\n"),
        (b'{"root": "a\tb"}', "bad-json", (1, 12), "tab", "\\t"),
        (b'{"root": "a\x07b"}', "bad-json", (1, 12), "control character", "\\u0007"),
        (b'{"root": "a\\qb"}', "bad-json", (1, 12), "backslash", "\\\\"),
        (b'{"a\\qb": 1}', "bad-json", (1, 4), "backslash", "\\\\"),
        (b'{"root": "x"\x07}', "bad-json", (1, 13), "\\u0007", "mend"),
        (b"<xml/>", "bad-json", (1, 1), "expected a value", "mend"),
    ],
)  # fmt: skip
def test_wrong_files_say_what_and_where(
    data: bytes, code: str, place: tuple[int, int], message: str, hint: str
) -> None:
    """Every wrong file has a stable code, a place and the next thing to do."""
    error = refusal(data)
    assert (error.code, error.line, error.column, error.file) == (code, *place, "ca.json")
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "rest", ['"s3cret"', "s3cret", "'s3cret'", '"x" "s3cret"', '"s3cret\n"', '{{ "s3cret" }}', "“s3cret”"]
)
def test_errors_show_no_secret(rest: str) -> None:
    """What stands behind the place of a slip is not shown."""
    error = refusal(('{"root": "r", "password": ' + rest + ",}").encode())
    assert "s3cret" not in error.message + error.hint


def test_an_entry_may_be_nested_as_deeply_as_a_hundred_levels() -> None:
    """With one level more it cannot be looked into, whatever the version of Python; the others can."""

    def config(levels: int) -> str:
        return '{"authority": {"provisioners": [\n{"key": ' + "[" * levels + "]" * levels + "}]}}"

    deepest = read(config(DEEPEST - 1))
    assert deepest.entry_text(0) == encode(deepest.entry_value(0))
    deeper = read(config(DEEPEST))
    with pytest.raises(ShellError) as refused:
        deeper.entry_value(0)
    assert (refused.value.code, refused.value.line, refused.value.column) == ("json-too-deep", 2, 1)
