"""The words of a Go template's actions (text/template), and the functions that step-ca gives them."""

from __future__ import annotations

import re

_LANGUAGE = "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne"
_SPRIG = """
abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc base
bcrypt biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains date
dateInZone dateModify date_in_zone date_modify decryptAES deepCopy deepEqual default derivePassword dict dig
dir div divf duration durationRound empty encryptAES ext fail first float64 floor fromJson genCA genCAWithKey
genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName
has hasKey hasPrefix hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs
join kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf
must_date_modify mustAppend mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas
mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustRegexFind mustRegexFindAll
mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit mustRest mustReverse mustSlice
mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq mustWithout nindent nospace now omit osBase
osClean osDir osExt osIsAbs pick pluck plural prepend quote randAlpha randAlphaNum randAscii randBytes
randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral
regexSplit repeat replace rest reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle
slice snakecase sortAlpha split splitList splitn squote sub subf substr swapcase ternary title toDate
toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix trimSuffix trimall trunc
tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper urlJoin urlParse uuidv4
values without wrap wrapWith
"""
_STEP = "fail formatTime mustParseTime parseTime toTime toTimeLayout"
FUNCTIONS = frozenset(f"{_LANGUAGE} {_SPRIG} {_STEP}".split())
PLAIN_FUNCTIONS = frozenset(_LANGUAGE.split())

_WORDS = "block break continue define else end if nil range template with"
KEYWORDS = frozenset(_WORDS.split())
_TOKEN = re.compile(
    r"""(?P<close>(?:[ \t\r\n]+-)?\}\}) | (?P<space>[ \t\r\n]+)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`) | (?P<char>'(?:[^'\\\n]|\\.)*')
      | (?P<number>[+-]?(?:[0-9]|\.[0-9])[\w.]*(?:(?<=[eEpP])[+-][\w]+)?)
      | (?P<variable>\$\w*) | (?P<field>\.[^\W\d]\w*) | (?P<dot>\.) | (?P<word>\w+)
      | (?P<declare>:=) | (?P<mark>[=|(),])""",
    re.VERBOSE,
)
_NUMBER = re.compile(
    r"""[+-]?(?!0[0-9_]*[89][0-9_]*\Z)(?:0[xX][0-9a-fA-F_]+(?:[pP][+-]?[0-9]+)?|0[bB][01_]+|0[oO][0-7_]+
      |[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]+)?)i?""",
    re.VERBOSE,
)
_TERMINATOR = re.compile(r"[ \t\r\n.,|:()]|\}\}|\Z")
_COMMENT = re.compile(r"(?:-[ \t\r\n]+)?/\*")
_TRIM = re.compile(r"-(?=[ \t\r\n])")
_BAD_ESCAPE = re.compile(
    r"""\\(?![abfnrtv\\"]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
)
_CHARACTER = re.compile(
    r"""'(?:[^\\]|\\(?:[abfnrtv\\']|[0-3][0-7]{2}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))'"""
)
_ESCAPED = re.compile(r"\\.", re.DOTALL)


class Broken(Exception):
    """The template does not parse; the text says why."""


Token = tuple[str, str]


def action_tokens(text: str, position: int) -> tuple[list[Token], int]:
    """Return the tokens of the action that begins here, behind its braces, and the position behind it.

    Raises Broken.
    """
    trim = _TRIM.match(text, position)
    position = trim.end() if trim else position
    tokens: list[Token] = []
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise Broken(_unreadable(text[position:]))
        kind, position = str(match.lastgroup), match.end()
        if kind == "close":
            return tokens, position
        if kind in ("word", "field", "variable") and not _TERMINATOR.match(text, position):
            raise Broken(f'"{match.group()}" is followed by "{text[position]}"')
        _check_literal(kind, match.group())
        tokens.append((kind, match.group()))


def comment_end(text: str, position: int) -> int:
    """Return the position behind the comment that begins here, or -1 where none does; raises Broken."""
    if not _COMMENT.match(text, position):
        return -1
    end = text.find("*/", position)
    close = _TOKEN.match(text, end + 2) if end >= 0 else None
    if close is None or not close["close"]:
        raise Broken("a comment is not closed with */}}")
    return close.end()


def _unreadable(rest: str) -> str:
    if not rest:
        return "an action is not closed with }}"
    return "a text in quotes is not closed" if rest[0] in "\"`'" else f'an action has an odd "{rest[0]}"'


def _check_literal(kind: str, literal: str) -> None:
    if kind == "number" and not _NUMBER.fullmatch(literal):
        raise Broken(f"{literal} is no number")
    if kind == "char" and not _CHARACTER.fullmatch(literal):
        raise Broken(f"{literal} is in single quotes, which hold one character")
    if kind == "text" and literal.startswith('"'):
        _check_escapes(literal)


def _check_escapes(quoted: str) -> None:
    for escape in _ESCAPED.finditer(quoted):
        if _BAD_ESCAPE.match(quoted, escape.start()):
            raise Broken(f"there is no escape {escape.group()} in a text in quotes")
