"""What stands between the start and the first prompt: nothing that a bare prompt would not need."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.ui.emulator import PROMPT, Terminal

# writes what is loaded when the prompt has been drawn and the watch is about to start
PROBE = """
import sys
from shell.ui.watch import Watch

def start(self, changed):
    with open(RECORD, "w") as file:
        file.write("\\n".join(sys.modules))

Watch.start = start
from shell.cli import entry
entry()
"""
# the types of parameters, which tell names from fields while typing
ALLOWED = {"shell.commands.parameters", "shell.commands.masks"}
LATER = ("rich", "requests", "urllib3", "jwcrypto", "cryptography")


def test_the_first_prompt_loads_little(config: Path, tmp_path: Path) -> None:
    """When the first prompt is there, no command, no rule and none of the other libraries has been loaded."""
    record = tmp_path / "modules"
    probe = tmp_path / "probe.py"
    probe.write_text(PROBE.replace("RECORD", repr(str(record))))
    terminal = Terminal(["--ca-config", config], command=[sys.executable, "-P", str(probe)])
    try:
        terminal.wait_for_prompt(PROMPT)
        terminal.wait_for(record.exists)
        terminal.wait_for(lambda: "prompt_toolkit" in record.read_text())
    finally:
        terminal.close()
    loaded = record.read_text().splitlines()
    assert [name for name in loaded if name.partition(".")[0] in LATER] == []
    assert [name for name in loaded if name.startswith("shell.commands.") and name not in ALLOWED] == []
    assert [name for name in loaded if name.startswith(("shell.model.rules", "shell.staging.plan"))] == []
