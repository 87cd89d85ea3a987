"""The check and a real step-ca agree on what step-ca takes, disables, refuses or dies of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shell.backends.cafile import CaFile
from shell.errors import ShellError
from shell.facts import gather
from shell.model.problems import Problem
from shell.model.rules import check
from tests.support.ca import Judge
from tests.support.check_cases import CASES, Case, Config, Parts
from tests.support.pki import Pki
from tests.support.verdict import Verdict

pytestmark = pytest.mark.live


@pytest.fixture(scope="session")
def parts(pki: Pki) -> Parts:
    """Return what cases are made of."""
    return Parts(pki)


def errors_of(config: Config, path: Path) -> list[Problem]:
    """Return the errors that the check of a file finds; a file that cannot be opened is one."""
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    try:
        reading = CaFile(str(path)).read()
    except ShellError as error:
        return [Problem("error", error.code, "", "", error.message, "", stops=True)]
    now = datetime.now(UTC)
    facts = gather(reading, reading.base, (), config_path=str(path), now=now, everything=True)
    found = check(reading.base, reading.base, (), facts, everything=True)
    return [problem for problem in found if problem.severity == "error"]


def assert_agrees(case: Case, verdict: Verdict, errors: list[Problem]) -> None:
    """Compare what step-ca did with what the check says of it."""
    found = [(error.provisioner, error.field) for error in errors]
    if verdict.kind == "accepted":
        assert not errors, "step-ca takes it"
        return
    assert (case.provisioner, case.field) in found, f"step-ca: {verdict} ({verdict.reason})"
    stops = any(error.stops for error in errors)
    assert stops == (not verdict.serves), f"step-ca: {verdict} ({verdict.reason})"
    assert set(verdict.disabled) <= {error.provisioner for error in errors}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_step_ca(case: Case, judge: Judge, parts: Parts, tmp_path: Path) -> None:
    """Where step-ca refuses, disables or dies, the check has an error there; where it accepts, none."""
    config = case.config(parts)
    errors = errors_of(config, tmp_path / "ca.json")
    assert_agrees(case, judge.start(config), errors)
    assert_agrees(case, judge.reload(config), errors)
