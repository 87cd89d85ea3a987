"""Faults and deaths in a commit of so many changes that each is read only in the moment before it is written."""

from __future__ import annotations

import pytest

from shell.commit.saga.recovery import Direction
from tests.faults.test_saga import FAULTS, Mixed
from tests.faults.test_saga_kills import (
    Died,
    count_writes,
    die_at_write,
    dying,
    require_recovered,
)
from tests.support.pki import Pki
from tests.support.simulatedca import Fault

MORE = ("more-1", "more-2", "more-3")


@pytest.fixture(scope="module")
def mixed(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    """Return a commit of everything, with many changes."""
    return Mixed(pki, tmp_path_factory.mktemp("many"), MORE)


def test_each_is_read_right_before_it_is_written(mixed: Mixed) -> None:
    """A GET by name is the request before each PUT that renames nothing."""
    mixed.stage()
    mixed.bench.commit()
    asked = [(request.method, request.path) for request in mixed.bench.requests]
    written = [place for place, (method, path) in enumerate(asked) if method == "PUT" and "named" not in path]
    assert len(written) == len(MORE) + 2
    assert all(asked[place - 1] == ("GET", asked[place][1]) for place in written)


@pytest.mark.parametrize("name", ["lose", "late by two"])
def test_one_fault_at_every_request(mixed: Mixed, name: str) -> None:
    """The CA has the old state or the new one, and the word is right."""
    for number in range(1, mixed.count + 1):
        direction: Direction = "forward" if number % 2 else "back"
        mixed.require(mixed.run(number, FAULTS[name]), direction)


def test_the_ca_goes_away_at_every_request(mixed: Mixed) -> None:
    """What is left open is finished or taken back later."""
    for number in range(1, mixed.count + 1):
        direction: Direction = "forward" if number % 2 else "back"
        mixed.require(mixed.run(number, Fault("lose"), forever=True), direction)


@pytest.mark.parametrize("acted", [False, True], ids=["before", "afterwards"])
def test_death_at_every_request(mixed: Mixed, acted: bool) -> None:
    """Before the CA gets it, or after it has acted; in both directions by turns."""
    for number in range(1, mixed.count + 1):
        mixed.stage()
        mixed.bench.transport.fault = dying(mixed, number, acted)
        with pytest.raises(Died):
            mixed.bench.commit()
        require_recovered(mixed, "forward" if number % 2 else "back")


@pytest.mark.parametrize("written", [False, True], ids=["before", "afterwards"])
def test_death_at_every_journal_write(mixed: Mixed, monkeypatch: pytest.MonkeyPatch, written: bool) -> None:
    """In both directions by turns: what a step was is in the record of its request."""
    for number in range(1, count_writes(mixed, monkeypatch) + 1):
        mixed.stage()
        with monkeypatch.context() as patch:
            die_at_write(patch, number, written)
            with pytest.raises(Died):
                mixed.bench.commit()
        require_recovered(mixed, "forward" if number % 2 else "back")
