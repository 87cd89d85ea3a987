"""The field table: every field that a provisioner can have, one row each.

A row says where the field stands in ca.json (a dotted path; `[]` is any item of a list), which types
have it, what kind of value it holds, whether it is a secret, and what it is for. Set, unset, show,
diff, completion, help, masks and the codec read this table; nothing about a field is said elsewhere.
Facts are those of step-ca v0.30.2 (certificates: authority/provisioner/*.go).
"""

from __future__ import annotations

from shell.model import types
from shell.model.kinds import (
    BOOLEAN,
    DURATION,
    INTEGER,
    OBJECT,
    OBJECT_LIST,
    PEM,
    TEMPLATE,
    TEXT,
    TEXT_LIST,
    Integer,
    Kind,
    TextList,
)
from shell.model.structure import Structure
from shell.model.types import TYPES, ProvisionerType

REDACTED = "*** REDACTED ***"
REDACTED_BASE64 = "KioqIFJFREFDVEVEICoqKg=="


class Field:
    """One row of the table.

    `default` is what step-ca assumes when the field is absent, as text for a person. `redacted` is the
    placeholder that a CA publishes instead of the value, or the empty text; a `withheld` value is not
    published at all. `example` is a value that
    `set` accepts.
    """

    __slots__ = (
        "default",
        "example",
        "help",
        "kind",
        "path",
        "redacted",
        "secret",
        "segments",
        "types",
        "withheld",
    )

    def __init__(
        self,
        path: str,
        types: tuple[ProvisionerType, ...],
        kind: Kind,
        help: str,
        *,
        default: str = "",
        example: str = "",
        secret: bool = False,
        redacted: str = "",
        withheld: bool = False,
    ) -> None:
        self.path = path
        self.segments = tuple(path.split("."))
        self.types = types
        self.kind = kind
        self.help = help
        self.default = default
        self.example = example or kind.example
        self.secret = secret
        self.redacted = redacted
        self.withheld = withheld

    def __repr__(self) -> str:
        return self.path


_CLOUD = (types.AWS, types.GCP, types.AZURE)
_WITH_OPTIONS = tuple(row for row in TYPES if row is not types.SSHPOP)


def _claims() -> list[Field]:
    """Return the claims, which every type has (certificates: authority/provisioner/claims.go)."""
    rows = []
    for group, what, shortest, longest, usual in (
        ("TLS", "X.509 certificates", "5m", "24h", "24h"),
        ("UserSSH", "SSH user certificates", "5m", "24h", "16h"),
        ("HostSSH", "SSH host certificates", "5m", "720h", "720h"),
    ):
        for bound, meaning, default in (
            ("min", "Shortest lifetime of", shortest),
            ("max", "Longest lifetime of", longest),
            ("default", "Lifetime, where the client asks for none, of", usual),
        ):
            path = f"claims.{bound}{group}CertDuration"
            rows.append(Field(path, TYPES, DURATION, f"{meaning} {what}.", default=default))
    for name, meaning in (
        ("enableSSHCA", "Whether SSH certificates may be issued."),
        ("disableRenewal", "Whether certificates cannot be renewed."),
        ("allowRenewalAfterExpiry", "Whether an expired certificate can still be renewed."),
        (
            "disableSmallstepExtensions",
            "Whether certificates leave out the extension that names the provisioner.",
        ),
    ):
        rows.append(Field(f"claims.{name}", TYPES, BOOLEAN, meaning, default="false"))
    return rows


