"""The program's own arguments: one table, from which parsing, `--help` and the completions are made.

On the reading path: parsing is a loop over the words, and argparse would cost a start more than it.
"""

from __future__ import annotations

from shell.errors import UsageError
from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Argument:
    """One flag of the program. `metavar` is empty for a switch; `many` may be repeated, in order."""

    __slots__ = ("flag", "group", "help", "many", "metavar", "short")

    def __init__(
        self, flag: str, metavar: str, group: str, help: str, *, short: str = "", many: bool = False
    ) -> None:
        self.flag = flag
        self.metavar = metavar
        self.group = group
        self.help = help
        self.short = short
        self.many = many

    @property
    def name(self) -> str:
        """The name in `Arguments`."""
        return self.flag.lstrip("-").replace("-", "_")


_TARGET, _RUN, _LIVE, _LOGIN = "Target", "What to run", "Making a commit live", "Login to a CA"
_SEEN = "What is told besides"

TABLE = (
    Argument("--ca-config", "FILE", _TARGET, "the ca.json to work on"),
    Argument("--ca-url", "URL", _TARGET, "the CA to work on"),
    Argument("--root", "FILE", _TARGET, "the root certificate that the CA is verified with"),
    Argument("--fingerprint", "HASH", _TARGET, "the fingerprint of that root"),
    Argument("--context", "NAME", _TARGET, "the step context to take the target from"),
    Argument("--demo", "", _TARGET, "work on a scratch ca.json, to try things on"),
    Argument(
        "--node", "URL", _TARGET, "another node of the CA, to see whether it serves a commit", many=True
    ),
    Argument(
        "--command", "LINE", _RUN, "run this line and end; several are one batch", short="-c", many=True
    ),
    Argument(
        "--file", "FILE", _RUN, "run the lines of this file, - is standard input", short="-f", many=True
    ),
    Argument("--json", "", _RUN, "print one JSON document per command"),
    Argument(
        "--restricted",
        "FOLDER",
        _RUN,
        "for lines by others: no files outside this folder, no >, source, edit",
    ),
    Argument("--state-dir", "FOLDER", _RUN, "where drafts, journals and history are kept"),
    Argument("--operator", "NAME", _RUN, "who works, for the history; otherwise the login name"),
    Argument(
        "--reload-pid",
        "PID|FILE",
        _LIVE,
        "after a commit signal this step-ca: its process id, or a file with it",
    ),
    Argument("--reload-unit", "UNIT", _LIVE, "after a commit reload this systemd unit"),
    Argument(
        "--reload-command", "COMMAND", _LIVE, "after a commit run this command, which makes step-ca reload"
    ),
    Argument("--live-url", "URL", _LIVE, "where the running CA is seen, if not where ca.json says"),
    Argument(
        "--live-timeout", "DURATION", _LIVE, "how long to wait for the CA to serve a commit, such as 15s"
    ),
    Argument("--admin-subject", "NAME", _LOGIN, "the admin's name"),
    Argument("--admin-provisioner", "NAME", _LOGIN, "the provisioner the admin logs in with"),
    Argument("--admin-password-file", "FILE", _LOGIN, "the login password"),
    Argument("--admin-cert", "FILE", _LOGIN, "an admin certificate with its chain"),
    Argument("--admin-key", "FILE", _LOGIN, "the key of that certificate"),
    Argument("--verbose", "", _SEEN, "with errors the CA's own words and request ids; and who is spoken to"),
    Argument("--trace", "", _SEEN, "show each request to the CA, with its status and milliseconds"),
    Argument("--log-file", "FILE", _SEEN, "add what is done to this file, without secrets"),
    Argument("--log-level", "LEVEL", _SEEN, "what goes there: error, warning, info (the default), or debug"),
    Argument("--help", "", "", "print this and end", short="-h"),
    Argument("--version", "", "", "print the version and end", short="-V"),
)

_BY_SPELLING = {spelling: row for row in TABLE for spelling in (row.flag, row.short) if spelling}


class Arguments:
    """What the command line says: a text or None for each flag, True or False for a switch.

    `sources` are the lines and files to run, in order: pairs of `-c` or `-f` and the text.
    """

    __slots__ = ("_lists", "sources", "values")

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._lists: dict[str, list[str]] = {}
        self.sources: list[tuple[str, str]] = []

    def text(self, name: str) -> str | None:
        """Return what a flag was given, or None."""
        return self.values.get(name)

    def texts(self, name: str) -> list[str]:
        """Return what a flag was given that may be repeated, in order."""
        return self._lists.setdefault(name, [])

    def has(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.values.get(name) == "true"


def parse(words: Sequence[str]) -> Arguments:
    """Return what the words say; raises UsageError for one that is not known or has no value."""
    arguments = Arguments()
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        row, value = _flag_of(word)
        if row.metavar and value is None:
            if not waiting:
                raise UsageError(
                    "missing-value", f"{row.flag} needs a value", hint=f"write {row.flag} {row.metavar}"
                )
            value = waiting.pop()
        _store(arguments, row, value)
    return arguments


def _flag_of(word: str) -> tuple[Argument, str | None]:
    spelling, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
    if not equals and len(word) > 2 and word[:2] in ("-c", "-f"):
        spelling, equals, value = word[:2], "=", word[2:]
    row = _BY_SPELLING.get(spelling)
    if row is None:
        raise _unknown(spelling)
    return row, value if equals else None


def _store(arguments: Arguments, row: Argument, value: str | None) -> None:
    if row.many:
        if row.short:
            arguments.sources.append((row.short, value or ""))
        else:
            arguments.texts(row.name).append(value or "")
        return
    if not row.metavar:
        value = "true" if value is None else value.lower()
        if value not in ("true", "false"):
            raise UsageError("bad-value", f"{row.flag} is true or false", hint=f"write {row.flag} alone")
    if row.name in arguments.values and arguments.values[row.name] != value:
        raise UsageError("repeated-flag", f"{row.flag} is given twice", hint="leave one of them out")
    arguments.values[row.name] = value or ""


def _unknown(word: str) -> UsageError:
    from difflib import get_close_matches

    if not word.startswith("-"):
        return UsageError(
            "unexpected-word",
            f'"{visible(word)}" is not a flag',
            hint=f"to run a command write: step-shell -c '{visible(word)} ...'",
        )
    near = get_close_matches(word, _BY_SPELLING, n=1)
    return UsageError(
        "unknown-flag",
        f"there is no flag {visible(word)}",
        hint=f"did you mean {near[0]}?" if near else "see all flags with: step-shell --help",
    )


def usage() -> str:
    """Return the text of `--help`."""
    lines = [
        "step-shell: stage, diff and commit changes to the provisioners of a step-ca",
        "",
        "  step-shell [target] [flags]                 a prompt",
        "  step-shell [target] -c LINE [-c LINE ...]   run these lines as one batch",
        "  step-shell [target] -f FILE                 run a batch file, - is standard input",
        "",
        "Without a target flag the step environment names it (STEP_* variables, context, defaults.json).",
    ]
    group = None
    for row in TABLE:
        if row.group != group:
            group = row.group
            lines += ["", f"{group or 'Other'}:"]
        spelling = ", ".join(part for part in (row.short, row.flag) if part) + (
            f" {row.metavar}" if row.metavar else ""
        )
        lines.append(f"  {spelling:<28} {row.help}")
    lines += ["", "Commands: step-shell --demo -c help"]
    return "\n".join(lines) + "\n"
