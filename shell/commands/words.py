"""From the words of a line to the value of a field: the last step that needs to know the type.

A word is text, or a source (`@file`, `env:NAME`, `fd:N`) that is read here, once, when the line runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.masks import field_at, is_secret
from shell.errors import UsageError
from shell.language.parameters import Source
from shell.model.kinds import RAW
from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    from shell.model.kinds import Kind
    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.session import Session

    Word: TypeAlias = str | Source


def value_of(session: Session, type_: ProvisionerType | None, path: Path, words: Sequence[Word]) -> JSON:
    """Return the value that words give a field; a field without a row takes JSON.

    Raises UsageError naming the field where they are no value of its kind.
    """
    row = field_at(type_, path)
    kind = row.kind if row is not None else RAW
    try:
        if kind.is_list:
            return [item for word in words for item in _items(session, kind, word)]
        if len(words) > 1:
            raise UsageError("too-many-values", "takes one value", hint="quote it where it has spaces")
        return kind.parse(text_of(session, words[0], trimmed=is_secret(type_, path)))
    except UsageError as error:
        raise UsageError(error.code, f"{format_path(path)}: {error.message}", hint=error.hint) from None


def item_values(session: Session, words: Sequence[Word]) -> Iterator[str]:
    """Return the items that words stand for, as texts."""
    for word in words:
        yield text_of(session, word, trimmed=True)


def text_of(session: Session, word: Word, *, trimmed: bool) -> str:
    """Return the text of a word; of a source its content, without trailing white space if `trimmed`.

    Raises ShellError where a source cannot be read, UsageError where it is no UTF-8 text.
    """
    if not isinstance(word, Source):
        return word
    try:
        text = session.sources.read(word).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("not-text", f"{word} is not UTF-8 text", hint="give a text file") from None
    return text.rstrip() if trimmed else text


def _items(session: Session, kind: Kind, word: Word) -> list[JSON]:
    items = kind.parse(text_of(session, word, trimmed=True))
    return items if isinstance(items, list) else [items]
