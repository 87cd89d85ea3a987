"""Rules about ca.json around its provisioners: what keeps step-ca from starting.

(certificates: authority/config/config.go, tls_options.go; authority/authority.go; cas/apiv1/options.go)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shell.model.addresses import host_port_flaw
from shell.model.claims import duration_of
from shell.model.problems import WARNING
from shell.model.rules.table import Hit, Settings, file_rule
from shell.model.values import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shell.model.facts import Facts

_STOPS = "step-ca does not start"
# the kinds of authority, of database and of key manager that step-ca v0.30 is built with
_AUTHORITIES = ("", "softcas", "cloudcas", "stepcas", "vaultcas")
_DATABASES = ("badger", "badgerv1", "badgerv2", "bbolt", "mysql", "postgresql")
_KEY_MANAGERS = (
    "",
    "softkms",
    "cloudkms",
    "awskms",
    "azurekms",
    "pkcs11",
    "yubikey",
    "sshagentkms",
    "tpmkms",
)
_LOG_FORMATS = ("", "text", "json", "common")


def _empty(settings: Settings, path: str) -> bool:
    return settings.get(path) in (None, "", [])


@file_rule("list-ignored", WARNING)
def _ignored_list(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """With enableAdmin the provisioners live in the database, and those of the file are not looked at."""
    if settings.get("authority.enableAdmin") is True:
        yield Hit(
            "authority.enableAdmin",
            "it is true: the running CA takes its provisioners from its database, not from this file",
            "connect to the CA to change them",
        )


@file_rule("root-missing")
def _root(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The certificates and the key of the CA must be named, unless another CA issues for it."""
    if not settings.is_file or settings.text("authority.type").lower() not in ("", "softcas"):
        return
    root = settings.get("root")
    if _empty(settings, "root") or (isinstance(root, list) and ("" in root or None in root)):
        yield Hit("root", f"no root certificate is named: {_STOPS}", "name the file of the root certificate")
    federated = settings.get("federatedRoots")
    if isinstance(federated, list) and ("" in federated or None in federated):
        yield Hit("federatedRoots", f"a name in the list is empty: {_STOPS}", "take it out")
    for path, what in (("crt", "intermediate certificate"), ("key", "key of the intermediate")):
        if _empty(settings, path):
            yield Hit(path, f"no {what} is named: {_STOPS}", f"name the file of the {what}")


