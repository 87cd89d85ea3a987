"""A small table of commands, and a session that remembers what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shell.errors import ShellError, UsageError
from shell.language.files import FilePath
from shell.language.parameters import (
    Candidate,
    Choice,
    Integer,
    Parameter,
    ParameterType,
    Rest,
    Switch,
    Text,
)
from shell.language.registry import DRAFT, NOTHING, SHELL, TARGET, Command, Registry
from shell.results import Lines, Request, Result, Table

if TYPE_CHECKING:
    from shell.language.parameters import Bound


def say(text: str, json: dict[str, str] | None = None) -> Result:
    """Return a result of one line."""
    return Result([Lines([text])], json=json)  # type: ignore[arg-type]


class Session:
    """What the interpreter needs of a session; `world` is a list of names."""

    def __init__(self) -> None:
        self.line = ""
        self.lines: list[str] = []
        self.staged: list[str] = []
        self.committed: list[str] = []
        self.discards = 0
        self.files: dict[str, str] = {}
        self.names = ["acme", "ops"]
        self.warnings: list[str] = []
        self.notices: list[str] = []

    @property
    def has_staged_edits(self) -> bool:
        """Whether something is staged."""
        return bool(self.staged)

    def discard(self) -> None:
        """Drop what is staged."""
        self.staged.clear()
        self.discards += 1

    @property
    def staged_lines(self) -> int:
        """How many lines are staged."""
        return len(self.staged)

    def open_for_editing(self) -> None:
        """Do nothing: everything is there."""

    def before_editing(self) -> Sequence[str]:
        """Say that an edit is coming."""
        return [f"note: {text}" for text in self.warnings]

    def take_notices(self) -> Sequence[str]:
        """Return what reading has shown, once."""
        notices, self.notices = self.notices, []
        return notices

    def agree(self, flags: Sequence[tuple[str, str]]) -> None:
        """Agree with one CA only."""
        for flag, value in flags:
            if (flag, value) != ("--ca-url", "https://ca"):
                raise UsageError("other-target", f"{flag} is not this target")


class Name(ParameterType):
    """A name of the session."""

    name = "provisioner"
    metavar = "NAME"

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the names of the world, whatever the prefix."""
        assert isinstance(world, Session)
        return [Candidate(name, "a name") for name in world.names]


class Value(ParameterType):
    """A value that is a secret if the field before it is."""

    metavar = "VALUE"

    def is_secret(self, bound: Bound) -> bool:
        """Whether the field is called secret."""
        return bound.get("field") == "secret"

    def accepts_source(self, bound: Bound) -> bool:
        """Secrets only."""
        return self.is_secret(bound)


class Pin(Text):
    """A secret that must be digits; it says so by quoting what it got, as careless types do."""

    name = "number of digits"

    def parse(self, word: object, bound: Bound) -> object:
        """Return the digits."""
        text = str(getattr(word, "value", ""))
        if not text.isdigit():
            raise UsageError("bad-value", f"{text} is not digits", hint=f"not {text}")
        return text


def list_(session: Session) -> Result:
    """Return two rows."""
    rows = [["acme", "ACME"], ["ops", "JWK"]]
    return Result(
        lambda: [Table(["NAME", "TYPE"], rows, ["name", ""], (0,))],
        json=lambda: [{"name": name, "type": type_} for name, type_ in rows],
        notices=["two"],
    )


def show(session: Session, name: str | None) -> Result:
    """Return lines, some of them styled."""
    blocks = [Lines([[("name", "name: "), ("", name or "-")], "type: ACME"])]
    return Result(blocks, json={"name": name, "type": "ACME"})


def add(session: Session, name: str, type: str, flags: dict[str, object]) -> Result:
    """Stage an addition."""
    session.staged.append(name)
    session.lines.append(session.line)
    return say(f"add {name} {type} {sorted(flags)}", json={"added": name})


def set_(session: Session, name: str, field: str, value: object) -> Result:
    """Stage a value."""
    session.staged.append(f"{name}.{field}")
    session.lines.append(session.line)
    return Result()


def commit(session: Session, dry_run: bool) -> Result:
    """Commit, unless it is only for show."""
    if not dry_run:
        session.committed += session.staged
        session.staged.clear()
    return say("done", json={"outcome": "committed"})


def discard(session: Session) -> Result:
    """Drop what is staged."""
    session.discard()
    return Result()


def diff(session: Session, detailed_exitcode: bool) -> Result:
    """Say whether there are changes by the exit code."""
    return Result(exit_code=7 if detailed_exitcode and session.staged else 0)


def check(session: Session) -> Result:
    """Find a problem."""
    return Result([Lines(["a problem"])], exit_code=3)


