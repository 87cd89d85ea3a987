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

from shell import keys
from shell.commands import REGISTRY
from shell.errors import ShellError
from shell.language.binding import TARGET_FLAGS
from shell.language.lexer import quote
from tests.support import nebula
from tests.support.certificates import certificate, private_pem, public_pem
from tests.support.clouds import clouds
from tests.support.lines import Lines
from tests.support.pki import Entry, Pki, WriteCaJson
from tests.support.ports import refused_url
from tests.support.stepcli import StepCli, provisioners_of

pytestmark = pytest.mark.live

PASSWORD = "a key password"
IDP = "https://accounts.google.com/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one file of each kind that a flag takes."""
    folder = tmp_path_factory.mktemp("files")
    private, public = keys.create_key("EC")
    other, _ = keys.create_key("EC")
    protected = keys.encrypt_key(private, PASSWORD, 1000)
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


# what both programs know

BASE = {
    "JWK": "--public-key jwk.pub",
    "OIDC": f"--client-id cid --configuration-endpoint {IDP}",
    "X5C": "--x5c-roots root.crt",
    "K8SSA": "--public-key pem.pub",
    "Azure": "--azure-tenant tenant",
    "Nebula": "--nebula-root nebula.crt",
    **dict.fromkeys(("ACME", "AWS", "GCP", "SSHPOP", "SCEP"), ""),
}

DURATIONS = {
    f"--{kind}-{bound}-dur": [("ACME", f"--{kind}-{bound}-dur {text}")]
    for kind in ("x509", "ssh-user", "ssh-host")
    for bound, text in (("min", "1m30s"), ("max", "2160h"), ("default", "12h"))
}
DURATIONS["--x509-max-dur"] = [("SSHPOP", "--x509-max-dur 48h --x509-default-dur 1.5h")]

