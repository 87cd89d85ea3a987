"""What a batch on a CA costs: its requests, counted at a proxy before a real step-ca."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cacommit import acme
from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.program import RunShell

pytestmark = pytest.mark.live

PROVISIONERS = 130


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA with more provisioners than one page of a list has."""
    entries = [acme(f"number-{number}") for number in range(PROVISIONERS - 1)]
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("budget"), *entries) as made:
        yield made


def _requests(live: LiveCa, run_shell: RunShell, folder: Path, lines: list[str]) -> tuple[int, int]:
    """Run a batch as one process; returns the number of its requests, and how many of them were logins."""
    batch = folder / "batch.steps"
    batch.write_text("\n".join([*lines, "commit", ""]))
    login = ["--admin-subject", "step", "--admin-provisioner", "admin", "--admin-password-file"]
    words = ["--ca-url", live.proxy.url, "--root", str(live.pki.root), *login, str(live.pki.password_file)]
    live.proxy.forget()
    done = run_shell(*words, "--state-dir", folder / "state", "-f", batch)
    assert done.returncode == 0, done.stderr
    assert live.proxy.connections > 0
    return len(live.proxy.log), sum(each.path.endswith("/sign") for each in live.proxy.log)


@pytest.mark.parametrize("count", [1, 4, 40])
def test_updates(live: LiveCa, run_shell: RunShell, tmp_path: Path, count: int) -> None:
    """N updates among P provisioners take at most 2N + 2⌈P/100⌉ + 10 requests, and one login."""
    days = [f"update number-{number} --x509-max-dur {count + 24}h" for number in range(count)]
    requests, logins = _requests(live, run_shell, tmp_path, days)
    print(f"{count} updates among {PROVISIONERS} provisioners: {requests} requests")
    assert logins == 1
    assert requests <= 2 * count + 2 * math.ceil(PROVISIONERS / 100) + 10


@pytest.mark.parametrize("count", [1, 40])
def test_additions(live: LiveCa, run_shell: RunShell, tmp_path: Path, count: int) -> None:
    """N additions take at most N + 2⌈P/100⌉ + 10 requests, and one login."""
    before = len(live.content().provisioners)
    lines = [f"add new-{count}-{number} --type ACME" for number in range(count)]
    requests, logins = _requests(live, run_shell, tmp_path, lines)
    print(f"{count} additions to {before} provisioners: {requests} requests")
    assert logins == 1
    assert requests <= count + 2 * math.ceil((before + count) / 100) + 10


def test_everything_goes_over_one_connection(live: LiveCa, run_shell: RunShell, tmp_path: Path) -> None:
    """A connection is kept for the whole batch; one more may be opened to see whether a host answers."""
    before = live.proxy.connections
    _requests(live, run_shell, tmp_path, ["set number-5 forceCN true", "set number-6 forceCN true"])
    assert live.proxy.connections - before == 1
