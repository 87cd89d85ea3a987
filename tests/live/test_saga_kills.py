"""SIGKILL of the shell and of a real step-ca at every moment of a commit; the next start ends it in both directions.

`tests/faults/test_saga_kills.py` does it to more moments, within one process, on the simulated CA.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shell.commit.saga.commit import require_closed
from shell.commit.saga.recovery import Direction, open_ca_commit, recover_ca
from shell.errors import Incomplete
from tests.support.cacommit import acme
from tests.support.liveca import LiveCa
from tests.support.mixed import NAMES, PATIENT, commit_mixed, with_admins
from tests.support.pki import Pki
from tests.support.program import IMPORT_PATH, RunShell
from tests.support.proxy import NEVER, Exchange, Fault

pytestmark = pytest.mark.live


class Killing:
    """A CA, its two contents, and a program that forks processes which commit and are killed."""

    def __init__(self, live: LiveCa) -> None:
        self.live = live
        with_admins(live)
        live.proxy.forget()
        self.old = live.content()
        self.pid = 0
        arguments = [live.proxy.url, live.pki.root, live.pki.password_file, live.folder / "state"]
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sagachild", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=IMPORT_PATH,
            env={**os.environ, "PYTHONPATH": IMPORT_PATH},
        )
        self.run()  # makes the folder and the history, once
        end = self.run()
        assert end[:2] == ["end", "committed"]
        self.steps = int(end[2])
        self.requests = list(live.proxy.log)
        self.new = live.content()

    def close(self) -> None:
        """End the program."""
        assert self._program.stdin
        self._program.stdin.close()
        self._program.wait()
        assert self._program.stdout
        self._program.stdout.close()

    def _heard(self) -> list[str]:
        assert self._program.stdout
        return self._program.stdout.readline().split()

    def _tell(self, text: str) -> None:
        assert self._program.stdin
        self._program.stdin.write(f"{text}\n")
        self._program.stdin.flush()

    def kill(self) -> None:
        """Kill the process that commits."""
        os.kill(self.pid, signal.SIGKILL)

    def run(self, step: int = 0, fault: Callable[[Exchange], Fault | None] | None = None) -> list[str]:
        """Commit from the old content; returns the last line of the process, `killed` where it was."""
        self.live.restore(self.old)
        self._tell(str(step))
        _, pid = self._heard()
        self.pid = int(pid)
        self.live.proxy.forget()
        self.live.proxy.fault = fault
        self._tell("go")
        said = self._heard()
        if said == ["here"]:
            self.kill()
            said = self._heard()
        if said[0] == "gone":
            assert os.WTERMSIG(int(said[1])) == signal.SIGKILL
            return ["killed"]
        assert self._heard()[0] == "gone"
        return said

    def require_recovered(self, direction: Direction) -> bool:
        """Require that the next start finds the commit and ends it; returns whether there was one."""
        live = self.live
        live.proxy.fault = None
        state = live.state()
        if open_ca_commit(state) is None:
            now = live.content()
            assert now.same(self.old) or now.same(self.new)
            assert live.proxy.arrive() == []
            return False
        with contextlib.suppress(Incomplete):
            require_closed(state)
            pytest.fail("another commit could begin")
        done = recover_ca(live.target(), state, direction, patience=PATIENT)
        assert done is not None
        if done.word == "rolled-back":
            direction = "back"  # also where it had not noted yet what to do
        self.require(direction)
        return True

    def require(self, direction: Direction) -> None:
        """Require the content that this direction ends in, also when everything has arrived."""
        wanted = self.new if direction == "forward" else self.old
        assert self.live.content().same(wanted)
        if self.live.proxy.arrive():
            assert self.live.content().same(wanted), "a late request was taken"


@pytest.fixture(scope="module")
def killing(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killing]:
    """Return a CA and what commits to it."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("killing"), *map(acme, NAMES)) as live:
        made = Killing(live)
        yield made
        made.close()


