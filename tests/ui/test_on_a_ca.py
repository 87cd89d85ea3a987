"""Dialogues on a real step-ca: marks and toolbar, and a CA that is slow, frozen or dead while somebody types."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.ca import StartCA
from tests.support.liveca import LiveCa, require_done
from tests.support.pki import Pki
from tests.support.proxy import Exchange, Fault
from tests.support.simulatedca.listing import message_of
from tests.ui.conftest import Opened
from tests.ui.emulator import CTRL_D, CTRL_U, CTRL_X, TAB, Terminal

pytestmark = pytest.mark.live

# looks at the CA as often as a test can wait for
HASTY = """
import sys
from shell.ui import watch
watch.LOOK_AGAIN = watch.ASK_AGAIN = 0.05
watch._RESTS = 0
from shell.cli import entry
sys.exit(entry())
"""
# an hour in a second: a certificate is due after a ten thousandth of its life, and no connection counts as too old
IDLE = HASTY.replace(
    "from shell.cli",
    """
from datetime import timedelta
from shell.backends.admin import connection, held
held._EARLY, held._EARLIEST = 0.9999, timedelta(days=1)
connection.MOST_IDLE = 1e9
from shell.cli""",
)
# waits for an answer longer than a test does
PATIENT = """
import sys
from functools import partial
from shell.backends.admin import https
from shell.sites import lookout
lookout._PATIENCE = https.Timeouts(300.0, 300.0)
https.Timeouts = partial(https.Timeouts, 300.0, 300.0)
from shell.cli import entry
sys.exit(entry())
"""
AN_HOUR = 120
"""How many times the watch looks at a CA in an hour."""
HANGS = 300
"""Seconds that the CA takes for an answer that nobody lets go: longer than the program or a test waits."""

Start = Callable[..., Terminal]


@pytest.fixture
def start(tmp_path: Path, opened: Opened) -> Start:
    """Return a function that starts the program, looking often."""

    def run(*argv: str | Path, source: str = HASTY) -> Terminal:
        program = tmp_path / "program.py"
        program.write_text(source)
        return opened(argv, command=[sys.executable, "-P", str(program)], columns=140)

    return run


@pytest.fixture
def live(step_ca: Path, pki: Pki, tmp_path: Path) -> Iterator[LiveCa]:
    """Return a CA with the provisioner `acme` besides `admin`, behind a proxy."""
    with LiveCa(step_ca, pki, tmp_path, {"type": "ACME", "name": "acme"}) as live:
        yield live


@pytest.fixture
def terminal(live: LiveCa, start: Start) -> Terminal:
    """Return the program at its first prompt on that CA; it ends before the CA does."""
    terminal = start(*target(live))
    terminal.wait_for_prompt(prompt(live))
    terminal.wait_for("root ")
    return terminal


def target(live: LiveCa) -> list[str | Path]:
    """Return the arguments that name the CA and who logs in."""
    pki = live.pki
    login = ("--admin-provisioner", "admin", "--admin-password-file", pki.password_file)
    return ["--ca-url", live.proxy.url, "--root", pki.root, *login]


def prompt(live: LiveCa, marks: str = "") -> str:
    """Return the prompt on the CA with these marks."""
    return f"{live.proxy.url}{f' [{marks}]' if marks else ''}> "


def look_on(terminal: Terminal, live: LiveCa, times: int) -> None:
    """Wait until the CA has been looked at this often; how long that takes is up to the machine."""
    for _ in range(times):
        looks = len(live.proxy.log)
        terminal.wait_for(lambda looks=looks: len(live.proxy.log) > looks)


def test_the_toolbar_says_which_ca_and_who_until_when(terminal: Terminal, live: LiveCa) -> None:
    """From the start it has the root's fingerprint, after the login the admin and the end of his certificate."""
    terminal.wait_for(f"root {live.ca.fingerprint[:16]}")
    terminal.line("set acme forceCN true")
    terminal.wait_for_prompt(prompt(live, "step +1"))
    terminal.wait_for("admin step  certificate ends ")
    terminal.wait_for(" UTC (in 7 hours)")
    terminal.line("commit")
    terminal.wait_for("committed as 1: 0 added, 1 changed, 0 removed")
    terminal.wait_for_prompt(prompt(live, "step"))
    assert live.content().provisioners["acme"]["details"]["ACME"]["forceCn"] is True


