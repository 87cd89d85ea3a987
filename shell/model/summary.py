"""What identifies a provisioner: its name, its type, and the token identifier that step-ca makes.

Reading ten thousand of them must not decode ten thousand provisioners, so a summary is also made from
the raw pairs of an entry, which the JSON scanner gives at no cost.
"""

from __future__ import annotations

import re

from shell.model.types import JWK, TYPES, find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.shape import Flaw
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON


class Summary:
    """Name, type as written, and token identifier of a provisioner.

    `name` is empty where there is none; `type` is None where step-ca skips the entry, which then has
    the empty token identifier. `flaws` are those of the entry (`shell.model.shape`), where whoever read it
    looked for them, else None.
    """

    __slots__ = ("flaws", "name", "token_identifier", "type", "type_text")

    def __init__(
        self, name: str, type_text: str, type_: ProvisionerType | None, token_identifier: str
    ) -> None:
        self.name = name
        self.type_text = type_text
        self.type = type_
        self.token_identifier = token_identifier
        self.flaws: tuple[Flaw, ...] | None = None

    @property
    def type_name(self) -> str:
        """The usual spelling of a known type, else the type as it is written."""
        return self.type.name if self.type else self.type_text

    @property
    def kid(self) -> str:
        """The key identifier of a JWK provisioner, which its token identifier has; empty for other types."""
        return self.token_identifier[len(self.name) + 1 :] if self.type is JWK else ""


def summarize(members: Mapping[str, JSON]) -> Summary:
    """Return the summary of an entry whose member names are canonical.

    `key` may be a dict, or a tuple of pairs as the JSON scanner gives it.
    """
    name = members.get("name")
    if type(name) is not str:  # a number is a string of its own kind
        name = ""
    type_text = members.get("type")
    if type(type_text) is not str:
        type_text = ""
    type_ = find_type(type_text)
    if type_ is None:
        return Summary(name, type_text, None, "")
    before, path, after = _IDENTIFIERS[type_]
    if path == _OF_NAME:
        return Summary(name, type_text, type_, f"{before}{name}{after}")
    if path == _OF_KEY:
        return Summary(name, type_text, type_, f"{name}:{_key_id(members.get('key'))}")
    value = _text(members.get(path[0])) if path else ""
    return Summary(name, type_text, type_, f"{before}{value}{after}")


def _text(value: object) -> str:
    return value if type(value) is str else ""


def _key_id(key: object) -> str:
    if isinstance(key, tuple):
        # the last of repeated members decides
        key = dict(key)
    return _text(key.get("kid")) if isinstance(key, dict) else ""


def _identifier(pattern: str) -> tuple[str, tuple[str, ...], str]:
    """Return the text before, the paths that are filled in, and the text after."""
    holes = re.findall(r"\{([^}]*)\}", pattern)
    if not holes:
        return pattern, (), ""
    path = tuple(segment for hole in holes for segment in hole.split("."))
    return pattern[: pattern.index("{")], path, pattern[pattern.rindex("}") + 1 :]


_OF_NAME, _OF_KEY = ("name",), ("name", "key", "kid")
_IDENTIFIERS = {row: _identifier(row.token_identifier) for row in TYPES}
