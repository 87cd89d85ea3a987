"""What a person is told of a commit that the CA did not take: the field at fault, as far as it can be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from shell.errors import RolledBack, ShellError
from tests.support.cacommit import acme
from tests.support.calines import CaLines
from tests.support.pki import Pki
from tests.support.simulatedca.faults import Fault, Request


@pytest.fixture
def lines(pki: Pki, tmp_path: Path) -> CaLines:
    """Return a session with a change of one field staged."""
    lines = CaLines(pki, tmp_path, acme("one"))
    lines.run("set one forceCN true")
    return lines


def _told(lines: CaLines, fault: Fault, method: str = "PUT") -> str:
    """Commit while every change by this method meets the fault; returns what a person is told."""

    def spoil(request: Request) -> Fault | None:
        return fault if request.method == method and request.path.startswith("/admin") else None

    lines.transport.fault = spoil
    with pytest.raises(ShellError) as raised:
        lines.run("commit")
    assert isinstance(raised.value, RolledBack)
    return raised.value.message


def test_an_unknown_failure_names_the_field_that_was_changed(lines: CaLines) -> None:
    """A 500 of step-ca mostly means a value; its own words stand beside that."""
    body = b'{"type":"internalServerError","detail":"x","message":"boom"}'
    told = _told(lines, Fault("answer", status=500, body=body, echo=True))
    assert "change one: the CA refused (500): boom; it changed forceCN" in told


def test_a_dropped_connection_names_the_field_that_was_changed(lines: CaLines) -> None:
    """A panic in the CA ends the connection without a word."""
    assert "(it changed forceCN)" in _told(lines, Fault("drop"))


def test_commits_and_recoveries_are_noted(lines: CaLines) -> None:
    """What is about to be done, and what came of it; of a recovery where there is nothing to recover too."""
    events: list[tuple[str, str, str]] = []
    lines.session.observer.listen(
        lambda level, event, fields: events.append(
            (level, event, str(fields.get("begins") or fields.get("outcome")))
        )
    )
    _told(lines, Fault("answer", status=400, body=b'{"message":"no"}', echo=True))
    lines.transport.fault = None
    lines.run("commit", "recover back")
    noted = [each for each in events if each[1] in ("commit", "recover")]
    begins = ("info", "commit", "0 to add, 1 to change, 0 to remove")
    assert noted[:2] == [begins, ("warning", "commit", "rolled-back")]
    assert noted[2:] == [begins, ("info", "commit", "committed"), ("info", "recover", "none")]


def test_a_refusal_that_is_known_is_explained(lines: CaLines) -> None:
    """Why, and the next thing to do; the words of step-ca are for --verbose."""
    body = b'{"type":"internalServerError","message":"cannot change provisioner createdAt"}'
    told = _told(lines, Fault("answer", status=500, body=body, echo=True))
    assert "somebody has removed the provisioner and made one of its name" in told
    assert "look again: discard" in told
    assert "createdAt" not in told
