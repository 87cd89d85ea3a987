"""Two nodes on one database: a commit that suddenly meets the other one neither doubles nor loses anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from shell.backends.admin.connection import Connection
from shell.errors import Incomplete, ShellError
from tests.faults.test_saga import Mixed
from tests.support.cacommit import CaBench, acme
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request
from tests.support.simulatedca.faults import Kind


@pytest.fixture(scope="module")
def mixed(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """Return a commit of everything."""
    return Mixed(pki, tmp_path_factory.mktemp("nodes"))


def _switching(mixed: Mixed, number: int, fault: Fault) -> Callable[[Request], Fault | None]:
    """Return what lets the other node answer from a request on, with what happens to that request on the first."""
    first = mixed.bench.number + number
    other = mixed.bench.ca.node()

    def fault_of(request: Request) -> Fault | None:
        if request.number != first:
            return None
        if fault.kind == "lose":
            mixed.bench.ca.answer(request)  # the first node acts, and the second one is met from then on
        mixed.bench.transport.ca = other
        return Fault("drop")

    return fault_of


@pytest.mark.parametrize("kind", ["lose", "drop"])
def test_a_switch_of_node_at_every_request(mixed: Mixed, kind: Kind) -> None:
    """No name is there twice, both nodes still start, and what is incomplete is recovered through the first node."""
    words: Counter[str] = Counter()
    for number in range(1, mixed.count + 1):
        mixed.stage()
        mixed.bench.transport.fault = _switching(mixed, number, Fault(kind))
        try:
            word = str(mixed.bench.commit().word)
        except Incomplete:
            word = "incomplete"
        except ShellError:
            word = "failed"
        words[word] += 1
        names = [one["name"] for one in mixed.bench.ca.database.provisioners.values()]
        assert len(names) == len(set(names))
        mixed.bench.transport.ca = mixed.bench.ca
        mixed.bench.ca.reload()
        mixed.require(word, "back" if number % 2 else "forward")
    assert words["incomplete"]


def test_a_recovery_through_another_node_is_refused(mixed: Mixed) -> None:
    """It may not know yet what the first one has done."""
    mixed.stage()
    mixed.bench.transport.fault = mixed.at(9, Fault("refuse"), forever=True)
    with pytest.raises(Incomplete):
        mixed.bench.commit()
    first = mixed.bench.ca
    other = first.node()
    mixed.bench.ca = other
    try:
        with pytest.raises(Incomplete, match="answers now"):
            mixed.bench.recover("forward")
    finally:
        mixed.bench.ca = first
    mixed.require("incomplete", "forward")


def test_the_state_folder_is_private(mixed: Mixed) -> None:
    """Journal, seal and history are for the owner alone."""
    files = [path for path in Path(mixed.bench.folder / "state").rglob("*") if path.is_file()]
    assert files
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_other_nodes_are_asked_whether_they_serve_a_commit(pki: Pki, tmp_path: Path) -> None:
    """One that has not reloaded does not, one that does not answer does not say; neither fails the commit."""
    bench = CaBench(pki, tmp_path, acme("web"))
    second, third = bench.ca.node(), bench.ca.node()
    silent = third.transport()
    silent.fault = lambda _: Fault("refuse")
    bench.target.nodes = (Connection(second.transport()),)
    outcome = bench.set("web", "forceCN", True).commit()
    assert (outcome.word, outcome.live) == ("committed", False)
    assert "does not serve it yet (web)" in outcome.notes[0]
    second.reload()
    bench.start()
    bench.target.nodes = (Connection(silent),)
    outcome = bench.set("web", "forceCN", False).commit()
    assert (outcome.word, outcome.live) == ("committed", None)
    bench.start()
    bench.target.nodes = (Connection(bench.ca.transport()),)
    outcome = bench.set("web", "forceCN", True).add("more").commit()
    assert (outcome.word, outcome.live, outcome.notes) == ("committed", True, ())
