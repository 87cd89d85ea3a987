"""What is told besides at the prompt, on a real step-ca: traces that stand above the line, and its version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.proxy import Fault
from tests.ui.emulator import Terminal

pytestmark = pytest.mark.live

NEWER = Fault("answer", status=200, body=json.dumps({"version": "9.1.0"}).encode(), echo=True)


@pytest.fixture
def live(step_ca: Path, pki: Pki, tmp_path: Path) -> Iterator[LiveCa]:
    """Return a CA behind a proxy, which says that it is of a version to come."""
    with LiveCa(step_ca, pki, tmp_path, {"type": "ACME", "name": "acme"}) as live:
        live.proxy.fault = lambda exchange: NEWER if exchange.path == "/version" else None
        yield live


def test_traces_and_the_version_stand_above_the_line(live: LiveCa, tmp_path: Path) -> None:
    """What the target was read with behind the first prompt, then what each line asks; the log has the same."""
    login = ["--admin-provisioner", "admin", "--admin-password-file", live.pki.password_file]
    told = ["--trace", "--verbose", "--log-file", tmp_path / "log", "--log-level", "debug"]
    terminal = Terminal(
        ["--ca-url", live.proxy.url, "--root", live.pki.root, *login, *told], columns=140, lines=50
    )
    try:
        terminal.wait_for("trace: GET /provisioners?limit=100 200")
        terminal.wait_for("note: the CA is step-ca 9.1.0, newer than this program")
        terminal.wait_for_prompt(f"{live.proxy.url}> ")
        terminal.line("set acme forceCN true")
        terminal.wait_for_prompt(f"{live.proxy.url} [step +1]> ")
        assert "trace: POST /1.0/sign 201" in terminal.text
        assert "login: admin step, provisioner admin, until 20" in terminal.text
        terminal.line("commit")
        terminal.wait_for("committed as 1")
        assert "trace: PUT /admin/provisioners/acme 200" in terminal.text
        terminal.wait_for_prompt(f"{live.proxy.url} [step]> ")
        terminal.line("quit")
        assert terminal.end() == 0
    finally:
        terminal.close()
    log = (tmp_path / "log").read_text()
    assert "start version=" in log
    assert "way=prompt" in log
    assert "commit outcome=committed id=1 live=true" in log
    assert log.endswith("end exit=0\n")
