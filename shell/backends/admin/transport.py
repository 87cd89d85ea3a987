"""What carries one request to a CA and its answer back, and the two ways in which it can fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shell.backends.exchange import Observe


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: header names are in lower case. `fresh` says that a connection was made for it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    fresh: bool = False


class Node(NamedTuple):
    """What tells one node of a CA from another: `IP:PORT`, and the SHA-256 of the certificate that it shows, in hex.

    step-ca makes itself a new certificate at each start and at each reload (tried with v0.30.2), so that the same
    node can be another one here, but never two the same one. Both texts are empty before the first connection.
    """

    address: str
    leaf: str


class NotSent(Exception):
    """No byte of the request went out. `code` says why in a word, `why` in a sentence, `hint` what helps."""

    def __init__(self, code: str, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.hint = hint


class Broken(Exception):
    """The request went out, at least in part, and no whole answer came back.

    `at_once` says that the connection had been used before and ended without a byte of an answer: the CA
    closes them all when it reloads. `fresh` says that a connection was made for the request.
    """

    def __init__(self, why: str, *, at_once: bool = False, fresh: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.at_once = at_once
        self.fresh = fresh


class Transport(Protocol):
    """Carries requests to one CA, over a connection that it keeps."""

    @property
    def url(self) -> str:
        """The address as the user gave it, `https://HOST[:PORT]`."""

    @property
    def address(self) -> str:
        """The one node that is spoken to, `IP:PORT`; empty before the first connection."""

    @property
    def leaf(self) -> str:
        """The SHA-256 of the certificate that the node showed at the last connection, in hex; empty before."""

    @property
    def root_sha256(self) -> str:
        """The fingerprint of the root that the CA is verified with, in hex; empty before it is known."""

    def open(self) -> None:
        """Connect, where there is no connection that the CA has not closed; raises NotSent."""

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send one request and return the answer, whatever it says; raises NotSent or Broken.

        `target` is the encoded path with its query and goes out as it is.
        """

    def meanwhile(self, work: Callable[[], None]) -> None:
        """Let something be done once, when the next request has gone out and its answer is awaited.

        It sends nothing and raises nothing.
        """

    def observe(self, observe: Observe) -> None:
        """Tell of requests that it makes by itself, such as the one for the root of a fingerprint."""

    def fresh(self) -> None:
        """Let the next request use a new connection."""
