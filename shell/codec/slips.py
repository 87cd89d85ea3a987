"""What is wrong with a file that is no ca.json, said so that a person can mend it.

Used only when reading has failed, so it may look at the text at leisure. The scanner says where it
stopped; what stands there says which of the usual slips it was.
"""

from __future__ import annotations

import re

from shell.codec.jsontext import JsonTextError, line_and_column
from shell.errors import ShellError
from shell.escape import visible
from shell.model.values import TOO_DEEP

_TAG = re.compile(r"\{\{|\{%|\{#|<%|\$\{")
_UTF16 = re.compile("\udcff\udcfe|\udcfe\udcff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]")
_YAML = re.compile(r"\s*(?:---|[A-Za-z][\w-]*:\s)")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}", "<%": "%>", "${": "}"}
_HELM = re.compile(r"\.Values\b|\.Release\b|\.Chart\b|\binclude\s+\"|\btoYaml\b|\btpl\s")
_GO_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:\.|\$|/\*|(?:env\.|getenv|datasource|ds|range|with|end|if|define|key)\b)"
)


def explain(text: str, name: str, error: JsonTextError) -> ShellError:
    """Return the error for a text that the scanner refused at a position."""
    position = min(error.position, len(text))
    code, message, hint = _diagnose(text, error, position)
    line, column = line_and_column(text, position)
    return ShellError(code, message, hint=hint, file=name, line=line, column=column)


def _diagnose(text: str, error: JsonTextError, position: int) -> tuple[str, str, str]:
    if error.message == TOO_DEEP:
        return (
            "json-too-deep",
            "the JSON is nested too deeply to read",
            "a ca.json has some ten levels; this file is damaged or no ca.json",
        )
    if found := _not_text(text, position) or _template(text, position) or _slip(text, position, error):
        return found
    return (
        "bad-json",
        f"not JSON: {error.message[0].lower()}{error.message[1:]}, found {_shown(text, position)}",
        "mend the file in an editor; `step-ca` does not read it either",
    )


def _not_text(text: str, position: int) -> tuple[str, str, str] | None:
    """Recognise files that hold no JSON at all."""
    if not text.lstrip("\ufeff \t\r\n"):
        return (
            "empty-file",
            "the file is empty",
            "`step ca init` makes a ca.json; a backup may have the old one",
        )
    if _UTF16.match(text):
        return (
            "binary-file",
            "the file is UTF-16, which step-ca does not read",
            "save it as UTF-8 without a byte order mark",
        )
    if "\x00" in text or (position == 0 and "\udc80" <= text[0] <= "\udcff"):
        return ("binary-file", "the file is binary, no JSON text", "name the ca.json itself")
    if text.lstrip().startswith("-----BEGIN"):
        return ("not-a-ca-json", "the file is PEM (a certificate or a key)", "name the ca.json itself")
    if _YAML.match(text):
        return (
            "not-a-ca-json",
            "the file looks like YAML, and step-ca reads JSON",
            "name the ca.json itself",
        )
    return None


def _template(text: str, position: int) -> tuple[str, str, str] | None:
    """Recognise a template of a ca.json: the scanner stopped in one of its tags."""
    start = text.rfind("\n", 0, position) + 1
    tag = next(
        (
            match.group()
            for match in reversed(list(_TAG.finditer(text, start, min(position + 2, len(text)))))
            if _CLOSING[match.group()] not in text[match.end() : position]
        ),
        "",
    )
    return _of_template(text, tag, _shown(text, position)) if tag else None


def _of_template(text: str, tag: str, found: str) -> tuple[str, str, str]:
    return (
        "template-file",
        f"this is a template of a ca.json ({_language(text, tag)}), not a ca.json: found {found}",
        "render it first and name the result, or edit the template where it is kept",
    )


def template_in(text: str, name: str, tag: str) -> ShellError:
    """Return the error for JSON in which a setting, such as the address, has a tag that is to be filled in."""
    code, message, hint = _of_template(text, tag, f'"{tag}"')
    line, column = line_and_column(text, text.find(tag))
    return ShellError(code, message, hint=hint, file=name, line=line, column=column)


def _language(text: str, tag: str) -> str:
    if tag == "<%":
        return "ERB"
    if tag == "${":
        return "envsubst or Terraform"
    if tag == "{{" and _HELM.search(text):
        return "Helm"
    if tag == "{{" and "{%" not in text and _GO_TEMPLATE.search(text):
        return "gomplate or another Go template"
    return "Jinja"


