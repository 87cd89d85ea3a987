"""Two nodes on one database: a commit that suddenly meets the other one neither doubles nor loses anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from shell.backends.admin.connection import Connection
from shell.commit.saga.recovery import Direction
from shell.errors import Incomplete, ShellError
from tests.faults.test_saga import Mixed
from tests.support.cacommit import CaBench, acme
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request, SimulatedCa
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


def _left_open(mixed: Mixed, number: int, kind: Kind) -> SimulatedCa | None:
    """Commit, and lose the first node for good at a request; returns a node with the cache from before, if it is open."""
    mixed.stage()
    other = mixed.bench.ca.node()
    fault = mixed.at(number, Fault(kind))
    gone = mixed.at(number + 1, Fault("refuse"), forever=True)
    mixed.bench.transport.fault = lambda request: fault(request) or gone(request)
    try:
        mixed.bench.commit()
    except Incomplete:
        return other
    except ShellError:
        pass
    return None


def _require_whole(mixed: Mixed, node: SimulatedCa, word: str, direction: Direction) -> None:
    """Require that the database is as the word says, that every node starts with it, and that nothing is open."""
    assert word == {"back": "rolled-back", "forward": "committed"}[direction]
    node.reload()
    assert node.state() == (mixed.new if word == "committed" else mixed.old)
    mixed.bench.ca.reload()
    assert mixed.bench.recover("back") is None


@pytest.mark.parametrize("kind", ["lose", "drop"])
def test_a_node_with_an_old_cache_takes_over_only_what_it_knows(mixed: Mixed, kind: Kind) -> None:
    """At every request: it ends the commit whole, or refuses until somebody says that it has loaded since."""
    words: Counter[str] = Counter()
    for number in range(1, mixed.count + 1):
        other = _left_open(mixed, number, kind)
        if other is None:
            continue
        direction: Direction = "back" if number % 2 else "forward"
        refusals = []
        try:
            done = mixed.bench.recover(direction, node=other)
        except Incomplete as error:
            refusals.append((error.code, "--reloaded" in error.hint))
            other.reload()
            done = mixed.bench.recover(direction, node=other, reloaded=True)
        assert refusals in ([], [("other-node", True)])
        words["refused" if refusals else "known"] += 1
        assert done is not None
        _require_whole(mixed, other, done.word, direction)
    assert words["known"] or kind == "lose", "the first step, an addition, was made or not"
    assert words["refused"]


def test_a_node_that_has_loaded_since_takes_over_without_being_told(mixed: Mixed) -> None:
    """The CA moved, or its address changed when it was started again: it shows what was done."""
    count = 0
    for number in range(1, mixed.count + 1):
        other = _left_open(mixed, number, "lose")
        if other is None:
            continue
        other.reload()
        direction: Direction = "forward" if number % 2 else "back"
        done = mixed.bench.recover(direction, node=other)
        assert done is not None
        _require_whole(mixed, other, done.word, direction)
        count += 1
    assert count > 10


def test_a_recovery_that_moved_and_stopped_goes_on_where_it_was(mixed: Mixed) -> None:
    """The first node, back with its old cache, does not know what the second one has done."""
    other = _left_open(mixed, 20, "lose")
    assert other is not None
    other.reload()
    transport = other.transport()
    changes: list[Request] = []

    def fault_of(request: Request) -> Fault | None:
        changes.extend([request] if request.changes else [])
        return Fault("refuse") if len(changes) > 2 else None

    transport.fault = fault_of
    with pytest.raises(Incomplete):
        mixed.bench.recover("back", node=other, transport=transport)
    with pytest.raises(Incomplete) as caught:
        mixed.bench.recover("back")
    assert caught.value.code == "other-node"
    done = mixed.bench.recover("back", node=other)
    assert done is not None
    _require_whole(mixed, other, done.word, "back")


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
