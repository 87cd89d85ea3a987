"""From the flags of a line to what they change in a provisioner: files are read and keys made here.

`changes_of` gives the changes in the order of the flags table, with the material in them, so that an
edit that holds one never reads or makes anything again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.commands.flags import JWK_RECIPE, RECIPE, SET, TEXT, row_for, rows_by_name
from shell.commands.flagvalues import STANDARD_INPUT, check_text, chosen_item
from shell.commands.words import text_of
from shell.errors import UsageError
from shell.language.parameters import Source
from shell.model.durations import format_duration, parse_duration
from shell.model.fields import find_field
from shell.model.kinds import DURATION, RAW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shell.commands.flags import Flag
    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON
    from shell.session import Session

Flags = dict[str, object]
"""What a line gives for flags: text, boolean or Source by the name of the parameter, tuples for `many`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one flag does to one field: SET (None: unset), or APPEND or REMOVE of the items in `value`."""

    effect: str
    path: Path
    value: JSON


def changes_of(
    session: Session, command: str, type_: ProvisionerType, flags: Mapping[str, object]
) -> tuple[list[Change], list[str]]:
    """Return the changes that flags make in a provisioner of a type, and notices.

    The flags of the JWK recipe are left to `shell.commands.keywork`. A flag that means nothing for the
    type is passed over with a notice, as step does in silence. Raises UsageError for a value that is
    none, ShellError for a file that cannot be read or serves nothing.
    """
    changes: list[Change] = []
    notices: list[str] = []
    for name, rows in rows_by_name(command).items():
        if name not in flags:
            continue
        row = row_for(rows, type_)
        if row is None:
            _refuse_or_notice(rows[0], type_, notices)
        elif row.recipe != JWK_RECIPE:
            changes += _changes(session, row, type_, flags[name])
    return changes, notices


def _refuse_or_notice(row: Flag, type_: ProvisionerType, notices: list[str]) -> None:
    if type_ in row.refused:
        raise UsageError(
            "flag-of-other-type",
            f"{row.flag} is not supported for {type_.name} provisioners",
            hint="leave it out; SSH as a whole is switched off with --ssh=false",
        )
    notices.append(f"{row.flag} means nothing for {type_.name} provisioners and is ignored")


def _changes(session: Session, row: Flag, type_: ProvisionerType, given: object) -> Iterator[Change]:
    value = _value(session, row, type_, given)
    yield Change(row.effect, row.path, value)
    if row.replaces:
        yield Change(SET, tuple(row.replaces.split(".")), None)


def _value(session: Session, row: Flag, type_: ProvisionerType, given: object) -> JSON:
    if isinstance(given, bool):
        return given
    words = list(given) if isinstance(given, tuple) else [given]
    if row.many:
        if row.effect == SET and not any(words):
            return _empty(row)
        if row.source == RECIPE:
            return _bundle(session, row, words)
        return [_item(row, word) for word in words]
    if len(words) > 1:
        raise UsageError(
            "repeated-flag",
            f"{row.flag} takes one value for {type_.name} provisioners",
            hint="give it once",
        )
    return _single(session, row, type_, words[0])


def _single(session: Session, row: Flag, type_: ProvisionerType, word: object) -> JSON:
    if not word:
        return _empty(row)
    if row.source == RECIPE:
        return _bundle(session, row, [word])
    if word == STANDARD_INPUT and session.interactive:
        raise UsageError("no-input", "at the prompt - is no file", hint=f"write {row.flag} FILE")
    field = find_field(type_, row.field)
    secret = row.secret or (field is not None and field.secret)
    text = text_of(session, word if isinstance(word, Source) else str(word), trimmed=secret)
    if row.source == TEXT:
        check_text(row, text)
    if word == STANDARD_INPUT and not text:
        raise UsageError(
            "empty-input",
            f"{row.flag} -: standard input holds nothing, or was read already",
            hint=f"write {row.flag} FILE",
        )
    if not text:
        return _empty(row)
    return _canonical(row, text, type_)


def _canonical(row: Flag, text: str, type_: ProvisionerType) -> JSON:
    """Return a text as the value of a field, in the form in which step writes it."""
    field = find_field(type_, row.field)
    kind = field.kind if field is not None else RAW
    if kind is DURATION:
        return format_duration(parse_duration(text))
    try:
        return kind.parse(text)
    except UsageError as error:
        raise UsageError(error.code, f"{row.flag}: {error.message}", hint=error.hint) from None


def _empty(row: Flag) -> JSON:
    check_text(row, "")
    return "" if row.empty == "sets" else None


def _item(row: Flag, word: object) -> str:
    text = str(word)
    check_text(row, text)
    field = find_field(row.types[0], row.field)
    return chosen_item(row, text) if field is not None and field.kind.choices else text


# recipes: files to members


def _bundle(session: Session, row: Flag, words: Sequence[object]) -> JSON:
    files = [(str(word.name), session.sources.read(word)) for word in words if isinstance(word, Source)]
    return _RECIPES[row.recipe](files)


def _x5c(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.roots import x5c_roots_from_file

    return x5c_roots_from_file(files[0][1], files[0][0])


def _nebula(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.nebula import nebula_roots_from_file

    return nebula_roots_from_file(files[0][1], files[0][0])


def _k8s(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.kubernetes import k8s_keys_from_file

    return k8s_keys_from_file(files[0][1], files[0][0])


def _attestation(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.roots import attestation_roots_from_files

    return attestation_roots_from_files(files)


def _scep_certificate(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.scep import decrypter_certificate_from_file

    return decrypter_certificate_from_file(files[0][1], files[0][0])


def _scep_key(files: Sequence[tuple[str, bytes]]) -> JSON:
    from shell.certs.scep import decrypter_key_from_file

    return decrypter_key_from_file(files[0][1], files[0][0])


_RECIPES: Mapping[str, Callable[[Sequence[tuple[str, bytes]]], JSON]] = {
    "x5c": _x5c,
    "nebula": _nebula,
    "k8s": _k8s,
    "attestation": _attestation,
    "scep-certificate": _scep_certificate,
    "scep-key": _scep_key,
}
