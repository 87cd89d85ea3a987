"""What is told of a session, and what of an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from shell.backends.exchange import Exchange, Traffic
from shell.errors import RolledBack, ShellError, UsageError
from shell.observer import DEBUG, ERROR, INFO, Observer

if TYPE_CHECKING:
    from shell.observer import Value

    Events = list[tuple[str, str, Mapping[str, Value]]]


def _listened(observer: Observer) -> Events:
    events: Events = []
    observer.listen(lambda *event: events.append(event))
    return events


def _request(method: str = "PUT", outcome: str = "refused", **more: str) -> Exchange:
    return Exchange(method, "/admin/x", 500, 1.26, outcome, **more)  # type: ignore[arg-type]  # all of them texts


def test_every_listener_hears_of_an_event_even_behind_one_that_cannot_write() -> None:
    """A full disk or a closed standard error of one listener stops neither the others nor the caller."""
    observer = Observer()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    observer.listen(full)
    events = _listened(observer)
    observer.note(INFO, "start", version="1")
    assert events == [(INFO, "start", {"version": "1"})]


def test_an_error_is_noted_with_what_was_found_with_it() -> None:
    """Its code, its place and its words are told; of its causes too."""
    observer = Observer()
    events = _listened(observer)
    error = ShellError("broken", "it broke", causes=[ShellError("also", "that too")]).at("a.steps", 3)
    observer.failed(error)
    assert [fields["code"] for _, _, fields in events] == ["broken", "also"]
    assert events[0][:2] == (ERROR, "error")
    assert (events[0][2]["place"], events[0][2]["message"]) == ("a.steps:3", "it broke")
    assert error.details == ()


def test_what_a_wrong_line_says_is_not_noted() -> None:
    """A UsageError repeats words as they were typed, which may be a secret in the wrong place."""
    observer = Observer(verbose=True)
    events = _listened(observer)
    observer.failed(UsageError("unknown-command", 'there is no command "hunter2"'))
    assert events[0][2]["code"] == "unknown-command"
    assert "hunter2" not in repr(events)


def test_verbose_errors_have_the_words_of_the_ca() -> None:
    """A change that was refused in the line, with its status, the server's words and the request id."""
    observer = Observer(verbose=True)
    observer.request(_request(said="cannot do", request_id="77").fields())
    error = RolledBack("rolled-back", "everything is as it was before")
    observer.failed(error)
    assert error.details == (
        ("request", "PUT /admin/x: 500"),
        ("said", "cannot do"),
        ("request id", "77"),
    )


def test_details_are_those_of_the_line_and_of_what_went_wrong() -> None:
    """Neither the requests of an earlier line nor a question whose answer was no is part of an error."""
    observer = Observer(verbose=True)
    observer.request(_request(said="earlier", request_id="1").fields())
    observer.begin()
    observer.request(_request("GET", said="there is none", request_id="2").fields())
    observer.request(_request("GET", "answer").fields())
    observer.request(_request("GET", "lost", said="it broke off").fields())
    error = ShellError("x", "it does not go")
    observer.failed(error)
    assert error.details == (("request", "GET /admin/x: 500"), ("said", "it broke off"))


def test_verbose_errors_say_what_the_system_said() -> None:
    """The innermost refusal of the system counts, also behind `from None`."""
    with pytest.raises(ShellError) as raised:
        _refused_by_the_system()
    Observer(verbose=True).failed(raised.value)
    assert raised.value.details == (("system", "PermissionError: [Errno 13] Permission denied: 'ca.json'"),)


def _refused_by_the_system() -> None:
    try:
        raise PermissionError(13, "Permission denied", "ca.json")
    except OSError:
        raise ShellError("no-permission", "it cannot be read") from None


def test_a_request_is_an_event_without_what_it_carries() -> None:
    """It has a path with its query, and says whether a connection was made for it."""
    observer = Observer()
    events = _listened(observer)
    observer.request(Exchange("GET", "/a", 200, 2.04, "answer", "limit=1", "7", fresh=True).fields())
    (event,) = events
    assert event[:2] == (DEBUG, "request")
    assert event[2] == {
        "method": "GET",
        "path": "/a?limit=1",
        "status": 200,
        "ms": 2.0,
        "connection": "new",
        "outcome": "answer",
        "request_id": "7",
        "said": "",
    }


def test_traffic_adds_up() -> None:
    """Requests, connections, times and bytes."""
    traffic = Traffic()
    traffic.add(Exchange("GET", "/", 200, 1.6, "answer", fresh=True, sent=500, received=1_500_000))
    traffic.add(Exchange("GET", "/", 200, 2.0, "answer", sent=700, received=1))
    assert str(traffic) == "2 over 1 connection, 4 ms, 1.2 kB sent, 1.5 MB received"
    assert traffic.counts() == {"count": 2, "connections": 1, "ms": 4, "sent": 1200, "received": 1500001}
