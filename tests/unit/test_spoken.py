"""What --trace and --verbose say."""

from __future__ import annotations

import json

from shell.backends.exchange import Exchange
from shell.observer import INFO, Observer
from shell.spoken import chatter, trace

READ = Exchange("GET", "/a b", 200, 2.04, "answer", "limit=1", "7", fresh=True)


def test_a_trace_has_a_line_for_each_request() -> None:
    """With method, path, status, milliseconds and whether the connection is a new one; no other event."""
    told: list[str] = []
    observer = Observer(told.append)
    observer.listen(trace(observer, json=False))
    observer.note(INFO, "login", admin="step")
    observer.request(READ.fields())
    observer.request(Exchange("PUT", "/x\u202e", 0, 3.0, "lost", said="no").fields())
    observer.request(Exchange("GET", "/y", 0, 3.0, "unreachable").fields())
    assert told == [
        "trace: GET /a b?limit=1 200 2.0 ms, new connection",
        "trace: PUT /x\\u202e no answer 3.0 ms, kept connection",
        "trace: GET /y no answer 3.0 ms, no connection",
    ]


def test_a_trace_is_json_where_all_is() -> None:
    """One document in a line, with a number for what is one."""
    told: list[str] = []
    observer = Observer(told.append)
    observer.listen(trace(observer, json=True))
    observer.request(READ.fields())
    document = {"method": "GET", "path": "/a b?limit=1", "status": 200, "ms": 2.0, "connection": "new"}
    assert json.loads(told[0]) == {"trace": document}


def test_verbose_says_who_is_there() -> None:
    """A connection, a login, a reload and the sum of the requests, and not what the lines do."""
    told: list[str] = []
    observer = Observer(told.append)
    observer.listen(chatter(observer))
    observer.note(INFO, "line", command="list")
    observer.note(INFO, "login", admin="step", provisioner="admin\n", until="")
    assert told == ["login: admin step, provisioner admin\\n"]
