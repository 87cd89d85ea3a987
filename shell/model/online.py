"""What only the network can tell about a provisioner: the questions, and what came back.

step-ca fetches the metadata of identity providers when it starts, and calls webhooks when it issues.
Which addresses that are stands here; who asks is `shell.backends.online`, who judges
`shell.model.rules.online`. Answers are found by the question, not by the provisioner: what was there
before an edit is another question than what is there after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shell.model import types
from shell.model.addresses import parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal, TypeAlias

    from shell.model.provisioner import Provisioner
    from shell.model.types import ProvisionerType

    Kind = Literal["provider", "keys", "handshake"]
    Trust = Literal["system", "roots", "chain"]
    State = Literal["well", "unreachable", "untrusted", "wrong", "closed"]
    Placed: TypeAlias = "tuple[str, Question]"

# certificates: authority/provisioner/azure.go, gcp.go
AZURE_LOGIN = "https://login.microsoftonline.com"
GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"
WEBHOOKS = ("options", "webhooks")


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be asked of an address: a URL with a host, http or https, without a password in it.

    `kind` is `provider` (fetch a discovery document and the keys that it names), `keys` (fetch keys) or
    `handshake` (see the certificate and send nothing). `trust` says which certificates step-ca takes as
    roots there besides those of its machine: none, its `roots`, or its whole `chain`.
    """

    kind: Kind
    address: str
    trust: Trust


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question.

    `state` is `well`; `unreachable`, `untrusted` or `closed` (the other side ended the handshake, maybe
    since no client certificate was shown), which may look different from where the CA runs; or `wrong`:
    what came is not what step-ca can use. `url` is the address that this is about, `why` says it in words.
    `issuer` and `keys` (how many) are what a provider says of itself.
    """

    state: State
    url: str
    why: str = ""
    issuer: str = ""
    keys: int = 0


def questions_of(provisioner: Provisioner) -> list[Placed]:
    """Return what to ask about a provisioner, each with the dotted path of the field that it belongs to.

    Nothing is asked where the address is none, or has a user name or password in it: those are not sent.
    """
    type_ = provisioner.type
    if type_ is None or type_ is types.SSHPOP:
        return []
    ask = _PROVIDERS.get(type_)
    return [*(ask(provisioner) if ask else ()), *_webhooks(provisioner)]


def _oidc(provisioner: Provisioner) -> Iterable[Placed]:
    address = _text(provisioner, "configurationEndpoint")
    if _can_be_asked(address):
        yield "configurationEndpoint", Question("provider", address, "roots")


def _azure(provisioner: Provisioner) -> Iterable[Placed]:
    tenant = _text(provisioner, "tenantID")
    address = f"{AZURE_LOGIN}/{tenant}/.well-known/openid-configuration"
    if tenant and _can_be_asked(address):
        yield "tenantID", Question("provider", address, "system")


def _gcp(provisioner: Provisioner) -> Iterable[Placed]:
    yield "", Question("keys", GOOGLE_KEYS, "system")


_PROVIDERS: Mapping[ProvisionerType, Callable[[Provisioner], Iterable[Placed]]] = {
    types.OIDC: _oidc,
    types.AZURE: _azure,
    types.GCP: _gcp,
}


def _webhooks(provisioner: Provisioner) -> Iterable[Placed]:
    hooks = provisioner.get(WEBHOOKS)
    for number, hook in enumerate(hooks if isinstance(hooks, list) else []):
        url = hook.get("url") if isinstance(hook, dict) else None
        if isinstance(url, str) and _can_be_asked(url) and parse_url(url).scheme == "https":
            yield webhook_field(number), Question("handshake", f"https://{parse_url(url).host}", "chain")


def webhook_field(number: int) -> str:
    """Return the dotted path of the address of a webhook; the first one has the number 0."""
    return ".".join((*WEBHOOKS, str(number), "url"))


def _text(provisioner: Provisioner, name: str) -> str:
    value = provisioner.get((name,))
    return value if isinstance(value, str) else ""


def _can_be_asked(address: str) -> bool:
    try:
        url = parse_url(address)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and not url.user
