"""What the line being typed says: one analysis of it, which colours, hint and toolbar share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.commands.parameters import FieldPath, ProvisionerName
from shell.errors import UsageError
from shell.language.lexer import statements

if TYPE_CHECKING:
    from shell.interpreter import Interpreter
    from shell.language.anatomy import Analysis, Span
    from shell.language.parameters import Parameter
    from shell.session import Session
    from shell.ui.watch import Watch

_LONGEST = 20_000  # characters; a longer text was pasted, and is analysed when it runs


class Understanding:
    """Analyses a line once for everything that is drawn of it. Nothing here reads a file."""

    def __init__(self, interpreter: Interpreter, session: Session, watch: Watch) -> None:
        self._interpreter = interpreter
        self._session = session
        self._watch = watch
        self._text: str | None = None
        self._analysis: Analysis | None = None

    def analysis(self, text: str) -> Analysis | None:
        """Return the analysis of a line; None of several lines."""
        if text != self._text:
            self._text = text
            several = len(text) > _LONGEST or ("\n" in text and len(statements(text)) > 1)
            self._analysis = None if several else self._interpreter.analyse(text)
        return self._analysis

    @property
    def is_settled(self) -> bool:
        """Whether the target is known, so that names that are not there can be told."""
        return self._watch.is_loaded

    def role(self, span: Span, analysis: Analysis) -> str:
        """Return what a span is drawn as: its role, or for a value what kind of value it is.

        The word being typed is not yet wrong.
        """
        role = span.role
        if role == "error" and span.end == len(analysis.text):
            return "value"
        if role == "value" and span.parameter is not None:
            if isinstance(span.parameter.type, FieldPath):
                return "field"
            if isinstance(span.parameter.type, ProvisionerName):
                unknown = span.end < len(analysis.text) and self._is_unknown(span, analysis)
                return "error" if unknown else "name"
        return role

    def _is_unknown(self, span: Span, analysis: Analysis) -> bool:
        """Whether a span names a provisioner that is not there."""
        if span.parameter is None or not isinstance(span.parameter.type, ProvisionerName):
            return False
        name = analysis.bound.get(span.parameter.name)
        if not self._watch.is_loaded or not isinstance(name, str):
            return False
        return not name.startswith("%") and not self._session.view.named(name)

    def problem(self, text: str) -> str:
        """Return what is wrong with a line as far as it is finished, or the empty text."""
        analysis = self.analysis(text)
        if analysis is None or analysis.help >= 0:
            return ""
        for offset, error in zip(analysis.offsets, analysis.problems, strict=False):
            if not _is_unfinished(analysis, offset, error):
                return error.message
        for span in analysis.spans:
            if span.end < len(text) and span.parameter is not None and self._is_unknown(span, analysis):
                return f'there is no provisioner named "{analysis.bound[span.parameter.name]}"'
        return ""

    def hint(self, text: str) -> str:
        """Return the arguments that a line still needs or may take, to stand behind it in grey."""
        analysis = self.analysis(text)
        if analysis is None or analysis.command is None or analysis.segments or analysis.help >= 0:
            return ""
        binding = analysis.binding
        in_word = bool(text) and (not text[-1].isspace() or not analysis.tokens[-1].closed)
        if binding is None or in_word:
            return ""
        if binding.pending is not None:
            flag = binding.pending[0]
            return "" if isinstance(flag, str) else flag.type.metavar
        parts = [_shown(row) for row in analysis.command.positionals[binding.seen :]]
        parts += [f"{row.flag} {row.type.metavar}" for row in analysis.missing if row.flag]
        return " ".join(parts)


def _is_unfinished(analysis: Analysis, offset: int, error: UsageError) -> bool:
    """Whether a problem is of the word that is being typed, or of what is only missing yet."""
    if error.code in {"missing-argument", "missing-value", "missing-filter", "incomplete-command"}:
        return True
    end = len(analysis.text)
    last = analysis.tokens[-1] if analysis.tokens else None
    return last is not None and last.end == end and offset >= last.start


def _shown(row: Parameter) -> str:
    label = row.label + ("..." if row.many else "")
    return label if row.required else f"[{label}]"
