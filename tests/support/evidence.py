"""Who has overwritten whom, by the logs of the proxies that several programs went through at one time.

The clock is that of the proxies: a request takes effect at a CA somewhere between being passed on and being answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.support.proxy import Exchange

_LIST = "/admin/provisioners?"
_BY_ID = "/admin/provisioners/id?"


@dataclass(frozen=True, slots=True)
class Write:
    """A PUT that the CA took: what was looked at last before it, and first after it (None where nothing was)."""

    put: Exchange
    look: Exchange | None
    proof: Exchange | None


@dataclass(frozen=True, slots=True)
class Party:
    """One program in a round: `well` is what it said of itself, `proves` that it reads back what it wrote."""

    name: str
    writes: Sequence[Write]
    well: bool
    proves: bool

    @property
    def interval(self) -> tuple[float, float]:
        """From its first look to the answer to its last write."""
        looks = [each.look.began for each in self.writes if each.look is not None]
        return min(looks, default=0.0), max((each.put.ended for each in self.writes), default=0.0)


def writes_of(log: Iterable[Exchange], provisioner: str) -> list[Write]:
    """Return the writes of one program to a provisioner, from the log of its proxy."""
    found = []
    mine = sorted((each for each in log if each.said == 200), key=lambda each: each.began)
    path = f"/admin/provisioners/{provisioner}"
    for place, put in enumerate(mine):
        if (put.method, put.path) != ("PUT", path):
            continue
        looks = [each for each in mine[:place] if each.path == path or each.path.startswith(_BY_ID)]
        proofs = [each for each in mine[place + 1 :] if each.path.startswith((_LIST, _BY_ID))]
        look = next((each for each in reversed(looks) if each.method == "GET"), None)
        found.append(Write(put, look, proofs[0] if proofs else None))
    return found


def verdict(victim: Party, others: Sequence[Party]) -> str:
    """Return why the change of a program that said well is not there: "reported", "window", or what is wrong.

    "window": the other one's last look was served before the victim's write was answered and, where the victim
    looks at what it wrote, the other one's write was not answered before that look was passed on. Nobody can
    see that over the API.
    """
    mine = victim.writes[-1]
    stale = [
        (other, write)
        for other in others
        for write in other.writes
        if write.put.ended > mine.put.began and (write.look is None or write.look.began < mine.put.ended)
    ]
    if not stale:
        return f"{victim.name} was overwritten by somebody who had looked at it when it was there"
    unseen = [
        (other, write)
        for other, write in stale
        if not victim.proves or mine.proof is None or write.put.ended > mine.proof.began
    ]
    if not unseen:
        return f"{victim.name} was overwritten before it looked, and did not say so"
    return "window" if all(other.well for other, _ in unseen) else "reported"


def have_met(one: Party, other: Party) -> bool:
    """Whether two programs worked at one time: from the first look to the last write."""
    (began, ended), (theirs_began, theirs_ended) = one.interval, other.interval
    return began < theirs_ended and theirs_began < ended
