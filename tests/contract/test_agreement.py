"""The simulated CA against the real one, on the same random history of changes."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from shell.backends.admin.outcome import Answer, Outcome, Refused
from shell.backends.admin.target import AdminCa
from tests.contract.conftest import Bench, Real, Simulated
from tests.support.ca import CertificateAuthority
from tests.support.pki import Pki

pytestmark = pytest.mark.live

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES = ("a", "b", "c", "d")
SUBJECTS = ("x", "y")


class History:
    """Changes drawn one after the other, applied to two CAs that give other ids to the same things."""

    def __init__(self, benches: tuple[Bench, Bench], seed: int) -> None:
        self._benches = benches
        self._targets = tuple(bench.target() for bench in benches)
        self._random = random.Random(seed)
        self.seen: set[str] = set()

    def run(self, steps: int) -> None:
        """Apply so many changes, comparing after each; ends where the CAs would not start any more."""
        for _ in range(steps):
            operation = self._random.choice(
                (
                    "create",
                    "create",
                    "replace",
                    "replace",
                    "delete",
                    "grant",
                    "grant",
                    "revoke",
                    "role",
                    "reload",
                )
            )
            if operation == "reload":
                taken = [bench.reload() for bench in self._benches]
                assert taken[0] == taken[1]
                self.seen.add(f"reload {taken[0]}")
                if not taken[0]:
                    return
            else:
                draw = self._random.getrandbits(32)
                outcomes = [
                    _brief(_apply(target, operation, random.Random(draw))) for target in self._targets
                ]
                assert outcomes[0] == outcomes[1], operation
                self.seen.add(f"{operation} {outcomes[0][0]}")
            assert _state(self._targets[0]) == _state(self._targets[1])


def _apply(target: AdminCa, operation: str, draw: random.Random) -> Outcome | None:
    name, other, subject, role = (
        draw.choice(NAMES),
        draw.choice(NAMES),
        draw.choice(SUBJECTS),
        draw.random() < 0.5,
    )
    type_ = draw.choice(("ACME", "SSHPOP", "X5C"))
    api = target.api
    if operation == "create":
        return api.create({"type": type_, "name": name, "details": {type_: {}}})
    if operation == "replace":
        message = target.detail(name)
        if message is None:
            return api.replace(name, {"type": type_, "name": other, "details": {type_: {}}})
        claims: Any = draw.choice(({}, {"disableRenewal": True}, {"x509": {"durations": {"max": "1h"}}}))
        return api.replace(name, {**message, "name": other, "claims": claims})
    if operation == "delete":
        return api.delete(name)
    if operation == "grant":
        return api.add_admin(subject, name, super=role)
    places = _places(target)
    mine = sorted(
        (places[admin.provisioner_id], admin.subject, admin.id)
        for admin in api.admins()
        if admin.subject != "step"
    )
    if not mine:
        return None
    id_ = draw.choice(mine)[2]
    return api.remove_admin(id_) if operation == "revoke" else api.set_role(id_, super=role)


def _places(target: AdminCa) -> dict[str, str]:
    """Return the names of provisioners by id; an id that is not there has no name."""
    found: dict[str, str] = {}
    for admin in target.api.admins():
        message = target.api.provisioner_by_id(admin.provisioner_id)
        found[admin.provisioner_id] = str(message["name"]) if message else ""
    return found


def _brief(outcome: Outcome | None) -> tuple[int, str, str]:
    if isinstance(outcome, Refused):
        return outcome.status, outcome.type, _ID.sub("ID", outcome.message)
    return (outcome.status, "", "") if isinstance(outcome, Answer) else (0, type(outcome).__name__, "")


def _state(target: AdminCa) -> tuple[list[str], list[tuple[str, str, bool]]]:
    names = sorted(summary.name for summary in target.read(login=True).base.summaries)
    places = _places(target)
    admins = [(places[admin.provisioner_id], admin.subject, admin.super) for admin in target.api.admins()]
    return names, sorted(admins)


@pytest.mark.parametrize("seed", range(4))
def test_the_two_cas_agree(remote_ca: CertificateAuthority, pki: Pki, seed: int) -> None:
    """Each change has the same outcome, word for word, and leaves the same provisioners and admins."""
    history = History((Simulated(pki), Real(pki, remote_ca)), seed)
    history.run(60)
    assert len(history.seen) > 5
