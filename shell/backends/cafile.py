"""A ca.json as a target: finding it, reading it, and saying what is odd about it.

On the reading path, so it imports nothing heavy. The file is opened without following anything that
could block (a pipe, a device), read whole, and handed to the codec; nothing is decoded before it is
asked for. Writing is `shell.backends.filewrite`, locking `shell.backends.filelock`.
"""

from __future__ import annotations

import errno
import gc
import os
import stat

from shell.codec import configfile
from shell.codec.jsontext import scan
from shell.errors import ShellError
from shell.escape import visible
from shell.model.provisioner import Provisioner
from shell.model.summary import summarize
from shell.staging.base import Base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from shell.backends.filestate import Notice
    from shell.codec.configfile import ConfigFile
    from shell.codec.jsontext import RAW
    from shell.durable import Pieces
    from shell.model.shape import Flaw
    from shell.model.summary import Summary
    from shell.model.values import JSON

LARGEST = 128 << 20
"""The largest file that is read, in bytes; about 120,000 provisioners."""
_ATTEMPTS = 20
_CHUNK = 1 << 24

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Reading:
    """What one look at the file gave.

    `config` is its text with places, `base` the ground for a draft, `digest` the SHA-256 of its bytes in
    hexadecimal (also the base's fingerprint), `size` the number of bytes, `status` what the system says
    about the file. `data` gives the bytes again.
    """

    __slots__ = ("base", "config", "digest", "size", "status")

    def __init__(self, config: ConfigFile, digest: str, size: int, status: os.stat_result) -> None:
        self.config = config
        self.digest = digest
        self.size = size
        self.status = status
        self.base = make_base(config, digest)

    @property
    def data(self) -> Pieces:
        """The bytes of the file."""
        from shell.durable import Pieces  # for those who write

        return Pieces(self.config.text)


