"""What the prompt and the toolbar say about the session: staged edits, a target that moved, a file not live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shell.escape import visible
from shell.ui.ages import age

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from shell.session import Session
    from shell.sites.lookout import Standing
    from shell.staging.plan import Summary
    from shell.ui.understanding import Understanding
    from shell.ui.watch import Watch

_FINGERPRINT = (16, 8)
"""How many characters of the root's fingerprint the toolbar shows, where there is room and where there is little."""
_MUCH = 3
"""What part of a line the name of a CA may take in the prompt before it loses its scheme."""
_MOST = 2
"""What part of a line it may take at all."""


class Marks:
    """Draws prompt and toolbar. `refresh` after each line; drawing itself computes nothing."""

    def __init__(self, session: Session, watch: Watch) -> None:
        self._session = session
        self._watch = watch
        self._staged = 0
        self._summary = ""

    def refresh(self) -> None:
        """Look at what is staged now."""
        if not self._session.has_staged_edits:
            self._staged, self._summary = 0, ""
            return
        self._staged = sum(len(step.edits) for step in self._session.draft.steps)
        self._summary = _summary(self._session.plan().summary)

    def prompt(self, columns: int = 0) -> StyleAndTextTuples:
        """Return the text before the line: the target, and in brackets what is not settled.

        On a terminal of few columns the name of the target leaves room for what is typed.
        """
        marks = [
            ("class:mark.admin", visible(self._standing.admin) if self._standing else ""),
            ("class:mark.staged", f"+{self._staged}" if self._staged else ""),
            ("class:mark.drifted", "!" if self._watch.drifted else ""),
            ("class:mark.written", "~" if self._watch.written_only else ""),
        ]
        label = self._session.target.label
        if columns and len(label) > columns // _MUCH:
            label = _cut(label.removeprefix("https://"), columns // _MOST)
        shown: StyleAndTextTuples = [("class:prompt.target", label)]
        separator = " ["
        for style, text in marks:
            if text:
                shown += [("", separator), (style, text)]
                separator = " "
        return [*shown, ("", "]> " if separator == " " else "> ")]

    def plain(self) -> str:
        """Return the prompt without colours."""
        return "".join(text for _, text, *_ in self.prompt())

    def toolbar(self, understanding: Understanding, text: str, room: int) -> StyleAndTextTuples:
        """Return the line below: what is wrong with the text that is typed, or where one is and what is staged."""
        if problem := understanding.problem(text):
            return [("class:bottom-toolbar.error", _cut(visible(problem), room))]
        parts = self._parts()
        left = room - sum(len(text) + 2 for _, text, *_ in parts)
        place = visible(self._session.target.name)
        if len(place) > left:
            place = "…" + place[-max(left - 1, 0) :] if left > 8 else ""
        left -= len(place)
        if place:
            parts.insert(0, ("class:bottom-toolbar", place))
        parts += [("class:bottom-toolbar", part) for part in self._who(left)]
        fragments: StyleAndTextTuples = parts[:1]
        for style, part, *_ in parts[1:]:
            fragments += [("class:bottom-toolbar", "  "), (style, part)]
        return fragments

    def _parts(self) -> StyleAndTextTuples:
        """Return what is staged, and what is the matter with the target."""
        parts: StyleAndTextTuples = []
        if self._summary:
            parts.append(("class:bottom-toolbar.staged", self._summary))
        if self._watch.drifted:
            moved = (
                "changed by others; commit merges"
                if self._staged
                else "changed by others; read again at Enter"
            )
            parts.append(("class:bottom-toolbar.error", moved))
        if self._watch.written_only:
            parts.append(("class:bottom-toolbar.staged", "written, but not live"))
        if self._watch.silent:
            parts.append(("class:bottom-toolbar.error", "does not answer"))
        if not self._watch.is_loaded and not self._watch.drifted:
            parts.append(("class:bottom-toolbar", "reading"))
        return parts

    def _who(self, room: int) -> Sequence[str]:
        """Return which CA it is, who is logged in and until when: as much of it as there is room for."""
        standing = self._standing
        if standing is None:
            return ()
        roots = [f"root {standing.root[:size]}" for size in _FINGERPRINT if standing.root]
        admin = f"admin {visible(standing.admin)}" if standing.admin else ""
        ends = _ends(standing.until, datetime.now(UTC)) if standing.until is not None else ("", "")
        forms = [(root, admin, end) for end in ends for root in roots]
        forms += [("", admin, ends[1]), ("", "", ends[1]), ("", admin, "")]
        for form in forms:
            parts = [part for part in form if part]
            if sum(len(part) + 2 for part in parts) <= room:
                return parts
        return ()

    @property
    def _standing(self) -> Standing | None:
        """How things stand at the CA, None at a file and before the CA is read."""
        if self._session.target.kind != "ca" or not self._watch.is_loaded:
            return None
        from shell.sites.lookout import standing

        return standing(self._session.site)


def _ends(until: datetime, now: datetime) -> tuple[str, str]:
    """Return when the certificate of an admin ends: in full, and in short."""
    when = age(until, now)
    verb = "ends" if until > now else "ended"
    same_day = until.date() == now.date()
    return f"certificate {verb} {until:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC ({when})", (
        f"certificate {verb} {when}"
    )


def _summary(summary: Summary) -> str:
    """Return what a commit would do in few words."""
    words = [f"{count} to {name}" for name, count in summary._asdict().items() if count]
    return ", ".join(words) or "nothing to change"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"
