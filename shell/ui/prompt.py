"""The prompt: reads lines, has them run, and does not let staged edits be lost on the way out."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING

from shell.commands import REGISTRY
from shell.errors import ExitCode
from shell.interpreter import Interpreter
from shell.ui.marks import Marks
from shell.ui.opening import open_session, take_up
from shell.ui.reader import HungUpError, LineLeftError, PlainReader, end_by
from shell.ui.runner import LeaveError, Runner
from shell.ui.screen import Screen
from shell.ui.terminal import is_dumb
from shell.ui.watch import Watch

if TYPE_CHECKING:
    from shell.commit.live import LiveOutcome
    from shell.session import Session
    from shell.ui.reader import Reader


def run(session: Session, json: bool) -> int:
    """Let a person work in a session until he leaves; returns the exit code.

    Raises ShellError where the target cannot be read.
    """
    interpreter = Interpreter(session, REGISTRY, interactive=True, json=json, observer=session.observer)
    watch = Watch(session, REGISTRY)
    return _Prompt(session, interpreter, watch).loop()


_IN_THE_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")
"""Browsers that would take the terminal from us."""


class _Prompt:
    def __init__(self, session: Session, interpreter: Interpreter, watch: Watch) -> None:
        self._session = session
        self._watch = watch
        self._screen = Screen(session.observer)
        session.observer.tell = self._tell
        session.progress = self._screen.progress
        session.keep = self._keep
        session.ask_password = self._ask_password
        session.browse = self._browse
        session.paste = self._paste
        session.opens_browser = opens_browser
        session.go_on = self._go_on
        self._marks = Marks(session, watch)
        self._runner = Runner(interpreter, session, watch, self._screen)
        self._reader = self._runner.reader = self._make_reader(interpreter)

    def _make_reader(self, interpreter: Interpreter) -> Reader:
        if is_dumb() or not (sys.stderr.isatty() or sys.stdout.isatty()):
            return PlainReader(self._marks.plain)
        # the line editor is a hundred modules: collecting garbage while they load finds none; the
        # watch, which starts when the first prompt is drawn, turns it on again
        gc.disable()
        from shell.ui.lineeditor import LineEditor

        return LineEditor(interpreter, self._session, self._watch, self._marks, self)

    def loop(self) -> int:
        """Read and run lines until the person leaves."""
        if not open_session(self._session, self._watch, self._runner, self._reader, self._screen):
            return ExitCode.DONE
        if isinstance(self._reader, PlainReader):
            self._watch.start(lambda: None)
            self._watch.wait()
        while True:
            try:
                self.say()
                self._marks.refresh()
                if self._one():
                    return ExitCode.DONE
            except KeyboardInterrupt:
                # just before a line ran, or a second one: told where a third one does no harm
                self._session.say_later(["interrupted"])
            except HungUpError as signal:
                end_by(signal.args[0])

    def _one(self) -> bool:
        """Read a line and run it; returns whether the person leaves."""
        try:
            text = self._reader.line(self._runner.take_rest())
        except LineLeftError:
            return False
        except EOFError:
            text = "quit"
        target = self._session.target
        try:
            self._runner.run(text)
        except LeaveError:
            return self._may_leave()
        if self._session.target is target:
            return False
        return not take_up(self._session, self._watch, self._runner, self._reader, self._screen)

    def run_above(self, line: str) -> None:
        """Run a line while another is being typed."""
        self._runner.run_above(line)
        self._marks.refresh()

    def _tell(self, text: str) -> None:
        """Write what is told besides; what the watch's thread tells waits for a place where it may stand."""
        if threading.current_thread() is threading.main_thread():
            self._screen.notice(text)
        else:
            self._session.say_later([text])

    def explain(self, text: str) -> None:
        """Write what may stand behind a text."""
        self._runner.explain(text)

    def say(self) -> None:
        """Write what the watch has to say."""
        for text in (*self._watch.take_messages(), *self._session.take_notices()):
            self._screen.notice(text)

    def _keep(self, outcome: LiveOutcome) -> bool:
        """Ask whether a file stays that the running CA is worse off with; no answer takes it back."""
        self._screen.stop_busy()
        self._screen.notice(outcome.reason)
        try:
            return self._reader.ask("keep the new file all the same, yes or no [no]? ").lower() in {
                "y",
                "yes",
            }
        except (EOFError, KeyboardInterrupt):
            return False

    def _ask_password(self, prompt: str) -> bytes:
        """Ask for the login password, which is not shown while it is typed."""
        self._screen.stop_busy()
        try:
            return self._reader.secret(f"{prompt}: ").encode("utf-8", "surrogateescape")
        except EOFError:
            raise KeyboardInterrupt from None

    def _browse(self, url: str) -> None:
        """Show the address of an identity provider, and open it where the browser is on this machine."""
        self._screen.stop_busy()
        self._screen.notice(f"log in here: {url}")
        if opens_browser():
            # one that stays in the foreground would keep us from listening for what it brings back
            threading.Thread(target=_open_browser, args=(url,), daemon=True).start()
            self._screen.notice("waiting for your browser to come back; Ctrl-C ends that")

    def _paste(self, prompt: str) -> str:
        """Ask for the address that a browser on another machine ended at."""
        try:
            return self._reader.ask(f"{prompt}: ")
        except EOFError:
            raise KeyboardInterrupt from None

    def _go_on(self) -> bool:
        """Ask whether a commit goes on that Ctrl-C has stopped between two requests; no answer takes it back."""
        self._screen.stop_busy()
        try:
            answer = self._reader.ask("interrupted: take back what is done, or go on [take back]? ")
        except (EOFError, KeyboardInterrupt):
            return False
        return bool(answer) and "go on".startswith(answer.lower())

    def _may_leave(self) -> bool:
        """Ask what becomes of staged edits, where there are any; returns whether to leave."""
        session = self._session
        if not session.has_staged_edits:
            return True
        self._screen.notice(f"staged and not committed: {session.plan().summary}")
        try:
            answer = self._reader.ask("commit, discard or stay [stay]? ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            return False
        if answer and "commit".startswith(answer):
            self._runner.run("commit")
        elif answer and "discard".startswith(answer):
            session.discard()
        return not session.has_staged_edits


def _open_browser(url: str) -> None:
    """Open an address in the person's browser, which neither hears the Ctrl-C that is for us nor writes on our screen."""
    import subprocess

    subprocess.run(
        [sys.executable, "-P", "-m", "webbrowser", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )


def opens_browser() -> bool:
    """Whether the person's browser is on this machine, and can be opened beside the terminal."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if os.environ.get("SSH_CONNECTION") or not shown:
        return False
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if not isinstance(browser, webbrowser.GenericBrowser):
        return True
    # one that BROWSER names is taken for granted by this module
    return os.path.basename(browser.name) not in _IN_THE_TERMINAL and shutil.which(browser.name) is not None