def test_killed_at_every_write_of_the_journal(killing: Killing) -> None:
    """Before, in the middle of and after each write: reported at the next start, and ended in a direction."""
    assert killing.steps > 30
    found = 0
    for step in range(1, killing.steps + 1):
        assert killing.run(step) == ["killed"]
        found += killing.require_recovered("forward" if step % 2 else "back")
    assert found > killing.steps // 2
    _require_start(killing)


@pytest.mark.parametrize(
    "fault",
    [Fault("close"), Fault("close", acted=True), Fault("close", late=NEVER)],
    ids=["before", "afterwards", "late"],
)
def test_killed_at_every_request(killing: Killing, fault: Fault) -> None:
    """The CA never gets the request, or gets it while nobody is there, or when the recovery is over."""
    executed = []
    wanted: list[tuple[int, Direction]] = [
        (each.number, direction)
        for each in killing.requests
        for direction in ("back", "forward")
        if each.changes or (fault == Fault("close") and direction == ("back", "forward")[each.number % 2])
    ]
    for number, direction in wanted:

        def kill(exchange: Exchange, number: int = number) -> Fault | None:
            if exchange.number != number:
                return None
            killing.kill()
            return fault

        assert killing.run(0, kill) == ["killed"]
        executed += [(each.number, direction) for each in killing.live.proxy.spoiled()]
        killing.require_recovered(direction)
    assert executed == wanted
    _require_start(killing)


@pytest.mark.parametrize("acted", [False, True], ids=["before", "afterwards"])
def test_the_ca_is_killed_at_every_change(killing: Killing, acted: bool) -> None:
    """A commit that lost its CA is incomplete, and ends when the CA is there again."""
    live = killing.live
    for number in [each.number for each in killing.requests if each.changes]:
        live.restore(killing.old)

        def kill(exchange: Exchange, number: int = number) -> Fault | None:
            if exchange.number >= number:
                if not acted or exchange.number > number:
                    live.ca.stop(kill=True)
                return Fault("close", acted=acted and exchange.number == number)
            return None

        def begin(kill: Callable[[Exchange], Fault | None] = kill) -> None:
            live.proxy.forget()
            live.proxy.fault = kill

        assert commit_mixed(live.target(), live.state(), begin) == "incomplete"
        live.proxy.fault = None
        assert not live.ca.running
        live.restart()
        assert killing.require_recovered("forward" if number % 2 else "back")
    _require_start(killing)


def test_a_new_process_reports_it_and_recovers(killing: Killing, run_shell: RunShell) -> None:
    """Until it is settled reading goes on and changes end with 6; `recover` works in a batch, in both directions."""
    live = killing.live
    login = ["--admin-subject", "step", "--admin-provisioner", "admin"]
    login += ["--admin-password-file", str(live.pki.password_file), "--state-dir", str(live.folder / "state")]
    target = ["--ca-url", live.proxy.url, "--root", str(live.pki.root), *login]
    for direction in ("back", "forward"):

        def kill(exchange: Exchange) -> Fault | None:
            if exchange.method != "DELETE":
                return None
            killing.kill()
            return Fault("close", acted=True)

        assert killing.run(0, kill) == ["killed"]
        live.proxy.fault = None
        listed = run_shell(*target, "-c", "list")
        assert (listed.returncode, "manned" in listed.stdout) == (0, True)
        refused = run_shell(*target, "-c", "add other --type ACME", "-c", "commit")
        assert refused.returncode == 6, refused
        assert "recover" in refused.stderr
        shown = run_shell(*target, "-c", "recover show")
        assert (shown.returncode, "add new" in shown.stdout) == (0, True), shown
        done = run_shell(*target, "-c", f"recover {direction}")
        assert done.returncode == 0, done
        killing.require(direction)


def _require_start(killing: Killing) -> None:
    before = killing.live.content()
    killing.live.restart()
    assert killing.live.content().same(before)
