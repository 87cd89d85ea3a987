"""What step-ca makes of a ca.json, read from its log and from whether it still runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

SERVING = re.compile(r"^\S+ \S+ Serving HTTPS on (?P<address>\S+) \.\.\.$", re.MULTILINE)
REFUSED_RELOAD = re.compile(r"^\S+ \S+ error reloading server: (?P<reason>.*)$", re.MULTILINE)
DISABLED = re.compile(
    r'failed to initialize (?P<type>\S*) provisioner "(?P<name>.*?)": (?P<reason>.*)$', re.MULTILINE
)
PANIC = re.compile(r"^(?:panic: |fatal error: )(?P<reason>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of four: `accepted`, `refused`, `disabled` (it serves, without some provisioners), `died` (a panic).

    `disabled` has the names of the disabled provisioners in the order of the log, `reason` the first thing
    that step-ca said against the file (empty when accepted), `log` all it said.
    """

    kind: str
    disabled: tuple[str, ...]
    reason: str
    log: str

    def __str__(self) -> str:
        """`accepted`, `refused`, `died` or `disabled:` and the names, with commas between."""
        return f"disabled:{','.join(self.disabled)}" if self.kind == "disabled" else self.kind

    @property
    def serves(self) -> bool:
        """Whether step-ca went on with this file."""
        return self.kind in ("accepted", "disabled")


def of_exit(log: str) -> Verdict:
    """Judge a step-ca that is gone: it refused the file, or it died of it."""
    panic = PANIC.search(log)
    if panic:
        return Verdict("died", (), panic["reason"], log)
    lines = [line for line in log.splitlines() if line.strip() and not line.startswith("badger ")]
    return Verdict("refused", (), lines[-1] if lines else "", log)


def of_running(log: str) -> Verdict | None:
    """Judge a step-ca that runs; None while the log has not come to a result."""
    refused = REFUSED_RELOAD.search(log)
    if refused:
        return Verdict("refused", (), refused["reason"], log)
    if not SERVING.search(log):
        return None
    disabled = list(DISABLED.finditer(log))
    if not disabled:
        return Verdict("accepted", (), "", log)
    return Verdict("disabled", tuple(found["name"] for found in disabled), disabled[0]["reason"], log)
