"""What others write at a CA while a commit is under way: kept, told, or met with the whole commit taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shell.backends.admin.api import AdminApi
from shell.errors import Conflict, Incomplete, RolledBack
from tests.support.cacommit import HASTY, CaBench, acme
from tests.support.pki import Pki
from tests.support.simulatedca import Request

SECRET = "c2VjcmV0LW9mLWEtaG9vaw=="
FEW = ("a", "b")
MANY = ("a", "b", "c", "d", "e", "f")
Act = Callable[[], None]


class Scene:
    """A CA with six provisioners and one that goes, and somebody else with a login of his own.

    `events` are the changes that the CA got from us: method and name.
    """

    def __init__(self, pki: Pki, folder: Path) -> None:
        self.bench = CaBench(pki, folder, *map(acme, (*MANY, "gone")))
        self.other: AdminApi = self.bench.ca.target().api
        self.events: list[str] = []

    def changing(self, names: tuple[str, ...]) -> CaBench:
        """Stage a change of the lifetimes of each."""
        for name in names:
            self.bench.set(name, "claims.maxTLSCertDuration", "48h")
        return self.bench

    def message(self, name: str) -> dict[str, Any]:
        """Return what the CA has."""
        found = self.other.provisioner(name)
        assert found is not None
        return found

    def lifetime(self, name: str) -> str:
        """Return the longest lifetime at the CA, or the empty text."""
        claims: Any = self.message(name).get("claims") or {}
        return str(claims.get("x509", {}).get("durations", {}).get("max", ""))

    def requires_eab(self, name: str) -> bool:
        """Whether what the other one sets is there."""
        return bool(self.message(name)["details"]["ACME"].get("requireEab"))

    def writes(self, name: str, *, lifetime: str = "", stale: dict[str, Any] | None = None) -> None:
        """Let the other one set requireEab, and a lifetime, on what he has read now or before."""
        message = {**(stale or self.message(name)), "details": {"ACME": {"requireEab": True}}}
        if lifetime:
            message["claims"] = {"x509": {"enabled": True, "durations": {"max": lifetime}}}
        self.other.replace(name, message)

    def at(self, method: str, name: str, act: Act, *, count: int = 1) -> None:
        """Do something just before the CA gets our `count`-th request of this kind about this provisioner."""
        left = [count]
        id_ = self.bench.id_of(name)

        def fault_of(request: Request) -> None:
            about = request.path.endswith(f"/{name}") or request.query.get("id") == id_
            if request.changes:
                self.events.append(f"{request.method} {request.path.rpartition('/')[2]}")
            if request.method == method and about:
                left[0] -= 1
                if left[0] == 0:
                    act()

        self.bench.transport.fault = fault_of


@pytest.fixture
def scene(pki: Pki, tmp_path: Path) -> Scene:
    """Return the scene."""
    return Scene(pki, tmp_path)


@pytest.mark.parametrize("names", [FEW, MANY])
@pytest.mark.parametrize("place", [0, 1])
def test_another_field_is_merged(scene: Scene, names: tuple[str, ...], place: int) -> None:
    """Seen in the moment before it is written, the commit begins anew on it: both changes are there."""
    name = names[place]
    count = 2 if names is FEW else 1  # a few are read twice
    scene.at("GET", name, lambda: scene.writes(name), count=count)
    assert scene.changing(names).commit().word == "committed"
    assert scene.requires_eab(name)
    assert [scene.lifetime(each) for each in names] == ["48h"] * len(names)
    assert scene.bench.state.journal.open_commit() is None
    assert [entry.outcome for entry in scene.bench.state.history.entries()] == ["committed"]


@pytest.mark.parametrize("names", [FEW, MANY])
def test_the_same_field_of_the_first_is_a_conflict(scene: Scene, names: tuple[str, ...]) -> None:
    """Nothing was sent, and it is named with what they have."""
    count = 2 if names is FEW else 1
    scene.at("GET", "a", lambda: scene.writes("a", lifetime="30h"), count=count)
    with pytest.raises(Conflict) as caught:
        scene.changing(names).commit()
    assert "30h" in caught.value.causes[0].message
    assert scene.events == []
    assert scene.lifetime("a") == "30h"
    assert scene.bench.recover("back") is None


@pytest.mark.parametrize("names", [FEW, MANY])
def test_the_same_field_of_a_later_one_takes_back_what_was_made(scene: Scene, names: tuple[str, ...]) -> None:
    """Exit code 5, since something was made; their change stays, and the reason has it."""
    count = 2 if names is FEW else 1
    scene.at("GET", "b", lambda: scene.writes("b", lifetime="30h"), count=count)
    with pytest.raises(RolledBack, match="as it was before") as caught:
        scene.changing(names).commit()
    assert "30h" in caught.value.causes[0].message
    assert scene.events == ["PUT a", "PUT a"]
    assert [scene.lifetime(name) for name in names] == ["", "30h", *[""] * (len(names) - 2)]
    assert scene.bench.recover("back") is None


def test_one_who_keeps_changing_ends_it(scene: Scene) -> None:
    """It does not begin anew for ever."""
    flags = [False]

    def flip() -> None:
        flags[0] = not flags[0]
        message = scene.message("a")
        scene.other.replace("a", {**message, "details": {"ACME": {"requireEab": flags[0]}}})

    def always(request: Request) -> None:
        if request.method == "GET" and request.path.endswith("/a"):
            flip()

    scene.changing(MANY)
    scene.bench.transport.fault = always
    with pytest.raises((Conflict, RolledBack)) as caught:
        scene.bench.commit()
    assert "chang" in caught.value.message
    assert "when they have finished" in caught.value.hint
    assert scene.bench.recover("back") is None


@pytest.mark.parametrize("names", [FEW, MANY])
def test_what_is_written_over_ours_is_told(scene: Scene, names: tuple[str, ...]) -> None:
    """One who had read before we wrote, and writes afterwards, takes our change away: that is a failure."""
    stale = scene.message("a")
    last = names[-1]
    scene.at("PUT", last, lambda: scene.writes("a", stale=stale))
    with pytest.raises(RolledBack, match=r"a is not as it was written \(claims.maxTLSCertDuration"):
        scene.changing(names).commit()
    assert scene.requires_eab("a")
    assert [scene.lifetime(name) for name in names] == [""] * len(names)


@pytest.mark.parametrize("names", [FEW, MANY])
def test_what_is_written_on_ours_is_no_failure(scene: Scene, names: tuple[str, ...]) -> None:
    """One who has read what we wrote keeps it: the commit stands, and says so."""
    last = names[-1]
    scene.at("PUT", last, lambda: scene.writes("a"))
    outcome = scene.changing(names).commit()
    assert outcome.word == "committed"
    assert any("a was changed by somebody else right afterwards" in note for note in outcome.notes)
    assert scene.requires_eab("a")
    assert [scene.lifetime(name) for name in names] == ["48h"] * len(names)


@pytest.mark.parametrize("names", [FEW, MANY])
def test_what_goes_is_looked_at_before_it_goes(scene: Scene, names: tuple[str, ...]) -> None:
    """Somebody who has just changed what is to be removed is heard: nothing is removed."""
    bench = scene.changing(names).remove("gone")
    scene.at("PUT", names[0], lambda: scene.writes("gone"))
    with pytest.raises(RolledBack):
        bench.commit()
    assert scene.requires_eab("gone")
    assert [scene.lifetime(name) for name in names] == [""] * len(names)


@pytest.mark.parametrize("names", [FEW, MANY])
@pytest.mark.parametrize("seconds", [0.1, 3.0])
def test_a_change_that_takes_long_is_told(scene: Scene, names: tuple[str, ...], seconds: float) -> None:
    """What others write between the last look and the change is overwritten unseen; the longer, the likelier."""
    now = [100.0]

    def wait() -> None:
        now[0] += seconds

    scene.at("PUT", "b", wait)
    outcome = scene.changing(names).commit(patience=replace(HASTY, clock=lambda: now[0]))
    told = [note for note in outcome.notes if "is overwritten" in note]
    assert [note.partition(":")[0] for note in told] == (["change b"] if seconds > 1 else [])


def test_a_slow_look_is_followed_by_another(scene: Scene) -> None:
    """It says little of the moment in which the change is sent; but only so often in a commit."""
    now = [100.0]

    def fault_of(request: Request) -> None:
        if request.changes:
            scene.events.append(request.method)
        elif request.query.get("id"):
            scene.events.append("look")
            now[0] += 0.01

    bench = scene.changing(FEW)
    bench.transport.fault = fault_of
    assert bench.commit(patience=replace(HASTY, clock=lambda: now[0])).word == "committed"
    assert scene.events == ["look", "look", "PUT", "look", "PUT"]


def test_a_removal_alone_looks_again_too(scene: Scene) -> None:
    """Also where nothing else is read."""
    scene.at("GET", "gone", lambda: scene.writes("gone"), count=2)
    with pytest.raises(Conflict):
        scene.bench.remove("gone").commit()
    assert scene.requires_eab("gone")
    assert scene.events == []


def test_what_others_removed_meanwhile_is_gone_all_the_same(scene: Scene) -> None:
    """The removal has what it wants."""
    scene.at("GET", "gone", lambda: scene.other.delete("gone") and None, count=2)
    assert scene.bench.remove("gone").commit().word == "committed"
    assert "gone" not in scene.bench.names()


def test_a_ca_that_does_not_answer_before_a_change_leaves_nothing_open(scene: Scene) -> None:
    """What was not sent needs no recovery: it is taken back as soon as the CA answers again."""
    from tests.support.simulatedca import Fault

    scene.changing(MANY)
    first = [0]

    def fault_of(request: Request) -> Fault | None:
        if request.method == "GET" and request.path.endswith("/c") and first[0] < 8:
            first[0] += 1
            return Fault("refuse")
        return None

    scene.bench.transport.fault = fault_of
    with pytest.raises(RolledBack):
        scene.bench.commit()
    assert [scene.lifetime(name) for name in MANY] == [""] * len(MANY)
    assert scene.bench.recover("back") is None


@pytest.mark.parametrize("names", [FEW, MANY])
def test_an_old_reading_of_many_is_read_again_before_anything_is_sent(
    scene: Scene, names: tuple[str, ...]
) -> None:
    """So that a conflict is found while nothing has happened."""
    scene.changing(names)
    scene.writes(names[-1], lifetime="30h")
    scene.bench.reading.read_at -= 60
    scene.bench.transport.fault = lambda request: scene.events.append("x") if request.changes else None
    with pytest.raises(Conflict):
        scene.bench.commit()
    assert scene.events == []


def test_the_sealed_part_has_the_steps_that_were_read_late(scene: Scene) -> None:
    """With it another process takes them back; without its key it cannot, and says so."""

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    hook = {"id": "1", "name": "h", "url": "https://h.example.com", "kind": "ENRICHING", "secret": SECRET}
    scene.other.replace("d", {**scene.message("d"), "webhooks": [hook]})
    scene.bench.start()
    before = scene.bench.ca.state()
    scene.changing(MANY)
    scene.at("PUT", "d", die)
    with pytest.raises(Died):
        scene.bench.commit()
    scene.bench.transport.fault = None
    journal = Path(scene.bench.state.folder) / "journal"
    sealed = journal.with_name("journal.sealed")
    kept = sealed.read_bytes()
    assert b'"late"' in journal.read_bytes()
    assert SECRET.encode() not in journal.read_bytes() + kept
    sealed.write_bytes(kept.replace(b'"key":', b'"was":'))
    with pytest.raises(Incomplete, match="sealed part"):
        scene.bench.recover("back")
    sealed.write_bytes(kept)
    done = scene.bench.recover("back")
    assert done is not None
    assert scene.bench.ca.state() == before


def test_what_a_ca_that_loaded_meanwhile_does_not_serve_is_told(pki: Pki, tmp_path: Path) -> None:
    """Its list has a provisioner as before, its database as it was written: only loading again mends that."""
    scene = Scene(pki, tmp_path)
    ca, id_ = scene.bench.ca, scene.bench.id_of("b")
    before = ca.database.provisioners[id_]

    def load_late() -> None:
        now = ca.database.provisioners[id_]
        ca.database.provisioners[id_] = before
        ca.reload()
        ca.database.provisioners[id_] = now

    scene.at("PUT", "c", load_late)
    outcome = scene.changing(("a", "b", "c")).commit()
    assert outcome.word == "committed"
    (note,) = outcome.notes
    assert note.startswith("b is written, but the CA has loaded in that moment")
    assert scene.lifetime("b") == "48h"