def test_a_change_by_others_is_marked_and_read(terminal: Terminal, live: LiveCa) -> None:
    """What others change at the CA shows at the prompt without a key, and the next line reads it."""
    require_done(live.direct.create(message_of({"type": "ACME", "name": "theirs"})))
    terminal.wait_for_prompt(prompt(live, "!"))
    terminal.wait_for("changed by others")
    terminal.line("list")
    terminal.wait_for("it was read again")
    terminal.wait_for("theirs")
    terminal.wait_for_prompt(prompt(live))


def test_our_own_commit_is_no_change_by_others(terminal: Terminal, live: LiveCa) -> None:
    """After a commit the marks are gone, and stay so while the CA is looked at again."""
    terminal.line("add ours --type ACME")
    terminal.wait_for_prompt(prompt(live, "step +1"))
    terminal.line("commit")
    terminal.wait_for("committed as 1")
    terminal.wait_for_prompt(prompt(live, "step"))
    looks = len(live.proxy.log)
    terminal.wait_for(lambda: len(live.proxy.log) > looks + 5)
    terminal.wait_for_prompt(prompt(live, "step"))


def test_keys_echo_while_a_slow_ca_is_read(live: LiveCa, start: Start) -> None:
    """While the CA takes its time a line is typed, completed once that can be done, and runs when all is there."""
    answers = threading.Event()

    def wait(exchange: Exchange) -> Fault | None:
        answers.wait(HANGS)
        return None

    live.proxy.fault = wait
    terminal = start(*target(live), source=PATIENT)
    terminal.wait_for_prompt(prompt(live))
    terminal.wait_for("reading")
    terminal.send("sho")
    terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "sho"))
    terminal.send(TAB + CTRL_U + "show ac" + TAB)
    terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "show ac"))
    terminal.wait_for(lambda: "reading" in terminal.text)
    answers.set()
    terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "show acme "))
    terminal.line("challenges")
    terminal.wait_for("acme has no challenges")


def test_help_and_the_way_out_wait_for_no_ca(live: LiveCa, start: Start) -> None:
    """While the CA is still being read help is shown, mistakes are told, no key hangs, and Ctrl-D leaves."""
    answers = threading.Event()

    def wait(exchange: Exchange) -> Fault | None:
        answers.wait(HANGS)
        return None

    live.proxy.fault = wait
    terminal = start(*target(live), source=PATIENT)
    try:
        terminal.wait_for_prompt(prompt(live))
        terminal.wait_for("reading")
        terminal.line("help quit")
        terminal.wait_for("Leave; with staged edits you are asked first.")
        terminal.wait_for_prompt(prompt(live))
        terminal.line("lsit")
        terminal.wait_for("did you mean list?")
        terminal.wait_for_prompt(prompt(live))
        terminal.send("show ?")
        terminal.wait_for("not now: the target is being read")
        terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "show"))
        terminal.send(CTRL_X + "u")
        terminal.wait_for(lambda: terminal.past.count("not now: the target is being read") == 2)
        terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "show"))
        terminal.send(CTRL_U + CTRL_D)
        assert terminal.end() == 0
    finally:
        answers.set()


def test_a_frozen_ca_stops_neither_keys_nor_the_way_out(terminal: Terminal, live: LiveCa) -> None:
    """A CA that has stopped is told in the toolbar; keys echo, what was read is shown, and Ctrl-C ends a wait."""
    looks = len(live.proxy.log)
    terminal.wait_for(lambda: len(live.proxy.log) > looks + 5)  # nothing else is asked by then
    os.kill(live.ca.pid, signal.SIGSTOP)
    try:
        terminal.wait_for("does not answer")
        terminal.send("show acme ")
        terminal.wait_for(lambda: "show acme" in terminal.input_line)
        terminal.line("")
        terminal.wait_for("minTLSCertDuration")
        terminal.wait_for_prompt(prompt(live))
        terminal.send("set acme forceCN true")
        terminal.wait_for(lambda: "forceCN true" in terminal.input_line)
        terminal.line("")
        terminal.wait_for(lambda: terminal.input_line == "")
        terminal.interrupt()
        terminal.wait_for_prompt(prompt(live))
        terminal.send(CTRL_D)
        assert terminal.end() == 0
    finally:
        os.kill(live.ca.pid, signal.SIGCONT)


