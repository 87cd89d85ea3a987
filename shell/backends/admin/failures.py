"""What a request that did not succeed means to a person: what happened, why, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shell.backends.admin.outcome import Answer, Lost, Refused, Unreachable
from shell.errors import ShellError
from shell.escape import visible

if TYPE_CHECKING:
    from shell.backends.admin.connection import Connection
    from shell.backends.admin.outcome import Outcome

READ_A_PROVISIONER = "read a provisioner"
LARGEST_SKEW = 60.0
"""How far the clocks may be apart, in seconds: step-ca allows a minute."""


class CaError(ShellError):
    """A CA that could not be asked, or that did not answer as hoped.

    `outcome` is what became of the request, or None where none was made; `request_id` what the CA's log knows it by, `said` the CA's
    own words, safe to show.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", outcome: Outcome | None = None) -> None:
        super().__init__(code, message, hint=hint)
        self.outcome = outcome

    @property
    def request_id(self) -> str:
        """The id under which the CA's log has the request, or the empty text."""
        return self.outcome.request_id if isinstance(self.outcome, Answer | Refused) else ""

    @property
    def said(self) -> str:
        """The CA's own words, or the empty text."""
        return self.outcome.words if isinstance(self.outcome, Refused) else ""


class LoginError(CaError):
    """The CA does not know the admin, or not any more."""


def failure(connection: Connection, outcome: Outcome, what: str) -> CaError:
    """Return the error for a request that had to succeed; `what` says what it was for: `list the admins`."""
    match outcome:
        case Unreachable(code, why):
            return CaError(code, why, hint=connection.hint, outcome=outcome)
        case Lost(why, _, _, status):
            older = "; step-ca before v0.26 gives no request ids and is not supported" if status else ""
            hint = (
                "try again; if it stays so, look at the log of the CA and at what is between you and it"
                + older
            )
            if status == 500 and what == READ_A_PROVISIONER:
                hint = (
                    "the CA answers so where it has stored one without a type, with which it does not start again: "
                    "remove it; else see the log of the CA"
                )
            return CaError("ca-broken-answer", f"cannot {what}: {why}", hint=hint, outcome=outcome)
        case Refused(401) | Refused(404, "notFound", "unable to load provisioner from certificate"):
            return not_admitted(connection, outcome)
        case Refused(404, "deleted"):
            return CaError(
                "ca-out-of-date",
                f"cannot {what}: it was removed through another node of the CA, and this one has not loaded since",
                hint="reload it (SIGHUP)",
                outcome=outcome,
            )
        case Refused(404 | 501, kind) if kind != "notFound":
            return CaError(
                "remote-management-off",
                f"cannot {what}: the CA has no admin API ({outcome.status})",
                hint='set "enableAdmin": true under "authority" in its ca.json and restart it',
                outcome=outcome,
            )
        case _:
            return _refused(outcome, what)


def _refused(outcome: Outcome, what: str) -> CaError:
    from shell.backends.admin.refusals import meaning_of

    meaning = meaning_of(outcome) if isinstance(outcome, Refused) else None
    why, hint = meaning or (outcome.brief, "the log of the CA may say more")
    return CaError("ca-refused", f"cannot {what}: {why}", hint=hint, outcome=outcome)


_SOUGHT = re.compile(r"admin with subject\(s\) \[(.*)\] and provisioner '(.*)'")
# What step-ca says to an admin's token, and what it means; the first that fits counts
# (authority/authorize.go, AuthorizeAdminToken).
_REASONS: tuple[tuple[str, str, str, str], ...] = (
    (
        "unable to load provisioner from certificate",
        "login-provisioner-gone",
        "the CA no longer has the provisioner that the admin's certificate came from",
        "log in through another provisioner: --admin-provisioner NAME",
    ),
    (
        "unable to load admin with subject",
        "login-not-an-admin",
        "the certificate is good, but its subject is not an admin of its provisioner",
        "name an admin with --admin-subject; if a provisioner with admins was renamed, the CA must reload first",
    ),
    (
        "cannot be used for digital signature",
        "login-certificate-unfit",
        "the admin's certificate may not sign: its provisioner's template leaves out the key usage digitalSignature",
        "log in through another provisioner, and give the template keyUsage digitalSignature",
    ),
    (
        "incompatible key usage",
        "login-certificate-unfit",
        "the admin's certificate is none for clients: its provisioner's template leaves out extKeyUsage clientAuth",
        "log in through another provisioner, and give the template extKeyUsage clientAuth",
    ),
    (
        "certificate has expired",
        "login-certificate-expired",
        "the admin's certificate has expired",
        "log in anew; with --admin-cert get a new one with `step ca certificate`",
    ),
    (
        "error verifying x5c certificate chain",
        "login-certificate-invalid",
        "the CA does not take the admin's certificate: it is of another CA, or its chain is missing",
        "log in anew; with --admin-cert name a file that has the intermediate certificate as well",
    ),
    (
        "must have super admin access",
        "login-needs-super-admin",
        "only a super admin may change admins",
        "log in as a super admin: --admin-subject NAME",
    ),
    (
        "token already used",
        "login-token-used",
        "the CA says that the token of this request was used before",
        "try again; a proxy that sends requests twice would be the reason",
    ),
    (
        "token flow is not supported",
        "login-flow-unsupported",
        "step-ca does not admit certificates of ACME or SCEP provisioners as admins",
        "use a certificate of a JWK, OIDC or X5C provisioner",
    ),
)


def not_admitted(connection: Connection, outcome: Refused) -> LoginError:
    """Return the error for an admin request that the CA refuses for who sends it."""
    skew = connection.clock_skew or 0.0
    if abs(skew) > LARGEST_SKEW:
        return clock_error(skew, outcome)
    for words, code, message, hint in _REASONS:
        if words in outcome.message:
            return LoginError(code, f"{message}{_named(outcome.message)}", hint=hint, outcome=outcome)
    return LoginError(
        "login-refused",
        f"the CA does not admit the admin: {outcome.words or outcome.status}",
        hint="the log of the CA says why",
        outcome=outcome,
    )


def _named(said: str) -> str:
    """Return whom the CA looked for among its admins, as it says itself, or the empty text."""
    found = _SOUGHT.search(said)
    if not found:
        return ""
    names = " or ".join(dict.fromkeys(found[1].split()))  # its subject and its names, which repeat it
    return f" ({visible(names)}, provisioner {visible(found[2])})"


def clock_error(skew: float, outcome: Outcome) -> LoginError:
    """Return the error for clocks that are too far apart; `skew` is how far the CA's is ahead, in seconds."""
    side = "ahead of" if skew > 0 else "behind"
    return LoginError(
        "clock-skew",
        f"the clock of the CA is {abs(skew):.0f} seconds {side} that of this machine, and tokens hold no longer "
        f"than {LARGEST_SKEW:.0f} seconds off",
        hint="set the clock that is wrong",
        outcome=outcome,
    )