# For each flag: types, and words that hold it. They come behind what a type needs anyhow.
BOTH_COMMANDS: dict[str, list[tuple[str, str]]] = {
    "--client-id": [("OIDC", "--client-id another")],
    "--client-secret": [("OIDC", "--client-secret s3cret"), ("OIDC", "--client-secret=")],
    "--listen-address": [("OIDC", "--listen-address :10000")],
    "--configuration-endpoint": [("OIDC", "--configuration-endpoint https://idp.example.com")],
    "--tenant-id": [("OIDC", "--tenant-id tid")],
    "--admin": [
        ("OIDC", "--admin a@x.com --admin b@x.com"),
        ("OIDC", "--admin a,b"),
        ("OIDC", "-admin=@x.com"),
    ],
    "--domain": [("OIDC", "--domain x.com --domain y.com")],
    "--group": [("OIDC", "--group g1")],
    "--x5c-roots": [("X5C", "--x5c-roots roots.crt")],
    "--x5c-root": [("X5C", "--x5c-root roots.crt")],
    "--nebula-root": [("Nebula", "--nebula-root nebula.crt")],
    "--require-eab": [("ACME", "--require-eab"), ("ACME", "--require-eab=false")],
    "--force-cn": [
        ("ACME", "--force-cn"),
        ("SCEP", "--force-cn"),
        ("SCEP", "--force-cn=0"),
        ("X5C", "--force-cn"),
    ],
    "--challenge": [
        ("ACME", "--challenge HTTP-01 --challenge device-attest-01 --challenge http-01"),
        ("SCEP", "--challenge s3cret"),
    ],
    "--attestation-format": [("ACME", "--attestation-format apple --attestation-format TPM")],
    "--attestation-roots": [("ACME", "--attestation-roots root.crt --attestation-roots roots.crt")],
    "--capabilities": [("SCEP", "--capabilities AES --capabilities SHA-256"), ("SCEP", "--capabilities a,b")],
    "--include-root": [("SCEP", "--include-root")],
    "--exclude-intermediate": [("SCEP", "--exclude-intermediate")],
    "--min-public-key-length": [("SCEP", "--min-public-key-length 4096")],
    "--encryption-algorithm-identifier": [
        ("SCEP", "--encryption-algorithm-identifier 2"),
        ("SCEP", "--encryption-algorithm-identifier 0"),
    ],
    "--scep-decrypter-certificate-file": [("SCEP", "--scep-decrypter-certificate-file scep.crt")],
    "--scep-decrypter-key-file": [
        ("SCEP", "--scep-decrypter-key-file scep.key --scep-decrypter-certificate-file scep.crt")
    ],
    "--scep-decrypter-key-uri": [
        ("SCEP", "--scep-decrypter-key-uri softkms:path=scep.key --scep-decrypter-certificate-file scep.crt")
    ],
    "--scep-decrypter-key-password-file": [
        (
            "SCEP",
            (
                "--scep-decrypter-key-file scep.locked --scep-decrypter-certificate-file scep.crt "
                "--scep-decrypter-key-password-file password.txt"
            ),
        )
    ],
    "--aws-account": [("AWS", "--aws-account 1 --aws-account 2")],
    "--azure-tenant": [("Azure", "--azure-tenant other")],
    "--azure-resource-group": [("Azure", "--azure-resource-group rg")],
    "--azure-audience": [("Azure", "--azure-audience https://aud/")],
    "--azure-subscription-id": [("Azure", "--azure-subscription-id sub")],
    "--azure-object-id": [("Azure", "--azure-object-id oid")],
    "--gcp-service-account": [("GCP", "--gcp-service-account sa@x")],
    "--gcp-project": [("GCP", "--gcp-project p9")],
    "--gcp-organization": [("GCP", "--gcp-organization 123"), ("GCP", "--gcp-organization=")],
    "--instance-age": [
        ("AWS", "--instance-age 1h"),
        ("GCP", "--instance-age 90m"),
        ("AWS", "--instance-age 0s"),
    ],
    "--disable-custom-sans": [(kind, "--disable-custom-sans") for kind in ("AWS", "GCP", "Azure")],
    "--disable-trust-on-first-use": [("AWS", "--disable-trust-on-first-use")],
    "--disable-tofu": [("Azure", "--disable-tofu"), ("GCP", "--disable-tofu=true")],
    "--disable-ssh-ca-user": [("GCP", "--disable-ssh-ca-user=false"), ("OIDC", "--disable-ssh-ca-user")],
    "--disable-ssh-ca-host": [("GCP", "--disable-ssh-ca-host")],
    "--x509-template": [
        *((kind, "--x509-template tpl") for kind in BASE if kind not in ("SCEP", "K8SSA")),
        ("SCEP", "--x509-template="),
    ],
    "--x509-template-data": [("ACME", "--x509-template tpl --x509-template-data data.json")],
    "--ssh-template": [("X5C", "--ssh-template tpl"), ("SSHPOP", "--ssh-template tpl")],
    "--ssh-template-data": [("K8SSA", "--ssh-template tpl --ssh-template-data data.json")],
    **DURATIONS,
    "--disable-renewal": [("ACME", "--disable-renewal")],
    "--allow-renewal-after-expiry": [("X5C", "--allow-renewal-after-expiry=true")],
    "--disable-smallstep-extensions": [("JWK", "--disable-smallstep-extensions")],
    "--ssh": [(kind, "--ssh=false") for kind in BASE] + [("ACME", "--ssh")],
}

