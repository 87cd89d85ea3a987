"""The step environment: STEPPATH, contexts and defaults.json, read as step reads them.

Lives here: what the files say. Which of it becomes the target is decided in `shell.targets`. Facts are
those of step v0.30.6 (cli-utils: step/config.go, step/context.go), tried with the program; where step
goes on with a question or a guess, this module raises an error that names the file and the place.
"""

from __future__ import annotations

import os

from shell.codec.jsontext import JsonTextError, Number, after_whitespace, decode, line_and_column, members
from shell.errors import ShellError, UsageError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.codec.jsontext import RAW


class Setting:
    """A value and what said so: a flag, a variable, or a member of a file."""

    __slots__ = ("origin", "value")

    def __init__(self, value: str, origin: str) -> None:
        self.value = value
        self.origin = origin

    def __repr__(self) -> str:
        return f"Setting({self.value!r}, {self.origin!r})"


class Context:
    """A named pair of an authority and a profile, two folders of the step environment."""

    __slots__ = ("authority", "name", "profile")

    def __init__(self, name: str, authority: str, profile: str) -> None:
        self.name = name
        self.authority = authority
        self.profile = profile


def base_path(environ: Mapping[str, str], cwd: str) -> str:
    """Return the absolute folder of the step environment: STEPPATH, else `.step` in the home folder."""
    return os.path.normpath(
        os.path.join(cwd, environ.get("STEPPATH") or os.path.join(_home(environ), ".step"))
    )


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME")
    if home:
        return home
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        raise ShellError(
            "no-home", "HOME is not set and this user has no home folder", hint="set HOME or STEPPATH"
        ) from None


def authority_path(base: str, context: Context | None) -> str:
    """Return the folder of the CA's files (`step path`)."""
    return os.path.join(base, "authorities", context.authority) if context else base


def contexts(base: str) -> dict[str, Context]:
    """Return the contexts of contexts.json by name; none where there is no such file.

    Raises ShellError where it cannot be read; one bad context spoils them all, as it does for step.
    """
    path = os.path.join(base, "contexts.json")
    text = _text(path)
    if text is None:
        return {}
    found = {}
    pairs = _object(text, path)
    if pairs:
        for item, (name, value) in zip(members(text, _start(text)).items, pairs, strict=True):
            found[name] = _context(name, value, path, text, item.value)
    return found


def _context(name: str, value: RAW, path: str, text: str, position: int) -> Context:
    if not isinstance(value, tuple):
        raise _bad(path, text, position, f'the context "{visible(name)}" is no object')
    parts = {member.lower(): item for member, item in value}
    authority, profile = parts.get("authority"), parts.get("profile")
    for what, part in (("authority", authority), ("profile", profile)):
        if not isinstance(part, str) or isinstance(part, Number) or not part:
            raise _bad(path, text, position, f'the context "{visible(name)}" has no {what}')
    return Context(name, str(authority), str(profile))


def current_context(base: str, known: Mapping[str, Context], *, required: bool) -> Context | None:
    """Return the context that holds when none is named, or None where contexts are not used.

    That is the one of current-context.json; without such a file the only one there is. Raises
    ShellError where it names one that does not exist. Where several could be meant, step asks: here it
    is None, or a UsageError if one is `required`.
    """
    path = os.path.join(base, "current-context.json")
    text = _text(path)
    if text is not None:
        chosen = {name.lower(): value for name, value in _object(text, path)}.get("context")
        if isinstance(chosen, str) and chosen in known:
            return known[chosen]
        name = visible(chosen) if isinstance(chosen, str) else ""
        raise ShellError(
            "no-such-context",
            f'{path} names the context "{name}", which {os.path.join(base, "contexts.json")} does not have',
            hint=_known(known) or "remove the file, or name a file of a CA: --ca-config FILE",
            file=path,
        )
    if len(known) > 1 and required:
        raise UsageError(
            "no-current-context",
            f"{os.path.join(base, 'contexts.json')} has {len(known)} contexts and none is the current one",
            hint=_known(known),
        )
    return next(iter(known.values())) if len(known) == 1 else None


def named_context(base: str, known: Mapping[str, Context], wanted: Setting) -> Context:
    """Return the context that a flag or variable names; raises ShellError where there is none such."""
    if wanted.value in known:
        return known[wanted.value]
    where = os.path.join(base, "contexts.json")
    raise ShellError(
        "no-such-context",
        f'{wanted.origin} names the context "{visible(wanted.value)}", which '
        + (f"{where} does not have" if known else f"does not exist: there are no contexts in {where}"),
        hint=_known(known)
        or f"leave {wanted.origin} out, and name a target: --ca-config FILE or --ca-url URL",
    )


def _known(known: Mapping[str, Context]) -> str:
    names = ", ".join(visible(name) for name in sorted(known, key=str.lower))
    return f"name one with --context: {names}" if known else ""


def defaults(base: str, context: Context | None) -> dict[str, Setting]:
    """Return the texts of defaults.json by flag name; those of a profile lie over those of its authority.

    Raises ShellError where a file cannot be read. Members that are no text are left out: no setting of
    ours is anything else; an empty text sets nothing, as for step.
    """
    folders = [authority_path(base, context)]
    if context:
        folders.append(os.path.join(base, "profiles", context.profile))
    found: dict[str, Setting] = {}
    for folder in folders:
        path = os.path.join(folder, "config", "defaults.json")
        text = _text(path)
        for name, value in _object(text, path) if text is not None else ():
            if isinstance(value, str) and not isinstance(value, Number):
                origin = f"{name} in {path}" + (f" (context {visible(context.name)})" if context else "")
                found[name] = Setting(value, origin)
    return {name: setting for name, setting in found.items() if setting.value}


def _text(path: str) -> str | None:
    """Return the text of a file, or None where it does not exist; raises ShellError where it is unreadable."""
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ShellError(
            "unreadable-step-file",
            f"{path} cannot be read: {error.strerror}",
            hint="make it readable, or name a file, which needs none of step's: --ca-config FILE",
            file=path,
        ) from error


def _start(text: str) -> int:
    return after_whitespace(text, 0)


def _object(text: str, path: str) -> tuple[tuple[str, RAW], ...]:
    """Return the members of the one JSON object in a file; null counts as an empty one, as for step."""
    start = _start(text)
    try:
        value, end = decode(text, start)
    except JsonTextError as error:
        raise _bad(path, text, error.position, error.message) from None
    rest = after_whitespace(text, end)
    if rest < len(text):
        raise _bad(path, text, rest, "there is something behind the JSON object")
    if value is None:
        return ()
    if not isinstance(value, tuple):
        raise _bad(path, text, start, "this is no JSON object")
    return value


def _bad(path: str, text: str, position: int, why: str) -> ShellError:
    line, column = line_and_column(text, position)
    return ShellError(
        "bad-step-file",
        f"{path} cannot be used: {why}",
        hint="repair it (step stops at it too), or name a file, which needs none of step's: --ca-config FILE",
        file=path,
        line=line,
        column=column,
    )
