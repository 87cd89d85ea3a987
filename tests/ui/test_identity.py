"""Dialogues of a login through an identity provider, on a real step-ca: a browser on this machine, and a pasted address."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.idp import CLIENT_SECRET, IdentityProvider, Typist, identity_provider
from tests.support.liveca import LiveCa, require_done
from tests.support.pki import Pki
from tests.ui.conftest import Opened
from tests.ui.emulator import CTRL_C, Terminal

pytestmark = pytest.mark.live

# a browser: goes where it is sent, as the desktop's would
BROWSER = """#!{python}
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
    open({seen!r}, "wb").write(answer.read())
"""
# a browser that says something, and looks at the page until it is told that it is over
LAZY = """#!{python}
import pathlib
import time
folder = pathlib.Path({folder!r})
print("what a browser says", flush=True)
(folder / "started").touch()
for _ in range(6000):
    if (folder / "over").exists():
        (folder / "ended").touch()
        break
    time.sleep(0.01)
"""
HERE = {"DISPLAY": ":0", "SSH_CONNECTION": ""}
AWAY = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/auth\?\S+")

Start = Callable[..., Terminal]


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """Run the identity provider."""
    with identity_provider() as server:
        yield server


@pytest.fixture(scope="module")
def live(
    step_ca: Path, pki: Pki, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveCa]:
    """Return a CA whose provisioner `idp` has the super admin `me@example.com`."""
    entries: list[dict[str, Any]] = [
        {
            "type": "OIDC",
            "name": "idp",
            "clientID": "cid",
            "clientSecret": CLIENT_SECRET,
            "configurationEndpoint": provider.url,
        },
        {"type": "ACME", "name": "acme"},
    ]
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("identity"), *entries) as live:
        require_done(live.direct.add_admin("me@example.com", "idp", super=True))
        yield live


@pytest.fixture
def start(live: LiveCa, tmp_path: Path, opened: Opened) -> Start:
    """Return a function that starts the program, to log in through `idp`, with an environment."""

    def run(env: dict[str, str], **size: int) -> Terminal:
        words = ["--ca-url", live.ca.url, "--root", live.pki.root, "--admin-provisioner", "idp"]
        home = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        terminal = opened(words, env={**home, **env}, **({"columns": 140} | size))
        terminal.wait_for(lambda: terminal.input_line.endswith(f"{live.ca.url.removeprefix('https://')}>"))
        return terminal

    return run


@pytest.fixture
def browser(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a desktop with a browser; what that was shown last is in `tmp_path/seen`."""
    program = tmp_path / "browser"
    program.write_text(BROWSER.format(python=sys.executable, seen=str(tmp_path / "seen")))
    program.chmod(0o700)
    return {**HERE, "BROWSER": f"{program} %s"}


def test_a_browser_on_this_machine(
    start: Start, browser: dict[str, str], live: LiveCa, tmp_path: Path
) -> None:
    """The first edit opens it; when it comes back the edit is staged, and the commit asks nobody again."""
    terminal = start(browser)
    terminal.line("set acme requireEAB true")
    terminal.wait_for_prompt(f"{live.ca.url} [me@example.com +1]> ")
    assert "log in here: http://127.0.0.1:" in terminal.past
    seen = tmp_path / "seen"  # which the browser may still be writing
    terminal.wait_for(lambda: seen.exists() and "Go back to step-shell" in seen.read_text())
    terminal.line("commit")
    terminal.wait_for("committed as 1")
    terminal.wait_for_prompt(f"{live.ca.url} [me@example.com]> ")
    terminal.line("whoami")
    terminal.wait_for("super admin")
    assert terminal.past.count("log in here") == 1
    assert CLIENT_SECRET not in terminal.raw


def test_a_browser_elsewhere(start: Start, live: LiveCa) -> None:
    """The address is shown whole, in one piece whatever the width; the one that the browser ended at is pasted."""
    terminal = start(AWAY, columns=60)
    terminal.line("whoami")
    terminal.wait_for("the browser ended at, or the code in it:")
    (address,) = set(_ADDRESS.findall(terminal.raw))
    typist = Typist()
    typist.show(address)
    terminal.paste(typist.paste(""))
    terminal.line("")
    terminal.wait_for("super admin")
    terminal.wait_for(lambda: terminal.input_line.endswith(" [me@example.com]>"))


