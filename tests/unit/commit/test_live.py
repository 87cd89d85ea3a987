"""Watching a CA until a change is live, against a CA that a test scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from shell.backends.served import BROKEN, DOWN, UNTRUSTED, Address, Served, ServedError
from shell.commit.live import TIMEOUT, Change, LiveOutcome, make_live, served_state
from shell.commit.liveoptions import LiveOptions, live_options
from shell.commit.reload import CommandReloader
from shell.errors import ShellError, UsageError
from tests.support.pki import Pki

Entry = dict[str, Any]
State = tuple[str, Sequence[Entry]] | ServedError

ACME: Entry = {"type": "ACME", "name": "acme"}
CHANGED: Entry = {"type": "ACME", "name": "acme", "requireEAB": True}
OTHER: Entry = {"type": "SSHPOP", "name": "other"}
SCEP: Entry = {"type": "SCEP", "name": "scep"}
DISABLED = {"state": "Uninitialized", "stateReason": "because"}
GONE = ServedError(DOWN, "nothing listens at https://ca")
BAD = ServedError(BROKEN, "it broke off", hint="look at the log")


class FakeCa:
    """A CA, its clock and whoever reloads it: states by the second after the signal, the last one stays."""

    def __init__(
        self,
        before: State,
        *after: tuple[float, State],
        alive: bool | None = None,
        failure: ShellError | None = None,
    ) -> None:
        self.url = "https://ca"
        self.described = "a test"
        self.sent = 0
        self.now = 1000.0
        self.listings = 0
        self._before = before
        self._after = after
        self._alive = alive
        self._failure = failure
        self._told_at: float | None = None

    def clock(self) -> float:
        """Return the time of this CA."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let its time pass."""
        self.now += seconds

    def send(self) -> None:
        """Take the signal."""
        if self._failure:
            raise self._failure
        self.sent += 1
        self._told_at = self.now

    def alive(self) -> bool | None:
        """Say what the test says."""
        return self._alive

    def _state(self) -> tuple[str, Sequence[Entry]]:
        state = self._before
        for seconds, later in self._after if self._told_at is not None else ():
            if self.now - cast(float, self._told_at) >= seconds:
                state = later
        if isinstance(state, ServedError):
            raise state
        return state

    def leaf(self) -> str:
        """Return the certificate of the moment."""
        return self._state()[0]

    def provisioners(self) -> list[Entry]:
        """Return the list of the moment."""
        self.listings += 1
        return list(self._state()[1])

    def make_live(self, change: Change, timeout: float = TIMEOUT) -> LiveOutcome:
        """Make a change live on this CA."""
        served = cast(Served, self)
        return make_live(change, served, self, timeout, clock=self.clock, sleep=self.sleep)


def change(before: Sequence[Entry], after: Sequence[Entry], names: Sequence[str] | None = None) -> Change:
    """Return a change of these entries in a file of these names."""
    old, new = ({entry["name"]: entry for entry in entries} for entries in (before, after))
    return Change(frozenset(old if names is None else names), old, new)


UPDATE = change([ACME], [CHANGED])


def test_what_a_change_is() -> None:
    """A change knows the names that result, and whether it can be seen at all."""
    moved = change([ACME], [OTHER], names=["acme", "third"])
    assert moved.names_after == {"other", "third"}
    assert moved.visible
    assert not change([SCEP], [{**SCEP, "challenge": "new"}]).visible


def test_live_as_soon_as_it_is_served() -> None:
    """The outcome is known when the CA serves the change, long before the time is up."""
    ca = FakeCa(("1", [ACME]), (0.5, ("2", [CHANGED])))
    assert ca.make_live(UPDATE) == LiveOutcome(True)
    assert ca.sent == 1
    assert ca.now < 1001


def test_all_names_must_agree() -> None:
    """A CA that serves the change among other provisioners than the file has does not serve the file."""
    outcome = FakeCa(("1", [ACME, OTHER]), (0.1, ("2", [CHANGED, OTHER]))).make_live(UPDATE)
    assert (outcome.live, outcome.harmful) == (False, False)


def test_a_refusal() -> None:
    """A CA that stays as it was, certificate and all, has refused the file."""
    ca = FakeCa(("1", [ACME]))
    outcome = ca.make_live(UPDATE)
    assert outcome == LiveOutcome(False, outcome.reason, refused=True)
    assert "refuses the file" in outcome.reason
    assert outcome.harmful
    assert 1015 <= ca.now < 1016


