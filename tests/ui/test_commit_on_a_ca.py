"""Dialogues about a commit to a real step-ca: its progress, Ctrl-C in the middle, and a shell that died in it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cacommit import acme
from tests.support.liveca import Content, LiveCa
from tests.support.pki import Pki
from tests.support.proxy import Exchange, Fault
from tests.ui.conftest import Opened
from tests.ui.emulator import Terminal

pytestmark = pytest.mark.live

NAMES = tuple(f"web{number}" for number in range(6))
Start = Callable[[], Terminal]


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA with six provisioners, behind a proxy."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("commits"), *map(acme, NAMES)) as live:
        yield live


@pytest.fixture
def before(live: LiveCa) -> Iterator[Content]:
    """Return what the CA has, and bring it back to that."""
    live.proxy.forget()
    content = live.content()
    yield content
    live.proxy.forget()
    live.restore(content)


@pytest.fixture
def start(live: LiveCa, tmp_path: Path, opened: Opened) -> Start:
    """Return a function that starts the program at a prompt on that CA."""
    login = ("--admin-provisioner", "admin", "--admin-password-file", live.pki.password_file)
    words = ["--ca-url", live.proxy.url, "--root", live.pki.root, *login]

    def run() -> Terminal:
        return opened(words, columns=140, env={"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)})

    return run


@pytest.fixture
def terminal(start: Start, before: Content, live: LiveCa) -> Terminal:
    """Return the program with a change of each provisioner staged."""
    terminal = start()
    terminal.wait_for_prompt(f"{live.proxy.url}> ")
    for place, name in enumerate(NAMES, 1):
        terminal.line(f"set {name} requireEAB true")
        terminal.wait_for_prompt(f"{live.proxy.url} [step +{place}]> ")
    return terminal


def at_change(live: LiveCa, number: int, act: Callable[[], None]) -> None:
    """Do something while the CA is asked for the change of this number, from 1."""
    seen: list[Exchange] = []

    def fault(exchange: Exchange) -> Fault | None:
        if exchange.changes:
            seen.append(exchange)
            if len(seen) == number:
                act()
        return None

    live.proxy.fault = fault


def interrupt(terminal: Terminal) -> Callable[[], None]:
    """Return what a Ctrl-C does to the program; unlike a key it is there when this returns."""
    return lambda: os.kill(terminal.child.pid, signal.SIGINT)


def test_progress_is_shown_and_goes(terminal: Terminal, live: LiveCa) -> None:
    """Each step stands on a line that the next one replaces, and nothing of it is left."""
    terminal.line("commit")
    terminal.wait_for("committed as 1: 0 added, 6 changed, 0 removed; live on the running CA")
    assert "6 of 6: change web" in terminal.raw
    assert " of 6: " not in terminal.text


def test_ctrl_c_asks_and_may_go_on(terminal: Terminal, live: LiveCa) -> None:
    """The request in hand ends; who goes on has everything."""
    at_change(live, 2, interrupt(terminal))
    terminal.line("commit")
    terminal.wait_for("take back what is done, or go on")
    assert sum(each.changes for each in live.proxy.log) == 2
    terminal.line("go on")
    terminal.wait_for("committed as 1")
    assert all("requireEab" in live.content().provisioners[name]["details"]["ACME"] for name in NAMES)


def test_ctrl_c_takes_everything_back(terminal: Terminal, live: LiveCa, before: Content) -> None:
    """Enter does that; the edits stay staged."""
    at_change(live, 3, interrupt(terminal))
    terminal.line("commit")
    terminal.wait_for("take back what is done, or go on")
    terminal.line("")
    terminal.wait_for("everything is as it was before")
    terminal.wait_for_prompt(f"{live.proxy.url} [step +6]> ")
    assert live.content().same(before)


@pytest.fixture
def again(terminal: Terminal, start: Start, live: LiveCa) -> Terminal:
    """Return the next start of a program that was killed at the fourth change of a commit, where it asks."""
    at_change(live, 4, lambda: os.kill(terminal.child.pid, signal.SIGKILL))
    terminal.line("commit")
    terminal.end()
    live.proxy.forget()
    again = start()
    again.wait_for("forward, back or later [later]?")
    return again


@pytest.mark.parametrize("answer", ["back", "forward"])
def test_the_next_start_asks_about_a_commit_that_was_killed(
    again: Terminal, live: LiveCa, before: Content, answer: str
) -> None:
    """Before anything else it says how far that came, and does what it is told."""
    assert "was interrupted" in again.past
    assert "perhaps done: change web" in again.past
    again.line(answer)
    again.wait_for({"back": "as it was before", "forward": "it is finished now"}[answer])
    if answer == "back":
        assert live.content().same(before)
    else:
        assert all("requireEab" in live.content().provisioners[name]["details"]["ACME"] for name in NAMES)


def test_a_commit_that_was_killed_can_wait(again: Terminal, live: LiveCa, before: Content) -> None:
    """Looking goes on, changing does not before it is settled."""
    again.line("")
    again.wait_for("nothing can be committed before")
    again.wait_for("take them up again [yes]?")
    again.line("no")
    again.wait_for("dropped")
    again.wait_for_prompt(f"{live.proxy.url}> ")
    again.line("add more --type ACME")
    again.wait_for_prompt(f"{live.proxy.url} [step +1]> ")
    again.line("commit")
    again.wait_for("an earlier commit to this CA was interrupted and is still open")
    again.line("discard")
    again.wait_for_prompt(f"{live.proxy.url} [step]> ")
    again.line("recover back")
    again.wait_for("as it was before")
    assert live.content().same(before)
