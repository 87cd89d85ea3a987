"""How a value is shown to a person without giving a secret away.

Which values are secret says `shell.staging.masks`; keys and certificates show a fingerprint.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from shell.escape import shortened
from shell.model.kinds import OBJECT, OBJECT_LIST, PEM
from shell.model.values import format_json
from shell.staging import masks
from shell.staging.masks import place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.model.fields import Field
    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON


@lru_cache(maxsize=4096)
def field_at(type_: ProvisionerType | None, path: Path) -> Field | None:
    """Return the row of the field table for a path; numbers stand for any item of a list."""
    return masks.row_at((type_,), place_of(path))


@lru_cache(maxsize=4096)
def is_secret(type_: ProvisionerType | None, path: Path) -> bool:
    """Whether the value at a path, or an object or list that it stands in, is a secret."""
    place = place_of(path)
    return any(masks.is_secret((type_,), place[:length]) for length in range(1, len(place) + 1))


def masked(type_: ProvisionerType | None, path: Path, value: JSON) -> JSON:
    """Return the value with every secret in it replaced by `(set)`."""
    return (
        masks.SET
        if value is not None and is_secret(type_, path)
        else masks.masked((type_,), place_of(path), value)
    )


def shown(type_: ProvisionerType | None, path: Path, value: JSON, width: int = 60) -> str:
    """Return one line for a value: masked, safe to display, cut to the width."""
    row = field_at(type_, path)
    if is_secret(type_, path):
        return masks.SET
    if row is not None and row.kind is PEM and isinstance(value, str):
        return shortened(pem_summary(value), width)
    if row is not None and row.path == "key" and isinstance(value, dict):
        return shortened(key_summary(value), width)
    value = masked(type_, path, value)
    if row is not None and row.kind not in (OBJECT, OBJECT_LIST):
        return shortened(row.kind.show(value), width)
    return shortened(value if isinstance(value, str) and row is None else format_json(value), width)


def key_summary(key: dict[str, JSON]) -> str:
    """Return a line for a public key: kind, key identifier and thumbprint."""
    kind = key.get("crv") or key.get("kty") or "key"
    return f"{kind} kid {key.get('kid') or '(none)'}"


def pem_summary(value: str) -> str:
    """Return a line for a bundle of PEM kept as base64: what is in it, by fingerprint."""
    lines = pem_description(value)
    return "; ".join(lines) if lines else PEM.show(value)


def pem_description(value: str) -> list[str]:
    """Return a line for each certificate or key in PEM kept as base64; none where it cannot be read."""
    if PEM.problem(value):
        return []
    from shell.certs.describe import describe
    from shell.errors import ShellError

    try:
        return describe(base64.b64decode(value))
    except ShellError:
        return []