def test_another_file() -> None:
    """A CA with a new certificate and its old list has reloaded, but something else."""
    outcome = FakeCa(("1", [ACME]), (0.1, ("2", [ACME]))).make_live(UPDATE)
    assert (outcome.live, outcome.harmful) == (False, False)
    assert "reads another file" in outcome.reason


def test_neither_the_old_nor_the_new() -> None:
    """A list that changed without a sign of a reload is not explained."""
    outcome = FakeCa(("1", [ACME]), (0.1, ("1", [OTHER]))).make_live(UPDATE)
    assert (outcome.live, outcome.harmful) == (False, False)
    assert "neither" in outcome.reason


def test_a_disabled_change() -> None:
    """A touched provisioner that comes up disabled is to be taken back; its reason is made safe to show."""
    served = {**CHANGED, **DISABLED, "stateReason": "x\x1b"}
    outcome = FakeCa(("1", [ACME]), (0.1, ("2", [served]))).make_live(UPDATE)
    assert (outcome.live, outcome.harmful, outcome.disabled) == (False, True, {"acme": "x\x1b"})
    assert "acme: x\\u001b" in outcome.reason


def test_others_disabled() -> None:
    """Another provisioner that comes up disabled is named, without spoiling the change; an old one is not."""
    before = [ACME, OTHER, {**SCEP, **DISABLED}]
    after = [CHANGED, {**OTHER, **DISABLED}, {**SCEP, **DISABLED}]
    moved = change([ACME], [CHANGED], names=["acme", "other", "scep"])
    outcome = FakeCa(("1", before), (0.1, ("2", after))).make_live(moved)
    assert (outcome.live, outcome.harmful, outcome.also_disabled) == (True, False, {"other": "because"})
    assert outcome.reason == "it has also disabled other"


def test_an_invisible_change() -> None:
    """A change that is not published is unknown: with a sign of a reload at once, without one at the end."""
    secret = change([SCEP], [{**SCEP, "challenge": "new"}])
    outcome = FakeCa(("1", [SCEP]), (0.1, ("2", [SCEP]))).make_live(secret)
    assert (outcome.live, outcome.reason) == (None, "the CA has reloaded, but does not show what was changed")
    outcome = FakeCa(("1", [SCEP])).make_live(secret)
    assert (outcome.live, outcome.harmful) == (None, False)
    assert "no sign of a reload" in outcome.reason


def test_an_invisible_change_that_disables() -> None:
    """An invisible change after which the provisioner is disabled is visible after all."""
    secret = change([SCEP], [{**SCEP, "challenge": "new"}])
    outcome = FakeCa(("1", [SCEP]), (0.1, ("2", [{**SCEP, **DISABLED}]))).make_live(secret)
    assert (outcome.live, outcome.disabled) == (False, {"scep": "because"})


@pytest.mark.parametrize("alive", [False, None])
def test_a_death(alive: bool | None) -> None:
    """A CA that is gone has died: known soon where the process is known, else at the end."""
    ca = FakeCa(("1", [ACME]), (0.1, GONE), alive=alive)
    outcome = ca.make_live(UPDATE)
    assert outcome == LiveOutcome(False, outcome.reason, died=True)
    assert "died of the reload" in outcome.reason
    assert outcome.harmful
    assert (ca.now < 1004) == (alive is False)


def test_a_ca_that_is_started_again() -> None:
    """A supervisor may start a CA again that died; if it serves the file then, all is well."""
    ca = FakeCa(("1", [ACME]), (0.1, GONE), (1.5, ("2", [CHANGED])), alive=False)
    assert ca.make_live(UPDATE) == LiveOutcome(True)


def test_a_ca_that_cannot_be_looked_at_any_more() -> None:
    """A CA that only breaks off after the signal is neither live nor dead."""
    outcome = FakeCa(("1", [ACME]), (0.1, BAD)).make_live(UPDATE)
    assert (outcome.live, outcome.harmful) == (None, False)
    assert outcome.reason == "the CA cannot be looked at since the reload: it broke off; look at the log"


@pytest.mark.parametrize("alive", [False, None])
def test_a_ca_that_is_down(alive: bool | None) -> None:
    """A CA that is down before is not told anything, and that is no failure."""
    ca = FakeCa(GONE, alive=alive)
    outcome = ca.make_live(UPDATE)
    assert (outcome.live, outcome.harmful, ca.sent) == (False, False, 0)
    assert "it reads the file when it starts" in outcome.reason