@file_rule("file-missing")
def _files(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The certificates that are named must be there."""
    for path in ("root", "federatedRoots", "crt"):
        value = settings.get(path)
        for name in value if isinstance(value, list) else [value]:
            fact = facts.files.get(name) if isinstance(name, str) and name else None
            if fact is not None and fact.problem:
                yield Hit(path, f"{name} {fact.problem}: {_STOPS}", "name a file of PEM certificates")


@file_rule("address-invalid")
def _addresses(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The address to listen on needs a port that is a number."""
    if not settings.is_file:
        return
    address = settings.text("address")
    if _empty(settings, "address"):
        yield Hit("address", f"no address to listen on is given: {_STOPS}", "write for example :9000")
    why = host_port_flaw(address) if address else ""
    port = address.rpartition(":")[2]
    if address and not why and port and not (port.isascii() and port.isdecimal()):
        why = "the port is not a number"
    if why:
        yield Hit("address", f"{why}: {_STOPS}", "write HOST:PORT or :PORT")
    metrics = settings.text("metricsAddress")
    if metrics and host_port_flaw(metrics):
        yield Hit("metricsAddress", f"{host_port_flaw(metrics)}: {_STOPS}", "write HOST:PORT or :PORT")


@file_rule("dns-names-empty")
def _dns_names(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """An empty list of names is refused, other than none at all."""
    names = settings.get("dnsNames")
    if names == []:
        yield Hit("dnsNames", f"the list is empty: {_STOPS}", "name the CA's host names, or take it out")
    for name in names if isinstance(names, list) else []:
        if isinstance(name, str) and not name.isascii():
            message = f'"{name}" cannot stand in a certificate: {_STOPS}'
            yield Hit("dnsNames", message, "write the name in its ASCII form (xn--...)")


@file_rule("tls-versions")
def _tls(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The least TLS version cannot be above the highest; 0 means 1.2 and 1.3."""
    least = _number(settings, "tls.minVersion") or 1.2
    highest = _number(settings, "tls.maxVersion") or 1.3
    if settings.get("tls") is not None and least > highest:
        message = f"minVersion ({least:g}) is above maxVersion ({highest:g}): {_STOPS}"
        yield Hit("tls.minVersion", message, "lower minVersion, or raise maxVersion")


def _number(settings: Settings, path: str) -> float:
    value = settings.get(path)
    return float(value) if isinstance(value, Number) else 0.0


@file_rule("admin-without-database")
def _admin_database(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """Remote management keeps everything in the database."""
    if settings.get("authority.enableAdmin") is True and settings.get("db") is None:
        yield Hit("authority.enableAdmin", f"there is no database: {_STOPS}", "configure db, or unset it")


@file_rule("kind-unknown")
def _kinds(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """Authorities, databases, key managers and log formats come in kinds that are built in."""
    for path, kinds, needed in (
        ("authority.type", _AUTHORITIES, False),
        ("db.type", _DATABASES, isinstance(settings.get("db"), dict)),
        ("kms.type", _KEY_MANAGERS, False),
        ("logger.format", _LOG_FORMATS, False),
    ):
        kind = settings.text(path)
        if (kind or needed) and kind.lower() not in kinds:
            known = ", ".join(name for name in kinds if name)
            yield Hit(path, f'there is no "{kind}": {_STOPS}', f"the kinds are {known}")


@file_rule("key-manager-address")
def _key_manager(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The address of a key manager begins with its kind and a colon."""
    address = settings.text("kms.uri")
    if address and not address.partition(":")[1]:
        yield Hit(
            "kms.uri", f"it does not begin with a key manager: {_STOPS}", "write for example pkcs11:..."
        )


@file_rule("revocation-list-times")
def _revocation_list(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """The times of the revocation list are not negative, and it is renewed before it ends."""
    crl = settings.get("crl")
    if not isinstance(crl, dict):
        return
    kept, renewed = duration_of(crl, "cacheDuration"), duration_of(crl, "renewPeriod")
    for name, value in (("cacheDuration", kept), ("renewPeriod", renewed)):
        if value is not None and value < 0:
            yield Hit(f"crl.{name}", f"it is negative: {_STOPS}", "make it 0s or more")
    if kept is not None and renewed is not None and renewed > kept >= 0:
        message = f"the list is renewed after it has ended: {_STOPS}"
        yield Hit("crl.renewPeriod", message, "make it at most crl.cacheDuration")


@file_rule("template-variable-reserved")
def _template_data(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """Two names of variables belong to step-ca."""
    data = settings.get("templates.data")
    for name in ("Step", "User"):
        if isinstance(data, dict) and name in data:
            yield Hit(f"templates.data.{name}", f"{name} is step-ca's own: {_STOPS}", "rename the variable")


@file_rule("ssh-key-kind")
def _ssh_keys(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """Further SSH keys are those of users or of hosts."""
    keys = settings.get("ssh.keys")
    for number, key in enumerate(keys if isinstance(keys, list) else []):
        if not isinstance(key, dict):
            continue
        where = f"ssh.keys.{number}"
        if key.get("type") not in ("user", "host"):
            yield Hit(f"{where}.type", f"it is neither user nor host: {_STOPS}", "write user or host")
        if key.get("key") is None:
            yield Hit(f"{where}.key", f"there is no key: {_STOPS}", "set it to a public JWK")


@file_rule("linked-without-token")
def _linked(settings: Settings, facts: Facts) -> Iterator[Hit]:
    """A CA that is linked to a service starts only with a token on its command line."""
    if settings.text("authority.deploymentType").lower() == "linked":
        message = "the CA is linked to a service: it starts only with --token"
        yield Hit("authority.deploymentType", message, "start step-ca with --token, or unset it")
