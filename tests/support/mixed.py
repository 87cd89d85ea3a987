"""A commit with everything in it, for CAs that have the provisioners `NAMES`, of which the last has admins."""

from __future__ import annotations

from collections.abc import Callable

from shell.backends.admin.target import AdminCa
from shell.commit.outcome import Options
from shell.commit.saga.caller import Patience
from shell.commit.saga.commit import commit
from shell.errors import ExitCode, Incomplete, RolledBack, ShellError
from shell.model.provisioner import Provisioner
from shell.staging.draft import Draft
from shell.staging.edits import Add, Edit, Remove, Set
from shell.state import State
from tests.support.cacommit import acme, no_problems
from tests.support.liveca import LiveCa, now

NAMES = ("changed", "hooked", "named", "manned")
PATIENT = Patience(attempts=4, pause=0.0, settling=5, settling_pause=0.01, overtaking=0.0, clock=lambda: 0.0)
"""As little waiting as a real CA allows: what has reached it is done within milliseconds."""


def with_admins(live: LiveCa) -> None:
    """Give the provisioner that is removed its admins."""
    live.add_admin("bob", "manned")
    live.add_admin("alice", "manned", super=True)


def edited(draft: Draft) -> Draft:
    """Stage an addition, two changes of which one is of webhooks, a renaming, and the removal."""
    hook = {
        "id": "1",
        "name": "hook",
        "url": "https://h.example.com",
        "kind": "ENRICHING",
        "secret": "c2VjcmV0",
    }
    changed, hooked, named, manned = (draft.named(each)[0] for each in NAMES)
    edits: list[Edit] = [
        Add(draft.new_id(), Provisioner(acme("new"))),
        Set(changed, ("claims", "maxTLSCertDuration"), "48h"),
        Set(hooked, ("options", "webhooks"), [{**hook}]),
        Set(named, ("name",), "renamed"),
        Remove(manned),
    ]
    draft.stage(edits, "a line")
    return draft


def commit_mixed(target: AdminCa, state: State, before: Callable[[], None] = lambda: None) -> str:
    """Read, stage, and commit; returns the word of the outcome, or how it failed. `before` is called in between."""
    reading = target.read(login=True)
    draft = edited(Draft(reading.base))
    before()
    try:
        return commit(
            target, reading, draft, Options(), state=state, check=no_problems, now=now(), patience=PATIENT
        ).word
    except Incomplete:
        return "incomplete"
    except RolledBack:
        return "rolled-back"
    except ShellError as error:
        return "failed" if error.exit_code == ExitCode.FAILED else f"exit {error.exit_code}"
    finally:
        target.connection.close()
