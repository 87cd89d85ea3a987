"""Telling a CA to read its file: by process, by unit, by command, and never somebody else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shell.commit import reload as module
from shell.commit.reload import CommandReloader, PidReloader, UnitReloader, choose_reloader
from shell.errors import ShellError, UsageError

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a program under a name of its own, which says when it gets SIGHUP."""
    started: list[subprocess.Popen[str]] = []
    script = tmp_path / "wait.sh"
    script.write_text('trap "echo HUP; exit 0" HUP\necho ready\nwhile read -r line; do :; done\n')

    def run(name: str) -> subprocess.Popen[str]:
        program = tmp_path / name
        shutil.copy(os.path.realpath("/bin/sh"), program)
        process = subprocess.Popen(
            [str(program), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_one_way_or_none() -> None:
    """The options choose one way; none is none, two are a usage error that names both."""
    assert choose_reloader() is None
    assert isinstance(choose_reloader(pid="1"), PidReloader)
    assert isinstance(choose_reloader(unit="step-ca"), UnitReloader)
    assert isinstance(choose_reloader(command="true"), CommandReloader)
    with pytest.raises(UsageError, match="--reload-pid and --reload-command are two ways"):
        choose_reloader(pid="1", command="true")


@pytest.mark.parametrize("by_file", [False, True])
def test_step_ca_gets_the_signal(start: Start, tmp_path: Path, by_file: bool) -> None:
    """A process of step-ca gets SIGHUP, by its number or by a pid file."""
    process = start("step-ca")
    pid = str(process.pid)
    if by_file:
        (tmp_path / "step-ca.pid").write_text(f"{process.pid}\n")
        pid = str(tmp_path / "step-ca.pid")
    reloader = PidReloader(pid)
    assert reloader.alive() is True
    assert reloader.described == f"SIGHUP to process {pid}"
    reloader.send()
    process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGHUP)
    assert reloader.alive() is False
    with pytest.raises(ShellError, match="there is no process") as caught:
        reloader.send()
    assert caught.value.code == "no-such-process"


def test_another_program_gets_no_signal(start: Start) -> None:
    """A process that is not step-ca is named and left alone: a stale number harms nobody."""
    process = start("innocent")
    reloader = PidReloader(str(process.pid))
    with pytest.raises(ShellError, match="is innocent, not step-ca; it was not signalled") as caught:
        reloader.send()
    assert caught.value.code == "not-step-ca"
    assert reloader.alive() is False
    assert process.poll() is None


def test_a_process_that_ended_unread_is_gone(start: Start) -> None:
    """A process that has ended and was not waited for yet counts as gone."""
    process = start("step-ca")
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert PidReloader(str(process.pid)).alive() is False
    with pytest.raises(ShellError, match="there is no process"):
        PidReloader(str(process.pid)).send()


def test_a_process_of_somebody_else(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that the system forbids is an error with a way out."""
    process = start("step-ca")

    def forbid(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(signal, "pidfd_send_signal", forbid)
    with pytest.raises(ShellError, match="belongs to another user") as caught:
        PidReloader(str(process.pid)).send()
    assert "sudo" in caught.value.hint


class WithoutDescriptors:
    """The module `os` of such a system, for the code under test alone: newer versions of `subprocess` need the real one."""

    def __getattr__(self, name: str) -> object:
        """Give what `os` has, but for process descriptors."""
        if name == "pidfd_open":
            raise AttributeError(name)
        return getattr(os, name)


def test_without_process_descriptors(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no process descriptors and no /proc, ps and kill do the same."""
    process = start("step-ca")
    monkeypatch.setattr(module, "os", WithoutDescriptors())
    real = open

    def no_proc(path: str, *arguments: object, **options: object) -> object:
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(2, "No such file")
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    fake = Path(str(process.args[0])).parent / "ps"  # type: ignore[index]
    fake.write_text("#!/bin/sh\necho /opt/bin/step-ca\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setattr("builtins.open", no_proc)
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    PidReloader(str(process.pid)).send()
    monkeypatch.undo()
    process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGHUP)


def test_a_process_that_ends_meanwhile(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends between the look and the signal is one that is not there."""
    process = start("step-ca")

    def gone(*_: int) -> None:
        raise ProcessLookupError(3, "No such process")

    monkeypatch.setattr(signal, "pidfd_send_signal", gone)
    with pytest.raises(ShellError, match="there is no process"):
        PidReloader(str(process.pid)).send()


@pytest.mark.parametrize("pid", ["", "0", "-1", "+7", "12345678901"])
def test_what_is_no_process(pid: str) -> None:
    """Numbers that would mean groups of processes, or nothing, are refused at once."""
    with pytest.raises(UsageError, match="--reload-pid is no process"):
        PidReloader(pid)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense", "holds no process number"),
        ("-1", "holds no process number"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_bad_pid_file(tmp_path: Path, text: str | None, why: str) -> None:
    """A pid file that is missing or holds something else is an error that names it."""
    path = tmp_path / "step-ca.pid"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ShellError, match=why) as caught:
        PidReloader(str(path)).send()
    assert caught.value.file == str(path)
    assert PidReloader(str(path)).alive() is False


def test_a_command_is_split_but_given_to_no_shell(tmp_path: Path) -> None:
    """Words are split with quotes as in a shell; nothing in them is expanded."""
    out = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    reloader = CommandReloader(f"{sys.executable} -c \"{code}\" {out} 'two words' $HOME ; *")
    reloader.send()
    assert out.read_text() == "['two words', '$HOME', ';', '*']"
    assert reloader.alive() is None


def test_a_command_says_only_its_program() -> None:
    """Arguments may hold secrets, so only the program is named."""
    assert CommandReloader("curl --header secret").described == "the command curl"


@pytest.mark.parametrize("command", ["", "  ", "'open"])
def test_what_is_no_command(command: str) -> None:
    """Nothing, and an open quotation, are usage errors."""
    with pytest.raises(UsageError, match="--reload-command"):
        CommandReloader(command)


def test_a_command_that_fails(tmp_path: Path) -> None:
    """A command that fails is an error with its exit code and the last that it said."""
    with pytest.raises(ShellError, match=r"the command sh failed with exit code 3: last \\u001b") as caught:
        CommandReloader("sh -c \"echo first >&2; printf 'last \\033' >&2; exit 3\"").send()
    assert caught.value.code == "reload-failed"
    with pytest.raises(ShellError, match=r"failed with exit code 1$"):
        CommandReloader("false").send()
    with pytest.raises(ShellError, match="could not be started: No such file") as caught:
        CommandReloader(str(tmp_path / "none")).send()
    assert "on PATH" in caught.value.hint


def test_a_command_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that hangs is ended, with everything that it started."""
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with pytest.raises(ShellError, match=r"was not done after 0\.2 seconds"):
        CommandReloader("sh -c 'sleep 60 & sleep 60'").send()


def test_an_interrupt_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a command runs ends the command and goes on to the caller."""
    interrupted = [False]
    real = subprocess.Popen.communicate

    def interrupt(self: subprocess.Popen[str], *arguments: object, **options: object) -> tuple[str, str]:
        if not interrupted[0]:
            interrupted[0] = True
            raise KeyboardInterrupt
        return real(self)

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        CommandReloader("sleep 60").send()


Systemctl = Callable[[str], Path]


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemctl:
    """Return a function that puts a systemctl on PATH, which records its arguments and runs this script."""

    def install(script: str) -> Path:
        folder, log = tmp_path / "bin", tmp_path / "argv"
        folder.mkdir()
        program = folder / "systemctl"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\n{script}\n')
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return log

    return install


def test_a_unit_with_a_reload_of_its_own(systemctl: Systemctl) -> None:
    """A unit that has an ExecReload is reloaded by it."""
    log = systemctl('case "$*" in *CanReload*) echo yes;; *ActiveState*) echo active;; esac')
    reloader = UnitReloader("step-ca")
    reloader.send()
    assert reloader.alive() is True
    assert log.read_text().splitlines() == [
        "show --property=CanReload --value step-ca",
        "--no-ask-password reload step-ca",
        "show --property=ActiveState --value step-ca",
    ]


def test_a_unit_without_one(systemctl: Systemctl) -> None:
    """The main process of a unit without an ExecReload gets SIGHUP."""
    log = systemctl('case "$*" in *CanReload*) echo no;; *ActiveState*) echo failed;; esac')
    reloader = UnitReloader("ca.service")
    reloader.send()
    assert reloader.alive() is False
    assert log.read_text().splitlines()[1] == "--no-ask-password kill --signal=HUP --kill-who=main ca.service"
    assert reloader.described == "reload of the unit ca.service"


def test_a_unit_that_cannot_be_reloaded(systemctl: Systemctl) -> None:
    """What systemctl says is passed on, and whether the unit runs is not known then."""
    systemctl("echo 'Unit x.service not loaded.' >&2; exit 5")
    with pytest.raises(ShellError, match=r"exit code 5: Unit x\.service not loaded\."):
        UnitReloader("x").send()
    assert UnitReloader("x").alive() is None


@pytest.mark.parametrize("unit", ["", "-x", "a b"])
def test_what_is_no_unit(unit: str) -> None:
    """Options and texts with spaces are no units."""
    with pytest.raises(UsageError, match="--reload-unit is no unit"):
        UnitReloader(unit)
