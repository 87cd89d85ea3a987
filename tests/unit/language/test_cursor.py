"""What is expected at the cursor, and what is offered for it."""

from __future__ import annotations

import pytest

from shell.language.analysis import Analysis, Expectation, analyse
from shell.language.cursor import candidates
from tests.unit.language.fake import REGISTRY, Session


def at(marked: str) -> Analysis:
    """Analyse a line with the cursor at the mark `^`."""
    return analyse(marked.replace("^", ""), REGISTRY, cursor=marked.index("^"), interactive=True)


def expected(marked: str) -> list[tuple[str, str, str]]:
    """Return what is expected: its kind or label, the prefix, and the text that would be replaced."""
    analysis = at(marked)
    return [
        (
            row.what if isinstance(row.what, str) else row.what.label,
            row.prefix,
            analysis.text[row.replace_start : row.replace_end],
        )
        for row in analysis.expected
    ]


def offered(marked: str) -> list[str]:
    """Return the texts that are offered at the mark."""
    return [candidate.text for _, candidate in candidates(at(marked), REGISTRY, Session())]


@pytest.mark.parametrize(
    ("marked", "rows"),
    [
        ("^", [("command", "", "")]),
        ("  ad^", [("command", "ad", "ad")]),
        ("a^dd x", [("command", "a", "add")]),
        ("^add x", [("command", "", "")]),
        ("step ca provisioner ^", [("command", "", "")]),
        ("step ca provisioner ad^", [("command", "ad", "ad")]),
        ("st^ep ca provisioner add", []),
        ("webhook ^", [("command", "webhook ", "webhook ")]),
        ("webhook a^ x", [("command", "webhook a", "webhook a")]),
        ("history ^", [("command", "history ", "history "), ("flag", "", "")]),
        ("history show ^", [("NUMBER", "", ""), ("flag", "", "")]),
        ("zzz x^", [("command", "zzz x", "zzz x")]),
        ("add ^", [("NAME", "", ""), ("flag", "", "")]),
        ("add ac^me --ssh", [("NAME", "ac", "acme")]),
        ("add 'a b^", [("NAME", "a b", "'a b")]),
        ("add 'a ^b' --ssh", [("NAME", "a ", "'a b'")]),
        ("add x ^", [("flag", "", "")]),
        ("add x y^", []),
        ("add x --^", [("flag", "--", "--")]),
        ("add x --ty^pe ACME", [("flag", "--ty", "--type")]),
        ("add x --type ^", [("--type", "", "")]),
        ("add x --type AC^", [("--type", "AC", "AC")]),
        ("add x --type=AC^ME --ssh", [("--type", "AC", "ACME")]),
        ("add x '--type=AC^", []),
        ("add x --zz=^", []),
        ("add x --domain --ss^", [("--domain", "--ss", "--ss")]),
        ("add -- --^", [("NAME", "--", "--")]),
        ("help --^", [("TOPIC", "--", "--")]),
        ("set a ^", [("FIELD", "", ""), ("flag", "", "")]),
        ("step ca provisioner add --root ^", []),
        ("list | ^", [("filter", "", "")]),
        ("list | ma^", [("filter", "ma", "ma")]),
        ("list | match ^", [("PATTERN", "", "")]),
        ("list | match a ^", []),
        ("list | count ^", []),
        ("list | zzz ^", []),
        ("list > o^", [("FILE", "o", "o")]),
        ("list > o ^", []),
        ("list |^", [("filter", "", "")]),
        ("add x # co^mment", []),
        ("add x ^# comment", [("flag", "", "")]),
        ("add ? x^", [("NAME", "x", "x")]),
    ],
)
def test_the_cursor_expects_what_would_be_read_there(marked: str, rows: list[tuple[str, str, str]]) -> None:
    """Also within a word, within quotes, behind a flag, behind step's prefix and in a filter."""
    assert expected(marked) == rows


def test_a_question_mark_is_a_cursor() -> None:
    """`?` asks what may stand in its place."""
    analysis = analyse("add ? --ssh", REGISTRY, interactive=True)
    assert repr(analysis.expected[0]) == "Expectation(Parameter(NAME), '', 4, 4)"
    assert isinstance(analysis.expected[0], Expectation)


def test_the_arguments_at_the_cursor_are_those_of_the_other_words() -> None:
    """The word under the cursor says nothing yet; what stands behind it does."""
    analysis = at("add acm^ --type ACME --ssh")
    assert analysis.bound == {"type": "ACME", "ssh": True}
    assert analysis.used == {"type", "ssh"}
    assert at("add x --domain a --domain b^").used == {"name", "domain"}


def test_commands_filters_and_flags_are_offered_by_their_beginning() -> None:
    """Each with its summary; flags that stand in the line already are not, unless they collect."""
    assert offered("web^") == ["webhook add", "webhook remove"]
    assert offered("webhook r^") == ["webhook remove"]
    assert offered("list | ^") == ["match", "except", "count"]
    assert offered("add x --s^") == ["--ssh"]
    assert offered("add x --ssh --s^") == []
    assert offered("add x --domain a --do^") == ["--domain"]
    assert offered("add x --root-^") == ["--root-file"]
    assert offered("list --^") == ["--json"]
    assert offered("list --json --^") == []
    first = next(candidates(at("li^"), REGISTRY, Session()))
    assert (first[0].what, first[1].description) == ("command", "List them.")


def test_a_flag_that_does_not_apply_is_not_offered() -> None:
    """It is accepted all the same."""
    assert "--eab" not in offered("add x --type JWK ^")
    assert "--eab" in offered("add x ^ --type ACME")


def test_values_are_offered_by_their_types() -> None:
    """From the world that is handed on, and not cut to the prefix."""
    assert offered("show zz^") == ["acme", "ops"]
    assert offered("add x --type ^") == ["JWK", "ACME"]
    assert offered("add x --ssh=^") == ["true", "false"]
    assert offered("set a field ^") == ["--json"]


def test_beyond_the_text_the_cursor_stands_at_its_end() -> None:
    """And before it at its beginning."""
    assert analyse("ad", REGISTRY, cursor=99).expected[0].prefix == "ad"
    assert analyse("ad", REGISTRY, cursor=-5).expected[0].prefix == ""
