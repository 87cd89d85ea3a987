"""A running CA as the admin who is logged in sees it, for the rules about what would lock somebody out."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is logged in, and who is an admin of what.

    `provisioner` and `subject` are those of the login. `rehearses` says that a fresh login can be tried
    before anything is lost. `admins` has the subjects of admins by the name of their provisioner, as far as
    provisioners are removed or renamed.
    """

    provisioner: str
    subject: str
    is_super: bool
    rehearses: bool
    admins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
