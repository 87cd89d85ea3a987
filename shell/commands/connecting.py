"""`connect` and `whoami`: another target, and who one is to it."""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING

from shell.commands.parameters import PROVISIONER, switch
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.command import NOTHING, SHELL, Command
from shell.language.files import FilePath
from shell.language.parameters import Candidate, Parameter, ParameterType, Text
from shell.results import Result, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.language.parameters import Bound
    from shell.model.values import JSON
    from shell.session import Session

_FRESH = 2.0
"""Seconds for which the contexts of this machine are believed to be those that were read."""


class ContextName(Text):
    """The name of a context of the step environment, as `step context list` has them."""

    on_disk = True

    def __init__(self) -> None:
        super().__init__("NAME")
        self._read_at = float("-inf")
        self._found: list[Candidate] = []

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the contexts of this machine; none where they cannot be read, which `connect` tells."""
        if monotonic() - self._read_at > _FRESH:
            self._read_at, self._found = monotonic(), _contexts()
        return self._found


def _contexts() -> list[Candidate]:
    from shell.targets import stepfiles

    try:
        known = stepfiles.contexts(stepfiles.base_path(os.environ, os.getcwd()))
    except (ShellError, OSError):
        return []
    return [
        Candidate(name, f"authority {visible(each.authority)}, profile {visible(each.profile)}")
        for name, each in sorted(known.items())
    ]


class AdminName(Text):
    """The subject of an admin."""

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the admins of the present target, as far as the session knows them already."""
        session: Session = world  # type: ignore[assignment]  # the world of our commands is the session
        if session.target.kind != "ca":
            return []
        from shell.sites.lookout import known_admins

        return [Candidate(name, "admin of this CA") for name in known_admins(session.site)]


class LoginProvisioner(Text):
    """The name of the provisioner that an admin logs in with."""

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the provisioners of the present target: another one most likely has the same."""
        return PROVISIONER.candidates(prefix, bound, world)


def connect(session: Session, target: str = "", *, discard: bool = False, **settings: str) -> Result:
    """Leave the present target for a CA, a ca.json or a context; refused while edits are staged."""
    from shell.targets import Options, resolve

    if session.has_staged_edits and not discard:
        raise UsageError(
            "staged-edits",
            f"edits are staged on {visible(session.target.name)}: {session.plan().summary}",
            hint="commit them, or drop them with: connect --discard ...",
        )
    given: dict[str, str | None] = {name: value or None for name, value in settings.items()}
    if target:
        given["ca_url" if "://" in target else "ca_config"] = target
    if not any(given.get(name) for name in ("ca_url", "ca_config", "context")):
        raise UsageError(
            "no-target",
            "connect needs a target",
            hint="connect https://ca:9000 --root root_ca.crt, or: connect ca.json",
        )
    found = resolve(Options(**given), os.environ, os.getcwd())  # type: ignore[arg-type]  # all of them texts
    session.connect(found)
    return Result(
        json={"target": found.name, "named_by": found.origin},
        remarks=[f"target: {visible(found.name)} ({visible(found.origin)})"],
    )


def whoami(session: Session) -> Result:
    """Return who one is to the target; at a CA this logs in."""
    more = session.whoami()
    document: dict[str, JSON] = {label.replace(" ", "_"): value for label, _, value in more}
    rows = [(label, visible(text)) for label, text, _ in more]
    return Result([Table(("", ""), rows, ("field", "value"))], json=document)


def _setting(flag: str, type_: ParameterType, help: str) -> Parameter:
    return Parameter(flag.lstrip("-").replace("-", "_"), type_, help, flag=flag, default="")


COMMANDS = (
    Command(
        "connect",
        connect,
        (
            Parameter("target", FilePath("URL|FILE"), "the address of a CA, or a ca.json", default=""),
            _setting("--root", FilePath(), "the root certificate that the CA is verified with"),
            _setting("--fingerprint", Text("HASH"), "the fingerprint of that root"),
            _setting("--context", ContextName(), "the step context to take the target from"),
            _setting("--admin-subject", AdminName("NAME"), "the admin's name"),
            _setting(
                "--admin-provisioner", LoginProvisioner("NAME"), "the provisioner the admin logs in with"
            ),
            _setting("--admin-password-file", FilePath(), "the login password"),
            _setting("--admin-cert", FilePath(), "an admin certificate with its chain"),
            _setting("--admin-key", FilePath(), "the key of that certificate"),
            switch("discard", "drop the staged edits"),
        ),
        "Go to another target.",
        SHELL,
        examples=("connect https://ca.example.com:9000 --root root_ca.crt", "connect ca.json"),
        trusted_only=True,
    ),
    Command(
        "whoami",
        whoami,
        (),
        "Show who you are to the target; at a CA this logs in.",
        NOTHING,
        examples=("whoami",),
    ),
)
