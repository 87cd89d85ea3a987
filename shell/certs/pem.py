"""PEM text, cut into blocks with the rules of Go's `encoding/pem`.

step-ca and step both read certificates and keys with that package, and its leniency is visible: text
between blocks is skipped, a block that does not decode is skipped silently, spaces inside the base64
do not matter, and what comes after the last END line is "the rest", which some fields refuse. Whether
step-ca accepts a field can only be told with the same rules (read from Go 1.26, and compared with
it over damaged inputs in the live tests).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKER = b"-----BEGIN "
# What Go's unicode.IsSpace says yes to; Python's strip() would take four control characters besides.
GO_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_BEGIN = b"-----BEGIN "
_END = b"\n-----END "
_DASHES = b"-----"
_BLANK = re.compile(rb"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class PemBlock:
    """One block: its label (`CERTIFICATE`), its headers, and the bytes that the base64 stands for."""

    label: str
    headers: Mapping[str, str]
    data: bytes = field(repr=False)

    @property
    def encrypted(self) -> bool:
        """Whether the block needs a password: PKCS #8, or the old form that says so in a header."""
        return self.label == "ENCRYPTED PRIVATE KEY" or self.headers.get("Proc-Type") == "4,ENCRYPTED"

    def text(self) -> bytes:
        """Return the block as PEM text in the form that Go writes."""
        return encode(self.label, self.data, self.headers)


def split(data: bytes) -> tuple[list[PemBlock], bytes]:
    """Return every block of the text in order, and the bytes after the last one.

    Without any block the rest is the whole text.
    """
    blocks: list[PemBlock] = []
    while True:
        block, data = first(data)
        if block is None:
            return blocks, data
        blocks.append(block)


def first(data: bytes) -> tuple[PemBlock | None, bytes]:
    """Return the first block and the bytes after it, or None and all of the text."""
    start = 0
    while (end := data.find(_END, start)) >= 0:
        begin = data.rfind(_BEGIN, start, end)
        if begin >= 0 and (begin == start or data[begin - 1 : begin] == b"\n"):
            found = _block(data, begin, end)
            if found is not None:
                return found
        start = end + len(_END)
    return None, data


def _block(data: bytes, begin: int, end: int) -> tuple[PemBlock, bytes] | None:
    """Read the block between a BEGIN and an END mark; None where Go would look further."""
    line, position = _line(data, begin + len(_BEGIN))
    if not line.endswith(_DASHES):
        return None
    label = line.removesuffix(_DASHES)
    headers: dict[str, str] = {}
    while position < len(data):
        line, following = _line(data, position)
        name, colon, value = line.partition(b":")
        if not colon:
            break
        headers[name.strip().decode("latin-1")] = value.strip().decode("latin-1")
        position = following
    if headers and position > end:
        return None
    after = end + len(_END)
    last, rest = _line(data, after)
    if last != label + _DASHES:
        return None
    try:
        body = decode_base64(_BLANK.sub(b"", data[position : max(position, end)]))
    except ValueError:
        return None
    return PemBlock(label.decode("latin-1"), headers, body), data[rest:]


def _line(data: bytes, start: int) -> tuple[bytes, int]:
    """Return the line that starts here, without blanks at its end, and where the next one starts."""
    end = data.find(b"\n", start)
    if end < 0:
        return data[start:].rstrip(b" \t"), len(data)
    return data[start:end].removesuffix(b"\r").rstrip(b" \t"), end + 1


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but white space, as Go sees it."""
    return not data.decode("utf-8", "replace").strip(GO_SPACE)


def decode_base64(text: bytes) -> bytes:
    """Return the bytes of padded standard base64, as strictly as Go. Raises ValueError."""
    if len(text) % 4:
        raise ValueError("the length is no multiple of four")
    return base64.b64decode(text, validate=True)


def encode(label: str, data: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the PEM text of a block: lines of 64 characters and a final line break, as Go writes it."""
    lines = [f"-----BEGIN {label}-----".encode("latin-1")]
    if headers:
        names = sorted(headers, key=lambda name: (name != "Proc-Type", name))
        lines += [f"{name}: {headers[name]}".encode("latin-1") for name in names]
        lines.append(b"")
    body = base64.b64encode(data)
    lines += [body[index : index + 64] for index in range(0, len(body), 64)]
    lines.append(f"-----END {label}-----".encode("latin-1"))
    return b"\n".join(lines) + b"\n"


def member(text: bytes) -> str:
    """Return PEM text as a member of ca.json holds it: standard base64 of the text."""
    return base64.b64encode(text).decode("ascii")
