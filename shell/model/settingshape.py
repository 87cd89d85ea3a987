"""What makes step-ca refuse a ca.json because of a value of the wrong JSON type around the provisioners.

(certificates: authority/config/config.go and what it embeds; logging/logger.go, cas/apiv1/options.go.)
"""

from __future__ import annotations

from shell.model.jwkshape import jwk_flaw
from shell.model.shape import (
    NULL,
    boolean_flaw,
    checks_of,
    duration_flaw,
    in_any_case,
    object_check,
    object_flaws,
    objects_check,
    text_flaw,
    texts_flaw,
)
from shell.model.types import ACME
from shell.model.values import Number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.model.shape import Check, Flaw
    from shell.model.values import JSON


def settings_flaws(settings: Mapping[str, JSON]) -> tuple[Flaw, ...]:
    """Return the fields (dotted paths) of ca.json around the provisioners that step-ca does not read, and why."""
    return object_flaws(settings.items(), _CHECKS)


def _number_flaw(value: object) -> str:
    return "" if isinstance(value, Number) else "must be a number"


def _root_flaw(value: object) -> str:
    return "" if type(value) is str else texts_flaw(value) and "must be a string or a list of strings"


def _texts(names: str, **others: Check) -> dict[str, Check]:
    """Return the checks of an object whose members of these names are strings."""
    return in_any_case({**dict.fromkeys(names.split(), text_flaw), **others})


def _lists(names: str) -> dict[str, Check]:
    return in_any_case(dict.fromkeys(names.split(), texts_flaw))


def _policy() -> Check:
    names = object_check(_lists("cn dns ip email uri"))
    ssh_names = object_check(_lists("dns ip email principal"))
    x509 = object_check(_texts("", allow=names, deny=names, allowWildcardNames=boolean_flaw))
    side = object_check(_texts("", allow=ssh_names, deny=ssh_names))
    return object_check(_texts("", x509=x509, ssh=object_check(_texts("", user=side, host=side))))


_AUTHORITY = _texts(
    "authorityId deploymentType type certificateAuthority certificateAuthorityFingerprint credentialsFile",
    claims=checks_of(ACME)["claims"],
    policy=_policy(),
    template=object_check(
        _texts(
            "country organization organizationalUnit locality province streetAddress serialNumber commonName"
        )
    ),
    backdate=duration_flaw,
    enableAdmin=boolean_flaw,
    disableIssuedAtCheck=boolean_flaw,
    disableGetSSHHosts=boolean_flaw,
    certificateIssuer=object_check(_texts("type provisioner crt key password")),
)
_SSH_KEYS = _texts("type", federated=boolean_flaw, key=jwk_flaw)
_CHECKS = _texts(
    "crt key address insecureAddress password commonName metricsAddress",
    root=_root_flaw,
    federatedRoots=texts_flaw,
    dnsNames=texts_flaw,
    kms=object_check(_texts("type uri credentialsFile pin managementKey region profile")),
    ssh=object_check(
        _texts(
            "hostKey userKey addUserPrincipal addUserCommand",
            keys=objects_check(_SSH_KEYS, NULL),
            bastion=object_check(_texts("hostname user port cmd flags")),
        )
    ),
    logger=object_check(_texts("format traceHeader")),
    monitoring=object_check({}),
    db=object_check(_texts("type dataSource valueDir database badgerFileLoadingMode")),
    authority=object_check(_AUTHORITY),
    tls=object_check(
        _texts(
            "",
            cipherSuites=texts_flaw,
            minVersion=_number_flaw,
            maxVersion=_number_flaw,
            renegotiation=boolean_flaw,
        )
    ),
    templates=object_check(_texts("", ssh=object_check({}), data=object_check({}))),
    crl=object_check(
        _texts(
            "idpURL",
            enabled=boolean_flaw,
            generateOnRevoke=boolean_flaw,
            cacheDuration=duration_flaw,
            renewPeriod=duration_flaw,
        )
    ),
)