SAMPLES = {
    "add": {
        **BOTH_COMMANDS,
        "--type": [(kind, "") for kind in BASE],
        "--create": [("JWK", "--create --password-file password.txt"), ("ACME", "--create")],
        "--public-key": [
            ("JWK", "--public-key pem.pub"),
            ("K8SSA", "--public-key keys.pub"),
            ("ACME", "--public-key x"),
        ],
        "--private-key": [("JWK", "--public-key jwk.pub --private-key jwk.priv")],
        "--password-file": [
            ("JWK", "--public-key jwk.pub --private-key plain.priv --password-file password-alone.txt"),
            ("JWK", "--create --password-file password.txt"),
        ],
    },
    "update": {
        **BOTH_COMMANDS,
        # another client or tenant, as another name or key, is another provisioner to step in a file: DIFFERENCES
        "--client-id": [("OIDC", "--client-id cid")],
        "--azure-tenant": [("Azure", "--azure-tenant tenant")],
        "--name": [("OIDC", "--name other"), ("Azure", "--name other"), ("K8SSA", "--name other")],
        "--create": [("X5C", "--create")],
        "--public-key": [("K8SSA", "--public-key keys.pub"), ("JWK", "--public-key jwk.pub")],
        "--private-key": [("JWK", "--private-key jwk.priv"), ("JWK", "--private-key=")],
        "--password-file": [("JWK", "--private-key plain.priv --password-file password-alone.txt")],
        "--remove-admin": [("OIDC", "--remove-admin a2@x.com"), ("OIDC", "--remove-admin nobody")],
        "--remove-domain": [("OIDC", "--remove-domain d2")],
        "--scope": [("OIDC", "--scope groups")],
        "--remove-scope": [("OIDC", "--remove-scope profile")],
        "--auth-param": [("OIDC", "--auth-param prompt=login")],
        "--remove-challenge": [("ACME", "--remove-challenge DNS-01"), ("ACME", "--remove-challenge http-01")],
        "--remove-attestation-format": [
            ("ACME", "--remove-attestation-format step --remove-attestation-format tpm")
        ],
        "--remove-aws-account": [
            ("AWS", "--remove-aws-account a2"),
            ("AWS", "--remove-aws-account a2 --remove-aws-account a1"),
        ],
        "--remove-azure-resource-group": [("Azure", "--remove-azure-resource-group rg2")],
        "--remove-azure-subscription-id": [("Azure", "--remove-azure-subscription-id s1")],
        "--remove-azure-object-id": [("Azure", "--remove-azure-object-id o1")],
        "--remove-gcp-service-account": [("GCP", "--remove-gcp-service-account sa1")],
        "--remove-gcp-project": [
            ("GCP", "--remove-gcp-project p2"),
            ("GCP", "--remove-gcp-project p1 --remove-gcp-project p2 --gcp-organization 1"),
        ],
    },
}
# Here both stop: the projects that are there stand in the way of an organization.
BOTH_REFUSE = {("update", "--gcp-organization", "--gcp-organization 123")}

# What an updated provisioner has before.
RICH = {
    "OIDC": "--admin a1@x.com --admin a2@x.com --domain d1 --domain d2 --group g0",
    "ACME": "--challenge http-01 --challenge dns-01 --attestation-format step --attestation-format tpm --force-cn --require-eab",
    "AWS": "--aws-account a1 --aws-account a2 --instance-age 1h",
    "Azure": "--azure-resource-group rg1 --azure-resource-group rg2 --azure-subscription-id s1 --azure-object-id o1",
    "GCP": "--gcp-service-account sa1 --gcp-project p1 --gcp-project p2",
    "SCEP": "--challenge old --force-cn --capabilities X --encryption-algorithm-identifier 1",
}


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


REFUSED = [
    "add p --type X5C",
    "add p --type OIDC",
    "add p --type Azure",
    "add p --type Nebula",
    "add p --type K8SSA",
    "add p --type JWK",
    "add p --type nothing",
    "add p --type OIDC --client-id a --configuration-endpoint ftp://x",
    "add p --create --public-key jwk.pub --password-file password.txt",
    "add p --create --private-key jwk.priv --password-file password.txt",
    "add p --public-key jwk.pub --private-key jwk.pub --password-file password.txt",
    "add p --public-key data.json",
    "add p --public-key missing",
    "add p --type AWS --disable-ssh-ca-user",
    "add p --type Azure --azure-tenant t --disable-ssh-ca-host=false",
    "add p --type GCP --gcp-organization a --gcp-project b",
    "add p --type AWS --instance-age -1h",
    "add p --type AWS --instance-age 1d",
    "add p --type ACME --challenge http-02",
    "add p --type ACME --attestation-format ios",
    "add p --type ACME --attestation-roots pem.pub",
    "add p --type SCEP --challenge a --challenge b",
    "add p --type SCEP --min-public-key-length many",
    "add p --type SCEP --scep-decrypter-key-file root.crt.not",
    "add p --type X5C --x5c-roots pem.pub",
    "add p --type Nebula --nebula-root root.crt",
    "add p --type K8SSA --public-key pem.priv",
    "add p --type ACME --x509-max-dur 90",
    "add p --type ACME --x509-template missing",
    "add p --type ACME --ssh false",
    "add p --type ACME --ssh=maybe",
    "add p --type ACME --unheard-of",
    "add p --type ACME --client-id",
    "add old --type ACME",
    "update nobody --force-cn",
    "update old --challenge http-02",
    "update old --remove-challenge http-02",
    "update old --type X5C",
    "remove nobody",
    "remove",
]


