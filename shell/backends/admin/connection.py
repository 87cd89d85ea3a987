"""One connection to a CA: what became of each request is said in four words, and nothing is sent twice.

step-ca closes a connection that was idle for 15 seconds, and all of them when it reloads (tried with
v0.30.2). So after ten idle seconds a request begins a new one; a GET that meets a dead one is sent once
more, and a change never is. An answer counts only if it has the request id that was sent: step-ca always
returns it, so that what a proxy in between makes up cannot pass for the CA's word.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from shell.backends.admin.addresses import quote_path
from shell.backends.admin.echoes import without_secrets
from shell.backends.admin.outcome import Answer, Lost, Refused, Unreachable
from shell.backends.admin.transport import Broken, Node, NotSent
from shell.backends.exchange import Exchange, http_size
from shell.escape import shortened
from shell.model.values import format_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.backends.admin.outcome import Outcome
    from shell.backends.admin.transport import Reply, Transport
    from shell.backends.exchange import Observe
    from shell.model.values import JSON

MOST_IDLE = 10.0
"""How long a connection may have been idle before a request, in seconds."""
_REQUEST_ID = "x-request-id"
_LONGEST = 500  # characters of what a CA says that are recorded


class _Way(NamedTuple):
    """How a request went: over a new connection, over one that the CA had closed, with how many bytes back."""

    fresh: bool = False
    again: bool = False
    received: int = 0


class Connection:
    """Requests to one CA, one after the other.

    `exchanges` has every one of them; `observe` says who is told of each as it ends. `clock_skew` is how many
    seconds the CA's clock is ahead of ours, to the second, or None before its first answer. `clock` measures
    how long things take, `wall` says what time it is; both in seconds.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._wall = wall
        self._last_used: float | None = None
        self.exchanges: list[Exchange] = []
        self._observe: Observe | None = None
        self.clock_skew: float | None = None
        self.hint = ""
        transport.observe(self._record)

    @property
    def url(self) -> str:
        """The address of the CA as the user gave it."""
        return self._transport.url

    @property
    def address(self) -> str:
        """The one node that is spoken to, `IP:PORT`; empty before the first request."""
        return self._transport.address

    @property
    def node(self) -> Node:
        """The node that is spoken to, as far as it can be told from others behind its address."""
        return Node(self._transport.address, self._transport.leaf)

    def open(self) -> None:
        """Connect, where that is needed, before anything is sent; a failure shows when something is."""
        self._freshen()
        with contextlib.suppress(NotSent):
            self._transport.open()

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the pinned root, in hex; empty before it is known."""
        return self._transport.root_sha256

    def close(self) -> None:
        """Close the connection; the next request opens another, to the same node."""
        self._transport.fresh()
        self._last_used = None

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Let something be done once while the answer to the next request is awaited: see `Transport`."""
        self._transport.meanwhile(work)

    def request(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        body: JSON = None,
        authorize: Callable[[], str] | None = None,
    ) -> Outcome:
        """Send a request and say what became of it; `path` is decoded.

        `authorize` gives the value of the Authorization header, anew for each time that it is sent; it is
        asked before anything goes out, and what it raises is raised.
        """
        outcome, again = self._attempt(method, path, query, body, authorize)
        if again and method == "GET":
            self.close()
            outcome, _ = self._attempt(method, path, query, body, authorize)
        return outcome

    def _attempt(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        body: JSON,
        authorize: Callable[[], str] | None,
    ) -> tuple[Outcome, bool]:
        """Send a request once; also says whether it met a connection that the CA had closed."""
        request_id = secrets.token_hex(16)
        headers = {_REQUEST_ID: request_id, "accept": "application/json"}
        data = None
        if body is not None:
            data = format_json(body).encode("utf-8", "surrogatepass")
            headers["content-type"] = "application/json"
        asked = urlencode(query)
        target = quote_path(path) + (f"?{asked}" if asked else "")
        token = authorize() if authorize else ""  # last: it may look at what the request is about to change
        if token:
            headers["authorization"] = token
        self._freshen()
        began = self._clock()
        outcome, way = self._sent(method, target, headers, data, path)
        if isinstance(outcome, Refused):
            outcome = replace(outcome, hidden=without_secrets(outcome.message, body, token))
        ended = self._clock()
        self._last_used = ended
        self._record(
            Exchange(
                method,
                path,
                0 if isinstance(outcome, Unreachable) else outcome.status,
                (ended - began) * 1000,
                type(outcome).__name__.lower(),
                asked,
                request_id="" if isinstance(outcome, Unreachable) else request_id,
                said=_said(outcome),
                fresh=way.fresh,
                sent=0 if isinstance(outcome, Unreachable) else http_size(target, headers, data),
                received=way.received,
            )
        )
        return outcome, way.again

    def _sent(
        self, method: str, target: str, headers: dict[str, str], data: bytes | None, path: str
    ) -> tuple[Outcome, _Way]:
        """Send bytes, and return what became of them and how they went."""
        try:
            reply = self._transport.send(method, target, headers, data)
        except NotSent as error:
            self.hint = error.hint
            return Unreachable(error.code, error.why), _Way()
        except Broken as error:
            self.close()
            return Lost(error.why, path), _Way(error.fresh, error.at_once)
        self._note_time(reply)
        received = http_size("200 OK", reply.headers, reply.body)
        outcome = judge(reply, headers[_REQUEST_ID], path)
        if isinstance(outcome, Lost):
            self.close()  # the answer may yet come, and must not be taken for that to the next request
        return outcome, _Way(reply.fresh, received=received)

    def observe(self, observe: Observe) -> None:
        """Tell of every request from now on, also of those that the transport makes by itself."""
        self._observe = observe

    def _record(self, exchange: Exchange) -> None:
        """Add a request to those that were made, and tell the observer."""
        self.exchanges.append(exchange)
        if self._observe is not None:
            self._observe(exchange)

    def _freshen(self) -> None:
        if self._last_used is not None and self._clock() - self._last_used > MOST_IDLE:
            self.close()

    def _note_time(self, reply: Reply) -> None:
        try:
            said = parsedate_to_datetime(reply.headers.get("date", ""))
        except (ValueError, OverflowError):
            return
        self.clock_skew = said.timestamp() - int(self._wall())


def _said(outcome: Outcome) -> str:
    """Return the words of a CA that refused, or why there was no answer, as they may be shown."""
    if isinstance(outcome, Answer):
        return ""
    return shortened(outcome.words if isinstance(outcome, Refused) else outcome.why, _LONGEST)


def judge(reply: Reply, request_id: str, path: str) -> Outcome:
    """Return what a reply says about the request with this id."""
    if reply.headers.get(_REQUEST_ID) != request_id:
        why = f"an answer ({reply.status}) came that is not one of the CA: something in between made it"
        return Lost(why, path, status=reply.status)
    try:
        value = parse_json(reply.body.decode()) if reply.body else None
    except ValueError:
        value = None
    if reply.status < 300 and value is not None:
        return Answer(reply.status, value, request_id)
    if reply.status < 400:
        return Lost(f"the answer ({reply.status}) is cut off or not JSON", path, status=reply.status)
    error = value if isinstance(value, dict) else {}
    message = error.get("message")
    if reply.status >= 500 and not isinstance(message, str):
        return Lost(f"the CA failed ({reply.status}) and does not say at what", path, status=reply.status)
    if not isinstance(message, str):
        # a path or a method that the CA does not have is answered in plain text
        return Refused(reply.status, "", reply.body[:200].decode(errors="replace").strip(), request_id)
    return Refused(reply.status, str(error.get("type") or ""), message, request_id)
