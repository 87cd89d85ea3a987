"""The tokens of admin requests: a new one for each, and one of them perhaps signed ahead of its time."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from shell.keys.tokens import new_token_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shell.backends.admin.held import Login

_SOON = 10.0
"""How long a token that was signed ahead is kept, in seconds; it holds for five minutes."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, its id, the decoded path that it is for, and when it was signed, in seconds of this process's clock.

    `until` is when the certificate expires that it was signed with.
    """

    path: str
    id: str
    text: str = field(repr=False)
    signed_at: float
    until: datetime | None


class Tokens:
    """Tokens of one login, each for one request; one of them may have been signed ahead."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._ahead: Token | None = None

    def sign_ahead(self, path: str) -> None:
        """Sign the token that is to be taken next, unless somebody would have to be asked for that."""
        id_ = new_token_id()
        text = self._login.token_at_once(path, id_)
        self._ahead = self._made(path, id_, text) if text else None

    def take(self, path: str) -> Token:
        """Return the token of a request to this decoded path; raises LoginError."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and self._is_good(ahead, path):
            return ahead
        id_ = new_token_id()
        return self._made(path, id_, self._login.token(path, id_))

    def _is_good(self, ahead: Token, path: str) -> bool:
        known = ahead.path == path and ahead.until == self._login.not_after
        return known and monotonic() - ahead.signed_at < _SOON

    def _made(self, path: str, id_: str, text: str) -> Token:
        return Token(path, id_, text, monotonic(), self._login.not_after)


class Authorizer:
    """Gives the token of a request, a new one for each time that it is sent; `id` is that of the last one."""

    def __init__(self, tokens: Tokens, path: str, noting: Callable[[str, str], None] | None = None) -> None:
        self._tokens = tokens
        self._path = path
        self._noting = noting
        self.id = ""

    def __call__(self) -> str:
        """Return the token of the request that is about to go out; raises LoginError."""
        token = self._tokens.take(self._path)
        self.id = token.id
        if self._noting is not None:
            self._noting(self._path, self.id)
        return token.text