def test_a_ca_that_stops_during_the_first_questions_holds_no_line(live: LiveCa, start: Start) -> None:
    """What is only to be said of a CA is asked beside: lines run meanwhile. Ctrl-C ends the wait for what is needed."""
    over, read = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> Fault | None:
        (read if exchange.path.startswith("/provisioners") else over).wait(HANGS)
        return None

    live.proxy.fault = wait
    try:
        terminal = start(*target(live), source=PATIENT)
        terminal.wait_for_prompt(prompt(live))
        terminal.wait_for("reading")
        terminal.line("show acme")
        terminal.wait_for(lambda: terminal.input_line == "")
        terminal.interrupt()
        terminal.wait_for_prompt(prompt(live))
        read.set()
        terminal.line("show acme")
        terminal.wait_for("minTLSCertDuration")
        terminal.wait_for(lambda: any(not each.path.startswith("/provisioners") for each in live.proxy.log))
        terminal.line("list type=ACME")
        terminal.wait_for("NAME  TYPE")
        terminal.wait_for_prompt(prompt(live))
        terminal.send("set ac" + TAB)
        terminal.wait_for(lambda: terminal.input_line.startswith(prompt(live) + "set acme"))
        assert not over.is_set()
    finally:
        over.set()
        read.set()


def test_a_dead_ca_is_an_error_of_the_lines_that_need_it(terminal: Terminal, live: LiveCa) -> None:
    """When the CA is down an edit says so and nothing is staged; when it is back the session goes on."""
    live.ca.stop()
    terminal.wait_for("does not answer")
    terminal.line("set acme forceCN true")
    terminal.wait_for("error: ")
    terminal.wait_for_prompt(prompt(live))
    live.ca.start()
    terminal.wait_for(lambda: "does not answer" not in terminal.text)
    terminal.line("set acme forceCN true")
    terminal.wait_for_prompt(prompt(live, "step +1"))


def test_an_hour_of_idling_changes_nothing(terminal: Terminal, live: LiveCa) -> None:
    """After as many looks at the CA as an hour has, what is shown is fresh and an edit is committed."""
    look_on(terminal, live, AN_HOUR)
    terminal.line("set acme forceCN true")
    terminal.wait_for_prompt(prompt(live, "step +1"))
    look_on(terminal, live, AN_HOUR)
    terminal.wait_for_prompt(prompt(live, "step +1"))
    terminal.line("commit")
    terminal.wait_for("committed as 1")
    terminal.wait_for_prompt(prompt(live, "step"))


def test_what_an_idle_hour_brings_is_no_news_to_the_next_line(live: LiveCa, start: Start) -> None:
    """A certificate that is due is got anew, connections that the CA has closed are opened again, and drift is merged."""
    terminal = start(*target(live), source=IDLE)
    terminal.wait_for_prompt(prompt(live))
    terminal.line("set acme forceCN true")
    terminal.wait_for_prompt(prompt(live, "step +1"))
    logins = [exchange for exchange in live.proxy.log if exchange.path == "/1.0/sign"]
    assert logins
    assert live.ca.reload().serves  # which closes every connection
    require_done(live.direct.create(message_of({"type": "ACME", "name": "theirs"})))
    terminal.wait_for_prompt(prompt(live, "step +1 !"))
    terminal.wait_for(
        lambda: time.monotonic() - logins[-1].ended > 4
    )  # of eight hours, 0.0001 are three seconds
    terminal.line("commit")
    terminal.wait_for("committed as 1: 0 added, 1 changed, 0 removed")
    terminal.wait_for_prompt(prompt(live, "step"))
    assert [exchange.path for exchange in live.proxy.log].count("/1.0/sign") > len(logins)
    assert live.content().provisioners["acme"]["details"]["ACME"]["forceCn"] is True
    assert "theirs" in live.content().provisioners


def test_a_file_that_is_not_live_is_marked_until_it_is(start_ca: StartCA, start: Start, pki: Pki) -> None:
    """`~` stands at the prompt from the commit on until the running CA has reloaded the file, and no longer."""
    ca = start_ca(pki.config([pki.jwk(), {"type": "ACME", "name": "acme"}]))
    terminal = start("--ca-config", ca.config, "--live-url", ca.url)
    terminal.wait_for_prompt("ca.json> ")
    terminal.line("set acme forceCN true")
    terminal.wait_for_prompt("ca.json [+1]> ")
    terminal.line("commit")
    terminal.wait_for("committed as 1")
    terminal.wait_for_prompt("ca.json [~]> ")
    terminal.wait_for("written, but not live")
    assert ca.reload().serves
    terminal.wait_for_prompt("ca.json> ")
    document = json.loads(ca.config.read_text())
    document["authority"]["provisioners"].append({"type": "ACME", "name": "theirs"})
    ca.config.write_text(json.dumps(document))
    terminal.wait_for(lambda: "!" in terminal.input_line)
    terminal.line("list")
    terminal.wait_for("theirs")
    terminal.wait_for_prompt("ca.json [~]> ")
