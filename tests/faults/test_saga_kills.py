"""A commit to a CA that dies at any moment: the next start finds it, and ends it in either direction.

Dying is an exception that nothing may handle but by letting go; `tests/live/test_saga_kills.py` does it to
processes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shell.commit.saga.commit import require_closed
from shell.commit.saga.recovery import Direction, open_ca_commit, recover_ca
from shell.errors import Incomplete
from shell.journal import Journal, Open
from shell.state import State
from tests.faults.test_saga import Mixed
from tests.support.cacommit import HASTY
from tests.support.pki import Pki
from tests.support.simulatedca import Fault, Request


class Died(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def mixed(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """Return a commit of everything."""
    return Mixed(pki, tmp_path_factory.mktemp("kills"))


def require_recovered(mixed: Mixed, direction: Direction) -> None:
    """Require that the next start sees the commit, refuses another one, and ends it in this direction."""
    bench = mixed.bench
    bench.transport.fault = None
    state = State.open(str(bench.folder / "state"), "https://ca.example.com:9000")
    if open_ca_commit(state) is None:
        assert bench.ca.state() in (mixed.old, mixed.new), "it is closed, so it is the one or the other"
        return
    with pytest.raises(Incomplete, match="still open"):
        require_closed(state)
    mixed.require("incomplete", direction)


@pytest.mark.parametrize("acted", [False, True], ids=["before", "afterwards"])
@pytest.mark.parametrize("direction", ["back", "forward"])
def test_death_at_every_request(mixed: Mixed, direction: Direction, acted: bool) -> None:
    """Before the CA gets the request, or after it has acted on it."""
    for number in range(1, mixed.count + 1):
        mixed.stage()
        mixed.bench.transport.fault = dying(mixed, number, acted)
        with pytest.raises(Died):
            mixed.bench.commit()
        require_recovered(mixed, direction)


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_death_at_every_request_while_it_is_taken_back(mixed: Mixed, direction: Direction) -> None:
    """Also then the next start can go either way."""
    for number in range(1, 11):  # five steps, each looked at and taken back
        mixed.stage()
        mixed.bench.transport.fault = _dying_on_the_way_back(mixed, number)
        with pytest.raises(Died):
            mixed.bench.commit()
        require_recovered(mixed, direction)


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_death_at_every_request_of_a_recovery(mixed: Mixed, direction: Direction) -> None:
    """And a recovery that dies is recovered."""
    for number in range(1, 80):
        mixed.stage()
        mixed.bench.transport.fault = dying(mixed, 22, True)
        with pytest.raises(Died):
            mixed.bench.commit()
        mixed.bench.start()
        mixed.bench.transport.fault = dying(mixed, number, number % 2 == 0)
        try:
            _recover_with(mixed, direction)
        except Died:
            require_recovered(mixed, "back" if direction == "forward" else "forward")
        else:
            mixed.bench.transport.fault = None
            break
    else:
        pytest.fail("a recovery has fewer requests")


@pytest.mark.parametrize("written", [False, True], ids=["before", "afterwards"])
@pytest.mark.parametrize("direction", ["back", "forward"])
def test_death_at_every_journal_write(
    mixed: Mixed, monkeypatch: pytest.MonkeyPatch, direction: Direction, written: bool
) -> None:
    """Before a record is on the disk, or right after."""
    writes = count_writes(mixed, monkeypatch)
    assert writes > 8
    for number in range(1, writes + 1):
        mixed.stage()
        with monkeypatch.context() as patch:
            die_at_write(patch, number, written)
            with pytest.raises(Died):
                mixed.bench.commit()
        require_recovered(mixed, direction)


def _recover_with(mixed: Mixed, direction: Direction) -> None:
    state = State.open(str(mixed.bench.folder / "state"), "https://ca.example.com:9000")
    recover_ca(mixed.bench.target, state, direction, patience=HASTY)


def dying(mixed: Mixed, number: int, acted: bool) -> Callable[[Request], Fault | None]:
    """Return what ends the process at a request of the commit, after the CA has acted on it or before it gets it."""
    first = mixed.bench.number + number

    def fault_of(request: Request) -> None:
        if request.number == first:
            if acted:
                mixed.bench.ca.answer(request)
            raise Died

    return fault_of


def _dying_on_the_way_back(mixed: Mixed, number: int) -> Callable[[Request], Fault | None]:
    """Return what refuses the rehearsal, and ends the process at a request after that."""
    seen: list[int] = []

    def fault_of(request: Request) -> Fault | None:
        if request.path == "/1.0/sign":
            seen.append(request.number)
            return Fault("answer", status=403, body=b'{"status":403,"message":"no"}', echo=True)
        if seen and request.number == seen[0] + number:
            mixed.bench.ca.answer(request)
            raise Died
        return None

    return fault_of


def count_writes(mixed: Mixed, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how often a commit writes to its journal."""
    count = 0
    with monkeypatch.context() as patch:
        append = Open._append

        def counting(self: Open, record: dict[str, object]) -> None:
            nonlocal count
            count += 1
            append(self, record)  # type: ignore[arg-type]

        patch.setattr(Open, "_append", counting)
        mixed.stage()
        mixed.bench.commit()
    return count + 1


def die_at_write(patch: pytest.MonkeyPatch, number: int, written: bool) -> None:
    """Die at this write: the first is that of the plan, the others are records."""
    count = 0
    append, write_plan = Open._append, Journal._write_plan

    def dying_append(self: Open, record: dict[str, object]) -> None:
        nonlocal count
        count += 1
        if count == number and not written:
            raise Died
        append(self, record)  # type: ignore[arg-type]
        if count == number:
            raise Died

    def dying_plan(self: Journal, *arguments: object, **options: object) -> int | None:
        nonlocal count
        count += 1
        if count == number and not written:
            raise Died
        descriptor = write_plan(self, *arguments, **options)  # type: ignore[arg-type]
        if count == number:
            import os

            os.close(descriptor or -1)
            raise Died
        return descriptor

    patch.setattr(Open, "_append", dying_append)
    patch.setattr(Journal, "_write_plan", dying_plan)


def test_the_folder_keeps_no_secret_when_it_is_over(mixed: Mixed, tmp_path: Path) -> None:
    """The sealed part goes with the journal."""
    mixed.stage()
    mixed.bench.commit()
    texts = [path.read_text() for path in (mixed.bench.folder / "state").rglob("*") if path.is_file()]
    assert texts
    assert not any("c2VjcmV0" in text for text in texts)
