"""Pictures of a session for the README: the program is driven in an emulated terminal, and its screen is drawn.

    python -m docs.pictures.make

What they show is what the program shows, so they are made anew when that changes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tests.ui.conftest import Entry, write_config
from tests.ui.emulator import CTRL_C, CTRL_L, Terminal

FOLDER = Path(__file__).parent
COLUMNS = 96
LINES = 60  # so that nothing scrolls
SHOWN_FOLDER = "/etc/step-ca/config"
ENTRIES: list[Entry] = [
    {
        "type": "ACME",
        "name": "acme",
        "challenges": ["http-01", "dns-01"],
        "claims": {"maxTLSCertDuration": "48h"},
    },
    {"type": "ACME", "name": "acme-internal", "requireEAB": True},
    {
        "type": "OIDC",
        "name": "people",
        "clientID": "step-ca",
        "clientSecret": "not-shown",
        "configurationEndpoint": "https://login.example.com/.well-known/openid-configuration",
        "claims": {"enableSSHCA": True},
    },
    {"type": "SSHPOP", "name": "hosts", "claims": {"enableSSHCA": True}},
]


def main(target: Path = FOLDER) -> None:
    """Drive a session, and draw it at its moments into files of the target folder."""
    with tempfile.TemporaryDirectory() as folder:
        config = write_config(Path(folder), ENTRIES)
        terminal = Terminal(
            ["--ca-config", config, "--state-dir", Path(folder) / "state"],
            env={"COLORTERM": "", "NO_COLOR": ""},
            columns=COLUMNS,
            lines=LINES,
        )
        try:
            for name, end in _moments(terminal):
                terminal.wait_for(lambda end=end: terminal.text.endswith(end))
                _draw(terminal, folder, target / f"{name}.svg")
        finally:
            terminal.close()


def _moments(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """Go through the session, and yield the name of a picture whenever the screen shows it.

    Behind the name stands how the toolbar ends then, which is drawn last.
    """
    terminal.wait_for_prompt()
    terminal.wait_for(lambda: terminal.text.endswith("ca.json"))
    terminal.line("list")
    terminal.wait_for("hosts")
    terminal.wait_for_prompt()
    terminal.line("list type=ACME")
    terminal.wait_for(lambda: terminal.text.count("acme-internal") == 2)
    terminal.wait_for_prompt()
    yield "list", "/ca.json"
    _clear(terminal)
    terminal.send("set acme claims.max")
    terminal.wait_for("now 48h")
    terminal.wait_for("Whether certificates leave out the extension that names...")  # the last of the menu
    yield "completion", "/ca.json"
    terminal.send(CTRL_C)
    terminal.wait_for_prompt()
    _clear(terminal)
    terminal.line("set acme claims.maxTLSCertDuration 72h")
    terminal.wait_for_prompt("ca.json [+1]> ")
    terminal.line("add devices --type ACME --challenge device-attest-01 --ssh=false")
    terminal.wait_for_prompt("ca.json [+2]> ")
    terminal.line("diff")
    terminal.wait_for("plan ")
    terminal.wait_for_prompt("ca.json [+2]> ")
    yield "diff", "/ca.json  1 to add, 1 to change"
    _clear(terminal)
    terminal.line("commit --comment 'devices prove themselves'")
    terminal.wait_for("committed as 1")
    terminal.wait_for_prompt("ca.json [~]> ")
    terminal.line("list | match devices")
    terminal.wait_for("devices  ACME")
    terminal.wait_for_prompt("ca.json [~]> ")
    yield "commit", "/ca.json  written, but not live"


def _clear(terminal: Terminal) -> None:
    """Clear the screen, so that a picture begins with the prompt."""
    terminal.send(CTRL_L)
    terminal.wait_for(lambda: terminal.text.startswith("ca.json") and "\nca.json" not in terminal.text)


def _draw(terminal: Terminal, folder: str, path: Path) -> None:
    """Write what the screen shows as a picture, with the folder of a real CA in place of the scratch one."""
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, legacy_windows=False)
        for row in _without_gaps(terminal.rows()):
            runs = [(text.replace(folder, SHOWN_FOLDER), style) for text, style in row]
            console.print(Text.assemble(*runs, no_wrap=True, overflow="crop"))
        console.save_svg(str(path), title="step-shell", unique_id=path.stem)


def _without_gaps(rows: list[list[tuple[str, str]]]) -> Iterator[list[tuple[str, str]]]:
    """Yield the rows, of several blank ones in turn only the first."""
    was_blank = False
    for row in rows:
        is_blank = not "".join(text for text, _ in row).strip()
        if not (is_blank and was_blank):
            yield row
        was_blank = is_blank


if __name__ == "__main__":
    main()
