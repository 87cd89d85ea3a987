"""What in the text of a ca.json is read otherwise than a person would read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.problems import ERROR, WARNING, Finding
from shell.model.provisioner import format_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shell.backends.cafile import Reading
    from shell.codec.goread import Oddity
    from shell.model.view import ProvisionerId

_WITHOUT_MARK = r"save it as UTF-8 without a mark, or run: sed -i '1s/^\xef\xbb\xbf//' FILE"


def oddities(
    reading: Reading, ids: Iterable[ProvisionerId]
) -> Iterator[tuple[ProvisionerId | None, tuple[Finding, ...]]]:
    """Yield what is odd around the provisioners (None), and in each of these."""
    yield None, tuple(map(_oddity, reading.config.oddities))
    for id_ in ids:
        if id_ < len(reading.config.entries):
            inside: list[Oddity] = []
            reading.config.entry_value(id_, inside)
            yield id_, tuple(map(_oddity, inside))


def _oddity(odd: Oddity) -> Finding:
    field = format_path(odd.path)
    if odd.kind == "mark":
        message = "the file begins with a byte order mark: step-ca refuses the whole file"
        return Finding(ERROR, "byte-order-mark", message, _WITHOUT_MARK, stops=True)
    if odd.kind == "trailing":
        message = "there is text after the document, which step-ca does not look at"
        return Finding(WARNING, "trailing-text", message, "take it out")
    if odd.kind == "repeated":
        message = "it is there more than once: step-ca reads the later into the earlier one"
        return Finding(WARNING, "repeated-member", message, "make one of them in an editor", field=field)
    message = f'it is spelled "{odd.found}": step-ca reads it, other programs may not'
    return Finding(WARNING, "member-spelling", message, f"spell it {odd.path[-1]}", field=field)
