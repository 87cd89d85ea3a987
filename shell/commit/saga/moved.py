"""Whether a CA at another address knows what an interrupted commit has done: it may be another node with an old cache.

Nodes on one database have a cache each, of names and admins, that a reload alone renews; what they say of a
provisioner that the cache has comes from the database, and so does which tokens were used. So a node that shows
every change which was answered, and of the last one what its token tells, is as good as the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commit.saga.caller import StepFailed
from shell.commit.saga.steps import Remove, Replace, There

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shell.commit.saga.anystep import AnyStep
    from shell.commit.saga.caller import Caller
    from shell.model.values import JSON

    Records = Sequence[dict[str, JSON]]


def require_known(caller: Caller, steps: Sequence[AnyStep], records: Records, *, burnt: bool) -> None:
    """Raise StepFailed where the CA that answers does not show what the journal knows to have been done.

    `burnt` says that the last request had not arrived and never will. Raises Unsettled as `Caller.look` does.
    """
    expected = _expected(records, burnt)
    for number, wanted in expected.items():
        if not _is_known(caller, steps[number], wanted):
            raise StepFailed(
                f"{steps[number].shown}: the CA that answers now does not know yet what was done through the other node"
            )
    if not expected and not any(_is_there(caller, step) for step in steps):
        raise StepFailed("nothing of this commit tells whether the CA that answers now is the same one")


def _expected(records: Records, burnt: bool) -> dict[int, There]:
    """Return what is known of each step by number: that it was made, or that it was not or not any more."""
    found: dict[int, There] = {}
    sent = [place for place, record in enumerate(records) if "send" in record]
    for place, record in enumerate(records):
        if record.get("turn") == "back" and found:
            # the last one may have been refused
            found.pop(max(found))
        if "send" not in record:
            continue
        number, back = int(str(record["send"])), record.get("way") == "back"
        if back:
            found |= {later: There.BEFORE for later in found if later > number}
        if place == sent[-1] and burnt:
            found[number] = There.AFTER if back else There.BEFORE
        else:
            found[number] = There.BEFORE if back else There.AFTER
    return found


def _is_known(caller: Caller, step: AnyStep, wanted: There) -> bool:
    """Whether a step is as it was left, or what others have made of it since.

    A provisioner that was renamed must be known by the name that it has now.
    """
    found = caller.look(step)
    if found is There.OTHER:
        return not isinstance(step, Replace) or _is_there(caller, step)
    if found is not wanted:
        return False
    if not isinstance(step, Replace) or not step.renames:
        return True
    return caller.api.provisioner(step.new_name if wanted is There.AFTER else step.path_name) is not None


def _is_there(caller: Caller, step: AnyStep) -> bool:
    """Whether the CA has the provisioner, by its id, that a step is about."""
    if not isinstance(step, Replace | Remove):
        return False
    return caller.api.provisioner_by_id(str(step.before.get("id") or "")) is not None
