"""What a target is, and what can be said about one."""

from __future__ import annotations

import os

from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from shell.targets.stepfiles import Setting

# Each setting with the further names that step knows it by in defaults.json, in step's order
# (cli: flags/flags.go; cli-utils: step/context.go, Apply).
ALIASES: Mapping[str, tuple[str, ...]] = {
    "ca-config": (),
    "ca-url": (),
    "root": (),
    "fingerprint": (),
    "context": (),
    "admin-subject": ("admin-name",),
    "admin-provisioner": ("admin-issuer",),
    "admin-password-file": ("password-file",),
    "admin-cert": (),
    "admin-key": (),
}

LOGIN = tuple(name for name in ALIASES if name.startswith("admin-"))


class Options:
    """What the command line says about the target; None where a flag is not given."""

    __slots__ = (
        "admin_cert",
        "admin_key",
        "admin_password_file",
        "admin_provisioner",
        "admin_subject",
        "ca_config",
        "ca_url",
        "context",
        "demo",
        "fingerprint",
        "root",
    )

    def __init__(
        self,
        *,
        ca_config: str | None = None,
        ca_url: str | None = None,
        root: str | None = None,
        fingerprint: str | None = None,
        context: str | None = None,
        demo: bool = False,
        admin_subject: str | None = None,
        admin_provisioner: str | None = None,
        admin_password_file: str | None = None,
        admin_cert: str | None = None,
        admin_key: str | None = None,
    ) -> None:
        self.ca_config = ca_config
        self.ca_url = ca_url
        self.root = root
        self.fingerprint = fingerprint
        self.context = context
        self.demo = demo
        self.admin_subject = admin_subject
        self.admin_provisioner = admin_provisioner
        self.admin_password_file = admin_password_file
        self.admin_cert = admin_cert
        self.admin_key = admin_key


class Target:
    """What to connect to, and who said so.

    `kind` is `file` or `ca`. Of a file `path` is absolute, of a CA `url` is `https://HOST[:PORT]`; the
    other is empty. `root` (an absolute path) and `fingerprint` are what a CA is verified with, empty
    where unknown. `context` is the name of the context that took part, or empty. `origin` says which
    flag, variable or file named the target, `alternative` how to get another target that the same place
    names, or is empty. The login settings are `Setting`s, or None where nothing says them.
    """

    __slots__ = (
        "admin_cert",
        "admin_key",
        "admin_password_file",
        "admin_provisioner",
        "admin_subject",
        "alternative",
        "context",
        "fingerprint",
        "kind",
        "origin",
        "path",
        "root",
        "url",
    )

    def __init__(self, kind: Literal["file", "ca"], origin: str, *, path: str = "", url: str = "") -> None:
        self.kind = kind
        self.origin = origin
        self.path = path
        self.url = url
        self.root = ""
        self.fingerprint = ""
        self.context = ""
        self.alternative = ""
        self.admin_subject: Setting | None = None
        self.admin_provisioner: Setting | None = None
        self.admin_password_file: Setting | None = None
        self.admin_cert: Setting | None = None
        self.admin_key: Setting | None = None

    @property
    def name(self) -> str:
        """The whole path or URL."""
        return self.path or self.url

    @property
    def label(self) -> str:
        """The short name for the prompt, safe to show: the file's own name, or the URL."""
        return visible(os.path.basename(self.path) if self.kind == "file" else self.url)
