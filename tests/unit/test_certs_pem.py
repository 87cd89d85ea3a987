"""PEM text, cut into blocks as Go cuts it; that Go agrees is shown in tests/live."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.certs import pem
from shell.certs.pem import PemBlock

ONE = pem.encode("THING", b"one")
TWO = pem.encode("OTHER THING", bytes(100))


def contents(text: bytes) -> list[bytes]:
    """Return what is in the blocks of a text."""
    return [block.data for block in pem.split(text)[0]]


@given(st.lists(st.binary(max_size=200), max_size=4), st.sampled_from([b"", b"text\n", b"\n\n"]))
def test_what_is_encoded_comes_back(parts: list[bytes], between: bytes) -> None:
    """Any bytes survive, with any text between the blocks."""
    text = between + between.join(pem.encode("THING", part) for part in parts)
    assert contents(text) == parts


def test_lines_are_those_of_go() -> None:
    """64 characters in a line, and a line break at the end."""
    lines = TWO.split(b"\n")
    assert (lines[0], lines[-2], lines[-1]) == (
        b"-----BEGIN OTHER THING-----",
        b"-----END OTHER THING-----",
        b"",
    )
    assert [len(line) for line in lines[1:-2]] == [64, 64, 8]


def test_headers_come_back_sorted() -> None:
    """Headers are written as Go writes them, Proc-Type first, and read again."""
    headers = {"DEK-Info": "X,00", "A": "b: c", "Proc-Type": "4,ENCRYPTED"}
    text = pem.encode("RSA PRIVATE KEY", b"one", headers)
    assert text.split(b"\n")[1:5] == [b"Proc-Type: 4,ENCRYPTED", b"A: b: c", b"DEK-Info: X,00", b""]
    block, rest = pem.first(text)
    assert block == PemBlock("RSA PRIVATE KEY", headers, b"one")
    assert rest == b""
    assert block.encrypted
    assert block.text() == text


@pytest.mark.parametrize(("label", "encrypted"), [("ENCRYPTED PRIVATE KEY", True), ("PRIVATE KEY", False)])
def test_a_label_says_that_a_key_is_encrypted(label: str, encrypted: bool) -> None:
    """PKCS #8 says so by its label."""
    assert PemBlock(label, {}, b"").encrypted is encrypted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", []),
        (b"text", []),
        (ONE, [b"one"]),
        (ONE.rstrip(), [b"one"]),
        (b"text\n" + ONE + b"text\n" + TWO + b"text", [b"one", bytes(100)]),
        (ONE.replace(b"\n", b"\r\n"), [b"one"]),
        (ONE.replace(b"b25l", b" b2\t5l "), [b"one"]),
        (ONE.replace(b"b25l", b"b2\n5l"), [b"one"]),
        (b" " + ONE, []),
        (b"x" + ONE + TWO, [bytes(100)]),
        (ONE.replace(b"b25l", b"b25*"), []),
        (ONE.replace(b"b25l", b"b25l="), []),
        (ONE.replace(b"b25l", b"b25"), []),
        (ONE.replace(b"b25l", b"b25*") + TWO, [bytes(100)]),
        (ONE.replace(b"END THING", b"END THINK") + TWO, [bytes(100)]),
        (ONE.replace(b"END THING-----", b"END THING----- x") + TWO, [bytes(100)]),
        (ONE.replace(b"END THING-----", b"END THING----- \t"), [b"one"]),
        (ONE.replace(b"BEGIN THING-----", b"BEGIN THING--") + TWO, [bytes(100)]),
        (ONE.replace(b"BEGIN THING-----", b"BEGIN THING-----  "), [b"one"]),
        (b"-----BEGIN THING-----\n" + ONE, [b"one"]),
        (b"-----BEGIN THING-----\n-----END THING-----\n", [b""]),
        (b"-----BEGIN THING-----\nA: b\n-----END THING-----\n", []),
        (b"-----BEGIN THING-----\nA: b\n\n-----END THING-----\n", [b""]),
        (b"-----BEGIN THING-----\nA: b\n\nb25l\n-----END THING-----\n", [b"one"]),
        (b"-----BEGIN A:B-----\n-----END A:B-----", []),
        (b"-----BEGIN THING-----", []),
        (b"-----BEGIN THING-----\nA: b", []),
        (b"\n-----END THING-----\n" + ONE, [b"one"]),
        (ONE[:30], []),
    ],
)
def test_blocks_are_found_where_go_finds_them(text: bytes, found: list[bytes]) -> None:
    """Damaged blocks are passed over, and those after them are found."""
    assert contents(text) == found


def test_the_rest_begins_after_the_line_of_the_end_mark() -> None:
    """The line break of the END line belongs to the block; what follows is the rest."""
    assert pem.split(ONE + b"\nrest")[1] == b"\nrest"
    assert pem.split(ONE)[1] == b""
    assert pem.split(b"no block")[1] == b"no block"


@pytest.mark.parametrize(
    ("data", "blank"),
    [(b"", True), (b" \n\t", True), ("\u2003\u0085".encode(), True), (b"\x1f", False), (b"\xff", False)],
)
def test_blank_is_what_go_calls_white_space(data: bytes, blank: bool) -> None:
    """Unicode white space is blank; Python's four control characters are not."""
    assert pem.is_blank(data) is blank


def test_a_member_is_base64_of_the_text() -> None:
    """Ca.json holds the whole text once more in base64."""
    assert base64.b64decode(pem.member(ONE)) == ONE
