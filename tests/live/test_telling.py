"""What a session on a real step-ca tells besides: traces, traffic, the words of the CA, versions, the log."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.support.ca import StartCA
from tests.support.cacommit import acme
from tests.support.liveca import LiveCa
from tests.support.pki import Pki
from tests.support.program import RunShell
from tests.support.proxy import Exchange, Fault

pytestmark = pytest.mark.live

Spoil = Callable[[Exchange], Fault | None]
TRACE = re.compile(r"trace: ([A-Z]+) (\S+) (\d+|no answer) \d+\.\d ms, (new|kept|no) connection")


@pytest.fixture(scope="module")
def live(step_ca: Path, pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCa]:
    """Return a CA behind a proxy, with a provisioner besides `admin`."""
    with LiveCa(step_ca, pki, tmp_path_factory.mktemp("telling"), acme("one")) as made:
        yield made


@pytest.fixture
def run(live: LiveCa, run_shell: RunShell, tmp_path: Path) -> Any:
    """Return a function that runs lines through the proxy, with these flags; `fault` spoils requests."""
    login = ["--admin-provisioner", "admin", "--admin-password-file", live.pki.password_file]
    words = ["--ca-url", live.proxy.url, "--root", live.pki.root, *login, "--state-dir", tmp_path / "state"]

    def run(*flags: str | Path, lines: str, fault: Spoil | None = None) -> CompletedProcess[str]:
        live.proxy.forget()
        live.proxy.fault = fault
        return run_shell(*words, *flags, stdin=lines)

    return run


def _asked(live: LiveCa) -> list[tuple[str, str, int]]:
    return [(one.method, one.path, one.answered) for one in live.proxy.log]


def test_a_trace_shows_each_request(live: LiveCa, run: Any) -> None:
    """In order, with its status, on standard error; the first one on a new connection, and nothing secret."""
    done = run("--trace", lines="set one forceCN true\nlist\ncommit\n")
    assert done.returncode == 0, done.stderr
    found = [TRACE.fullmatch(line) for line in done.stderr.splitlines()]
    shown = [match.groups() for match in found if match]
    assert [(method, path, int(status)) for method, path, status, _ in shown] == _asked(live)
    assert shown[0][3] == "new"
    assert "kept" in {connection for _, _, _, connection in shown}
    assert "trace" not in done.stdout
    assert not any(one.token in done.stderr for one in live.proxy.log if one.token)


def test_a_trace_beside_json_is_json_on_standard_error(live: LiveCa, run: Any) -> None:
    """Standard output has the document of each command and nothing else."""
    done = run("--trace", "--json", "-c", "list", "-c", "status", lines="")
    assert done.returncode == 0
    assert [type(json.loads(line)) for line in done.stdout.splitlines()] == [list, dict]
    traces = [json.loads(line)["trace"] for line in done.stderr.splitlines()]
    assert [(one["method"], one["path"], one["status"]) for one in traces] == _asked(live)


def test_status_counts_requests_time_and_bytes(live: LiveCa, run: Any) -> None:
    """All that were made until then; the sizes are those of HTTP, roughly."""
    done = run("--json", lines="list\nstatus\n")
    counts = json.loads(done.stdout.splitlines()[1])["requests"]
    assert counts["count"] == len(live.proxy.log)
    assert 1 <= counts["connections"] <= counts["count"]
    assert counts["sent"] > 100 * counts["count"]
    assert counts["received"] > 500
    shown = run(lines="status\n").stdout
    assert re.search(
        r"^requests +\d+ over \d+ connections?, \d+ ms, .* sent, .* received$", shown, re.MULTILINE
    )


def test_status_of_a_file_counts_looks_at_its_ca(
    start_ca: StartCA, run_shell: RunShell, pki: Pki, tmp_path: Path
) -> None:
    """Where a commit was made live; before there is nothing to count. The log has the reload and what it came to."""
    ca = start_ca(pki.config([pki.jwk()]))
    lines = "status\nset admin claims.maxTLSCertDuration 48h\ncommit\nstatus\n"
    words = ["--ca-config", ca.config, "--reload-pid", str(ca.pid), "--trace", "--log-file", tmp_path / "log"]
    done = run_shell(*words, stdin=lines)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split("committed as 1")
    assert "requests" not in before
    assert re.search(r"^requests +\d+ over \d+ connections?,", after, re.MULTILINE)
    assert "trace: GET /provisioners?limit=100&cursor= 200" in done.stderr
    log = (tmp_path / "log").read_text()
    assert f'reload by="SIGHUP to process {ca.pid}"' in log
    assert "reload live=true" in log


def _refusing_changes(exchange: Exchange) -> Fault | None:
    body = b'{"type":"badRequest","detail":"bad request","message":"we do not like it"}'
    return Fault("answer", status=400, body=body, echo=True) if exchange.method == "PUT" else None


def test_verbose_errors_have_the_words_of_the_ca(run: Any) -> None:
    """Also where a commit was taken back: what was asked, the words and the request id; and who was spoken to."""
    done = run("--verbose", lines="set one requireEAB true\ncommit\n", fault=_refusing_changes)
    assert done.returncode == 5
    assert "  request: PUT /admin/provisioners/one: 400\n  said: " not in done.stderr  # the error says it
    assert "we do not like it" in done.stderr
    assert re.search(r"^  request: PUT /admin/provisioners/one: 400$", done.stderr, re.MULTILINE)
    assert "login: admin step, provisioner admin, until 20" in done.stderr
    assert re.search(r"^traffic: requests \d+ over \d+ connection", done.stderr, re.MULTILINE)


def test_what_the_ca_said_is_kept_where_it_is_said_otherwise(run: Any) -> None:
    """An explanation stands in place of the server's words, which --verbose shows, and JSON has as details."""
    lines = "add taken --type ACME\ncommit\n"
    body = b'{"type":"badRequest","message":"provisioner with name taken already exists"}'
    taken = Fault("answer", status=400, body=body, echo=True)

    def spoil(exchange: Exchange) -> Fault | None:
        return taken if exchange.method == "POST" and exchange.path == "/admin/provisioners" else None

    plain = run(lines=lines, fault=spoil)
    assert "somebody else has added it" in plain.stderr
    assert "already exists" not in plain.stderr
    assert (
        "  said: provisioner with name taken already exists\n"
        in run("--verbose", lines=lines, fault=spoil).stderr
    )
    done = run("--verbose", "--json", lines=lines, fault=spoil)
    (error,) = [line for line in done.stderr.splitlines() if line.startswith('{"error"')]
    details = json.loads(error)["error"]["details"]
    assert ["request", "POST /admin/provisioners: 400"] in details
    assert ["said", "provisioner with name taken already exists"] in details


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("0.26.0", ""),
        ("0.30.2", ""),
        ("0.31.0", "newer than this program"),
        ("1.0.0-rc1", "newer than this program"),
        ("0.25.3-rc7", "older than this program"),
        ("N/A", ""),
    ],
)
def test_a_version_that_is_not_supported_is_said_once(run: Any, version: str, said: str) -> None:
    """On standard error, and it is no error; a supported version and one that is unknown are not mentioned."""
    answer = Fault("answer", status=200, body=json.dumps({"version": version}).encode(), echo=True)
    done = run(lines="list\nstatus\nlist\n", fault=lambda one: answer if one.path == "/version" else None)
    assert done.returncode == 0
    if said:
        assert done.stderr == f"note: the CA is step-ca {version}, {said}, which knows v0.26 to v0.30\n"
    else:
        assert done.stderr == ""


