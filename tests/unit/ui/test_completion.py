"""What is offered at the cursor, in which order, how much of it, and how it is written."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document

from shell.commands import REGISTRY
from shell.ui import completion
from shell.ui.completion import Candidates
from tests.unit.ui.conftest import Desk, MakeDesk


def complete(desk: Desk, text: str, behind: str = "") -> list[Completion]:
    """Return what is offered with the cursor behind `text`, once the watch has done what it begins with."""
    with desk.watch.lock:
        return menu(desk, text, behind)


def menu(desk: Desk, text: str, behind: str = "") -> list[Completion]:
    """Return what the menu shows with the cursor behind `text`, whoever works with the session."""
    completer = Candidates(REGISTRY, desk.session, desk.watch)
    return list(completer.get_completions(Document(text + behind, len(text)), CompleteEvent()))


def at_once(desk: Desk, text: str) -> list[str] | None:
    """Return what Tab finds at the end of a line, None where it would have to wait."""
    found = Candidates(REGISTRY, desk.session, desk.watch).at_once(Document(text))
    return None if found is None else texts(found)


def texts(found: list[Completion]) -> list[str]:
    """Return what would be written."""
    return [each.text for each in found]


def result(text: str, chosen: Completion, behind: str = "") -> str:
    """Return the line after a candidate was chosen."""
    return text[: len(text) + chosen.start_position] + chosen.text + behind


def test_beginnings_come_before_parts_and_parts_before_letters(desk: Desk) -> None:
    """Candidates that begin with what is typed stand first, then those that contain it, then those with its letters."""
    found = texts(complete(desk, "set acme claims.max"))
    assert found[:3] == [
        "claims.maxTLSCertDuration",
        "claims.maxUserSSHCertDuration",
        "claims.maxHostSSHCertDuration",
    ]
    found = texts(complete(desk, "set acme MaxTls"))
    assert found[0] == "claims.maxTLSCertDuration"
    assert texts(complete(desk, "set acme frcn"))[0] == "forceCN"


def test_flags_are_found_by_a_part(desk: Desk) -> None:
    """A flag whose name only contains what is typed is offered behind those that begin with it."""
    assert "--x509-max-dur" in texts(complete(desk, "update acme --max-dur"))
    assert texts(complete(desk, "add x --type ACME --require"))[0] == "--require-eab"
    assert "--require-eab" not in texts(complete(desk, "add x --require-eab --type ACME --req"))


def test_commands_are_described(desk: Desk) -> None:
    """Each candidate has a description beside it."""
    found = {each.text: each.display_meta_text for each in complete(desk, "")}
    assert found["commit"] == "Write the staged edits to the target, all or nothing."
    assert all(found.values())


def test_a_field_shows_its_present_value(desk: Desk) -> None:
    """Beside a field that is set stands what it holds."""
    desk.interpreter.run("set acme claims.maxTLSCertDuration 48h")
    found = {each.text: each.display_meta_text for each in complete(desk, "set acme ")}
    assert found["claims.maxTLSCertDuration"] == "now 48h"
    assert found["forceCN"] == "Whether a common name is filled in."


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("show my", "show 'my acme'"),
        ("show 'my", "show 'my acme'"),
        ('show "my a', "show 'my acme'"),
        ("show my\\ ac", "show 'my acme'"),
        ("show acme-i", "show acme-internal"),
        ("update acme --x509-max-d", "update acme --x509-max-dur"),
        ("add x --type=AC", "add x --type=ACME"),
        ("webhook a", "webhook add"),
        ("list | ma", "list | match"),
        ("step ca provisioner rem", "step ca provisioner remove"),
    ],
)
def test_words_are_written_so_that_they_are_read_back(desk: Desk, typed: str, line: str) -> None:
    """A candidate replaces the word as it was typed, whatever its quotes, and is quoted where it must be."""
    assert result(typed, complete(desk, typed)[0]) == line


def test_what_stands_behind_the_cursor_is_not_repeated(desk: Desk) -> None:
    """A word that is completed in its middle keeps its end once."""
    found = complete(desk, "show acme-int", "ernal")
    assert result("show acme-int", found[0], "ernal") == "show acme-internal"


def test_staged_names_are_offered_and_removed_ones_not(desk: Desk) -> None:
    """Completion knows the provisioners as the staged edits leave them."""
    desk.interpreter.run("add staged-one --type ACME")
    desk.interpreter.run("remove people")
    assert texts(complete(desk, "show staged")) == ["staged-one"]
    assert texts(complete(desk, "show peo")) == []


def test_many_names_are_cut_and_counted(make_desk: MakeDesk) -> None:
    """Of many names two hundred entries are offered, and the last one says how many more there are."""
    desk = make_desk([f"host{number:04d}" for number in range(900)]).load()
    found = complete(desk, "show host")
    assert len(found) == 200
    assert (found[-1].text, found[-1].display_text) == ("", "…")
    assert found[-1].display_meta_text == "and 701 more; type on"
    desk = make_desk([f"host{number:04d}" for number in range(3000)]).load()
    assert complete(desk, "show host")[-1].display_meta_text == "and more than 1000 more; type on"


def test_many_files_are_cut_and_counted(desk: Desk, tmp_path: Path) -> None:
    """Of many files two hundred entries are offered, and the last one says how many more there are."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(210):
        (folder / f"file{number:03d}").touch()
    found = complete(desk, f"source {folder}/fi")
    assert len(found) == 200
    assert (found[-1].text, found[-1].display_meta_text) == ("", "and 11 more; type on")
    assert found[-2].text.endswith("file198")


