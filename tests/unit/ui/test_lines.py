"""Lines made from the program's own tables, on the demonstration: what is drawn, offered and said of them is right."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from shell.backends.cafile import CaFile
from shell.commands import REGISTRY
from shell.demo import make_demo
from shell.errors import ShellError, UsageError
from shell.interpreter import Interpreter
from shell.language.command import Command
from shell.language.files import FilePath
from shell.language.lexer import is_incomplete, quote
from shell.language.parameters import Parameter
from shell.session import Session
from shell.targets import Target
from shell.ui import watch as watch_module
from shell.ui.colouring import Colours
from shell.ui.completion import Candidates
from shell.ui.marks import Marks
from shell.ui.understanding import Understanding
from shell.ui.watch import Watch

# what leaves the program, this machine or the demonstration
OUTSIDE = ("quit", "exit", "source", "edit", "connect")
COMMANDS = [command for command in REGISTRY.commands() if command.name not in OUTSIDE]
FLAGS = sorted({spelling for command in COMMANDS for spelling in command.flags})
ODD = [
    "",
    "x",
    "'",
    '"',
    "\\",
    "a b",
    "--",
    "-",
    "=",
    "~(",
    "%1",
    "%99",
    "@",
    "env:",
    "fd:9",
    "認証局",
    "\u202e",
    "\x00",
    "{}",
    "24h",
    "48",
]
# what can be wrong with a line without looking at the target is found while it is typed
STATIC = {
    "unknown-command",
    "unknown-flag",
    "unknown-filter",
    "missing-argument",
    "missing-value",
    "missing-filter",
    "too-many-arguments",
    "ambiguous-command",
    "incomplete-command",
    "abbreviated-command",
    "unquoted-character",
    "misplaced-redirect",
}


class Workplace(NamedTuple):
    """What a prompt on the demonstration is made of."""

    session: Session
    interpreter: Interpreter
    watch: Watch
    understanding: Understanding
    completer: Candidates


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """Return a prompt's parts on the demonstration, read, in a folder of its own."""
    folder = tmp_path_factory.mktemp("lines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        patch.chdir(folder)
        path = Path(make_demo())
        session = Session(
            Target("file", "--demo", path=str(path)),
            CaFile(str(path)),
            state_dir=str(folder / "state"),
            interactive=True,
        )
        interpreter = Interpreter(session, REGISTRY, interactive=True)
        for name in watch_module._NEEDED_SOON:
            importlib.import_module(name)  # not in the middle of a draw
        watch = Watch(session, REGISTRY)
        watch.start()
        watch.wait()
        understanding = Understanding(interpreter, session, watch)
        yield Workplace(session, interpreter, watch, understanding, Candidates(REGISTRY, session, watch))


def words_for(row: Parameter, workplace: Workplace, bound: dict[str, object]) -> list[str]:
    """Return words that may stand for a parameter, as they are written."""
    if isinstance(row.type, FilePath):
        return ["nothing-there"]
    with workplace.watch.lock:
        offered = [each.text for each in row.type.candidates("", bound, workplace.session) if each.text]
    return [quote(word) for word in offered[:30]] or ["1", "word"]


@st.composite
def lines(draw: st.DrawFn, workplace: Workplace) -> str:
    """Return a line that is right, or nearly: a command with words and flags of its own, and now and then others."""
    command: Command = draw(st.sampled_from(COMMANDS))
    parts = [command.name]
    bound: dict[str, object] = {}
    odd = st.one_of(st.sampled_from(ODD), st.text(max_size=4))
    for row in command.positionals:
        if not row.required and draw(st.integers(0, 3)) == 0:
            break
        word = draw(st.one_of(*[st.sampled_from(words_for(row, workplace, bound))] * 6, odd))
        parts.append(word)
        bound[row.name] = tuple(word.split(".")) if row.name == "field" else word
    flags = [row for row in command.parameters if row.flag]
    for row in draw(st.lists(st.sampled_from(flags), max_size=2)) if flags else []:
        parts.append(row.flag or "")
        if not row.type.switch:
            parts.append(draw(st.sampled_from(words_for(row, workplace, bound))))
    parts += draw(st.lists(st.one_of(odd, st.sampled_from(FLAGS).map("--{}".format)), max_size=1))
    parts += draw(
        st.lists(st.sampled_from(["| match acme", "| count", "| except", "--json", "# why"]), max_size=2)
    )
    line = " ".join(parts)
    if draw(st.integers(0, 4)) == 0 and line:
        cut = draw(st.integers(0, len(line) - 1))
        line = line[:cut] + line[cut + 1 :]
    return line


def leaves(text: str, workplace: Workplace) -> bool:
    """Whether a line would leave the demonstration, or wait for a descriptor."""
    analysis = workplace.interpreter.analyse(text)
    name = analysis.command.name if analysis.command else ""
    return name in OUTSIDE or "--online" in text or "fd:" in text or ">" in text or analysis.help >= 0


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_the_analysis_agrees_with_the_execution(workplace: Workplace, data: st.DataObject) -> None:
    """A line without a problem is none of usage when it runs; one with a problem is refused with just that."""
    text = data.draw(lines(workplace))
    assume("\n" not in text and not leaves(text, workplace))
    problems = workplace.interpreter.analyse(text).problems
    raised: ShellError | None = None
    try:
        workplace.interpreter.run(text)
    except ShellError as error:
        raised = error
    finally:
        workplace.session.discard()
    if problems:
        assert raised is not None
        assert (raised.code, raised.message) == (problems[0].code, problems[0].message)
        assert [each.message for each in raised.causes] == [each.message for each in problems[1:]]
    elif isinstance(raised, UsageError):
        assert raised.code not in STATIC


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_beginning_of_a_line_is_drawn(workplace: Workplace, data: st.DataObject) -> None:
    """Cut anywhere, a line is coloured in full; hint, toolbar and menu are there and raise nothing."""
    text = data.draw(lines(workplace))
    typed = text[: data.draw(st.integers(0, len(text)))]
    document = Document(typed, len(typed))
    get_line = Colours(workplace.understanding).lex_document(document)
    drawn = "\n".join("".join(part[1] for part in get_line(number)) for number in range(document.line_count))
    assert len(drawn) == len(typed)
    workplace.understanding.hint(typed)
    Marks(workplace.session, workplace.watch).toolbar(workplace.understanding, typed, 80)
    offered = list(workplace.completer.get_completions(document, CompleteEvent()))
    assert len(offered) <= 200
    assert all(-len(typed) <= each.start_position <= 0 for each in offered)


def complaints(text: str, start: int, end: int, workplace: Workplace) -> Sequence[str]:
    """Return what the analysis finds wrong between two places of a line, besides what is missing yet."""
    analysis = workplace.interpreter.analyse(text)
    return [
        problem.message
        for offset, problem in zip(analysis.offsets, analysis.problems, strict=False)
        if start <= offset < end and not problem.code.startswith(("missing-", "incomplete-"))
    ]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_offered_is_accepted(workplace: Workplace, data: st.DataObject) -> None:
    """Whatever the menu offers, taken it is a word with which nothing is wrong."""
    text = data.draw(lines(workplace))
    typed = text[: data.draw(st.integers(0, len(text)))]
    assume(not is_incomplete(typed) and "\n" not in typed)
    offered = list(workplace.completer.get_completions(Document(typed, len(typed)), CompleteEvent()))
    chosen = [each for each in offered if each.text][:200]
    assume(chosen)
    candidate = data.draw(st.sampled_from(chosen))
    start = len(typed) + candidate.start_position
    before = complaints(typed[:start] + " ", 0, start, workplace)
    assume(not before)
    taken = typed[:start] + candidate.text
    after = "" if taken.endswith(("=", "~", "/")) else " "
    if after:
        assert complaints(taken + after, start, len(taken), workplace) == [], taken
