"""`webhook add`, `webhook update` and `webhook remove`.

A webhook's secret is made by the CA and kept in its database; a ca.json has no place for it. So these
commands need the admin API, and on a file they say why not, and what can be done instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from shell.commands.flagvalues import SourceFile
from shell.commands.parameters import PROVISIONER, provisioner_of
from shell.errors import UsageError
from shell.escape import visible
from shell.language.command import DRAFT, Command
from shell.language.lexer import quote
from shell.language.parameters import Candidate, Choice, Parameter, ParameterType, Switch, Text
from shell.model.values import format_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shell.language.parameters import Bound
    from shell.model.values import JSON
    from shell.results import Result
    from shell.session import Session

_KINDS = {
    "ENRICHING": "adds data to what the template sees",
    "AUTHORIZING": "says whether a certificate is issued",
    "SCEPCHALLENGE": "judges a SCEP challenge",
    "NOTIFYING": "is told what was issued",
}
_CERT_TYPES = {"ALL": "X.509 and SSH", "X509": "X.509 only", "SSH": "SSH only"}


class WebhookName(ParameterType):
    """The name of a webhook of the provisioner named before."""

    name = "webhook"
    metavar = "WEBHOOK"

    def candidates(self, prefix: str, bound: Bound, world: object) -> Iterable[Candidate]:
        """Return the webhooks that the provisioner has."""
        item = provisioner_of(bound, world)
        hooks = item.get(("options", "webhooks")) if item is not None else None
        for hook in hooks if isinstance(hooks, list) else ():
            if isinstance(hook, dict) and isinstance(name := hook.get("name"), str):
                yield Candidate(name, str(hook.get("url") or ""))


def webhook_add(session: Session, name: str, webhook: str, *, flags: Mapping[str, object]) -> Result:
    """Refuse to add a webhook to a file, and say what can be done."""
    _refuse(session, name, webhook, flags)


def webhook_update(session: Session, name: str, webhook: str, *, flags: Mapping[str, object]) -> Result:
    """Refuse to change a webhook of a file, and say what can be done."""
    _refuse(session, name, webhook, flags)


def webhook_remove(session: Session, name: str, webhook: str) -> Result:
    """Refuse to remove a webhook from a file, and say what can be done."""
    item = session.get(name)
    left = f"set {quote(item.name)} options.webhooks JSON, with the list that is to stay"
    raise _refusal(f"or change the list by hand: {left}")


def _refuse(session: Session, name: str, webhook: str, flags: Mapping[str, object]) -> NoReturn:
    item = session.get(name)
    hook: dict[str, JSON] = {
        "id": webhook,
        "name": webhook,
        "url": str(flags.get("url") or "https://..."),
        "kind": str(flags.get("kind") or "ENRICHING"),
        "certType": str(flags.get("cert_type") or "ALL"),
    }
    if flags.get("disable_tls_client_auth") is True:
        hook["disableTLSClientAuth"] = True
    present = item.get(("options", "webhooks"))
    others = [
        each
        for each in (present if isinstance(present, list) else [])
        if not (isinstance(each, dict) and each.get("name") == webhook)
    ]
    line = f"set {quote(item.name)} options.webhooks {quote(format_json([*others, hook]))}"
    raise _refusal(f"or, for a webhook without signature and login: {visible(line)}")


def _refusal(otherwise: str) -> UsageError:
    return UsageError(
        "needs-admin-api",
        "webhooks are managed through the CA's admin API: it makes their secret, and a ca.json cannot hold one",
        hint=f"give the CA remote management and connect to it; {otherwise}",
    )


_NAMES = (
    Parameter("name", PROVISIONER, "the provisioner", required=True),
    Parameter("webhook", WebhookName(), "the webhook", required=True),
)


def _flag(spelling: str, type_: ParameterType, help: str) -> Parameter:
    name = spelling.lstrip("-").replace("-", "_")
    return Parameter(name, type_, help, flag=spelling, into="flags")


_FLAGS = (
    _flag("--url", Text("URL"), "the address that is called; https, may be a template"),
    _flag(
        "--kind",
        Choice(_KINDS, metavar="KIND", ignore_case=True),
        "what the webhook does, ENRICHING without it",
    ),
    _flag("--bearer-token-file", SourceFile(), "the token that is sent"),
    _flag("--basic-auth-username", Text("NAME"), "the user name that is sent"),
    _flag("--basic-auth-password-file", SourceFile(), "the password that is sent"),
    _flag("--disable-tls-client-auth", Switch(), "show the webhook no client certificate"),
    _flag(
        "--cert-type",
        Choice(_CERT_TYPES, metavar="TYPE", ignore_case=True),
        "for which certificates it is called, ALL without it",
    ),
)

COMMANDS = (
    Command(
        "webhook add",
        webhook_add,
        (*_NAMES, *_FLAGS),
        "Add a webhook to a provisioner.",
        DRAFT,
        examples=("webhook add cicd enrich --url https://hooks.example.com",),
    ),
    Command(
        "webhook update",
        webhook_update,
        (*_NAMES, *_FLAGS),
        "Change a webhook of a provisioner.",
        DRAFT,
        examples=("webhook update cicd enrich --cert-type X509",),
    ),
    Command(
        "webhook remove",
        webhook_remove,
        _NAMES,
        "Remove a webhook from a provisioner.",
        DRAFT,
        examples=("webhook remove cicd enrich",),
    ),
)
