"""`status`, `source` and `quit`: the session itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell import __version__
from shell.escape import visible
from shell.language.command import NOTHING, SHELL, Command
from shell.language.files import FilePath
from shell.language.parameters import Parameter, Source
from shell.model.values import Number
from shell.results import Request, Result, Table

if TYPE_CHECKING:
    from shell.model.values import JSON
    from shell.session import Session


def status(session: Session) -> Result:
    """Return what the session is connected to, and what is staged."""
    summary = session.plan().summary
    document: dict[str, JSON] = {
        "target": session.target.name,
        "named_by": session.target.origin,
        "provisioners": Number(len(session.base)),
        "base": session.base.fingerprint,
        "staged": {name: Number(count) for name, count in summary._asdict().items()},
        "state": session.state.folder,
        "version": __version__,
    }
    rows = [
        ("target", visible(session.target.name)),
        ("named by", visible(session.target.origin)),
        ("provisioners", str(len(session.base))),
        ("staged", str(summary)),
        ("state", visible(session.state.folder)),
        ("version", __version__),
    ]
    more = list(session.site.facts())
    document |= {label.replace(" ", "_"): value for label, _, value in more}
    rows += [(label, visible(text)) for label, text, _ in more]
    if (traffic := session.traffic) is not None:
        document["requests"] = {name: Number(count) for name, count in traffic.counts().items()}
        rows.append(("requests", str(traffic)))
    notices = [notice.text for notice in session.site.notices()]
    return Result([Table(("", ""), rows, ("field", "value"))], json=document, notices=notices)


def source(session: Session, file: str) -> Result:
    """Ask for the lines of a file to be run, as one step."""
    content = session.sources.read(Source("file", file))
    return Result(request=Request("source", text=content.decode("utf-8-sig", "replace"), message=file))


def quit_(session: Session) -> Result:
    """Ask to leave."""
    return Result(request=Request("quit"))


COMMANDS = (
    Command("status", status, (), "Show the target and what is staged.", NOTHING, examples=("status",)),
    Command(
        "source",
        source,
        (Parameter("file", FilePath(), "the file with the lines", required=True),),
        "Run the lines of a file as one step.",
        SHELL,
        examples=("source changes.steps",),
        trusted_only=True,
    ),
    Command(
        "quit",
        quit_,
        (),
        "Leave; with staged edits you are asked first.",
        SHELL,
        aliases=("exit",),
        needs_target=False,
        examples=("quit",),
    ),
)
