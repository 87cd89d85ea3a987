"""What is asked about which provisioner, and what the answers are worth."""

from __future__ import annotations

from typing import Any

import pytest

from shell.model.facts import Facts
from shell.model.online import AZURE_LOGIN, GOOGLE_KEYS, Answer, Question, questions_of
from shell.model.problems import Problem
from shell.model.rules import check
from tests.support.views import ListView, provisioner

IDP = "https://idp.example.com"
OIDC = {"type": "OIDC", "name": "ops", "clientID": "c", "configurationEndpoint": IDP}
ABOUT_IDP = Question("provider", IDP, "roots")
HOOK = {"name": "h", "url": "https://hooks.example.com:8443/a?b={{ .X }}", "kind": "ENRICHING"}
ABOUT_HOOK = Question("handshake", "https://hooks.example.com:8443", "chain")


@pytest.mark.parametrize(
    ("members", "placed"),
    [
        (OIDC, [("configurationEndpoint", ABOUT_IDP)]),
        (
            {"type": "AZURE", "name": "a", "tenantID": "t"},
            [
                (
                    "tenantID",
                    Question("provider", f"{AZURE_LOGIN}/t/.well-known/openid-configuration", "system"),
                )
            ],
        ),
        ({"type": "GCP", "name": "g"}, [("", Question("keys", GOOGLE_KEYS, "system"))]),
        (
            {"type": "ACME", "name": "a", "options": {"webhooks": [{}, HOOK]}},
            [("options.webhooks.1.url", ABOUT_HOOK)],
        ),
        ({"type": "ACME", "name": "a", "options": {"webhooks": [{**HOOK, "url": "http://x"}]}}, []),
        ({"type": "AZURE", "name": "a"}, []),
        ({"type": "SSHPOP", "name": "s", "options": {"webhooks": [HOOK]}}, []),
        ({**OIDC, "configurationEndpoint": "https://user:word@idp"}, []),
        ({**OIDC, "configurationEndpoint": "ftp://idp"}, []),
        ({**OIDC, "configurationEndpoint": "https://idp:port"}, []),
        ({**OIDC, "configurationEndpoint": None}, []),
        ({"type": "NEW", "name": "n"}, []),
    ],
)
def test_what_is_asked(members: dict[str, Any], placed: list[tuple[str, Question]]) -> None:
    """Providers and webhooks are asked; no address with a password, and none that is no address."""
    assert questions_of(provisioner(**members)) == placed


def online(
    entry: dict[str, Any], question: Question, answer: Answer, before: dict[str, Any] | None = None
) -> list[Problem]:
    """Return what the rules about answers find; with `before` the entry is the outcome of an edit."""
    after, was = ListView([entry]), ListView([before or entry])
    touched = list(after.ids()) if before else []
    facts = Facts(answers={question: answer})
    codes = ("provider", "tenant-missing", "webhook-unreachable", "webhook-closed")
    return [p for p in check(was, after, touched, facts, True) if p.code.startswith(codes)]


@pytest.mark.parametrize(
    ("answer", "severity", "code", "words"),
    [
        (Answer("unreachable", IDP, "nothing listens there"), "danger", "provider-unreachable", "from here"),
        (Answer("closed", IDP, "handshake failure"), "danger", "provider-unreachable", "if the CA cannot"),
        (Answer("untrusted", IDP, "self-signed"), "danger", "provider-untrusted", "not trusted here"),
        (Answer("wrong", IDP, "has no issuer"), "error", "provider-unusable", "without this provisioner"),
        (Answer("well", IDP, issuer=IDP), "danger", "provider-without-keys", "no keys"),
    ],
)
def test_answers_of_providers(answer: Answer, severity: str, code: str, words: str) -> None:
    """What could not be reached from here is a danger, what is wrong an error."""
    (problem,) = online(OIDC, ABOUT_IDP, answer)
    assert (problem.severity, problem.code, problem.field) == (severity, code, "configurationEndpoint")
    assert words in problem.message
    assert problem.remedy


def test_a_provider_that_is_well() -> None:
    """Nothing is found where the provider answered well, and nothing where nobody asked."""
    assert online(OIDC, ABOUT_IDP, Answer("well", IDP, issuer=IDP, keys=1)) == []
    assert online(OIDC, Question("provider", "https://other", "roots"), Answer("wrong", IDP)) == []


def test_an_issuer_for_every_tenant() -> None:
    """An issuer with a placeholder needs a tenant in its place."""
    answer = Answer("well", IDP, issuer="https://login/{tenantid}/v2.0", keys=1)
    (problem,) = online(OIDC, ABOUT_IDP, answer)
    assert (problem.code, problem.field, problem.severity) == ("tenant-missing", "tenantID", "danger")
    assert online({**OIDC, "tenantID": "t"}, ABOUT_IDP, answer) == []


def test_an_address_that_an_edit_brought_is_no_old_problem() -> None:
    """The answer about a new address says nothing about the one that was there before."""
    before = {**OIDC, "configurationEndpoint": "https://old.example.com"}
    (problem,) = online(OIDC, ABOUT_IDP, Answer("wrong", IDP, "has no issuer"), before)
    assert (problem.severity, problem.already) == ("error", False)
    (problem,) = online({**OIDC, "domains": ["x"]}, ABOUT_IDP, Answer("wrong", IDP, "has no issuer"), OIDC)
    assert (problem.severity, problem.already) == ("warning", True)


@pytest.mark.parametrize(
    ("kind", "state", "severity", "code"),
    [
        ("ENRICHING", "unreachable", "danger", "webhook-unreachable"),
        ("authorizing", "untrusted", "danger", "webhook-unreachable"),
        ("NOTIFYING", "unreachable", "warning", "webhook-unreachable"),
        ("ENRICHING", "closed", "warning", "webhook-closed"),
    ],
)
def test_answers_of_webhooks(kind: str, state: Any, severity: str, code: str) -> None:
    """A webhook that has a say stops requests when it is not there; one that is told does not."""
    entry = {"type": "SCEP", "name": "s", "options": {"webhooks": [{**HOOK, "kind": kind}]}}
    (problem,) = online(entry, ABOUT_HOOK, Answer(state, ABOUT_HOOK.address, "why"))
    assert (problem.severity, problem.code, problem.field) == (severity, code, "options.webhooks.0.url")
