"""What step-ca means when it refuses a change or breaks off at one: why, at which field, and what to do.

Its own words are about Go types and the order in which it looks at things, and a 500 of its is mostly a
value that it does not take. They were collected from v0.30.2 (certificates: authority/admin/api,
authority/provisioners.go, authority/admins.go, authority/provisioner) and tried with the program.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from shell.backends.admin.outcome import Answer, Lost, Refused
from shell.codec.linkedca import differences, from_message
from shell.escape import shortened
from shell.model import types
from shell.model.durations import parse_duration
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.backends.admin.outcome import Outcome
    from shell.codec.messagefields import Message


class Meaning(NamedTuple):
    """Why something was refused, and the next thing to do."""

    why: str
    hint: str

    def __str__(self) -> str:
        return f"{self.why}; {self.hint}" if self.hint else self.why


_MOVED = "look again: discard, show NAME, and stage the edits anew"
_COMMERCIAL = "only the commercial CA of Smallstep does; leave it out"

# The first pattern that is found in the words of step-ca counts; {1} is what its first group has.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    # what identifies a provisioner (authority/admin/api/provisioner.go)
    (
        "cannot change provisioner (?:ID|createdAt)",
        "somebody has removed the provisioner and made one of its name since it was read",
        _MOVED,
    ),
    (
        "cannot change provisioner type",
        "the type of a provisioner cannot change",
        "add another, remove this one",
    ),
    (
        "cannot change provisioner (authorityID|deletedAt)",
        "what the CA keeps for itself ({1}) is not what it was when the provisioner was read",
        _MOVED,
    ),
    (
        "provisioner with name (.*) already exists",
        "the CA has a provisioner named {1} already: somebody else has added it",
        "see it with show NAME; change that one, or choose another name",
    ),
    (
        "with [Tt]oken ID k8ssa/.* already exists",
        "a CA takes one K8sSA provisioner, and has it",
        "change that one: list type=K8sSA",
    ),
    (
        "provisioner with [Tt]oken ID (.*) already exists",
        "another provisioner takes the same tokens: it has the same key, clientID or tenantID ({1})",
        "list shows the key or client of each; give this one another",
    ),
    (
        "changed since last read",
        "another node of the CA has written it in the same moment",
        "commit again when that is done",
    ),
    (
        "provisioner ([^:]*) not found",
        "the CA does not have {1} any more: somebody has removed it",
        "look again: discard, list",
    ),
    # admins (authority/admins.go)
    (
        "no super admins will remain",
        "all super admins that the CA counts belong to this provisioner",
        "make somebody of another one a super admin, and reload the CA where only a role was changed",
    ),
    (
        "cannot (?:remove the|change role of) last super admin",
        "no other super admin would be left, as far as the CA counts",
        "make somebody else one first: step ca admin add SUBJECT PROVISIONER --super",
    ),
    (
        "admin with subject (.*) and provisioner (.*) already exists",
        "{1} is an admin of {2} already: somebody else has made him one",
        "see with: step ca admin list",
    ),
    (
        "admins not found for provisioner (.*)",
        "the CA finds no admins under the name {1}",
        "",  # whoever removes admins says what that comes from
    ),
    (
        "admin (.*) not found",
        "the CA has no such admin any more",
        "see who there is with: step ca admin list",
    ),
    (
        "must have super admin access",
        "only a super admin may change admins",
        "log in as one: --admin-subject NAME",
    ),
    ("(?:subject|provisioner) cannot be empty", "an admin needs a subject and a provisioner", "name both"),
    ("invalid value for admin type", "an admin is an admin or a super admin", "choose one of the two"),
    # the policy of the CA, which every certificate of an admin must pass
    (
        "would lock out",
        "the policy would refuse the certificates of an admin, who could not log in any more",
        "let it allow his name first: step ca policy authority x509 allow dns NAME",
    ),
    (
        "authority already has a policy",
        "the CA has a policy already",
        "change that one: step ca policy authority",
    ),
    (
        "authority policy does not exist",
        "the CA has no policy",
        "make one: step ca policy authority x509 allow",
    ),
    ("error validating authority policy: (.*)", "the policy has a name that is none: {1}", "correct it"),
    # what there is not
    (
        'unknown field "(.*)"',
        "this step-ca has no field {1}: it is older than that",
        "unset it, or update the CA; status says its version",
    ),
    (
        "operation not supported in standalone mode|not yet supported in linked deployments",
        "step-ca has no policies for single provisioners and accounts",
        _COMMERCIAL,
    ),
    ("only available in Certificate Manager", "step-ca has no external account keys", _COMMERCIAL),
    ("ACME EAB not enabled", "the provisioner asks for no external account", "set NAME requireEAB true"),
    (
        "administration API not enabled",
        "remote management is off",
        'set "enableAdmin": true under "authority" in ca.json and restart the CA',
    ),
    (
        "unsupported provisioner type",
        "the CA has stored it without a type",
        "remove NAME, before the CA restarts",
    ),
    # lifetimes (validateClaims): the CA says neither which certificates they are for nor all of them
    (
        "(min|max|default) duration '(.*?)' is invalid",
        "the {1} lifetime {2} is no Go duration",
        "write for example 90m, 24h or 1h30m",
    ),
    (
        "(min|default) duration '(.*?)' cannot be greater than (max|default) duration '(.*?)'",
        "the lifetimes contradict each other: {1} is {2}, and {3} is {4}",
        "set them so that min <= default <= max; claims NAME shows them",
    ),
    # templates and webhooks
    (
        "invalid (X.509|SSH) template data",
        "the data of the {1} template is no JSON",
        "correct it with: edit NAME",
    ),
    (
        "invalid (X.509|SSH) template: (.*)",
        "the {1} template is no Go template: {2}",
        "correct it with: edit NAME",
    ),
    (
        "webhook (?:secret|ID) (?:must not be set|cannot be updated)",
        "id and secret of a webhook are the CA's own",
        "remove the webhook and add it anew to get others",
    ),
    ("webhook name is required", "a webhook has no name", "webhook add NAME HOOK --url URL"),
    (
        "webhook url must use https",
        "a webhook is called over https only",
        "webhook update NAME HOOK --url https://...",
    ),
    (
        "webhook url may not contain",
        "the URL of a webhook has a user or password in it",
        "use --basic-auth-username and --basic-auth-password-file",
    ),
    ("webhook url is invalid", "the URL of a webhook is none", "webhook update NAME HOOK --url https://..."),
    (
        'webhook kind "(.*)" is invalid',
        "{1} is no kind of webhook that this CA knows",
        "use ENRICHING, AUTHORIZING, SCEPCHALLENGE or NOTIFYING",
    ),
    ('already has a webhook with the name "(.*)"', "there is a webhook {1} already", "choose another name"),
    ('has no webhook with the name "(.*)"', "the webhook {1} is not there any more", _MOVED),
    # the rest of a message
    ("does not have any details", "the message had no settings of its type", "see what is staged with: diff"),
    (
        "error unmarshaling public key",
        "the key is no JWK that step-ca can read",
        "give it another: update NAME --create",
    ),
    ("error (?:reading|decoding)|syntax error", "the CA could not read the request", "report this as a bug"),
)

# What the start of a provisioner (its Init) complains of, and the field that it means.
_FIELDS: tuple[tuple[str, str], ...] = (
    ("provisioner name cannot be empty|^name cannot", "name"),
    ("provisioner key cannot be empty|json web key", "key"),
    ("clientID cannot be empty", "clientID"),
    ("listenAddress", "listenAddress"),
    ("tenantId cannot be empty", "tenantID"),
    ("Metadata Service version", "imdsVersions"),
    ("instanceAge", "instanceAge"),
    ("IID certificate", "iidRoots"),
    ("`projectIDs` and `organizationID`", "projectIDs"),
    ("acme challenge", "challenges"),
    ("attestation format", "attestationFormats"),
    ("attestationRoots", "attestationRoots"),
    (r"root\(s\) cannot|roots attribute|x509 certificate from PEM|CA pool", "roots"),
    ("without pub keys|public key (?:in|type)", "publicKeys"),
    ("divisible by 8", "minimumPublicKeyLength"),
    ("encryption algorithm identifier", "encryptionAlgorithmIdentifier"),
    ("decrypter certificate", "decrypterCertificate"),
    ("failed creating decrypter", "decrypterKey"),
    ("decrypter key|only RSA keys", "decrypterKeyPEM"),
    ("MinTLSCertDuration", "claims.minTLSCertDuration"),
    ("MaxTLSCertDuration|MaxCertDuration cannot be less", "claims.maxTLSCertDuration"),
    ("DefaultTLSCertDuration|DefaultCertDuration cannot be less", "claims.defaultTLSCertDuration"),
    ("configurationEndpoint", "configurationEndpoint"),
)
_NETWORK = re.compile(
    "error parsing .*: (?:issuer|jwks_uri) cannot be empty|failed to connect|error reading http"
)
_START = re.compile(
    r"(?:error initializing provisioner .*?|error validating configuration for provisioner \".*?\"): (.*)"
)
_PROVIDERS = {types.OIDC: "configurationEndpoint", types.AZURE: "tenantID", types.GCP: "the keys of Google"}
_DURATIONS = tuple(
    f"{kind}{what}CertDuration"
    for what in ("TLS", "UserSSH", "HostSSH")
    for kind in ("min", "max", "default")
)
_MOST_FIELDS = 6  # that are named of what a request changed
_LONGEST = 200  # characters of what the CA says that are repeated


def meaning_of(refused: Refused, sent: Provisioner | None = None) -> Meaning | None:
    """Return what a refusal means, or None where its words are not known. `sent` is what the request carried."""
    words = refused.hidden or refused.message
    start = _START.search(words)
    if start is not None and _NETWORK.search(start[1]):
        where = _PROVIDERS.get(sent.type, "") if sent is not None and sent.type else ""
        why = f"the CA cannot ask the identity provider ({where}): {shortened(start[1], _LONGEST)}"
        return Meaning(why, "it must reach it from where it runs; check --online asks it from here")
    if start is not None and (field := _field_of(start[1])):
        why = f"it does not take {field}: {shortened(start[1], _LONGEST)}"
        return Meaning(why, f"see it with help {field}, and correct it")
    for pattern, why, hint in _MEANINGS:
        if found := re.search(pattern, words, re.DOTALL):
            groups = ("", *(shortened(text or "", _LONGEST) for text in found.groups()))
            return Meaning(why.format(*groups), hint)
    return _BY_TYPE.get(refused.type)


_BY_TYPE = {
    "authorityMismatch": Meaning(
        "it belongs to another authority on the same database", "connect to that one"
    ),
    "deleted": Meaning("somebody has removed it meanwhile", _MOVED),
    "notImplemented": Meaning("step-ca does not offer this", _COMMERCIAL),
}


def explained(outcome: Outcome, sent: Message | None = None, before: Message | None = None) -> Outcome:
    """Return what became of a request that changes something, with what it means where that can be known.

    `sent` is the message of a provisioner that it carried, `before` what the CA had for it.
    """
    if isinstance(outcome, Answer):
        return outcome
    provisioner = from_message(sent) if sent is not None else None
    if isinstance(outcome, Refused):
        meaning = meaning_of(outcome, provisioner)
        if meaning is not None:
            return replace(outcome, about=str(meaning))
        if outcome.status >= 500 and provisioner is not None:
            return replace(outcome, suspects=_changed(provisioner, before))
        return outcome
    if isinstance(outcome, Lost) and provisioner is not None:
        likely = next(_breaking(provisioner), "") or _changed(provisioner, before)
        return replace(outcome, suspects=likely)
    return outcome


def _field_of(words: str) -> str:
    """Return the field that the start of a provisioner complains of, or the empty text."""
    return next((field for pattern, field in _FIELDS if re.search(pattern, words)), "")


def _breaking(sent: Provisioner) -> Iterator[str]:
    """Yield what is known to make step-ca break off, or answer later than it can."""
    for name in _DURATIONS:
        path = ("claims", name)
        if _is_negative(sent.get(path)):
            yield f"at fault is likely claims.{name}: step-ca breaks off at a negative duration"
    if sent.type is types.JWK and not sent.get(("key",)):
        yield "at fault is likely key: step-ca breaks off at a JWK provisioner without one"
    if sent.type in _PROVIDERS:
        field = _PROVIDERS[sent.type]
        yield (
            f"at fault is likely {field}: the CA asks the identity provider while it answers, and breaks off where "
            "that takes longer than 15 seconds; check --online asks it from here"
        )


def _is_negative(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_duration(value) < 0
    except ValueError:
        return False


def _changed(sent: Provisioner, before: Message | None) -> str:
    """Return which fields a request changed, for a person who looks for the one at fault."""
    nothing = Provisioner({"type": sent.type_name, "name": sent.name})
    was = nothing if before is None else from_message(before)
    names = [shortened(field) for field in differences(was, sent)]
    if not names:
        return ""
    more = f" and {len(names) - _MOST_FIELDS} more" if len(names) > _MOST_FIELDS else ""
    return f"it {'changed' if before is not None else 'set'} {', '.join(names[:_MOST_FIELDS])}{more}"
