"""Gathering facts: files, certificates, keys and the oddities of a text."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shell.backends.cafile import CaFile, Reading
from shell.facts import gather
from shell.facts.files import LARGEST
from shell.model.facts import Facts
from shell.model.view import ProvisionerId
from tests.support import certificates, nebula
from tests.support.pki import Pki, WriteCaJson
from tests.support.views import ListView

NOW = datetime.now(UTC)


def packed(data: bytes) -> str:
    """Return bytes as they stand in ca.json."""
    return base64.b64encode(data).decode()


def facts_of(*entries: Any, **options: Any) -> Facts:
    """Gather the facts about these provisioners of a running CA."""
    return gather(None, ListView(entries), (), now=NOW, everything=True, **options)


def codes(*entries: Any) -> list[tuple[str, str, bool]]:
    """Return severity, code and whether it stops the CA, for what is found in keys and certificates."""
    found = facts_of(*entries).findings.values()
    return [(finding.severity, finding.code, finding.stops) for findings in found for finding in findings]


def read(path: Path) -> Reading:
    """Read a ca.json."""
    return CaFile(str(path)).read()


def test_keys_and_certificates_that_are_good(pki: Pki) -> None:
    """What step-ca takes, and what nobody can read from outside, has no findings."""
    key = rsa.generate_private_key(65537, 2048)
    public = packed(certificates.public_pem(ec.generate_private_key(ec.SECP256R1())))
    roots = packed(pki.root.read_bytes())
    assert (
        codes(
            pki.jwk(),
            {"type": "X5C", "roots": roots},
            {"type": "X5C", "roots": list(pki.root.read_bytes())},
            {"type": "Nebula", "roots": packed(nebula.version1())},
            {"type": "K8sSA", "publicKeys": public},
            {"type": "ACME", "attestationRoots": roots, "options": {"wire": {"dpop": {"key": public}}}},
            {
                "type": "SCEP",
                "decrypterCertificate": packed(certificates.certificate(key=key)),
                "decrypterKeyPEM": packed(certificates.private_pem(key)),
            },
        )
        == []
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"type": "X5C", "roots": "AAAA"}, ("error", "x5c-roots-no-pem", False)),
        ({"type": "ACME", "attestationRoots": "AAAA"}, ("error", "attestation-roots-no-pem", False)),
        ({"type": "K8sSA", "publicKeys": "AAAA"}, ("danger", "k8s-keys-no-pem", False)),
        (
            {"type": "ACME", "options": {"wire": {"dpop": {"key": "AAAA"}}}},
            ("error", "wire-key-malformed", False),
        ),
        (
            {
                "type": "ACME",
                "options": {
                    "wire": {
                        "dpop": {
                            "key": packed(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
                        }
                    }
                },
            },
            ("error", "wire-key-malformed", False),
        ),
        ({"type": "JWK", "key": {"kty": "none"}}, ("error", "key-type", True)),
    ],
)
def test_what_step_ca_makes_of_a_bad_one_is_its_severity(entry: Any, expected: tuple[str, str, bool]) -> None:
    """What is refused or disables is an error, what is of no use a danger; the whole CA is stopped by the first."""
    (found,) = codes(entry)
    assert (found[0], found[2]) == (expected[0], expected[2])
    assert found[1] == expected[1]


def test_a_private_key_for_kubernetes_is_found() -> None:
    """Two values of one kind are each looked at once."""
    entry = {
        "type": "K8sSA",
        "publicKeys": packed(certificates.private_pem(ec.generate_private_key(ec.SECP256R1()))),
    }
    assert codes(entry, {**entry, "name": "again"}) == [("error", "k8s-key-private", False)]


@pytest.mark.parametrize(("label", "known"), [("NEBULA X25519 PUBLIC KEY", True), ("MAGIC KEY", False)])
def test_keys_that_only_step_ca_reads_are_left_alone(label: str, known: bool) -> None:
    """A key of a kind that is read by step-ca alone is not judged; a block that is no key is."""
    text = f"-----BEGIN {label}-----\n{packed(bytes(32))}\n-----END {label}-----\n"
    entry = {"type": "ACME", "options": {"wire": {"dpop": {"key": packed(text.encode())}}}}
    assert bool(codes(entry)) != known


def test_a_pair_that_does_not_fit_is_found() -> None:
    """A decrypter key is held against its certificate, and its password against the key."""
    key = rsa.generate_private_key(65537, 2048)
    other = packed(certificates.certificate(key=rsa.generate_private_key(65537, 2048)))
    scep = {
        "type": "SCEP",
        "decrypterCertificate": other,
        "decrypterKeyPEM": packed(certificates.private_pem(key)),
    }
    assert [severity for severity, _, _ in codes(scep)] == ["error"]
    locked = {"type": "SCEP", "decrypterKeyPEM": packed(certificates.private_pem(key, password="p"))}
    assert [severity for severity, _, _ in codes({**locked, "decrypterKeyPassword": "q"})] == ["error"]
    assert codes({**locked, "decrypterKeyPassword": "p"}) == []


@pytest.mark.parametrize("value", ["AAA", "é", {}, ["x"], [256]])
def test_what_is_no_base64_is_left_to_others(value: Any) -> None:
    """A value that cannot be decoded has no findings here: that it cannot is another's to say."""
    assert codes({"type": "X5C", "roots": value}, {"type": "JWK", "key": value if value != {} else 5}) == []


def test_without_a_clock_nothing_is_judged() -> None:
    """Certificates are looked at against a time."""
    assert gather(None, ListView([{"type": "X5C", "roots": "AAAA"}]), (), everything=True).findings == {}


