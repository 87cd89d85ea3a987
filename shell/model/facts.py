"""What the rules may know besides the provisioners: certificates, files, the clock, what a target is.

The session gathers facts (`shell.facts`); the rules read nothing themselves. Everything defaults to
"unknown", and a rule that needs what is unknown stays silent. Facts about a value are found by the
value, not by the provisioner: the same roots before and after an edit are looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from shell.model import types
from shell.model.problems import Finding
from shell.model.values import format_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.authority import Authority
    from shell.model.online import Answer, Question
    from shell.model.provisioner import Provisioner
    from shell.model.types import ProvisionerType
    from shell.model.view import ProvisionerId


@dataclass(frozen=True, slots=True)
class Material:
    """Keys or certificates of a provisioner that somebody should look into.

    `field` is the dotted path that a problem of it belongs to, `contents` the JSON text of each value
    that plays a part, in the order of `MATERIAL`.
    """

    type: str
    field: str
    contents: tuple[str, ...]


MATERIAL: Mapping[tuple[ProvisionerType, str], tuple[str, ...]] = {
    (types.JWK, "key"): ("key",),
    (types.JWK, "encryptedKey"): ("encryptedKey",),
    (types.X5C, "roots"): ("roots",),
    (types.NEBULA, "roots"): ("roots",),
    (types.K8SSA, "publicKeys"): ("publicKeys",),
    (types.ACME, "attestationRoots"): ("attestationRoots",),
    (types.ACME, "options.wire.dpop.key"): ("options.wire.dpop.key",),
    (types.SCEP, "decrypterCertificate"): ("decrypterCertificate",),
    (types.SCEP, "decrypterKeyPEM"): ("decrypterKeyPEM", "decrypterCertificate", "decrypterKeyPassword"),
}


def materials(provisioner: Provisioner, before: Provisioner | None = None) -> list[Material]:
    """Return what a provisioner holds of keys and certificates; absent and empty values are left out.

    So is what it held before, where that is given.
    """
    type_ = provisioner.type
    found = []
    for (of_type, path), parts in MATERIAL.items():
        if of_type is not type_ or provisioner.get(tuple(path.split("."))) in (None, "", []):
            continue
        values = [provisioner.get(tuple(part.split("."))) for part in parts]
        if before is None or values != [before.get(tuple(part.split("."))) for part in parts]:
            found.append(Material(of_type.name, path, tuple(map(format_json, values))))
    return found


@dataclass(frozen=True, slots=True)
class FileFact:
    """What a look at a file gave: its text, or why step-ca cannot read it (in words, without the path)."""

    text: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The world as far as the rules may know it.

    `now` is a UTC time. `target` is `file`, `ca` or the empty text for unknown. `files` holds a look at each file that a
    touched provisioner or the configuration names, by the path as written; what step-ca would find there
    cannot always be known, and is then left out. `findings` holds what is wrong with keys and certificates. `intermediate_expires` is a UTC time, `intermediate_key` a name
    such as `EC P-256`. `oddities` are findings about the text of the file (byte order mark, text after
    the document, repeated members), by provisioner, or None for what is around them. `answers` are those of
    the network; there are none unless somebody wanted it asked. `authority` is who is logged in at a running CA.
    """

    now: datetime | None = None
    target: str = ""
    files: Mapping[str, FileFact] = field(default_factory=dict)
    findings: Mapping[Material, tuple[Finding, ...]] = field(default_factory=dict)
    intermediate_expires: datetime | None = None
    intermediate_key: str = ""
    oddities: Mapping[ProvisionerId | None, tuple[Finding, ...]] = field(default_factory=dict)
    answers: Mapping[Question, Answer] = field(default_factory=dict)
    authority: Authority | None = None


UNKNOWN = Facts()
