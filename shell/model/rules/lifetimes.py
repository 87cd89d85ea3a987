"""Rules about claims: how long certificates live.

step-ca checks the three durations of X.509 certificates and stops at the first that is wrong
(certificates: authority/provisioner/claims.go); those of SSH it does not check at all.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from shell.model import claims
from shell.model.durations import HOUR, MICROSECOND, short_duration
from shell.model.problems import ERROR, WARNING
from shell.model.rules.table import Entry, Hit, Settings, entry_rule, file_rule
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shell.model.facts import Facts

_TEN_YEARS = 10 * 365 * 24 * HOUR
_ROOM = "step-ca starts without this provisioner"
_NAMES = {
    group: [f"{bound}{group}CertDuration" for bound in ("min", "default", "max")] for group in claims.GROUPS
}


@lru_cache(maxsize=len(claims.GROUPS))  # one rule after the other asks for those of the same entry
def _lifetimes(entry: Entry, group: str) -> dict[str, claims.EffectiveClaim]:
    """Return the lifetimes in force, by `min`, `default` and `max`; nothing where the provisioner sets none."""
    own = entry.get("claims")
    if not isinstance(own, dict) or own.keys().isdisjoint(_NAMES[group]):
        return {}
    found = claims.lifetimes(own, claims.PROVISIONER, entry.settings.claims, group)
    return found if any(claim.origin == claims.PROVISIONER for claim in found.values()) else {}


def _own(found: dict[str, claims.EffectiveClaim], bounds: tuple[str, ...], origin: str) -> str:
    """Return the path of the first of these that is set at this layer, else of the first."""
    ours = [found[bound].path for bound in bounds if found[bound].origin == origin]
    return ours[0] if ours else found[bounds[0]].path


def _contradictions(
    found: dict[str, claims.EffectiveClaim], origin: str, certain: bool = True
) -> Iterator[tuple[str, str, str]]:
    """Yield path, what is wrong, and remedy, for durations that step-ca would not take.

    Where the claims of the CA are not known (`certain` is false) only what the provisioner says itself
    is compared.
    """
    for bound, word in (("min", "shortest"), ("max", "longest"), ("default", "usual")):
        if found[bound].value <= 0 and found[bound].origin == origin:
            yield found[bound].path, f"the {word} lifetime is {_shown(found[bound])}", "make it more than 0s"
    for low, high in (("min", "max"), ("min", "default"), ("default", "max")):
        pair = found[low], found[high]
        if pair[0].value > pair[1].value > 0 and (certain or all(claim.origin == origin for claim in pair)):
            yield (
                _own(found, (high, low), origin),
                f"{_described(pair[0])} is more than {_described(pair[1])}",
                _remedy(found, low, high, origin),
            )


def _described(claim: claims.EffectiveClaim) -> str:
    name = claim.path.removeprefix("claims.")
    where = {claims.BUILT_IN: ", built in", claims.AUTHORITY: ", from authority.claims"}
    return f"{name} ({_shown(claim)}{where.get(claim.origin, '') if not claim.note else ''})"


def _shown(claim: claims.EffectiveClaim) -> str:
    return short_duration(int(claim.value))


def _remedy(found: dict[str, claims.EffectiveClaim], low: str, high: str, origin: str) -> str:
    """A bound beside a default that is inherited is the usual trap: the default has to be set with it."""
    for bound, other in ((low, high), (high, low)):
        if bound == "default" and found[bound].origin != origin:
            return f"set {found[bound].path} too, for example to {_shown(found[other])}"
    return f"make {found[low].path} at most {found[high].path}"


@entry_rule("lifetime-contradiction", ERROR)
def _lifetime_contradiction(entry: Entry) -> Iterator[Hit]:
    """Lifetimes of X.509 certificates that are not positive, or not in order, disable a provisioner."""
    found = _lifetimes(entry, "TLS")
    if found:
        for path, wrong, remedy in _contradictions(found, claims.PROVISIONER, entry.settings.is_file):
            yield Hit(path, f"{wrong}: {_ROOM}", remedy)


@file_rule("authority-lifetime-contradiction")
def _authority_contradiction(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The claims of the whole CA follow the same rules, and then step-ca does not start."""
    found = claims.lifetimes(settings.get("authority.claims"), claims.AUTHORITY, claims.built_in(), "TLS")
    for path, wrong, remedy in _contradictions(found, claims.AUTHORITY):
        yield Hit("authority." + path, f"{wrong}: step-ca does not start", remedy)


@entry_rule("ssh-lifetime-contradiction", WARNING)
def _ssh_contradiction(entry: Entry) -> Iterator[Hit]:
    """Lifetimes of SSH certificates are not checked by step-ca; wrong ones show when one is asked for."""
    for group in ("UserSSH", "HostSSH"):
        found = _lifetimes(entry, group)
        if found:
            for path, wrong, remedy in _contradictions(found, claims.PROVISIONER, entry.settings.is_file):
                yield Hit(path, f"{wrong}: step-ca takes it, and requests for SSH certificates fail", remedy)


@entry_rule("lifetime-very-long", WARNING)
def _very_long(entry: Entry) -> Iterator[Hit]:
    """Ten years are hard to revoke: such lifetimes are set by mistake, or regretted."""
    for group in claims.GROUPS:
        found = _lifetimes(entry, group)
        if found and found["max"].origin == claims.PROVISIONER and int(found["max"].value) >= _TEN_YEARS:
            path = _own(found, ("max", "default"), claims.PROVISIONER)
            yield Hit(
                path if not found["max"].note else found["default"].path,
                f"certificates may live {short_duration(int(found['max'].value))}, ten years or more",
                "a short lifetime with renewal is safer, for example 2160h",
            )


@entry_rule("outlives-intermediate", WARNING)
def _outlives(entry: Entry) -> Iterator[Hit]:
    """A certificate that lives longer than the intermediate that signed it is not valid to its end."""
    end, now = entry.facts.intermediate_expires, entry.facts.now
    if end is None or now is None:
        return
    found = _lifetimes(entry, "TLS")
    longest = found.get("max")
    if longest and longest.origin == claims.PROVISIONER and _after(now, int(longest.value)) > end:
        yield Hit(
            longest.path if not longest.note else found["default"].path,
            f"a certificate of {_shown(longest)} outlives the intermediate, which ends {end:%Y-%m-%d}",
            "shorten it, or renew the intermediate first",
        )


def _after(now: datetime, nanoseconds: int) -> datetime:
    try:
        return now + timedelta(microseconds=nanoseconds // MICROSECOND)
    except OverflowError:
        return now.max.replace(tzinfo=now.tzinfo)


@entry_rule("ssh-not-set-up", WARNING)
def _ssh_not_set_up(entry: Entry) -> Iterator[Hit]:
    """SSH certificates need keys in the section `ssh` of ca.json."""
    settings = entry.settings
    if settings.is_file and not settings.has_ssh_keys and entry.get("claims.enableSSHCA") is True:
        yield Hit(
            "claims.enableSSHCA",
            "SSH certificates are allowed, but the CA has no SSH keys: every request for one fails",
            "set up ssh.hostKey and ssh.userKey in ca.json, or unset it",
        )


@file_rule("backdate-negative")
def _backdate(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The time by which certificates are dated back cannot be negative."""
    text = settings.get("authority.backdate")
    if isinstance(text, str) and not isinstance(text, Number):
        value = claims.duration_of({"backdate": text}, "backdate")
        if value is not None and value < 0:
            yield Hit(
                "authority.backdate", f"{text} is negative: step-ca does not start", "make it 0s or more"
            )
