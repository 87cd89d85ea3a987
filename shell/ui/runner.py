"""Running what a person typed: one line, several pasted ones, or a file; and what a command asks for."""

from __future__ import annotations

import os
import traceback
from contextlib import nullcontext
from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.escape import visible
from shell.language.command import DRAFT, NOTHING, TARGET
from shell.language.lexer import statements
from shell.ui import editing
from shell.ui.reader import HungUpError, PlainReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from shell.interpreter import Interpreter, Step
    from shell.results import Request, Result
    from shell.session import Session
    from shell.ui.reader import Reader
    from shell.ui.screen import Screen
    from shell.ui.watch import Watch

_WIZARD = "add"  # the command that asks for what it needs when it stands alone
_DEEPEST = 20  # files that run files
_PATIENCE = 1.0  # seconds that a key waits for whoever works with the session: as a rule for a menu
_KEEP_EVERY = 0.5  # seconds between two writings of the draft while many lines run


class LeaveError(Exception):
    """The person wants to leave."""


class Runner:
    """Runs lines in a session, shows what they give, and carries out what commands ask for."""

    def __init__(self, interpreter: Interpreter, session: Session, watch: Watch, screen: Screen) -> None:
        self._interpreter = interpreter
        self._session = session
        self._watch = watch
        self._screen = screen
        self._depth = 0
        self._rest = ""
        self.reader: Reader = PlainReader(lambda: "")

    def run(self, text: str) -> None:
        """Run what was typed: a line, or several of which each is run; raises LeaveError to leave.

        Errors are shown here. Ctrl-C ends the line that runs, and those behind it.
        """
        try:
            if self._needs_target(text):
                self._run_on_target(text)
            else:
                self._alone(text)
        except ShellError as error:
            self._screen.error(error, self._interpreter.json)
        except KeyboardInterrupt:
            self._screen.notice("interrupted" + self._left_open(text))
        except (LeaveError, HungUpError, EOFError):
            raise
        except Exception as error:  # a mistake in one command is no reason to lose the session
            self._screen.error(_mistake(error), self._interpreter.json)

    def _left_open(self, text: str) -> str:
        """Return what to say of a commit that the end of a line has left open."""
        if self._interpreter.analyse(text).effect != TARGET:
            return ""
        try:
            is_open = self._session.site.interrupted(self._session.state) is not None
        except ShellError:
            return ""  # the next commit says what is wrong with the journal
        return "; what was begun is to be settled: see recover show" if is_open else ""

    def _needs_target(self, text: str) -> bool:
        """Whether there is something to run that needs the target; help, mistakes and blanks wait for nobody."""
        if len(statements(text)) > 1 or text.strip() == _WIZARD:
            return True
        analysis = self._interpreter.analyse(text)
        command = analysis.command
        return analysis.help >= 0 or (command is not None and command.needs_target and not analysis.problems)

    def _run_on_target(self, text: str) -> None:
        self._watch.wait()
        with self._watch.lock:
            try:
                self._refresh(text)
                self._run(text)
            finally:
                self._watch.after_line()

    def _refresh(self, text: str) -> None:
        """Read a target again that has changed; where it cannot be read, only what changes nothing goes on."""
        try:
            if self._watch.refresh():
                self._screen.notice("the target was changed by something else; it was read again")
        except ShellError as error:
            effect = self._interpreter.analyse(text).effect
            if effect in (DRAFT, TARGET):
                raise
            self._screen.error(error, self._interpreter.json)
            if effect == NOTHING:
                self._screen.notice("what follows is what was read before")

    def take_rest(self) -> str:
        """Return the lines that were typed or pasted and have not run, for the next prompt to begin with."""
        rest, self._rest = self._rest, ""
        return rest

    def explain(self, text: str) -> None:
        """Show what may stand behind a text, above the line that is being typed, which waits for nothing."""
        if not self._is_free():
            return
        try:
            answer = self._interpreter.explain(text)
        except ShellError as error:
            self._screen.error(error)
            return
        finally:
            self._watch.lock.release()
        if answer.json:
            self._screen.show_above(answer)
        else:
            self._screen.notice("nothing that may stand here begins so")

    def run_above(self, line: str) -> None:
        """Run a line while another is being typed, which waits for nothing."""
        if self._is_free():
            try:
                self.run(line)
            finally:
                self._watch.lock.release()

    def _is_free(self) -> bool:
        """Take the lock where the target has been read and nobody works with it; else say so."""
        if self._watch.is_loaded and self._watch.lock.acquire(timeout=_PATIENCE):
            return True
        self._screen.notice("not now: the target is being read")
        return False

    def _run(self, text: str) -> None:
        lines = statements(text)
        if len(lines) < 2:
            self._alone(text.strip("\n"))
            return
        steps = self._interpreter.prepare([("paste", text)])
        if not steps:
            return  # comments
        # what writes to the target is never run by a paste: it waits on the next prompt for Enter
        place = next((place for place, step in enumerate(steps) if step.effect == TARGET), len(steps))
        place = place or 1
        self._leave(text, steps[place:])
        done = self._together(steps[:place], f"(paste of {place} lines)" if place > 1 else steps[0].text)
        if done < place:  # what is left at another target is asked about before anything is staged there
            self._leave(text, steps[done:])

    def _leave(self, text: str, steps: Sequence[Step]) -> None:
        """Keep the lines of these steps for the next prompt."""
        if steps:
            start = max(line.line for line in statements(text) if line.line <= steps[0].line)
            self._rest = "\n".join(text.split("\n")[start - 1 :]).strip("\n")

    def _alone(self, text: str) -> None:
        if text.strip() == _WIZARD:
            text = self._ask_for_line()
        effect = self._interpreter.analyse(text).effect
        with self._busy(text, effect):
            answer = self._interpreter.run(text)
        if answer is not None:
            self._show(answer, answer.as_json, effect)

    def _busy(self, text: str, effect: str) -> AbstractContextManager[None]:
        """Show how long a line takes that changes the target."""
        return self._screen.busy(text.split()[0]) if effect == TARGET else nullcontext()

    def _ask_for_line(self) -> str:
        """Ask what is to be added and return the line that adds it, which is shown; empty if the person gives up."""
        from shell.ui.wizard import Wizard

        try:
            line = Wizard(self._interpreter, self._session, self.reader, self._screen).line()
        except EOFError:
            return ""
        self._screen.write(line)
        self.reader.remember(line)
        return line

    def _show(self, result: Result, json: bool, effect: str) -> None:
        """Show a result, and carry out what it asks for until nothing is asked any more."""
        following: Result | None = result
        while following is not None:
            request = following.request
            if request is None or following.blocks:
                self._screen.show(following, json)
            if request is None and effect == TARGET:
                self._note_commit(following)
            following = self._carry_out(request) if request is not None else None

    def _note_commit(self, result: Result) -> None:
        """Mark a commit that is not live, as far as that can be known."""
        document = result.json
        if isinstance(document, dict) and document.get("outcome") == "committed":
            live = document.get("live")
            self._watch.after_line(
                written_only=live is False or (live is None and self._session.live is None)
            )

    def _carry_out(self, request: Request) -> Result | None:
        if request.kind == "quit":
            raise LeaveError
        if request.kind == "source":
            self._source(request)
            return None
        resume = request.resume
        if resume is None:
            return None
        if request.kind == "edit":
            return editing.edit(request.text, request.suffix, resume, self.reader, self._screen)
        return self._answer(request, resume)

    def _answer(self, request: Request, resume: Callable[[str], Result]) -> Result | None:
        ask = self.reader.secret if request.kind == "password" else self.reader.ask
        try:
            return resume(ask(request.message))
        except EOFError:
            self._screen.notice("nothing was done")
            return None

    def _source(self, request: Request) -> None:
        if self._depth == _DEEPEST:
            message = f"files that run each other are more than {_DEEPEST} deep"
            raise ShellError("source-too-deep", message, hint="does one of them run itself?")
        self._depth += 1
        try:
            steps = self._interpreter.prepare([(request.message, request.text)])
            done = self._together(steps, self._session.line)
            if done < len(steps):
                message = "the lines behind it have not run: what is left at the new target comes first"
                hint = "run them from a file of their own"
                raise steps[done - 1].place(ShellError("target-changed", message, hint=hint))
        finally:
            self._depth -= 1

    def _together(self, steps: Sequence[Step], name: str) -> int:
        """Run several lines; what they stage can be undone as one step. An error ends them.

        Returns how many have run: those behind a `connect` have not.
        """
        draft, target = self._session.draft, self._session.target
        mark = len(draft.steps)
        done = 0
        self._session.keep_every = _KEEP_EVERY
        try:
            for step in steps:
                self._one(step, len(steps) == 1)
                done += 1
                if self._session.target is not target:
                    break
        finally:
            self._session.keep_every = 0.0
            if self._session.draft is draft:
                draft.join(mark, name)
                self._session.keep_draft()
            if len(steps) > 1:
                self._screen.notice(f"{done} of {len(steps)} lines run; {self._staged()}")
        return done

    def _staged(self) -> str:
        """Return what is staged, in words."""
        return (
            f"staged: {self._session.plan().summary}"
            if self._session.has_staged_edits
            else "nothing is staged"
        )

    def _one(self, step: Step, alone: bool) -> None:
        try:
            answer = self._interpreter.execute(step)
            if not alone:
                answer.remarks.clear()  # the summary says it for all
            self._show(answer, answer.as_json, step.effect)
        except ShellError as error:
            step.place(error)
            raise


def _mistake(error: Exception) -> ShellError:
    """Return the error that tells of an exception that nobody expected, with the place where it was raised."""
    *_, place = traceback.walk_tb(error.__traceback__)
    code = place[0].f_code
    return ShellError(
        "mistake",
        f"this is a mistake in step-shell: {type(error).__name__} in {code.co_name} "
        f"({os.path.basename(code.co_filename)}:{place[1]}): {visible(str(error))}",
        hint="please report it; the session goes on, and what is staged is kept: see staged",
    )
