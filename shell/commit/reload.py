"""Ways to tell a running step-ca that it should read its file again: a signal, a unit, a command.

Each tells one CA, once, and says honestly when it could not. None of them waits for the result, which
step-ca does not report to the sender: `shell.commit.live` looks at what is served.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from contextlib import suppress
from typing import Protocol

from shell.errors import ShellError, UsageError
from shell.escape import shortened, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "step-ca"
SECONDS = 60.0


class Reloader(Protocol):
    """Tells one CA to read its file again."""

    @property
    def described(self) -> str:
        """What is done, for a person: `SIGHUP to process 4711`."""

    def send(self) -> None:
        """Tell the CA. Raises ShellError where it could not be told."""

    def alive(self) -> bool | None:
        """Whether the process of the CA is there, or None where that cannot be known."""


def choose_reloader(
    pid: str | None = None, unit: str | None = None, command: str | None = None
) -> Reloader | None:
    """Return the way that the options name: `--reload-pid`, `--reload-unit` or `--reload-command`.

    None where none is given. Raises UsageError for more than one, and for one that says nothing.
    """
    given = [
        name
        for name, value in (("--reload-pid", pid), ("--reload-unit", unit), ("--reload-command", command))
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(
            "two-reloads",
            f"{' and '.join(given)} are two ways to reload one CA",
            hint="leave one of them out",
        )
    if pid is not None:
        return PidReloader(pid)
    if unit is not None:
        return UnitReloader(unit)
    return CommandReloader(command) if command is not None else None


class PidReloader:
    """Sends SIGHUP to a process, given by its number or by the file that step-ca's --pidfile wrote.

    The file is read when the signal is sent. A process that is not step-ca gets no signal: the number
    in a stale file may belong to anybody by now.
    """

    def __init__(self, pid: str) -> None:
        if not pid or (pid.lstrip("+-").isdecimal() and not _pid(pid)):
            raise UsageError(
                "bad-pid",
                f'--reload-pid is no process: "{visible(pid)}"',
                hint="give its number, or a pid file",
            )
        self._given = pid

    @property
    def described(self) -> str:
        """What is done, for a person."""
        return f"SIGHUP to process {visible(self._given)}"

    def send(self) -> None:
        """Send the signal; raises ShellError where there is no such process or it is not step-ca."""
        pid = self._number()
        try:
            # the descriptor keeps meaning the process that is looked at, whoever gets its number later
            handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
        except ProcessLookupError:
            raise self._absent(pid) from None
        try:
            self._require_step_ca(pid)
            if handle >= 0:
                signal.pidfd_send_signal(handle, signal.SIGHUP)
            else:
                os.kill(pid, signal.SIGHUP)
        except ProcessLookupError:
            raise self._absent(pid) from None
        except PermissionError:
            raise ShellError(
                "reload-forbidden",
                f"process {pid} belongs to another user, who alone may signal it",
                hint="run the shell as that user or as root, or give --reload-command 'sudo ...'",
            ) from None
        finally:
            if handle >= 0:
                os.close(handle)

    def alive(self) -> bool | None:
        """Whether that process is there and is step-ca."""
        try:
            return _program_of(self._number()).startswith(PROGRAM)
        except ShellError:
            return False

    def _number(self) -> int:
        if self._given.isdecimal():
            return int(self._given)
        try:
            with open(self._given, encoding="utf-8", errors="replace") as file:
                text = file.read(64).strip()
        except OSError as error:
            raise ShellError(
                "no-pid-file",
                f"the pid file {visible(self._given)} cannot be read: {error.strerror}",
                hint="start step-ca with --pidfile, or give --reload-pid its number",
                file=self._given,
            ) from error
        pid = _pid(text)
        if not pid:
            raise ShellError(
                "no-pid-file", f"{visible(self._given)} holds no process number", file=self._given
            )
        return pid

    def _require_step_ca(self, pid: int) -> None:
        program = _program_of(pid)
        if not program:
            raise self._absent(pid)
        if not program.startswith(PROGRAM):
            raise ShellError(
                "not-step-ca",
                f"process {pid} is {visible(program)}, not step-ca; it was not signalled",
                hint=f"find the number with `pgrep -x {PROGRAM}`",
            )

    def _absent(self, pid: int) -> ShellError:
        return ShellError(
            "no-such-process",
            f"there is no process {pid}" + ("" if self._given.isdecimal() else f" ({visible(self._given)})"),
            hint=f"find the number with `pgrep -x {PROGRAM}`, or start the CA",
        )


def _pid(text: str) -> int:
    """Return the number of a process, or 0: zero and negative numbers would mean groups of processes."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _program_of(pid: int) -> str:
    """Return the name of the program that a process runs, or the empty text where it has ended.

    The name is that of the kernel, which everybody may read; it is cut after 15 characters.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            before, _, after = file.read().decode(errors="replace").rpartition(")")
        return "" if after.split()[:1] in (["Z"], ["X"]) else before.partition("(")[2]
    except (FileNotFoundError, ProcessLookupError):
        if os.path.exists("/proc/self/stat"):
            return ""
    asked = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False, timeout=SECONDS
    )
    return os.path.basename(asked.stdout.strip())


class UnitReloader:
    """Reloads a systemd unit: by its own ExecReload where it has one, else SIGHUP to its main process."""

    def __init__(self, unit: str) -> None:
        if not unit or unit.startswith("-") or any(character.isspace() for character in unit):
            raise UsageError(
                "bad-unit",
                f'--reload-unit is no unit: "{visible(unit)}"',
                hint="for example --reload-unit step-ca",
            )
        self._unit = unit

    @property
    def described(self) -> str:
        """What is done, for a person."""
        return f"reload of the unit {visible(self._unit)}"

    def send(self) -> None:
        """Reload the unit; raises ShellError with what systemctl said."""
        if self._property("CanReload") == "yes":
            _run(["systemctl", "--no-ask-password", "reload", self._unit], self.described)
        else:
            # --kill-who is the spelling that old and new versions of systemd take
            signal_it = ["kill", "--signal=HUP", "--kill-who=main", self._unit]
            _run(["systemctl", "--no-ask-password", *signal_it], self.described)

    def alive(self) -> bool | None:
        """Whether systemd says that the unit runs."""
        try:
            return self._property("ActiveState") in ("active", "reloading", "activating")
        except ShellError:
            return None

    def _property(self, name: str) -> str:
        return _run(
            ["systemctl", "show", f"--property={name}", "--value", self._unit], self.described
        ).strip()


class CommandReloader:
    """Runs a command of the user's; its words are split as in a shell, but no shell runs it."""

    def __init__(self, command: str) -> None:
        try:
            self._argv = shlex.split(command)
        except ValueError as error:
            raise UsageError(
                "bad-command", f"--reload-command cannot be read: {error}", hint="close the quotation"
            ) from None
        if not self._argv:
            raise UsageError(
                "bad-command", "--reload-command is empty", hint="give a program and its arguments"
            )

    @property
    def described(self) -> str:
        """What is done, for a person; the arguments may hold secrets and stay out."""
        return f"the command {shortened(self._argv[0])}"

    def send(self) -> None:
        """Run the command; raises ShellError where it cannot be run, fails, or takes over a minute."""
        _run(self._argv, self.described)

    def alive(self) -> bool | None:
        """Nothing is known of the process behind a command."""
        return None


def _run(argv: Sequence[str], described: str) -> str:
    """Run a program to its end without a terminal, and return its standard output."""
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # nothing can ask on the terminal, and all of it ends together
        )
    except OSError as error:
        raise ShellError(
            "reload-failed",
            f"{described} could not be started: {error.strerror}",
            hint=f"is {shortened(argv[0])} installed and on PATH?",
        ) from error
    try:
        out, err = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        _end(process)
        raise ShellError("reload-failed", f"{described} was not done after {SECONDS:g} seconds") from None
    except BaseException:
        _end(process)
        raise
    if process.returncode:
        last = (err.strip() or out.strip()).rpartition("\n")[2]
        said = f": {shortened(last, 200)}" if last else ""
        raise ShellError("reload-failed", f"{described} failed with exit code {process.returncode}{said}")
    return out


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and what it started; its session is its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
