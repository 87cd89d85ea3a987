"""Ctrl-C in the middle of a commit to a CA: the request in hand ends, and then somebody decides."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from shell.commit.saga.recovery import Direction
from shell.errors import Incomplete, Interrupted, RolledBack
from tests.support.cacommit import CaBench, acme
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request


@pytest.fixture
def bench(pki: Pki, tmp_path: Path) -> CaBench:
    """Return a CA with the provisioners a, b and c, and a draft that adds, changes and removes."""
    made = CaBench(pki, tmp_path, acme("a"), acme("b"), acme("c"))
    return made.add("d").set("a", "forceCN", True).set("b", "forceCN", True).remove("c")


def _interrupting(method: str) -> Callable[[Request], None]:
    """Return what sends a SIGINT while the first request of a method is on its way."""
    sent: list[Request] = []

    def fault_of(request: Request) -> None:
        if request.changes and request.method == method and not sent:
            sent.append(request)
            os.kill(os.getpid(), signal.SIGINT)

    return fault_of


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_batch_takes_everything_back(bench: CaBench, method: str) -> None:
    """Exit code 5, and the CA is as it was."""
    before = bench.ca.state()
    bench.transport.fault = _interrupting(method)
    with pytest.raises(RolledBack) as caught:
        bench.commit()
    assert caught.value.code == "interrupted"
    assert bench.ca.state() == before


def test_behind_the_pivot_a_commit_goes_to_its_end(bench: CaBench) -> None:
    """What is removed does not come back exactly."""
    bench.transport.fault = _interrupting("DELETE")
    assert bench.commit().word == "committed"
    assert bench.names() == {"admin", "a", "b", "d"}


def test_a_person_may_go_on(bench: CaBench) -> None:
    """He is asked once."""
    asked: list[int] = []

    def go_on() -> bool:
        asked.append(1)
        return True

    bench.transport.fault = _interrupting("POST")
    assert bench.commit(go_on=go_on).word == "committed"
    assert asked == [1]


def test_before_anything_is_sent_nothing_is_taken_back(bench: CaBench) -> None:
    """Exit code 130, and no commit is left open."""

    def say(_text: str) -> None:
        raise AssertionError("nothing is begun")

    sent: list[Request] = []

    def fault_of(request: Request) -> None:
        if not sent and request.path == "/admin/admins":
            sent.append(request)
            os.kill(os.getpid(), signal.SIGINT)

    bench.transport.fault = fault_of
    with pytest.raises((Interrupted, KeyboardInterrupt)):
        bench.commit(say=say)
    assert bench.state.journal.open_commit() is None
    assert not [request for request in bench.requests if request.changes]


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_a_recovery_stops_between_requests_and_goes_on_later(
    pki: Pki, tmp_path: Path, direction: Direction
) -> None:
    """What is left stays open, and is ended by the next one."""
    bench = CaBench(pki, tmp_path, *map(acme, "abcd"))
    before = bench.ca.state()
    for name in "abcd":
        bench.set(name, "forceCN", True)
    seen: list[Request] = []

    def gone(request: Request) -> Fault | None:
        seen.extend([request] if request.changes else [])
        return Fault("refuse") if len(seen) > 2 else None

    bench.transport.fault = gone
    with pytest.raises(Incomplete):
        bench.commit()
    transport = bench.ca.transport()
    transport.fault = _interrupting("PUT")
    with pytest.raises(Incomplete, match="interrupted") as caught:
        bench.recover(direction, transport=transport)
    assert caught.value.code == "still-incomplete"
    assert sum(request.changes for request in transport.requests) == 1
    done = bench.recover(direction)
    assert done is not None
    assert (bench.ca.state() == before) == (direction == "back")
