"""A real step-ca on loopback, started on any ca.json, and what it makes of one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from tests.support import verdict
from tests.support.pki import ANY_PORT, OWN_FOLDER, InitialisedCA, Pki, fingerprint
from tests.support.ports import free_port
from tests.support.verdict import Verdict

Config = dict[str, Any] | str | bytes
Result = TypeVar("Result")

START_SECONDS = 30.0
RELOAD_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005


class StartFailed(Exception):
    """step-ca did not come to serving; `verdict` has its log, `exit_code` is None if it had to be ended."""

    def __init__(self, exit_code: int | None, found: Verdict) -> None:
        super().__init__(f"step-ca did not start (exit code {exit_code}):\n{found.log}")
        self.exit_code = exit_code
        self.verdict = found


class CertificateAuthority:
    """One step-ca process with a STEPPATH of its own, as a context manager: entering starts, leaving stops it.

    `config` is a dict, or the text or bytes of a ca.json of any quality; `ANY_PORT` in it becomes a free port
    and `OWN_FOLDER` the folder of this CA. Without one the file `folder/config/ca.json` is taken as it stands.
    `root` is the certificate that requests are verified with, `environment` what step-ca sees besides its folder.
    """

    def __init__(
        self,
        program: Path,
        *,
        folder: Path,
        root: Path,
        config: Config | None = None,
        password_file: Path | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.root = root
        self.config = folder / "config" / "ca.json"
        self.log_file = folder / "ca.log"
        self._program = program
        self._given = config
        self._environment = dict(environment or {})
        self._arguments = [*(["--password-file", str(password_file)] if password_file else []), *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._trust: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What it is

    @property
    def port(self) -> int:
        """The port that it last said it serves on."""
        served = verdict.SERVING.findall(self.log())
        return int(served[-1].rpartition(":")[2]) if served else self._port

    @property
    def url(self) -> str:
        """The base URL, by address."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the root certificate, lower-case hex."""
        return fingerprint(self.root)

    @property
    def pid(self) -> int:
        """The process id of the last start, also after its end."""
        if self._process is None:
            raise RuntimeError("this CA was never started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code (negative: the signal), or None while it runs."""
        return None if self._process is None else self._process.poll()

    def log(self, since: int = 0) -> str:
        """Return what it wrote to its two outputs, from this offset in bytes on."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    @property
    def log_size(self) -> int:
        """The length of the log in bytes: an offset for `log`, `wait_for_log` and `wait_for_verdict`."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    # What it does

    def write(self, config: Config) -> None:
        """Write another ca.json, with the port and the folder of this CA put in."""
        text = json.dumps(config, indent=2) if isinstance(config, dict) else config
        content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
        content = content.replace(OWN_FOLDER.encode(), str(self.folder).encode())
        if self._port:
            content = content.replace(ANY_PORT.encode(), f"127.0.0.1:{self._port}".encode())
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_bytes(content)

    def start(self) -> Self:
        """Start and wait until GET /health answers. Raises StartFailed, with the log."""
        attempts = 5
        while True:
            self._port = free_port()
            found = self.launch()
            if found.serves:
                self._wait_until_healthy()
                return self
            attempts -= 1
            if not attempts or "address already in use" not in found.log:
                raise StartFailed(self.exit_code, found)

    def launch(self) -> Verdict:
        """Start and wait for the verdict only; no request is made, and `ANY_PORT` stays unless a port was chosen."""
        if self.running:
            raise RuntimeError("this CA runs already")
        if self._given is not None:
            self.write(self._given)
        since = self.log_size
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._program), str(self.config), *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={
                    "PATH": os.defpath,
                    "HOME": str(self.folder),
                    "STEPPATH": str(self.folder),
                    **self._environment,
                },
                start_new_session=True,  # no terminal to ask on, and Ctrl-C in the test run is not for it
            )
        try:
            return self.wait_for_verdict(since, START_SECONDS)
        except TimeoutError as error:
            self.stop()
            raise StartFailed(None, Verdict("refused", (), str(error), self.log(since))) from error

    def reload(self, config: Config | None = None) -> Verdict:
        """Write this ca.json, if one is given, send SIGHUP, and return what the log says of that reload."""
        if config is not None:
            self.write(config)
        since = self.log_size
        os.kill(self.pid, signal.SIGHUP)
        return self.wait_for_verdict(since, RELOAD_SECONDS)

    def wait_for_verdict(self, since: int, seconds: float = RELOAD_SECONDS) -> Verdict:
        """Return what becomes of the start or reload whose lines begin at this offset of the log.

        For a SIGHUP that somebody else sends: take `log_size` before. Raises TimeoutError.
        """

        def look() -> Verdict | None:
            gone = not self.running  # looked at before the log, so that the log is complete
            log = self.log(since)
            return verdict.of_exit(log) if gone else verdict.of_running(log)

        return self._poll(look, seconds, "step-ca came to no result")

    def wait_for_log(self, text: str, since: int = 0, seconds: float = RELOAD_SECONDS) -> str:
        """Return the log from this offset once it contains the text. Raises TimeoutError."""

        def look() -> str | None:
            log = self.log(since)
            return log if text in log else None

        return self._poll(look, seconds, f"no {text!r} in the log of step-ca")

    def get(self, path: str) -> Any:
        """GET a path of the CA over TLS verified with the root, and return the JSON of the answer."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=self._context())
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"GET {path}: {answer.status} {body.decode(errors='replace')}")
        return json.loads(body)

    def provisioners(self) -> list[dict[str, Any]]:
        """Return what GET /provisioners publishes, all pages."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"/provisioners?limit=100&cursor={cursor}")
            found.extend(page["provisioners"] or [])
            cursor = page["nextCursor"]
            if not cursor:
                return found

    def stop(self, *, kill: bool = False) -> None:
        """End the process and wait for its end: SIGTERM, after a while (or at once with `kill`) SIGKILL."""
        if self._process is None or self._process.poll() is not None:
            return
        if not kill:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                kill = True
        if kill:
            self._process.kill()
            self._process.wait()

    def _wait_until_healthy(self) -> None:
        def look() -> bool | None:
            if not self.running:
                raise StartFailed(self.exit_code, verdict.of_exit(self.log()))
            try:
                return bool(self.get("/health")["status"] == "ok")
            except ConnectionError:
                return None

        try:
            self._poll(look, START_SECONDS, "step-ca does not answer")
        except BaseException:
            self.stop()
            raise

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=str(self.root))
            self._trust.check_hostname = False  # the root is pinned; `dnsNames` may be anything in a test
        return self._trust

    def _poll(self, look: Callable[[], Result | None], seconds: float, failure: str) -> Result:
        deadline = time.monotonic() + seconds
        while (found := look()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{failure} within {seconds:g} seconds:\n{self.log()}")
            time.sleep(POLL_SECONDS)
        return found


class StartCA(Protocol):
    """Starts a CA that the fixture stops; by default one with the JWK provisioner `admin` and no database."""

    def __call__(
        self,
        config: Config | None = None,
        *,
        at: InitialisedCA | None = None,
        password_file: Path | None = None,
        arguments: Sequence[str] = (),
    ) -> CertificateAuthority:
        """Start on `config`, or on the files of `at` as they stand; raises `StartFailed` with the log."""


class Judge:
    """Asks a real step-ca about one ca.json after the other, for a table of configurations.

    A start costs about 0.1 s; for reloads one CA is kept running as long as it survives.
    """

    def __init__(self, program: Path, pki: Pki, folder: Path) -> None:
        self._program = program
        self._pki = pki
        self._folder = folder
        self._cases = 0
        self._running: CertificateAuthority | None = None
        self._running_config: Config | None = None

    def start(self, config: Config) -> Verdict:
        """Return what step-ca makes of this ca.json when it starts with it."""
        authority = self._new(config)
        try:
            return authority.launch()
        finally:
            authority.stop(kill=True)

    def refuses(self, config: Config) -> tuple[int, str]:
        """Return exit code and log of a start that step-ca must refuse; an AssertionError if it serves."""
        authority = self._new(config)
        try:
            found = authority.launch()
            if found.serves:
                raise AssertionError(
                    f"step-ca starts with a configuration that it should refuse:\n{found.log}"
                )
            return authority.exit_code or 0, found.log
        finally:
            authority.stop(kill=True)

    def reload(self, config: Config, before: Config | None = None) -> Verdict:
        """Return what a running step-ca makes of this ca.json at SIGHUP.

        It runs with the ca.json `before` when the signal comes: one given, on a process of its own, else
        one without provisioners and without a database.
        """
        if before is not None:
            authority = self._new(before)
            try:
                self._begin(authority)
                return authority.reload(config)
            finally:
                authority.stop(kill=True)
        found = self._base().reload(config)
        if found.serves:
            self._running_config = config
        return found

    def stop(self) -> None:
        """End the process that is kept for reloads."""
        if self._running is not None:
            self._running.stop(kill=True)
            self._running = None

    def _base(self) -> CertificateAuthority:
        base = self._pki.config()
        if self._running is None or not self._running.running:
            self._running = self._new(base)
            self._begin(self._running)
        elif self._running_config != base:
            self._require(self._running.reload(base))
        self._running_config = base
        return self._running

    def _new(self, config: Config) -> CertificateAuthority:
        self._cases += 1
        folder = self._folder / str(self._cases)
        return CertificateAuthority(self._program, folder=folder, root=self._pki.root, config=config)

    def _begin(self, authority: CertificateAuthority) -> None:
        """Start a CA that gets a signal next: only one that answers is sure to listen for signals."""
        self._require(authority.start().wait_for_verdict(0))

    @staticmethod
    def _require(found: Verdict) -> None:
        if found.kind != "accepted":
            raise AssertionError(f"step-ca was to accept the configuration before the reload:\n{found.log}")
