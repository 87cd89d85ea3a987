"""The line editor: prompt_toolkit, told what this program knows about the line being typed."""

from __future__ import annotations

import signal
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.completion import Completer, PathCompleter, WordCompleter
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.output import create_output

from shell.ui.colouring import STYLE, Colours, Hint
from shell.ui.completion import Candidates
from shell.ui.keys import bindings, editing_mode
from shell.ui.linehistory import LineHistory
from shell.ui.reader import HungUpError, LineLeftError, end_by
from shell.ui.suggestion import Suggestions
from shell.ui.understanding import Understanding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from shell.interpreter import Interpreter
    from shell.session import Session
    from shell.ui.marks import Marks
    from shell.ui.watch import Watch


class Actions(Protocol):
    """What happens above the line while it is being typed."""

    def run_above(self, line: str) -> None:
        """Run a line."""

    def explain(self, text: str) -> None:
        """Write what may stand behind a text."""

    def say(self) -> None:
        """Write what the watch has to say."""


def _continuation(width: int, line_number: int, wrap_count: int) -> str:
    """Return what stands before a further line; nothing where the terminal is only too narrow."""
    return "" if wrap_count else "... "


class LineEditor:
    """Reads lines with completion, colours, hints and history."""

    def __init__(
        self,
        interpreter: Interpreter,
        session: Session,
        watch: Watch,
        marks: Marks,
        actions: Actions,
    ) -> None:
        self._watch = watch
        self._marks = marks
        self._actions = actions
        self._understanding = Understanding(interpreter, session, watch)
        self._output = create_output(stdout=sys.stderr if sys.stderr.isatty() else sys.stdout)
        mode = editing_mode()
        candidates = Candidates(interpreter.registry, session, watch)
        self._lines: PromptSession[str] = PromptSession(
            lambda: marks.prompt(self._output.get_size().columns),
            multiline=True,
            lexer=Colours(self._understanding),
            completer=candidates,
            complete_in_thread=True,
            # the room for the menu is taken when something is typed: an empty prompt pushes no result out of sight
            complete_while_typing=Condition(lambda: bool(self._lines.default_buffer.text)),
            auto_suggest=Suggestions(),
            history=LineHistory(session, self._understanding.analysis),
            key_bindings=bindings(actions, candidates),
            prompt_continuation=_continuation,
            bottom_toolbar=self._toolbar,
            input_processors=[Hint(self._understanding)],
            style=STYLE,
            include_default_pygments_style=False,
            editing_mode=mode,
            cursor=ModalCursorShapeConfig() if mode == EditingMode.VI else None,
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".steps",
            interrupt_exception=LineLeftError,
            output=self._output,
        )

    def line(self, text: str = "") -> str:
        """Return a logical line; raises as `Reader.line`, and what the watch could not read."""
        before = {number: signal.signal(number, self._hang_up) for number in (signal.SIGHUP, signal.SIGTERM)}
        try:
            return self._lines.prompt(default=text, pre_run=self._begin)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def ask(self, question: str, choices: Sequence[str] = (), *, file: bool = False) -> str:
        """Return the answer to a question."""
        completer: Completer | None = WordCompleter([*choices], ignore_case=True) if choices else None
        if file:
            completer = PathCompleter(expanduser=True)
        asking: PromptSession[str] = PromptSession(
            output=self._output,
            completer=completer,
            complete_in_thread=file,
            editing_mode=self._lines.editing_mode,
        )
        return asking.prompt(question).strip()

    def secret(self, question: str) -> str:
        """Return the answer to a question, which is not shown while it is typed, not even its length."""
        return getpass(question)

    def remember(self, line: str) -> None:
        """Put a line that was not typed into the history."""
        self._lines.history.append_string(line)

    def _toolbar(self) -> StyleAndTextTuples:
        room = self._output.get_size().columns
        return [*self._marks.toolbar(self._understanding, self._lines.default_buffer.text, room)]

    def _begin(self) -> None:
        """Start the watch when the prompt is about to be drawn, so that it delays no first prompt."""
        application = self._lines.app
        loop = application.loop
        if loop is not None:
            loop.call_later(0, self._start_watch)

    def _start_watch(self) -> None:
        self._watch.start(self._changed)
        if self._watch.is_loaded or self._watch.error is not None:  # what was asked at the start has begun it
            self._redraw()

    def _changed(self) -> None:
        """Draw what the watch has noticed; called in its thread."""
        application = self._lines.app
        loop = application.loop
        if loop is not None and application.is_running:
            loop.call_soon_threadsafe(self._redraw)

    def _redraw(self) -> None:
        application = self._lines.app
        if not application.is_running or application.is_done:
            return
        if self._watch.error is not None:
            application.exit(exception=self._watch.error)
        elif self._watch.has_messages:
            run_in_terminal(self._actions.say)
        else:
            application.invalidate()

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        """Put the terminal right, then end as the signal says; the draft is on the disk already."""
        application = self._lines.app
        loop = application.loop
        if loop is not None and application.is_running:
            loop.call_soon_threadsafe(lambda: application.exit(exception=HungUpError(number)))
        else:
            end_by(number)
