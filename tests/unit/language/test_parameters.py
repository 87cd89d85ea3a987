"""Parameter types: how a word becomes a value, and what can be offered."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from shell.errors import UsageError
from shell.language import files
from shell.language.files import FilePath
from shell.language.lexer import Word, tokenize
from shell.language.parameters import (
    Candidate,
    Choice,
    Integer,
    Parameter,
    ParameterType,
    RegularExpression,
    Source,
    Switch,
    Text,
    nearest,
)


def word(text: str) -> Word:
    """Return the one word of a line."""
    (token,) = tokenize(text)
    return token


def refused(type_: ParameterType, text: str) -> UsageError:
    """Return the error with which a type refuses a word."""
    with pytest.raises(UsageError) as caught:
        type_.read(word(text), {})
    return caught.value


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("@a/b.pem", Source("file", "a/b.pem")),
        ("@'a b'", Source("file", "a b")),
        ("env:TOKEN", Source("env", "TOKEN")),
        ("fd:3", Source("fd", "3")),
    ],
)
def test_a_source_names_a_file_a_variable_or_a_descriptor(text: str, source: Source) -> None:
    """Only where the type takes sources; elsewhere the same word is text, and so is a quoted one."""
    assert Text(takes_source=True).read(word(text), {}) == source
    assert Text(secret=True).read(word(text), {}) == source
    assert Text().read(word(text), {}) == word(text).value
    assert Text(secret=True).read(word(f"'{text.replace(chr(39), '')}'"), {}) == word(text).value


def test_sources_are_values() -> None:
    """They compare, hash and print as what they are."""
    assert len({Source("file", "a"), Source("file", "a"), Source("env", "a")}) == 2
    assert Source("file", "a") != "@a"
    assert [str(Source("file", "a")), str(Source("env", "A")), repr(Source("fd", "3"))] == [
        "@a",
        "env:A",
        "Source('fd', '3')",
    ]


@pytest.mark.parametrize("text", ["@", "env:", "fd:", "fd:x", "fd:-1", "fd:٣", "fd:123456789"])
def test_a_source_without_a_name_is_refused(text: str) -> None:
    """The hint says how a source is written, and how the text itself."""
    error = refused(Text(secret=True), text)
    assert error.code == "bad-source"
    assert "quote" in error.hint


def test_an_unquoted_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a path and in a file source, as a shell expands it; a quoted one is a name."""
    monkeypatch.setenv("HOME", "/home/me")
    assert FilePath().read(word("~/x"), {}) == "/home/me/x"
    assert FilePath().read(word("'~/x'"), {}) == "~/x"
    assert Text(secret=True).read(word("@~/x"), {}) == Source("file", "/home/me/x")
    assert Text(secret=True).read(word("@'~/x'"), {}) == Source("file", "~/x")


def test_a_whole_number_is_within_its_bounds() -> None:
    """Both bounds are included, and a wrong number is told them."""
    assert Integer().read(word("-12"), {}) == -12
    assert [Integer(1, 3).read(word(text), {}) for text in ("1", "+3")] == [1, 3]
    assert refused(Integer(), "1.5").message == '"1.5" is not a whole number'
    assert refused(Integer(), "٣").code == "bad-value"
    assert refused(Integer(1, 3), "4").hint == "write a number from 1 to 3"
    assert refused(Integer(low=1), "0").hint == "write 1 or more"
    assert refused(Integer(high=3), "4").hint == "write 3 or less"


def test_a_choice_is_one_of_its_words() -> None:
    """Case counts unless it is said not to; the value is spelled as declared, the nearest is suggested."""
    types = Choice({"ACME": "Challenges.", "JWK": "Tokens."}, ignore_case=True)
    assert types.read(word("acme"), {}) == "ACME"
    assert types.metavar == "ACME|JWK"
    assert refused(types, "ACNE").hint == "did you mean ACME?"
    assert refused(Choice(["a", "b"], metavar="X"), "zzz").hint == ""
    assert refused(Choice(["a"]), "A").message == '"A" is not one of a'
    assert [(row.text, row.description) for row in types.candidates("", {}, None)] == [
        ("ACME", "Challenges."),
        ("JWK", "Tokens."),
    ]
    assert repr(Candidate("a", "b")) == "Candidate('a', 'b')"