# Files


def template(path: str) -> dict[str, Any]:
    """Return a provisioner with this template file."""
    return {"type": "ACME", "name": "a", "options": {"x509": {"templateFile": path}}}


def test_template_files_are_found_as_step_ca_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Absolute paths, those of the home, and those of the folder of step are looked at."""
    home, steps = tmp_path / "home", tmp_path / "steps"
    steps.mkdir()
    (steps / "leaf.tpl").write_text("{}")
    (home / "leaf.tpl").write_text("{ }")
    monkeypatch.setenv("STEPPATH", str(steps))
    names = ["leaf.tpl", "~/leaf.tpl", str(steps / "leaf.tpl"), "other.tpl", "./leaf.tpl", str(steps)]
    files = facts_of(*map(template, names)).files
    assert {path: fact.text or fact.problem for path, fact in files.items()} == {
        "leaf.tpl": "{}",
        "~/leaf.tpl": "{ }",
        str(steps / "leaf.tpl"): "{}",
        "other.tpl": "is not there",
        str(steps): "is a folder",
    }


def test_the_folder_of_step_is_that_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without STEPPATH it is taken to be the folder above that of the ca.json; an option goes before both."""
    monkeypatch.delenv("STEPPATH")
    (tmp_path / "leaf.tpl").write_text("{}")
    config = str(tmp_path / "config" / "ca.json")
    assert facts_of(template("leaf.tpl"), config_path=config).files["leaf.tpl"].text == "{}"
    assert facts_of(template("leaf.tpl"), step_path=str(tmp_path)).files["leaf.tpl"].text == "{}"
    assert facts_of(template("leaf.tpl")).files == {}


def test_what_step_ca_could_see_otherwise_is_unknown(tmp_path: Path) -> None:
    """A pipe is not emptied, a file that is too large or has an odd name is not judged."""
    pipe, large, loop = (tmp_path / name for name in ("pipe", "large", "loop"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    large.write_bytes(b"x" * (LARGEST + 1))
    assert (
        facts_of(
            template(str(pipe)), template(str(large)), template(str(loop)), template("/a\0b"), template("")
        ).files
        == {}
    )


def test_a_file_that_fails_while_it_is_read_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the disk says nothing of what step-ca would see."""
    file = tmp_path / "leaf.tpl"
    file.write_text("{}")

    def fail(descriptor: int, length: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("shell.facts.files.os.read", fail)
    assert facts_of(template(str(file))).files == {}


def test_other_types_name_other_files(tmp_path: Path) -> None:
    """AWS names roots and SCEP a key; SSHPOP has no templates, and relative paths of these are unknown."""
    gone = str(tmp_path / "gone")
    long = "/" + "x" * 5000
    for path in (gone, long):
        assert facts_of({"type": "AWS", "iidRoots": path}).files[path].problem == "is not there"
    assert (
        facts_of({"type": "SCEP", "decrypterKey": f"softkms:path={gone}"}).files[gone].problem
        == "is not there"
    )
    assert facts_of({"type": "AWS", "iidRoots": "gone"}, {**template(gone), "type": "SSHPOP"}).files == {}
    assert (
        facts_of({"type": "SCEP", "decrypterKey": "awskms:x"}, {**template(gone), "type": "Magic"}).files
        == {}
    )


def test_the_intermediate_is_read(ca_json: WriteCaJson, pki: Pki, tmp_path: Path) -> None:
    """When it ends and what key it has is known where the file can be read as certificates."""
    reading = read(ca_json([]))
    facts = gather(reading, reading.base, (), now=NOW)
    assert facts.target == "file"
    assert facts.intermediate_key == "EC P-256"
    assert facts.intermediate_expires is not None
    assert timedelta(days=3600) < facts.intermediate_expires - NOW < timedelta(days=3650)
    for content in ("nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        broken = tmp_path / "broken.crt"
        broken.write_text(content)
        view = ListView([], {"crt": str(broken)})
        assert gather(None, view, (), now=NOW).intermediate_expires is None


# The text


def test_only_what_is_touched_is_gathered(ca_json: WriteCaJson) -> None:
    """Untouched provisioners are not looked into, and those that are gone cannot be."""
    reading = read(ca_json([template("/gone/1"), template("/gone/2")]))
    base = reading.base
    assert "/gone/1" not in gather(reading, base, [ProvisionerId(1), ProvisionerId(9)], now=NOW).files
    assert "/gone/1" in gather(reading, base, (), now=NOW, everything=True).files


def test_oddities_are_told_where_they_are(ca_json: WriteCaJson) -> None:
    """A mark, text behind the document, members in other case and repeated ones are found."""
    path = ca_json([{"TYPE": "ACME", "name": "a", "name ": 1}])
    text = path.read_text().replace('"name ": 1', '"name": "b"')
    path.write_text("\ufeff" + text + "more")
    reading = read(path)
    oddities = gather(reading, reading.base, (), now=NOW, everything=True).oddities
    assert [(finding.code, finding.stops) for finding in oddities[None]] == [
        ("byte-order-mark", True),
        ("trailing-text", False),
    ]
    assert [(finding.code, finding.field) for finding in oddities[ProvisionerId(0)]] == [
        ("member-spelling", "type"),
        ("repeated-member", "name"),
    ]


def test_an_added_provisioner_has_no_text(ca_json: WriteCaJson) -> None:
    """A provisioner that is not in the file has no oddities."""
    reading = read(ca_json([]))
    view = ListView([template("x")], reading.base.settings)
    assert gather(reading, view, [ProvisionerId(0)], now=NOW).oddities.keys() == {None}
