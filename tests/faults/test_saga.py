"""Every fault at every request of a commit to a CA: the CA ends as it was or as it was to be, and the outcome says which.

On the simulated CA, which the contract tests hold to the real one; `tests/live/test_saga_faults.py` does it
through a proxy before a real step-ca.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shell.commit.saga.caller import Caller
from shell.commit.saga.recovery import Direction
from shell.errors import ExitCode, Incomplete, RolledBack, ShellError
from tests.support.cacommit import CaBench, acme
from tests.support.pki import Pki
from tests.support.simulatedca import Database, Fault, Request

FAULTS: dict[str, Fault] = {
    "refuse": Fault("refuse"),
    "drop": Fault("drop"),
    "drop as tls": Fault("drop", why="the answer broke off: its TLS record is damaged"),
    "lose": Fault("lose"),
    "late by one": Fault("late", after=1),
    "late by two": Fault("late", after=2),
    "late by five": Fault("late", after=5),
    "late for good": Fault("late"),
    "500 instead": Fault("answer", status=500),
    "500 afterwards": Fault("answer", status=500, acted=True),
    "500 by the ca": Fault("answer", status=500, echo=True),
    "500 by the ca afterwards": Fault("answer", status=500, acted=True, echo=True),
    "401 instead": Fault("answer", status=401, body=b'{"type":"unauthorized","message":"no"}'),
    "404 afterwards": Fault("answer", status=404, acted=True, body=b"404 page not found\n"),
    "garbage instead": Fault("answer", status=200, body=b"<html>"),
    "garbage afterwards": Fault("answer", status=200, body=b"<html>", acted=True),
    "cut off": Fault("answer", status=200, body=b'{"id": "12', acted=True, echo=True),
}

Look = tuple[dict[str, Any], set[tuple[str, str, str]]]


class Mixed:
    """A commit of everything: additions, changes, a renaming, a webhook, a removal with admins, and one without.

    `more` are further provisioners that it changes: with many it reads each only when it writes it.
    """

    def __init__(self, pki: Pki, folder: Path, more: Sequence[str] = ()) -> None:
        self.more = more
        entries = (acme(name) for name in ("changed", "hooked", "named", "manned", "gone", *more))
        self.bench = CaBench(pki, folder, *entries)
        owner = self.bench.id_of("manned")
        self.bench.ca.add_admin("bob", owner, super=False)
        self.bench.ca.add_admin("alice", owner)
        self.bench.ca.reload()
        self.database: Database = copy.deepcopy(self.bench.ca.database)
        self.old: Look = self.bench.ca.state()
        self.stage()
        outcome = self.bench.commit()
        assert outcome.word == "committed"
        self.new: Look = self.bench.ca.state()
        self.count = len(self.bench.requests)

    def stage(self) -> None:
        """Begin with the old state, and stage the edits."""
        self.bench.again(self.database)
        hook = {
            "id": "1",
            "name": "hook",
            "url": "https://h.example.com",
            "kind": "ENRICHING",
            "secret": "c2VjcmV0",
        }
        self.bench.add("new").add("newer", forceCN=True)
        self.bench.set("changed", "claims.maxTLSCertDuration", "48h")
        self.bench.set("hooked", "options.webhooks", [hook]).set("named", "name", "renamed")
        self.bench.remove("manned").remove("gone")
        for name in self.more:
            self.bench.set(name, "forceCN", True)

    def at(self, number: int, fault: Fault, *, forever: bool = False) -> Callable[[Request], Fault | None]:
        """Return what makes the request of the commit with this number (from 1), or all from there on, go wrong."""
        first = self.bench.number + number

        def fault_of(request: Request) -> Fault | None:
            hit = request.number >= first if forever else request.number == first
            return fault if hit else None

        return fault_of

    def late_and_refused(self, number: int) -> Callable[[Request], Fault | None]:
        """Return what keeps one request back and refuses the rehearsal of the login, so that all is taken back."""
        late = self.at(number, Fault("late"))

        def fault_of(request: Request) -> Fault | None:
            refused = Fault("answer", status=403, body=b'{"status":403,"message":"no"}', echo=True)
            return refused if request.path == "/1.0/sign" else late(request)

        return fault_of

    def run(self, number: int, fault: Fault, *, forever: bool = False) -> str:
        """Commit with a fault; returns the word of the outcome."""
        return self.run_with(lambda: self.at(number, fault, forever=forever))

    def run_with(self, fault: Callable[[], Callable[[Request], Fault | None]]) -> str:
        """Commit with what `fault` gives once the old state is there; returns the word of the outcome."""
        self.stage()
        self.bench.transport.fault = fault()
        try:
            return self.bench.commit().word
        except Incomplete:
            return "incomplete"
        except RolledBack:
            return "rolled-back"
        except ShellError as error:
            return "failed" if error.exit_code == ExitCode.FAILED else f"exit {error.exit_code}"

    def require(self, word: str, direction: Direction) -> None:
        """Require that the CA is as the word says, now and when everything late has arrived, and that it starts."""
        bench = self.bench
        bench.transport.fault = None
        if word == "incomplete":
            bench.transport.arrive()
            done = bench.recover(direction)
            assert done is not None
            word = done.word
            assert word == {"back": "rolled-back", "forward": "committed"}[direction]
        wanted = self.new if word == "committed" else self.old
        assert bench.ca.state() == wanted
        bench.transport.arrive()
        assert bench.ca.state() == wanted, "a late request was taken"
        bench.ca.reload()
        assert bench.recover("back") is None, "the journal is still open"


@pytest.fixture(scope="module")
def mixed(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """Return the mixed commit, done once without a fault."""
    return Mixed(pki, tmp_path_factory.mktemp("mixed"))


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_at_every_request(mixed: Mixed, name: str) -> None:
    """The CA has the old state or the new one, and the word is right; every request of the commit is hit."""
    hit = set()
    for number in range(1, mixed.count + 1):
        word = mixed.run(number, FAULTS[name])
        hit.add(number)
        direction: Direction = "forward" if number % 2 else "back"
        mixed.require(word, direction)
    assert hit == set(range(1, mixed.count + 1))


@pytest.mark.parametrize("name", ["refuse", "drop", "lose", "500 afterwards", "late for good"])
@pytest.mark.parametrize("direction", ["back", "forward"])
def test_the_ca_goes_away_at_every_request(mixed: Mixed, name: str, direction: Direction) -> None:
    """Everything from one request on goes wrong: what is left open is finished or taken back later."""
    for number in range(1, mixed.count + 1):
        word = mixed.run(number, FAULTS[name], forever=True)
        assert word in {"failed", "incomplete", "rolled-back", "committed"}
        mixed.require(word, direction)


def test_what_arrives_late_does_nothing_after_it_was_taken_back(mixed: Mixed) -> None:
    """A request that was lost on the way, and arrives when everything was taken back, is refused."""
    for number in range(1, mixed.count + 1):
        word = mixed.run_with(lambda number=number: mixed.late_and_refused(number))  # type: ignore[misc]
        assert word in {"failed", "rolled-back"}
        mixed.require(word, "back")


def _survives_losses(mixed: Mixed) -> None:
    for number in range(1, mixed.count + 1):
        mixed.require(mixed.run(number, FAULTS["drop"]), "back")


@pytest.mark.parametrize(
    ("method", "bug", "runs"),
    [
        ("_settled", lambda *_: True, _survives_losses),
        ("_burnt", lambda *_: True, test_what_arrives_late_does_nothing_after_it_was_taken_back),
    ],
    ids=["takes a lost answer for done", "does not spend the token"],
)
def test_a_planted_bug_is_caught(
    pki: Pki,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    bug: Callable[..., bool],
    runs: Callable[[Mixed], None],
) -> None:
    """A commit that handles lost answers wrongly is found out by these runs."""
    mixed = Mixed(pki, tmp_path)
    monkeypatch.setattr(Caller, method, bug)
    with pytest.raises((AssertionError, ShellError)):
        runs(mixed)
