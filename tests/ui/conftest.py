"""Fixtures for dialogues at the prompt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ui.emulator import Terminal

Start = Opened = Callable[..., Terminal]
Entry = Mapping[str, object]

ENTRIES: list[Entry] = [
    {"type": "ACME", "name": "acme"},
    {"type": "ACME", "name": "acme-internal", "claims": {"maxTLSCertDuration": "48h"}},
    {"type": "SSHPOP", "name": "hosts"},
    {
        "type": "OIDC",
        "name": "people",
        "clientID": "shell",
        "clientSecret": "s3cret-value",
        "configurationEndpoint": "https://login.example.com/.well-known/openid-configuration",
    },
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a ca.json with four provisioners and no files that it names."""
    return write_config(tmp_path, ENTRIES)


def write_config(folder: Path, entries: Sequence[Entry]) -> Path:
    """Write a ca.json with these provisioners and return its path."""
    path = folder / "ca.json"
    document = {
        "root": "/etc/step-ca/certs/root_ca.crt",
        "crt": "/etc/step-ca/certs/intermediate_ca.crt",
        "key": "/etc/step-ca/secrets/intermediate_ca_key",
        "address": "127.0.0.1:9000",
        "dnsNames": ["ca.example.com"],
        "db": {"type": "badgerv2", "dataSource": "/etc/step-ca/db"},
        "authority": {"provisioners": entries},
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Return what opens a terminal as `Terminal` does; each is closed when the test is over."""
    terminals: list[Terminal] = []

    def run(argv: Sequence[str | Path], **options: Any) -> Terminal:
        terminals.append(Terminal(argv, **options))
        return terminals[-1]

    yield run
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def start(config: Path, opened: Opened) -> Start:
    """Return a function that starts the program on the ca.json, in a terminal of its own."""

    def run(
        *argv: str,
        env: Mapping[str, str] | None = None,
        columns: int = 100,
        lines: int = 30,
        on: Path | None = None,
    ) -> Terminal:
        return opened(["--ca-config", on or config, *argv], env=env, columns=columns, lines=lines)

    return run


@pytest.fixture
def prompt(start: Start) -> Terminal:
    """Return the program at its first prompt, with the target read."""
    terminal = start()
    terminal.wait_for_prompt()
    terminal.wait_for(lambda: terminal.text.endswith("ca.json"))  # the toolbar, once the file is read
    return terminal
