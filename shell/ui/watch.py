"""What happens behind the prompt: the target is read, and looked at again while nobody types.

The first prompt does not wait for the target. A thread reads it, makes the index of names and loads the
commands, and then looks every few seconds whether the file has changed and whether the running CA
serves it, or whether the CA that is worked on has something else now. Nothing here delays a key: whoever
needs the session takes `lock`, and only a line that runs or a menu that opens ever waits for it.
"""

from __future__ import annotations

import gc
import importlib
import threading
from time import monotonic
from typing import TYPE_CHECKING

from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.language.registry import Registry
    from shell.session import Session
    from shell.sites.lookout import Lookout
    from shell.sites.site import Site

LOOK_AGAIN = 1.0
"""Seconds between two looks at the file."""
ASK_AGAIN = 30.0
"""Seconds between two looks at the running CA."""
_RESTS = 50
"""How many times as long as a look at a CA took the next one waits, where that is longer."""
_NEEDED_SOON = ("rich.console", "rich.style", "shell.staging.plan", "shell.facts", "shell.model.rules.run")


class Watch:
    """Reads the target in a thread, and notices when it changes.

    `changed` is called in that thread, whenever a mark of the prompt or a message may be new. `drifted`
    says that the target is not what was read; `written_only` that the running CA does not serve the file;
    `silent` that the CA does not answer.
    """

    def __init__(self, session: Session, registry: Registry) -> None:
        self.lock = threading.RLock()
        self.drifted = False
        self.written_only = False
        self.silent = False
        self.error: ShellError | None = None
        self._session = session
        self._registry = registry
        self._changed: Callable[[], None] = lambda: None
        self._loaded = threading.Event()
        self._wake = threading.Event()
        self._messages: list[str] = []
        self._seen: object = None
        self._fingerprint = ""
        self._unread = False
        self._published = ""
        self._readings = 0
        self._lookout: Lookout | None = None
        self._looks_at: Site | None = None
        self._told_of: Site | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the target has been read, so that looking at what it holds asks nobody."""
        return self._loaded.is_set() and not self._unread and self.error is None

    def start(self, changed: Callable[[], None] | None = None) -> None:
        """Begin, once; a later call only says what is to be called."""
        self._changed = changed or self._changed
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="watch", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Return when the target has been read; raises the ShellError that says why it cannot be."""
        self._loaded.wait()
        if self.error is not None:
            raise self.error

    @property
    def has_messages(self) -> bool:
        """Whether there is something to say about the target."""
        return bool(self._messages)

    def take_messages(self) -> list[str]:
        """Return what is to be said about the target, each thing once."""
        messages, self._messages = self._messages, []
        return messages

    def refresh(self) -> bool:
        """Read the target again where it has changed and no edits depend on what it was.

        Call it with the lock, before a line runs. Returns whether it was read again. Raises ShellError
        where it cannot be read now, upon which the session keeps what it has.
        """
        if not self.drifted or self._session.has_staged_edits:
            return False
        self._session.site.read()
        self._session.reread()
        self._remember()
        return True

    def after_line(self, *, written_only: bool | None = None) -> None:
        """Note what a line has done: it may have read the target anew, or written it."""
        if written_only is not None:
            self.written_only = written_only
        try:
            if self._session.base.fingerprint != self._fingerprint:
                self._remember()
                self._wake.set()
        except ShellError:
            self.drifted = self._unread = True  # whatever needs the target says why it cannot be read

    def _remember(self) -> None:
        """Note what the target is now; a session that has dropped what it read reads it here."""
        reading = self._session.reading
        self._seen = self._session.site.seen()
        self._fingerprint = reading.digest
        self._readings += 1
        if self._session.target.kind == "ca":
            from shell.sites.lookout import published_fingerprint

            self._published = published_fingerprint(reading)
        self.drifted = self._unread = False

    def _work(self) -> None:
        gc.enable()
        self._load()
        self._changed()
        if self.error is not None:
            return
        try:
            self._warm_up()
            self._look_on()
        except Exception as error:  # whatever it is, the prompt goes on
            self._messages.append(
                f"changes of the target by others are noticed no more: {type(error).__name__}: {visible(str(error))}; "
                "please report this, and start again"
            )
            self._changed()

    def _look_on(self) -> None:
        until_asked = 0.0
        while True:
            if until_asked <= 0:
                began = monotonic()
                self._ask_the_ca()
                until_asked = max(ASK_AGAIN, _RESTS * (monotonic() - began))
            woken = self._wake.wait(LOOK_AGAIN)
            self._wake.clear()
            until_asked = 0 if woken else until_asked - LOOK_AGAIN
            self._look()

    def _load(self) -> None:
        try:
            with self.lock:
                self._remember()
        except ShellError as error:
            self.error = error
        finally:
            self._loaded.set()

    def _warm_up(self) -> None:
        """Say what is to be said of a file, and load what the next keys and lines need."""
        if self._session.target.kind != "ca":
            self._tell()
        with self.lock:
            next(self._session.names(""), None)
            next(self._session.key_ids(""), None)
        self._registry.commands()
        for name in _NEEDED_SOON:
            importlib.import_module(name)

    def _tell(self) -> None:
        """Say what is to be said of the target. Nothing is asked for it: a CA has told its part before."""
        with self.lock:
            self._told_of = self._session.site
            found = self._session.take_notices()
            try:
                if self._session.target.kind == "ca":
                    found += self._session.site.remarks()
                found += self._session.before_editing()
            except ShellError as error:
                found.append(error.message)
            except OSError:
                self.drifted = True  # it went away since it was read
        self._messages += found
        self._changed()

    def _look(self) -> None:
        """Notice whether the file is still the one that was read."""
        seen, readings = self._session.site.glance(), self._readings
        if seen == self._seen:
            return
        drifted = seen is None or self._session.site.has_moved()
        with self.lock:
            if readings != self._readings:
                return  # it was read again meanwhile: the next look tells
            self._seen = seen
            moved, self.drifted = drifted != self.drifted, drifted
        if moved:
            self._changed()

    def _ask_the_ca(self) -> None:
        """Look at the running CA, without making anybody wait for its answer."""
        if self._session.target.kind == "ca":
            self._look_at_the_ca()
            return
        if self._session.site is not self._told_of:
            self._tell()
        if self._session.live:
            self._compare_with_the_ca()

    def _look_at_the_ca(self) -> None:
        """Notice whether the CA that is worked on has something else than was read, or does not answer."""
        site, readings = self._session.site, self._readings
        if site is not self._looks_at:
            from shell.sites.lookout import lookout

            self._lookout, self._looks_at = lookout(site), site
        if self._lookout is None:
            return
        try:
            if site is not self._told_of:
                self._lookout.learn()
                self._tell()
            found = self._lookout.fingerprint()
            self.silent = False
        except ShellError:
            self.silent = True
            self._changed()
            return
        with self.lock:
            if readings != self._readings:
                return  # it was read again meanwhile
            self._published = self._published or found
            self.drifted = self._unread or found != self._published
        self._changed()  # also for the time that a login still has

    def _compare_with_the_ca(self) -> None:
        """Notice whether the running CA serves the file, where the program was told how to see one."""
        from shell.commit.live import served_state

        try:
            with self.lock:
                base, site = self._session.base, self._session.site
                readings = self._readings
            served = site.served(base.settings)
            if served is None:
                return
            state = served_state((base.provisioner(id_).members for id_ in base.ids()), served)
        except ShellError:
            return
        with self.lock:
            if state == "unknown" or readings != self._readings:
                return
            moved, self.written_only = (state == "not-live") != self.written_only, state == "not-live"
        if moved:
            self._changed()
