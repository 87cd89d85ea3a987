"""What `--trace` and `--verbose` say on standard error while a session works.

Imported only with one of them, and then on the reading path. A trace has a line for each request, and nothing of what it carries.
"""

from __future__ import annotations

from shell.escape import visible
from shell.model.values import Number, format_json
from shell.observer import REQUEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shell.model.values import JSON
    from shell.observer import Observer, Value

_TOLD = frozenset({"connect", "login", "reload", "traffic"})
"""The events that `--verbose` tells of."""
_TRACED = ("method", "path", "status", "ms", "connection")


def trace(observer: Observer, *, json: bool) -> Callable[[str, str, Mapping[str, Value]], None]:
    """Return the listener that tells each request; with `json` as a JSON document in a line."""
    shown = _as_json if json else _as_text

    def listener(_level: str, event: str, fields: Mapping[str, Value]) -> None:
        if event == REQUEST:
            observer.tell(shown(fields))

    return listener


def chatter(observer: Observer) -> Callable[[str, str, Mapping[str, Value]], None]:
    """Return the listener that tells what else `--verbose` tells: who is connected to, who is logged in."""

    def listener(_level: str, event: str, fields: Mapping[str, Value]) -> None:
        if event in _TOLD:
            parts = (
                f"{name.replace('_', ' ')} {value}"
                for name, value in fields.items()
                if value not in ("", None)
            )
            observer.tell(visible(f"{event}: {', '.join(parts)}"))

    return listener


def _as_text(fields: Mapping[str, Value]) -> str:
    status = fields["status"] or "no answer"
    text = f"trace: {fields['method']} {fields['path']} {status} {fields['ms']} ms, {fields['connection']} connection"
    return visible(text)


def _as_json(fields: Mapping[str, Value]) -> str:
    document: dict[str, JSON] = {}
    for name in _TRACED:
        value = fields[name]
        document[name] = value if isinstance(value, str | bool | None) else Number(str(value))
    return format_json({"trace": document})