def test_a_bare_code_is_enough(start: Start, live: LiveCa) -> None:
    """As some browsers show nothing else of an address that they cannot open."""
    terminal = start(AWAY)
    terminal.line("whoami")
    terminal.wait_for("the browser ended at, or the code in it:")
    (address,) = set(_ADDRESS.findall(terminal.raw))
    typist = Typist()
    typist.show(address)
    code = re.search(r"code=(\w+)", typist.paste(""))
    assert code is not None
    terminal.line(code.group(1))
    terminal.wait_for("super admin")


def test_what_is_pasted_wrongly_is_said_and_can_be_tried_again(start: Start, live: LiveCa) -> None:
    """Nothing is staged, and the next edit begins a login of its own."""
    terminal = start(AWAY)
    terminal.line("set acme requireEAB false")
    terminal.wait_for("the browser ended at, or the code in it:")
    terminal.line("http://127.0.0.1:10000/?code=x&state=of-another-login")
    terminal.wait_for("is not one to this login")
    terminal.wait_for_prompt(f"{live.ca.url}> ")
    terminal.line("whoami")
    terminal.wait_for(lambda: terminal.past.count("log in here") == 2)
    terminal.wait_for(lambda: terminal.past.count("the browser ended at, or the code in it:") == 2)
    terminal.send(CTRL_C)
    terminal.wait_for_prompt(f"{live.ca.url}> ")


def test_a_wait_for_a_browser_ends_with_ctrl_c(start: Start, live: LiveCa, tmp_path: Path) -> None:
    """A browser that never comes back keeps nobody: the prompt is there again, and nothing is staged.

    The browser itself goes on, and what it writes is not on the screen.
    """
    lazy = tmp_path / "lazy"
    lazy.write_text(LAZY.format(python=sys.executable, folder=str(tmp_path)))
    lazy.chmod(0o700)
    terminal = start({**HERE, "BROWSER": f"{lazy} %s"})
    terminal.line("set acme requireEAB false")
    terminal.wait_for("Ctrl-C")
    terminal.wait_for((tmp_path / "started").exists)
    terminal.send(CTRL_C)
    terminal.wait_for_prompt(f"{live.ca.url}> ")
    terminal.line("staged")
    terminal.wait_for("nothing is staged")
    (tmp_path / "over").touch()
    terminal.wait_for((tmp_path / "ended").exists)
    assert "what a browser says" not in terminal.past


@pytest.mark.parametrize("named", ["", "missing", "w3m"])
def test_a_desktop_without_a_browser_is_asked_to_paste(
    start: Start, live: LiveCa, tmp_path: Path, named: str
) -> None:
    """Where none can be opened beside the terminal, nobody waits for one."""
    (tmp_path / "w3m").write_text("#!/bin/sh\n")
    (tmp_path / "w3m").chmod(0o700)
    terminal = start({**HERE, "BROWSER": named, "PATH": str(tmp_path)})
    terminal.line("whoami")
    terminal.wait_for("the browser ended at, or the code in it:")
    (address,) = set(_ADDRESS.findall(terminal.raw))
    typist = Typist()
    typist.show(address)
    terminal.line(typist.paste(""))
    terminal.wait_for("super admin")


def test_a_refusal_of_the_provider_is_told(
    start: Start, browser: dict[str, str], live: LiveCa, provider: IdentityProvider
) -> None:
    """With its reason; the CA was not asked."""
    terminal = start(browser)
    provider.deny = True
    try:
        terminal.line("whoami")
        terminal.wait_for("the identity provider refused the login: access_denied")
        terminal.wait_for_prompt(f"{live.ca.url}> ")
    finally:
        provider.deny = False


def test_somebody_who_is_no_admin_is_told(
    start: Start, browser: dict[str, str], live: LiveCa, provider: IdentityProvider
) -> None:
    """The provider lets him in and the CA does not; he may log in anew as somebody else."""
    terminal = start(browser)
    provider.email = "other@example.com"
    try:
        terminal.line("set acme requireEAB false")
        terminal.wait_for("is not an admin of its provisioner")
        terminal.wait_for_prompt(f"{live.ca.url}> ")
    finally:
        provider.email = "me@example.com"
    terminal.line("set acme requireEAB false")
    terminal.wait_for_prompt(f"{live.ca.url} [me@example.com +1]> ")
