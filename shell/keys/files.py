"""Key files of a JWK provisioner, and password files, as step reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shell.certs import pem
from shell.certs.pemkeys import load_key
from shell.errors import ShellError
from shell.escape import visible
from shell.keys.jwe import ITERATIONS, compact_form, decrypt_key, encrypt_key, looks_like_jwe
from shell.keys.jwk import Jwk, from_key, normal, ordered, public_part, thumbprint
from shell.keys.problems import jwk_problems

if TYPE_CHECKING:
    from collections.abc import Callable

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What was in a key file.

    `public` is the public JWK, None for a JWE that was not opened; `private` the private JWK where the
    file holds one (and it could be opened); `encrypted` the compact JWE where the file is one.
    """

    name: str
    public: Jwk | None
    private: Jwk | None = field(default=None, repr=False)
    encrypted: str | None = field(default=None, repr=False)


def key_password(data: bytes) -> str:
    """Return the password in a password file: its text without white space at the end.

    Trimmed as step trims it (`unicode.IsSpace`), and everywhere: where step takes the raw file for
    `--private-key`, its key cannot be opened again with the same file. Bytes that are no UTF-8 survive
    as surrogates. Raises ShellError `password-empty`.
    """
    text = data.decode("utf-8", "surrogateescape").rstrip(pem.GO_SPACE)
    if not text:
        raise ShellError(
            "password-empty",
            "The password file holds nothing but white space.",
            hint="Write the password as the first line of the file.",
        )
    return text


def read_key_file(data: bytes, name: str, password: Callable[[], str] | None = None) -> KeyMaterial:
    """Return the key in a file: a JWK, an encrypted JWK (JWE in either serialisation), or PEM.

    PEM may be a public key, a private key of any usual kind, encrypted or not, a certificate or a
    certificate request. `password` is asked once, and only where the file is encrypted; without it an
    encrypted JWK is kept unopened, as it can be stored so. `name` is the file's name for messages.
    Raises ShellError: `key-format`, `key-malformed`, `key-symmetric`, `key-set`, `jwe-malformed`,
    `key-unsupported`, `key-several`, `key-password-missing`, `key-password-wrong`.
    """
    if pem.MARKER in data and not data.lstrip().startswith(b"{"):
        return _from_pem(data, name, password)
    try:
        text = data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError:
        raise _unknown(name) from None
    if looks_like_jwe(text):
        return _from_jwe(text, name, password)
    return _material(name, _json_jwk(text, name))


def public_for_provisioner(material: KeyMaterial) -> Jwk:
    """Return the public JWK for the member `key`.

    Raises ShellError `key-is-private` where the file holds a private key, encrypted or not: step would
    store it as it is, and the CA publish it.
    """
    if material.private is not None or material.public is None:
        raise ShellError(
            "key-is-private",
            f"{visible(material.name)} holds a private key; given as public key, the CA would publish it.",
            hint="Give it as --private-key, and the file with the public half as --public-key.",
        )
    return material.public


def private_for_provisioner(material: KeyMaterial, password: str, iterations: int = ITERATIONS) -> str:
    """Return the compact JWE for the member `encryptedKey`.

    An encrypted JWK stays under the password that it has; any other private key is encrypted under
    `password`, the key password, with `iterations` rounds of PBKDF2. Raises ShellError `key-is-public`
    or `password-empty`.
    """
    if material.encrypted is not None:
        return material.encrypted
    if material.private is None:
        raise ShellError(
            "key-is-public",
            f"{visible(material.name)} holds a public key only.",
            hint="Give the file with the private key as --private-key.",
        )
    return encrypt_key(material.private, password, iterations)


def _from_pem(data: bytes, name: str, password: Callable[[], str] | None) -> KeyMaterial:
    block, rest = pem.first(data)
    if block is None:
        raise _unknown(name)
    if not pem.is_blank(rest):
        raise ShellError(
            "key-several",
            f"{visible(name)} holds more than one PEM block.",
            hint="Copy the block of the key into a file of its own.",
        )
    secret = None if password is None else lambda: password().encode("utf-8", "surrogateescape")
    key = load_key(block, name, secret)
    try:
        jwk = from_key(key)
    except ValueError as error:
        raise ShellError(
            "key-unsupported",
            f"The key in {visible(name)} cannot be used: {error}.",
            hint="Keys may be EC (P-256, P-384, P-521), RSA or Ed25519.",
        ) from None
    return _material(name, ordered({**jwk, "kid": thumbprint(jwk)}))


def _from_jwe(text: str, name: str, password: Callable[[], str] | None) -> KeyMaterial:
    compact = compact_form(text)
    if password is None:
        return KeyMaterial(name, None, None, compact)
    private = decrypt_key(compact, password())
    return KeyMaterial(name, public_part(private), private, compact)


def _material(name: str, jwk: Jwk) -> KeyMaterial:
    return KeyMaterial(name, public_part(jwk), jwk if "d" in jwk else None)


def _json_jwk(text: str, name: str) -> Jwk:
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise _unknown(name) from None
    if not isinstance(found, dict):
        raise _unknown(name)
    if "keys" in found and "kty" not in found:
        raise ShellError(
            "key-set",
            f"{visible(name)} is a set of keys.",
            hint="Copy one of its keys into a file of its own.",
        )
    if found.get("kty") == "oct":
        raise ShellError(
            "key-symmetric",
            f"{visible(name)} holds a symmetric key; it cannot be a provisioner's key: the CA publishes it.",
            hint="Make a key pair: `step crypto jwk create key.pub key.priv`.",
        )
    try:
        _refuse_what_step_does_not_read(found)
        return normal(found)
    except ValueError as error:
        raise ShellError(
            "key-malformed",
            f"The JWK in {visible(name)} cannot be used: {error}.",
            hint="The file may be damaged or cut off; make it again or take another copy.",
        ) from None


def _refuse_what_step_does_not_read(jwk: Jwk) -> None:
    """Raise ValueError with the first reason for which go-jose would not read a JWK, such as a wrong x5c."""
    for problem in jwk_problems(jwk):
        if problem.effect == "refused":
            raise ValueError(problem.message.removesuffix("."))


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object's members; step refuses a JWK with a member that is there twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _unknown(name: str) -> ShellError:
    return ShellError(
        "key-format",
        f"{visible(name)} is not a key file: neither a JWK, nor an encrypted JWK, nor PEM.",
        hint="`step crypto jwk create key.pub key.priv` writes such files.",
    )
