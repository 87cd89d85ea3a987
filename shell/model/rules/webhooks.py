"""Rules about webhooks in ca.json (certificates: authority/provisioner/webhook.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.addresses import parse_url
from shell.model.problems import DANGER, ERROR, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shell.model.values import JSON

_PATH = "options.webhooks"
_DISABLED = "step-ca starts without this provisioner"
_KINDS = ("ENRICHING", "AUTHORIZING", "SCEPCHALLENGE", "NOTIFYING")
_CERTIFICATES = ("ALL", "X509", "SSH")
_SECRETS = ("secret", "bearerToken", "basicAuth")
_WITH_OPTIONS = tuple(row for row in types.TYPES if row is not types.SSHPOP)


def _text(hook: Mapping[str, JSON], name: str) -> str:
    value = hook.get(name)
    return value if isinstance(value, str) else ""


@entry_rule("webhook-invalid", ERROR, *_WITH_OPTIONS)
def _invalid(entry: Entry) -> Iterator[Hit]:
    """A webhook without a name, a proper https address or a known kind disables the provisioner."""
    for number, hook in entry.objects(_PATH):
        where = f"{_PATH}.{number}"
        if not _text(hook, "name"):
            yield Hit(f"{where}.name", f"a webhook has no name: {_DISABLED}", "give it a name")
        why = _address_flaw(_text(hook, "url"))
        if why:
            yield Hit(
                f"{where}.url", f"the address of a webhook {why}: {_DISABLED}", "write https://HOST/PATH"
            )
        if _text(hook, "kind").upper() not in _KINDS:
            what = "has no kind" if not _text(hook, "kind") else "has an unknown kind"
            yield Hit(f"{where}.kind", f"a webhook {what}: {_DISABLED}", f"the kinds are {', '.join(_KINDS)}")


def _address_flaw(address: str) -> str:
    try:
        url = parse_url(address)
    except ValueError as error:
        return f"is no URL ({error})"
    if not url.host:
        return "has no host"
    if url.scheme != "https":
        return "is not https"
    return "has a user name or password in it" if url.user else ""


@entry_rule("webhook-template", DANGER, *_WITH_OPTIONS)
def _address_template(entry: Entry) -> Iterator[Hit]:
    """The address is a template; one that does not parse fails each request."""
    for number, hook in entry.objects(_PATH):
        from shell.model.gotemplate import template_flaw  # few provisioners have webhooks

        why = template_flaw(_text(hook, "url"))
        if why:
            message = f"the address looks like a broken template ({why}): every request would fail"
            yield Hit(f"{_PATH}.{number}.url", message, "mend it")


@entry_rule("webhook-cert-type", WARNING, *_WITH_OPTIONS)
def _certificate_type(entry: Entry) -> Iterator[Hit]:
    """The kind of certificate is compared as it is written; another word matches none."""
    for number, hook in entry.objects(_PATH):
        if _text(hook, "certType") not in ("", *_CERTIFICATES):
            yield Hit(
                f"{_PATH}.{number}.certType",
                "step-ca takes it, but the webhook is never called",
                f"write {', '.join(_CERTIFICATES)}, in upper case",
            )


@entry_rule("webhook-secret-ignored", WARNING, *_WITH_OPTIONS)
def _secret(entry: Entry) -> Iterator[Hit]:
    """Secrets of webhooks are not read from ca.json; a running CA keeps them in its database."""
    for number, hook in entry.objects(_PATH) if entry.settings.is_file else ():
        for name in _SECRETS:
            if hook.get(name) is not None:
                yield Hit(
                    f"{_PATH}.{number}.{name}",
                    "step-ca does not read it from ca.json: calls are signed with an empty key",
                    "manage webhooks through a CA with remote management",
                )


@entry_rule("webhook-unsigned", WARNING, *_WITH_OPTIONS)
def _unsigned(entry: Entry) -> Iterator[Hit]:
    """Webhooks of a ca.json are signed with an empty key, so that the receiver cannot tell who calls."""
    if entry.settings.is_file and entry.objects(_PATH):
        yield Hit(
            _PATH,
            "webhooks of a ca.json have no secret: their calls are signed with an empty key",
            "let the receiver ask for the CA's client certificate",
        )


@entry_rule("webhook-kind-case", WARNING, types.SCEP)
def _kind_case(entry: Entry) -> Iterator[Hit]:
    """SCEP picks its webhooks before step-ca turns kinds into upper case."""
    for number, hook in entry.objects(_PATH):
        kind = _text(hook, "kind")
        if kind.upper() in _KINDS and kind not in _KINDS:
            yield Hit(
                f"{_PATH}.{number}.kind",
                "SCEP finds only kinds in upper case: this webhook is not called",
                f"write {kind.upper()}",
            )


@entry_rule("webhook-duplicate-name", WARNING, *_WITH_OPTIONS)
def _duplicate_name(entry: Entry) -> Iterator[Hit]:
    """Templates find the answer of a webhook by its name."""
    seen = set()
    for number, hook in entry.objects(_PATH):
        name = _text(hook, "name")
        if name and name in seen:
            message = "another webhook has this name: a template sees the answer of the last one only"
            yield Hit(f"{_PATH}.{number}.name", message, "rename one of them")
        seen.add(name)