def test_among_few_names_the_letters_suffice(make_desk: MakeDesk) -> None:
    """A name that has what is typed only letter by letter is offered behind the others; among many it is not."""
    desk = make_desk(["cluster", "cstr-1", "hosts"]).load()
    assert texts(complete(desk, "show cstr")) == ["cstr-1", "cluster"]
    desk = make_desk(["cluster", *(f"host{number:04d}" for number in range(600))]).load()
    assert texts(complete(desk, "show cstr")) == []


def test_a_value_says_what_it_is_to_the_field(desk: Desk) -> None:
    """What the field holds is offered as such, also where it is no usual word; the default is named."""
    desk.interpreter.run("set acme claims.maxTLSCertDuration 49h")
    desk.interpreter.run("set acme forceCN true")
    for line in ("set acme claims.maxTLSCertDuration ", "update acme --x509-max-dur "):
        found = {each.text: each.display_meta_text for each in complete(desk, line)}
        assert (found["49h"], found["24h"], found["48h"]) == ("at present", "default", "")
    found = {each.text: each.display_meta_text for each in complete(desk, "set acme forceCN ")}
    assert (found["true"], found["false"]) == ("at present", "default")


def test_what_only_stands_for_a_value_cannot_be_chosen(desk: Desk) -> None:
    """An example in capitals or with a file that is hardly there is shown, and writes nothing; a good one does."""
    found = [each for each in complete(desk, "set acme options.x509.templateData ") if each.text[:2] != "--"]
    assert [(each.text, each.display_meta_text[:11]) for each in found] == [("", "for example")]
    assert [each.text for each in complete(desk, "set acme termsOfService ") if each.text[:2] != "--"] == []
    desk.interpreter.run(
        "add web --type OIDC --client-id x --configuration-endpoint https://login.example.com"
    )
    assert texts(complete(desk, "set web listenAddress "))[0] == ":10000"


