"""The lexer: quoting, operators, statements, and the way back."""

from __future__ import annotations

import shlex
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shell.language import lexer
from shell.language.lexer import Token, Word, is_incomplete, quote, statements, tokenize

# every character that means something to the lexer, often; and any other
TEXTS = st.text(
    st.sampled_from("ab#?|>$;&<*`'\"\\ \t\r\n@=-~\u00a0\ufeff\ud800é") | st.characters(), max_size=30
)


def values(text: str) -> list[str]:
    """Return the values of the words of a text."""
    return [token.value for token in tokenize(text)]


def kinds(text: str) -> list[str]:
    """Return the kinds of the tokens of a text."""
    return [token.kind for token in tokenize(text)]


@pytest.mark.parametrize(
    "text",
    [
        "add acme --type ACME",
        "a 'b c' \"d e\" f\\ g",
        "a''b \"\" ''",
        r'"\$x \` \" \\ \n" \n \\',
        "'it'\\''s'",
        "\"a'b\" 'c\"d'",
        "a\\\nb c \\\n d",
        '"a\\\nb"',
        "a#b c #d",
        "-x=y env:A fd:3 @f ~/x",
    ],
)
def test_words_are_split_as_a_posix_shell_splits_them(text: str) -> None:
    """The standard library's POSIX splitter, which knows the same quoting, gives the same words."""
    expected = shlex.split(text.replace("\\\n", ""), comments=False)
    # shlex keeps a backslash before $ and ` in double quotes, which a shell removes
    expected = [word.replace("\\$", "$").replace("\\`", "`") for word in expected]
    assert [value for value in values(text) if not value.startswith("#")] == [
        word for word in expected if not word.startswith("#")
    ]


def test_operators_end_words_and_comments_begin_only_where_a_word_may() -> None:
    """`|` and `>` need no blanks around them; `#` within a word is itself."""
    tokens = tokenize("list|match a#b>x # rest | > 'it's")
    assert [(token.kind, token.value) for token in tokens] == [
        ("word", "list"),
        ("pipe", "|"),
        ("word", "match"),
        ("word", "a#b"),
        ("redirect", ">"),
        ("word", "x"),
        ("comment", "# rest | > 'it's"),
    ]


def test_a_token_knows_where_it_stands() -> None:
    """Offsets and the raw text are those of the line."""
    token = tokenize("  a'b c' d")[0]
    assert (token.raw, token.start, token.end, token.value, token.quoted) == ("a'b c'", 2, 8, "ab c", True)
    assert repr(token) == "Token(word, 'ab c', 2, 8)"
    assert not tokenize("plain")[0].quoted


@pytest.mark.parametrize("character", [*"$;&<*`", "\x00", "\x1b", "\u00a0", "\u200b", "\ufeff", "\r"])
def test_what_a_shell_would_expand_and_what_nobody_sees_is_refused_outside_quotes(character: str) -> None:
    """The token is an error that says what to do, at the character; in quotes it is text."""
    token = tokenize(f"ab{character}c d")[0]
    assert (token.kind, token.fault, token.value) == (lexer.ERROR, 2, f"ab{character}c")
    assert "quote it" in token.message
    assert kinds(f"'{character}' \"{character}\" \\{character}") == ["word"] * 3


def test_the_first_wrong_character_of_a_word_is_the_one_that_is_told() -> None:
    """One message for one word."""
    token = tokenize("a$b;c")[0]
    assert (token.fault, token.message) == (1, "an unquoted $ is not taken literally; quote it: '$'")


def test_a_question_mark_is_help_only_where_a_word_may_begin() -> None:
    """Within a word, and quoted, it is text."""
    assert kinds("add ? a? '?'") == ["word", "help", "word", "word"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a 'b c", "b c"),
        ('a "b \\" c', 'b " c'),
        ('a "b\\', "b\\"),
        ("a b\\", "b"),
        ("a \\", ""),
        ("a '", ""),
    ],
)
def test_a_word_that_is_not_finished_is_open(text: str, value: str) -> None:
    """An unclosed quote takes the rest; a backslash at the end waits for the next line."""
    token = tokenize(text)[-1]
    assert (token.kind, token.value, token.closed, token.end) == ("word", value, False, len(text))
    assert token.message
    assert is_incomplete(text)


@pytest.mark.parametrize("text", ["", "a", "a 'b'", "# it's", "a \\\n", "'a\nb'"])
def test_a_finished_text_is_not_incomplete(text: str) -> None:
    """The prompt runs these at once."""
    assert not is_incomplete(text)


