"""The commit to a configuration file, from nothing to do to taking everything back."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from shell.backends import filewrite
from shell.backends.cafile import digest_of
from shell.backends.filelock import FileLock
from shell.commit import earlier
from shell.commit.live import Change, LiveOutcome
from shell.commit.outcome import Options
from shell.commit.uninterrupted import uninterrupted
from shell.errors import CheckFailed, Conflict, ExitCode, Incomplete, RolledBack, ShellError
from shell.history import Entry
from shell.model.problems import DANGER, ERROR, WARNING, Problem
from shell.model.values import Number
from shell.model.view import ProvisionerId, View
from shell.staging.plan import plan_of
from tests.support.filecommit import Bench, acme

ONE = Number("1")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a ca.json with two provisioners, and a draft on it."""
    return Bench(tmp_path, acme("one"), acme("two", forceCN=True))


def nothing_written(bench: Bench, before: bytes) -> bool:
    """Whether file, folder, journal and history are as if there had been no commit."""
    return bench.data == before and not bench.litter() and not bench.state.history.entries()


def full(*_: Any, **__: Any) -> Any:
    """Fail like a full disk."""
    raise OSError(errno.ENOSPC, "full")


# what a commit does


def test_edits_are_written(bench: Bench) -> None:
    """Additions, changes and removals are in the file, and everything else of it is byte for byte as before."""
    before = bench.data
    outcome = bench.add("three").set("two", "forceCN", False).remove("one").commit()
    assert (outcome.word, outcome.id, outcome.live) == ("committed", 1, None)
    assert outcome.to_json() == {
        "outcome": "committed", "id": ONE, "added": ONE, "changed": ONE, "removed": ONE, "live": None
    }  # fmt: skip
    assert bench.names == ["two", "three"]
    assert bench.data.startswith(before[: before.index(b"[")])
    assert bench.litter() == []


def test_nothing_to_do_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    """A draft that changes nothing makes neither a file nor a folder."""
    before = bench.data
    assert bench.commit().word == "nothing"
    bench.set("two", "forceCN", False).set("two", "forceCN", True)
    assert bench.commit().word == "nothing"
    assert nothing_written(bench, before)
    assert not (tmp_path / "state").exists()


def test_the_history_has_the_commit(bench: Bench) -> None:
    """Time, operator, comment, difference and digests are recorded, and the backup has the old bytes."""
    before = bench.data
    outcome = bench.add("three").commit(comment="for the tests", operator="me")
    (entry,) = bench.state.history.entries()
    assert (entry.operator, entry.comment, entry.outcome) == ("me", "for the tests", "committed")
    assert entry.time == "2026-01-02T03:04:05Z"
    assert (entry.before, entry.after) == (digest_of(before), digest_of(bench.data))
    assert entry.target == str(bench.path)
    assert Path(entry.backup).read_bytes() == before
    assert outcome.backup == entry.backup
    assert isinstance(entry.plan, list)
    (change,) = entry.plan
    assert isinstance(change, dict)
    assert (change["action"], change["name"], change["type"]) == ("add", "three", "ACME")


def test_no_secret_is_in_the_history(bench: Bench) -> None:
    """The difference is recorded with secrets masked, and the journal is gone."""
    bench.set("one", "type", "SCEP").set("one", "challenge", "hunter2").commit()
    names = [path.name for path in Path(bench.state.folder).iterdir()]
    assert sorted(names) == ["backups", "history.jsonl"]
    assert "hunter2" not in Path(bench.state.folder, "history.jsonl").read_text()


def test_a_symbolic_link_stays(bench: Bench, tmp_path: Path) -> None:
    """The file behind a link is replaced, and the link leads to it still."""
    link = tmp_path / "link.json"
    link.symlink_to("etc/ca.json")
    bench.target.path = str(link)
    bench.start()
    bench.add().commit()
    assert link.is_symlink()
    assert bench.names == ["one", "two", "acme"]


