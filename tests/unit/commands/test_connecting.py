"""What `connect` offers while it is typed, at a CA."""

from __future__ import annotations

from pathlib import Path

from shell.commands import REGISTRY
from shell.language.analysis import analyse
from shell.language.cursor import candidates
from tests.support.cacommit import acme
from tests.support.calines import CaLines
from tests.support.pki import Pki


def offered(lines: CaLines, text: str) -> list[str]:
    """Return the words that are offered at the end of a line."""
    analysis = analyse(text, REGISTRY, cursor=len(text), interactive=True)
    return [candidate.text for _, candidate in candidates(analysis, REGISTRY, lines.session)]


def test_admins_are_offered_as_far_as_they_are_known(pki: Pki, tmp_path: Path) -> None:
    """Behind --admin-subject stand the admins that the session has read, and no request is made for them."""
    lines = CaLines(pki, tmp_path, acme("web"), acme("old"))
    lines.ca.add_admin("bob", lines.id_of("old"), super=False)
    lines.ca.reload()
    lines.run("list")
    assert offered(lines, "connect --admin-subject ") == []
    lines.run("set web forceCN true")
    asked = len(lines.transport.requests)
    assert offered(lines, "connect --admin-subject ") == ["bob", "step"]
    assert offered(lines, "connect --admin-provisioner w") == ["web"]
    assert len(lines.transport.requests) == asked
