"""The rest of a line that was typed before, shown in grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.document import Document


class Suggestions(AutoSuggest):
    """Suggests the newest line that begins with what is typed."""

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """Return what is left of it, or None."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        for line in reversed(buffer.history.get_strings()):
            if line.startswith(text) and "\n" not in line:
                return Suggestion(line[len(text) :])
        return None