def test_a_link_that_is_turned_while_the_lock_is_awaited_is_followed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that the path leads to when the lock is there is the one that is written."""
    link = tmp_path / "link.json"
    link.symlink_to("etc/ca.json")
    other = tmp_path / "other.json"
    other.write_bytes(bench.data)
    bench.target.path = str(link)
    bench.start()
    before = bench.data
    real = FileLock.acquire

    def turn(lock: FileLock) -> None:
        monkeypatch.setattr(FileLock, "acquire", real)
        link.unlink()
        link.symlink_to("other.json")
        real(lock)

    monkeypatch.setattr(FileLock, "acquire", turn)
    bench.add().commit()
    assert bench.data == before
    assert b"acme" in other.read_bytes()


def test_a_commit_removes_what_a_killed_one_left(bench: Bench) -> None:
    """Litter beside the file and in the state folder is gone, whoever starts next."""
    bench.state.ensure()
    litter = [bench.path.parent / ".ca.json.0123456789abcdef.step-shell"]
    litter.append(Path(bench.state.backups, ".x.0123456789abcdef.step-shell"))
    for path in litter:
        path.write_text("half")
    bench.add().commit()
    assert not any(path.exists() for path in litter)


# what stops one


def problem(severity: Any, code: str = "bad", **more: Any) -> Problem:
    """Return a problem of the provisioner `one`."""
    return Problem(severity, code, "one", "claims", "it is bad", "make it good", **more)


def finds(*problems: Problem) -> Callable[[View, View, Sequence[ProvisionerId]], list[Problem]]:
    """Return a check that always finds these."""
    return lambda *_: list(problems)


def test_errors_stop_and_are_all_named(bench: Bench) -> None:
    """Each error is a cause, with place and remedy; nothing is written."""
    before = bench.data
    with pytest.raises(CheckFailed, match="2 errors and 1 danger") as caught:
        bench.add().commit(
            check=finds(problem(ERROR), problem(ERROR, "worse"), problem(DANGER), problem(WARNING))
        )
    assert [cause.code for cause in caught.value.causes] == ["bad", "worse", "bad"]
    assert caught.value.causes[0].message == "one claims: it is bad"
    assert nothing_written(bench, before)


def test_dangers_need_to_be_accepted(bench: Bench) -> None:
    """The hint has the words that accept them; with those the commit goes on."""
    check = finds(problem(DANGER), Problem(DANGER, "file-wide", "", "", "of the file", ""))
    with pytest.raises(CheckFailed) as caught:
        bench.add().commit(check=check)
    assert caught.value.hint.endswith("commit --accept bad:one --accept file-wide:")
    with pytest.raises(CheckFailed, match="1 danger;"):
        bench.commit(check=check, accept=frozenset(["bad:one"]))
    options = Options(accept=frozenset(["bad:one"])).accepting(["file-wide:"])
    assert bench.commit(check=check, accept=options.accept).word == "committed"


def test_the_check_sees_before_after_and_what_is_touched(bench: Bench) -> None:
    """It is given the base, the draft and the identities of what differs."""
    seen: list[tuple[int, int, list[ProvisionerId]]] = []

    def check(before: View, after: View, touched: Sequence[ProvisionerId]) -> list[Problem]:
        seen.append((len(list(before.ids())), len(list(after.ids())), list(touched)))
        return []

    bench.add().remove("one").commit(check=check)
    assert seen == [(2, 2, [ProvisionerId(0), ProvisionerId(2)])]


@pytest.mark.parametrize("dry", [True, False])
def test_an_obstacle_stops_with_its_reason(bench: Bench, dry: bool) -> None:
    """A file with a second name is not replaced unless that is asked for, and a trial says so too."""
    os.link(bench.path, bench.path.parent / "second")
    before = bench.data
    with pytest.raises(ShellError, match="hard links") as caught:
        bench.add().commit(dry_run=dry)
    assert "--in-place" in caught.value.hint
    assert bench.data == before


def test_what_can_never_be_written_is_not_written_in_place(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only file system stops also a commit in place."""
    monkeypatch.setattr(os, "statvfs", lambda _: type("Read", (), {"f_flag": os.ST_RDONLY}))
    with pytest.raises(ShellError, match="read-only file system"):
        bench.add().commit(in_place=True)


def test_a_locked_file_is_waited_for_and_given_up(bench: Bench) -> None:
    """Who holds the lock for too long is named; nothing is written."""
    before = bench.data
    with FileLock(str(bench.path)), pytest.raises(ShellError) as caught:
        bench.add().commit(lock_timeout=0.01)
    assert caught.value.code == "locked"
    assert nothing_written(bench, before)


