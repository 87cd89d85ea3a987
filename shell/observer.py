"""What happens in a session, told to whoever listens: the log file, the trace, the words of `--verbose`.

On the reading path: where nobody listens, telling costs a call. What is told has no secrets: the words of
a command and the names that it is about, never its values; of a request neither header nor body.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from shell.errors import ShellError

    Value: TypeAlias = "str | float | bool | None"
    Listener: TypeAlias = "Callable[[str, str, Mapping[str, Value]], None]"

ERROR, WARNING, INFO, DEBUG = LEVELS = ("error", "warning", "info", "debug")

REQUEST = "request"
"""The event of one request to a CA."""
_MOST_TROUBLES = 5  # requests that an error tells of


class Observer:
    """Is told what happens, and tells the listeners: each gets a level, the name of an event and its fields.

    `verbose` says that errors get details: the requests of their line that came to nothing, in the words of
    the CA, and what the system said. `tell` writes a line for a person; whoever has a screen sets it.
    """

    __slots__ = ("_listeners", "_troubles", "tell", "verbose")

    def __init__(self, tell: Callable[[str], None] | None = None, *, verbose: bool = False) -> None:
        self.tell: Callable[[str], None] = tell or _nowhere
        self.verbose = verbose
        self._listeners: list[Listener] = []
        self._troubles: list[tuple[str, Mapping[str, Value]]] = []

    def listen(self, listener: Listener) -> None:
        """Tell this one too from now on."""
        self._listeners.append(listener)

    @property
    def has_listeners(self) -> bool:
        """Whether there is anybody to be told."""
        return bool(self._listeners)

    def note(self, level: str, event: str, **fields: Value) -> None:
        """Tell the listeners of an event. A listener that cannot write stops nothing: a commit may be under way."""
        for listener in self._listeners:
            try:
                listener(level, event, fields)
            except OSError:
                continue

    def begin(self) -> None:
        """Note that another line begins: what came to nothing before has no part in its errors."""
        self._troubles.clear()

    def request(self, fields: Mapping[str, Value]) -> None:
        """Note one request: its method, path, status, ms, outcome, request_id, said and others."""
        if fields.get("outcome") != "answer":
            self._troubles.append((str(fields.get("request_id") or ""), fields))
        self.note(DEBUG, REQUEST, **fields)

    def failed(self, error: ShellError) -> None:
        """Note an error that a person is told now, and give it its details.

        What a UsageError says repeats words as they were typed, which a secret may stand among: of it only the
        code is told.
        """
        for each in (error, *error.causes):
            self.note(
                ERROR,
                "error",
                code=each.code,
                exit=each.exit_code,
                place=each.place,
                message="" if each.repeats_words else each.message,
                request_id=each.request_id,
            )
        if self.verbose:
            error.details = (*self._told(error), *error.particulars())

    def _told(self, error: ShellError) -> list[tuple[str, str]]:
        """Return the requests that an error comes from: changes that came to nothing, and its own."""
        found: list[tuple[str, str]] = []
        for request_id, fields in self._troubles:
            own = bool(request_id) and request_id == error.request_id
            if own or fields["method"] != "GET" or fields["outcome"] != "refused":
                status = fields["status"] or "no answer"
                found.append((REQUEST, f"{fields['method']} {fields['path']}: {status}"))
                more = ((label, str(fields.get(name) or "")) for label, name in _TOLD)
                found += [(label, text) for label, text in more if text and text not in error.message]
        return found[-_MOST_TROUBLES * (len(_TOLD) + 1) :]


_TOLD = (("said", "said"), ("request id", "request_id"))


def _nowhere(_text: str) -> None:
    """Tell nobody."""
