"""`history`, `rollback` and `recover`: commits that were, and one that was interrupted."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from shell.commands.parameters import switch
from shell.errors import ShellError
from shell.escape import shortened, visible
from shell.language.command import DRAFT, NOTHING, TARGET, Command
from shell.language.parameters import Candidate, Integer, Parameter, Text
from shell.model.provisioner import parse_path
from shell.model.values import Number
from shell.results import Lines, Moment, Result, Table, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shell.history import Entry
    from shell.language.parameters import Bound
    from shell.model.values import JSON
    from shell.results import Line
    from shell.session import Session
    from shell.sites.site import Recovered

_LIVE = {True: "yes", False: "no", None: ""}
_OFFERED = 200
_FRESH = 2.0
"""Seconds for which the history is believed to be what was read, while somebody types."""


class CommitNumber(Integer):
    """The number of a commit in the history of the target."""

    name = "number of a commit"
    metavar = "ID"
    on_disk = True

    def __init__(self) -> None:
        super().__init__(1)
        self._read = ("", float("-inf"))
        self._found: list[Candidate] = []

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the last commits, the newest first, with when they were, what they changed and why."""
        session: Session = world  # type: ignore[assignment]  # the world of our commands is the session
        folder, read_at = self._read
        if folder != session.state.folder or monotonic() - read_at > _FRESH:
            self._read = (session.state.folder, monotonic())
            try:
                entries = session.state.history.entries()[: -_OFFERED - 1 : -1]
            except ShellError:
                entries = []
            self._found = [Candidate(str(entry.id), _about(entry)) for entry in entries]
        return self._found


def _about(entry: Entry) -> str:
    told = (_time(entry), _counts(entry.plan), shortened(entry.comment))
    return "  ".join(filter(None, told))


def history(session: Session) -> Result:
    """Return the commits to this target, the newest first."""
    entries = session.state.history.entries()[::-1]
    rows = [_row(entry) for entry in entries]
    table = Table(
        ("ID", "TIME (UTC)", "WHO", "OUTCOME", "LIVE", "CHANGES", "COMMENT"),
        rows,
        ("name", "", "", "", "", "", "muted"),
        fluid=(6,),
    )
    return Result(
        [table] if rows else [],
        json=[_document(entry) for entry in entries],
        notices=[] if rows else ["nothing was committed to this target yet"],
    )


def history_show(session: Session, id: int) -> Result:
    """Return one commit with its masked difference."""
    entry = session.state.history.entry(id)
    facts = [
        ("commit", str(entry.id)),
        ("time (UTC)", Moment(_time(entry))),
        ("who", visible(entry.operator)),
        ("outcome", entry.outcome),
        ("live", _LIVE[entry.live]),
        ("comment", visible(entry.comment)),
        ("before", entry.before),
        ("after", entry.after),
        ("backup", visible(entry.backup)),
    ]
    table = Table(("", ""), [fact for fact in facts if fact[1]], ("field", "value"))
    return Result([table, Lines(["", *_plan_lines(entry.plan)])], json=_document(entry))


def rollback(session: Session, id: int) -> Result:
    """Stage the inverse of a commit."""
    from shell.commit.rollback import rollback as inverse

    entry = session.state.history.entry(id)
    back = inverse(entry, session.draft)
    if back.edits:
        session.stage(back.edits)
    notices = [visible(note) for note in back.notes]
    notices += [f"give it again, it was a secret: {visible(needed)}" for needed in back.needs]
    if not back.edits:
        notices.append("nothing of this commit is left to take back")
    return Result(
        notices=notices,
        remarks=[f"staged: {len(back.edits)} edit{'' if len(back.edits) == 1 else 's'}; see: diff"]
        if back.edits
        else [],
    )


def recover_show(session: Session, *, from_url: str = "") -> Result:
    """Return the commit that was interrupted, where there is one."""
    found = session.site.interrupted(session.state_at(from_url))
    if found is None:
        return Result(json=None, notices=["no commit was interrupted"])
    lines: list[Line] = [
        [
            ("", "a commit of "),
            ("", moment(visible(found.time))),
            ("", f" by {visible(found.operator)} was interrupted"),
        ],
        *_plan_lines(found.plan),
        *found.remarks,
        "recover forward finishes it, recover back takes it back",
    ]
    return Result([Lines(lines)], json={"time": found.time, "operator": found.operator, "plan": found.plan})