def test_a_ca_somewhere_else() -> None:
    """Where nothing listens but the process is there, it is told, and the outcome is unknown."""
    ca = FakeCa(GONE, alive=True)
    outcome = ca.make_live(UPDATE)
    assert (outcome.live, ca.sent) == (None, 1)
    assert "cannot be watched" in outcome.reason


def test_an_untrusted_ca_and_a_failed_signal() -> None:
    """Where the CA can neither be watched nor told, the second is what is said."""
    failure = ShellError("x", "no such process", hint="start it")
    outcome = FakeCa(ServedError(UNTRUSTED, "not its certificate"), failure=failure).make_live(UPDATE)
    assert outcome == LiveOutcome(False, "no such process; start it")


def test_a_failed_signal() -> None:
    """A signal that could not be sent leaves the change written and not live."""
    outcome = FakeCa(("1", [ACME]), failure=ShellError("x", "not step-ca")).make_live(UPDATE)
    assert outcome == LiveOutcome(False, "not step-ca")


def test_a_long_list_is_read_when_there_is_a_reason() -> None:
    """A list of thousands is read when the certificate is new or a second has passed, not at each look."""
    many = [{"type": "SSHPOP", "name": f"p{number}"} for number in range(300)]
    moved = change([], [ACME], names=[entry["name"] for entry in many])
    ca = FakeCa(("1", many), (2.5, ("2", [*many, ACME])))
    assert ca.make_live(moved) == LiveOutcome(True)
    assert ca.listings <= 5
    unsigned = FakeCa(("1", many), (2.5, ("1", [*many, ACME])))
    assert unsigned.make_live(moved) == LiveOutcome(True)


def test_names_that_go_cannot_keep() -> None:
    """A name with half of a surrogate pair is published with the replacement character, and found."""
    odd = {"type": "SSHPOP", "name": "x\ud800"}
    ca = FakeCa(("1", []), (0.1, ("2", [{"type": "SSHPOP", "name": "x\ufffd"}])))
    assert ca.make_live(change([], [odd])) == LiveOutcome(True)


@pytest.mark.parametrize(
    ("entries", "state", "expected"),
    [
        ([ACME, {"type": "unknown", "name": "u"}], ("1", [ACME]), "live"),
        ([ACME], ("1", [CHANGED]), "not-live"),
        ([ACME, OTHER], ("1", [ACME]), "not-live"),
        ([ACME], ("1", [ACME, OTHER]), "not-live"),
        ([ACME, CHANGED], ("1", [CHANGED]), "not-live"),
        ([ACME], GONE, "unknown"),
    ],
)
def test_whether_a_file_is_served(entries: list[Entry], state: State, expected: str) -> None:
    """A file is live when its entries are what is served, and unknown where that cannot be looked at."""
    assert served_state(entries, cast(Served, FakeCa(state))) == expected


def test_the_options() -> None:
    """The options of the command line say who is told, where to look, and for how long."""
    assert live_options({}) == LiveOptions()
    found = live_options(
        {"reload_command": "true", "live_url": "https://x", "live_timeout": "1m30s"}, "r.crt"
    )
    assert isinstance(found.reloader, CommandReloader)
    assert (found.url, found.root, found.timeout) == ("https://x", "r.crt", 90)


@pytest.mark.parametrize("text", ["", "5", "0s", "-1s", "1d"])
def test_a_bad_time(text: str) -> None:
    """A time that is no Go duration, or none at all, is a usage error."""
    with pytest.raises(UsageError, match="--live-timeout is no duration"):
        live_options({"live_timeout": text})


def test_a_bad_url() -> None:
    """An address that is none is a usage error at the start."""
    with pytest.raises(UsageError):
        live_options({"live_url": "http://x"})


def test_options_bound_to_a_file(pki: Pki) -> None:
    """With the settings of a file the options give what makes a change live; without a way to tell, nothing."""
    settings: dict[str, Any] = {"root": str(pki.root), "address": ":9", "dnsNames": ["one"]}
    assert LiveOptions().make_live(settings, "/") is None
    assert LiveOptions(root=str(pki.root)).served({"address": ":9"}, "/").address.port == "9"
    options = LiveOptions(CommandReloader("true"), url="https://127.0.0.1:1")
    assert options.served(settings, "/").address == Address(("127.0.0.1",), "1", "one")
    bound = options.make_live(settings, "/")
    assert bound is not None
    outcome = bound(UPDATE)
    assert (outcome.live, outcome.harmful) == (False, False)
    with pytest.raises(ShellError, match="names no"):
        options.make_live({"address": ":9"}, "/")
