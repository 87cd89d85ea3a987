"""What the session found in keys, certificates and the text of the file, as problems of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.facts import materials
from shell.model.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.facts import Facts
    from shell.model.problems import Finding
    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId


def of_file(facts: Facts) -> Iterator[Problem]:
    """Yield the oddities of the text."""
    for finding in facts.oddities.get(None, ()):
        yield _problem(finding, "", "", None)


def of_provisioner(provisioner: Provisioner, facts: Facts, id_: ProvisionerId) -> Iterator[Problem]:
    """Yield what was found in the text, the keys and the certificates of a provisioner."""
    for finding in facts.oddities.get(id_, ()):
        yield _problem(finding, provisioner.name, "", id_)
    for material in materials(provisioner) if facts.findings else ():
        for finding in facts.findings.get(material, ()):
            yield _problem(finding, provisioner.name, material.field, id_)


def _problem(finding: Finding, name: str, field: str, id_: ProvisionerId | None) -> Problem:
    return Problem(
        finding.severity,
        finding.code,
        name,
        finding.field or field,
        finding.message,
        finding.remedy,
        stops=finding.stops,
        id=id_,
    )
