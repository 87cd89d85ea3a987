"""The Containerfile, and docs/containers.md: its commands and batches are understood, its Job does what it says."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import shell
from shell.arguments import Arguments, parse
from shell.commands import REGISTRY
from shell.commit.liveoptions import live_options
from shell.errors import ExitCode
from shell.language.analysis import analyse
from tests.support.ca import CertificateAuthority
from tests.support.pki import Pki
from tests.support.program import RunShell

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / "Containerfile").read_text()
PAGE = (ROOT / "docs" / "containers.md").read_text()
IMAGE = f"step-shell:{shell.__version__}"
PYTHONS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def instructions() -> list[list[str]]:
    """Return the instructions of the Containerfile as words, continued lines joined."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    return [line.split() for line in text.splitlines() if line.strip()]


def manifests() -> list[dict[str, Any]]:
    """Return the documents of all YAML blocks."""
    return [document for block in blocks("yaml") for document in yaml.safe_load_all(block)]


def objects(kind: str) -> list[dict[str, Any]]:
    """Return the Kubernetes objects of a kind."""
    return [manifest for manifest in manifests() if manifest.get("kind") == kind]


def pods() -> list[dict[str, Any]]:
    """Return the specifications of all pods, those of jobs too."""
    return [pod["spec"] for pod in objects("Pod")] + [
        job["spec"]["template"]["spec"] for job in objects("Job")
    ]


def command_lines() -> list[list[str]]:
    """Return the arguments of each call of step-shell in the shell blocks: in a container, or in a pod."""
    found = []
    for line in "\n".join(blocks("sh")).replace("\\\n", " ").splitlines():
        words = shlex.split(line.partition(" < ")[0])
        if {"run", "exec", "debug"} & set(words):
            own = words.index("--" if "--" in words else IMAGE) + 1
            found.append(words[own + (words[own] == "step-shell") :])
    return found


def test_the_image_is_built_on_one_named_version_and_runs_as_nobody_special() -> None:
    """Both stages stand on the same base, by name and version, and the user is a number that is not root."""
    bases = {words[1] for words in instructions() if words[0] == "FROM"}
    assert len(bases) == 1
    named = re.fullmatch(r"python:(3\.\d+)-slim-[a-z]+", bases.pop())
    assert named
    assert f"Programming Language :: Python :: {named[1]}" in PYTHONS
    assert [words for words in instructions() if words[0] == "USER"] == [["USER", "1000:1000"]]
    assert instructions()[-1] == ["ENTRYPOINT", '["step-shell"]']


def test_the_image_installs_only_what_is_locked() -> None:
    """Each installation is of a lock file with its hashes, or of the wheel that was just built, without an index."""
    steps = [
        step.strip() for words in instructions() if words[0] == "RUN" for step in " ".join(words).split("&&")
    ]
    installs = [step for step in steps if "/pip " in step]
    assert len(installs) == 4
    for step in installs:
        assert "--no-deps" in step
        locked = "--require-hashes" in step and re.search(r"--requirement requirements/\w+\.txt", step)
        assert locked or "--no-index" in step or "--no-build-isolation" in step


def test_the_image_gets_what_it_copies() -> None:
    """What is copied is in the tree and not kept from the builder by .dockerignore, and everything in it is needed."""
    copied = {
        source
        for words in instructions()
        if words[0] == "COPY" and not words[1].startswith("--")
        for source in words[1:-1]
    }
    assert all((ROOT / source).exists() for source in copied)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    assert {source.removesuffix("/").partition("/")[0] for source in copied} == {
        name.partition("/")[0] for name in let_in
    }
    assert all(any(f"{source}/".startswith(f"{name}/") for name in let_in) for source in copied)


@pytest.mark.parametrize("words", command_lines(), ids=lambda words: " ".join(words)[-40:] or "prompt")
def test_every_command_of_the_page_is_understood(words: list[str]) -> None:
    """The program accepts its arguments, and each line to run is one of a batch."""
    arguments = parse(words)
    for kind, text in arguments.sources:
        if kind == "-c":
            assert analyse(text, REGISTRY).problems == []
    said = {name: text for name in ("reload_pid", "live_url") if (text := arguments.text(name)) is not None}
    assert live_options(said, "").reloader is not None or "reload_pid" not in said


def test_every_batch_of_the_page_is_understood() -> None:
    """Each line of it can be analysed, and the last one commits."""
    batches = [text for item in objects("ConfigMap") for text in item["data"].values()]
    assert batches
    for text in batches:
        assert all(analyse(line, REGISTRY).problems == [] for line in text.splitlines())
        assert text.splitlines()[-1].startswith("commit")


