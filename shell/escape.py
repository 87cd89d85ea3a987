"""How text that came from a target is made safe to show.

Names and values are data from elsewhere: a control character can move the cursor, a bidirectional
mark can reorder a line of a diff, a zero-width character can make two names look alike. Everything
that is shown goes through `visible`; nothing that is stored does.
"""

from __future__ import annotations

import re
from functools import cache

# C0, DEL and C1 controls; soft hyphen; Arabic letter mark; Mongolian vowel separator; zero-width and
# directional marks; line and paragraph separators; bidirectional embeddings and isolates; invisible
# operators; Hangul fillers; variation selectors; byte order mark; interlinear marks; tags; surrogates.
_UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc\U000e0000-\U000e0fff\ud800-\udfff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""Return the text with every character that could hide or reorder something written as an escape.

    Line breaks become `\n`, other such characters `\u200b`-style escapes; a backslash stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return _unsafe().sub(_escape, text)


def stood_in(text: str) -> str:
    """Return the text, as long as it was, with one mark for each character that could hide or reorder something.

    For a line that is being edited, whose cursor counts characters; line breaks and other controls stay.
    """
    return text if text.isascii() else _unsafe().sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    character = match.group()
    return character if character < " " else "\ufffd"


@cache
def _unsafe() -> re.Pattern[str]:
    """Return the pattern, made when the first odd text comes: it takes longer than many a start."""
    return re.compile(_UNSAFE)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _SHORT.get(character) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def shortened(text: str, width: int = 60) -> str:
    """Return the visible text, cut to `width` characters with an ellipsis when it is longer."""
    shown = visible(text[: width + 1])
    return shown if len(shown) <= width else shown[: width - 1] + "…"
