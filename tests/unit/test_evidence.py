"""The judge of the races: what the logs of the proxies must say for a lost update to be excused."""

from __future__ import annotations

from tests.support.evidence import Party, verdict, writes_of
from tests.support.proxy import Exchange

PATH = "/admin/provisioners/shared"


def exchange(method: str, path: str, began: float, ended: float, *, said: int = 200) -> Exchange:
    """Return a request that took this time."""
    return Exchange(1, method, path, "", said=said, began=began, ended=ended)


def party(
    name: str, look: float, put: tuple[float, float], proof: float = 0.0, *, well: bool = True
) -> Party:
    """Return a program that looked, wrote, and perhaps looked again; a look takes one."""
    log = [exchange("GET", PATH, look, look + 1), exchange("PUT", PATH, *put)]
    if proof:
        log.append(exchange("GET", "/admin/provisioners?limit=100", proof, proof + 1))
    return Party(name, writes_of(log, "shared"), well, proves=bool(proof))


def test_a_write_between_a_look_and_a_write_is_excused() -> None:
    """Nobody can see it."""
    step = party("step", 0, (10, 12))
    assert verdict(step, [party("shell", 9, (13, 15), 60)]) == "window"


def test_a_write_that_was_there_when_the_other_one_looked_is_not() -> None:
    """He has thrown it away."""
    step = party("step", 0, (10, 12))
    assert "looked at it when it was there" in verdict(step, [party("shell", 13, (16, 18), 60)])


def test_a_shell_that_could_see_that_it_was_overwritten_has_to_say_so() -> None:
    """The other one's write was answered before it looked back."""
    shell = party("shell", 9, (10, 12), 60)
    assert "did not say so" in verdict(shell, [party("step", 5, (13, 15))])
    assert verdict(shell, [party("step", 5, (59, 61))]) == "window"


def test_whoever_overwrites_and_says_that_it_failed_has_reported() -> None:
    """One side has."""
    step = party("step", 0, (10, 12))
    assert verdict(step, [party("shell", 9, (13, 15), 60, well=False)]) == "reported"


def test_only_writes_that_the_ca_took_count() -> None:
    """A refused one changes nothing."""
    log = [exchange("GET", PATH, 0, 1), exchange("PUT", PATH, 2, 3, said=500)]
    assert writes_of(log, "shared") == []
