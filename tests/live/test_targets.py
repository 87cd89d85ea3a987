"""The choice of the target against the real step: the same files, the same contexts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shell.errors import ShellError, UsageError
from shell.targets import Options, resolve
from tests.support.pki import InitialisedCA, Pki
from tests.support.ports import free_port
from tests.support.stepcli import StepCli

pytestmark = pytest.mark.live


def initialise(step_cli: StepCli, pki: Pki, context: str) -> int:
    """Run `step ca init` for a context and return the port of its CA."""
    port = free_port()
    done = step_cli.run(
        *("ca", "init", "--deployment-type", "standalone", "--name", context, "--dns", "localhost"),
        *("--address", f"127.0.0.1:{port}", "--provisioner", "admin", "--context", context),
        *("--password-file", pki.password_file),
    )
    assert done.returncode == 0, done.stderr
    return port


def test_what_step_ca_init_makes_is_found(real_init: Callable[..., InitialisedCA], tmp_path: Path) -> None:
    """After `step ca init` the target is its file, and the CA is named beside it."""
    made = real_init()
    target = resolve(Options(), {"STEPPATH": str(made.folder)}, str(tmp_path))
    assert (target.kind, target.path) == ("file", str(made.config))
    assert f"--ca-url https://localhost:{made.port}" in target.alternative
    target = resolve(Options(ca_url=f"localhost:{made.port}"), {"STEPPATH": str(made.folder)}, "/")
    assert (target.root, target.fingerprint) == (str(made.root), made.fingerprint)


def test_contexts_of_step_are_followed(step_cli: StepCli, pki: Pki) -> None:
    """The current context, one that is selected later, and one by name lead to the files that step has there."""
    for name in ("one", "two"):
        initialise(step_cli, pki, name)
    environ = {"STEPPATH": str(step_cli.folder)}

    def path_of_step(*arguments: str) -> str:
        return os.path.join(step_cli.run("path", *arguments).stdout.strip(), "config", "ca.json")

    for selected in ("one", "two"):
        assert step_cli.run("context", "select", selected).returncode == 0
        target = resolve(Options(), environ, "/")
        assert (target.path, target.context) == (path_of_step(), selected)
    named = resolve(Options(context="one"), environ, "/")
    assert named.path == str(step_cli.folder / "authorities" / "one" / "config" / "ca.json")
    assert step_cli.run("context", "current").stdout.strip() == "two"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config/defaults.json", '{"ca-url": "a"} x'),
        ("config/defaults.json", "[]"),
        ("config/defaults.json", "\ufeff{}"),
        ("contexts.json", '{"a": {"profile": "p", "authority": ""}}'),
        ("contexts.json", '{"a": null}'),
        ("current-context.json", '{"context": "gone"}'),
    ],
)
def test_broken_files_stop_step_too(step_cli: StepCli, name: str, content: str) -> None:
    """A file of step's that we refuse is one at which every command of step stops as well."""
    path = step_cli.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    assert step_cli.run("version").returncode == 1
    with pytest.raises(ShellError) as caught:
        resolve(Options(), {"STEPPATH": str(step_cli.folder)}, "/")
    assert caught.value.file == str(path)


def test_an_empty_variable_hides_the_defaults_of_step_too(step_cli: StepCli, pki: Pki) -> None:
    """A variable that is set and empty keeps step from its defaults as well, and is an error for both."""
    path = step_cli.folder / "config" / "defaults.json"
    path.parent.mkdir(parents=True)
    path.write_text(f'{{"ca-url": "https://127.0.0.1:1", "root": "{pki.root}"}}')
    done = step_cli.run("ca", "provisioner", "list", env={"STEP_CA_URL": ""})
    assert "requires the '--ca-url' flag" in done.stderr
    with pytest.raises(UsageError, match="STEP_CA_URL is empty"):
        resolve(Options(), {"STEPPATH": str(step_cli.folder), "STEP_CA_URL": ""}, "/")