def test_contexts_are_offered(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind --context stand the contexts of the step environment, with authority and profile."""
    monkeypatch.setenv("STEPPATH", str(tmp_path))
    contexts = {
        "production": {"authority": "prod.ca", "profile": "p1"},
        "dev": {"authority": "dev.ca", "profile": "p2"},
    }
    (tmp_path / "contexts.json").write_text(json.dumps(contexts))
    found = [(each.text, each.display_meta_text) for each in complete(desk, "connect --context ")]
    assert found == [
        ("dev", "authority dev.ca, profile p2"),
        ("production", "authority prod.ca, profile p1"),
    ]
    assert texts(complete(desk, "connect --context prdn")) == ["production"]


def test_commits_are_offered_by_their_numbers(desk: Desk) -> None:
    """Behind rollback stand the commits, the newest first, with what they changed and the comment."""
    for line in ("set acme forceCN true", "commit --comment first", "remove people", "commit"):
        desk.interpreter.run(line)
    found = [(each.text, each.display_meta_text) for each in complete(desk, "rollback ")]
    assert [text for text, _ in found] == ["2", "1", "--json"]
    assert found[0][1].endswith("  -1")
    assert found[1][1].endswith("  ~1  first")


def test_a_slow_disk_holds_nobody_who_has_the_session(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are offered while somebody works with the session; what the session knows is not."""
    monkeypatch.setattr(completion, "_PATIENCE", 0.05)
    (tmp_path / "ca-copy.json").touch()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with desk.watch.lock:
            held.set()
            done.wait()

    worker = threading.Thread(target=hold)
    worker.start()
    held.wait()
    try:
        assert texts(menu(desk, f"connect {tmp_path}/ca-c")) == [f"{tmp_path}/ca-copy.json"]
        assert texts(menu(desk, "connect --admin-provisioner ")) == []
        assert at_once(desk, "show ac") is None
        assert Candidates(REGISTRY, desk.session, desk.watch).soon(Document("show ac")) is None
    finally:
        done.set()
        worker.join()
    with desk.watch.lock:
        assert at_once(desk, "show acme-") == ["acme-internal"]


def test_a_tab_waits_for_a_menu_that_is_being_got_ready(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed behind it would come before the candidate else."""
    monkeypatch.setattr(completion, "_PATIENCE", 60.0)
    held, asked = threading.Event(), threading.Event()

    class Menu(threading.Thread):
        def run(self) -> None:
            with lock:
                held.set()
                asked.wait()

    class Asking:
        def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
            asked.set()
            return lock.acquire(blocking, timeout)

        def release(self) -> None:
            lock.release()

    lock = desk.watch.lock
    monkeypatch.setattr(desk.watch, "lock", Asking())
    menu = Menu()
    menu.start()
    held.wait()
    found = Candidates(REGISTRY, desk.session, desk.watch).soon(Document("show acme-"))
    menu.join()
    assert found is not None
    assert texts(found) == ["acme-internal"]


def test_nothing_is_offered_before_the_target_is_read(make_desk: MakeDesk) -> None:
    """While the target is being read typing gets no candidates and waits for nothing."""
    assert complete(make_desk(), "show ") == []


def test_paths_and_sources(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are offered where a file can stand, also behind @, with ~ left outside the quotes; env: offers names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my secret.txt").touch()
    (tmp_path / "home" / "my keys").mkdir()
    monkeypatch.setenv("SOME_SECRET", "x")
    assert result("source my", complete(desk, "source my")[0]) == "source 'my secret.txt'"
    assert texts(complete(desk, "source ~/my")) == ["~/'my keys/'"]
    typed = "add x --type OIDC --client-secret "
    assert result(typed, complete(desk, typed + "@my")[0])[len(typed) - 3 :].endswith("@'my secret.txt'")
    assert "env:SOME_SECRET" in texts(complete(desk, typed + "env:SOME"))


def test_names_are_shown_safely(make_desk: MakeDesk) -> None:
    """What would move the cursor is shown as an escape in the menu, and written as it is in the line."""
    desk = make_desk(["bell\x07", "plain"]).load()
    (found,) = complete(desk, "show bel")
    assert found.display_text == "bell\\u0007"
    assert found.text == "'bell\x07'"
