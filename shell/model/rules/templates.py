"""Rules about certificate templates, which step-ca does not look at before the first request.

(certificates: authority/provisioner/options.go: a template that does not begin with `{` is base64.)
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from shell.model import types
from shell.model.problems import DANGER, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_WITH_OPTIONS = tuple(row for row in types.TYPES if row is not types.SSHPOP)
_GROUPS = ("options.x509", "options.ssh")
_FAILS = "every request would fail"


@entry_rule("template-broken", DANGER, *_WITH_OPTIONS)
def _template(entry: Entry) -> Iterator[Hit]:
    """A template that does not parse, or makes no JSON object, fails every request."""
    for group in _GROUPS:
        why = written_template_flaw(entry.text(f"{group}.template"))
        if why:
            yield Hit(f"{group}.template", f"the template looks broken ({why}): {_FAILS}", "mend it")


def _flaw(text: str) -> str:
    from shell.model.gotemplate import (
        template_flaw,  # few provisioners have templates, and its patterns take time
    )

    return template_flaw(text, json=True)


def written_template_flaw(text: str) -> str:
    """Return what is wrong with a template as it stands in ca.json: text, or base64 of it."""
    trimmed = text.strip()
    if not trimmed:
        return ""
    if trimmed.startswith("{"):
        return _flaw(trimmed)
    try:
        decoded = base64.b64decode(trimmed.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return "it begins with neither { nor base64"
    return _flaw(decoded.decode(errors="replace"))


@entry_rule("template-file", DANGER, *_WITH_OPTIONS)
def _template_file(entry: Entry) -> Iterator[Hit]:
    """A template file is read at each request."""
    for group in _GROUPS:
        path = entry.text(f"{group}.templateFile")
        fact = entry.facts.files.get(path)
        if not path or fact is None or entry.text(f"{group}.template").strip():
            continue
        why = fact.problem or _flaw(fact.text)
        if why:
            what = why if fact.problem else f"looks like a broken template ({why})"
            yield Hit(f"{group}.templateFile", f"{path} {what}: {_FAILS}", "mend the file, or name another")


@entry_rule("template-both", WARNING, *_WITH_OPTIONS)
def _both(entry: Entry) -> Iterator[Hit]:
    """A template in ca.json hides the file."""
    for group in _GROUPS:
        if entry.text(f"{group}.template").strip() and entry.text(f"{group}.templateFile"):
            message = "it does nothing: the template in ca.json goes before it"
            yield Hit(f"{group}.templateFile", message, f"unset {group}.template or {group}.templateFile")


@entry_rule("template-data", DANGER, *_WITH_OPTIONS)
def _data(entry: Entry) -> Iterator[Hit]:
    """Template variables are an object; anything else fails every request."""
    for group in _GROUPS:
        value = entry.get(f"{group}.templateData")
        if value is not None and not isinstance(value, dict):
            yield Hit(f"{group}.templateData", f"it is no JSON object: {_FAILS}", 'write {"NAME": VALUE}')
