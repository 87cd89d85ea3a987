"""The way in: arguments, target, session, and then a batch or the prompt. The only module that exits.

On the reading path; the prompt is imported only where a person is there.
"""

from __future__ import annotations

import gc
import os
import sys

from shell import __version__
from shell.errors import ExitCode, ShellError, UsageError
from shell.observer import INFO, Observer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from shell.arguments import Arguments
    from shell.backends.admin.target import AdminCa
    from shell.backends.cafile import CaFile
    from shell.commit.liveoptions import LiveOptions
    from shell.interpreter import Interpreter
    from shell.session import Session
    from shell.targets import Target

_ALLOCATIONS = 100_000
"""How many new objects make Python look for circles among them: by default 700, a tenth of the time of a commit."""


def entry() -> NoReturn:
    """Run the program on the process's arguments and exit with its code."""
    gc.set_threshold(_ALLOCATIONS)
    _prepare_streams()
    code: int = ExitCode.FAILED
    try:
        code = main(sys.argv[1:])
        _flush()
    except BrokenPipeError:
        _drop_output()  # the reader has gone, as in `| head`
    except ShellError as error:
        _complain(error, json="--json" in sys.argv)
        code = code or error.exit_code
    try:  # noqa: SIM105  # contextlib costs a start more than this
        sys.stderr.flush()
    except OSError:
        pass  # what was to be said is lost, what was to be done is done
    # taking a hundred thousand objects apart at the end would be a thirtieth of a commit's time
    os._exit(code)


def _prepare_streams() -> None:
    """Make standard streams that can be used, whatever the parent has left open and in whatever locale."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            # takes the lowest free number, which is this one: no file of ours may come to stand there
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  # open until the process ends
    for stream in (sys.stdout, sys.stderr):
        # what cannot be encoded in the user's locale is escaped rather than an exception
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # text streams at a start


def main(words: Sequence[str]) -> int:
    """Run the program on these arguments and return its exit code."""
    observer = Observer(lambda text: _tell(text + "\n"))
    code: int | str = "unexpected"
    try:
        code = _run(words, observer)
    except ShellError as error:
        observer.failed(error)
        _complain(error, json="--json" in words)
        code = error.exit_code
    except BrokenPipeError:
        code = "nobody-reads"
        raise
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        code = ExitCode.INTERRUPTED
    finally:
        observer.note(INFO, "end", exit=code)
    return code


def _run(words: Sequence[str], observer: Observer) -> int:
    from shell.arguments import parse

    arguments = parse(words)
    if arguments.has("version"):
        return _print_version()
    if arguments.has("help"):
        from shell.arguments import usage

        _write(usage())
        return ExitCode.DONE
    _listen(arguments, observer)
    sources = _sources(arguments)
    if sources is None and not sys.stdin.isatty():
        sources = [("-", _standard_input())]
    observer.note(INFO, "start", version=__version__, way="prompt" if sources is None else "batch")
    target = _target(arguments)
    session = _session(arguments, target, observer, interactive=sources is None)
    try:
        return _work(session, sources, json=arguments.has("json"))
    finally:
        session.tell_traffic()


def _work(session: Session, sources: list[tuple[str, str]] | None, *, json: bool) -> int:
    """Run the lines of the sources, or let a person work; returns the exit code."""
    if sources is None:
        from shell.ui.prompt import run

        return run(session, json=json)
    from shell.commands import REGISTRY
    from shell.interpreter import Interpreter

    _greet(session)
    interpreter = Interpreter(
        session,
        REGISTRY,
        interactive=False,
        restricted=session.sources.restricted,
        json=json,
        observer=session.observer,
    )
    return _batch(interpreter, sources, json=json)


def _listen(arguments: Arguments, observer: Observer) -> None:
    """Have told what the arguments want to be told; raises UsageError where that cannot be."""
    path, level = arguments.text("log_file"), arguments.text("log_level")
    if path is not None:
        from shell.logfile import LogFile

        observer.listen(LogFile(path, level or INFO, observer).write)
    elif level is not None:
        raise UsageError("no-log-file", "--log-level says nothing without a log", hint="add --log-file FILE")
    observer.verbose = arguments.has("verbose")
    if observer.verbose or arguments.has("trace"):
        from shell import spoken

        if arguments.has("trace"):
            observer.listen(spoken.trace(observer, json=arguments.has("json")))
        if observer.verbose:
            observer.listen(spoken.chatter(observer))


def _batch(interpreter: Interpreter, sources: list[tuple[str, str]], *, json: bool) -> int:
    from shell import batch

    if sys.stdout.isatty() and not json:
        from shell.ui.terminal import render

        return batch.run(interpreter, sources, _write, _notice, json, render)
    return batch.run(interpreter, sources, _write, _notice, json)


def _write(text: str) -> None:
    """Write to standard output at once, so that nothing is committed behind output that is lost.

    Raises as `_flush` does.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise _lost(error) from None