def fail(session: Session) -> Result:
    """Fail."""
    raise ShellError("failed", "it failed", hint="do it again")


def misuse(session: Session) -> Result:
    """Find, while running, that the words were wrong."""
    raise UsageError("misuse", "wrong words")


def late(session: Session) -> Result:
    """Return a result that fails when it is shown."""

    def blocks() -> list[Lines]:
        raise ShellError("late", "it failed late")

    return Result(blocks)


def interrupt(session: Session) -> Result:
    """Be interrupted from the keyboard."""
    raise KeyboardInterrupt


def ask(session: Session) -> Result:
    """Ask for an answer."""
    return Result(request=Request("confirm", text="yes"))


def source(session: Session, file: str) -> Result:
    """Ask for the lines of a file to be run."""
    return Result(request=Request("source", text=session.files[file], message=file))


def quit_(session: Session) -> Result:
    """Ask to leave."""
    return Result(request=Request("quit"))


def help_(session: Session, topic: tuple[str, ...]) -> Result:
    """Say what was asked for."""
    return say(" ".join(topic))


def hook(session: Session, name: str, url: str = "") -> Result:
    """Stage a hook."""
    session.staged.append(name)
    return say(f"hook {name}")


def recent(session: Session, number: int | None = None) -> Result:
    """Say which entry was asked for."""
    return say(f"history {number}")


NAME = Parameter("name", Name(), "The name.", required=True)

COMMANDS = (
    Command("list", list_, (), "List them."),
    Command("show", show, (Parameter("name", Name(), "The name."),), "Show one."),
    Command(
        "add",
        add,
        (
            NAME,
            Parameter(
                "type",
                Choice({"JWK": "Tokens.", "ACME": "Challenges."}, ignore_case=True),
                "The type.",
                flag="--type",
                default="JWK",
            ),
            Parameter("ssh", Switch(), "SSH.", flag="--ssh", into="flags"),
            Parameter("domain", Text(), "A domain.", flag="--domain", many=True, into="flags"),
            Parameter("roots", FilePath(), "Roots.", flag="--roots", aliases=("--root-file",), into="flags"),
            Parameter("length", Integer(1, 10), "Length.", flag="--length", into="flags"),
            Parameter("client_secret", Text(secret=True), "Secret.", flag="--client-secret", into="flags"),
            Parameter("pin", Pin(secret=True), "Digits.", flag="--pin", into="flags"),
            Parameter(
                "eab",
                Switch(),
                "EAB.",
                flag="--eab",
                into="flags",
                when=lambda bound, world: bound.get("type") == "ACME",
            ),
        ),
        "Add one.",
        DRAFT,
        examples=("add acme --type ACME",),
    ),
    Command(
        "set",
        set_,
        (
            NAME,
            Parameter("field", Text(), "Field.", required=True),
            Parameter("value", Value(), "Value.", required=True),
        ),
        "Set a field.",
        DRAFT,
    ),
    Command(
        "commit",
        commit,
        (Parameter("dry_run", Switch(), "Only show.", flag="--dry-run", default=False),),
        "Commit.",
        TARGET,
        exact=True,
        harmless=("dry_run",),
    ),
    Command("discard", discard, (), "Drop it.", DRAFT),
    Command(
        "diff",
        diff,
        (
            Parameter(
                "detailed_exitcode", Switch(), "By exit code.", flag="--detailed-exitcode", default=False
            ),
        ),
        "Show changes.",
        NOTHING,
    ),
    Command("check", check, (), "Check."),
    Command("fail", fail, (), "Fail."),
    Command("misuse", misuse, (), "Be misused."),
    Command("late", late, (), "Fail late."),
    Command("interrupt", interrupt, (), "Be interrupted."),
    Command("ask", ask, (), "Ask."),
    Command(
        "source",
        source,
        (Parameter("file", FilePath(), "The file.", required=True),),
        "Run a file.",
        SHELL,
        trusted_only=True,
    ),
    Command("quit", quit_, (), "Leave.", SHELL, aliases=("exit",)),
    Command("help", help_, (Parameter("topic", Rest(), "What about.", many=True),), "Help."),
    Command(
        "webhook add",
        hook,
        (NAME, Parameter("url", Text("URL"), "Address.", flag="--url", required=True)),
        "Add a hook.",
        DRAFT,
    ),
    Command("webhook remove", hook, (NAME,), "Remove a hook.", DRAFT),
    Command("history", recent, (), "Past commits."),
    Command(
        "history show", recent, (Parameter("number", Integer(1), "Which.", required=True),), "One of them."
    ),
)

REGISTRY = Registry({name: __name__ for row in COMMANDS for name in (row.name, *row.aliases)})