def _options() -> list[Field]:
    """Return templates and webhooks (certificates: authority/provisioner/options.go, webhook.go)."""
    rows = []
    for group, what in (("x509", "X.509"), ("ssh", "SSH")):
        for name, kind, meaning in (
            ("template", TEMPLATE, f"Template of {what} certificates: Go text/template that makes JSON."),
            ("templateFile", TEXT, f"File with the template of {what} certificates, read at each issuance."),
            ("templateData", OBJECT, f"Variables for the template of {what} certificates."),
        ):
            rows.append(Field(f"options.{group}.{name}", _WITH_OPTIONS, kind, meaning))
    rows.append(
        Field(
            "options.webhooks", _WITH_OPTIONS, OBJECT_LIST, "Webhooks called while a certificate is issued."
        )
    )
    for name, item_kind, meaning, secret in (
        ("name", TEXT, "Name of the webhook.", False),
        ("id", TEXT, "Identifier sent with each call.", False),
        ("url", TEXT, "Address that is called, https only; a template.", False),
        ("kind", TEXT, "ENRICHING, AUTHORIZING, SCEPCHALLENGE or NOTIFYING.", False),
        ("certType", TEXT, "ALL, X509 or SSH.", False),
        ("disableTLSClientAuth", BOOLEAN, "Whether the CA shows no client certificate.", False),
        ("secret", TEXT, "Key of the signature on each call; not read from ca.json.", True),
        ("bearerToken", TEXT, "Bearer token of each call; not read from ca.json.", True),
        ("basicAuth", OBJECT, "User name and password of each call; not read from ca.json.", True),
    ):
        rows.append(
            Field(
                f"options.webhooks.[].{name}",
                _WITH_OPTIONS,
                item_kind,
                meaning,
                secret=secret,
                withheld=secret,
            )
        )
    return rows


def _wire() -> list[Field]:
    """Return the Wire options of ACME (certificates: authority/provisioner/wire/*.go)."""
    provider = "options.wire.oidc.provider."
    rows = [
        Field(provider + name, (types.ACME,), TEXT, f"Wire OIDC: {meaning}.")
        for name, meaning in (
            ("discoveryBaseUrl", "base of the discovery document"),
            ("issuerUrl", "issuer"),
            ("authorizationUrl", "authorization endpoint"),
            ("tokenUrl", "token endpoint"),
            ("jwksUrl", "keys"),
            ("userInfoUrl", "user information endpoint"),
        )
    ]
    acme = (types.ACME,)
    rows += [
        Field(provider + "signatureAlgorithms", acme, TEXT_LIST, "Wire OIDC: algorithms of the provider."),
        Field("options.wire.oidc.config.clientId", acme, TEXT, "Wire OIDC: client."),
        Field(
            "options.wire.oidc.config.signatureAlgorithms", acme, TEXT_LIST, "Wire OIDC: algorithms accepted."
        ),
        Field("options.wire.oidc.transform", acme, TEMPLATE, "Wire OIDC: template that maps the claims."),
        Field("options.wire.dpop.key", acme, PEM, "Wire DPoP: public key."),
        Field("options.wire.dpop.target", acme, TEMPLATE, "Wire DPoP: template of the target."),
    ]
    return rows


ACME_CHALLENGES = ("http-01", "dns-01", "tls-alpn-01", "device-attest-01", "wire-oidc-01", "wire-dpop-01")
ATTESTATION_FORMATS = ("apple", "step", "tpm")
_IMDS_VERSIONS = ("v1", "v2")
_ENCRYPTION_ALGORITHMS = ("0", "1", "2", "3", "4")

_SCEP = (types.SCEP,)
_TEXT_SECRET = REDACTED
_PEM_SECRET = REDACTED_BASE64