def test_a_switch_reads_what_go_reads() -> None:
    """The spellings are those of strconv.ParseBool."""
    assert [Switch().read(word(text), {}) for text in ("1", "t", "TRUE", "0", "F", "false")] == [
        *[True] * 3,
        *[False] * 3,
    ]
    assert "=false" in refused(Switch(), "no").hint
    assert [row.text for row in Switch().candidates("", {}, None)] == ["true", "false"]


def test_a_regular_expression_is_compiled_once_and_quietly() -> None:
    """Whatever Python's compiler dislikes is a usage error; what it would only warn of is accepted."""
    pattern = RegularExpression().read(word("'^a|b$'"), {})
    assert isinstance(pattern, re.Pattern)
    assert RegularExpression().read(word("'[[a]'"), {})
    for text in ("'('", "'a{99999999999}'", "'(?L)a'", "'" + "(" * 5000 + ")" * 5000 + "'"):
        assert refused(RegularExpression(), text).code == "bad-value"


def test_a_path_is_text_without_a_null() -> None:
    """It need not exist."""
    assert FilePath("FOLDER").metavar == "FOLDER"
    assert refused(FilePath(), "'a\0b'").code == "bad-value"


def test_paths_are_offered_from_the_folder_of_the_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted, folders with a slash, hidden names only when asked for, nothing where nothing can be read."""
    folder = tmp_path / "here"
    (folder / "sub").mkdir(parents=True)
    for name in ("b.pem", "a.pem", ".hidden"):
        (folder / name).touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))

    def offered(prefix: str) -> list[str]:
        return [row.text for row in FilePath().candidates(prefix, {}, None)]

    assert offered("") == ["a.pem", "b.pem", "sub/"]
    assert offered("a") == ["a.pem"]
    assert offered(".h") == [".hidden"]
    assert offered("~/b") == ["~/b.pem"]
    assert offered(f"{folder}/s") == [f"{folder}/sub/"]
    assert offered("none/x") == offered("a\0/") == []


def test_a_folder_is_read_once_for_many_keystrokes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, or the same one later, is read anew; a huge one is read in part."""
    reads: list[str] = []
    scandir = os.scandir

    def counting(folder: str) -> object:
        reads.append(folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", counting)
    for number in range(30):
        (tmp_path / f"f{number:02}").touch()
    path = FilePath()
    for prefix in ("f", "f1", "f12"):
        assert list(path.candidates(f"{tmp_path}/{prefix}", {}, None))
    assert len(reads) == 1
    monkeypatch.setattr(files, "_FRESH", -1.0)
    monkeypatch.setattr(files, "_LIMIT", 10)
    assert len(list(path.candidates(f"{tmp_path}/", {}, None))) == 10
    assert len(reads) == 2


def test_a_parameter_is_called_by_its_flag_or_in_capitals() -> None:
    """The label is what usage lines and errors print; the default of many is the empty tuple."""
    assert repr(Parameter("key_id", Text(), "Id.")) == "Parameter(KEY-ID)"
    assert Parameter("key_id", Text(), "Id.", flag="--kid").label == "--kid"
    assert Parameter("a", Text(), "A.", many=True).default == ()
    assert Parameter("a", Text(), "A.", many=True, default=("x",)).default == ("x",)


def test_the_nearest_name_is_near() -> None:
    """Nothing is suggested for what is like nothing."""
    assert nearest("lst", ["list", "show"]) == "list"
    assert nearest("zzz" * 1000, ["list", "show"]) == ""
