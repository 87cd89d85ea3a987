"""Rules of the types that trust somebody else: OIDC, AWS, GCP and Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model import types
from shell.model.addresses import host_port_flaw, parse_url
from shell.model.claims import duration_of
from shell.model.problems import ERROR, WARNING
from shell.model.rules.table import Entry, Hit, entry_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISABLED = "step-ca starts without this provisioner"


@entry_rule("endpoint-invalid", ERROR, types.OIDC)
def _endpoint(entry: Entry) -> Iterator[Hit]:
    """step-ca fetches the discovery document when it starts, and disables a provisioner where it cannot."""
    address = entry.text("configurationEndpoint")
    if not address:
        return
    try:
        url = parse_url(address)
    except ValueError as error:
        why = f"is no URL ({error})"
    else:
        why = "" if url.scheme in ("http", "https") and url.host else "has no https:// or no host"
    if why:
        remedy = "write for example https://accounts.google.com"
        yield Hit("configurationEndpoint", f"the address of the provider {why}: {_DISABLED}", remedy)


@entry_rule("endpoint-not-https", WARNING, types.OIDC)
def _endpoint_http(entry: Entry) -> Iterator[Hit]:
    """Keys that are fetched without TLS can be replaced on the way."""
    if entry.text("configurationEndpoint").lower().startswith("http:"):
        message = "the provider's keys are fetched without TLS: who is on the way can issue certificates"
        yield Hit("configurationEndpoint", message, "write https://")


@entry_rule("listen-address-invalid", ERROR, types.OIDC)
def _listen_address(entry: Entry) -> Iterator[Hit]:
    """The listening address must have a port."""
    address = entry.text("listenAddress")
    why = host_port_flaw(address) if address else ""
    if why:
        yield Hit("listenAddress", f"{why}: {_DISABLED}", "write :PORT or HOST:PORT, for example :10000")


@entry_rule("no-restriction", WARNING, types.OIDC)
def _anybody_logs_in(entry: Entry) -> Iterator[Hit]:
    """Without domains or groups everybody with an account at the provider gets certificates."""
    if not entry.items("domains") and not entry.items("groups"):
        yield Hit(
            "domains",
            "everybody who has an account at the provider can get a certificate for his e-mail address",
            "set domains or groups, unless the provider is your own",
        )


@entry_rule("no-restriction", WARNING, types.AWS, types.GCP, types.AZURE)
def _any_instance(entry: Entry) -> Iterator[Hit]:
    """Without a list of accounts or projects every instance in the cloud gets certificates."""
    lists = {
        types.AWS: ("accounts",),
        types.GCP: ("projectIDs", "serviceAccounts", "organizationID"),
        types.AZURE: ("resourceGroups", "subscriptionIDs", "objectIDs"),
    }
    type_ = entry.provisioner.type
    fields = lists[type_] if type_ else ()
    if fields and not any(entry.items(path) or entry.text(path) for path in fields):
        whose = "of the tenant" if type_ is types.AZURE else "of anybody in this cloud"
        message = f"every instance {whose} can get a certificate"
        yield Hit(fields[0], message, f"set {' or '.join(fields)}")


@entry_rule("instance-age-negative", ERROR, types.AWS, types.GCP)
def _instance_age(entry: Entry) -> Iterator[Hit]:
    """An age cannot be negative."""
    age = duration_of({"age": entry.get("instanceAge")}, "age")
    if age is not None and age < 0:
        yield Hit("instanceAge", f"the age is negative: {_DISABLED}", "write for example 1h; 0s is unlimited")


@entry_rule("imds-version", ERROR, types.AWS)
def _imds_version(entry: Entry) -> Iterator[Hit]:
    """There are two versions of the metadata service."""
    for version in entry.items("imdsVersions"):
        if version not in ("v1", "v2"):
            yield Hit("imdsVersions", f'"{version}" is no version: {_DISABLED}', "the versions are v1 and v2")


@entry_rule("iid-roots-unreadable", ERROR, types.AWS)
def _iid_roots(entry: Entry) -> Iterator[Hit]:
    """The file with the certificates of identity documents is read when step-ca starts."""
    path = entry.text("iidRoots")
    fact = entry.facts.files.get(path) if path else None
    if fact is not None and fact.problem:
        yield Hit(
            "iidRoots", f"{path} {fact.problem}: {_DISABLED}", "name a file of PEM certificates, or unset it"
        )
    elif fact is not None and "-----BEGIN CERTIFICATE-----" not in fact.text:
        yield Hit(
            "iidRoots", f"{path} has no PEM certificate: {_DISABLED}", "name a file of PEM certificates"
        )


@entry_rule("iid-roots-relative", WARNING, types.AWS)
def _relative_roots(entry: Entry) -> Iterator[Hit]:
    """A relative path is looked up from where step-ca was started, not from the folder of step."""
    path = entry.text("iidRoots")
    if path and not path.startswith("/"):
        message = "a relative path is looked up where step-ca was started; if it is not there, step-ca disables this"
        yield Hit("iidRoots", message, "write the whole path")


@entry_rule("project-and-organization", ERROR, types.GCP)
def _project_and_organization(entry: Entry) -> Iterator[Hit]:
    """Either projects are named, or the organization that they belong to."""
    if entry.items("projectIDs") and entry.text("organizationID"):
        message = f"there are both projectIDs and organizationID: {_DISABLED}"
        yield Hit("organizationID", message, "unset one of the two")


@entry_rule("organization-credentials", WARNING, types.GCP)
def _organization(entry: Entry) -> Iterator[Hit]:
    """To look up the projects of an organization, step-ca needs credentials of its own."""
    if entry.text("organizationID") and not entry.items("projectIDs"):
        message = "step-ca needs Google credentials of its own to look up projects, else it disables the provisioner"
        yield Hit("organizationID", message, "see that GOOGLE_APPLICATION_CREDENTIALS is set for step-ca")
