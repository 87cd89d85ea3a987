"""Every fault at every request of a commit to a real step-ca, made by a proxy: old or new, and the word is right.

`tests/faults/test_saga.py` does the same on the simulated CA, with more faults and a larger commit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from shell.backends.admin.connection import Connection
from shell.backends.admin.https import HttpsTransport, Timeouts
from shell.backends.admin.login import PasswordLogin
from shell.backends.admin.target import AdminCa
from shell.backends.admin.transport import Broken, Reply
from shell.commit.saga.caller import Caller
from shell.commit.saga.recovery import Direction, recover_ca
from tests.support.cacommit import acme
from tests.support.liveca import LiveCa
from tests.support.mixed import NAMES, PATIENT, commit_mixed, with_admins
from tests.support.pki import Pki
from tests.support.proxy import NEVER, Fault, at

pytestmark = pytest.mark.live

FAULTS: dict[str, Fault] = {
    "cut before": Fault("close"),
    "reset before": Fault("reset"),
    "tls broken after": Fault("damage", acted=True),
    "500 instead": Fault("answer", status=500),
    "401 instead": Fault("answer", status=401, body=b'{"type":"unauthorized","message":"no"}'),
    "404 after": Fault("answer", status=404, body=b"404 page not found\n", acted=True),
    "garbage after": Fault("garbage", acted=True),
    "half an answer": Fault("cut", acted=True),
}
"""For every request."""
OF_CHANGES: dict[str, Fault] = {
    "cut after": Fault("close", acted=True),
    "reset after": Fault("reset", acted=True),
    "500 after": Fault("answer", status=500, body=b'{"message":"made up"}', acted=True),
    "late by one": Fault("reset", late=1),
    "late by two": Fault("reset", late=2),
    "late for good": Fault("close", late=NEVER),
    "times out before": Fault("hang"),
    "times out after": Fault("hang", acted=True),
    "times out, late by one": Fault("hang", late=1),
}
"""For requests that change something: for others it is the same whether the CA got them."""
TIME_OUT = 0.4
"""Seconds after which a request is given up that the proxy lets hang; all others may take as long as they like."""
PATIENCE = 60.0
_LAST = re.compile(r"(?<=s/)[^/?]+|[?].*")
"""The part of a path that is a name or an id: the order of the changes follows the list of the CA, which moves."""


class Hasty(HttpsTransport):
    """Goes through the proxy, and waits only a moment for the answer to the request that hangs."""

    def __init__(self, live: LiveCa) -> None:
        super().__init__(
            live.proxy.url, root_pem=live.pki.root.read_text(), timeouts=Timeouts(PATIENCE, PATIENCE)
        )
        self._proxy = live.proxy
        self.hangs = 0

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Send a request; one that hangs is given up when the proxy has done with it what it should."""
        number = len(self._proxy.log) + 1
        if number != self.hangs:
            return super().send(method, target, headers, body)
        self.open()
        assert self._connection is not None
        self._connection.sock.settimeout(TIME_OUT)
        try:
            return super().send(method, target, headers, body)
        except Broken:
            deadline = time.monotonic() + PATIENCE
            while not self._is_done(number):
                assert time.monotonic() < deadline, "the request has not come to the proxy"
                time.sleep(0.005)
            raise

    def _is_done(self, number: int) -> bool:
        """Whether the request has come to the proxy, and the CA has answered it where it was to get it."""
        if len(self._proxy.log) < number:
            return False
        exchange = self._proxy.log[number - 1]
        acted = exchange.fault is not None and exchange.fault.acted
        return exchange.judged and (not acted or exchange.ended > 0)


class Mixed:
    """A commit of an addition, two changes, a renaming, a webhook, and a removal with admins."""

    def __init__(self, live: LiveCa) -> None:
        self.live = live
        with_admins(live)
        self.old = live.content()
        assert self.run() == "committed"
        self.new = live.content()
        self.trace = self.asked()
        self.changing = [each.number for each in live.proxy.log if each.changes]

    def asked(self) -> list[tuple[str, str]]:
        """Return what the proxy was asked, without names and ids."""
        return [(each.method, _LAST.sub("", each.path)) for each in self.live.proxy.log]

    def run(self, number: int = 0, fault: Fault | None = None) -> str:
        """Commit from the old state, with a fault at one request; returns the word of the outcome."""
        live = self.live
        live.restore(self.old)
        transport = Hasty(live)
        connection = Connection(transport)
        login = PasswordLogin(connection, password=lambda _: live.pki.password.encode(), provisioner="admin")

        def spoil() -> None:
            live.proxy.forget()
            live.proxy.fault = at(number, fault) if fault else None
            transport.hangs = number if fault and fault.kind == "hang" else 0

        return commit_mixed(AdminCa(connection, login), live.state(), spoil)

    def require(self, word: str, direction: Direction) -> None:
        """Require that the CA has what the word says, also when what is late has arrived."""
        live = self.live
        live.proxy.fault = None
        if word == "incomplete":
            done = recover_ca(live.target(), live.state(), direction, patience=PATIENT)
            assert done is not None
            word = done.word
            assert word == {"back": "rolled-back", "forward": "committed"}[direction]
        assert live.state().journal.open_commit() is None
        assert word in {"committed", "rolled-back", "failed"}
        wanted = self.new if word == "committed" else self.old
        assert live.content().same(wanted), word
        if live.proxy.arrive():
            assert live.content().same(wanted), "a late request was taken"


@pytest.fixture(scope="module")
def mixed(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """Return the mixed commit on a CA of its own, done once without a fault."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("mixed"), *map(acme, NAMES)) as live:
        yield Mixed(live)


def _every(mixed: Mixed, name: str, fault: Fault, numbers: list[int]) -> None:
    """Commit with a fault at each of these requests; afterwards the CA still starts, with the admins it had."""
    executed = []
    for number in numbers:
        word = mixed.run(number, fault)
        executed += [(each.number, name) for each in mixed.live.proxy.log if each.fault is fault]
        assert mixed.asked()[:number] == mixed.trace[:number]
        mixed.require(word, "forward" if number % 2 else "back")
    assert executed == [(number, name) for number in numbers]
    print(f"{len(executed)} commits to a real CA with the fault: {name}")
    before = mixed.live.content()
    mixed.live.restart()
    assert mixed.live.content().same(before)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_every_request(mixed: Mixed, name: str) -> None:
    """The CA has the old state or the new one, the word says which, and what is incomplete recovers both ways."""
    _every(mixed, name, FAULTS[name], list(range(1, len(mixed.trace) + 1)))


@pytest.mark.parametrize("name", OF_CHANGES)
def test_a_fault_at_every_change(mixed: Mixed, name: str) -> None:
    """The same where the CA has acted and nobody hears of it, or acts when everybody has given up waiting."""
    _every(mixed, name, OF_CHANGES[name], mixed.changing)


def test_a_planted_bug_is_caught(mixed: Mixed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that takes every lost answer for done is found out in this way."""
    monkeypatch.setattr(Caller, "_settled", lambda *_: True)
    caught = 0
    for number in mixed.changing:
        word = mixed.run(number, FAULTS["cut before"])
        try:
            mixed.require(word, "back")
        except AssertionError:
            caught += 1
    assert caught