def job() -> tuple[dict[str, Any], dict[str, Any], Arguments]:
    """Return the Job of the page, its container and what that one's arguments say."""
    [found] = objects("Job")
    [container] = found["spec"]["template"]["spec"]["containers"]
    return found, container, parse(container["args"])


def test_every_pod_of_the_page_is_restricted_and_complete() -> None:
    """It runs as user 1000 without any right, each mount has its volume, and all of one name are one claim."""
    claims = {claim["metadata"]["name"] for claim in objects("PersistentVolumeClaim")}
    assert len(pods()) == 2
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 1000
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        [container] = pod["containers"]
        assert container["image"] == IMAGE
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert set(mounts) == set(volumes)
        assert mounts["state"] == "/var/lib/step-shell"
        assert volumes["state"]["persistentVolumeClaim"]["claimName"] in claims
    assert {service["image"] for item in manifests() for service in item.get("services", {}).values()} == {
        IMAGE
    }


def test_the_job_tries_again_only_where_that_may_help() -> None:
    """Of the exit codes of a batch only 1, where nothing was changed, is followed by another pod."""
    found, container, _ = job()
    [rule] = found["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "FailJob"
    assert rule["onExitCodes"]["containerName"] == container["name"]
    final = {ExitCode.USAGE, ExitCode.CHECK, ExitCode.CONFLICT, ExitCode.ROLLED_BACK, ExitCode.INCOMPLETE}
    assert set(rule["onExitCodes"]["values"]) == final
    assert found["spec"]["template"]["spec"]["restartPolicy"] == "Never"


@pytest.fixture
def mounted(tmp_path: Path, pki: Pki) -> dict[str, Path]:
    """Give the folders that the Job mounts, by their paths in the container, with what is in them."""
    _, container, _ = job()
    folders = {mount["mountPath"]: tmp_path / mount["name"] for mount in container["volumeMounts"]}
    for folder in folders.values():
        folder.mkdir()
    [batch] = objects("ConfigMap")
    for name, text in batch["data"].items():
        (folders["/run/batch"] / name).write_text(text)
    (folders["/run/ca"] / "root_ca.crt").write_bytes(pki.root.read_bytes())
    (folders["/run/secrets/admin"] / "password").write_text(pki.password)
    folders["/var/lib/step-shell"].chmod(0o2775)  # as a volume is whose group the kubelet has set
    return folders


@pytest.mark.live
def test_the_job_does_what_the_page_says(
    remote_ca: CertificateAuthority, mounted: dict[str, Path], run_shell: RunShell, tmp_path: Path
) -> None:
    """Its arguments, with the mounts and the address put in their places, commit the batch; a second run ends with 1.

    So it does where no other folder can be written to, as where the root of the container is read-only.
    """
    _, container, arguments = job()
    words = []
    for word in container["args"]:
        flag, _, value = word.partition("=")
        place = next((path for path in mounted if value.startswith(f"{path}/")), "")
        words.append(f"{flag}={mounted[place]}{value.removeprefix(place)}" if place else word)
    words.remove(f"--ca-url={arguments.text('ca_url')}")
    words += [f"--ca-url={remote_ca.url}", f"--state-dir={mounted['/var/lib/step-shell']}"]
    done = run_shell(*words, env={"HOME": "/proc/nowhere", "TMPDIR": "/proc/nowhere"}, cwd=tmp_path)
    assert (done.returncode, done.stdout[:12]) == (ExitCode.DONE, "committed as"), done.stderr
    acme = next(entry for entry in remote_ca.provisioners() if entry["name"] == "acme")
    assert (acme["challenges"], acme["claims"]["maxTLSCertDuration"]) == (["dns-01"], "24h0m0s")
    again = run_shell(*words, cwd=tmp_path)
    assert again.returncode == ExitCode.FAILED
    assert "acme" in again.stderr


@pytest.mark.live
def test_the_compose_service_runs_a_batch(
    remote_ca: CertificateAuthority, pki: Pki, run_shell: RunShell, tmp_path: Path
) -> None:
    """Its variables, with the secrets put in their places, name the target and the login; the batch comes from the input."""
    [compose] = [item for item in manifests() if "services" in item]
    service = compose["services"]["step-shell"]
    assert set(service["secrets"]) == set(compose["secrets"])
    places = {
        "/run/secrets/root_ca.crt": str(pki.root),
        "/run/secrets/admin_password": str(tmp_path / "password"),
        "https://step-ca:9000": remote_ca.url,
    }
    (tmp_path / "password").write_text(pki.password + "\n")
    variables = {name: places.get(value, value) for name, value in service["environment"].items()}
    done = run_shell("-f", "-", stdin="add acme --type ACME --ssh=false\ncommit\n", env=variables)
    assert done.returncode == ExitCode.DONE, done.stderr
    assert "acme" in [entry["name"] for entry in remote_ca.provisioners()]
