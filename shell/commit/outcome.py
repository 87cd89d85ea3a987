"""What a commit came to: the values that the pipelines return and that commands show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from shell.model.values import JSON

Word: TypeAlias = Literal["committed", "nothing", "refused", "rolled-back", "incomplete", "dry-run"]


@dataclass(frozen=True, slots=True)
class LiveOutcome:
    """What the running CA made of a new file.

    `word` is "live" (it serves the file), "down" (no CA answers: nothing to be live on), "unknown" (it
    cannot be seen, or did not come round in time), or "refused" (it keeps the old configuration, has
    disabled a provisioner, or died of the reload). `reason` is for a person, safe to show; a refusal
    always has one. `notes` are further lines.
    """

    word: Literal["live", "down", "unknown", "refused"]
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def live(self) -> bool | None:
        """True, False, or None where it cannot be known."""
        return {"live": True, "down": False, "refused": False}.get(self.word)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a commit ended.

    `id` is its number in the history of the target, or None where nothing was written. `live` is None
    where it cannot be known. `notes` are lines for a person, safe to show. `fingerprint` is that of the
    target afterwards. `plan` is the masked difference that was committed, as `diff --json` gives it.
    """

    word: Word
    id: int | None = None
    added: int = 0
    changed: int = 0
    removed: int = 0
    live: bool | None = None
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    backup: str = ""
    plan: JSON = None

    def to_json(self) -> dict[str, object]:
        """Return the document that `commit --json` prints."""
        return {
            "outcome": self.word,
            "id": self.id,
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "live": self.live,
        }
