"""Asking the network about provisioners, for those who want that: loaded by nobody else."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from shell.backends.online import TIMEOUT, look
from shell.escape import visible
from shell.model.online import questions_of
from shell.observer import DEBUG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shell.model.facts import FileFact
    from shell.model.online import Answer, Question, Trust
    from shell.model.provisioner import Provisioner
    from shell.model.values import JSON
    from shell.observer import Observer

    Say: TypeAlias = Callable[[str], None]
    Ask: TypeAlias = Callable[
        [Iterable[Provisioner], Mapping[str, JSON], Mapping[str, FileFact]], Mapping[Question, Answer]
    ]

_PAUSE = 0.5
"""Seconds between two words about how far it is."""


def asking(
    *,
    limit: float | None = None,
    say: Say | None = None,
    roots: str = "",
    observer: Observer | None = None,
) -> Ask:
    """Return what `shell.facts.gather` asks the network with.

    `limit` is the time for everything, in seconds; each question has its own besides. `say` is told how
    far it is. `roots` are the roots of the CA (PEM), where there is no ca.json that names them. `observer` is
    told of each answer, of an address no more than its host.
    """

    def ask(
        provisioners: Iterable[Provisioner], settings: Mapping[str, JSON], files: Mapping[str, FileFact]
    ) -> Mapping[Question, Answer]:
        questions = [question for each in provisioners for _, question in questions_of(each)]
        own = _own(settings, files, roots)
        if say is not None and questions:
            addresses = "1 address" if len(set(questions)) == 1 else f"{len(set(questions))} addresses"
            say(f"asking the network: {addresses}, at most {TIMEOUT:g} s for each")
        answers = look(questions, own=own, limit=limit, progress=_progress(say) if say is not None else None)
        if observer is not None:
            for question, answer in answers.items():
                host = urlsplit(question.address).hostname or ""
                observer.note(
                    DEBUG, "asked", kind=question.kind, host=host, state=answer.state, why=answer.why
                )
        return answers

    return ask


def _own(settings: Mapping[str, JSON], files: Mapping[str, FileFact], roots: str) -> dict[Trust, str]:
    """Return the certificates that step-ca trusts besides those of its machine.

    (certificates: authority/authority.go, ca/ca.go: its roots, and for webhooks its intermediate too.)
    """
    found = "\n".join([roots, *(_pem(settings.get(name), files) for name in ("root", "federatedRoots"))])
    return {"roots": found.strip(), "chain": f"{found}\n{_pem(settings.get('crt'), files)}".strip()}


def _pem(value: JSON, files: Mapping[str, FileFact]) -> str:
    names = value if isinstance(value, list) else [value]
    return "\n".join(files[name].text for name in names if isinstance(name, str) and name in files)


def _progress(say: Say) -> Callable[[int, int, str], None]:
    last = monotonic()

    def told(done: int, count: int, url: str) -> None:
        nonlocal last
        if monotonic() - last >= _PAUSE:
            last = monotonic()
            say(f"{done} of {count} addresses asked; the last was {visible(url)}")

    return told
