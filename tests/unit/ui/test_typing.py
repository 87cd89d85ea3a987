"""What is drawn of the line while it is typed: colours, hint, toolbar; and that no line breaks it."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.keys import Keys

from shell.commands import REGISTRY
from shell.errors import ShellError, UsageError
from shell.language.lexer import statements
from shell.ui.colouring import Colours
from shell.ui.completion import Candidates
from shell.ui.keys import bindings
from shell.ui.lineeditor import Actions
from shell.ui.marks import Marks
from tests.unit.ui.conftest import Desk

WORDS = [
    *(
        "add",
        "set",
        "show",
        "list",
        "remove",
        "webhook",
        "webhook add",
        "step ca provisioner",
        "history",
        "lsit",
    ),
    *(
        "acme",
        "people",
        "'my acme'",
        '"my',
        "--type",
        "--type=ACME",
        "ACME",
        "--x509-max-dur",
        "24h",
        "--json",
    ),
    *(
        "claims.maxTLSCertDuration",
        "clientSecret",
        "hunter2",
        "|",
        "match",
        "count",
        ">",
        "#",
        "?",
        "'",
        "\\",
        "\n",
    ),
    *(
        "@file",
        "env:X",
        "fd:3",
        "$",
        ";",
        "&",
        "\x00",
        "\u200b",
        "認証局",
        "--",
        "-",
        "=",
        "%1",
        "%",
        "{}",
        " ",
    ),
]
LINES = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), max_size=8).map(" ".join)


def drawn(desk: Desk, text: str) -> str:
    """Return what the line looks like, line by line."""
    document = Document(text, len(text))
    get_line = Colours(desk.understanding).lex_document(document)
    return "\n".join(
        "".join(fragment[1] for fragment in get_line(number)) for number in range(document.line_count)
    )


def roles(desk: Desk, text: str) -> dict[str, str]:
    """Return the role of each stretch of a line by its text."""
    get_line = Colours(desk.understanding).lex_document(Document(text, len(text)))
    return {fragment[1]: fragment[0].rpartition(".")[2] for fragment in get_line(0) if fragment[0]}


def test_each_word_has_the_colour_of_what_it_is(desk: Desk) -> None:
    """Command, name, field, value and flag are told apart."""
    assert roles(desk, "set acme claims.maxTLSCertDuration 24h --append ") == {
        "set": "command",
        "acme": "name",
        "claims.maxTLSCertDuration": "field",
        "24h": "value",
        "--append": "flag",
    }


@pytest.mark.parametrize("line", ["show 'evil\u202egnp.exe'", "show a\u200bb\nshow \u2066c"])
def test_nothing_hides_in_the_line_that_is_typed(desk: Desk, line: str) -> None:
    """A completed name may reorder or hide what stands beside it; a mark of one cell stands in for such a character."""
    shown = drawn(desk, line)
    assert len(shown) == len(line)
    assert [a for a, b in zip(shown, line, strict=True) if a != b] == ["\ufffd"] * sum(
        c > "\u2000" for c in line
    )
    assert shown.count("\n") == line.count("\n")


def test_a_word_is_wrong_only_when_it_is_finished(desk: Desk) -> None:
    """A mistyped word becomes an error with the blank behind it, a name that is not there too."""
    assert "error" not in roles(desk, "lsi").values()
    assert roles(desk, "lsit ")["lsit"] == "error"
    assert roles(desk, "show nobod")["nobod"] == "name"
    assert roles(desk, "show nobody ")["nobody"] == "error"
    assert desk.understanding.problem("show nobody ") == 'there is no provisioner named "nobody"'
    assert desk.understanding.problem("show 'no body' ") == 'there is no provisioner named "no body"'


@pytest.mark.parametrize(
    "text",
    [
        "set people clientSecret hunter2",
        "add x --type OIDC --client-secret hunter2",
        "add x --client-secrt hunter2 y",
    ],
)
def test_secrets_are_drawn_as_bullets(desk: Desk, text: str) -> None:
    """A literal secret is covered, letter by letter."""
    assert drawn(desk, text) == text.replace("hunter2", "•" * 7)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("set ", "NAME FIELD VALUES..."),
        ("set acme ", "FIELD VALUES..."),
        ("set acme", ""),
        ("add x --type ", "TYPE"),
        ("list ", "[CONDITIONS...]"),
        ("history ", ""),
        ("set acme 'open ", ""),
        ("set acme 'open\n", ""),
        ("list | ", ""),
        ("nothing ", ""),
        ("", ""),
    ],
)
def test_the_hint_names_what_is_missing(desk: Desk, text: str, hint: str) -> None:
    """Behind a blank stand the arguments that may follow, or the kind of value that a flag takes."""
    assert desk.understanding.hint(text) == hint


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=LINES)
def test_no_line_breaks_the_drawing(desk: Desk, text: str) -> None:
    """Whatever is typed, it is drawn in full, with hint, toolbar and candidates, and nothing is raised."""
    shown = drawn(desk, text)
    assert len(shown) == len(text)
    understanding = desk.understanding
    understanding.hint(text)
    Marks(desk.session, desk.watch).toolbar(understanding, text, 80)
    completer = Candidates(REGISTRY, desk.session, desk.watch)
    for place in {0, len(text) // 2, len(text)}:
        for candidate in completer.get_completions(Document(text, place), CompleteEvent()):
            assert -place <= candidate.start_position <= 0


def test_the_key_that_stages_again_is_not_waited_for(desk: Desk) -> None:
    """Emacs has longer keys that begin with Ctrl-X r; ours acts at once all the same."""
    candidates = Candidates(REGISTRY, desk.session, desk.watch)
    ours = bindings(cast(Actions, None), candidates).bindings
    (redo,) = [each for each in ours if each.keys == (Keys.ControlX, "r")]
    assert redo.eager()


STATIC = {"unknown-command", "unknown-flag", "missing-argument", "too-many-arguments", "unquoted-character"}


def outcome(desk: Desk, text: str) -> tuple[str, bool]:
    """Return the code of the error that a line ends with, or the empty text; and whether it is one of usage."""
    try:
        desk.interpreter.run(text)
    except ShellError as error:
        return error.code, isinstance(error, UsageError)
    return "", False


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=LINES)
def test_the_analysis_agrees_with_the_execution(desk: Desk, text: str) -> None:
    """A line in which the analysis finds nothing wrong runs, and one in which it does is refused with that."""
    if len(statements(text)) > 1 or ">" in text:
        return
    analysis = desk.interpreter.analyse(text)
    if analysis.help >= 0 or (analysis.command is not None and analysis.command.name in ("source", "edit")):
        return
    wrong = [problem.code for problem in analysis.problems]
    code, is_usage = outcome(desk, text)
    if wrong:
        assert code == wrong[0]
    else:
        # what only the target can tell is found when the line runs
        assert not is_usage or code not in STATIC
    desk.session.discard()
