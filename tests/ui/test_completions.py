"""The completion scripts for the program's own arguments, in the shells that they are for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shell import completions
from shell.arguments import TABLE
from tests.support.program import COMMAND, run_shell
from tests.ui.conftest import Opened
from tests.ui.emulator import ENTER, TAB, Terminal

FOLDER = Path(__file__).parents[2] / "completions"
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
# what makes an interactive shell know the script, without any of the user's settings
LOAD = {
    "bash": "source {script}",
    "zsh": "autoload -Uz compinit; compinit -u -d {scratch}/dump; source {script}; compdef _ours step-shell step-shell-plugin",
    "fish": "source {script}",
}
GENERATOR = (*COMMAND[:-1], "shell.completions")
READY = "ready> "
SET_PROMPT = {
    "bash": f"PS1='{READY}'",
    "zsh": f"PROMPT='{READY}'; unsetopt zle_bracketed_paste prompt_sp; LISTMAX=1000",
    "fish": f"function fish_prompt; echo -n '{READY}'; end; set -g fish_autosuggestion_enabled 0",
}

Begin = Callable[[str], Terminal]


@pytest.fixture
def begin(tmp_path: Path, opened: Opened) -> Begin:
    """Return a function that starts a shell which has loaded the script, in a folder with files to complete."""
    (tmp_path / "my certs").mkdir()
    (tmp_path / "my certs" / "root one.crt").touch()

    def run(shell: str) -> Terminal:
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} IS MISSING: its completion script is not tested on this machine")
        script = FOLDER / completions.FILES[shell]
        if shell == "zsh":
            # what `autoload` makes of a file on the fpath
            body = tmp_path / "functions"
            body.write_text(f"_ours() {{\n{script.read_text()}\n}}\n")
            script = body
        terminal = opened([], command=SHELLS[shell], columns=140, lines=40, cwd=tmp_path)
        terminal.line(SET_PROMPT[shell])
        terminal.wait_for_prompt(READY)
        # the prompt stands there until the line is read; what is typed here is not what it prints
        terminal.line(LOAD[shell].format(script=script, scratch=tmp_path) + "; echo lo''aded")
        terminal.wait_for("loaded")
        terminal.wait_for_prompt(READY)
        return terminal

    return run


@pytest.mark.parametrize("shell", list(SHELLS))
def test_the_scripts_are_what_is_generated(shell: str) -> None:
    """The committed script is what the generator makes of the table of arguments."""
    done = run_shell(shell, command=GENERATOR)
    assert done.stdout == (FOLDER / completions.FILES[shell]).read_text(), (
        f"make it anew: python -m shell.completions {shell} > completions/{completions.FILES[shell]}"
    )


def test_an_unknown_shell_is_told_which_there_are() -> None:
    """Without the name of a shell the generator says how it is used, on standard error."""
    done = run_shell("tcsh", command=GENERATOR)
    assert (done.stdout, done.stderr) == ("", "usage: python -m shell.completions bash|zsh|fish\n")


@pytest.mark.parametrize("shell", list(SHELLS))
def test_every_flag_is_offered(shell: str) -> None:
    """Each flag of the table stands in the script."""
    text = completions.script(shell)
    assert [row.flag for row in TABLE if row.flag.lstrip("-") not in text] == []


@pytest.mark.parametrize("program", completions.PROGRAMS)
@pytest.mark.parametrize("shell", list(SHELLS))
def test_flags_complete(begin: Begin, shell: str, program: str) -> None:
    """A flag that is begun is completed, also of the command under which step finds the program."""
    terminal = begin(shell)
    terminal.send(f"{program} --oper" + TAB)
    terminal.wait_for(lambda: f"{program} --operator" in terminal.input_line)


@pytest.mark.parametrize("shell", list(SHELLS))
def test_files_complete(begin: Begin, shell: str) -> None:
    """The value of a flag for a file is completed from the folder, quoted for the shell."""
    terminal = begin(shell)
    terminal.send("step-shell --root my" + TAB)
    terminal.wait_for(lambda: "certs/" in terminal.input_line)
    terminal.send("ro" + TAB)
    terminal.wait_for(lambda: "one.crt" in terminal.input_line)


@pytest.mark.parametrize("shell", list(SHELLS))
def test_what_cannot_be_known_is_not_made_up(begin: Begin, shell: str) -> None:
    """The value of a flag that names no file completes to nothing."""
    terminal = begin(shell)
    terminal.send("step-shell --operator my" + TAB + "x")
    terminal.wait_for(lambda: "myx" in terminal.input_line)
    terminal.send("\x15" + "echo done" + ENTER)
    terminal.wait_for("\ndone")
