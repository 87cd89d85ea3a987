"""A commit to a CA whose process died before it had noted what to send."""

from __future__ import annotations

from pathlib import Path

import pytest

from shell.commit.saga.recovery import Direction
from shell.errors import Incomplete
from tests.support.cacommit import CaBench
from tests.support.pki import Pki


@pytest.mark.parametrize("direction", ["back", "forward"])
def test_it_is_closed_as_taken_back(pki: Pki, tmp_path: Path, direction: Direction) -> None:
    """Nothing was sent, and nothing can be: the next commit is free to begin."""
    bench = CaBench(pki, tmp_path)
    plan = {
        "kind": "ca",
        "key": "k",
        "url": "u",
        "root": "",
        "address": "192.0.2.1:9000",
        "leaf": "",
        "time": "2026-01-02T03:04:05",
    }
    plan |= {"operator": "", "comment": "", "before": ""}
    bench.state.ensure()
    bench.state.journal.begin({**plan, "rehearse": False, "plan": [], "steps": ["add new"]}).leave()
    with pytest.raises(Incomplete):
        bench.add("other").commit()
    done = bench.recover(direction)
    assert done is not None
    assert done.word == "rolled-back"
    assert "nothing" in done.note
    assert bench.commit().word == "committed"
