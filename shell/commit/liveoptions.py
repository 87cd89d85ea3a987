"""What the command line says about making a commit live, checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from shell.backends.served import Served, address_of_config, address_of_url, read_root, root_of_config
from shell.commit.live import TIMEOUT, make_live
from shell.commit.reload import choose_reloader
from shell.errors import UsageError
from shell.model.durations import SECOND, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shell.backends.exchange import Observe
    from shell.commit.live import Change, LiveOutcome
    from shell.commit.reload import Reloader
    from shell.model.values import JSON

_LONGEST_WAIT = 5.0  # seconds for one answer of a CA that is being watched


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How to make a commit live: who is told (None: nobody), where to look, for how many seconds.

    `url` and `root` (a file) are empty where ca.json says them.
    """

    reloader: Reloader | None = None
    url: str = ""
    root: str = ""
    timeout: float = TIMEOUT

    def served(self, settings: Mapping[str, JSON], folder: str) -> Served:
        """Return a look at the CA of a ca.json with these settings, which lies in this folder.

        Raises ShellError where neither they nor the options say where the CA is, or which root it has.
        """
        pem = read_root(self.root) if self.root else root_of_config(settings, folder)
        address = address_of_config(settings, self.url)
        return Served(address, root_pem=pem, timeout=min(self.timeout, _LONGEST_WAIT))

    @property
    def described(self) -> str:
        """What tells the CA to reload, for a person; empty where nothing does."""
        return self.reloader.described if self.reloader is not None else ""

    def make_live(
        self, settings: Mapping[str, JSON], folder: str, observe: Observe | None = None
    ) -> Callable[[Change], LiveOutcome] | None:
        """Return what makes a change live, or None where nobody said how to tell the CA.

        `observe` is told of the requests that look at the CA. Raises ShellError as `served` does: before anything is written.
        """
        if self.reloader is None:
            return None
        served = self.served(settings, folder)
        served.observer = observe
        return partial(make_live, served=served, reloader=self.reloader, timeout=self.timeout)


def live_options(said: Mapping[str, str], root: str = "") -> LiveOptions:
    """Return the options by their names: reload_pid, reload_unit, reload_command, live_url, live_timeout.

    `root` is the file that --root names, or empty. Raises UsageError for a bad value.
    """
    url = said.get("live_url", "")
    if "live_url" in said:
        address_of_url(url)
    return LiveOptions(
        choose_reloader(said.get("reload_pid"), said.get("reload_unit"), said.get("reload_command")),
        url,
        root,
        _seconds(said.get("live_timeout")),
    )


def _seconds(text: str | None) -> float:
    if text is None:
        return TIMEOUT
    try:
        nanoseconds, why = parse_duration(text), "it must be longer than nothing"
    except ValueError as error:
        nanoseconds, why = 0, str(error)
    if nanoseconds <= 0:
        raise UsageError(
            "bad-live-timeout",
            f'--live-timeout is no duration: "{text}" ({why})',
            hint="for example 30s or 2m",
        )
    return nanoseconds / SECOND
