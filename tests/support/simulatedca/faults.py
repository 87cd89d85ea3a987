"""What carries requests to a simulated CA, and everything that can go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote

from shell.backends.admin.transport import Broken, NotSent, Reply

if TYPE_CHECKING:
    from shell.backends.exchange import Observe
    from tests.support.simulatedca.authority import SimulatedCa

Kind = Literal["refuse", "drop", "lose", "late", "answer"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reached the CA, or would have; `number` counts them from 1."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    @property
    def json(self) -> Any:
        """The body as Python's json reads it."""
        return json.loads(self.body) if self.body else None

    @property
    def changes(self) -> bool:
        """Whether it would change the CA."""
        return self.method != "GET" and self.path.startswith("/admin/")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request.

    `refuse`: there is no connection. `drop`: it gets lost before the CA sees it. `lose`: the CA acts and the
    answer gets lost. `late`: as `drop`, but it arrives when `SimulatedTransport.arrive` is called, or after
    `after` further requests. `answer`: something in between gives `status` and `body`, after the CA acted
    if `acted`, and with the CA's request id if `echo`. `why` is what the client sees of a loss.
    """

    kind: Kind
    status: int = 500
    body: bytes = b""
    acted: bool = False
    echo: bool = False
    after: int = 0
    why: str = "the connection ended before an answer"


class SimulatedTransport:
    """A `Transport` to a simulated CA.

    `fault(request)` is asked before each request and may return a `Fault`. `requests` has every request.
    """

    def __init__(self, ca: SimulatedCa) -> None:
        self.ca = ca
        self.fault: Callable[[Request], Fault | None] | None = None
        self.requests: list[Request] = []
        self.connections = 0
        self._open = False
        self._late: list[tuple[int, Request]] = []
        self._work: Callable[[], None] | None = None
        self._leaf = ""

    @property
    def url(self) -> str:
        """The address that everybody uses."""
        return self.ca.url

    @property
    def address(self) -> str:
        """The node."""
        return self.ca.address

    @property
    def leaf(self) -> str:
        """The certificate that the node showed at the last connection."""
        return self._leaf

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the root."""
        return self.ca.pki.fingerprint

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Do it when the next request arrives."""
        self._work = work

    def observe(self, observe: Observe) -> None:
        """Do nothing: it makes no requests by itself."""

    def fresh(self) -> None:
        """Close the connection."""
        self._open = False

    def open(self) -> None:
        """Connect, where there is no connection."""
        if not self._open:
            self._leaf = self.ca.leaf

    def arrive(self) -> list[Reply]:
        """Let every request that is still under way arrive; nobody hears the answers."""
        late, self._late = self._late, []
        return [self._deliver(request) for _, request in late]

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send one request; raises NotSent or Broken."""
        work, self._work = self._work, None
        if work is not None:
            work()
        path, _, query = target.partition("?")
        number = len(self.requests) + 1
        request = Request(number, method, unquote(path), dict(parse_qsl(query)), dict(headers), body)
        self.requests.append(request)
        for due, late in [item for item in self._late if item[0] < number]:
            self._late.remove((due, late))
            self._deliver(late)
        self.open()
        reused, self._open = self._open, True
        self.connections += not reused
        fault = self.fault(request) if self.fault else None
        if fault is not None:
            return self._faulty(request, fault, reused)
        reply = self._deliver(request)
        if reply.status == 0:
            self._open = False
            raise Broken("the connection ended before an answer", at_once=reused, fresh=not reused)
        return replace(reply, fresh=not reused)

    def _faulty(self, request: Request, fault: Fault, reused: bool) -> Reply:
        if fault.kind == "refuse":
            raise NotSent("ca-down", f"nothing listens at {self.url}")
        if fault.kind == "late":
            self._late.append((request.number + fault.after if fault.after else 10**9, request))
        elif fault.kind == "lose" or fault.acted:
            self._deliver(request)
        if fault.kind == "answer":
            headers = {"x-request-id": request.headers["x-request-id"]} if fault.echo else {}
            return Reply(fault.status, headers, fault.body)
        self._open = False
        raise Broken(fault.why, at_once=False)

    def _deliver(self, request: Request) -> Reply:
        status, answer = self.ca.answer(request)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        date = formatdate(self.ca.now().timestamp(), usegmt=True)
        return Reply(status, {"x-request-id": request.headers.get("x-request-id", "x"), "date": date}, body)
