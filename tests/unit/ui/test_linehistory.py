"""The file with the lines typed before."""

from __future__ import annotations

import json
import os
from pathlib import Path

from shell.ui.linehistory import LineHistory
from tests.unit.ui.conftest import Desk


def history(desk: Desk) -> LineHistory:
    """Return the history of the desk's target, as a new session has it."""
    return LineHistory(desk.session, desk.understanding.analysis)


def file_of(desk: Desk) -> Path:
    """Return where the lines are kept."""
    return Path(desk.session.state.folder) / "lines"


def test_only_what_may_be_kept_is_kept(desk: Desk) -> None:
    """Secrets, leading blanks, repetitions, blanks and pastes of several lines go nowhere; the file is private."""
    typed = history(desk)
    for line in (
        "list",
        "list",
        " status",
        "   ",
        "add x --type OIDC --client-secret hunter2",
        "set people clientSecret hunter2",
        "add a --type ACME\nadd b --type ACME",
        "diff",
    ):
        typed.append_string(line)
    assert typed.get_strings() == ["list", "diff"]
    assert [json.loads(line) for line in file_of(desk).read_text().splitlines()] == ["list", "diff"]
    assert file_of(desk).stat().st_mode & 0o777 == 0o600


def test_a_wrong_line_can_be_fetched_back_and_is_not_written(desk: Desk) -> None:
    """What is wrong may hold a secret that nobody recognised, so it lives until the session ends."""
    typed = history(desk)
    typed.append_string("lsit hunter2")
    assert typed.get_strings() == ["lsit hunter2"]
    assert not file_of(desk).exists()


def test_entries_come_newest_first_and_whole(desk: Desk) -> None:
    """A line of several parts comes back as it was; a torn entry and what is none are passed over."""
    typed = history(desk)
    typed.append_string("list")
    typed.append_string("commit --comment 'two\nparts'")
    with file_of(desk).open("a") as file:
        file.write('"torn\n17\n')
    assert list(history(desk).load_history_strings()) == ["commit --comment 'two\nparts'", "list"]


def test_a_long_file_is_cut(desk: Desk) -> None:
    """Of more than four thousand entries the newest two thousand are kept."""
    history(desk).append_string("list")
    file_of(desk).write_text("".join(f'"show x{number}"\n' for number in range(4001)))
    assert next(iter(history(desk).load_history_strings())) == "show x4000"
    assert len(file_of(desk).read_text().splitlines()) == 2000
    assert file_of(desk).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_used_is_no_error(desk: Desk, tmp_path: Path) -> None:
    """Without a place to write the lines are known until the session ends."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    desk.session.state.folder = os.path.join(blocked, "state")
    typed = history(desk)
    typed.append_string("list")
    assert typed.get_strings() == ["list"]
    assert list(history(desk).load_history_strings()) == []