@pytest.mark.parametrize("line", REFUSED)
def test_what_step_refuses_is_refused(both: Both, line: str) -> None:
    """A line that step refuses is refused here, and leaves everything as it was."""
    old = {"type": "ACME", "name": "old"}
    step, ours = both.run([old], shlex.split(line))
    assert both.step_error
    assert both.our_error
    assert ours == step == [old]


# The examples of the manual, in order: each works on what the ones before it left. `--gcp-organization` and
# `--x509-min-dur` are written as the program has them, not as the manual misspells them.
EXAMPLES = f"""
add cicd --type JWK --create --x509-template tpl --password-file password.txt
remove cicd
add cicd --type JWK --create --x509-min-dur 20m --x509-default-dur 48h --x509-max-dur 48h --ssh-user-min-dur 17m --ssh-host-default-dur 16h --password-file password.txt
add jane@doe.com --type JWK --public-key jwk.pub --private-key jwk.priv
add Google --type OIDC --ssh --client-id id --client-secret secret --configuration-endpoint {IDP}
add x5c --type X5C --x5c-roots root.crt
add acme --type ACME
remove acme
add acme --type ACME --force-cn --require-eab
add attestation --type ACME --challenge device-attest-01
add kube --type K8SSA --ssh --public-key pem.pub
add sshpop --type SSHPOP
add my_scep_provisioner --type SCEP --challenge secret --encryption-algorithm-identifier 2
add Azure --type Azure --azure-tenant bc9043e2-b645-4c1c-a87a-78f8644bfe57 --azure-resource-group identity --azure-resource-group accounting --azure-subscription-id dc760a01 --azure-object-id f50926c7
add Google2 --type GCP --disable-custom-sans --gcp-project internal
add Google3 --type GCP --gcp-organization 123456789
add Amazon --type AWS --aws-account 123456789 --disable-custom-sans --disable-trust-on-first-use
add Amazon2 --type AWS --aws-account 123456789
update cicd --x509-template tpl
update cicd --x509-template ""
update cicd --x509-min-dur 20m --x509-default-dur 48h --ssh-user-min-dur 17m --ssh-host-default-dur 16h
update jane@doe.com --public-key jwk.pub --private-key jwk.priv
update cicd --ssh=false
update cicd --private-key=""
update Google --configuration-endpoint {IDP}
update x5c --x5c-roots root.crt
update acme --force-cn --require-eab
update kube --public-key pem.pub --x509-min-dur 30m
update Azure --azure-resource-group another --azure-resource-group third
update Google2 --disable-custom-sans --gcp-project internal2 --remove-gcp-project internal
update Google2 --gcp-organization 123456789 --remove-gcp-project internal2
update Google2 --gcp-organization="" --gcp-project internal
update Amazon --disable-custom-sans --disable-trust-on-first-use
update my_scep_provisioner --force-cn
remove acme
"""


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


ABSENT = "(absent)"
REFUSES = "(refuses)"


@dataclass(frozen=True)
class Difference:
    """One line that step and we take differently on purpose: what `path` of the provisioner is afterwards.

    `heading` is where docs/differences.md gives the reason. `step` and `ours` are a value, ABSENT, or REFUSES for
    a program that stops and leaves the list as it was.
    """

    heading: str
    start: tuple[Entry, ...]
    line: str
    path: str
    step: Any
    ours: Any


_UPDATE = "An update changes what it names"
_IDENTITY = "Names and keys can change in a file"
_KEYS = "Keys are kept in pairs, and private ones private"
_CLEAR = "Everything can be cleared"
_LISTS = "Lists keep their order, and hold an item once"
_WORDS = "More words are known"
_STRICT = "Mistakes are refused"
_OFFLINE = "Nothing is fetched, and nothing is judged while an edit is staged"

