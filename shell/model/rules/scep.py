"""Rules of SCEP (certificates: authority/provisioner/scep.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.kinds import INTEGER
from shell.model.problems import ERROR, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISABLED = "step-ca starts without this provisioner"

# the key managers that step-ca v0.30 is built with (cmd/step-ca/main.go) and that can decrypt
_DECRYPTERS = ("softkms", "cloudkms", "awskms", "pkcs11", "yubikey")
_WEAK_CIPHER = "0"


def _integer(entry: Entry, path: str) -> int | None:
    value = entry.get(path)
    return int(value) if isinstance(value, Number) and not INTEGER.problem(value) else None


@entry_rule("key-length-uneven", ERROR, types.SCEP)
def _key_length(entry: Entry) -> Iterator[Hit]:
    """The shortest key is counted in bits that make whole bytes."""
    bits = _integer(entry, "minimumPublicKeyLength")
    if bits is not None and bits % 8:
        yield Hit(
            "minimumPublicKeyLength", f"{bits} bits are no whole bytes: {_DISABLED}", "write for example 2048"
        )


@entry_rule("key-length-short", WARNING, types.SCEP)
def _short_key(entry: Entry) -> Iterator[Hit]:
    """Short RSA keys can be factored; zero means the usual 2048."""
    bits = _integer(entry, "minimumPublicKeyLength")
    if bits and bits < 2048 and bits % 8 == 0:
        yield Hit(
            "minimumPublicKeyLength", f"RSA keys of {bits} bits are too weak to trust", "use 2048 or more"
        )


@entry_rule("encryption-algorithm-unknown", ERROR, types.SCEP)
def _encryption(entry: Entry) -> Iterator[Hit]:
    """There are five ciphers, numbered from 0 to 4."""
    number = _integer(entry, "encryptionAlgorithmIdentifier")
    if number is not None and not 0 <= number <= 4:
        message = f"there is no cipher {number}: {_DISABLED}"
        yield Hit("encryptionAlgorithmIdentifier", message, "they go from 0 to 4; 2 is AES-256-CBC")


@entry_rule("encryption-weak", WARNING, types.SCEP)
def _weak_encryption(entry: Entry) -> Iterator[Hit]:
    """The cipher that step-ca takes where none is set is DES."""
    if (entry.get("encryptionAlgorithmIdentifier") or _WEAK_CIPHER) == _WEAK_CIPHER:
        message = "answers are encrypted with DES, which anybody can break"
        yield Hit("encryptionAlgorithmIdentifier", message, "set 2 (AES-256-CBC) if the clients know it")


@entry_rule("challenge-missing", WARNING, types.SCEP)
def _challenge(entry: Entry) -> Iterator[Hit]:
    """Without a challenge everybody who reaches the CA gets a certificate."""
    hooks = [hook.get("kind") for _, hook in entry.objects("options.webhooks")]
    if not entry.text("challenge") and "SCEPCHALLENGE" not in hooks:
        message = "there is no challenge: everybody who can reach the CA can get a certificate"
        yield Hit("challenge", message, "set challenge, or a webhook of the kind SCEPCHALLENGE")


@entry_rule("decrypter-key-address", ERROR, types.SCEP)
def _decrypter_address(entry: Entry) -> Iterator[Hit]:
    """The address of a key begins with a key manager that can decrypt; a path alone is none."""
    address = entry.text("decrypterKey")
    if address and address.partition(":")[0].lower() not in _DECRYPTERS:
        message = f"it is no address of a key manager that can decrypt: {_DISABLED}"
        yield Hit("decrypterKey", message, "write for example softkms:path=/etc/step/decrypter.key")
        return
    fact = entry.facts.files.get(decrypter_file(address))
    if fact is not None and fact.problem:
        yield Hit(
            "decrypterKey",
            f"{decrypter_file(address)} {fact.problem}: {_DISABLED}",
            "name a file with an RSA key",
        )


def decrypter_file(address: str) -> str:
    """Return the file that an address of a key names, or the empty text for other key managers."""
    manager, _, place = address.partition(":")
    return place.removeprefix("path=").partition(";")[0] if manager.lower() == "softkms" else ""


@entry_rule("decrypter-certificate-missing", ERROR, types.SCEP)
def _decrypter_certificate(entry: Entry) -> Iterator[Hit]:
    """A decrypter key is of no use without its certificate."""
    for path in ("decrypterKeyPEM", "decrypterKey"):
        if entry.get(path) and not entry.get("decrypterCertificate"):
            message = f"{path} has no certificate beside it: {_DISABLED}"
            yield Hit("decrypterCertificate", message, "set decrypterCertificate")
            return


@entry_rule("decrypter-missing", WARNING, types.SCEP)
def _decrypter(entry: Entry) -> Iterator[Hit]:
    """Only RSA keys can decrypt requests, so that a CA with another key needs a decrypter."""
    has_own = entry.get("decrypterKeyPEM") or entry.get("decrypterKey")
    kind = entry.facts.intermediate_key
    if kind and not kind.startswith("RSA") and not has_own:
        message = f"the CA's own key ({kind}) cannot decrypt requests: SCEP clients get no certificate"
        yield Hit("decrypterKeyPEM", message, "set decrypterCertificate and decrypterKeyPEM to an RSA pair")
