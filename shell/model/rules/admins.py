"""Rules about a running CA: whom an edit would cut off from it, first of all the admin who makes it.

The traps are those of certificates: authority/admins.go and administrator/collection.go (tried with
v0.30.2): admins are found by the name that their provisioner had when the CA loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.problems import DANGER, ERROR
from shell.model.rules.table import Change, Hit, change_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.provisioner import Provisioner

_ELSEWHERE = "log in through another provisioner for this: --admin-provisioner NAME"
_TRIED = "the commit tries a new login and takes everything back where that fails"
_UNTRIED = "with this login the commit cannot try that beforehand: make sure of another way in"


def _own(change: Change) -> bool:
    """Whether it is the provisioner that the admin is logged in through."""
    authority, before = change.facts.authority, change.before
    return authority is not None and before is not None and before.name == authority.provisioner


def _admins(change: Change) -> tuple[str, ...]:
    authority, before = change.facts.authority, change.before
    return authority.admins.get(before.name, ()) if authority is not None and before is not None else ()


def _differs(change: Change, *path: str) -> bool:
    before, after = change.before, change.after
    return before is not None and after is not None and before.get(path) != after.get(path)


@change_rule("own-provisioner-removed", ERROR)
def _own_removed(change: Change) -> Iterator[Hit]:
    """Whoever removes the provisioner that he is logged in through is out at once."""
    if _own(change) and change.after is None:
        yield Hit("", "you are logged in through it: the CA would not know you any more", _ELSEWHERE)


@change_rule("own-provisioner-renamed", ERROR)
def _own_renamed(change: Change) -> Iterator[Hit]:
    """Whoever renames the provisioner that he is logged in through cannot even take that back."""
    if _own(change) and _differs(change, "name"):
        yield Hit(
            "name", "you are logged in through it: the CA would not know you until it reloads", _ELSEWHERE
        )


@change_rule("rename-with-admins", ERROR)
def _renamed(change: Change) -> Iterator[Hit]:
    """The admins of a provisioner that is renamed are cut off until the CA reloads."""
    admins = _admins(change)
    if admins and _differs(change, "name") and not _own(change):
        yield Hit(
            "name",
            f"it has admins ({', '.join(admins)}): the CA would not know them until it reloads, and whoever then "
            "has its old name would have their rights",
            "add one of the new name, make them admins of that, and remove this one later",
        )


@change_rule("admins-go", DANGER)
def _admins_go(change: Change) -> Iterator[Hit]:
    """With a provisioner its admins go."""
    admins = _admins(change)
    if admins and change.after is None and not _own(change):
        yield Hit("", f"its admins go with it: {', '.join(admins)}", "a rollback makes them admins again")


@change_rule("needs-super-admin", ERROR)
def _needs_super(change: Change) -> Iterator[Hit]:
    """Only super admins may remove admins."""
    authority = change.facts.authority
    if authority is not None and not authority.is_super and _admins(change) and change.after is None:
        yield Hit(
            "",
            f"it has admins ({', '.join(_admins(change))}), and only a super admin can remove those",
            "log in as a super admin: --admin-subject NAME",
        )


_OWN_PARTS: tuple[tuple[str, tuple[tuple[str, ...], ...], str], ...] = (
    ("own-key", (("key",), ("encryptedKey",)), "its key is what you log in with"),
    ("own-template", (("options", "x509"),), "its template makes the certificate that you log in with"),
    (
        "own-webhook",
        (("options", "webhooks"),),
        "its webhooks have a say in the certificate that you log in with",
    ),
    ("own-claims", (("claims",),), "its claims bound the certificate that you log in with"),
)


def _changed_part(before: Provisioner, after: Provisioner, paths: tuple[tuple[str, ...], ...]) -> str:
    """Return the first of the paths at which two states differ, dotted, or the empty text."""
    return next((".".join(path) for path in paths if before.get(path) != after.get(path)), "")


def _add_own_rule(code: str, paths: tuple[tuple[str, ...], ...], what: str) -> None:
    @change_rule(code, DANGER)
    def look(change: Change) -> Iterator[Hit]:
        """A change of the provisioner that the admin is logged in through can lock him out."""
        before, after, authority = change.before, change.after, change.facts.authority
        if not _own(change) or before is None or after is None or authority is None:
            return
        if field := _changed_part(before, after, paths):
            yield Hit(
                field,
                f"you are logged in through this provisioner, and {what}",
                _TRIED if authority.rehearses else _UNTRIED,
            )


for _code, _paths, _what in _OWN_PARTS:
    _add_own_rule(_code, _paths, _what)