_BARE: Entry = {"type": "ACME", "name": "p"}
_OIDC: Entry = {
    "type": "OIDC",
    "name": "p",
    "clientID": "c",
    "clientSecret": "",
    "configurationEndpoint": IDP,
}
_FALSE = {
    "enableSSHCA": False,
    "disableRenewal": False,
    "allowRenewalAfterExpiry": False,
    "disableSmallstepExtensions": False,
}

DIFFERENCES = (
    Difference(_UPDATE, (_BARE,), "update p --force-cn", "claims", _FALSE, ABSENT),
    Difference(
        _UPDATE,
        ({**_BARE, "claims": {"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "1h"}},),
        "update p --x509-default-dur 2h",
        "claims",
        {"maxTLSCertDuration": "48h0m0s", "defaultTLSCertDuration": "2h0m0s", **_FALSE},
        {"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "2h0m0s"},
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "claims": {"enableSSHCA": False, "maxUserSSHCertDuration": "1h"}},),
        "update p --force-cn",
        "claims.maxUserSSHCertDuration",
        ABSENT,
        "1h",
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "options": {"x509": {"templateFile": "FILES/tpl"}}},),
        "update p --force-cn",
        "options.x509.templateFile",
        ABSENT,
        "FILES/tpl",
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "options": {"x509": {"templateData": {"a": 1}}}},),
        "update p --force-cn",
        "options.x509.templateData",
        ABSENT,
        {"a": 1},
    ),
    Difference(_UPDATE, ({**_BARE, "xNew": {"a": 1}},), "update p --force-cn", "xNew", ABSENT, {"a": 1}),
    Difference(
        _UPDATE,
        ({"type": "AWS", "name": "p", "imdsVersions": ["v2"]},),
        "update p --aws-account 1",
        "imdsVersions",
        ["v2", "v1"],
        ["v2"],
    ),
    Difference(_UPDATE, ({"type": "acme", "name": "p"},), "update p --force-cn", "type", "ACME", "acme"),
    Difference(
        _UPDATE,
        ({"type": "AWS", "name": "p"},),
        "update p --aws-account 1",
        "disableCustomSANs",
        False,
        ABSENT,
    ),
    Difference(_IDENTITY, (_BARE,), "update p --name q", "name", REFUSES, "q"),
    Difference(_IDENTITY, (_OIDC,), "update p --client-id other", "clientID", REFUSES, "other"),
    Difference(
        _IDENTITY,
        ({"type": "Azure", "name": "p", "tenantID": "t"},),
        "update p --azure-tenant other",
        "tenantID",
        REFUSES,
        "other",
    ),
    Difference(
        _IDENTITY,
        ("jwk",),  # type: ignore[arg-type]  # stands for a provisioner with the key of jwk.pub
        "update p --public-key pem.pub",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(
        _IDENTITY,
        ("jwk",),  # type: ignore[arg-type]
        "update p --create --password-file password.txt",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(_KEYS, (), "add p --public-key plain.priv", "key.kty", "EC", REFUSES),
    Difference(_KEYS, (), "add p --public-key pem.priv", "key.kty", "EC", REFUSES),
    Difference(
        _KEYS,
        (),
        "add p --public-key jwk.pub --private-key other.priv --password-file password.txt",
        "key.kty",
        "EC",
        REFUSES,
    ),
    Difference(
        _KEYS,
        (),
        "add p --public-key jwk.pub --private-key jwk.priv --password-file tpl",
        "key.kty",
        "EC",
        REFUSES,
    ),
    Difference(
        _CLEAR,
        ({**_BARE, "claims": {"minTLSCertDuration": "1m"}},),
        'update p --x509-min-dur ""',
        "claims.minTLSCertDuration",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({**_BARE, "attestationRoots": "ROOT"},),
        'update p --attestation-roots ""',
        "attestationRoots",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({"type": "SCEP", "name": "p", "decrypterCertificate": "ROOT"},),
        'update p --scep-decrypter-certificate-file ""',
        "decrypterCertificate",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({"type": "SCEP", "name": "p", "decrypterKeyPassword": "old"},),
        'update p --scep-decrypter-key-password-file ""',
        "decrypterKeyPassword",
        "old",
        ABSENT,
    ),
    Difference(
        _LISTS,
        ({**_OIDC, "domains": ["a", "b", "c", "d"]},),
        "update p --remove-domain a --domain b --domain e",
        "domains",
        ["d", "b", "c", "b", "e"],
        ["b", "c", "d", "e"],
    ),
    Difference(
        _LISTS,
        ({**_OIDC, "domains": ["a", "b", "a"]},),
        "update p --remove-domain a",
        "domains",
        ["a", "b"],
        ["b"],
    ),
    Difference(
        _LISTS,
        (),
        f"add p --type OIDC --client-id c --configuration-endpoint {IDP} --group a --group a",
        "groups",
        ["a", "a"],
        ["a"],
    ),
    Difference(
        _LISTS,
        ({"type": "AWS", "name": "p", "accounts": ["1"]},),
        "update p --remove-aws-account 1",
        "accounts",
        [],
        ABSENT,
    ),
    Difference(_WORDS, ({**_OIDC, "groups": ["g"]},), "update p --remove-group g", "groups", REFUSES, ABSENT),
    Difference(
        _WORDS,
        ({**_OIDC, "authParams": ["a=b"]},),
        "update p --remove-auth-param a=b",
        "authParams",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _WORDS,
        (),
        f"add p --type OIDC --client-id c --configuration-endpoint {IDP} --scope openid --auth-param a=b",
        "scopes",
        REFUSES,
        ["openid"],
    ),
    Difference(
        _WORDS,
        (),
        "add p --create --kty RSA --size 2048 --password-file password.txt",
        "key.kty",
        REFUSES,
        "RSA",
    ),
    Difference(_WORDS, (), "add p jwk.pub", "key.kty", REFUSES, "EC"),
    Difference(
        _WORDS, (_BARE,), "update p --challenge wire-oidc-01", "challenges", REFUSES, ["wire-oidc-01"]
    ),
    Difference(
        _WORDS,
        (),
        "add p --public-key jwk.pub --private-key plain.priv --password-file env:KEY_PASSWORD",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(_STRICT, (), "add p --type NOOP --public-key jwk.pub", "type", "NOOP", REFUSES),
    Difference(_STRICT, (_OIDC,), 'update p --domain ""', "domains", [""], REFUSES),
    Difference(_STRICT, (), "add p --type ACME --unheard x", "type", REFUSES, REFUSES),
    Difference(_OFFLINE, (_BARE,), "update p --x509-min-dur 0s", "claims.minTLSCertDuration", REFUSES, "0s"),
    Difference(
        _OFFLINE,
        (_OIDC,),
        "update p --configuration-endpoint https://127.0.0.1:1",
        "configurationEndpoint",
        REFUSES,
        "https://127.0.0.1:1",
    ),
    Difference(
        _OFFLINE,
        (),
        "add p --type SCEP --encryption-algorithm-identifier 7",
        "encryptionAlgorithmIdentifier",
        REFUSES,
        7,
    ),
)


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
    tried = {difference.heading for difference in DIFFERENCES} | {_PASSWORD, _PLACE}
    assert sorted(headings) == sorted(tried)


_PASSWORD = "A password is the text without its line end"
_PLACE = "A provisioner stays where it is"


def test_a_private_key_opens_with_the_password_of_its_file(both: Both, files: Path) -> None:
    """Of a key that it protects, step takes the line end of `--password-file` into the password; we do not."""
    line = "add p --public-key jwk.pub --private-key plain.priv --password-file password.txt"
    step, ours = both.run([], shlex.split(line))
    assert keys.decrypt_key(ours[0]["encryptedKey"], PASSWORD)["kty"] == "EC"
    assert keys.decrypt_key(step[0]["encryptedKey"], PASSWORD + "\n")["kty"] == "EC"
    with pytest.raises(ShellError):
        keys.decrypt_key(step[0]["encryptedKey"], PASSWORD)


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
