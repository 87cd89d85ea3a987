"""Rules about who a provisioner is: name, type, what it must have, and what step-ca does not know.

No two provisioners of a CA may share a name or a token identifier (certificates:
authority/provisioner/collection.go), and there may be one K8sSA (authority/config/config.go).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.model import types
from shell.model.fields import structure_of
from shell.model.problems import DANGER, ERROR, WARNING
from shell.model.provisioner import format_path
from shell.model.rules.table import Entry, Hit, entry_rule, list_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shell.model.structure import Structure
    from shell.model.summary import Summary
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId, View

    Listed = Sequence[tuple[ProvisionerId, Summary]]

_DISABLED = "step-ca starts without this provisioner"
_ODD_IN_URL = re.compile(r"[/?#%\\\s]")


@entry_rule("name-missing", ERROR)
def _name_missing(entry: Entry) -> Iterator[Hit]:
    """A provisioner without a name is disabled."""
    if entry.get("name") in (None, ""):
        yield Hit("name", f"there is no name: {_DISABLED}", "give it a name")


@entry_rule("name-odd", WARNING)
def _name_odd(entry: Entry) -> Iterator[Hit]:
    """Some names cannot be used in the addresses that are made of them."""
    name = entry.provisioner.name
    if _ODD_IN_URL.search(name) or name != name.strip():
        yield Hit(
            "name",
            "the name has a character that has a meaning in addresses (a space, / ? # % or \\): step-ca takes "
            "it, but requests that carry the name in their address can miss it",
            "use letters, digits, - _ . and @",
        )


_REQUIRED_MISSING = {
    "clientID": "there is no client identifier",
    "configurationEndpoint": "there is no address of the identity provider",
    "roots": "there are no root certificates",
    "publicKeys": "there are no public keys",
    "tenantID": "there is no tenant",
}


@entry_rule("required-missing", ERROR, *(row for row in types.TYPES if row.required and row is not types.JWK))
def _required_missing(entry: Entry) -> Iterator[Hit]:
    """Each type has fields without which step-ca disables the provisioner."""
    type_ = entry.provisioner.type
    for path in type_.required if type_ else ():
        value = entry.get(path)
        # an empty text of keys is accepted, other than an empty text of roots; then no token verifies
        if value is None or (value in ("", []) and type_ is not types.K8SSA):
            yield Hit(path, f"{_REQUIRED_MISSING[path]}: {_DISABLED}", f"set {path}")


@entry_rule("key-id-missing", WARNING, types.JWK)
def _key_id_missing(entry: Entry) -> Iterator[Hit]:
    """Clients find a JWK provisioner by the id of its key."""
    if isinstance(entry.get("key"), dict) and not entry.text("key.kid"):
        yield Hit(
            "key.kid",
            "the key has no id (kid): step-ca takes it, but clients find a key by its id",
            "set kid to the key's thumbprint",
        )


@entry_rule("encrypted-key-missing", WARNING, types.JWK)
def _encrypted_key_missing(entry: Entry) -> Iterator[Hit]:
    """Without the encrypted private key only those who have it in a file can make tokens."""
    if isinstance(entry.get("key"), dict) and not entry.text("encryptedKey"):
        yield Hit(
            "encryptedKey",
            "the CA does not hold the encrypted private key: only who has it in a file can get certificates",
            "nothing, if that is intended",
        )


@entry_rule("publicKeys-empty", DANGER, types.K8SSA)
def _public_keys_empty(entry: Entry) -> Iterator[Hit]:
    """An empty text of keys is accepted, and then no token verifies."""
    if entry.get("publicKeys") == "":
        yield Hit("publicKeys", "there is no key in it: no token will ever be accepted", "set publicKeys")


@entry_rule("client-secret-published", WARNING, types.OIDC)
def _client_secret(entry: Entry) -> Iterator[Hit]:
    """The CA hands the client secret to everybody who asks for the list of provisioners."""
    if entry.text("clientSecret"):
        yield Hit(
            "clientSecret",
            "the CA publishes the client secret to everybody who can reach it",
            "use a client that needs no secret (a native or public client), if the provider has them",
        )


@entry_rule("unknown-member", WARNING)
def _unknown_member(entry: Entry) -> Iterator[Hit]:
    """step-ca passes over what it does not know, so that a slip of the pen does nothing."""
    for path in _unknown(entry.provisioner.members, structure_of(entry.provisioner.type), ()):
        yield Hit(
            format_path(path),
            "step-ca v0.30 has no such field and passes over it",
            "check the spelling, or unset it",
        )


def _unknown(value: JSON, structure: Structure | None, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if structure is None:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if not structure.knows(name):
                yield (*path, name)
            elif isinstance(inner, (dict, list)):
                yield from _unknown(inner, structure.lookup(name)[1], (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown(item, structure, (*path, str(number)))


@list_rule("skipped", WARNING)
def _skipped(view: View, listed: Listed) -> Iterator[tuple[ProvisionerId, Hit]]:
    """step-ca passes over entries of a type it does not know, without a word."""
    known = ", ".join(types.type_names())
    for id_, summary in listed:
        if summary.type is None and not view.flaws(id_):
            what = f'the type "{summary.type_text}" is unknown' if summary.type_text else "there is no type"
            yield id_, Hit("type", f"{what}: step-ca passes over this entry", f"the types are {known}")


@list_rule("duplicate-name", ERROR)
def _duplicate_name(view: View, listed: Listed) -> Iterator[tuple[ProvisionerId, Hit]]:
    """No two provisioners of any type may have one name."""
    names = [summary.name for _, summary in listed if summary.type is not None]
    if len(set(names)) == len(names):
        return
    seen = set()
    for id_, summary in listed:
        if summary.type is not None:
            if summary.name in seen:
                yield (
                    id_,
                    Hit(
                        "name",
                        "another provisioner has this name: step-ca does not start",
                        "rename one of them",
                    ),
                )
            seen.add(summary.name)


@list_rule("duplicate-identifier", ERROR)
def _duplicate_identifier(view: View, listed: Listed) -> Iterator[tuple[ProvisionerId, Hit]]:
    """step-ca finds the provisioner of a token by an identifier, which two cannot share."""
    bearers = [item for item in listed if item[1].type is not None and item[1].type is not types.K8SSA]
    if len({summary.token_identifier for _, summary in bearers}) == len(bearers):
        return
    seen: dict[str, str] = {}
    for id_, summary in bearers:
        other = seen.setdefault(summary.token_identifier, summary.name)
        if other != summary.name:
            field = _IDENTIFYING.get(summary.type, "name")
            yield (
                id_,
                Hit(
                    field,
                    f'"{other}" has the same {field}: step-ca finds the provisioner of a token by it, '
                    "and does not start",
                    f"change {field}, or remove one of them",
                ),
            )


_IDENTIFYING: dict[ProvisionerType | None, str] = {
    types.OIDC: "clientID",
    types.AZURE: "tenantID",
    types.JWK: "key.kid",
}


@list_rule("second-k8ssa", ERROR)
def _second_k8ssa(view: View, listed: Listed) -> Iterator[tuple[ProvisionerId, Hit]]:
    """A CA can have one provisioner for Kubernetes service accounts."""
    of_type = [id_ for id_, summary in listed if summary.type is types.K8SSA]
    for id_ in of_type[1:]:
        yield (
            id_,
            Hit(
                "type",
                "there is another K8sSA provisioner, and step-ca takes one: it does not start",
                "put all public keys into one of them, and remove the other",
            ),
        )


@list_rule("key-shared", WARNING)
def _key_shared(view: View, listed: Listed) -> Iterator[tuple[ProvisionerId, Hit]]:
    """One key under two names works, but clients get the encrypted key of the last one."""
    bearers = [(id_, summary, summary.kid) for id_, summary in listed if summary.type is types.JWK]
    if len({kid for _, _, kid in bearers}) == len(bearers):
        return
    seen: dict[str, str] = {}
    for id_, summary, kid in bearers:
        other = seen.setdefault(kid, summary.name) if kid else summary.name
        if other != summary.name:
            message = (
                f'"{other}" has the same key id: the CA hands out the encrypted key of the last one only'
            )
            yield id_, Hit("key.kid", message, "give each its own key")
