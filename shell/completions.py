"""Completion of the program's own arguments in bash, zsh and fish, made from the table of arguments.

    python -m shell.completions bash > completions/step-shell.bash

The files under completions/ are what this prints; a test compares them, and runs them in the shells.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from shell.arguments import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shell.arguments import Argument

PROGRAMS = ("step-shell", "step-shell-plugin")
FILES = {"bash": "step-shell.bash", "zsh": "_step-shell", "fish": "step-shell.fish"}
_FOLDER = "FOLDER"


def script(shell: str) -> str:
    """Return the completion script for `bash`, `zsh` or `fish`."""
    return _SCRIPTS[shell]()


def _spellings(row: Argument) -> list[str]:
    return [spelling for spelling in (row.short, row.flag) if spelling]


def _takes_file(row: Argument) -> bool:
    return "FILE" in row.metavar.split("|")


def _head(comment: str, shell: str) -> str:
    return f"{comment} Completion of step-shell in {shell}, made by: python -m shell.completions {shell}\n"


def _bash() -> str:
    files = _pattern(row for row in TABLE if _takes_file(row))
    folders = _pattern(row for row in TABLE if row.metavar == _FOLDER)
    others = _pattern(row for row in TABLE if row.metavar and not _takes_file(row) and row.metavar != _FOLDER)
    words = " ".join(spelling for row in TABLE for spelling in _spellings(row))
    return (
        _head("#", "bash")
        + f"""
_step_shell() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} flag=${{COMP_WORDS[COMP_CWORD - 1]}}
    # bash takes the = of --flag=value for a word of its own
    if [[ $word == = ]]; then
        word=
    elif [[ $flag == = ]]; then
        flag=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    COMPREPLY=()
    case $flag in
        {files})
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        {folders})
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        {others}) ;;
        *)
            mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word") ;;
    esac
}}
complete -F _step_shell {" ".join(PROGRAMS)}
"""
    )


def _pattern(rows: Iterable[Argument]) -> str:
    return " | ".join(spelling for row in rows for spelling in _spellings(row))


def _zsh() -> str:
    lines = " \\\n".join(f"    {_zsh_argument(row)}" for row in TABLE)
    return f"#compdef {' '.join(PROGRAMS)}\n" + _head("#", "zsh") + f"\n_arguments -S \\\n{lines}\n"


def _zsh_argument(row: Argument) -> str:
    """Return one specification for _arguments: which flags exclude each other, help, and what the value is."""
    about = row.help.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    action = "_files" if _takes_file(row) else "_files -/" if row.metavar == _FOLDER else " "
    value = f":{row.metavar}:{action}" if row.metavar else ""
    text = _zsh_quoted(f"[{about}]{value}")
    if not row.short:
        return _zsh_quoted(f"{row.flag}{'=' if row.metavar else ''}[{about}]{value}")
    alone = "'*'" if row.many else f"'({row.short} {row.flag})'"
    ends = ("+", "=") if row.metavar else ("", "")
    return f"{alone}{{{row.short}{ends[0]},{row.flag}{ends[1]}}}{text}"


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish() -> str:
    lines = [f"complete -c {program} -f" for program in PROGRAMS]
    for program in PROGRAMS:
        lines += [_fish_argument(program, row) for row in TABLE]
    return _head("#", "fish") + "\n" + "\n".join(lines) + "\n"


def _fish_argument(program: str, row: Argument) -> str:
    parts = [f"complete -c {program}"]
    if row.short:
        parts.append(f"-s {row.short.lstrip('-')}")
    parts.append(f"-l {row.flag.lstrip('-')}")
    if row.metavar == _FOLDER:
        parts.append("-x -a '(__fish_complete_directories)'")
    elif _takes_file(row):
        parts.append("-r -F")
    elif row.metavar:
        parts.append("-x")
    about = row.help.replace("\\", "\\\\").replace("'", "\\'")
    return " ".join([*parts, f"-d '{about}'"])


_SCRIPTS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def main(words: list[str]) -> None:
    """Print the script for the shell that the one word names."""
    if len(words) == 1 and words[0] in FILES:
        sys.stdout.write(script(words[0]))
    else:
        sys.stderr.write("usage: python -m shell.completions bash|zsh|fish\n")


if __name__ == "__main__":
    main(sys.argv[1:])
