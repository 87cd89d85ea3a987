"""Requests to a CA as they are recorded, without secrets and bodies, and what they come to together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPResponse
    from typing import TypeAlias

    Observe: TypeAlias = "Callable[[Exchange], None]"

_HEAD = len("GET  HTTP/1.1\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: no secrets, no headers, no bodies.

    `status` is 0 where no answer came, `ms` how long it took in milliseconds, `outcome` one of answer, refused,
    unreachable and lost. `query` has no question mark. `request_id` is what the log of the CA has, `said` the
    words of a CA that refused, or why there was no answer; both may be empty and are safe to show. `fresh` says
    that a connection was made for it; `sent` and `received` are bytes of HTTP, within TLS.
    """

    method: str
    path: str
    status: int
    ms: float
    outcome: str
    query: str = ""
    request_id: str = ""
    said: str = ""
    fresh: bool = False
    sent: int = 0
    received: int = 0

    def fields(self) -> dict[str, str | float | bool | None]:
        """Return it as the fields of an event."""
        return {
            "method": self.method,
            "path": self.path + (f"?{self.query}" if self.query else ""),
            "status": self.status,
            "ms": round(self.ms, 1),
            "connection": "new" if self.fresh else "no" if self.outcome == "unreachable" else "kept",
            "outcome": self.outcome,
            "request_id": self.request_id,
            "said": self.said,
        }


class Traffic:
    """How many requests were made, over how many connections, how long they took, and how many bytes they were."""

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self.ms = 0.0
        self.sent = 0
        self.received = 0

    def add(self, exchange: Exchange) -> None:
        """Count one more."""
        self.requests += 1
        self.connections += exchange.fresh
        self.ms += exchange.ms
        self.sent += exchange.sent
        self.received += exchange.received

    def counts(self) -> dict[str, int]:
        """Return all of it as numbers; times are in milliseconds, sizes in bytes."""
        return {
            "count": self.requests,
            "connections": self.connections,
            "ms": round(self.ms),
            "sent": self.sent,
            "received": self.received,
        }

    def __str__(self) -> str:
        """Return all of it as a line for a person."""
        plural = "" if self.connections == 1 else "s"
        return (
            f"{self.requests} over {self.connections} connection{plural}, {self.ms:.0f} ms, "
            f"{_size(self.sent)} sent, {_size(self.received)} received"
        )


def http_size(line: str, headers: Mapping[str, str], body: bytes | None) -> int:
    """Return about how many bytes a request or an answer is; `line` is its target, or its status and reason."""
    fields = sum(len(name) + len(value) + 4 for name, value in headers.items())
    return _HEAD + len(line) + fields + len(body or b"")


def body_of(answer: HTTPResponse) -> bytes:
    """Return the body of an answer; raises OSError and HTTPException, the latter also for a length that is none."""
    try:
        return answer.read()
    except (ValueError, OverflowError, MemoryError) as error:  # negative, or more than there can be
        from http.client import IncompleteRead

        raise IncompleteRead(b"") from error


def _size(count: int) -> str:
    """Return a number of bytes for a person."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
