"""What became of one request to a CA.

Four things can have happened, and a commit treats each differently: the CA did it, it refused, nothing
was sent, or nobody knows. The last is the important one: the answer got lost, the change perhaps not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shell.escape import visible

if TYPE_CHECKING:
    from shell.model.values import JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """The CA did what was asked; `json` is what it said."""

    status: int
    json: JSON = field(repr=False)
    request_id: str

    @property
    def brief(self) -> str:
        """One line for a person."""
        return f"done ({self.status})"


@dataclass(frozen=True, slots=True)
class Refused:
    """The CA says no, and did nothing.

    `type` is the kind of its error (`badRequest`, `notFound` ...), empty where it did not say one;
    `message` are its own words, as they came; `words` are fit to be told. `hidden` are they without the secrets
    of the request, where they repeat any. `about` says what they mean and what to do, `suspects` which
    fields may be at fault, both where that is known and safe to show.
    """

    status: int
    type: str
    message: str
    request_id: str
    about: str = ""
    suspects: str = ""
    hidden: str = ""

    @property
    def words(self) -> str:
        """The CA's own words as they may be shown."""
        return visible(self.hidden or self.message)

    @property
    def brief(self) -> str:
        """One line for a person."""
        why = self.about or self.words or self.type or "no reason given"
        return f"the CA refused ({self.status}): {why}" + (f"; {self.suspects}" if self.suspects else "")


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing was sent, for sure: there was no connection. `code` says why in a word."""

    code: str
    why: str

    @property
    def brief(self) -> str:
        """One line for a person."""
        return self.why


@dataclass(frozen=True, slots=True)
class Lost:
    """The request went out and no answer of the CA came back; whether it acted is unknown.

    `path` (decoded) and `token_id` are those of the request, with which it can be settled; a request without an
    admin's token has none. `status` is that of an answer that did not come from the CA, or 0. `suspects` says
    what may have made the CA break off, where that is known; it is safe to show.
    """

    why: str
    path: str
    token_id: str = ""
    status: int = 0
    suspects: str = ""

    @property
    def brief(self) -> str:
        """One line for a person."""
        return self.why + (f" ({self.suspects})" if self.suspects else "")


Outcome = Answer | Refused | Unreachable | Lost
