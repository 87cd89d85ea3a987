"""Rules about what the network said: metadata of identity providers, and webhooks.

step-ca fetches the metadata when it starts or reloads; a provisioner whose metadata it does not get, or
cannot use, is disabled (certificates: authority/provisioner/oidc.go, azure.go, gcp.go). What could not be
reached from here may well be reached by the CA, and is no error; a wrong document is one. Without answers
among the facts these rules find nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.online import WEBHOOKS, questions_of, webhook_field
from shell.model.problems import DANGER, ERROR, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.online import Answer

_PROVIDERS = (types.OIDC, types.AZURE, types.GCP)
_WITH_OPTIONS = tuple(row for row in types.TYPES if row is not types.SSHPOP)
_DISABLED = "step-ca starts without this provisioner"
_PLACEHOLDER = "{tenantid}"
_ONLY_TOLD = "NOTIFYING"


def _answers(entry: Entry, *, webhooks: bool = False) -> Iterator[tuple[str, Answer]]:
    """Yield what the providers of a provisioner, or else its webhooks, have answered, with their fields."""
    if not entry.facts.answers:
        return
    for path, question in questions_of(entry.provisioner):
        answer = entry.facts.answers.get(question)
        if answer is not None and (question.kind == "handshake") == webhooks:
            yield path, answer


@entry_rule("provider-unreachable", DANGER, *_PROVIDERS)
def _unreachable(entry: Entry) -> Iterator[Hit]:
    """A provider that does not answer disables the provisioner until the next reload."""
    for path, answer in _answers(entry):
        if answer.state in ("unreachable", "closed"):
            message = f"{answer.url} could not be reached from here ({answer.why}); if the CA cannot either, {_DISABLED}"
            yield Hit(path, message, "see that the machine of the CA reaches it, or mend the address")


@entry_rule("provider-untrusted", DANGER, *_PROVIDERS)
def _untrusted(entry: Entry) -> Iterator[Hit]:
    """The certificate of a provider must be one that the machine of the CA trusts, or one of the CA's own."""
    for path, answer in _answers(entry):
        if answer.state == "untrusted":
            message = f"{answer.url} shows a certificate that is not trusted here ({answer.why}); if the CA does not either, {_DISABLED}"
            yield Hit(path, message, "see that the machine of the CA trusts it")


@entry_rule("provider-unusable", ERROR, *_PROVIDERS)
def _wrong(entry: Entry) -> Iterator[Hit]:
    """A provider must give a discovery document with issuer and keys that step-ca can read."""
    for path, answer in _answers(entry):
        if answer.state == "wrong":
            yield Hit(
                path, f"{answer.url} {answer.why}: {_DISABLED}", "name the address of an OpenID provider"
            )


@entry_rule("provider-without-keys", DANGER, *_PROVIDERS)
def _without_keys(entry: Entry) -> Iterator[Hit]:
    """Tokens are verified with the keys that a provider publishes."""
    for path, answer in _answers(entry):
        if answer.state == "well" and not answer.keys:
            message = f"{answer.url} publishes no keys: step-ca takes it, but nobody gets a certificate"
            yield Hit(path, message, "see to it that the provider publishes its keys")


@entry_rule("tenant-missing", DANGER, types.OIDC)
def _tenant_missing(entry: Entry) -> Iterator[Hit]:
    """An issuer with a placeholder for the tenant is that of no token, unless tenantID takes its place."""
    for _, answer in _answers(entry):
        if _PLACEHOLDER in answer.issuer and not entry.text("tenantID"):
            message = f"the issuer is {answer.issuer}: without tenantID no token is accepted"
            yield Hit("tenantID", message, "set tenantID, or name the endpoint of your tenant")


@entry_rule("webhook-unreachable", DANGER, *_WITH_OPTIONS)
def _webhook_unreachable(entry: Entry) -> Iterator[Hit]:
    """A webhook that does not answer fails the requests that it has a say in."""
    for path, answer in _answers(entry, webhooks=True):
        if path not in _notified(entry) and answer.state in ("unreachable", "untrusted"):
            yield Hit(path, f"{_seen(answer)}; if the CA fares no better, requests fail", _WEBHOOK_REMEDY)


@entry_rule("webhook-unreachable", WARNING, *_WITH_OPTIONS)
def _notified_unreachable(entry: Entry) -> Iterator[Hit]:
    """A webhook that is only told what happened stops nothing."""
    for path, answer in _answers(entry, webhooks=True):
        if path in _notified(entry) and answer.state in ("unreachable", "untrusted"):
            yield Hit(path, f"{_seen(answer)}; if the CA fares no better, it is not told", _WEBHOOK_REMEDY)


@entry_rule("webhook-closed", WARNING, *_WITH_OPTIONS)
def _webhook_closed(entry: Entry) -> Iterator[Hit]:
    """A webhook may talk only to those who show the client certificate of the CA, which is not shown here."""
    for path, answer in _answers(entry, webhooks=True):
        if answer.state == "closed":
            message = f"{answer.url} ended the handshake ({answer.why}): it may ask for the CA's client certificate, which is not shown from here"
            yield Hit(path, message, "see the log of the webhook's server")


_WEBHOOK_REMEDY = "see that the machine of the CA reaches and trusts it, or mend the address"


def _seen(answer: Answer) -> str:
    if answer.state == "untrusted":
        return f"{answer.url} shows a certificate that is not trusted here ({answer.why})"
    return f"{answer.url} could not be reached from here ({answer.why})"


def _notified(entry: Entry) -> set[str]:
    """Return the fields of the webhooks of which step-ca does not await a decision."""
    hooks = entry.objects(".".join(WEBHOOKS))
    return {
        webhook_field(number)
        for number, hook in hooks
        if isinstance(kind := hook.get("kind"), str) and kind.upper() == _ONLY_TOLD
    }