FIELDS: tuple[Field, ...] = (
    Field("type", TYPES, TEXT, "Type of the provisioner; it cannot be changed, only copied to another."),
    Field("name", TYPES, TEXT, "Name of the provisioner, unique in the CA.", example="ops"),
    # JWK
    Field("key", (types.JWK,), OBJECT, "Public key (a JWK) that verifies one-time tokens."),
    Field(
        "encryptedKey",
        (types.JWK,),
        TEXT,
        "Private key, encrypted under the key password, that the CA gives to anybody who asks.",
        secret=True,
    ),
    # OIDC
    Field("clientID", (types.OIDC,), TEXT, "Client identifier at the identity provider."),
    Field(
        "clientSecret", (types.OIDC,), TEXT, "Client secret; the CA publishes it to its clients.", secret=True
    ),
    Field(
        "configurationEndpoint",
        (types.OIDC,),
        TEXT,
        "Address of the provider or of its discovery document.",
        example="https://accounts.google.com",
    ),
    Field("tenantID", (types.OIDC,), TEXT, "Replaces {tenantid} in the issuer of a multi-tenant provider."),
    Field("admins", (types.OIDC,), TEXT_LIST, "E-mail addresses or groups that may ask for any name."),
    Field("domains", (types.OIDC,), TEXT_LIST, "E-mail domains that may log in.", default="any"),
    Field("groups", (types.OIDC,), TEXT_LIST, "Groups that may log in.", default="any"),
    Field("listenAddress", (types.OIDC,), TEXT, "Where the client listens for the answer.", example=":10000"),
    Field("scopes", (types.OIDC,), TEXT_LIST, "Scopes that the client asks for.", default="openid email"),
    Field("authParams", (types.OIDC,), TEXT_LIST, "Further parameters of the client's request."),
    # X5C and Nebula
    Field(
        "roots",
        (types.X5C, types.NEBULA),
        PEM,
        "Root certificates that tokens must lead to.",
        example="@roots.pem",
    ),
    # K8sSA
    Field(
        "publicKeys", (types.K8SSA,), PEM, "Public keys of the cluster's service accounts.", example="@sa.pub"
    ),
    # ACME
    Field(
        "forceCN", (types.ACME, types.SCEP), BOOLEAN, "Whether a common name is filled in.", default="false"
    ),
    Field(
        "requireEAB",
        (types.ACME,),
        BOOLEAN,
        "Whether accounts need external account binding.",
        default="false",
    ),
    Field("termsOfService", (types.ACME,), TEXT, "Address of the terms of service."),
    Field("website", (types.ACME,), TEXT, "Address of the CA's web site."),
    Field("caaIdentities", (types.ACME,), TEXT_LIST, "Names of the CA in CAA records."),
    Field(
        "challenges",
        (types.ACME,),
        TextList(ACME_CHALLENGES, ignore_case=True),
        "Challenges offered.",
        default="http-01 dns-01 tls-alpn-01",
        example="dns-01",
    ),
    Field(
        "attestationFormats",
        (types.ACME,),
        TextList(ATTESTATION_FORMATS, ignore_case=True),
        "Attestation formats accepted in device-attest-01.",
        default="apple step tpm",
        example="apple",
    ),
    Field("attestationRoots", (types.ACME,), PEM, "Root certificates of attestations.", example="@roots.pem"),
    # AWS
    Field("accounts", (types.AWS,), TEXT_LIST, "AWS accounts accepted.", default="any"),
    Field(
        "iidRoots", (types.AWS,), TEXT, "File with certificates of identity documents.", default="built in"
    ),
    Field(
        "imdsVersions",
        (types.AWS,),
        TextList(_IMDS_VERSIONS),
        "Metadata service versions a client tries.",
        default="v2 v1",
        example="v2",
    ),
    # GCP
    Field("serviceAccounts", (types.GCP,), TEXT_LIST, "Service accounts accepted.", default="any"),
    Field("projectIDs", (types.GCP,), TEXT_LIST, "Projects accepted.", default="any"),
    Field(
        "organizationID", (types.GCP,), TEXT, "Organization whose projects are accepted; not with projectIDs."
    ),
    Field(
        "disableSSHCAUser",
        (types.GCP,),
        BOOLEAN,
        "Whether SSH user certificates are refused.",
        default="true",
    ),
    Field(
        "disableSSHCAHost",
        (types.GCP,),
        BOOLEAN,
        "Whether SSH host certificates are refused.",
        default="false",
    ),
    # Azure
    Field("tenantID", (types.AZURE,), TEXT, "Microsoft Entra tenant."),
    Field("resourceGroups", (types.AZURE,), TEXT_LIST, "Resource groups accepted.", default="any"),
    Field("subscriptionIDs", (types.AZURE,), TEXT_LIST, "Subscriptions accepted.", default="any"),
    Field("objectIDs", (types.AZURE,), TEXT_LIST, "Objects accepted.", default="any"),
    Field(
        "audience", (types.AZURE,), TEXT, "Audience of the token.", default="https://management.azure.com/"
    ),
    # the clouds
    Field(
        "disableCustomSANs",
        _CLOUD,
        BOOLEAN,
        "Whether only the instance's own names are issued.",
        default="false",
    ),
    Field(
        "disableTrustOnFirstUse",
        _CLOUD,
        BOOLEAN,
        "Whether an instance may ask for more than one certificate.",
        default="false",
    ),
    Field(
        "instanceAge",
        (types.AWS, types.GCP),
        DURATION,
        "Age above which an instance is refused.",
        default="unlimited",
    ),
    # SCEP
    Field("challenge", _SCEP, TEXT, "Static challenge password.", secret=True, redacted=_TEXT_SECRET),
    Field(
        "capabilities",
        _SCEP,
        TEXT_LIST,
        "Capabilities announced.",
        default="Renewal SHA-1 SHA-256 AES DES3 SCEPStandard POSTPKIOperation",
    ),
    Field("includeRoot", _SCEP, BOOLEAN, "Whether the chain given out includes the root.", default="false"),
    Field("excludeIntermediate", _SCEP, BOOLEAN, "Whether it leaves out the intermediate.", default="false"),
    Field("minimumPublicKeyLength", _SCEP, INTEGER, "Shortest RSA key accepted, in bits.", default="2048"),
    Field(
        "encryptionAlgorithmIdentifier",
        _SCEP,
        Integer(_ENCRYPTION_ALGORITHMS),
        "Cipher of answers: 0 DES-CBC, 1 AES-128-CBC, 2 AES-256-CBC, 3 AES-128-GCM, 4 AES-256-GCM.",
        default="0",
        example="2",
    ),
    Field("decrypterCertificate", _SCEP, PEM, "Certificate that clients encrypt to.", redacted=_PEM_SECRET),
    Field(
        "decrypterKeyPEM", _SCEP, PEM, "Private key of that certificate.", secret=True, redacted=_PEM_SECRET
    ),
    Field(
        "decrypterKey",
        _SCEP,
        TEXT,
        "Key manager address of that private key.",
        secret=True,
        redacted=_TEXT_SECRET,
    ),
    Field(
        "decrypterKeyPassword",
        _SCEP,
        TEXT,
        "Password of that private key.",
        secret=True,
        redacted=_TEXT_SECRET,
    ),
    *_claims(),
    *_options(),
    *_wire(),
)

