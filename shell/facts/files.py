"""A look at the files that a ca.json names: templates, and certificates of the CA and of AWS."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from shell.model import types
from shell.model.facts import FileFact
from shell.model.rules.scep import decrypter_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON

LARGEST = 1 << 20
"""The largest certificate or template file that is read, in bytes."""

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_TEMPLATE_FILES = (("options", "x509", "templateFile"), ("options", "ssh", "templateFile"))
_IID_ROOTS = ("iidRoots",)
_DECRYPTER_KEY = ("decrypterKey",)


def named_by(provisioners: Iterable[Provisioner]) -> Iterator[tuple[str, bool]]:
    """Yield each file that these name, and whether a relative path starts at the folder of step.

    Other relative paths start where step-ca was started, which is not known here
    (cli-utils: step/config.go, Abs; certificates: authority/provisioner/aws.go).
    """
    for provisioner in provisioners:
        type_ = provisioner.type
        if type_ is types.AWS:
            yield from ((path, False) for path in _texts(provisioner.get(_IID_ROOTS)))
        if type_ is types.SCEP:
            for address in _texts(provisioner.get(_DECRYPTER_KEY)):
                yield decrypter_file(address), False
        if type_ is not None and type_ is not types.SSHPOP:
            for where in _TEMPLATE_FILES:
                for path in _texts(provisioner.get(where)):
                    yield path, not path.startswith(("./", "../"))


def named_in_settings(settings: Mapping[str, JSON]) -> Iterator[tuple[str, bool]]:
    """Yield the certificate files of the CA, in the same form."""
    for name in ("root", "federatedRoots", "crt"):
        value = settings.get(name)
        for item in value if isinstance(value, list) else [value]:
            yield from ((path, False) for path in _texts(item))


def _texts(value: JSON) -> list[str]:
    return [value] if isinstance(value, str) and value else []


def looks(named: Iterable[tuple[str, bool]], base: str) -> Iterator[tuple[str, FileFact]]:
    """Yield a look at each file whose place is known; `base` is the folder of step, or empty."""
    for path, relative_to_step in named:
        expanded = os.path.expanduser(path) if path.startswith("~/") and relative_to_step else path
        if not os.path.isabs(expanded) and relative_to_step and base:
            expanded = os.path.join(base, expanded)
        fact = _look(expanded) if os.path.isabs(expanded) else None
        if fact is not None:
            yield path, fact


def _look(path: str) -> FileFact | None:
    """Return what is in a file; None where step-ca, as another user, could see something else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return FileFact(problem="is not there") if error.errno in _NOT_THERE else None
    except ValueError:
        return None  # a character that no path has
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            return FileFact(problem="is a folder")
        # a pipe or a device is not read: that could take away what is meant for step-ca
        data = os.read(descriptor, LARGEST + 1) if stat.S_ISREG(mode) else b""
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return FileFact(text=data.decode(errors="replace")) if 0 < len(data) <= LARGEST else None


def intermediate(settings: Mapping[str, JSON], files: Mapping[str, FileFact]) -> tuple[datetime | None, str]:
    """Return when the intermediate certificate ends, and of which kind its key is."""
    path = settings.get("crt")
    fact = files.get(path) if isinstance(path, str) else None
    if fact is None or "CERTIFICATE" not in fact.text:
        return None, ""
    from shell.certs.outline import outline

    found = outline(fact.text.encode())
    return (found.not_after, found.key) if found else (None, "")
