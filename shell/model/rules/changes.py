"""Rules about what an edit takes away from those who rely on what was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.problems import DANGER, ERROR, WARNING
from shell.model.rules.table import Change, Hit, Settings, change_rule, whole_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.provisioner import Provisioner
    from shell.model.view import View

_ISSUING = tuple(row for row in types.TYPES if row is not types.SSHPOP)
# the types whose identifier does not hold their name (certificates: authority/provisioner/*.go)
_NAMED = tuple(row for row in _ISSUING if "{name}" in row.token_identifier)


@change_rule("renewal-ends", WARNING, *_ISSUING)
def _removed(change: Change) -> Iterator[Hit]:
    """Certificates of a provisioner that is removed are not renewed any more."""
    if change.after is None:
        yield Hit(
            "",
            "certificates that it issued can no longer be renewed",
            "keep it until the last of them has expired",
        )


@change_rule("rename-ends-renewal", WARNING, *_NAMED)
def _renamed(change: Change) -> Iterator[Hit]:
    """In a file the identity of a provisioner is made of its name."""
    before, after = change.before, change.after
    if before and after and before.name != after.name and change.settings.is_file:
        yield Hit(
            "name",
            f'certificates that it issued as "{before.name}" can no longer be renewed',
            "add one of the new name beside it, and remove this one when the last of them has expired",
        )


@change_rule("encrypted-key-removed", DANGER, types.JWK)
def _encrypted_key(change: Change) -> Iterator[Hit]:
    """Clients fetch the encrypted private key from the CA when somebody types the key password."""
    before, after = change.before, change.after
    if before and after and before.get(("encryptedKey",)) and not after.get(("encryptedKey",)):
        yield Hit(
            "encryptedKey",
            "who logs in with the key password cannot any more: the CA no longer has the private key",
            "see that everybody who needs it has the key in a file",
        )


@change_rule("encrypted-key-left-behind", DANGER, types.JWK)
def _key_replaced(change: Change) -> Iterator[Hit]:
    """A new public key beside the old private one makes tokens that nothing verifies."""
    before, after = change.before, change.after
    if not before or not after or not after.get(("encryptedKey",)):
        return
    same_private = before.get(("encryptedKey",)) == after.get(("encryptedKey",))
    if before.get(("key",)) != after.get(("key",)) and same_private and _points(before) != _points(after):
        yield Hit(
            "encryptedKey",
            "the public key is another, but the encrypted private key is still that of the old one",
            "set encryptedKey too, or unset it",
        )


def _points(provisioner: Provisioner) -> object:
    """Return the parts of a public key that make it the key that it is."""
    key = provisioner.get(("key",))
    return [key.get(name) for name in ("kty", "crv", "x", "y", "n", "e")] if isinstance(key, dict) else None


@whole_rule("scep-listener-panics", ERROR)
def _last_scep(before: View, after: View) -> Iterator[Hit]:
    """A running CA panics on reload when nothing is left to be served on `insecureAddress`.

    (certificates: ca/ca.go, Reload; a new CA without the insecure server gives a nil one.)
    """
    settings = Settings(after.settings)
    if (
        settings.text("insecureAddress")
        and not settings.has_crl
        and _has_scep(before)
        and not _has_scep(after)
    ):
        yield Hit(
            "insecureAddress",
            "the last SCEP provisioner goes while insecureAddress is set: a running step-ca dies when it is "
            "reloaded",
            "keep a SCEP provisioner, or stop the CA, unset insecureAddress by hand, and start it again",
        )


def _has_scep(view: View) -> bool:
    return any(view.summary(id_).type is types.SCEP for id_ in view.ids())