# The slips: what stands where the scanner stopped, and what to do. The first that matches counts.
_SLIPS = tuple(
    (re.compile(pattern), message, hint)
    for pattern, message, hint in (
        (r"//|/\*|\#", "a comment", "JSON has no comments: take it out"),
        (r"'", "a single quote", "JSON has only double quotes"),
        (r"[“”„‘’«»]", "a typographic quote", 'replace it by a plain "'),
        (r"-?(?:NaN|Infinity)\b", "NaN or Infinity", "JSON has no such number"),
        (r"(?:True|False|None)\b", "a Python word", "write true, false or null"),
        (r"[+-]?\.\d|\+\d|[xX][0-9a-fA-F]|\.|(?<=0)\d", "a number that JSON does not have", "write it as 0.5, 10 or -1"),
        (r"[^\W\d][\w-]*\s*:", "a name without quotes", "put the name in double quotes"),
        (r"[^\W\d]", "a word without quotes", "put text in double quotes; true, false and null are in lower case"),
        (r",", "a comma with nothing before it", "take the comma out"),
        (r"[\]}]", "the wrong closing bracket, or one too many", "{ is closed by }, and [ by ]"),
        (r"[\u00a0\u2000-\u200f\u202f\u3000\ufeff]", "an invisible character", "delete it and type a plain space"),
    )
)  # fmt: skip


def _slip(text: str, position: int, error: JsonTextError) -> tuple[str, str, str] | None:
    """Recognise the usual slips of somebody who edited JSON by hand."""
    before = text[:position].rstrip(" \t\r\n")[-1:]
    here = text[position : position + 1]
    found = _string_slip(text, position) or _ending(text, position, here) or _colon(text, position, error)
    if found:
        return ("bad-json", *found)
    for pattern, message, hint in _SLIPS:
        if pattern.match(text, position):
            return ("bad-json", f"not JSON: {message}, {_shown(text, position)}", hint)
    if here and here in '"{[tfn-0123456789' and before and before in '"}]elE0123456789':
        return (
            "bad-json",
            f"not JSON: a comma is missing before {_shown(text, position)}",
            "put a comma there",
        )
    return None


def _ending(text: str, position: int, here: str) -> tuple[str, str] | None:
    """Recognise a text that ends too early, and commas with nothing behind them."""
    if not text[position:].strip(" \t\r\n"):
        return (
            "not JSON: the file ends in the middle",
            "it was cut off: is there a backup, or is the disk full?",
        )
    behind = text[position + 1 :].lstrip(" \t\r\n")[:1]
    if here == "," and behind and behind in "}]":
        return (f'not JSON: a comma before the closing "{behind}"', "take the comma out")
    return None


def _colon(text: str, position: int, error: JsonTextError) -> tuple[str, str] | None:
    """Recognise what stands in the place of a colon, and a second colon."""
    if "colon" in error.message or "':'" in error.message or text.startswith(":", position):
        return (
            f"not JSON: found {_shown(text, position)} where one colon belongs",
            'a name and its value are written "name": value',
        )
    return None


def _string_slip(text: str, position: int) -> tuple[str, str] | None:
    """Recognise what is wrong inside a string."""
    here = text[position : position + 1]
    if _in_string(text, position):
        if here in ("\n", "\r"):
            return ("not JSON: a line break inside a string", r"close the quote on its line, or write \n")
        if here == "\t":
            return ("not JSON: a tab inside a string", r"write it as \t")
        if here and here < " ":
            return (
                f"not JSON: a control character ({_shown(text, position)}) inside a string",
                f"write it as \\u{ord(here):04x} or take it out",
            )
        return (
            f"not JSON: a backslash with nothing that may follow it, {_shown(text, position)}",
            r"write a backslash itself as \\",
        )
    if here == '"' and not re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).match(text, position):
        return (
            "not JSON: a string that begins here is never closed",
            "the file was cut off, or a quote is missing",
        )
    return None


def _in_string(text: str, position: int) -> bool:
    """Whether a position is inside a string, the text before it being JSON."""
    end = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"', text[: position + 1], re.DOTALL):
        end = match.end()
    return text.find('"', end, position) >= 0


def _shown(text: str, position: int) -> str:
    """Return the character at a position, for a message; no more, since what follows may be a secret."""
    if position >= len(text):
        return "the end of the file"
    character = text[position]
    if character == '"':
        return "a double quote"
    return (
        f'"{visible(character)}"' if character.isascii() or character.isalnum() else f"U+{ord(character):04X}"
    )


def not_a_config(text: str, position: int) -> str:
    """Return what to do about JSON that is no ca.json, looking at what it seems to be."""
    begin = text[position : position + 4000]
    if re.search(r'"(?:ca-url|ca-config|fingerprint)"\s*:', begin):
        return "these look like the defaults of step; name the ca.json, usually config/ca.json beside it"
    if re.search(r'"type"\s*:', begin) and re.search(r'"name"\s*:', begin):
        return "these look like provisioners alone; name the ca.json that they belong in"
    return "a ca.json has members such as root, crt, key, address and authority; `step ca init` makes one"