def recover_forward(session: Session, *, reloaded: bool = False, from_url: str = "") -> Result:
    """Finish the commit that was interrupted."""
    return _recovered(session, session.recover("forward", reloaded=reloaded, url=from_url))


def recover_back(session: Session, *, reloaded: bool = False, from_url: str = "") -> Result:
    """Take the commit back that was interrupted."""
    return _recovered(session, session.recover("back", reloaded=reloaded, url=from_url))


def _recovered(session: Session, done: Recovered | None) -> Result:
    if done is None:
        return Result(json={"outcome": "nothing"}, notices=["no commit was interrupted"])
    if session.has_staged_edits:
        raise ShellError(
            "staged-edits",
            f"{done.note}; but edits are staged on what was there before",
            hint="see: diff, then discard or commit",
        )
    session.reread()
    return Result([Lines([visible(done.note)])], json={"outcome": done.word})


def _row(entry: Entry) -> list[str]:
    return [
        str(entry.id),
        Moment(_time(entry)),
        shortened(entry.operator, 20),
        entry.outcome,
        _LIVE[entry.live],
        _counts(entry.plan),
        shortened(entry.comment),
    ]


def _time(entry: Entry) -> str:
    return entry.time.replace("T", " ").removesuffix("Z")


def _counts(plan: JSON) -> str:
    """Return how many provisioners were added, changed and removed."""
    changes = plan if isinstance(plan, list) else []
    actions = [change.get("action") for change in changes if isinstance(change, dict)]
    return " ".join(
        f"{sign}{actions.count(action)}"
        for action, sign in (("add", "+"), ("change", "~"), ("remove", "-"))
        if action in actions
    )


def _plan_lines(plan: JSON) -> list[Line]:
    """Return the changes of a masked plan, one line a field."""
    lines: list[Line] = []
    signs = {"add": ("added", "+"), "change": ("changed", "~"), "remove": ("removed", "-")}
    for change in plan if isinstance(plan, list) else []:
        if not isinstance(change, dict):
            continue
        style, sign = signs.get(str(change.get("action")), ("", " "))
        lines.append(
            [(style, f"{sign} {visible(str(change.get('name')))}"), ("muted", f"  {change.get('type')}")]
        )
        fields = change.get("fields")
        lines += [_field_line(field) for field in (fields if isinstance(fields, list) else [])]
    return lines


def _field_line(field: JSON) -> Line:
    if not isinstance(field, dict):
        return ""
    before, after = (shortened(_text(field.get(side)), 50) for side in ("before", "after"))
    path = visible(".".join(parse_path(str(field.get("path")))))
    return [("field", f"    {path}  "), ("removed", before), ("", " → "), ("added", after)]


def _text(value: JSON) -> str:
    from shell.model.values import format_json

    return "(none)" if value is None else value if isinstance(value, str) else format_json(value)


def _document(entry: Entry) -> JSON:
    return {
        "id": Number(entry.id),
        "time": entry.time,
        "operator": entry.operator,
        "comment": entry.comment,
        "outcome": entry.outcome,
        "live": entry.live,
        "before": entry.before,
        "after": entry.after,
        "backup": entry.backup,
        "plan": entry.plan,
    }


_ID = Parameter("id", CommitNumber(), "the number of the commit, as `history` shows it", required=True)

_RELOADED = switch("reloaded", "the CA that answers, at another address than before, has loaded since")
_FROM = Parameter(
    "from_url", Text("URL"), "the commit was made to this CA at another address", flag="--from", default=""
)

COMMANDS = (
    Command("history", history, (), "List the commits to this target.", NOTHING, examples=("history",)),
    Command(
        "history show",
        history_show,
        (_ID,),
        "Show one commit.",
        NOTHING,
        examples=("history show 1",),
    ),
    Command(
        "rollback",
        rollback,
        (_ID,),
        "Stage the inverse of a commit; look at it with diff, and commit.",
        DRAFT,
        examples=("rollback 1",),
        exact=True,
    ),
    Command(
        "recover show",
        recover_show,
        (_FROM,),
        "Show the commit that was interrupted.",
        NOTHING,
        examples=("recover show",),
    ),
    Command(
        "recover forward",
        recover_forward,
        (_RELOADED, _FROM),
        "Finish the commit that was interrupted.",
        TARGET,
        examples=("recover forward",),
        exact=True,
    ),
    Command(
        "recover back",
        recover_back,
        (_RELOADED, _FROM),
        "Take the commit back that was interrupted.",
        TARGET,
        examples=("recover back",),
        exact=True,
    ),
)