def test_the_expected_plan_is_the_only_one(bench: Bench) -> None:
    """A digest of another plan is a conflict; the shown digits of the right one are enough."""
    bench.add()
    with pytest.raises(Conflict) as caught:
        bench.commit(expect="0" * 12)
    assert caught.value.code == "other-plan"
    assert bench.commit(expect=plan_of(bench.draft).short_digest).word == "committed"


def test_a_trial_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    """With dry_run everything is done but writing."""
    before = bench.data
    outcome = bench.add().commit(dry_run=True)
    assert (outcome.word, outcome.settled, outcome.added) == ("dry-run", False, 1)
    assert bench.data == before
    assert not (tmp_path / "state").exists()
    with pytest.raises(CheckFailed):
        bench.commit(dry_run=True, check=finds(problem(ERROR)))


# when others write


def others_write(bench: Bench, *provisioners: dict[str, Any]) -> bytes:
    """Have another program replace the list; returns the bytes."""
    config = json.loads(bench.data)
    config["authority"]["provisioners"] = list(provisioners)
    bench.path.write_text(json.dumps(config, indent=2))
    return bench.data


def test_disjoint_changes_of_others_stay(bench: Bench) -> None:
    """Edits are put onto what others have written meanwhile, and the check looks again."""
    looks: list[int] = []

    def check(*_: Any) -> list[Problem]:
        looks.append(1)
        return []

    bench.add("three").set("two", "forceCN", False)
    others_write(bench, acme("zero"), acme("one"), acme("two", forceCN=True, requireEAB=True))
    outcome = bench.commit(check=check)
    assert bench.names == ["zero", "one", "two", "three"]
    assert json.loads(bench.data)["authority"]["provisioners"][2] == acme(
        "two", forceCN=False, requireEAB=True
    )
    assert len(looks) == 3
    assert outcome.draft.base.named("zero")


def test_conflicts_are_named(bench: Bench) -> None:
    """The same field changed by both is exit 4 with all three values; the file stays as the others left it."""
    bench.set("two", "caaIdentities", ["ours"])
    theirs = others_write(bench, acme("one"), acme("two", caaIdentities=["theirs"]))
    with pytest.raises(Conflict) as caught:
        bench.commit()
    (cause,) = caught.value.causes
    assert caught.value.exit_code == ExitCode.CONFLICT
    assert cause.message.startswith("two caaIdentities: ")
    assert '"theirs"' in cause.message
    assert '"ours"' in cause.message
    assert bench.data == theirs
    others_write(bench, acme("one"))
    with pytest.raises(Conflict) as caught:
        bench.commit()
    assert "removed" in caught.value.causes[0].message


def test_a_problem_that_others_make_of_our_edits_is_a_conflict(bench: Bench) -> None:
    """What was fine on the base and is not on what others wrote stops with exit 4."""

    def check(before: View, _after: View, _touched: Sequence[ProvisionerId]) -> list[Problem]:
        return [problem(DANGER)] if len(list(before.ids())) == 3 else []

    bench.add("three")
    theirs = others_write(bench, acme("zero"), acme("one"), acme("two", forceCN=True))
    with pytest.raises(Conflict) as caught:
        bench.commit(check=check)
    assert caught.value.causes[0].code == "bad"
    assert bench.data == theirs
    accepted = bench.commit(check=check, accept=frozenset(["bad:one"]))
    assert accepted.word == "committed"


def test_edits_that_others_have_made_as_well_are_nothing_to_do(bench: Bench) -> None:
    """When the file already is what we want, nothing is written."""
    bench.remove("one")
    theirs = others_write(bench, acme("two", forceCN=True))
    assert bench.commit().word == "nothing"
    assert bench.data == theirs


def test_a_file_that_vanished_is_told(bench: Bench) -> None:
    """A commit to a file that is gone makes no new one."""
    bench.add()
    bench.path.unlink()
    with pytest.raises(ShellError) as caught:
        bench.commit()
    assert caught.value.code == "no-such-file"
    assert not bench.path.exists()