def test_a_line_end_between_words_is_an_error() -> None:
    """One line holds one command; line ends and comments around it do no harm."""
    assert kinds("\n# a\nlist\r\n\n# b\n") == ["comment", "word", "comment"]
    tokens = tokenize("list\nshow\nx")
    assert [token.kind for token in tokens] == ["word", "error", "word", "error", "word"]
    assert (tokens[1].start, tokens[1].fault) == (4, 4)


@pytest.mark.parametrize(
    ("word", "literal"),
    [
        ("@f", True),
        ("env:A", True),
        ("fd:3", True),
        ("'@f'", False),
        ("\\@f", False),
        ("e'nv:A'", False),
        ("a@f", False),
    ],
)
def test_a_source_is_only_what_begins_unquoted(word: str, literal: bool) -> None:
    """Quoting any of the prefix makes the word a text."""
    assert tokenize(word)[0].literal_at is literal


def test_statements_are_numbered_by_their_first_line() -> None:
    """Blanks and comments are left out; continuations, quotes, CRLF and a byte order mark are understood."""
    text = "\ufefflist\r\n\r\n# it's a comment\r\nadd a \\\r\n  --ssh\r\nset a b 'c\n\nd' # \"\nshow\\"
    assert [(statement.line, statement.text) for statement in statements(text)] == [
        (1, "list\r"),
        (4, "add a \\\r\n  --ssh\r"),
        (6, "set a b 'c\n\nd' # \""),
        (9, "show\\"),
    ]
    assert repr(statements("a")[0]) == "Statement('a', 1)"


def test_an_unclosed_quote_takes_the_rest_of_a_file() -> None:
    """Nothing after it can be told apart."""
    assert [statement.text for statement in statements("a\nb 'c\nd\ne")] == ["a", "b 'c\nd\ne"]


@given(TEXTS)
@example("a\\\n#'\n")
@example("?#'\nb")
@example("a\r'\r\n'")
@example('"\\')
@example("a\\\r")
def test_statements_agree_with_tokens(text: str) -> None:
    """The tokens of the statements are the tokens of the text, and no statement spans two lines of words."""
    text = text.removeprefix("\ufeff")
    whole = [(token.kind, token.value) for token in tokenize(text)]
    parts = [(token.kind, token.value) for part in statements(text) for token in tokenize(part.text)]
    breaks = {("error", "\n")}
    assert [row for row in parts if row in breaks] == []
    assert [row for row in parts if row[0] != "comment"] == [
        row for row in whole if row[0] != "comment" and row not in breaks
    ]


@given(TEXTS)
def test_tokens_cover_the_text_in_order(text: str) -> None:
    """Tokens do not overlap, lie within the text and are its slices; nothing raises."""
    position = 0
    for token in tokenize(text):
        assert position <= token.start < token.end <= len(text)
        assert token.raw == text[token.start : token.end]
        if token.message:
            assert token.start <= token.fault <= token.end
        position = token.end


@given(TEXTS)
@example("")
@example("-")
@example("env:X")
@example("~")
@example("a\r\nb")
@example("it's")
def test_a_quoted_word_comes_back_exactly_and_as_text(word: str) -> None:
    """Whatever the word, in a line and in a file."""
    tokens = tokenize(f"a {quote(word)} b")
    assert [token.value for token in tokens] == ["a", word, "b"]
    assert tokens[1].kind == "word"
    assert not tokens[1].literal_at
    assert [token.value for part in statements(f"\n{quote(word)} b\n") for token in tokenize(part.text)] == [
        word,
        "b",
    ]


def test_plain_words_are_not_quoted() -> None:
    """What reads well stays as it is."""
    assert [quote(word) for word in ("a-b", "x@y.z", "--f=1", "https://ca:9000/%20", "zoë", "", "a b")] == [
        "a-b",
        "x@y.z",
        "--f=1",
        "https://ca:9000/%20",
        "zoë",
        "''",
        "'a b'",
    ]


def test_a_large_file_is_split_in_no_time() -> None:
    """100,000 lines, half of them with quotes, take well under a second of processor time."""
    text = "update p --x509-max-dur 24h\nadd 'a b' # it's\n" * 50_000
    before = time.process_time()
    assert len(statements(text)) == 100_000
    assert time.process_time() - before < 2  # some 0.2 s; the rest is for a busy machine


def test_a_word_can_be_made_by_hand() -> None:
    """For what is not written in a line."""
    word = Word("@x", "'@x'")
    assert (word.literal_at, word.quoted, word.start, word.end) == (False, True, 0, 0)
    assert isinstance(tokenize("a")[0], Token)
