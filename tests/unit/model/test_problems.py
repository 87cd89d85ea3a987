"""How a person is told of problems: a warning that many provisioners share once."""

from __future__ import annotations

from dataclasses import replace

from shell.model.problems import DANGER, SHARED, WARNING, Problem, told

SHORT = Problem(WARNING, "short", "a", "claims.x", "it is short", "make it longer")


def named(problem: Problem, count: int) -> list[Problem]:
    """Return the problem of so many provisioners."""
    return [replace(problem, provisioner=f"p{number}") for number in range(count)]


def test_a_warning_of_many_is_told_once_with_how_many() -> None:
    """It stands where the first of them does, between what is told of others."""
    first, last = replace(SHORT, message="other"), replace(SHORT, message="last")
    many = named(SHORT, SHARED + 1)
    assert told([first, *many, last]) == [("a", first), (f"p0 and {SHARED} others", many[0]), ("a", last)]


def test_a_few_are_told_one_by_one() -> None:
    """So is what differs in the field, the words or what helps."""
    few = named(SHORT, SHARED)
    others = [replace(problem, field="claims.y") for problem in named(SHORT, SHARED)]
    assert told([*few, *others]) == [(problem.provisioner, problem) for problem in [*few, *others]]


def test_what_stops_a_commit_is_told_of_each() -> None:
    """A danger is accepted by the name that stands there."""
    dangers = named(replace(SHORT, severity=DANGER), 2 * SHARED)
    assert told(dangers) == [(problem.provisioner, problem) for problem in dangers]


def test_what_is_about_the_file_is_told_as_it_is() -> None:
    """It is about no provisioner, however often it is found."""
    wrong = [replace(SHORT, provisioner="")] * (2 * SHARED)
    assert told(wrong) == [("", problem) for problem in wrong]
