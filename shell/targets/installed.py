"""What there is on this machine to connect to, for whoever started the shell without a target.

Only looked at to say it: nothing found here is ever connected to.
"""

from __future__ import annotations

import os
import re
import shlex

import shell.targets.stepfiles as stepfiles
from shell.errors import ShellError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNIT_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
USUAL_FILES = ("/etc/step-ca/config/ca.json", "/etc/step/config/ca.json", "/home/step/config/ca.json")

_FORMS = """name a target:
  --ca-config FILE                      a configuration file of step-ca
  --ca-url https://HOST --root FILE     a running CA
  --context NAME                        a context of step
  --demo                                a scratch file to try things on"""


def ways_to_name_a_target(environ: Mapping[str, str], cwd: str) -> str:
    """Return how to name a target and what could be named on this machine, as the lines of a hint."""
    found = list(_found(environ, cwd))
    if not found:
        return f"{_FORMS}\nthere is no ca.json in the usual places of this machine, and no context"
    return f"{_FORMS}\nthere is on this machine:" + "".join(f"\n  {line}" for line in dict.fromkeys(found))


def _found(environ: Mapping[str, str], cwd: str) -> Iterator[str]:
    seen = set()
    for path, why in _files(environ, cwd):
        if path not in seen and os.path.isfile(path):
            seen.add(path)
            yield f"--ca-config {visible(shlex.quote(path))}" + (f"  ({why})" if why else "")
    try:
        for name in stepfiles.contexts(stepfiles.base_path(environ, cwd)):
            yield f"--context {visible(shlex.quote(name))}"
    except ShellError:
        # broken files of step's are reported where they are needed; here they list nothing
        return


def _files(environ: Mapping[str, str], cwd: str) -> Iterator[tuple[str, str]]:
    """Return paths where a ca.json may be, each with why it is looked for."""
    for folder in UNIT_FOLDERS:
        yield from _files_of_units(folder)
    for path in USUAL_FILES:
        yield path, ""
    try:
        base = stepfiles.base_path(environ, cwd)
        yield os.path.join(base, "config", "ca.json"), ""
        for context in stepfiles.contexts(base).values():
            yield (
                os.path.join(stepfiles.authority_path(base, context), "config", "ca.json"),
                f"context {visible(context.name)}",
            )
    except ShellError:
        return


def _files_of_units(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".service"))
    except OSError:
        return
    for name in names:
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text = file.read(65536)
        except OSError:
            continue
        if "step-ca" in text:
            for path in files_of_unit(text):
                yield path, f"unit {visible(name)}"


def files_of_unit(text: str) -> list[str]:
    """Return the absolute paths of the ca.json that a systemd unit starts step-ca with.

    Without one in its command line it is where step-ca looks: in the unit's STEPPATH.
    """
    joined = re.sub(r"\\\n", " ", text)
    step_path, folder = "", "/"
    for line in joined.splitlines():
        name, _, value = line.strip().partition("=")
        if name == "Environment" and (match := re.search(r'STEPPATH=([^\s"\']+)', value)):
            step_path = match[1]
        elif name == "WorkingDirectory":
            folder = value.strip().lstrip("-") or folder
    found = []
    for line in joined.splitlines():
        name, _, command = line.strip().partition("=")
        words = command.split()
        if name != "ExecStart" or not any(
            os.path.basename(word.lstrip("-@:+!")) == "step-ca" for word in words
        ):
            continue
        files = [word.strip("\"'") for word in words if word.strip("\"'").endswith(".json")]
        if not files and step_path:
            files = [os.path.join(step_path, "config", "ca.json")]
        found += [
            os.path.normpath(os.path.join(folder, file.replace("${STEPPATH}", step_path))) for file in files
        ]
    return found