def test_a_version_that_cannot_be_asked_for_stops_nothing(run: Any) -> None:
    """Whatever needs the CA says for itself what is wrong with it."""
    no = Fault("answer", status=500, body=b"{}", echo=True)
    done = run(lines="list\n", fault=lambda one: no if one.path == "/version" else None)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_log_has_requests_at_debug_and_the_outcome_of_a_failed_commit(
    run: Any, live: LiveCa, tmp_path: Path
) -> None:
    """With the ids under which the log of the CA has them; at info there are no requests."""
    log, brief = tmp_path / "log", tmp_path / "brief"
    lines = "set one requireEAB true\ncommit\n"
    flags = ["--log-file", log, "--log-level", "debug"]
    assert run(*flags, lines=lines, fault=_refusing_changes).returncode == 5
    text = log.read_text()
    assert text.count(" request method=") == len(live.proxy.log)
    assert re.search(
        r'request method=PUT .* status=400 .* request_id=[0-9a-f]{32} said="we do not like it"', text
    )
    assert re.search(r"warning \d+ commit outcome=rolled-back code=rolled-back ms=", text)
    assert "error code=rolled-back exit=5" in text
    assert run("--log-file", brief, lines="list\n").returncode == 0
    assert " request " not in brief.read_text()
    assert " connect url=" in brief.read_text()
