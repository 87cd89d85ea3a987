"""Completion: what may stand at the cursor, ranked, cut to a menu's length and written so that it fits.

Candidates come from the analysis of the line. Those that begin with what is typed stand first, then
those that contain it, then, where few are left, those that have its letters in order.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion

from shell.escape import shortened, visible
from shell.language.analysis import analyse
from shell.language.anatomy import Expectation
from shell.language.cursor import candidates
from shell.language.files import FilePath
from shell.language.lexer import quote
from shell.language.parameters import Candidate, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prompt_toolkit.document import Document

    from shell.language.anatomy import Analysis
    from shell.language.registry import Registry
    from shell.session import Session
    from shell.ui.watch import Watch

MOST = 200
_SMALL = 1000
"""How many candidates are looked through for more than a beginning."""
_PATIENCE = 1.0
"""Seconds that a menu or a Tab waits for whoever works with the session: as a rule another menu, for milliseconds."""
_LONGEST_TEXT = 4000
_FILES = FilePath()


class Candidates(Completer):
    """Completes the line at a prompt from the session's own index; call it outside the thread of the keys."""

    def __init__(self, registry: Registry, session: Session, watch: Watch) -> None:
        self._registry = registry
        self._session = session
        self._watch = watch

    def at_once(self, document: Document, patience: float = 0.0) -> list[Completion] | None:
        """Return all candidates, or None where they would have to be waited for longer than these seconds.

        That is before the target has been read, and while somebody works with it.
        """
        if not self._watch.is_loaded or not self._watch.lock.acquire(timeout=patience):
            return None
        try:
            return list(self.get_completions(document, CompleteEvent(completion_requested=True)))
        finally:
            self._watch.lock.release()

    def soon(self, document: Document) -> list[Completion] | None:
        """Return all candidates also where a menu has still to be got ready: the keys behind a Tab come after it."""
        return self.at_once(document, _PATIENCE)

    def is_fixed_word(self, text: str) -> bool:
        """Whether a text ends within a word that can only be one of ours: a command, a flag or a filter."""
        expected = analyse(text, self._registry, cursor=len(text), interactive=True).expected
        return bool(expected) and all(isinstance(each.what, str) for each in expected)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield what may stand at the cursor."""
        text, cursor = document.text, document.cursor_position
        if len(text) > _LONGEST_TEXT:
            return
        analysis = analyse(text, self._registry, cursor=cursor, interactive=True)
        found = self._of_disk(analysis)
        if analysis.expected and self._watch.is_loaded and self._watch.lock.acquire(timeout=_PATIENCE):
            try:
                found += self._of_session(analysis)
            finally:
                self._watch.lock.release()
        more = len(found) - MOST
        for expectation, candidate in found[: MOST - 1] if more > 0 else found:
            yield _completion(analysis, expectation, candidate, cursor)
        if more > 0:
            yield _completion(analysis, found[-1][0], Candidate("", f"and {more + 1} more; type on"), cursor)

    def _of_disk(self, analysis: Analysis) -> list[tuple[Expectation, Candidate]]:
        """Return what is looked for on disks, and expect it no more; they may be slow, so no lock is held."""
        found: list[tuple[Expectation, Candidate]] = []
        rest = []
        for expectation in analysis.expected:
            on_disk = self._on_disk(analysis, expectation)
            if on_disk is None:
                rest.append(expectation)
            else:
                found += _ranked((expectation, each) for each in on_disk)
        analysis.expected = rest
        return found

    def _on_disk(self, analysis: Analysis, expectation: Expectation) -> Iterable[Candidate] | None:
        what, prefix = expectation.what, expectation.prefix
        if not isinstance(what, Parameter):
            return None
        if what.type.accepts_source(analysis.bound) and prefix.startswith(("@", "env:")):
            return _sources(prefix)
        return what.type.candidates(prefix, analysis.bound, self._session) if what.type.on_disk else None

    def _of_session(self, analysis: Analysis) -> list[tuple[Expectation, Candidate]]:
        found = list(islice(_ranked(candidates(analysis, self._registry, self._session)), MOST))
        if len(found) < MOST and (wider := _widened(analysis)):
            seen = {candidate.text for _, candidate in found}
            more = _ranked(candidates(analysis, self._registry, self._session), wider)
            found += islice((pair for pair in more if pair[1].text not in seen), MOST - len(found))
        return found


def _widened(analysis: Analysis) -> dict[int, str]:
    """Let commands and flags that do not begin with what is typed be offered too.

    Returns what is typed for each widened expectation, by its identity.
    """
    typed: dict[int, str] = {}
    for expectation in analysis.expected:
        if expectation.what in ("command", "flag", "filter") and len(expectation.prefix.strip("-")) > 1:
            typed[id(expectation)] = expectation.prefix
            expectation.prefix = ""
    return typed


def _ranked(
    pairs: Iterable[tuple[Expectation, Candidate]], typed: dict[int, str] | None = None
) -> Iterator[tuple[Expectation, Candidate]]:
    """Yield the pairs that fit what is typed: first those that begin with it, then the others.

    A candidate without a text says something about the others, and stays last. Ranking goes no further
    than a small number; a source of more has ranked them itself.
    """
    ahead = iter(pairs)
    first = list(islice(ahead, _SMALL))
    ranks: list[list[tuple[Expectation, Candidate]]] = [[], [], [], []]
    for expectation, candidate in first:
        prefix = (typed or {}).get(id(expectation), expectation.prefix)
        rank = _rank(prefix, candidate.text)
        if rank is not None:
            ranks[rank].append((expectation, candidate))
    for fitting in ranks:
        yield from fitting
    yield from ahead


def _rank(typed: str, text: str) -> int | None:
    """Return how well a candidate fits: 0 begins with it, 1 contains it, 2 has its letters, None does not fit."""
    if not text:
        return 3
    if text.startswith(typed):
        return 0
    folded, wanted = text.casefold(), typed.casefold().lstrip("-")
    if folded.startswith(wanted):
        return 0
    if wanted in folded:
        return 1
    letters = iter(folded)
    return 2 if len(wanted) > 1 and all(letter in letters for letter in wanted) else None


def _sources(prefix: str) -> Iterator[Candidate]:
    if prefix.startswith("@"):
        for each in _FILES.candidates(prefix[1:], {}, None):
            yield Candidate("@" + each.text, each.description or "content of this file")
    else:
        for name in sorted(os.environ):
            if name.startswith(prefix.removeprefix("env:")):
                yield Candidate("env:" + name, "value of this variable")


def _completion(
    analysis: Analysis, expectation: Expectation, candidate: Candidate, cursor: int
) -> Completion:
    if not candidate.text:
        return Completion("", 0, display="…", display_meta=visible(candidate.description))
    written = _written(analysis, expectation, candidate.text)
    behind = analysis.text[cursor : expectation.replace_end]
    if behind and written.endswith(behind):
        written = written.removesuffix(behind)
    return Completion(
        written,
        expectation.replace_start - cursor,
        display=shortened(candidate.text),
        display_meta=shortened(candidate.description, 80),
    )


def _written(analysis: Analysis, expectation: Expectation, text: str) -> str:
    """Return a candidate as it must be written: quoted where it has to be, but sources and `~` bare."""
    what = expectation.what
    if not isinstance(what, Parameter):
        return text
    if what.type.accepts_source(analysis.bound):
        if text.startswith("env:"):
            return text
        if text.startswith("@"):
            return "@" + _path(text[1:])
    return _path(text) if isinstance(what.type, FilePath) else quote(text)


def _path(path: str) -> str:
    """Return a path with the `~` at its start outside the quotes."""
    home, slash, rest = path.partition("/")
    if home.startswith("~") and slash:
        return f"{home}/{quote(rest)}" if rest else f"{home}/"
    return quote(path)
