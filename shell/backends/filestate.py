"""What stands in the way of replacing a file, and what a person should know of it before editing.

Looked at when a target is opened, so that nobody learns at the commit that it cannot be made. An
*obstacle* is in the way of renaming a new file over the old one; some can be got round by writing in
place. On the reading path, so it imports nothing heavy.
"""

from __future__ import annotations

import os
import stat

from shell.escape import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from shell.backends.cafile import CaFile, Reading

IN_PLACE_HINT = "commit --in-place writes into the file itself, after a backup"


class Notice:
    """One thing to know about a target: a kebab-case `code`, and a `text` that is safe to show.

    `blocks` is empty, or says what a commit needs in spite of it: "in-place", or "never" where nothing
    can be written at all. `hint` is what helps.
    """

    __slots__ = ("blocks", "code", "hint", "text")

    def __init__(self, code: str, text: str, hint: str = "", blocks: str = "") -> None:
        self.code = code
        self.text = text
        self.hint = hint
        self.blocks = blocks

    def __repr__(self) -> str:
        return f"Notice({self.code!r}, {self.text!r}, blocks={self.blocks!r})"


def notices(target: CaFile, reading: Reading) -> list[Notice]:
    """Return everything to say about a file before the first edit, what blocks a commit first."""
    return [*obstacles(target, reading.status), *_remarks(target, reading)]


def obstacles(target: CaFile, status: os.stat_result) -> list[Notice]:
    """Return what stands in the way of replacing the file; nothing is tried, only looked at."""
    folder = os.path.dirname(target.real)
    config_map = _config_map(target)
    if config_map:
        return [config_map]
    if os.statvfs(target.real).f_flag & os.ST_RDONLY:
        return [
            Notice(
                "read-only-file-system",
                f"{target.shown} is on a read-only file system",
                "change what it was made from, or mount it for writing",
                "never",
            )
        ]
    if not _may(target.real, os.W_OK):
        return [
            Notice(
                "read-only-file",
                f"{target.shown} is read-only for you (mode {stat.S_IMODE(status.st_mode):04o})",
                "run step-shell as the user that owns it, or chmod u+w",
                "never",
            )
        ]
    return [*_folder_obstacles(target, folder, status), *_file_obstacles(target, status)]


def _config_map(target: CaFile) -> Notice | None:
    """Return the notice for a file of a Kubernetes ConfigMap or Secret, which is a link through `..data`."""
    folder = os.path.dirname(target.path)
    through = os.path.islink(target.path) and os.readlink(target.path).startswith("..data" + os.sep)
    if not through or not os.path.islink(os.path.join(folder, "..data")):
        return None
    return Notice(
        "config-map",
        f"{target.shown} is mounted from a Kubernetes ConfigMap or Secret, which only Kubernetes changes",
        "edit the object: kubectl get configmap -o yaml, change it with step-shell as a file, kubectl apply",
        "never",
    )


def _may(path: str, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _folder_obstacles(target: CaFile, folder: str, status: os.stat_result) -> list[Notice]:
    if not _may(folder, os.W_OK | os.X_OK):
        return [
            Notice(
                "folder-not-writable",
                f"you may not write into the folder of {target.shown}, so the file cannot be replaced",
                IN_PLACE_HINT,
                "in-place",
            )
        ]
    parent = os.stat(folder)
    if parent.st_mode & stat.S_ISVTX and os.geteuid() not in (0, status.st_uid, parent.st_uid):
        return [
            Notice(
                "folder-sticky",
                f"only its owner may replace {target.shown} (the folder is sticky)",
                IN_PLACE_HINT,
                "in-place",
            )
        ]
    return []


def _file_obstacles(target: CaFile, status: os.stat_result) -> list[Notice]:
    found = []
    if status.st_nlink > 1:
        found.append(
            Notice(
                "hard-link",
                f"{target.shown} has {status.st_nlink} names (hard links); replaced, the others keep the old content",
                IN_PLACE_HINT,
                "in-place",
            )
        )
    if _is_mount_point(target.real):
        found.append(
            Notice(
                "bind-mount",
                f"{target.shown} is mounted by itself (a bind mount, as Docker makes for one file) "
                "and cannot be replaced",
                f"{IN_PLACE_HINT}; or mount its folder",
                "in-place",
            )
        )
    if not _may_give(status):
        found.append(
            Notice(
                "foreign-owner",
                f"{target.shown} belongs to user {status.st_uid}, group {status.st_gid}; "
                "a new file of yours could not be given to them",
                IN_PLACE_HINT,
                "in-place",
            )
        )
    return found


def _may_give(status: os.stat_result) -> bool:
    """Whether a file that we make can have this owner and group."""
    if os.geteuid() == 0:
        return True
    return status.st_uid == os.geteuid() and status.st_gid in (os.getegid(), *os.getgroups())


def _is_mount_point(real: str) -> bool:
    """Whether the file itself is a mount point, as the fifth word of a line of mountinfo says."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    # proc(5): space, tab, line feed and backslash are written as octal escapes
    written = os.fsencode(real).replace(b"\\", rb"\134").replace(b" ", rb"\040")
    written = written.replace(b"\t", rb"\011").replace(b"\n", rb"\012")
    return any(line.split(b" ", 5)[4:5] == [written] for line in lines)


def _remarks(target: CaFile, reading: Reading) -> list[Notice]:
    found = []
    if os.path.islink(target.path):
        found.append(
            Notice(
                "symbolic-link",
                f"{target.shown} is a symbolic link; the file it leads to, {visible(target.real)}, is edited",
            )
        )
    authority = reading.config.settings.get("authority")
    if isinstance(authority, dict) and authority.get("enableAdmin") is True:
        found.append(
            Notice(
                "enable-admin",
                "this ca.json has enableAdmin: true: the running CA keeps its provisioners in its database "
                "and ignores the list in the file",
                "connect to the CA itself with --ca-url to change what it uses",
            )
        )
    found += [_odd(odd.kind, odd.path, odd.found) for odd in reading.config.oddities]
    return found


def _odd(kind: str, path: tuple[str, ...], found: str) -> Notice:
    place = visible(".".join(path))
    if kind == "mark":
        return Notice(
            "byte-order-mark",
            "the file begins with a byte order mark: step-ca does not start with it",
            "save it as UTF-8 without a mark; the shell keeps it as it is",
        )
    if kind == "trailing":
        return Notice("trailing-text", "there is text behind the document, which step-ca ignores")
    if kind == "spelling":
        return Notice("odd-spelling", f'step-ca reads "{visible(found)}" as {place}')
    return Notice(
        "repeated-member", f"{place} occurs more than once; step-ca merges them, and the last one counts"
    )