def test_a_foreign_writer_in_the_last_moment_keeps_its_file(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that heeds no lock and writes after our reading wins, and the journal is closed."""
    real = filewrite._read_back

    def late(*args: Any) -> None:
        real(*args)
        others_write(bench)

    monkeypatch.setattr(filewrite, "_read_back", late)
    with pytest.raises(Conflict):
        bench.add().commit()
    assert bench.names == []
    assert bench.state.journal.open_commit() is None


# taking back


EMPTY = [
    '{"root": "r", "address": "a"}',
    '{"root": "r", "address": "a", "authority": {}}',
    '{"root": "r", "address": "a", "authority": null}',
    '{"root": "r", "address": "a", "authority": {"provisioners": null}}',
    '{"root": "r", "address": "a", "authority": {"provisioners": [  ]}}\n',
]


@pytest.mark.parametrize("text", EMPTY)
def test_adding_and_taking_back_gives_the_same_bytes(tmp_path: Path, text: str) -> None:
    """Also where there was no list, and over several commits."""
    bench = Bench(tmp_path, text=text)
    before = bench.data
    bench.add("one").commit()
    middle = bench.data
    bench.add("two").set("one", "forceCN", True).commit()
    outcome = bench.remove("two").unset("one", "forceCN").commit()
    assert outcome.exact
    assert bench.data == middle
    bench.remove("one").commit()
    assert bench.data == before
    assert [entry.outcome for entry in bench.state.history.entries()] == ["committed"] * 4


def test_a_removed_provisioner_comes_back_to_its_place(bench: Bench) -> None:
    """Adding again what was removed gives the bytes from before, not an entry at the end."""
    before = bench.data
    bench.remove("one").commit()
    bench.add("one").commit()
    assert bench.data == before


def test_renaming_there_and_back_gives_the_same_bytes(bench: Bench) -> None:
    """Both names of a renaming count as touched."""
    before = bench.data
    bench.set("one", "name", "uno").commit()
    bench.set("uno", "name", "one").commit()
    assert bench.data == before


def test_taking_back_goes_several_commits_far(bench: Bench) -> None:
    """The state before two commits is found when both are taken back at once."""
    before = bench.data
    bench.add("three").commit()
    bench.add("four").commit()
    outcome = bench.remove("three").remove("four").commit()
    assert outcome.exact
    assert bench.data == before


@pytest.mark.parametrize("lost", ["backup", "damaged", "history", "edited"])
def test_without_the_earlier_bytes_the_edits_are_written_as_any_others(bench: Bench, lost: str) -> None:
    """A lost or damaged backup, an unreadable history and foreign edits each leave the ordinary way."""
    outcome = bench.add("three").commit()
    if lost == "backup":
        os.unlink(outcome.backup)
    elif lost == "damaged":
        Path(outcome.backup).write_bytes(b"{}")
    elif lost == "history":
        Path(bench.state.folder, "history.jsonl").write_bytes(b"rubbish\n")
    else:
        bench.path.write_bytes(bench.data + b"\n")
        bench.start()
    outcome = bench.remove("three").commit()
    assert not outcome.exact
    assert bench.names == ["one", "two"]


def test_something_else_in_the_place_of_the_history_is_no_obstacle_to_a_trial(bench: Bench) -> None:
    """Where the history cannot be read, earlier bytes are not looked for."""
    bench.state.ensure()
    os.mkdir(os.path.join(bench.state.folder, "history.jsonl"))
    assert bench.add("three").commit(dry_run=True).word == "dry-run"


def test_an_edit_that_takes_back_only_a_part_is_written(bench: Bench) -> None:
    """When other things are different from the earlier state its bytes are not written."""
    bench.set("one", "forceCN", True).set("two", "forceCN", False).commit()
    outcome = bench.unset("one", "forceCN").commit()
    assert not outcome.exact
    assert json.loads(bench.data)["authority"]["provisioners"] == [acme("one"), acme("two", forceCN=False)]


def test_taking_back_looks_only_at_backups_that_may_be_the_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the history has of the values in between says which; a whole row of commits is passed over."""
    before = bench.data
    looked: list[str] = []
    real = earlier._backup

    def look(entry: Entry) -> bytes | None:
        looked.append(entry.backup)
        return real(entry)

    monkeypatch.setattr(earlier, "_backup", look)
    for number in range(6):
        bench.set("one", "website", f"https://x/{number}").set("two", "forceCN", False).commit()
    assert looked == []
    outcome = bench.unset("one", "website").set("two", "forceCN", True).commit()
    assert (outcome.exact, bench.data == before) == (True, True)
    assert len(looked) == 1


def test_only_so_many_backups_are_looked_at(bench: Bench) -> None:
    """Where secrets are all that changed each of them may be the one, and the search ends."""
    bench.set("one", "type", "SCEP").set("one", "challenge", "first").commit()
    for number in range(5):
        bench.set("one", "challenge", f"secret-{number}").commit()
    outcome = bench.set("one", "challenge", "first").commit()
    assert not outcome.exact


# in place


def test_in_place_every_name_of_the_file_sees_the_change(bench: Bench) -> None:
    """The inode stays, and nothing of the journal or the seal is left."""
    second = bench.path.parent / "second"
    os.link(bench.path, second)
    bench.start()
    outcome = bench.add().commit(in_place=True)
    assert outcome.word == "committed"
    assert bench.path.samefile(second)
    assert b"acme" in second.read_bytes()
    assert sorted(path.name for path in Path(bench.state.folder).iterdir()) == ["backups", "history.jsonl"]


def test_a_full_disk_in_place_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the longer content: the old one stays, the error says why, and the journal is closed."""
    before = bench.data
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(ShellError) as caught:
        bench.add().commit(in_place=True)
    assert (caught.value.code, caught.value.exit_code) == ("disk-full", 1)
    assert nothing_written(bench, before)
    assert bench.state.journal.open_commit() is None


def test_a_torn_file_is_incomplete_and_recovered_by_the_next_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6 and an open journal; the next commit first puts the old content back, and says so."""
    before = bench.data
    torn = ShellError("in-place-torn", "between two contents", hint="recover back")

    def tear(real: str, data: bytes, _old: bytes) -> None:
        with open(real, "r+b") as file:
            file.write(data)
        raise torn

    bench.add()
    with monkeypatch.context() as patch:
        patch.setattr(filewrite, "write_in_place", tear)
        with pytest.raises(Incomplete):
            bench.commit(in_place=True)
    bench.path.write_bytes(bench.data[:-1])
    outcome = bench.commit(in_place=True)
    assert "the old content is in place again" in outcome.notes[0]
    assert bench.names == ["one", "two", "acme"]
    assert [entry.outcome for entry in bench.state.history.entries()] == ["rolled-back", "committed"]
    assert Path(bench.state.history.entry(2).backup).read_bytes() == before


# making it live


def test_a_live_change_is_told(bench: Bench) -> None:
    """The change is handed over when the file is in place and locked; what came of it is in outcome and history."""
    seen: list[Change] = []

    def make_live(change: Change) -> LiveOutcome:
        seen.append(change)
        assert bench.names == ["one", "two", "three"]
        with pytest.raises(ShellError, match="locked by"):
            FileLock(str(bench.path), timeout=0).acquire()
        return LiveOutcome(True, "seen at once")

    outcome = bench.add("three").commit(make_live=make_live)
    assert (outcome.live, outcome.notes) == (True, ("seen at once",))
    assert bench.state.history.entry(1).live is True
    assert seen[0].names == {"one", "two"}
    assert seen[0].names_after == {"one", "two", "three"}
    assert list(seen[0].after) == ["three"]


@pytest.mark.parametrize("in_place", [True, False])
def test_a_refusal_takes_everything_back(bench: Bench, in_place: bool) -> None:
    """The old bytes come back, the CA reads them, and the outcome is exit 5, in the history as rolled back."""
    before, mode = bench.data, stat.S_IMODE(bench.path.stat().st_mode)
    seen: list[Change] = []

    def make_live(change: Change) -> LiveOutcome:
        seen.append(change)
        if len(seen) == 1:
            return LiveOutcome(False, "it says no", refused=True)
        return LiveOutcome(True, "it serves the old file")

    with pytest.raises(RolledBack, match="it says no") as caught:
        bench.remove("one").commit(make_live=make_live, in_place=in_place)
    assert caught.value.exit_code == ExitCode.ROLLED_BACK
    assert "it serves the old file" in caught.value.message
    assert (bench.data, stat.S_IMODE(bench.path.stat().st_mode)) == (before, mode)
    assert (list(seen[1].before), list(seen[1].after)) == ([], ["one"])
    assert seen[1].names == {"two"}
    assert [(entry.outcome, entry.live) for entry in bench.state.history.entries()] == [("rolled-back", True)]
    assert bench.state.journal.open_commit() is None
    assert bench.litter() == []


def test_a_ca_that_says_nothing_the_second_time_is_no_news(bench: Bench) -> None:
    """After the rollback only what there is to say is said."""
    answers = [LiveOutcome(True), LiveOutcome(False, "it died", died=True)]
    with pytest.raises(RolledBack) as caught:
        bench.add().commit(make_live=lambda _: answers.pop())
    assert caught.value.message.endswith("the file is as it was before")


def test_a_person_may_keep_what_the_ca_refused(bench: Bench) -> None:
    """Then the file is written, and not live."""
    refused = LiveOutcome(False, "it says no", refused=True)
    outcome = bench.add().commit(make_live=lambda _: refused, keep=lambda live: live is refused)
    assert (outcome.word, outcome.live, outcome.notes) == ("committed", False, ("it says no",))
    assert bench.names[-1] == "acme"


def test_waiting_for_the_ca_can_be_interrupted(bench: Bench) -> None:
    """The file is written then, and whether it is live is not known."""

    def make_live(_: Change) -> LiveOutcome:
        raise KeyboardInterrupt

    outcome = bench.add().commit(make_live=make_live)
    assert (outcome.word, outcome.live) == ("committed", None)
    assert "interrupted" in outcome.notes[0]


def test_what_cannot_be_taken_back_is_incomplete(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 6 with both reasons; the next start finishes it."""
    before = bench.data

    def make_live(_: Change) -> LiveOutcome:
        monkeypatch.setattr(filewrite, "write_all", full)
        return LiveOutcome(False, "it says no", refused=True)

    with pytest.raises(Incomplete, match=r"it says no.*no space is left"):
        bench.add().commit(make_live=make_live)
    monkeypatch.undo()
    bench.start()
    outcome = bench.add("other").commit()
    assert "it says no" in outcome.notes[0]
    assert bench.names == ["one", "two", "other"]
    assert Path(bench.state.history.entry(2).backup).read_bytes() == before


# when the state folder fails


def test_without_a_backup_nothing_is_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder that is full stops the commit before the file is touched."""
    before = bench.data
    monkeypatch.setattr("shell.state.write_atomically", full)
    with pytest.raises(ShellError, match="backup"):
        bench.add().commit()
    assert nothing_written(bench, before)


def test_without_a_history_the_commit_is_still_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is written, the note says what is missing, and the next commit records it."""
    with monkeypatch.context() as patch:
        patch.setattr("shell.history.write_all", full)
        outcome = bench.add().commit()
    assert (outcome.word, outcome.id) == ("committed", None)
    assert "the next start puts this commit into the history" in outcome.notes[0]
    assert bench.names[-1] == "acme"
    outcome = bench.add("next").commit()
    assert "it is committed" in outcome.notes[0]
    assert [entry.id for entry in bench.state.history.entries()] == [1, 2]


def test_a_journal_that_cannot_be_closed_is_found_by_the_next_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error that stopped the commit is the one that is told."""
    before = bench.data
    with monkeypatch.context() as patch:
        patch.setattr("shell.journal.Open.close", lambda *_: (_ for _ in ()).throw(ShellError("x", "other")))
        patch.setattr(os, "fchmod", full)
        with pytest.raises(ShellError) as caught:
            bench.add().commit()
    assert caught.value.code == "disk-full"
    assert bench.data == before
    outcome = bench.commit()
    assert "nothing has changed" in outcome.notes[0]


# interrupts


def test_an_interrupt_waits_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C inside the block comes after it; one outside the main thread is nobody's business."""
    done = []

    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("inside")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["inside"]
    with uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def elsewhere() -> None:
        with uninterrupted():
            done.append("thread")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert done == ["inside", "thread"]


def test_an_ignored_interrupt_stays_ignored() -> None:
    """Under nohup-like settings the interrupt is dropped as before."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
