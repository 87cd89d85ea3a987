"""The claims that are in force for a provisioner, and where each comes from.

A provisioner's claims lie over those of `authority.claims`, and those over what is built in. At each
layer a minimum that is not set gives way to a lower default of that layer, and a maximum that is not
set to a higher one (certificates: authority/provisioner/claims.go, authority/config/config.go).
"""

from __future__ import annotations

from functools import lru_cache

from shell.model.durations import HOUR, MINUTE, parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON

BUILT_IN = "built in"
AUTHORITY = "authority"
PROVISIONER = "provisioner"

GROUPS = ("TLS", "UserSSH", "HostSSH")
SWITCHES = ("enableSSHCA", "disableRenewal", "allowRenewalAfterExpiry", "disableSmallstepExtensions")

_DAY = 24 * HOUR
_DURATIONS = {
    "TLS": (5 * MINUTE, _DAY, _DAY),
    "UserSSH": (5 * MINUTE, 16 * HOUR, _DAY),
    "HostSSH": (5 * MINUTE, 30 * _DAY, 30 * _DAY),
}


class EffectiveClaim:
    """One claim as it is in force.

    `path` is the dotted path in the provisioner (`claims.maxTLSCertDuration`). `value` is a number of
    nanoseconds or a boolean. `origin` is `built in`, `authority` or `provisioner`. `note` says why the
    value is another than the one written, or is empty.
    """

    __slots__ = ("note", "origin", "path", "value")

    def __init__(self, path: str, value: int | bool, origin: str, note: str = "") -> None:
        self.path = path
        self.value = value
        self.origin = origin
        self.note = note

    def __repr__(self) -> str:
        return f"EffectiveClaim({self.path!r}, {self.value!r}, {self.origin!r}, {self.note!r})"


def effective(provisioner: Provisioner, authority_claims: JSON) -> tuple[EffectiveClaim, ...]:
    """Return every claim in force for a provisioner, in the order of step-ca's documentation.

    `authority_claims` is the value of `authority.claims` in ca.json, or None. A value that step-ca
    could not read counts as absent, with a note.
    """
    return tuple(
        _overlaid(provisioner.get(("claims",)), PROVISIONER, of_authority(authority_claims)).values()
    )


def of_authority(authority_claims: JSON) -> dict[str, EffectiveClaim]:
    """Return the claims of a provisioner that sets none, by name (`maxTLSCertDuration`)."""
    return _overlaid(authority_claims, AUTHORITY, built_in())


def lifetimes(
    layer: JSON, origin: str, under: Mapping[str, EffectiveClaim], group: str
) -> dict[str, EffectiveClaim]:
    """Return the claims `min`, `default` and `max` of a group (`TLS`, `UserSSH`, `HostSSH`).

    `layer` is a claims object that lies over the claims `under` it, and `origin` its name.
    """
    names = _names(group)
    claims = {name: under[name] for name in names}
    if isinstance(layer, dict):
        shortest, usual, longest = (int(claim.value) for claim in claims.values())
        for name, value in zip(names, _bounds(layer, group, (shortest, usual, longest)), strict=True):
            claims[name] = _duration_claim(layer, origin, under[name], name, value)
    return dict(zip(("min", "default", "max"), claims.values(), strict=True))


def ttl(provisioner: Provisioner, authority_claims: JSON) -> tuple[int, int, int]:
    """Return the shortest, usual and longest lifetime of X.509 certificates, in nanoseconds."""
    times = _DURATIONS["TLS"]
    for layer in (authority_claims, provisioner.get(("claims",))):
        if isinstance(layer, dict):
            times = _bounds(layer, "TLS", times)
    return times


def built_in() -> dict[str, EffectiveClaim]:
    """Return the claims of a CA that sets none, by name."""
    claims = {}
    for group in GROUPS:
        for name, value in zip(_names(group), _DURATIONS[group], strict=True):
            claims[name] = EffectiveClaim("claims." + name, value, BUILT_IN)
    for name in SWITCHES:
        claims[name] = EffectiveClaim("claims." + name, False, BUILT_IN)
    return claims


def _names(group: str) -> tuple[str, str, str]:
    return (f"min{group}CertDuration", f"default{group}CertDuration", f"max{group}CertDuration")


def duration_of(claims: Mapping[str, JSON], name: str) -> int | None:
    """Return a duration of a claims object in nanoseconds, or None where there is none to be read."""
    text = claims.get(name)
    return _parsed(text) if type(text) is str else None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> int | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


def _bounds(layer: Mapping[str, JSON], group: str, under: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return shortest, usual and longest once a layer of claims lies over the one under it."""
    own = [duration_of(layer, name) for name in _names(group)]
    usual = under[1] if own[1] is None else own[1]
    shortest = own[0] if own[0] is not None else under[0] if own[1] is None else min(under[0], usual)
    longest = own[2] if own[2] is not None else under[2] if own[1] is None else max(under[2], usual)
    return shortest, usual, longest


def _overlaid(layer: JSON, origin: str, under: Mapping[str, EffectiveClaim]) -> dict[str, EffectiveClaim]:
    claims: dict[str, EffectiveClaim] = {}
    for group in GROUPS:
        claims |= dict(zip(_names(group), lifetimes(layer, origin, under, group).values(), strict=True))
    for name in SWITCHES:
        written = layer.get(name) if isinstance(layer, dict) else None
        claims[name] = (
            EffectiveClaim("claims." + name, written, origin) if isinstance(written, bool) else under[name]
        )
    return claims


def _duration_claim(
    layer: Mapping[str, JSON], origin: str, under: EffectiveClaim, name: str, value: int
) -> EffectiveClaim:
    if duration_of(layer, name) is not None:
        return EffectiveClaim(under.path, value, origin)
    if value != under.value:
        moved = "lowered" if value < under.value else "raised"
        return EffectiveClaim(under.path, value, origin, f"{moved} to the default set there")
    if layer.get(name) is not None:
        return EffectiveClaim(under.path, value, under.origin, f"what the {origin} says cannot be read")
    return under