_BY_TYPE: dict[ProvisionerType, dict[str, Field]] = {
    row: {field.path: field for field in FIELDS if row in field.types} for row in TYPES
}


def fields_of(type_: ProvisionerType) -> list[Field]:
    """Return the fields a type has, in the order of the table."""
    return list(_BY_TYPE[type_].values())


def find_field(type_: ProvisionerType | None, path: str) -> Field | None:
    """Return the row of a dotted path for a type, or None; items of a list have the path `[]`.

    For an unknown type only the fields that every type has are known.
    """
    if type_ is not None:
        return _BY_TYPE[type_].get(path)
    return next((field for field in FIELDS if field.path == path and field.types == TYPES), None)


def _structure(paths: list[tuple[str, ...]]) -> Structure:
    inner: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        inner.setdefault(path[0], [])
        if rest := tuple(segment for segment in path[1:] if segment != "[]"):
            inner[path[0]].append(rest)
    return Structure({name: _structure(below) if below else None for name, below in inner.items()})


_STRUCTURES: dict[ProvisionerType | None, Structure] = {}


def structure_of(type_: ProvisionerType | None) -> Structure:
    """Return which member names step-ca knows in a provisioner of this type."""
    if type_ not in _STRUCTURES:
        rows = _BY_TYPE[type_].values() if type_ else [field for field in FIELDS if field.types == TYPES]
        _STRUCTURES[type_] = _structure([field.segments for field in rows])
    return _STRUCTURES[type_]
