"""A login through a provisioner that is only known by its name: a password or a browser, as its type wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.backends.admin.public import PublicApi
from shell.model import types
from shell.model.types import find_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from shell.backends.admin.connection import Connection
    from shell.backends.admin.held import Login
    from shell.model.values import JSON


class NamedLogin:
    """A `shell.backends.admin.held.Login` that finds out which one it is when it is first needed.

    `by_password()` and `by_browser()` make the two; the latter is taken where the CA publishes `provisioner`
    as one of type OIDC. `subject` is what was given, or the empty text.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        provisioner: str,
        subject: str,
        by_password: Callable[[], Login],
        by_browser: Callable[[], Login],
    ) -> None:
        self._connection = connection
        self._name = provisioner
        self._given_subject = subject
        self._by_password = by_password
        self._by_browser = by_browser
        self._found: Login | None = None
        self.published: Sequence[dict[str, JSON]] | None = None

    @property
    def subject(self) -> str:
        """The admin's subject."""
        return self._found.subject if self._found else self._given_subject

    @property
    def provisioner(self) -> str:
        """The provisioner logged in through."""
        return self._found.provisioner if self._found else self._name

    @property
    def not_after(self) -> datetime | None:
        """When the certificate in hand expires; None before the login."""
        return self._found.not_after if self._found else None

    @property
    def logged_in(self) -> bool:
        """Whether there is a certificate in hand."""
        return self._found is not None and self._found.logged_in

    @property
    def can_rehearse(self) -> bool:
        """Whether a fresh login can be tried at any time, without asking anybody."""
        return self._found is not None and self._found.can_rehearse

    @property
    def burnable(self) -> bool:
        """Whether a token that was used once is refused ever after."""
        return self._found is None or self._found.burnable

    def token(self, path: str, id: str = "") -> str:
        """Return the token of a request to this decoded path; raises LoginError."""
        return self._chosen().token(path, id)

    def token_at_once(self, path: str, id: str) -> str:
        """Return it where that needs no request and nobody who is asked, else the empty text."""
        return self._found.token_at_once(path, id) if self._found is not None else ""

    def rehearse(self) -> Login:
        """Return another login of the same admin; raises LoginError."""
        return self._chosen().rehearse()

    def forget(self) -> None:
        """Let the next request log in anew."""
        if self._found is not None:
            self._found.forget()

    def _chosen(self) -> Login:
        if self._found is None:
            entries = self.published
            if entries is None:
                entries = PublicApi(self._connection).provisioners()
            is_oidc = any(
                entry.get("name") == self._name and find_type(entry.get("type")) is types.OIDC
                for entry in entries
            )
            self._found = self._by_browser() if is_oidc else self._by_password()
            self._found.published = entries
        return self._found
