"""What the keys do that are not those of every line editor."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import completion_is_selected, has_focus, vi_navigation_mode
from prompt_toolkit.key_binding import KeyBindings

from shell.language.lexer import HELP, is_incomplete, statements, tokenize

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import Completion
    from prompt_toolkit.key_binding import KeyPressEvent

    from shell.ui.completion import Candidates
    from shell.ui.lineeditor import Actions

_LOOK_AGAIN = 0.02
"""Seconds after which a Tab that came too early looks again whether the target has been read."""


def bindings(actions: Actions, candidates: Candidates) -> KeyBindings:
    """Return the keys of the prompt."""
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=typing & completion_is_selected)
    def choose(event: KeyPressEvent) -> None:
        """Take the chosen candidate, and go on typing."""
        event.current_buffer.complete_state = None

    @keys.add("enter", filter=typing & ~completion_is_selected)
    def accept(event: KeyPressEvent) -> None:
        """Run the line, or go on in the next where a quote is open."""
        buffer = event.current_buffer
        if is_incomplete(buffer.text) and buffer.document.is_cursor_at_the_end:
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("tab", filter=typing)
    def complete(event: KeyPressEvent) -> None:
        """Take the only candidate, or go through them."""
        buffer, document = event.current_buffer, event.current_buffer.document
        found = candidates.soon(document)
        if found is not None:
            _complete(buffer, found)
        else:
            event.app.create_background_task(_complete_later(buffer, candidates))

    @keys.add("?", filter=typing & ~vi_navigation_mode)
    def explain(event: KeyPressEvent) -> None:
        """Show what may stand here, or write the character where it is part of a word."""
        buffer = event.current_buffer
        before = buffer.document.text_before_cursor
        if _asks_help(before) or candidates.is_fixed_word(before):
            run_in_terminal(lambda: actions.explain(before))
        else:
            buffer.insert_text("?")

    @keys.add("<bracketed-paste>", filter=typing)
    def paste(event: KeyPressEvent) -> None:
        """Put a paste into the line; several whole lines run at once, a single one waits for Enter."""
        buffer = event.current_buffer
        text = event.data.replace("\r\n", "\n").replace("\r", "\n")
        before = buffer.document.text_before_cursor
        whole = text.endswith("\n") and len(statements(before + text)) > 1
        goes_on = is_incomplete(before + text)  # the line end is part of a value
        buffer.insert_text(text if whole or goes_on else text.removesuffix("\n"))
        if whole and not is_incomplete(buffer.text):
            buffer.validate_and_handle()

    _add_draft_keys(keys, actions)
    return keys


def _add_draft_keys(keys: KeyBindings, actions: Actions) -> None:
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("c-x", "u", filter=typing)
    def undo(event: KeyPressEvent) -> None:
        """Take the last staged line back."""
        run_in_terminal(lambda: actions.run_above("undo"))

    # eager: emacs has longer keys that begin so, and would be waited for
    @keys.add("c-x", "r", filter=typing, eager=True)
    def redo(event: KeyPressEvent) -> None:
        """Stage the line again that was taken back."""
        run_in_terminal(lambda: actions.run_above("redo"))


def _asks_help(text: str) -> bool:
    """Whether a `?` behind this text asks what may stand there: where a word may begin."""
    return any(token.kind == HELP and token.start == len(text) for token in tokenize(text + "?"))


async def _complete_later(buffer: Buffer, candidates: Candidates) -> None:
    """Complete a line once that can be done, unless it has become another meanwhile; the keys do not wait for it."""
    document = buffer.document
    while buffer.document == document:
        found = candidates.at_once(document)
        if found is not None:
            _complete(buffer, found)
            return
        await asyncio.sleep(_LOOK_AGAIN)


def _complete(buffer: Buffer, found: list[Completion]) -> None:
    """Write what all candidates have in common, or the only one; where that is nothing, go through them."""
    state = buffer.complete_state
    if state is not None and state.complete_index is not None:
        buffer.complete_next()
        return
    before = buffer.document.text_before_cursor
    beginning = [each for each in found if each.text and each.text.startswith(_typed(before, each))]
    only_flags = bool(found) and found[0].text.startswith("-") and not _typed(before, found[0])
    if only_flags:  # what is wanted may be a word that nobody can guess: no flag is written for it at once
        buffer.complete_next() if state is not None else buffer.start_completion()
    elif len(beginning) == 1 or (len(found) == 1 and found[0].text):
        _take(buffer, (beginning or found)[0])
    elif common := _in_common([each.text[len(_typed(before, each)) :] for each in beginning]):
        buffer.insert_text(common)
    elif state is not None:
        buffer.complete_next()
    else:
        buffer.start_completion(select_first=True)


def _typed(before: str, candidate: Completion) -> str:
    """Return what is typed of the word that a candidate would replace."""
    return before[candidate.start_position :] if candidate.start_position else ""


def _in_common(texts: list[str]) -> str:
    """Return the characters that all texts begin with."""
    return os.path.commonprefix(texts)  # noqa: RUF071  # characters are wanted, these are no paths


def _take(buffer: Buffer, candidate: Completion) -> None:
    buffer.apply_completion(candidate)
    if not candidate.text.endswith(("/", "=", "~")) and not buffer.document.current_char:
        buffer.insert_text(" ")


def editing_mode() -> EditingMode:
    """Return vi where the person's readline has it (`set editing-mode vi` in inputrc), else emacs."""
    path = os.environ.get("INPUTRC") or os.path.expanduser("~/.inputrc")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            settings = file.read()
    except OSError:
        return EditingMode.EMACS
    found = re.findall(r"^\s*set\s+editing-mode\s+(\w+)", settings, re.MULTILINE)
    return EditingMode.VI if found[-1:] == ["vi"] else EditingMode.EMACS
