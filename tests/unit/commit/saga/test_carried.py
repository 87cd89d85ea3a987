"""Drafts on a CA that go to a later session, or meet what others changed before the login; and whose state it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shell.errors import Conflict, Incomplete, UsageError
from shell.plain import render
from shell.staging.record import from_record
from tests.support.cacommit import acme
from tests.support.calines import CaLines
from tests.support.pki import Pki, make_pki
from tests.support.simulatedca import Fault, Request


@pytest.fixture
def lines(pki: Pki, tmp_path: Path) -> CaLines:
    """Return a session of a person on a CA with web and old; bob and alice are admins of old."""
    made = CaLines(pki, tmp_path, acme("web"), acme("old"), interactive=True)
    made.ca.add_admin("bob", made.id_of("old"), super=False)
    made.ca.add_admin("alice", made.id_of("old"))
    made.ca.reload()
    return made


def _again(lines: CaLines) -> None:
    """Begin another session that takes up the draft of this one."""
    lines.session.state.release_draft()
    lines.start()
    kept = lines.session.state.load_draft(datetime.now(UTC))
    assert kept is not None
    rebased = from_record(kept.record, lines.session.base)
    assert not rebased.conflicts
    lines.session.adopt(rebased.draft)


def _removed(lines: CaLines) -> set[tuple[str, str, str]]:
    """Remove old with its admins, confirmed; returns the admins before."""
    before = lines.admins()
    answer = lines.run("remove old", "commit")
    assert answer.request is not None
    answer.request.resume("old")
    assert len(lines.admins()) == len(before) - 2
    return before


def test_a_later_session_gives_a_provisioner_back_with_its_admins(lines: CaLines) -> None:
    """They are part of the draft, also under the name that the provisioner was given since."""
    before = _removed(lines)
    lines.run("rollback 1")
    _again(lines)
    lines.run("rename old older", "commit")
    renamed = {(subject, "older" if name == "old" else name, role) for subject, name, role in before}
    assert lines.admins() == renamed
    lines.ca.reload()


def test_a_rollback_that_was_undone_makes_nobody_an_admin(lines: CaLines) -> None:
    """A provisioner that somebody adds under the name has no admins."""
    _removed(lines)
    now = lines.admins()
    lines.run("rollback 1", "undo", "add old --type ACME", "commit")
    assert "old" in {one["name"] for one in lines.ca.database.provisioners.values()}
    assert lines.admins() == now


def test_a_rollback_that_is_done_again_makes_them_admins_again(lines: CaLines) -> None:
    """As every edit, it is the same when it is redone."""
    before = _removed(lines)
    lines.run("rollback 1", "undo", "redo", "commit")
    assert lines.admins() == before


def test_a_kept_draft_merges_with_what_others_did_before_the_login(lines: CaLines) -> None:
    """The first edit logs in, and reads again where the reading is old."""
    lines.run("update web --force-cn")
    _again(lines)
    lines.stored("web")["details"]["ACME"]["requireEab"] = True
    lines.ca.reload()
    lines.session.reading.read_at -= 60  # type: ignore[attr-defined]
    lines.run("add new --type ACME", "commit")
    assert lines.stored("web")["details"]["ACME"] == {"requireEab": True, "forceCn": True}


def test_a_kept_draft_that_meets_the_same_change_of_others_is_a_conflict(lines: CaLines) -> None:
    """As on a file: it is told when it is seen, nothing is decided for the person, and a commit stops."""
    lines.run("update web --x509-max-dur 48h")
    _again(lines)
    lines.stored("web")["claims"] = {"x509": {"enabled": True, "durations": {"max": "72h0m0s"}}}
    lines.ca.reload()
    lines.session.reading.read_at -= 60  # type: ignore[attr-defined]
    lines.session.take_notices()
    lines.run("add new --type ACME")
    told = lines.session.take_notices()
    assert any("others have changed" in text for text in told)
    assert any("72h0m0s" in text and "48h" in text for text in told)
    with pytest.raises(Conflict) as caught:
        lines.run("commit")
    assert "72h0m0s" in caught.value.causes[0].message
    assert lines.stored("web")["claims"]["x509"]["durations"]["max"] == "72h0m0s"
    lines.run("undo", "undo", "update web --x509-max-dur 24h")


def test_a_ca_made_anew_at_an_address_has_nothing_of_the_old_one(
    lines: CaLines, pki: Pki, tmp_path: Path
) -> None:
    """Another root is another CA: no draft, no history and no journal of the first is found."""
    lines.run("update web --force-cn", "commit", "update old --force-cn")
    lines.session.state.release_draft()
    old = lines.session.state
    assert CaLines(pki, tmp_path, acme("web")).session.state.folder == old.folder
    fresh = CaLines(make_pki(tmp_path / "pki"), tmp_path, acme("web"), interactive=True).session.state
    assert fresh.folder != old.folder
    assert (len(old.history.entries()), old.load_draft(datetime.now(UTC)) is None) == (1, False)
    assert (fresh.history.entries(), fresh.load_draft(datetime.now(UTC))) == ([], None)


def _interrupted(lines: CaLines) -> None:
    """Lose the CA in the middle of a commit of two changes."""
    lines.run("update web --force-cn", "update old --force-cn")
    seen: list[Request] = []

    def fault_of(request: Request) -> Fault | None:
        seen.extend([request] if request.changes else [])
        return Fault("refuse") if len(seen) > 1 else None

    lines.transport.fault = fault_of
    with pytest.raises(Incomplete):
        lines.run("commit")
    lines.session.state.release_draft()


def _other(pki: Pki, folder: Path, lines: CaLines, address: str, url: str) -> CaLines:
    """Return a session on the same CA that answers at another address, by another URL."""
    other = CaLines(pki, folder)
    other.ca.database = lines.ca.database
    other.ca.reload()
    other.ca.address, other.ca.url = address, url
    other.start()
    return other


def test_a_commit_is_recovered_at_the_new_address_of_a_ca(lines: CaLines, pki: Pki, tmp_path: Path) -> None:
    """It is the same CA that shows what was done; the session there tells of it, and how to get at it."""
    _interrupted(lines)
    url = lines.transport.url
    there = _other(pki, tmp_path, lines, "192.0.2.9:9000", "https://new.example.com:9000")
    told = there.session.before_editing()
    assert any(f"recover show --from {url}" in text for text in told)
    assert "perhaps done" in render(there.run(f"recover show --from {url}"), False)
    assert there.run("recover back").json == {"outcome": "nothing"}
    assert there.run(f"recover back --from {url}").json == {"outcome": "rolled-back"}
    assert lines.stored("web")["details"] == lines.stored("old")["details"] == {"ACME": {}}
    assert not any("--from" in text for text in there.session.before_editing())


def test_another_ca_with_the_same_root_recovers_nothing(lines: CaLines, pki: Pki, tmp_path: Path) -> None:
    """What was done is not there, so nothing is decided on what it has."""
    _interrupted(lines)
    other = CaLines(pki, tmp_path, acme("web"), acme("old"))
    other.ca.address, other.ca.url = "192.0.2.9:9000", "https://other.example.com:9000"
    other.start()
    with pytest.raises(Incomplete) as caught:
        other.run(f"recover forward --from {lines.transport.url}")
    assert caught.value.code == "other-node"
    assert other.stored("web")["details"] == {"ACME": {}}


def test_a_file_has_no_other_address(tmp_path: Path) -> None:
    """`recover --from` is for CAs."""
    from tests.support.lines import Lines

    config = tmp_path / "ca.json"
    config.write_text('{"authority": {"provisioners": []}}')
    with pytest.raises(UsageError, match="no other address"):
        Lines(config).run(line="recover back --from https://ca.example.com")
