"""Two shells and `step ca provisioner update` at one time on one real step-ca, each round judged by what the proxies saw.

The API has no versions: a write of another program that falls between our last look and our PUT is overwritten, and
nobody can see it (docs/ca.md). What is guaranteed is the rest: nothing that was written before our last look is
overwritten, and what is written over ours before we look back is told.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from shell.commit.outcome import Options
from shell.commit.saga.commit import commit
from shell.errors import ShellError
from shell.staging.draft import Draft
from shell.staging.edits import Set
from shell.state import State
from tests.support.cacommit import acme, no_problems
from tests.support.evidence import Party, have_met, verdict, writes_of
from tests.support.liveca import LiveCa, now
from tests.support.pki import Pki
from tests.support.proxy import Exchange, Proxy

pytestmark = pytest.mark.live

ROUNDS = int(os.environ.get("STEP_SHELL_RACES", "20"))
NAMES = ("one shell", "another shell", "step")
CLAIMS = ("maxTLSCertDuration", "maxUserSSHCertDuration", "maxHostSSHCertDuration")


class Track:
    """A real CA, and a proxy for each of the three who go there."""

    def __init__(self, live: LiveCa, proxies: dict[str, Proxy]) -> None:
        self.live = live
        self.proxies = proxies

    def claims(self) -> dict[str, str]:
        """Return the three claims that the CA has now."""
        message = self.live.direct.provisioner("shared")
        assert message is not None
        claims: Any = message.get("claims") or {}
        places = (("x509", "durations"), ("ssh", "userDurations"), ("ssh", "hostDurations"))
        texts = (claims.get(outer, {}).get(inner, {}).get("max", "") for outer, inner in places)
        return dict(zip(NAMES, texts, strict=True))


@pytest.fixture(scope="module")
def track(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    """Return a CA with the provisioner that everybody changes."""
    with ExitStack() as stack:
        live = stack.enter_context(LiveCa(step_ca, pki, tmp_path_factory.mktemp("races"), acme("shared")))
        folders = {name: tmp_path_factory.mktemp("proxy") for name in NAMES}
        proxies = {
            name: stack.enter_context(Proxy(pki, folder, lambda: live.ca.port))
            for name, folder in folders.items()
        }
        yield Track(live, proxies)


class Shell(threading.Thread):
    """A shell that sets one claim of the provisioner, and notes whether it said that all went well."""

    def __init__(
        self, track: Track, name: str, folder: Path, claim: str, value: str, go: threading.Event, delay: float
    ) -> None:
        super().__init__()
        url = track.proxies[name].url
        self._state = State.open(str(folder), url)
        self._claim = claim
        self._value = value
        self._go = go
        self._delay = delay
        self.said_well = False
        self._target = track.live.target(url)
        self._reading = self._target.read(login=True)

    def run(self) -> None:
        """Commit, a moment after the word."""
        assert self._go.wait(60)
        time.sleep(self._delay)
        draft = Draft(self._reading.base)
        (id_,) = draft.named("shared")
        draft.stage([Set(id_, ("claims", self._claim), self._value)], "a line")
        try:
            outcome = commit(
                self._target, self._reading, draft, Options(), state=self._state, check=no_problems, now=now()
            )
            self.said_well = outcome.word == "committed"
        except ShellError:
            self.said_well = False


def test_no_update_is_lost_in_silence_but_in_the_window(
    track: Track, step: Path, pki: Pki, tmp_path: Path
) -> None:
    """Each of the three changes its own claim; what is not there was reported, or fell where nobody can look."""
    password = tmp_path / "password"
    password.write_text(pki.password)
    dice = random.Random(7)
    found: Counter[str] = Counter()
    for number in range(ROUNDS):
        value = f"{number + 24}h0m0s"
        go = threading.Event()
        shells = [
            Shell(track, name, tmp_path / name, claim, value, go, dice.uniform(0, 0.03))
            for name, claim in zip(NAMES[:2], CLAIMS[:2], strict=True)
        ]
        for proxy in track.proxies.values():
            proxy.forget()
        track.proxies["step"].fault = _at(dice.choice(("/sign", "/admin/provisioners/shared")), go)
        process = _step(step, track, pki, password, tmp_path, value)
        for each in shells:
            each.start()
        for each in shells:
            each.join()
        well = [*(each.said_well for each in shells), process.wait() == 0]
        parties = [
            Party(name, writes_of(track.proxies[name].log, "shared"), said, proves=name != "step")
            for name, said in zip(NAMES, well, strict=True)
        ]
        found["rounds in which two met"] += any(have_met(*pair) for pair in combinations(parties, 2))
        found["rounds in which one said that it failed"] += not all(well)
        there = track.claims()
        for party in parties:
            if party.well and there[party.name] != value:
                why = verdict(party, [other for other in parties if other is not party])
                assert why in {"reported", "window"}, f"round {number}: {why}"
                found[f"lost: {why}"] += 1
    print(f"{ROUNDS} rounds: {dict(found)}")
    assert found["rounds in which two met"], "nobody ever met anybody: this tries nothing"


def _at(end: str, go: threading.Event) -> Callable[[Exchange], None]:
    """Return what gives the word when a program asks for a path that ends so."""
    return lambda exchange: go.set() if exchange.path.endswith(end) else None


def _step(
    step: Path, track: Track, pki: Pki, password: Path, folder: Path, value: str
) -> subprocess.Popen[bytes]:
    login = ["--admin-subject", "step", "--admin-provisioner", "admin", "--admin-password-file", password]
    return subprocess.Popen(
        [
            *(step, "ca", "provisioner", "update", "shared", "--ssh-host-max-dur", value),
            *("--ca-url", track.proxies["step"].url, "--root", pki.root, *login),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"STEPPATH": str(folder / "step"), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        start_new_session=True,
    )
