"""`show` and `claims`: a provisioner as a tree, with what is in force and where it comes from."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from shell.plain import render
from shell.results import Lines as Block
from shell.results import Moment
from tests.support.calines import CaLines
from tests.support.certificates import certificate
from tests.support.lines import Lines
from tests.support.pki import Pki, WriteCaJson

SECRET = "c2VjcmV0"
HOOK = {"id": "1", "name": "stock", "url": "https://hooks.example.com", "kind": "ENRICHING", "secret": SECRET}


def shown(lines: Lines | CaLines, line: str) -> list[str]:
    """Return the lines that a line prints."""
    answer = lines.run(line=line) if isinstance(lines, Lines) else lines.run(line)
    return render(answer, json=False).splitlines()


def words(line: str) -> tuple[str, ...]:
    """Return the words of a line, with the depth at which it stands in front."""
    return (str((len(line) - len(line.lstrip())) // 2), *line.split())


def test_members_stand_as_they_are_nested(ca_json: WriteCaJson) -> None:
    """Objects and lists of objects are gone into; secrets are masked, and what is not known is said to be so."""
    entry: dict[str, Any] = {
        "type": "ACME",
        "name": "acme",
        "challenges": ["http-01", "dns-01"],
        "later": {"a": True},
        "options": {"x509": {"templateData": {"Team": "ops"}}, "webhooks": [HOOK]},
    }
    lines = Lines(ca_json([entry]))
    tree = [words(line) for line in shown(lines, "show acme")]
    assert tree[0] == ("0", "acme", "ACME")
    assert ("1", "challenges", "http-01,", "dns-01") in tree
    assert ("1", "later", '{"a":', "true}", "(not", "known", "to", "this", "program)") in tree
    place = tree.index(("1", "options"))
    assert tree[place + 1 : place + 9] == [
        ("2", "x509"),
        ("3", "templateData", '{"Team":', '"ops"}'),
        ("2", "webhooks"),
        ("3", "stock"),
        ("4", "id", "1"),
        ("4", "url", "https://hooks.example.com"),
        ("4", "kind", "ENRICHING"),
        ("4", "secret", "(set)"),
    ]
    assert SECRET not in str(tree)


def test_claims_in_force_stand_beside_their_origin(ca_json: WriteCaJson) -> None:
    """Each claim has the value that holds, and who says so; what is no claim that we know stands below."""
    path = ca_json(
        [{"type": "ACME", "name": "acme", "claims": {"maxTLSCertDuration": "48h0m0s", "more": "x"}}],
        authority={"claims": {"defaultTLSCertDuration": "12h"}},
    )
    tree = [words(line) for line in shown(Lines(path), "show acme")]
    assert ("1", "claims", "in", "force") in tree
    assert ("2", "maxTLSCertDuration", "48h", "provisioner") in tree
    assert ("2", "defaultTLSCertDuration", "12h", "authority") in tree
    assert ("2", "minTLSCertDuration", "5m", "built", "in") in tree
    assert tree[-1][:3] == ("2", "more", "x")
    table = [line.split() for line in shown(Lines(path), "claims acme")]
    assert ["defaultTLSCertDuration", "12h", "authority"] in table


def test_a_provisioner_without_claims_shows_them_too(ca_json: WriteCaJson) -> None:
    """Where it sets none itself those in force stand at the end; several provisioners are apart."""
    lines = Lines(ca_json([{"type": "ACME", "name": "a"}, {"type": "Quantum", "name": "b", "x": "y"}]))
    text = shown(lines, "show")
    assert text[text.index("") + 1] == "b  Quantum"
    assert words(text[1]) == ("1", "claims", "in", "force")


def test_of_a_ca_only_its_provisioners_are_known(pki: Pki, tmp_path: Path) -> None:
    """What authority.claims says cannot be read from a CA, so nothing is said to be built in for sure."""
    lines = CaLines(pki, tmp_path, {"type": "ACME", "name": "acme"})
    (line,) = [line for line in shown(lines, "show acme") if "minTLSCertDuration" in line]
    assert line.endswith("built in, unless the ca.json of the CA sets it")


def test_certificates_are_told_with_their_end(ca_json: WriteCaJson) -> None:
    """A bundle is described line by line, and the time at which each ends is a moment."""
    bundle = base64.b64encode(certificate("One") + certificate("Two")).decode()
    lines = Lines(ca_json([{"type": "X5C", "name": "x", "roots": bundle}]))
    for line in ("show x", "show x roots"):
        found = [line for line in shown(lines, line) if "expires" in line]
        assert ["One" in found[0], "Two" in found[1], len(found)] == [True, True, 2]
        blocks = lines.run(line=line).blocks
        spans = [
            span
            for block in blocks
            if isinstance(block, Block)
            for row in block.lines
            if not isinstance(row, str)
            for span in row
        ]
        assert sum(isinstance(text, Moment) for _, text in spans) == 2