def _flush() -> None:
    """Flush standard output; raises BrokenPipeError where its reader has gone, else ShellError `output-lost`."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise _lost(error) from None


def _lost(error: OSError) -> Exception:
    if isinstance(error, BrokenPipeError):
        return error
    _drop_output()
    return ShellError(
        "output-lost",
        f"standard output cannot be written: {(error.strerror or str(error)).lower()}",
        hint="make room where it goes to, and run it again",
    )


def _drop_output() -> None:
    """Send what is still to be written nowhere, so that no later flush fails on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version() -> int:
    _write(f"step-shell {__version__}\n")
    return ExitCode.DONE


def _sources(arguments: Arguments) -> list[tuple[str, str]] | None:
    """Return the lines to run, each with the name that errors give the place; None for a prompt."""
    if not arguments.sources:
        return None
    found: list[tuple[str, str]] = []
    for number, (kind, text) in enumerate(arguments.sources, 1):
        if kind == "-c":
            found.append((f"-c {number}" if len(arguments.sources) > 1 else "-c", text))
        elif text == "-":
            found.append(("-", _standard_input()))
        else:
            found.append((text, _read_batch(text)))
    return found


def _standard_input() -> str:
    return _decoded(sys.stdin.buffer.read(), "standard input")


def _read_batch(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            return _decoded(stream.read(), path)
    except OSError as error:
        raise UsageError(
            "unreadable",
            f"cannot read the batch file {path}: {error.strerror}",
            hint="check its path and permissions",
        ) from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(
            "not-text", "this is not UTF-8 text", hint="save the file as UTF-8", file=name, line=line
        ) from None


def _target(arguments: Arguments) -> Target:
    from shell.targets import Options, resolve

    names = [name for name in Options.__slots__ if name != "demo"]
    given = {name: arguments.text(name) for name in names}
    return resolve(Options(demo=arguments.has("demo"), **given), os.environ, os.getcwd())


def _session(arguments: Arguments, target: Target, observer: Observer, *, interactive: bool) -> Session:
    from shell.session import Session

    session = Session(
        target,
        _backend(target, lambda: session, arguments.texts("node")),
        state_dir=arguments.text("state_dir") or "",
        operator=arguments.text("operator") or "",
        interactive=interactive,
        folder=arguments.text("restricted"),
        live=_live(arguments, target),
        observer=observer,
    )
    return session


def _backend(target: Target, person: Callable[[], Session], nodes: Sequence[str]) -> CaFile | AdminCa:
    if target.kind == "file":
        if nodes:
            raise UsageError("node-of-a-file", "--node is for a CA", hint="leave --node out")
        from shell.backends.cafile import CaFile

        return CaFile(target.path)
    from shell.sites.reach import reach

    return reach(target, person, nodes)


def _live(arguments: Arguments, target: Target) -> LiveOptions | None:
    """Return what the arguments say about making a commit live; None where they say nothing."""
    names = ("reload_pid", "reload_unit", "reload_command", "live_url", "live_timeout")
    said = {name: text for name in names if (text := arguments.text(name)) is not None}
    if not said:
        return None
    from shell.commit.liveoptions import live_options

    return live_options(said, target.root)


def _greet(session: Session) -> None:
    """Say which target it is where no flag named it, and where the demonstration lies."""
    target = session.target
    if target.origin == "--demo" or not target.origin.startswith("--"):
        _notice(f"target: {target.name} ({target.origin})")
    if target.alternative:
        _notice(target.alternative)


def _notice(text: str) -> None:
    _flush()
    _tell(text.rstrip("\n") + "\n")


def _complain(error: ShellError, *, json: bool) -> None:
    from shell.plain import render_error

    try:
        _flush()
    except (BrokenPipeError, ShellError):
        _drop_output()  # there is something worse to say
    _tell(render_error(error, json=json))


def _tell(text: str) -> None:
    try:
        sys.stderr.write(text)
    except OSError:
        return  # there is nobody to be told, which is no reason to stop what was asked for
