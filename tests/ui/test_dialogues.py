"""Whole dialogues at the prompt, seen as a person sees them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ui.emulator import CTRL_D, ENTER, TAB, Terminal


def names(config: Path) -> list[str]:
    """Return the names of the provisioners in a ca.json."""
    return [entry["name"] for entry in json.loads(config.read_text())["authority"]["provisioners"]]


def test_the_start_says_which_target_and_who_named_it(prompt: Terminal) -> None:
    """Above the first prompt stand the path of the file and the flag that named it."""
    assert "ca.json (--ca-config)" in prompt.text.splitlines()[0]


def test_staging_and_committing(prompt: Terminal, config: Path) -> None:
    """An edit is marked in the prompt, shown by diff, written by commit; leaving then asks nothing."""
    prompt.line("add printers --type SSHPOP")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.wait_for("1 to add, 0 to change, 0 to remove")
    prompt.line("diff")
    prompt.wait_for("+ printers (SSHPOP)")
    prompt.line("commit")
    prompt.wait_for("committed as 1")
    prompt.wait_for_prompt("ca.json [~]> ")
    assert names(config)[-1] == "printers"
    prompt.send(CTRL_D)
    assert prompt.end() == 0


def test_words_complete(prompt: Terminal, config: Path) -> None:
    """Tab completes command, name, field and value, each followed by a blank."""
    prompt.send("cla" + TAB)
    prompt.wait_for_line("ca.json> claims NAME")
    prompt.send("acme-" + TAB + ENTER)
    prompt.wait_for("maxTLSCertDuration")
    prompt.wait_for_prompt()
    prompt.send("set hosts claims.en" + TAB + "tr" + TAB + ENTER)
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.wait_for("staged: set claims.enableSSHCA of hosts")


def test_a_mistyped_word_is_said_while_typing(prompt: Terminal) -> None:
    """The toolbar says what is wrong with a finished word, and Enter says it with the nearest name."""
    prompt.send("lsit ")
    prompt.wait_for('there is no command "lsit"')
    prompt.send(ENTER)
    prompt.wait_for("hint: did you mean list?")
    prompt.wait_for_prompt()


def test_leaving_with_staged_edits_asks(prompt: Terminal, config: Path) -> None:
    """Ctrl-D with staged edits shows their number; Enter stays, discard drops them and leaves."""
    prompt.line("remove hosts")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.send(CTRL_D)
    prompt.wait_for("staged and not committed: 0 to add, 0 to change, 1 to remove")
    prompt.wait_for_line("commit, discard or stay [stay]?")
    prompt.send(ENTER)
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("quit")
    prompt.wait_for_line("commit, discard or stay [stay]?")
    prompt.line("d")
    assert prompt.end() == 0
    assert "hosts" in names(config)


def test_leaving_can_commit(prompt: Terminal, config: Path) -> None:
    """Answering commit to the question writes the edits and leaves."""
    prompt.line("add printers --type SSHPOP")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.send(CTRL_D)
    prompt.wait_for_line("commit, discard or stay [stay]?")
    prompt.line("commit")
    assert prompt.end() == 0
    assert "printers" in names(config)
