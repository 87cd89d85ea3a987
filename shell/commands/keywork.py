"""The key of a JWK provisioner from the flags of a line, or from a key file.

The key password is asked for at a prompt, and comes from a file, a variable or a descriptor elsewhere.
It is never the login password. A private key file that is itself protected is opened with the same
password, under which its key is then kept.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shell.commands.flags import SET
from shell.commands.recipes import Change
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.parameters import Source
from shell.results import Request, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shell.keys.files import KeyMaterial
    from shell.keys.jwk import Jwk
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.session import Session

_PARTS = ("create", "public_key", "private_key", "password_file", "kty", "curve", "size")
_ALPHABET = string.ascii_letters + string.digits
_GENERATED_LENGTH = 32


@dataclass(frozen=True, slots=True)
class KeyWork:
    """What a line says about a key. `file` is the key file of the older form `add NAME JWK-FILE`."""

    create: bool = False
    public_key: Source | None = None
    private_key: Source | None = None
    drop_private: bool = False
    password_file: Source | None = None
    kty: str = "EC"
    curve: str = ""
    size: int = 0
    file: Source | None = None

    @property
    def gives_key(self) -> bool:
        """Whether the line gives a public key."""
        return self.create or self.public_key is not None or self.file is not None

    @property
    def is_empty(self) -> bool:
        """Whether the line says nothing about keys."""
        return not (self.gives_key or self.private_key or self.drop_private)


def key_work(flags: Mapping[str, object], file: Source | None = None) -> KeyWork:
    """Return what the flags say about a key; raises UsageError where they contradict each other."""
    given = {name: flags[name] for name in _PARTS if name in flags}
    work = KeyWork(
        create=given.get("create") is True,
        public_key=_source(given.get("public_key")),
        private_key=_source(given.get("private_key")),
        drop_private="private_key" in given and not given["private_key"],
        password_file=_source(given.get("password_file")),
        kty=str(given.get("kty") or "EC"),
        curve=str(given.get("curve") or ""),
        size=_bits(given.get("size")),
        file=file,
    )
    if work.create and (work.public_key or work.private_key or work.drop_private):
        raise _contradiction("--create", "--public-key and --private-key")
    if work.file and (work.create or work.public_key or work.private_key):
        raise _contradiction("a key file", "--create, --public-key and --private-key")
    if not work.create and not given.keys().isdisjoint(("kty", "curve", "size")):
        raise UsageError(
            "flag-needs-flag", "--kty, --curve and --size go with --create", hint="write --create"
        )
    return work


def with_key_password(
    session: Session, name: str, work: KeyWork, then: Callable[[str | None, list[str]], Result]
) -> Result:
    """Return `then(password, notices)`, or at a prompt a request for the key password that ends so.

    The password is None where none is needed. An empty answer makes one, which is in a notice, once.
    Raises UsageError in a batch that gives none.
    """
    from shell.keys.files import key_password

    if work.password_file is not None:
        return then(key_password(session.sources.read(work.password_file)), [])
    need = _password_need(session, work)
    if need is None:
        return then(None, [])
    if not session.interactive:
        raise UsageError(
            "no-key-password",
            f"{need.what} needs its password",
            hint="give the key password as --password-file FILE; env:NAME and fd:N serve as well",
        )

    def resume(answer: str) -> Result:
        if answer:
            return then(answer, [])
        if need.opens:
            return Result(notices=["no password, and nothing staged"])
        password = "".join(secrets.choice(_ALPHABET) for _ in range(_GENERATED_LENGTH))
        return then(password, [f"key password of {visible(name)}, shown only now: {password}"])

    message = (
        f"Key password, which opens {need.what}: "
        if need.opens
        else f"Key password for {visible(name)} (empty: one is made and shown): "
    )
    return Result(request=Request("password", message=message, resume=resume))


def key_changes(
    session: Session, work: KeyWork, password: str | None, present: Provisioner | None
) -> tuple[list[Change], list[str]]:
    """Return what the line changes in `key` and `encryptedKey`, and notices.

    `present` is the provisioner that is updated. The two halves are kept together: a new public key
    drops the private one of the old. Raises ShellError where files hold no such keys, or where the
    halves do not belong together.
    """
    if work.create:
        return _created(work, password or "")
    if work.file is not None:
        return _from_file(session, work.file, password)
    return _from_halves(session, work, password, present)


def _created(work: KeyWork, password: str) -> tuple[list[Change], list[str]]:
    from shell.keys.jwe import encrypt_key
    from shell.keys.jwk import create_key

    private, public = create_key(work.kty, work.curve, work.size)
    return _pair(public, encrypt_key(private, password)), []


def _from_file(session: Session, source: Source, password: str | None) -> tuple[list[Change], list[str]]:
    from shell.keys.files import public_for_provisioner
    from shell.keys.jwk import public_part

    material = _material(session, source, password)
    if material.private is not None:
        return _pair(public_part(material.private), _encrypted(material, password)), []
    notice = f"{visible(source.name)} holds a public key only: whoever asks for tokens needs the private one"
    return _pair(public_for_provisioner(material), None), [notice]


def _from_halves(
    session: Session, work: KeyWork, password: str | None, present: Provisioner | None
) -> tuple[list[Change], list[str]]:
    from shell.keys.files import public_for_provisioner
    from shell.keys.jwk import same_pair

    public = public_for_provisioner(_material(session, work.public_key, None)) if work.public_key else None
    notices: list[str] = []
    encrypted = None
    old = present.members.get("key") if present is not None else None
    if work.private_key:
        material = _material(session, work.private_key, password)
        other = public if public is not None else old
        if material.private is None and material.encrypted is not None:
            notices.append(
                f"{visible(work.private_key.name)} stays closed: whether it belongs to the public key is not known"
            )
        elif material.private is not None and not (
            isinstance(other, dict) and same_pair(other, material.private)
        ):
            raise ShellError(
                "key-pair",
                f"the private key in {visible(work.private_key.name)} does not belong to the public key",
                hint="give both halves: --public-key FILE --private-key FILE",
            )
        encrypted = _encrypted(material, password)
    changes = [Change(SET, ("key",), _json(public))] if public is not None else []
    if encrypted is not None:
        return [*changes, Change(SET, ("encryptedKey",), encrypted)], notices
    if work.drop_private or (present is not None and public is not None and not _same_key(public, old)):
        had = present is not None and present.members.get("encryptedKey") is not None
        changes.append(Change(SET, ("encryptedKey",), None))
        if had and not work.drop_private:
            notices.append("the encrypted private key belonged to the old public key and goes with it")
    return changes, notices


def _pair(public: Jwk, encrypted: str | None) -> list[Change]:
    return [Change(SET, ("key",), _json(public)), Change(SET, ("encryptedKey",), encrypted)]


def _json(jwk: Jwk) -> JSON:
    return dict(jwk)


def _same_key(public: Jwk, other: JSON) -> bool:
    from shell.keys.jwk import fingerprint

    return isinstance(other, dict) and fingerprint(public) == fingerprint(other)


def _encrypted(material: KeyMaterial, password: str | None) -> str:
    from shell.keys.files import private_for_provisioner

    return private_for_provisioner(material, password or "")


def _material(session: Session, source: Source, password: str | None) -> KeyMaterial:
    from shell.keys.files import read_key_file

    ask = (lambda: password) if password is not None else None
    return read_key_file(session.sources.read(source), source.name, ask)


class _Need(NamedTuple):
    """What needs a key password, and whether it has that password already."""

    what: str
    opens: bool


def _password_need(session: Session, work: KeyWork) -> _Need | None:
    """Return what needs a key password, if anything does."""
    if work.create:
        return _Need("a new key", opens=False)
    source = work.private_key or work.file
    if source is None:
        return None
    name = visible(source.name)
    try:
        material = _material(session, source, None)
    except ShellError as error:
        if error.code != "key-password-missing":
            raise
        return _Need(f"the protected key in {name}", opens=True)
    if material.encrypted is not None:
        # as it is protected already, it need not be opened; only its public half must come from somewhere
        return _Need(f"the protected key in {name}", opens=True) if work.file else None
    return _Need(f"the private key in {name}", opens=False) if material.private is not None else None


def _source(value: object) -> Source | None:
    return value if isinstance(value, Source) else None


def _bits(value: object) -> int:
    if value is None:
        return 0
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            "bad-value", f'--size: "{visible(text[:40])}" is no number of bits', hint="write for example 3072"
        )
    return int(text)


def _contradiction(one: str, other: str) -> UsageError:
    return UsageError("contradicting-flags", f"{one} does not go with {other}", hint="give one or the other")
