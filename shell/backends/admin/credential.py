"""An admin's certificate in hand, and how the CA is asked for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shell.backends.admin.failures import LARGEST_SKEW, LoginError, clock_error, failure
from shell.backends.admin.outcome import Answer, Refused
from shell.certs.request import read_chain
from shell.escape import visible
from shell.keys.tokens import AdminSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shell.backends.admin.connection import Connection
    from shell.certs.pemkeys import PrivateKey
    from shell.certs.request import IssuedChain
    from shell.model.values import JSON

    Ask = Callable[[str], "dict[str, JSON]"]

_TOO_LONG = "more than the authorized maximum"
_TOO_SHORT = "less than the authorized minimum"


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its key, which lives in memory only, and what signs with it."""

    chain: IssuedChain
    key: PrivateKey
    signer: AdminSigner


def credential(chain: IssuedChain, key: PrivateKey) -> Credential:
    """Return a chain and its key as a credential; the subject of its tokens is that of the leaf."""
    subject = chain.names[0] if chain.names else chain.leaf.subject
    return Credential(chain, key, AdminSigner(key, chain.der, subject))


def certified(
    connection: Connection, key: PrivateKey, ask: Ask, lifetime: str, provisioner: str
) -> Credential:
    """Ask the CA to certify a key: first for a lifetime that suits us, else for the provisioner's own.

    `ask(lifetime)` gives the body of the request, with a token of its own each time. Raises LoginError
    where the CA refuses.
    """
    outcome = connection.request("POST", "/1.0/sign", body=ask(lifetime))
    if isinstance(outcome, Refused) and (_TOO_LONG in outcome.message or _TOO_SHORT in outcome.message):
        outcome = connection.request("POST", "/1.0/sign", body=ask(""))
    if isinstance(outcome, Refused):
        raise _not_certified(connection, outcome, provisioner)
    if not isinstance(outcome, Answer):
        raise failure(connection, outcome, "log in")
    return credential(_chain_of(connection, outcome), key)


def renewed(connection: Connection, old: Credential, now: int) -> Credential | None:
    """Return the certificate renewed by itself, with the same key, or None where the CA does not do that."""
    audience = f"{connection.url}/1.0/renew"
    token = f"Bearer {old.signer.renew_token(audience, now)}"
    outcome = connection.request("POST", "/1.0/renew", authorize=lambda: token)
    return credential(_chain_of(connection, outcome), old.key) if isinstance(outcome, Answer) else None


def _chain_of(connection: Connection, outcome: Answer) -> IssuedChain:
    body = outcome.json if isinstance(outcome.json, dict) else {}
    chain = body.get("certChain") or [body.get("crt"), body.get("ca")]
    try:
        return read_chain([str(text) for text in chain] if isinstance(chain, list) else [])
    except ValueError as error:
        raise LoginError(
            "not-a-ca",
            f"what answers at {connection.url} is not step-ca: it gave no certificate ({error})",
            hint="check --ca-url",
            outcome=outcome,
        ) from None


def _not_certified(connection: Connection, outcome: Refused, provisioner: str) -> LoginError:
    skew = connection.clock_skew or 0.0
    if abs(skew) > LARGEST_SKEW:
        return clock_error(skew, outcome)
    name = visible(provisioner)
    if "disabled" in outcome.message:
        return LoginError(
            "login-provisioner-disabled",
            f'the CA has disabled the provisioner "{name}", so that nobody can log in through it',
            hint="log in through another one: --admin-provisioner NAME",
            outcome=outcome,
        )
    if outcome.status == 401:
        return LoginError(
            "login-not-authorized",
            f'the CA does not take a login token of the provisioner "{name}"',
            hint="its key may have been changed, or the CA is reached by a name that is not in its dnsNames; "
            "the log of the CA says which",
            outcome=outcome,
        )
    return LoginError(
        "login-not-certified",
        f'the CA gives no certificate for the login through "{name}": {outcome.words}',
        hint="a policy, a template or a webhook of the provisioner is in the way; log in through another one: "
        "--admin-provisioner NAME",
        outcome=outcome,
    )
