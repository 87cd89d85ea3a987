"""What the prompt and the toolbar say about the session: staged edits, a target that moved, a file not live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.escape import visible

if TYPE_CHECKING:
    from prompt_toolkit.formatted_text import StyleAndTextTuples

    from shell.session import Session
    from shell.ui.understanding import Understanding
    from shell.ui.watch import Watch


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
        self._summary = str(self._session.plan().summary)

    def prompt(self) -> StyleAndTextTuples:
        """Return the text before the line: the target, and in brackets what is not settled."""
        marks = [
            ("class:mark.staged", f"+{self._staged}" if self._staged else ""),
            ("class:mark.drifted", "!" if self._watch.drifted else ""),
            ("class:mark.written", "~" if self._watch.written_only else ""),
        ]
        shown: StyleAndTextTuples = [("class:prompt.target", self._session.target.label)]
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
        if not self._watch.is_loaded:
            parts.append(("class:bottom-toolbar", "reading"))
        left = room - sum(len(text) + 2 for _, text, *_ in parts)
        place = visible(self._session.target.name)
        if len(place) > left:
            place = "…" + place[-max(left - 1, 0) :] if left > 8 else ""
        fragments: StyleAndTextTuples = [("class:bottom-toolbar", place)]
        for style, part, *_ in parts:
            fragments += [("class:bottom-toolbar", "  "), (style, part)]
        return fragments


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"
