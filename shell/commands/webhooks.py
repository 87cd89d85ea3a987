"""`webhook add`, `webhook update` and `webhook remove`.

A CA signs each call of a webhook with a secret that it keeps in its database; a ca.json has no place for it.
So these commands need the admin API, and on a file they say why not, and what can be done instead. The
secret is made here, when the line is staged: it is part of the edit, so that doing it again makes no other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn
from uuid import uuid4

from shell.commands.flagvalues import SourceFile
from shell.commands.parameters import PROVISIONER, provisioner_of
from shell.commands.words import text_of
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.language.command import DRAFT, Command
from shell.language.files import FilePath
from shell.language.lexer import quote
from shell.language.parameters import Candidate, Choice, Parameter, ParameterType, Source, Switch, Text
from shell.model.values import Number, format_json
from shell.results import Lines, Result
from shell.staging.edits import Set, Unset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shell.language.parameters import Bound
    from shell.model.values import JSON
    from shell.model.view import ProvisionerId
    from shell.session import Session

    Members = dict[str, JSON]

_PATH = ("options", "webhooks")
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
    """Stage a new webhook with a secret of its own, which is shown this once or written to a file."""
    if session.target.kind == "file":
        _refuse(session, name, webhook, flags)
    from shell.keys.tokens import new_webhook_secret

    id_ = session.find(name)
    hooks = _hooks(session, id_)
    if not webhook:
        raise UsageError("empty-name", "a webhook needs a name")
    if any(hook.get("name") == webhook for hook in hooks):
        raise ShellError(
            "name-taken",
            f'{visible(name)} has a webhook named "{visible(webhook)}" already',
            hint=f"change it with: webhook update {quote(name)} {quote(webhook)} ...",
        )
    if not flags.get("url"):
        raise UsageError("missing-url", "a webhook needs an address", hint="name it: --url https://...")
    secret = new_webhook_secret()
    hook: Members = {"id": str(uuid4()), "name": webhook, "url": "", "kind": "ENRICHING", "certType": "ALL"}
    hook |= {**_members(session, flags), "secret": secret}
    written = _write_secret(session, flags.get("secret_file"), secret)
    session.stage([Set(id_, _PATH, [*hooks, hook])])
    remarks = [f"staged: new webhook {visible(webhook)} of {visible(name)}"]
    if written:
        return Result(remarks=[*remarks, f"its secret is in {visible(written)}"])
    return Result(
        [Lines([[("field", "secret  "), ("secret", secret)]])],
        json={"staged": Number(session.staged_lines), "webhook": webhook, "secret": secret},
        remarks=remarks,
        notices=["this is the only time that the secret is shown: give it to the webhook"],
    )


def webhook_update(session: Session, name: str, webhook: str, *, flags: Mapping[str, object]) -> Result:
    """Stage changes of a webhook: of what the flags name, and of nothing else."""
    if session.target.kind == "file":
        _refuse(session, name, webhook, flags)
    id_ = session.find(name)
    hooks = _hooks(session, id_)
    place = _place(hooks, name, webhook)
    changes = _members(session, flags)
    if not changes:
        raise UsageError(
            "nothing-given",
            "update changes what its flags name, and there are none",
            hint="help webhook update",
        )
    changed = [*hooks[:place], {**hooks[place], **changes}, *hooks[place + 1 :]]
    if changed == hooks:
        return Result(notices=[f"{visible(webhook)} is so already; nothing to do"])
    session.stage([Set(id_, _PATH, [*changed])])
    return Result(remarks=[f"staged: changes of the webhook {visible(webhook)} of {visible(name)}"])


def webhook_remove(session: Session, name: str, webhook: str) -> Result:
    """Stage the removal of a webhook."""
    if session.target.kind == "file":
        item = session.get(name)
        left = f"set {quote(item.name)} options.webhooks JSON, with the list that is to stay"
        raise _refusal(f"or change the list by hand: {left}")
    id_ = session.find(name)
    hooks = _hooks(session, id_)
    place = _place(hooks, name, webhook)
    left_over = [*hooks[:place], *hooks[place + 1 :]]
    session.stage([Set(id_, _PATH, [*left_over]) if left_over else Unset(id_, _PATH)])
    return Result(remarks=[f"staged: removal of the webhook {visible(webhook)} of {visible(name)}"])


def _hooks(session: Session, id_: ProvisionerId) -> list[Members]:
    present = session.view.provisioner(id_).get(_PATH)
    return [hook for hook in present if isinstance(hook, dict)] if isinstance(present, list) else []


def _place(hooks: list[Members], name: str, webhook: str) -> int:
    """Return where a webhook stands; raises ShellError naming those there are. The CA would say ok to any name."""
    for place, hook in enumerate(hooks):
        if hook.get("name") == webhook:
            return place
    names = ", ".join(visible(str(hook.get("name"))) for hook in hooks)
    raise ShellError(
        "no-such-webhook",
        f'{visible(name)} has no webhook named "{visible(webhook)}"',
        hint=f"it has: {names}" if names else "it has none",
    )


def _members(session: Session, flags: Mapping[str, object]) -> Members:
    """Return the members of a webhook that flags name; raises UsageError for flags that contradict each other."""
    found: Members = {}
    for flag, member in (("url", "url"), ("kind", "kind"), ("cert_type", "certType")):
        if isinstance(value := flags.get(flag), str):
            found[member] = value
    if isinstance(shown := flags.get("disable_tls_client_auth"), bool):
        found["disableTLSClientAuth"] = shown
    token, user = flags.get("bearer_token_file"), flags.get("basic_auth_username")
    password = flags.get("basic_auth_password_file")
    if token is not None and (user is not None or password is not None):
        raise UsageError(
            "contradicting-flags",
            "a webhook logs in with a token, or with a name and a password, not with both",
            hint="leave one of them out",
        )
    if (user is None) != (password is None):
        raise UsageError(
            "contradicting-flags",
            "--basic-auth-username and --basic-auth-password-file belong together",
            hint="give both",
        )
    if isinstance(token, Source):
        found["bearerToken"] = text_of(session, token, trimmed=True)
    if isinstance(password, Source):
        found["basicAuth"] = {"username": str(user), "password": text_of(session, password, trimmed=True)}
    return found


def _write_secret(session: Session, path: object, secret: str) -> str:
    """Write a secret to a new file, 0600, where one is named, and return its path; raises ShellError."""
    if not isinstance(path, str) or not path:
        return ""
    if session.sources.restricted:
        raise UsageError(
            "restricted",
            "a restricted batch writes no files",
            hint="leave --secret-file out, or --restricted",
        )
    path = session.sources.allowed(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secret + "\n")
    except OSError as error:
        why = "it is there already" if isinstance(error, FileExistsError) else str(error.strerror).lower()
        raise ShellError(
            "secret-not-written",
            f"cannot write {visible(path)}: {why}",
            hint="name a new file in a folder of yours",
        ) from None
    return path


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
        (
            *_NAMES,
            *_FLAGS,
            _flag("--secret-file", FilePath(), "a new file for the secret, which is shown otherwise"),
        ),
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
