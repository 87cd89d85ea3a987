"""What stands before the line and below it, on terminals of all widths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shell.sites.lookout import Standing
from shell.targets import Target
from shell.ui.marks import Marks
from tests.unit.ui.conftest import Desk

ROOT = "0123456789abcdef" * 4


@pytest.fixture
def marks(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Marks:
    """Return the marks of a session on a CA, in which `step` is logged in for seven hours and a half."""
    monkeypatch.setattr(desk.session, "target", Target("ca", "--ca-url", url="https://localhost:46527"))
    until = datetime.now(UTC) + timedelta(hours=7, minutes=30)
    monkeypatch.setattr(Marks, "_standing", Standing(ROOT, "step", until))
    return Marks(desk.session, desk.watch)


def below(marks: Marks, desk: Desk, room: int) -> str:
    """Return the toolbar of an empty line."""
    return "".join(text for _, text, *_ in marks.toolbar(desk.understanding, "", room))


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (0, "https://localhost:46527 [step]> "),
        (80, "https://localhost:46527 [step]> "),
        (60, "localhost:46527 [step]> "),
        (40, "localhost:46527 [step]> "),
        (20, "localhost… [step]> "),
    ],
)
def test_the_prompt_leaves_room_for_what_is_typed(marks: Marks, columns: int, shown: str) -> None:
    """On a narrow terminal the name of the CA loses its scheme, then its end."""
    assert "".join(text for _, text, *_ in marks.prompt(columns)) == shown


def test_the_toolbar_says_as_much_as_fits(marks: Marks, desk: Desk) -> None:
    """The end of the certificate is the last to go, and is told in full where there is room."""
    url, root, admin = "https://localhost:46527", "  root 0123456789abcdef", "  admin step"
    wide = below(marks, desk, 130)
    assert wide.startswith(url + root + admin + "  certificate ends ")
    assert wide.endswith(" UTC (in 7 hours)")
    ends = "  certificate ends in 7 hours"
    assert below(marks, desk, 90) == url + root + admin + ends
    assert below(marks, desk, 80) == url + "  root 01234567" + admin + ends
    assert below(marks, desk, 70) == url + admin + ends
    assert below(marks, desk, 60) == url + ends
    assert below(marks, desk, 40) == url + admin
    assert below(marks, desk, 23) == url


def test_a_certificate_that_is_over_has_ended(
    marks: Marks, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The toolbar does not say of the past that it will be."""
    past = datetime.now(UTC) - timedelta(minutes=3)
    monkeypatch.setattr(Marks, "_standing", Standing(ROOT, "step", past))
    assert below(marks, desk, 80).endswith("certificate ended 3 min ago")


def test_what_is_staged_is_said_in_few_words(marks: Marks, desk: Desk) -> None:
    """Only what there is is counted, and edits that come to nothing are no change."""
    desk.interpreter.run("remove people")
    desk.interpreter.run("add web --type ACME")
    marks.refresh()
    assert "  1 to add, 1 to remove  " in below(marks, desk, 130)
    desk.interpreter.run("undo")
    desk.interpreter.run("undo")
    desk.interpreter.run("set acme forceCN true")
    desk.interpreter.run("unset acme forceCN")
    marks.refresh()
    assert "  nothing to change  " in below(marks, desk, 130)
