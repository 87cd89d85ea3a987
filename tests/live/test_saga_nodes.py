"""Two step-ca on one database behind one address: a commit that meets the other one loses and doubles nothing.

`tests/faults/test_saga_nodes.py` does more of it, on simulated nodes at two addresses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shell.commit.saga.recovery import Direction, recover_ca
from shell.errors import Incomplete
from tests.support.cacommit import acme
from tests.support.mixed import NAMES, PATIENT, commit_mixed, with_admins
from tests.support.nodes import Nodes
from tests.support.pki import Pki
from tests.support.postgres import Postgres
from tests.support.proxy import Exchange, Fault

pytestmark = pytest.mark.live


class Scene:
    """Two nodes, the contents before and after a commit, and the numbers of its requests that change something."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.live = nodes.live
        with_admins(self.live)
        self.old = self.live.content()
        self.nodes.reload()
        assert self.commit() == "committed"
        self.new = self.live.content()
        self.changes = [each.number for each in self.live.proxy.log if each.changes]

    def begin(self) -> None:
        """Bring both nodes back to the old content, and serve the first."""
        self.nodes.reload()
        self.live.restore(self.old)
        self.nodes.serve(self.nodes.first)
        self.nodes.reload()

    def commit(self, fault: Callable[[Exchange], Fault | None] | None = None) -> str:
        """Commit, and return the word; `fault` says what becomes of each request."""

        def spoil() -> None:
            self.live.proxy.forget()
            self.live.proxy.fault = fault

        word = commit_mixed(self.live.target(), self.live.state(), spoil)
        self.live.proxy.fault = None
        return word

    def switching(self, at: int, fault: Fault) -> Callable[[Exchange], Fault | None]:
        """Return the fault after which a request's connection ends, and others reach the second node."""

        def fault_of(exchange: Exchange) -> Fault | None:
            if exchange.number != at:
                return None
            self.nodes.serve(self.nodes.second)
            return fault

        return fault_of

    def killing(self, at: int, fault: Fault) -> Callable[[Exchange], Fault | None]:
        """Return the fault after which the node is dead."""

        def fault_of(exchange: Exchange) -> Fault | None:
            if exchange.number > at or (exchange.number == at and not fault.acted):
                self.nodes.first.stop(kill=True)
            return fault if exchange.number == at else None

        return fault_of

    def recover(self, direction: Direction, *, reloaded: bool = False) -> str:
        """End the open commit; returns the word, or the code of the error."""
        try:
            done = recover_ca(
                self.live.target(), self.live.state(), direction, patience=PATIENT, reloaded=reloaded
            )
        except Incomplete as error:
            return error.code
        assert done is not None
        return done.word

    def require(self, word: str) -> None:
        """Require that both nodes start with what there is, and that it is what the word says."""
        self.nodes.reload()
        names = [str(entry["name"]) for entry in self.live.direct.provisioners()]
        assert len(names) == len(set(names))
        assert self.live.content().same(self.new if word == "committed" else self.old), word
        assert self.live.state().journal.open_commit() is None


@pytest.fixture(scope="module")
def scene(
    step_ca: Path, postgres: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """Return the scene."""
    folder = tmp_path_factory.mktemp("nodes")
    with (
        Postgres(postgres) as server,
        Nodes(step_ca, pki, folder, server.database("ca"), *map(acme, NAMES)) as nodes,
    ):
        yield Scene(nodes)


@pytest.mark.parametrize("acted", [False, True], ids=["lost", "done"])
def test_the_other_node_at_every_change(scene: Scene, acted: bool) -> None:
    """Whatever the commit says is so; what is incomplete is ended by a node that has loaded since, and by no other."""
    words: Counter[str] = Counter()
    for place, number in enumerate(scene.changes):
        scene.begin()
        word = scene.commit(scene.switching(number, Fault("close", acted=acted)))
        if word == "incomplete":
            direction: Direction = "back" if place % 2 else "forward"
            ended = scene.recover(direction)
            if ended == "other-node":
                words[ended] += 1
                scene.nodes.reload(scene.nodes.second)
                ended = scene.recover(direction, reloaded=True)
            assert ended == {"back": "rolled-back", "forward": "committed"}[direction]
            words[ended] += 1
            word = ended
        else:
            words["at once"] += 1
        scene.require(word)
    assert words["other-node"], words
    assert words["committed"], words
    assert words["rolled-back"], words


@pytest.mark.parametrize("acted", [False, True], ids=["lost", "done"])
def test_the_same_node_started_anew_at_every_change(scene: Scene, acted: bool) -> None:
    """It shows another certificate, and what was done: it ends the commit without being told anything."""
    for place, number in enumerate(scene.changes):
        scene.begin()
        assert scene.commit(scene.killing(number, Fault("close", acted=acted))) == "incomplete"
        scene.nodes.restart()
        direction: Direction = "forward" if place % 2 else "back"
        assert scene.recover(direction) == {"back": "rolled-back", "forward": "committed"}[direction]
        scene.require({"back": "rolled-back", "forward": "committed"}[direction])
