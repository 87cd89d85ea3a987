"""The two encodings of Nebula certificates: protocol buffers (version 1) and DER (version 2)."""

from __future__ import annotations

from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}


class Field(NamedTuple):
    """One field of a protocol buffer message: its number, its wire type, and its value.

    A variable-length integer is an `int`, everything else `bytes`.
    """

    number: int
    wire: int
    value: int | bytes


def read_message(data: bytes) -> list[Field]:
    """Return the fields of a message in order. Raises ValueError where it is cut off or malformed."""
    fields: list[Field] = []
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise ValueError("a field number is out of range")
        value: int | bytes
        if wire == VARINT:
            value, position = read_varint(data, position)
        else:
            length, position = _length(data, position, wire)
            value = data[position : position + length]
            position += length
        fields.append(Field(number, wire, value))
    return fields


def _length(data: bytes, position: int, wire: int) -> tuple[int, int]:
    if wire == BYTES:
        length, position = read_varint(data, position)
    elif wire in _FIXED:
        length = _FIXED[wire]
    else:
        raise ValueError("a field has an unknown wire type")
    if position + length > len(data):
        raise ValueError("it is cut off")
    return length, position


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the integer that starts at the position, at most 64 bits, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ValueError("it is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, position
    raise ValueError("an integer is too long")


def varint(value: int) -> bytes:
    """Return an integer in the variable-length form; a negative one as 64 bits in two's complement."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def put_varint(number: int, value: int) -> bytes:
    """Return a field with an integer; nothing for zero, which is the default."""
    return varint(number << 3 | VARINT) + varint(value) if value else b""


def put_bytes(number: int, value: bytes) -> bytes:
    """Return a field with bytes; nothing for empty ones, which are the default."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value if value else b""


class Der:
    """A reader over DER elements with one-byte tags, with the rules of Go's `cryptobyte`."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def empty(self) -> bool:
        """Whether everything has been read."""
        return not self._data

    def optional(self, tag: int) -> bytes | None:
        """Return the content of the next element if it has this tag, and step over it."""
        if self._data[:1] != bytes([tag]):
            return None
        header, length = self._header()
        content = self._data[header : header + length]
        self._data = self._data[header + length :]
        return content

    def element(self, tag: int) -> bytes:
        """Return the whole next element, tag and length included. Raises ValueError for another tag."""
        before = self._data
        self.content(tag)
        return before[: len(before) - len(self._data)]

    def content(self, tag: int) -> bytes:
        """Return the content of the next element. Raises ValueError where it has another tag."""
        found = self.optional(tag)
        if found is None:
            raise ValueError("an element is missing")
        return found

    def integer(self, tag: int) -> int:
        """Return a signed integer of at most 64 bits, in its shortest form, under a tag of its own."""
        content = self.content(tag)
        if not 0 < len(content) <= 8:
            raise ValueError("an integer has the wrong length")
        if len(content) > 1 and (content[0], content[1] >> 7) in ((0, 0), (0xFF, 1)):
            raise ValueError("an integer is not in its shortest form")
        return int.from_bytes(content, "big", signed=True)

    def _header(self) -> tuple[int, int]:
        """Return the length of tag and length octets, and the length of the content."""
        if len(self._data) < 2:
            raise ValueError("it is cut off")
        length, header = self._data[1], 2
        if length >= 0x80:
            count = length & 0x7F
            octets = self._data[2 : 2 + count]
            length, header = int.from_bytes(octets, "big"), 2 + count
            if not 0 < count <= 4 or len(octets) < count or octets[0] == 0 or length < 0x80:
                raise ValueError("a length is not in its shortest form")
        if header + length > len(self._data):
            raise ValueError("it is cut off")
        return header, length


def der(tag: int, content: bytes) -> bytes:
    """Return a DER element with a one-byte tag."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
