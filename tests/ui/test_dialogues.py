"""Whole dialogues at the prompt, seen as a person sees them."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from shell.backends.cafile import digest_of
from shell.commit.record import FileCommit
from shell.state import State
from tests.ui.conftest import ENTRIES, Opened, Start, write_config
from tests.ui.emulator import (
    CTRL_C,
    CTRL_D,
    CTRL_E,
    CTRL_R,
    CTRL_U,
    CTRL_X,
    ENTER,
    ESCAPE,
    RIGHT,
    TAB,
    UP,
    Terminal,
)

# an interrupt arrives when the first line has been read and has not begun to run
INTERRUPTED_AT_ENTER = """
import os
import signal
import sys
from shell.ui.lineeditor import LineEditor
read = LineEditor.line
def line(self, text=""):
    typed = read(self, text)
    LineEditor.line = read
    os.kill(os.getpid(), signal.SIGINT)
    return typed
LineEditor.line = line
from shell.cli import entry
sys.exit(entry())
"""


def names(config: Path) -> list[str]:
    """Return the names of the provisioners in a ca.json."""
    return [entry["name"] for entry in json.loads(config.read_text())["authority"]["provisioners"]]


def test_the_start_says_which_target_and_who_named_it(start: Start, config: Path) -> None:
    """Above the first prompt stand the path of the file and the flag that named it."""
    terminal = start(columns=200)
    terminal.wait_for_prompt()
    assert terminal.text.splitlines()[0] == f"target: {config} (--ca-config)"


def test_staging_and_committing(prompt: Terminal, config: Path) -> None:
    """An edit is marked in the prompt, shown by diff, written by commit; leaving then asks nothing."""
    prompt.line("add printers --type SSHPOP")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.wait_for(lambda: prompt.text.endswith("1 to add"))
    prompt.line("diff")
    prompt.wait_for("+ printers (SSHPOP)")
    prompt.line("commit")
    prompt.wait_for("committed as 1")
    prompt.wait_for_prompt("ca.json [~]> ")
    assert names(config)[-1] == "printers"
    prompt.send(CTRL_D)
    assert prompt.end() == 0


def test_times_have_their_age_at_the_prompt_only(prompt: Terminal, tmp_path: Path) -> None:
    """A commit is listed with its time and how long ago that is; in a file the time stands alone."""
    prompt.line("remove hosts")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("commit --comment gone")
    prompt.wait_for_prompt("ca.json [~]> ")
    prompt.line("history")
    prompt.wait_for(" (just now)  ")
    prompt.wait_for_prompt("ca.json [~]> ")
    written = tmp_path / "history.txt"
    prompt.line(f"history > {written}")
    prompt.wait_for("written to")
    assert "gone" in written.read_text()
    assert "just now" not in written.read_text()


def test_conditions_complete_and_choose(prompt: Terminal) -> None:
    """`list` completes keys and values of conditions, and the column of states comes with a staged edit."""
    prompt.send("list ty" + TAB)
    prompt.wait_for(lambda: prompt.input_line.startswith("ca.json> list type="))
    prompt.send("OI" + TAB + ENTER)
    prompt.wait_for("list type=OIDC")
    prompt.wait_for("people  OIDC")
    prompt.wait_for_prompt()
    assert "STATE" not in prompt.text
    prompt.line("set people forceCN true --unknown")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("list state=changed")
    prompt.wait_for("~ changed")


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


def test_five_hundred_pasted_lines_are_one_step(prompt: Terminal, config: Path) -> None:
    """A paste of many whole lines is staged line by line, summed up, and taken back by one undo."""
    prompt.paste("".join(f"add host{number:03d} --type ACME\n" for number in range(500)))
    prompt.wait_for("500 of 500 lines run; staged: 500 to add, 0 to change, 0 to remove")
    prompt.wait_for_prompt("ca.json [+500]> ")
    prompt.line("staged")
    prompt.wait_for("1  (paste of 500 lines)")
    prompt.line("undo")
    prompt.wait_for_prompt()


def test_a_paste_stops_at_its_first_error(prompt: Terminal) -> None:
    """What was staged before the error stays, as one step; what is wrong in every line is said before any runs."""
    prompt.paste("add one --type ACME\nremove nobody\nadd two --type ACME\n")
    prompt.wait_for('there is no provisioner named "nobody"')
    prompt.wait_for("1 of 3 lines run; staged: 1 to add")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.paste("add three --type ACME\nad four --tpye ACME\nadd five --type NONE\n")
    prompt.wait_for("paste:2:9: error: add has no flag --tpye")
    prompt.wait_for('paste:3:17: error: "NONE" is not one of')
    prompt.wait_for_prompt("ca.json [+1]> ")


def test_a_pasted_commit_waits_for_enter(prompt: Terminal, config: Path) -> None:
    """A paste never writes to the target by itself: its commit, and what follows, stands on the next prompt."""
    prompt.paste("add one --type ACME\ncommit\n")
    prompt.wait_for_line("ca.json [+1]> commit")
    assert "one" not in names(config)
    prompt.send(ENTER)
    prompt.wait_for("committed as 1")
    assert "one" in names(config)


def test_a_single_pasted_line_waits_for_enter(prompt: Terminal) -> None:
    """One pasted line is only written down, also with its line end."""
    prompt.paste("add one --type ACME\n")
    prompt.wait_for_line("ca.json> add one --type ACME")
    prompt.send(ENTER)
    prompt.wait_for_prompt("ca.json [+1]> ")


def test_a_paste_that_ends_in_a_quote_keeps_its_line_end(prompt: Terminal) -> None:
    """A value of several lines may be pasted in parts, and nothing of it is lost."""
    prompt.paste("set acme website 'one\n")
    prompt.wait_for_line("...")
    prompt.line("two'")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("show acme website")
    prompt.wait_for("one\ntwo\n")


def test_ctrl_c_drops_the_line(prompt: Terminal) -> None:
    """Ctrl-C at a half typed line, with its menu open, gives an empty prompt; nothing runs."""
    prompt.send("add printers --type ")
    prompt.wait_for("SSHPOP")
    prompt.send(CTRL_C)
    prompt.wait_for_prompt()
    prompt.line("staged")
    prompt.wait_for("nothing is staged")


def test_an_open_quote_goes_on_in_the_next_line(prompt: Terminal) -> None:
    """Enter within a quote begins another line of the same command; Ctrl-C drops them all."""
    prompt.line("commit --dry-run --comment 'first")
    prompt.wait_for_line("...")
    prompt.line("second'")
    prompt.wait_for("nothing to commit")
    prompt.wait_for_prompt()
    prompt.line("commit --comment 'first")
    prompt.wait_for_line("...")
    prompt.send(CTRL_C)
    prompt.wait_for_prompt()


def test_a_question_mark_explains_without_leaving_the_line(prompt: Terminal) -> None:
    """`?` where a word may begin lists what may stand there and leaves the line; in a word it is a character."""
    prompt.send("set people ?")
    prompt.wait_for("FIELD: the field, such as claims.maxTLSCertDuration")
    prompt.wait_for("more; type the beginning of one")
    prompt.wait_for("ca.json> set people FIELD")
    prompt.send(CTRL_C)
    prompt.wait_for_prompt()
    prompt.send("add what?")
    prompt.wait_for_line("ca.json> add what?")


def test_a_question_mark_explains_the_beginning_of_a_command_or_flag(prompt: Terminal) -> None:
    """Within a word that can only be one of ours `?` shows what begins so; within others it is a character."""
    prompt.send("update acme --x509-m?")
    prompt.wait_for("--x509-min-dur  shortest lifetime")
    prompt.wait_for(lambda: prompt.input_line.startswith("ca.json> update acme --x509-m"))
    assert "?" not in prompt.text
    prompt.send(CTRL_U + "show acme?")
    prompt.wait_for_line("ca.json> show acme?")


def test_help_as_other_programs_have_it_is_named(prompt: Terminal) -> None:
    """--help and -h are no flags, and the error says which line explains the command."""
    prompt.line("list --help")
    prompt.wait_for("hint: see: help list")
    prompt.wait_for_prompt()


def test_the_missing_arguments_stand_in_grey(prompt: Terminal) -> None:
    """Behind the line stand the arguments that it still needs, and they go away as they are typed."""
    prompt.send("rename ")
    prompt.wait_for_line("ca.json> rename NAME NEW-NAME")
    prompt.send("acme ")
    prompt.wait_for_line("ca.json> rename acme NEW-NAME")


def test_a_hangup_keeps_the_draft(start: Start, config: Path) -> None:
    """After SIGHUP the staged edits are there at the next start, which shows and offers them."""
    first = start()
    first.wait_for_prompt()
    first.line("add printers --type SSHPOP")
    first.wait_for_prompt("ca.json [+1]> ")
    first.send("half a li")
    first.wait_for_line("ca.json [+1]> half a li")
    first.kill(signal.SIGHUP)
    assert first.end() == -signal.SIGHUP
    second = start()
    second.wait_for(" UTC (just now): 1 to add, 0 to change, 0 to remove")
    second.wait_for("  add printers --type SSHPOP")
    second.wait_for_line("take them up again [yes]?")
    second.send(ENTER)
    second.wait_for_prompt("ca.json [+1]> ")
    second.line("commit")
    second.wait_for("committed as 1")
    assert "printers" in names(config)


@pytest.mark.parametrize(
    ("answer", "said", "prompt", "lifetime"),
    [
        ("keep", "", "ca.json [+2]> ", "48h"),
        ("theirs", "1 line dropped", "ca.json [+1]> ", "72h"),
        ("discard", "dropped", "ca.json> ", "72h"),
    ],
)
def test_a_kept_draft_that_conflicts_is_settled(
    start: Start, config: Path, answer: str, said: str, prompt: str, lifetime: str
) -> None:
    """Where others changed the same it is shown with the three values, and the person says whose is to be."""
    first = start()
    first.wait_for_prompt()
    first.line("set acme claims.maxTLSCertDuration 48h")
    first.wait_for_prompt("ca.json [+1]> ")
    first.line("set people listenAddress :10000")
    first.wait_for_prompt("ca.json [+2]> ")
    first.kill(signal.SIGKILL)
    first.end()
    theirs = {**ENTRIES[0], "claims": {"maxTLSCertDuration": "72h"}}
    write_config(config.parent, [theirs, *ENTRIES[1:]])
    second = start(columns=160)
    second.wait_for("conflict: acme: claims.maxTLSCertDuration: changed by others and here")
    second.wait_for("(was not set, is now 72h, yours 48h)")
    second.wait_for("(keep/theirs/discard)")
    second.send(ENTER)  # is no answer
    second.wait_for(lambda: second.text.count("(keep/theirs/discard)") == 2)
    second.line(answer)
    second.wait_for(said)
    second.wait_for_prompt(prompt)
    second.line("show acme claims.maxTLSCertDuration")
    second.wait_for(f"\n{lifetime}")
    second.wait_for_prompt(prompt)
    second.kill(signal.SIGKILL)
    second.end()


def test_a_kept_draft_can_be_dropped(start: Start, config: Path) -> None:
    """Answering no to the offer drops the edits for good."""
    first = start()
    first.wait_for_prompt()
    first.line("remove hosts")
    first.wait_for_prompt("ca.json [+1]> ")
    first.kill(signal.SIGKILL)
    first.end()
    second = start()
    second.wait_for_line("take them up again [yes]?")
    second.line("no")
    second.wait_for("dropped")
    second.wait_for_prompt()
    second.send(CTRL_D)
    assert second.end() == 0
    start().wait_for_prompt()


def test_a_kept_draft_is_offered_after_connect_too(start: Start, config: Path, tmp_path: Path) -> None:
    """Whoever comes to a target by `connect` is offered what was left there, before he can stage over it."""
    (tmp_path / "other").mkdir()
    other = write_config(tmp_path / "other", ENTRIES)
    first = start(on=other)
    first.wait_for_prompt()
    first.line("remove hosts")
    first.wait_for_prompt("ca.json [+1]> ")
    first.kill(signal.SIGKILL)
    first.end()
    second = start()
    second.wait_for_prompt()
    second.line(f"connect {other}")
    second.wait_for("a session left 1 line staged")
    second.wait_for_line("take them up again [yes]?")
    second.send(ENTER)
    second.wait_for_prompt("ca.json [+1]> ")
    second.line("staged")
    second.wait_for("1  remove hosts")


def test_a_resize_with_the_menu_open(prompt: Terminal) -> None:
    """The menu is drawn anew at another size of the terminal, and the line goes on."""
    prompt.send("set acme ")
    prompt.wait_for("caaIdentities")
    prompt.resize(40, 12)
    prompt.send("forceCN true" + ENTER)
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.resize(120, 40)
    prompt.line("list")
    prompt.wait_for("TEMPLATES")


def test_a_narrow_terminal(start: Start) -> None:
    """On forty columns a table shows what fits: cut cells, and as many columns as there is room for."""
    terminal = start(columns=40)
    terminal.wait_for_prompt()
    terminal.line("list")
    terminal.wait_for("people")
    terminal.wait_for_prompt()
    shown = [line.split() for line in terminal.past.splitlines()]
    assert ["NAME", "TYPE", "KEY", "OR", "CLIENT"] in shown
    assert ["people", "OIDC", "shell"] in shown


def test_a_file_that_is_broken_ends_the_program(start: Start, config: Path) -> None:
    """A target that cannot be read is an error with its place, and the terminal is as it was."""
    config.write_text('{"authority": {"provisioners": [}')
    terminal = start()
    terminal.wait_for("error:")
    assert terminal.end() != 0


def test_a_secret_is_masked_while_it_is_typed(prompt: Terminal) -> None:
    """A literal secret is drawn as bullets, and is nowhere on the screen afterwards."""
    prompt.send("set people clientSecret hunter2")
    prompt.wait_for_line("ca.json> set people clientSecret •••••••")
    prompt.send(ENTER)
    prompt.wait_for_prompt("ca.json [+1]> ")
    assert "hunter2" not in prompt.past


def test_the_history_is_private_and_holds_no_secret(prompt: Terminal, start: Start, tmp_path: Path) -> None:
    """Lines come back in the next session; not those with a secret, a leading blank or an error."""
    prompt.line("list | count")
    prompt.wait_for_prompt()
    prompt.line("set people clientSecret hunter2")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line(" status")
    prompt.wait_for("named by")
    prompt.line("lsit hunter2")
    prompt.wait_for("did you mean list?")
    prompt.line("discard")
    prompt.wait_for_prompt()
    prompt.send(CTRL_D)
    assert prompt.end() == 0
    files = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert all(b"hunter2" not in file.read_bytes() for file in files)
    lines = next(file for file in files if file.name == "lines")
    assert lines.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line) for line in lines.read_text().splitlines()] == ["list | count", "discard"]
    again = start()
    again.wait_for_prompt()
    again.send(UP + UP)
    again.wait_for_line("ca.json> list | count")


def test_a_target_that_moves_is_marked(prompt: Terminal, config: Path) -> None:
    """A change by others shows at the prompt without a key; with nothing staged the next line reads it again."""
    write_config(config.parent, [*ENTRIES, {"type": "ACME", "name": "theirs"}])
    prompt.wait_for_prompt("ca.json [!]> ")
    prompt.line("list")
    prompt.wait_for("the target was changed by something else; it was read again")
    prompt.wait_for("theirs")
    prompt.wait_for_prompt()


def test_a_target_that_moves_under_edits(prompt: Terminal, config: Path) -> None:
    """With edits staged the mark stays until the commit, which merges."""
    prompt.line("add ours --type ACME")
    prompt.wait_for_prompt("ca.json [+1]> ")
    write_config(config.parent, [*ENTRIES, {"type": "ACME", "name": "theirs"}])
    prompt.wait_for_prompt("ca.json [+1 !]> ")
    prompt.line("commit")
    prompt.wait_for("committed as 1")
    prompt.wait_for_prompt("ca.json [~]> ")
    assert names(config)[-2:] == ["theirs", "ours"]


def test_a_danger_asks_for_the_name(prompt: Terminal, config: Path) -> None:
    """A commit that is dangerous asks for a word; any other word commits nothing."""
    prompt.line("remove acme")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("commit")
    prompt.wait_for_prompt("ca.json [~]> ")


def test_a_key_password_is_not_shown(prompt: Terminal) -> None:
    """The password of a new key is asked with the echo off, and Ctrl-C there stages nothing."""
    prompt.line("add cicd --create")
    question = "Key password for cicd (empty: one is made and shown):"
    prompt.wait_for_line(question)
    prompt.send(CTRL_C)
    prompt.wait_for_prompt()
    prompt.line("add cicd --create")
    prompt.wait_for_line(question)
    prompt.line("hunter2")
    prompt.wait_for_prompt("ca.json [+1]> ")
    assert "hunter2" not in prompt.raw
    assert "***" not in prompt.raw


def test_a_dumb_terminal_has_a_plain_prompt(start: Start, config: Path) -> None:
    """On a dumb terminal no control sequence is written, nothing is paged, and everything works."""
    terminal = start(env={"TERM": "dumb", "PAGER": "echo PAGED"}, lines=12)
    terminal.wait_for_prompt()
    terminal.line("help")
    terminal.wait_for("help COMMAND, help FIELD")
    terminal.wait_for_prompt()
    assert "PAGED" not in terminal.past
    terminal.line("add printers --type SSHPOP")
    terminal.wait_for_prompt("ca.json [+1]> ")
    terminal.send("half" + CTRL_C)
    terminal.wait_for("^C\n")
    terminal.wait_for_prompt("ca.json [+1]> ")
    terminal.send(CTRL_D)
    terminal.wait_for_line("commit, discard or stay [stay]?")
    terminal.line("commit")
    assert terminal.end() == 0
    assert "printers" in names(config)
    assert "\x1b" not in terminal.raw


def test_a_line_that_an_interrupt_keeps_from_running_is_told(
    opened: Opened, config: Path, tmp_path: Path
) -> None:
    """A Ctrl-C between Enter and the run of the line drops the line and says so; one while typing says nothing."""
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED_AT_ENTER)
    terminal = opened(["--ca-config", config], command=[sys.executable, "-P", str(program)])
    terminal.wait_for_prompt()
    terminal.send("remove peo")
    terminal.wait_for_line("ca.json> remove peo")
    terminal.send(CTRL_C)
    terminal.wait_for_prompt()
    assert "interrupted" not in terminal.text
    terminal.line("remove people")
    terminal.wait_for("interrupted")
    terminal.wait_for_prompt()
    terminal.line("remove hosts")
    terminal.wait_for_prompt("ca.json [+1]> ")


def test_add_alone_asks(prompt: Terminal) -> None:
    """`add` without words asks for name, type and what the type needs, shows the line, and stages it."""
    prompt.line("add")
    prompt.wait_for_line("name of the new provisioner:")
    prompt.line("people")
    prompt.wait_for('there is a provisioner named "people" already')
    prompt.wait_for_line("name of the new provisioner:")
    prompt.line("google login")
    prompt.wait_for_line("type [JWK]:")
    prompt.line("OIDK")
    prompt.wait_for("did you mean OIDC?")
    prompt.wait_for_line("type [JWK]:")
    prompt.line("oidc")
    prompt.wait_for_line("client identifier at the provider (ID):")
    prompt.line("abc")
    prompt.wait_for_line("address of the provider (URL):")
    prompt.line("https://accounts.example.com")
    prompt.wait_for(
        "add 'google login' --type OIDC --client-id abc --configuration-endpoint https://accounts.example.com"
    )
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line("add")
    prompt.wait_for_line("name of the new provisioner:")
    prompt.send(CTRL_C)
    prompt.wait_for_prompt("ca.json [+1]> ")


def test_add_alone_makes_a_key(prompt: Terminal) -> None:
    """For a JWK provisioner the default answers make a key, whose password is asked or made."""
    prompt.line("add")
    prompt.wait_for_line("name of the new provisioner:")
    prompt.line("cicd")
    prompt.wait_for_line("type [JWK]:")
    prompt.send(ENTER)
    prompt.wait_for_line("make a new key pair [yes]?")
    prompt.send(ENTER)
    prompt.wait_for("Key password for cicd")
    prompt.send(ENTER)
    prompt.wait_for("key password of cicd, shown only now:")
    prompt.wait_for_prompt("ca.json [+1]> ")


def test_add_alone_asks_again_for_a_file(prompt: Terminal, tmp_path: Path) -> None:
    """A path completes, and one that cannot be read is told at once and asked for again."""
    (tmp_path / "keys.pem").touch()
    prompt.line("add")
    prompt.wait_for_line("name of the new provisioner:")
    prompt.line("cluster")
    prompt.wait_for_line("type [JWK]:")
    prompt.line("K8sSA")
    question = "public keys of the service accounts, PEM (FILE):"
    prompt.wait_for_line(question)
    prompt.line("/")
    prompt.wait_for("cannot read /: it is a folder")
    prompt.wait_for_line(question)
    prompt.line("/no/such/file")
    prompt.wait_for("cannot read /no/such/file: there is no such file")
    prompt.wait_for_line(question)
    prompt.send(f"{tmp_path}/ke")
    prompt.wait_for(lambda: "keys.pem" in prompt.text)  # the menu
    prompt.send(TAB)
    prompt.wait_for(lambda: "/keys.pem" in prompt.text.replace("\n", ""))
    prompt.send(CTRL_C)
    prompt.wait_for("interrupted")
    prompt.wait_for_prompt()


EDITOR = """#!/bin/sh
cp "$1" "$0.seen"
ls -l "$1" > "$0.mode"
if [ -e "$0.once" ]; then sed -i 's/"true"/true/' "$1"
else touch "$0.once"; sed -i 's/"type"/"forceCN": "true", "type"/' "$1"; fi
"""


def test_edit_comes_back_with_the_error(start: Start, tmp_path: Path) -> None:
    """A wrong edit comes back with its text and the error as a comment; the file is private and goes away."""
    editor = tmp_path / "editor"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    terminal = start(env={"EDITOR": str(editor), "TMPDIR": str(tmp_path)})
    terminal.wait_for_prompt()
    terminal.line("edit acme")
    terminal.wait_for_line("Enter edits the text again, n drops it:")
    terminal.send(ENTER)
    terminal.wait_for("staged: 1 change to acme")
    terminal.wait_for_prompt("ca.json [+1]> ")
    seen = Path(f"{editor}.seen").read_text()
    assert '"forceCN": "true"' in seen
    assert "#error: step-ca would refuse the file" in seen
    assert Path(f"{editor}.mode").read_text().startswith("-rw-------")
    assert list(tmp_path.glob("step-shell-*")) == []


def test_edit_can_be_dropped(start: Start, tmp_path: Path) -> None:
    """Answering n to the error drops the edit; an editor that is missing is an error with a hint."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "{" > "$1"\n')
    editor.chmod(0o755)
    terminal = start(env={"VISUAL": str(editor)}, columns=200)
    terminal.wait_for_prompt()
    terminal.line("edit acme")
    terminal.wait_for("error: this is not JSON")
    terminal.line("n")
    terminal.wait_for("nothing was changed")
    terminal.wait_for_prompt()
    editor.unlink()
    terminal.line("edit acme")
    terminal.wait_for("cannot be started")
    terminal.wait_for_prompt()


def test_keys_take_edits_back(prompt: Terminal) -> None:
    """Ctrl-X u takes the last staged line back while another is being typed, and Ctrl-X r stages it again."""
    prompt.line("add printers --type SSHPOP")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.send("show ac" + CTRL_X + "u")
    prompt.wait_for("undone: add printers --type SSHPOP")
    prompt.wait_for_line("ca.json> show ac")
    prompt.send(CTRL_X + "r")
    prompt.wait_for_line("ca.json [+1]> show ac")


def test_the_line_can_be_written_in_the_editor(start: Start, tmp_path: Path) -> None:
    """Ctrl-X Ctrl-E opens the line in the editor and runs what comes back."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "add two --type ACME" > "$1"\n')
    editor.chmod(0o755)
    terminal = start(env={"EDITOR": str(editor)})
    terminal.wait_for_prompt()
    terminal.send("add one" + CTRL_X + CTRL_E)
    terminal.wait_for("staged: new provisioner two (ACME)")
    terminal.wait_for_prompt("ca.json [+1]> ")


def test_history_is_searched_and_suggested(prompt: Terminal) -> None:
    """Ctrl-R finds a line by a part of it; while typing, the newest line that begins so stands in grey."""
    prompt.line("list | match acme")
    prompt.wait_for("acme-intern")
    prompt.wait_for_prompt()
    prompt.send(CTRL_R + "match")
    prompt.wait_for("list | match acme")
    prompt.send(ENTER)
    prompt.wait_for_line("ca.json> list | match acme")
    prompt.send(CTRL_C)
    prompt.wait_for("list | match acme\nca.json>")  # a prompt below the line, which is drawn once more
    prompt.wait_for_prompt()
    prompt.send("li")
    prompt.wait_for_line("ca.json> list | match acme")
    prompt.send(RIGHT + " | count" + ENTER)
    prompt.wait_for_prompt()
    prompt.wait_for("\n2\n")


def test_vi_keys_as_readline_has_them(start: Start, tmp_path: Path) -> None:
    """`set editing-mode vi` in inputrc gives vi keys."""
    (tmp_path / "home" / ".inputrc").write_text("set editing-mode vi\n")
    terminal = start()
    terminal.wait_for_prompt()
    terminal.send("xlist" + ESCAPE)
    terminal.send("0x")
    terminal.wait_for_line("ca.json> list")
    terminal.send(ENTER)
    terminal.wait_for("people")


def test_wide_and_odd_names(start: Start, tmp_path: Path) -> None:
    """Names of wide characters, blanks and controls complete, quoted where they must be, and are shown safely."""
    folder = tmp_path / "odd"
    folder.mkdir()
    entries = [{"type": "ACME", "name": name} for name in ("認証局", "my acme", "bell\x07 ring")]
    terminal = start(on=write_config(folder, entries))
    terminal.wait_for_prompt()
    terminal.send("claims my" + TAB)
    terminal.wait_for_line("ca.json> claims 'my acme'")
    terminal.send(ENTER)
    terminal.wait_for("CLAIM")
    terminal.wait_for_prompt()
    terminal.send("remove 'my a" + TAB)
    terminal.wait_for_line("ca.json> remove 'my acme'")
    terminal.send(CTRL_U + "remove 認" + TAB)
    terminal.wait_for(lambda: terminal.input_line.replace(" ", "").startswith("ca.json>remove認証局"))
    terminal.send(CTRL_U + "list" + ENTER)
    terminal.wait_for("bell\\u0007 ring")


def test_no_colour_is_honoured(start: Start) -> None:
    """With NO_COLOR results and prompt are without colours; without it headings and types have them."""
    terminal = start(env={"NO_COLOR": "1"})
    terminal.wait_for_prompt()
    terminal.line("add printers --type SSHPOP")
    terminal.line("diff")
    terminal.wait_for("+ printers (SSHPOP)")
    assert terminal.colour_of("+ printers") == "default"
    terminal.kill()
    terminal.end()
    coloured = start()
    coloured.wait_for_line("take them up again [yes]?")
    coloured.send(ENTER)
    coloured.line("diff")
    coloured.wait_for("+ printers (SSHPOP)")
    assert coloured.colour_of("+ printers") == "green"


def test_what_is_too_tall_is_paged(start: Start, tmp_path: Path) -> None:
    """A result taller than the terminal goes through $PAGER, a short one does not."""
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED; cat > /dev/null\n")
    pager.chmod(0o755)
    terminal = start(env={"PAGER": str(pager)}, lines=12)
    terminal.wait_for_prompt()
    terminal.line("list")
    terminal.wait_for("people")
    terminal.wait_for_prompt()
    assert "PAGED" not in terminal.past
    terminal.line("help")
    terminal.wait_for("\nPAGED\n")


def test_what_fits_above_the_prompt_stays_in_sight(start: Start) -> None:
    """The room for the menu is taken when something is typed: until then a result is seen from its first line."""
    terminal = start(lines=20)
    terminal.wait_for_prompt()
    terminal.line("show acme-internal")
    terminal.wait_for("disableSmallstepExtensions")
    terminal.wait_for_prompt()
    assert "acme-internal  ACME" in terminal.text.splitlines()
    terminal.send("show ")
    terminal.wait_for("show secrets too, after a question")
    terminal.wait_for(lambda: "acme-internal  ACME" not in terminal.text.splitlines())


def leave_open_commit(config: Path) -> None:
    """Leave the journal that a commit leaves which is killed before it writes the file."""
    state = State.open("", str(config)).ensure()
    commit = FileCommit(
        key="k1",
        path=str(config),
        real=str(config),
        way="replace",
        before=digest_of(config.read_bytes()),
        after="0" * 64,
        backup="",
        time="2026-01-02T03:04:05+00:00",
        operator="somebody",
        comment="",
        plan=[],
    )
    state.journal.begin(commit.to_record()).leave()


def test_an_interrupted_commit_is_told_first(start: Start, config: Path) -> None:
    """A commit that was killed midway is told before the first prompt, and can be settled there."""
    leave_open_commit(config)
    terminal = start()
    terminal.wait_for("was interrupted")
    terminal.wait_for_line("forward, back or later [later]?")
    terminal.line("back")
    terminal.wait_for_prompt()
    terminal.send(CTRL_D)
    assert terminal.end() == 0
    again = start()
    again.wait_for_prompt()
    assert "was interrupted" not in again.past


def test_a_target_that_goes_away_ends_nothing(start: Start, config: Path) -> None:
    """A file that is gone is an error of the lines that need it; when it is back the session goes on."""
    prompt = start(columns=200)
    prompt.wait_for_prompt()
    prompt.wait_for(lambda: prompt.text.endswith("ca.json"))
    text = config.read_text()
    config.unlink()
    prompt.wait_for_prompt("ca.json [!]> ")
    prompt.line("list")
    prompt.wait_for("does not exist")
    prompt.wait_for_prompt("ca.json [!]> ")
    config.write_text(text.replace("people", "others"))
    prompt.line("list")
    prompt.wait_for("others")
    prompt.wait_for_prompt()


def test_ctrl_c_ends_a_line_that_runs(prompt: Terminal, tmp_path: Path) -> None:
    """Ctrl-C while a line waits for something ends that line; the staged edits and the prompt stay."""
    pipe = tmp_path / "never"
    os.mkfifo(pipe)
    opened: list[int] = []

    def is_being_read() -> bool:
        try:
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    prompt.line("remove hosts")
    prompt.wait_for_prompt("ca.json [+1]> ")
    prompt.line(f"source {pipe}")
    prompt.wait_for(is_being_read)
    prompt.send(CTRL_C)
    prompt.wait_for("interrupted")
    prompt.wait_for_prompt("ca.json [+1]> ")
    os.close(opened[0])


def test_json_at_the_prompt(start: Start) -> None:
    """With --json each line prints one JSON document, errors too."""
    terminal = start("--json")
    terminal.wait_for_prompt()
    terminal.line("list | match hosts")
    terminal.wait_for('[{"type": "SSHPOP", "name": "hosts"}]')
    terminal.line("show nobody")
    terminal.wait_for('{"error": {"code": "no-such-provisioner"')
    terminal.wait_for_prompt()
