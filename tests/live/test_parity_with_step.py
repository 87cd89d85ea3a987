"""Every flag and every documented example of `step ca provisioner`, run by step and by us on the same ca.json.

What differs on purpose is listed in `DIFFERENCES`, each under its heading in docs/differences.md; nothing
else may differ.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shell.commands import REGISTRY
from shell.errors import ShellError
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.jwk import create_key
from shell.language.binding import TARGET_FLAGS
from shell.language.lexer import quote
from tests.support import nebula
from tests.support.certificates import certificate, private_pem, public_pem
from tests.support.clouds import clouds
from tests.support.lines import Lines
from tests.support.parity_cases import (
    ABSENT,
    BASE,
    BOTH_REFUSE,
    DIFFERENCES,
    EXAMPLES,
    FURTHER_HEADINGS,
    REFUSED,
    REFUSES,
    RICH,
    SAMPLES,
    Difference,
)
from tests.support.pki import Entry, Pki, WriteCaJson
from tests.support.ports import refused_url
from tests.support.stepcli import StepCli, provisioners_of

pytestmark = pytest.mark.live

PASSWORD = "a key password"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one file of each kind that a flag takes."""
    folder = tmp_path_factory.mktemp("files")
    private, public = create_key("EC")
    other, _ = create_key("EC")
    protected = encrypt_key(private, PASSWORD, 1000)
    root_key = rsa.generate_private_key(65537, 2048)
    service_account = ec.generate_private_key(ec.SECP256R1())
    second = ec.generate_private_key(ec.SECP256R1())
    contents: dict[str, bytes] = {
        "password.txt": PASSWORD.encode() + b"\n",
        "password-alone.txt": PASSWORD.encode(),
        "jwk.pub": json.dumps(public, indent=1).encode(),
        "jwk.priv": protected.encode(),
        "plain.priv": json.dumps(private).encode(),
        "other.priv": json.dumps(other).encode(),
        "pem.pub": public_pem(service_account),
        "pem.priv": private_pem(service_account),
        "keys.pub": public_pem(service_account) + public_pem(second),
        "root.crt": certificate("root"),
        "roots.crt": certificate("root") + b"\nmore\n" + certificate("root 2"),
        "nebula.crt": nebula.version1(),
        "scep.crt": certificate("scep", key=root_key),
        "scep.key": private_pem(root_key, "TraditionalOpenSSL"),
        "scep.locked": private_pem(root_key, "TraditionalOpenSSL", PASSWORD),
        "tpl": b'\xef\xbb\xbf{"subject": {{ toJson .Subject }}, "sans": {{ toJson .SANs }}} <&>\n',
        "data.json": b'{"OU": "x & y", "n": 1.50}\n',
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the environment in which step finds stand-ins for the identity providers."""
    with clouds(tmp_path_factory.mktemp("clouds")) as environment:
        yield environment


@pytest.fixture(autouse=True)
def in_files(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the folder of the files, so that both programs take the same words."""
    monkeypatch.chdir(files)


@dataclass
class Both:
    """Both programs, each on a copy of one ca.json."""

    step_cli: StepCli
    internet: dict[str, str]
    files: Path
    write: WriteCaJson
    folder: Path
    step_error: str = field(default="", init=False)
    our_error: str = field(default="", init=False)
    notices: list[str] = field(default_factory=list, init=False)

    def run(self, start: Sequence[Entry], words: Sequence[str]) -> tuple[list[Entry], list[Entry]]:
        """Run one command on these provisioners; returns the lists that step and we have afterwards.

        `step_error` and `our_error` say what went wrong; the lists are then as before.
        """
        path = self.write(start)
        lines = Lines(path)
        try:
            self.notices = lines.run(line=" ".join(map(_written, words))).notices
        except ShellError as error:
            self.our_error = f"{error.code}: {error.message}"
        view = lines.session.view
        ours = [json.loads(lines.text(f"%{place}")) for place, _ in enumerate(view.ids(), 1)]
        target = ("--ca-url", refused_url(), "--root", self.step_cli.folder / "root", "--ca-config", path)
        done = self.step_cli.run("ca", "provisioner", *words, *target, env=self.internet, cwd=self.files)
        if done.returncode:
            self.step_error = done.stderr + done.stdout
        return provisioners_of(path), ours


def _written(word: str) -> str:
    """Return a word as a line has it: quoted as needed, unless it is a source."""
    return word if word.startswith("env:") else quote(word)


@pytest.fixture
def both(
    step_cli: StepCli, internet: dict[str, str], files: Path, ca_json: WriteCaJson, pki: Pki, tmp_path: Path
) -> Both:
    """Return the two programs."""
    (step_cli.folder / "root").write_bytes(pki.root.read_bytes())
    return Both(step_cli, internet, files, ca_json, tmp_path)


def options_of(help_text: str) -> dict[str, bool]:
    """Return each flag in the text of step's `--help`, with whether it takes a value."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", help_text)
    section = plain[plain.index("\nOPTIONS\n") :].partition("\nEXAMPLES\n")[0]
    lines = re.findall(r"^      (--\S.*)$", section, re.MULTILINE)
    return {found[1]: bool(found[2]) for line in lines for found in re.finditer(r"(--[a-z0-9-]+)(=)?", line)}


def is_about_the_target(command: str, flag: str) -> bool:
    """Whether a flag only chooses the target or the login; on `add` and `update` there is another password file."""
    return flag[2:] in TARGET_FLAGS and (command, flag) not in {
        ("add", "--password-file"),
        ("update", "--password-file"),
    }


@pytest.mark.parametrize(
    "command",
    ["add", "update", "remove", "list", "jwe-key", "webhook add", "webhook update", "webhook remove"],
)
def test_every_flag_of_step_is_known(step_cli: StepCli, command: str) -> None:
    """Each flag in the real help is a flag of ours that takes a value or not as step's, and is tried below."""
    done = step_cli.run("ca", "provisioner", *command.split(), "--help")
    options = {
        flag: takes
        for flag, takes in options_of(done.stdout).items()
        if not is_about_the_target(command, flag)
    }
    ours = REGISTRY.get(command).flags
    assert {flag for flag in options if flag[2:] not in ours} == set()
    assert {flag for flag, takes in options.items() if ours[flag[2:]].type.switch is takes} == set()
    if command in SAMPLES:
        assert set(options) == set(SAMPLES[command])


def cases(command: str) -> list[Any]:
    """Return a case for each sample of a command."""
    return [
        pytest.param(flag, kind, words, id=f"{kind} {words or flag}")
        for flag, samples in SAMPLES[command].items()
        for kind, words in samples
    ]


def add_words(name: str, kind: str, words: str) -> list[str]:
    """Return the words of an `add`, with what the type needs unless the words give it."""
    given = shlex.split(words)
    needed = shlex.split(BASE[kind])
    for flag, value in zip(needed[::2], needed[1::2], strict=True):
        instead = (
            {flag, "--x5c-root"} if flag == "--x5c-roots" else {flag, "--create"} if kind == "JWK" else {flag}
        )
        if instead.isdisjoint(given):
            given += [flag, value]
    return ["add", name, "--type", kind, *given]


def without_chance(entry: Entry) -> Entry:
    """Return an entry with what is different each time a key is made or protected replaced by its shape."""
    copy: Entry = json.loads(json.dumps(entry))
    if "encryptedKey" in copy:
        copy["encryptedKey"] = [len(part) for part in copy["encryptedKey"].split(".")][:2]
        if "key" in copy and len(copy["key"].get("x", "")) == 43:
            copy["key"] |= {name: len(copy["key"][name]) for name in ("x", "y", "kid")}
    return copy


@pytest.mark.parametrize(("flag", "kind", "words"), cases("add"))
def test_add_writes_what_step_writes(both: Both, flag: str, kind: str, words: str) -> None:
    """A new provisioner is the same as step's, down to the order of its members."""
    step, ours = both.run([], add_words("p", kind, words))
    assert (both.step_error, both.our_error) == ("", "")
    assert [json.dumps(without_chance(entry)) for entry in ours] == [
        json.dumps(without_chance(entry)) for entry in step
    ]


def meaning(entry: Entry) -> Entry:
    """Return an entry without members that mean nothing when they are empty: those that Go leaves out."""
    return {
        name: value
        for name, value in without_chance(entry).items()
        if value not in (None, False, "", [], "0s", 0)
    }


@pytest.fixture(scope="module")
def started(files: Path, tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> dict[str, Entry]:
    """Return a provisioner of each type with lists that hold something, in the form of step's `add`."""
    path = tmp_path_factory.mktemp("started") / "ca.json"
    path.write_text(json.dumps(pki.config([])))
    lines = Lines(path)
    for kind, words in BASE.items():
        more = shlex.split(f"{words} {RICH.get(kind, '')}")
        found = [str(files / word) if (files / word).exists() else word for word in more]
        lines.run("add", kind, "--type", kind, *found)
    entries = {kind: json.loads(lines.text(kind)) for kind in BASE}
    entries["OIDC"]["scopes"] = ["openid", "profile"]
    return entries


@pytest.mark.parametrize(("flag", "kind", "words"), cases("update"))
def test_update_comes_to_what_step_comes_to(
    both: Both, started: dict[str, Entry], flag: str, kind: str, words: str
) -> None:
    """An updated provisioner means the same as step's, where it was one of step's before."""
    step, ours = both.run([started[kind]], ["update", kind, *shlex.split(words)])
    if ("update", flag, words) in BOTH_REFUSE:
        assert both.step_error
        assert both.our_error
    else:
        assert (both.step_error, both.our_error) == ("", "")
    assert [meaning(entry) for entry in ours] == [meaning(entry) for entry in step]


@pytest.mark.parametrize("line", REFUSED)
def test_what_step_refuses_is_refused(both: Both, line: str) -> None:
    """A line that step refuses is refused here, and leaves everything as it was."""
    old = {"type": "ACME", "name": "old"}
    step, ours = both.run([old], shlex.split(line))
    assert both.step_error
    assert both.our_error
    assert ours == step == [old]


def test_the_documented_examples_come_to_the_same(both: Both, tmp_path: Path, run_shell: Any) -> None:
    """The manual's examples, one after the other by step, and pasted as one batch by us, make the same list."""
    path = both.write([])
    copy = tmp_path / "copy.json"
    copy.write_bytes(path.read_bytes())
    target = ("--ca-url", refused_url(), "--root", both.step_cli.folder / "root", "--ca-config", path)
    lines = EXAMPLES.strip().splitlines()
    for line in lines:
        done = both.step_cli.run(
            "ca", "provisioner", *shlex.split(line), *target, env=both.internet, cwd=both.files
        )
        assert done.returncode == 0, (line, done.stderr)
    batch = "".join(f"step ca provisioner {line} --ca-config {copy}\n" for line in lines) + "commit\n"
    done = run_shell("--ca-config", copy, "-f", "-", stdin=batch, cwd=both.files)
    assert done.returncode == 0, done.stderr
    by_name = [{entry["name"]: meaning(entry) for entry in provisioners_of(file)} for file in (copy, path)]
    for entries in by_name:
        # a key of its own in each program; and step drops the SSH lifetimes where it switches SSH off
        entries["cicd"]["key"] = list(entries["cicd"]["key"])
        claims = entries["cicd"]["claims"]
        entries["cicd"]["claims"] = {name: claims[name] for name in claims if "SSHCertDuration" not in name}
    assert by_name[0] == by_name[1]


def outcome(entries: Sequence[Entry], before: Sequence[Entry], error: str, path: str) -> Any:
    """Return what a program made of `path` in the last provisioner, or REFUSES."""
    if error:
        assert entries == before
        return REFUSES
    value: Any = entries[-1]
    for name in path.split("."):
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def filled(value: Any, files: Path) -> Any:
    """Return a value with FILES, ROOT and the provisioner of jwk.pub put in."""
    if value == "jwk":
        return {"type": "JWK", "name": "p", "key": json.loads((files / "jwk.pub").read_text())}
    if value == "ROOT":
        return base64.b64encode((files / "root.crt").read_bytes()).decode()
    if isinstance(value, str):
        return value.replace("FILES", str(files))
    return {name: filled(item, files) for name, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.line)
def test_a_difference_is_as_documented(
    both: Both, files: Path, monkeypatch: pytest.MonkeyPatch, difference: Difference
) -> None:
    """Where the two programs differ on purpose, each does what the documentation says."""
    monkeypatch.setenv("KEY_PASSWORD", PASSWORD)
    start = [filled(entry, files) for entry in difference.start]
    step, ours = both.run(start, shlex.split(difference.line))
    assert outcome(step, start, both.step_error, difference.path) == filled(difference.step, files)
    assert outcome(ours, start, both.our_error, difference.path) == filled(difference.ours, files)


def test_every_difference_has_its_reason_in_the_documentation() -> None:
    """Each heading of a difference is one of docs/differences.md, and each heading there has one."""
    document = Path(__file__).parents[2] / "docs" / "differences.md"
    headings = re.findall(r"^## (.*)$", document.read_text(), re.MULTILINE)
    tried = {difference.heading for difference in DIFFERENCES} | set(FURTHER_HEADINGS)
    assert sorted(headings) == sorted(tried)


def test_a_private_key_opens_with_the_password_of_its_file(both: Both, files: Path) -> None:
    """Of a key that it protects, step takes the line end of `--password-file` into the password; we do not."""
    line = "add p --public-key jwk.pub --private-key plain.priv --password-file password.txt"
    step, ours = both.run([], shlex.split(line))
    assert decrypt_key(ours[0]["encryptedKey"], PASSWORD)["kty"] == "EC"
    assert decrypt_key(step[0]["encryptedKey"], PASSWORD + "\n")["kty"] == "EC"
    with pytest.raises(ShellError):
        decrypt_key(step[0]["encryptedKey"], PASSWORD)


def test_an_updated_provisioner_stays_in_its_place(both: Both) -> None:
    """What is updated stays where it is in the list; step moves it to the end."""
    start = [{"type": "ACME", "name": name} for name in ("a", "b")]
    step, ours = both.run(start, ["update", "a", "--force-cn"])
    assert [entry["name"] for entry in step] == ["b", "a"]
    assert [entry["name"] for entry in ours] == ["a", "b"]


def test_a_flag_of_another_type_is_ignored_by_both(both: Both) -> None:
    """A flag that means nothing for the type changes nothing; here a notice says so."""
    step, ours = both.run([], shlex.split("add p --type ACME --gcp-project x --create --aws-account 1"))
    assert ours == step
    assert [notice.partition(" ")[0] for notice in both.notices] == [
        "--create",
        "--aws-account",
        "--gcp-project",
    ]
