"""The state of a target on this machine: its draft, its journal, its history and its backups.

One folder per target below the state folder, named readably and by a short hash, so that two files of
one name keep apart. Folders are 0700 and files 0600. Nothing is made before something is written:
looking at a target leaves no trace.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shell.durable import clean_litter, failure, sync_folder, write_atomically
from shell.errors import ShellError
from shell.escape import visible
from shell.history import History
from shell.journal import NAME as JOURNAL
from shell.journal import Journal
from shell.model.values import Number, format_json, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.durable import Pieces
    from shell.model.values import JSON

DRAFT = "draft.json"
DRAFT_LOCK = "draft.lock"
BACKUPS = "backups"
KEPT_BACKUPS = 20
SECRET_DRAFT_LIFE = timedelta(hours=24)
_FORMAT = Number("1")
_LONGEST_SLUG = 80


def login_name() -> str:
    """Return the name of the user who works here, for the history."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def state_root(option: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return the folder for the state of every target.

    It is `option` (--state-dir), else `step-shell` in $XDG_STATE_HOME, else in ~/.local/state. A
    relative XDG_STATE_HOME is ignored, as its specification says.
    """
    if option:
        return os.path.abspath(os.path.expanduser(option))
    home = environment.get("XDG_STATE_HOME", "")
    if not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "step-shell")


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft that an earlier session left.

    `record` is what `save_draft` was given, or None where `expired`: it held secrets and was older than
    a day, and is removed. `saved` is the UTC time.
    """

    record: JSON
    saved: datetime
    expired: bool = False


class State:
    """What this machine keeps about one target, in `folder`; see `open`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.backups = os.path.join(folder, BACKUPS)
        self.journal = Journal(folder)
        self.history = History(folder)
        self._draft_path = os.path.join(folder, DRAFT)
        self._claim = -1

    @classmethod
    def open(
        cls, option: str, target: str, environment: Mapping[str, str] = os.environ, *, root: str = ""
    ) -> State:
        """Return the state of a target: the path of a file, or the address of a CA with its `root`'s fingerprint.

        `option` is --state-dir, or empty. Nothing is made or read. Links are followed, so that two paths
        to one file have one state. A CA that was made anew at an address is another target.
        """
        name = target if "://" in target else os.path.realpath(target)
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[-_LONGEST_SLUG:].lstrip("-.") or "target"
        digest = hashlib.sha256(os.fsencode(f"{name} {root}" if root else name)).hexdigest()[:10]
        return cls(os.path.join(state_root(option, environment), f"{slug}-{digest}"))

    def ensure(self) -> State:
        """Make the folders, 0700, where they are missing, and return this state.

        Raises ShellError, naming --state-dir, where they cannot be made or are somebody else's.
        """
        try:
            os.makedirs(os.path.dirname(self.folder), mode=0o700, exist_ok=True)
            for folder in (self.folder, self.backups):
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder, 0o700)
                    sync_folder(os.path.dirname(folder))
                status = os.stat(folder)
                if status.st_uid != os.geteuid():
                    raise _unusable(self.folder, f"it belongs to user {status.st_uid}")
                if status.st_mode & 0o077:
                    os.chmod(folder, 0o700)
        except OSError as error:
            raise self._failure(error) from None
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise _unusable(self.folder, "it is not writable")
        return self

    def neighbours(self) -> list[State]:
        """Return the states of other targets that have a journal, in the same state folder."""
        try:
            names = sorted(os.listdir(os.path.dirname(self.folder)))
        except OSError:
            return []
        folders = [os.path.join(os.path.dirname(self.folder), name) for name in names]
        return [
            State(folder)
            for folder in folders
            if folder != self.folder and os.path.exists(os.path.join(folder, JOURNAL))
        ]

    def clean(self) -> list[str]:
        """Remove what a killed process left in the folders; returns the names as they may be shown."""
        return [*clean_litter(self.folder), *clean_litter(self.backups)]

    # the draft

    def claim_draft(self) -> bool:
        """Whether this process is the one that keeps the draft of the target; it stays so until it ends.

        Of two sessions on one target only the first keeps its draft; raises ShellError as `ensure` does.
        """
        if self._claim >= 0:
            return True
        self.ensure()
        try:
            descriptor = os.open(
                os.path.join(self.folder, DRAFT_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
        except OSError as error:
            raise self._failure(error) from None
        self._claim = descriptor
        return True

    def release_draft(self) -> None:
        """Let another session keep the draft."""
        if self._claim >= 0:
            os.close(self._claim)
            self._claim = -1

    def save_draft(self, record: JSON, now: datetime, *, secret: bool = True) -> None:
        """Write the draft durably; with `secret` it expires a day after `now` (UTC).

        Raises ShellError where it cannot be written.
        """
        self.ensure()
        document: JSON = {"format": _FORMAT, "saved": now.isoformat(), "secret": secret, "draft": record}
        try:
            write_atomically(self._draft_path, format_json(document).encode())
        except OSError as error:
            raise self._failure(error) from None

    def load_draft(self, now: datetime) -> KeptDraft | None:
        """Return the draft that was saved, or None; one that has expired is removed.

        Raises ShellError `draft-unreadable` where it is no draft of this program.
        """
        try:
            with open(self._draft_path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure(error) from None
        try:
            saved, secret, record = _kept(parse_json(data.decode()))
        except ValueError:
            raise ShellError(
                "draft-unreadable",
                f"the draft in {visible(self._draft_path)} was not written by this version",
                hint="remove the file to start without it",
            ) from None
        if secret and now - saved > SECRET_DRAFT_LIFE:
            self.drop_draft()
            return KeptDraft(None, saved, expired=True)
        return KeptDraft(record, saved)

    def drop_draft(self) -> None:
        """Remove the draft, where there is one."""
        try:
            os.unlink(self._draft_path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failure(error) from None

    # backups

    def save_backup(self, base: str, data: bytes | Pieces, now: datetime) -> str:
        """Write a copy of a file called `base` durably and return its path; only the newest 20 are kept.

        The name begins with the time. Raises ShellError where it cannot be written.
        """
        self.ensure()
        stem = f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06d}Z"
        path = os.path.join(self.backups, f"{stem}-{os.urandom(2).hex()}-{base[-100:]}")
        try:
            write_atomically(path, data)
            self._prune()
        except OSError as error:
            raise self._failure(error, "a backup cannot be written; nothing was changed") from None
        return path

    def _prune(self) -> None:
        names = sorted(name for name in os.listdir(self.backups) if name[:1].isdigit())
        for name in names[:-KEPT_BACKUPS]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.backups, name))

    def _failure(self, error: OSError, what: str = "") -> ShellError:
        return failure(
            error,
            what or f"the state folder {visible(self.folder)} cannot be used",
            hint=f"the state folder is {visible(self.folder)}; name another one with --state-dir",
        )


def _kept(document: JSON) -> tuple[datetime, bool, JSON]:
    """Return when a draft was saved, whether it holds secrets, and its record; raises ValueError."""
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ValueError("another format")
    saved = document.get("saved")
    if not isinstance(saved, str):
        raise ValueError("no time")
    return datetime.fromisoformat(saved), document.get("secret") is not False, document.get("draft")


def _unusable(folder: str, why: str) -> ShellError:
    return ShellError(
        "state-unusable",
        f"the state folder {visible(folder)} cannot be used: {why}",
        hint="name another one with --state-dir",
    )
