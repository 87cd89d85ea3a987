"""A login with a certificate in hand: signing with it, and getting the next one before it expires."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from shell.backends.admin.credential import renewed
from shell.backends.admin.failures import LoginError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.credential import Credential
    from shell.model.values import JSON

_EARLY = 0.25
_EARLIEST = timedelta(minutes=10)
# Types whose tokens the CA lets be used again; a request signed with their certificates cannot be burnt.
_REUSABLE = (3, 4, 5, 8)


class Login(Protocol):
    """An admin, as whom requests are signed.

    `published` may hold what the CA publishes of its provisioners, where somebody has read it already: it
    saves reading it once more to log in.
    """

    published: Sequence[dict[str, JSON]] | None

    @property
    def subject(self) -> str:
        """The admin's subject."""

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through; empty before it is known."""

    @property
    def not_after(self) -> datetime | None:
        """When the certificate in hand expires; None before the login."""

    @property
    def logged_in(self) -> bool:
        """Whether there is a certificate in hand."""

    @property
    def can_rehearse(self) -> bool:
        """Whether a fresh login can be tried at any time, without asking anybody."""

    @property
    def burnable(self) -> bool:
        """Whether a token that was used once is refused ever after."""

    def token(self, path: str, id: str = "") -> str:
        """Return the token of a request to this decoded path, logging in or renewing before; raises LoginError.

        `id` is what the CA takes once, whoever's certificate signs it; without one it is a new one.
        """

    def token_at_once(self, path: str, id: str) -> str:
        """Return the same where it needs no request to the CA and nobody who is asked, else the empty text."""

    def rehearse(self) -> Login:
        """Return another login of the same admin, with a certificate got just now; raises LoginError."""

    def forget(self) -> None:
        """Let the next request log in anew: the one who did is not admitted."""


class Held:
    """A login with a certificate that is renewed before it expires."""

    can_rehearse = False
    published: Sequence[dict[str, JSON]] | None = None

    def __init__(self, connection: Connection, *, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock
        self._held: Credential | None = None

    @property
    def not_after(self) -> datetime | None:
        """When the certificate in hand expires; None before the login."""
        return self._held.chain.leaf.not_after if self._held else None

    @property
    def logged_in(self) -> bool:
        """Whether there is a certificate in hand."""
        return self._held is not None

    @property
    def burnable(self) -> bool:
        """Whether a token that was used once is refused ever after."""
        mark = self._held.chain.provisioner if self._held else None
        return mark is None or mark.type not in _REUSABLE

    def token(self, path: str, id: str = "") -> str:
        """See `Login`."""
        return self._signed(self._current(), path, id)

    def token_at_once(self, path: str, id: str) -> str:
        """See `Login`."""
        if self._held is None or self.is_due(self._held):
            return ""
        return self._signed(self._held, path, id)

    def _signed(self, held: Credential, path: str, id: str) -> str:
        return held.signer.token(path, int(self._clock().timestamp()), id)

    def _current(self) -> Credential:
        if self._held is None:
            self._held = self._first()
        elif self.is_due(self._held):
            self._held = self._next(self._held)
        return self._held

    def forget(self) -> None:
        """Let the next request log in anew."""
        self._held = None

    def is_due(self, held: Credential) -> bool:
        """Whether it is time for the next certificate."""
        leaf = held.chain.leaf
        early = min((leaf.not_after - leaf.not_before) * _EARLY, _EARLIEST)
        return self._clock() >= leaf.not_after - early

    def is_over(self, held: Credential) -> bool:
        """Whether a certificate has expired."""
        return self._clock() >= held.chain.leaf.not_after

    def _first(self) -> Credential:
        raise NotImplementedError

    def _next(self, held: Credential) -> Credential:
        raise NotImplementedError


def now_utc() -> datetime:
    """Return what time it is."""
    return datetime.fromtimestamp(time.time(), UTC)


class Renewing(Held):
    """A login whose certificate renews itself, where its provisioner allows that; it cannot be got anew."""

    def rehearse(self) -> Login:
        """Raise: a fresh login would need what its holder did to get the certificate."""
        raise LoginError(
            "login-no-rehearsal",
            "with this login it cannot be tried whether a new one would still work",
            hint="log in through a JWK provisioner with a password",
        )

    def _next(self, held: Credential) -> Credential:
        new = renewed(self._connection, held, int(self._clock().timestamp()))
        if new is None and self.is_over(held):
            raise self._expired(held)
        return new or held

    def _expired(self, held: Credential) -> LoginError:
        return LoginError(
            "login-certificate-expired",
            f"the admin's certificate expired at {held.chain.leaf.not_after:%Y-%m-%dT%H:%M:%SZ}",
            hint="log in anew: connect again, or get another one with `step ca certificate`",
        )
