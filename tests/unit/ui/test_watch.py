"""What happens behind the prompt."""

from __future__ import annotations

import threading

import pytest

from shell.errors import ShellError
from shell.sites.site import Site
from shell.ui import watch as watch_module
from tests.unit.ui.conftest import Desk, MakeDesk


class Noticed:
    """Counts calls from the watch's thread and lets a test wait for a condition that they bring about."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def __call__(self) -> None:
        """Note that something may be new."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, desk: Desk, attribute: str, value: object) -> None:
        """Wait until the watch has this value."""
        with self._changed:
            assert self._changed.wait_for(lambda: getattr(desk.watch, attribute) == value, timeout=20)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the watch look more often than a person would notice."""
    monkeypatch.setattr(watch_module, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(watch_module, "ASK_AGAIN", 0.01)


def test_a_target_that_cannot_be_read_is_told(make_desk: MakeDesk) -> None:
    """Waiting for a broken file raises what reading it raises."""
    desk = make_desk()
    desk.path.write_text("{")
    desk.watch.start(lambda: None)
    with pytest.raises(ShellError):
        desk.watch.wait()
    assert not desk.watch.is_loaded


def test_a_change_by_others_is_noticed_and_read_again(make_desk: MakeDesk) -> None:
    """A file of other content has drifted; with nothing staged the next line reads it again."""
    desk, noticed = make_desk(), Noticed()
    desk.watch.start(noticed)
    desk.watch.wait()
    assert not desk.watch.refresh()
    text = desk.path.read_text()
    desk.path.write_text(text.replace("people", "others"))
    noticed.wait_until(desk, "drifted", True)
    with desk.watch.lock:
        assert desk.watch.refresh()
        assert desk.session.view.named("others")
    assert not desk.watch.drifted


def test_a_file_that_is_written_anew_with_the_same_content_has_not_drifted(make_desk: MakeDesk) -> None:
    """What counts is the content, not the time of the file; and a file that comes back is no drift any more."""
    desk, noticed = make_desk(), Noticed()
    desk.watch.start(noticed)
    desk.watch.wait()
    text = desk.path.read_text()
    desk.path.unlink()
    noticed.wait_until(desk, "drifted", True)
    desk.path.write_text(text)
    noticed.wait_until(desk, "drifted", False)


def test_a_look_that_a_line_overtakes_marks_nothing(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a line reads the target while it is being looked at, what was found is of the past."""
    desk, looks, over = make_desk(), threading.Semaphore(0), threading.Event()
    ours, site = desk.session.site, type(desk.session.site)
    glance, has_moved = site.glance, site.has_moved

    # the watches of other tests still look at what is theirs
    def noted(each: Site) -> object:
        if each is ours:
            looks.release()
        return glance(each)

    def overtaken(each: Site) -> bool:
        if each is not ours:
            return has_moved(each)
        with desk.watch.lock:
            desk.session.site.read()
            desk.session.reread()
            desk.watch.after_line()
        while looks.acquire(blocking=False):
            pass
        over.set()
        return True

    monkeypatch.setattr(site, "has_moved", overtaken)
    desk.watch.start(lambda: None)
    desk.watch.wait()
    monkeypatch.setattr(site, "glance", noted)
    desk.path.write_text(desk.path.read_text().replace("people", "others"))
    assert over.wait(60)
    for _ in range(2):
        assert looks.acquire(timeout=60)
    assert desk.session.view.named("others")
    assert not desk.watch.drifted


def test_staged_edits_keep_their_base(make_desk: MakeDesk) -> None:
    """With edits staged a file that has drifted is not read again under them."""
    desk, noticed = make_desk(), Noticed()
    desk.watch.start(noticed)
    desk.watch.wait()
    desk.interpreter.run("remove people")
    desk.path.write_text(desk.path.read_text().replace("acme", "other"))
    noticed.wait_until(desk, "drifted", True)
    with desk.watch.lock:
        assert not desk.watch.refresh()
    assert desk.session.view.named("acme")


def test_a_ca_that_serves_another_file_is_noticed(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a running CA was named, `~` says that it does not serve the file; a CA that is down says nothing."""
    desk, noticed = make_desk(("acme",)), Noticed()
    served: list[list[dict[str, object]]] = [[{"type": "ACME", "name": "old"}]]

    class Ca:
        def provisioners(self) -> list[dict[str, object]]:
            return served[0]

    monkeypatch.setattr(type(desk.session.site), "served", lambda site, settings: Ca())
    desk.session.live = object()  # type: ignore[assignment]  # only that there is one is looked at
    desk.watch.start(noticed)
    noticed.wait_until(desk, "written_only", True)
    served[0] = [{"type": "ACME", "name": "acme"}]
    noticed.wait_until(desk, "written_only", False)


def test_a_mistake_of_ours_is_told_and_ends_nothing(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where looking at the target fails in a way that nobody thought of, the prompt says so and goes on."""
    desk, said = make_desk(), threading.Event()
    desk.watch.start(lambda: said.set() if desk.watch.has_messages else None)
    desk.watch.wait()

    def fail(site: object) -> object:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(type(desk.session.site), "glance", fail)
    assert said.wait(20)
    (message,) = desk.watch.take_messages()
    assert "noticed no more: RuntimeError: nobody thought of this" in message
    assert desk.interpreter.run("list") is not None


def test_notices_are_taken_once(make_desk: MakeDesk) -> None:
    """What is to be said of the target is said once."""
    desk, said = make_desk(), threading.Event()
    desk.path.write_text(
        desk.path.read_text().replace('"authority": {', '"authority": {"enableAdmin": true, ')
    )
    desk.watch.start(lambda: said.set() if desk.watch.has_messages else None)
    assert said.wait(20)
    assert any("enableAdmin" in text for text in desk.watch.take_messages())
    assert desk.watch.take_messages() == []
