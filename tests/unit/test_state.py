"""The folders that hold drafts, journals, histories and backups."""

from __future__ import annotations

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shell import state as module
from shell.errors import ShellError
from shell.state import State, state_root

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Return the state of a target, with nothing made yet."""
    return State.open(str(tmp_path / "state"), str(tmp_path / "etc" / "ca.json"))


def mode(path: str) -> int:
    """Return the permission bits."""
    return stat.S_IMODE(os.stat(path).st_mode)


def test_the_root_is_the_option_or_xdg_or_local_state(tmp_path: Path) -> None:
    """The option wins; a relative XDG_STATE_HOME is ignored, as its specification says."""
    home = os.path.expanduser("~/.local/state/step-shell")
    assert state_root("", {}) == home
    assert state_root("", {"XDG_STATE_HOME": "relative"}) == home
    assert state_root("", {"XDG_STATE_HOME": "/x"}) == "/x/step-shell"
    assert state_root(str(tmp_path), {"XDG_STATE_HOME": "/x"}) == str(tmp_path)
    assert state_root("~/here", {}) == os.path.expanduser("~/here")


def test_looking_leaves_no_trace(state: State, tmp_path: Path) -> None:
    """Opening a state and asking for what is not there makes nothing."""
    assert state.load_draft(NOW) is None
    assert state.history.entries() == []
    assert state.journal.open_commit() is None
    state.drop_draft()
    state.release_draft()
    assert state.clean() == []
    assert not (tmp_path / "state").exists()


def test_targets_have_readable_folders_of_their_own(tmp_path: Path) -> None:
    """Two files of one name keep apart, two paths to one file do not, and an address is no path."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ca.json").touch()
    (tmp_path / "link.json").symlink_to("a/ca.json")
    folders = [
        State.open("/s", str(tmp_path / name)).folder for name in ("a/ca.json", "b/ca.json", "link.json")
    ]
    assert folders[0] == folders[2] != folders[1]
    assert "a-ca.json-" in folders[0]
    assert os.path.basename(State.open("/s", "https://ca.example:9000").folder).startswith(
        "https-ca.example-9000-"
    )
    assert os.path.basename(State.open("/s", "://").folder).startswith("target-")
    assert len(os.path.basename(State.open("/s", "/" + "x" * 400).folder)) < 100


def test_folders_are_private(state: State) -> None:
    """Folders are 0700, also where they were wider before."""
    state.ensure()
    os.chmod(state.folder, 0o740)
    state.ensure()
    assert [mode(folder) for folder in (state.folder, state.backups)] == [0o700, 0o700]


@pytest.mark.parametrize("name", ["file", "foreign", "unwritable"])
def test_an_unusable_folder_is_told_with_the_way_out(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A file in the way, a foreign folder and one without permission all hint at --state-dir."""
    if name == "file":
        (tmp_path / "state").write_text("")
    elif name == "foreign":
        state.ensure()
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
    else:
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ShellError) as caught:
        state.ensure()
    assert "--state-dir" in caught.value.hint


def test_a_draft_comes_back(state: State) -> None:
    """What was saved is loaded, number by number, and gone when it is dropped; the file is private."""
    state.save_draft({"steps": ["x"]}, NOW)
    assert mode(os.path.join(state.folder, "draft.json")) == 0o600
    kept = state.load_draft(NOW + timedelta(hours=23))
    assert kept is not None
    assert (kept.record, kept.saved, kept.expired) == ({"steps": ["x"]}, NOW, False)
    state.drop_draft()
    assert state.load_draft(NOW) is None


def test_a_draft_with_secrets_expires_after_a_day(state: State) -> None:
    """It is removed then, and said to have been there; one without secrets stays."""
    late = NOW + timedelta(hours=24, seconds=1)
    state.save_draft({}, NOW, secret=False)
    kept = state.load_draft(late)
    assert kept is not None
    assert not kept.expired
    state.save_draft({}, NOW)
    kept = state.load_draft(late)
    assert kept is not None
    assert (kept.expired, kept.record) == (True, None)
    assert state.load_draft(late) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 1, "saved": "x"}', "\xff"]
)
def test_a_draft_of_another_kind_is_refused(state: State, text: str) -> None:
    """What this version cannot read is left where it is, and named."""
    state.ensure()
    path = Path(state.folder, "draft.json")
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ShellError) as caught:
        state.load_draft(NOW)
    assert caught.value.code == "draft-unreadable"
    assert path.exists()


def test_only_one_session_keeps_the_draft(state: State, tmp_path: Path) -> None:
    """The second session on a target is told no, until the first has let go."""
    other = State.open(str(tmp_path / "state"), str(tmp_path / "etc" / "ca.json"))
    assert state.claim_draft()
    assert state.claim_draft()
    assert not other.claim_draft()
    state.release_draft()
    assert other.claim_draft()
    other.release_draft()


def test_backups_are_private_and_the_newest_stay(state: State) -> None:
    """A backup has the bytes, the time in its name, and 20 newer ones push it out."""
    paths = [
        state.save_backup("ca.json", b"%d" % number, NOW + timedelta(seconds=number)) for number in range(22)
    ]
    assert "20260102T030405.000000Z" in paths[0]
    assert paths[0].endswith("-ca.json")
    assert [os.path.exists(path) for path in paths] == [False] * 2 + [True] * 20
    assert Path(paths[-1]).read_bytes() == b"21"
    assert mode(paths[-1]) == 0o600


def test_what_a_killed_process_left_is_removed(state: State) -> None:
    """Temporary files in the folders are found and removed."""
    state.ensure()
    names = [".draft.json.0123456789abcdef.step-shell", ".x.0123456789abcdef.step-shell"]
    Path(state.folder, names[0]).touch()
    Path(state.backups, names[1]).touch()
    assert state.clean() == names


@pytest.mark.parametrize("call", ["save_draft", "load_draft", "drop_draft", "save_backup", "claim_draft"])
def test_a_disk_that_refuses_is_told(state: State, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """Whatever is asked of the folder, an error names the folder and --state-dir."""
    state.save_draft({}, NOW)

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "full")

    for name in ("os.open", "os.unlink", "builtins.open"):
        monkeypatch.setattr(name, refuse)
    arguments: dict[str, tuple[Any, ...]] = {
        "save_draft": ({}, NOW),
        "load_draft": (NOW,),
        "drop_draft": (),
        "save_backup": ("ca.json", b"", NOW),
        "claim_draft": (),
    }
    with pytest.raises(ShellError) as caught:
        getattr(state, call)(*arguments[call])
    monkeypatch.undo()
    assert caught.value.code == "disk-full"
    assert "--state-dir" in caught.value.hint


def test_an_operator_without_an_account_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """The login name stands for who commits; a user who has none is told by number."""
    assert module.login_name()

    def unknown(_: int) -> Any:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert module.login_name() == f"user {os.getuid()}"


def test_the_life_of_secrets_is_a_day() -> None:
    """The promise of the documentation is the number in the code."""
    assert timedelta(hours=24) == module.SECRET_DRAFT_LIFE