class CaFile:
    """A configuration file, by the path that the user gave.

    `path` is that path made absolute, `real` the file behind every symbolic link, which is the one that
    is read and replaced. Links are followed anew by every `read`: one may be turned elsewhere meanwhile.
    """

    __slots__ = ("path", "real")

    def __init__(self, path: str) -> None:
        if not path or "\0" in path:
            raise ShellError(
                "bad-path", f'"{visible(path)}" is not the path of a file', hint="name a ca.json"
            )
        self.path = os.path.abspath(path)
        self.real = os.path.realpath(self.path)

    @property
    def shown(self) -> str:
        """The path as it may be shown."""
        return visible(self.path)

    def read(self, *, judged: bool = False) -> Reading:
        """Return what the file holds now; `judged` looks for the flaws of each entry in the same pass.

        Raises ShellError: `no-such-file`, `is-a-directory`, `not-a-file`, `no-permission`, `too-large`,
        `keeps-changing`, `cannot-read`, and what the codec says of a text that is no ca.json.
        """
        data, status = self.read_bytes()
        digest = digest_of(data)
        return Reading(parse(data, self.path, judged=judged), digest, len(data), status)

    def notices(self, reading: Reading) -> list[Notice]:
        """Return what to say about the file before the first edit; what blocks a commit stands first."""
        from shell.backends import filestate  # a type of this module is in its signatures

        return filestate.notices(self, reading)

    def read_bytes(self) -> tuple[bytes, os.stat_result]:
        """Return the bytes of the file and what the system says about it; raises as `read` does."""
        self.real = os.path.realpath(self.path)
        try:
            descriptor = os.open(self.real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            self._cannot_open(error)
        try:
            return self._unchanging(descriptor)
        except OSError as error:
            self._cannot_open(error)
        finally:
            os.close(descriptor)

    def _unchanging(self, descriptor: int) -> tuple[bytes, os.stat_result]:
        """Read until the file was the same before and after: another program may be writing it in place."""
        for _ in range(_ATTEMPTS):
            before = os.fstat(descriptor)
            self._refuse_unfit(before)
            data = _read_all(descriptor)
            after = os.fstat(descriptor)
            if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
                return data, after
        raise ShellError(
            "keeps-changing",
            f"{self.shown} changes while it is read",
            hint="another program is writing it; try again when it has finished",
        )

    def _refuse_unfit(self, status: os.stat_result) -> None:
        mode = status.st_mode
        if stat.S_ISREG(mode):
            if status.st_size > LARGEST:
                raise ShellError(
                    "too-large",
                    f"{self.shown} has {status.st_size >> 20} MB; a ca.json is read up to {LARGEST >> 20} MB",
                    hint="this is hardly a ca.json; check the path",
                )
            return
        kind = next((kind for test, kind in _KINDS if test(mode)), "no regular file")
        raise ShellError(
            "is-a-directory" if stat.S_ISDIR(mode) else "not-a-file",
            f"{self.shown} is {kind}, not a configuration file",
            hint=self._inside() if stat.S_ISDIR(mode) else "name a ca.json",
        )

    def _inside(self) -> str:
        """Return a hint for a folder: the ca.json in it, where there is one."""
        for name in ("ca.json", os.path.join("config", "ca.json")):
            if os.path.isfile(os.path.join(self.real, name)):
                return f"did you mean {visible(os.path.join(self.path, name))}?"
        return "name the ca.json in it"

    def _cannot_open(self, error: OSError) -> NoReturn:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            link = f" (a symbolic link to {visible(self.real)})" if os.path.islink(self.path) else ""
            raise ShellError(
                "no-such-file",
                f"{self.shown}{link} does not exist",
                hint="check the path; --demo opens a scratch ca.json to try things on",
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise ShellError(
                "no-permission",
                f"{self.shown} cannot be read: permission denied",
                hint="run step-shell as the user that owns it, often `sudo -u step step-shell ...`",
            ) from None
        if error.errno == errno.ELOOP:
            raise ShellError(
                "cannot-read",
                f"{self.shown} is a symbolic link that leads in a circle",
                hint="check the path",
            ) from None
        # a socket cannot be opened at all
        with_status = os.stat(self.real) if error.errno == errno.ENXIO else None
        if with_status is not None:
            self._refuse_unfit(with_status)
        raise ShellError(
            "cannot-read",
            f"{self.shown} cannot be read: {(error.strerror or str(error)).lower()}",
            hint="check the path and the disk",
        ) from None


def _read_all(descriptor: int) -> bytes:
    """Return the content; a file that grows meanwhile is read no further than one chunk past the limit."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    chunks: list[bytes] = []
    total = 0
    while total <= LARGEST and (chunk := os.read(descriptor, _CHUNK)):
        chunks.append(chunk)
        total += len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def digest_of(data: bytes | Pieces) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    import hashlib  # loads OpenSSL, which nothing before the first reading needs

    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256()
    for piece in data:
        digest.update(piece)
    return digest.hexdigest()


def parse(data: bytes, path: str, *, judged: bool = False) -> ConfigFile:
    """Return the ca.json in these bytes, each entry's `note` being its summary; raises ShellError.

    A summary has the flaws of the entry where `judged` asks for them.
    """
    enabled = gc.isenabled()
    # The scanner makes a hundred thousand containers and no circles: collecting would double the time.
    gc.disable()
    try:
        config = configfile.read(data, visible(path), _summarizer(judged))
        for index, entry in enumerate(config.entries):
            if entry.note is None:
                entry.note = summarize(config.entry_value(index))
    finally:
        if enabled:
            gc.enable()
    return config


def _summarizer(judged: bool) -> Callable[[RAW], Summary | None]:
    """Return what makes the summary of a scanned entry, or None where it must be decoded for that.

    Entries of one shape have the same names, so that each list of names is looked at once.
    """
    canonical: dict[tuple[str, ...], bool] = {}
    judge: Callable[[dict[str, JSON], tuple[str, ...]], tuple[Flaw, ...]] | None = None
    if judged:
        from shell.model.shape import flaws_of_members as judge  # not on the reading path

    def visit(raw: RAW) -> Summary | None:
        if not isinstance(raw, tuple):
            return summarize({})
        members: dict[str, JSON] = dict(raw)  # type: ignore[arg-type]  # what is read of it is plain text
        names = tuple(members)
        usual = canonical.get(names)
        if usual is None:
            usual = canonical[names] = not any(
                name.casefold() in _FOLDED and name not in _IDENTIFYING for name in names
            )
        if not usual or len(names) != len(raw):
            return None
        summary = summarize(members)
        if judge:
            summary.flaws = judge(members, names)
        return summary

    return visit


_IDENTIFYING = frozenset(("name", "type", "key", "clientID", "tenantID"))
_FOLDED = frozenset(name.casefold() for name in _IDENTIFYING)


def make_base(config: ConfigFile, fingerprint: str) -> Base:
    """Return the ground for a draft: every entry, by its place in the list."""
    summaries: list[Summary] = [entry.note for entry in config.entries]  # type: ignore[misc]  # see `parse`
    return Base(
        config.settings,
        summaries,
        lambda place: Provisioner(config.entry_value(place)),
        fingerprint,
        lambda place: scan(config.text, config.entries[place].start)[0],
    )
