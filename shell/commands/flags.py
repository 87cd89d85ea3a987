"""The flags table: every flag of `step ca provisioner add` and `update`, one row per meaning.

A row says which field a flag is for and in which types, where its value comes from, what it does to
the field, and what an empty value does. A flag whose meaning depends on the type has a row for each:
`--challenge` is a list for ACME and one secret for SCEP. Parameters, completion, help, the commands and
the documentation read this table; which kind of value a field takes stands in the field table.
Meanings are those of step v0.30.6 (cli: command/ca/provisioner/{add,update,provisioner}.go); rows that
step does not have are marked `ours`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from shell.model import types
from shell.model.fields import find_field
from shell.model.kinds import BOOLEAN
from shell.model.types import TYPES, ProvisionerType

if TYPE_CHECKING:
    from collections.abc import Callable

# where the value of a flag comes from
TEXT = "text"  # the word itself
FILE = "file"  # the content of a file is the value
RECIPE = "recipe"  # files, or several flags, are worked into the value (`shell.commands.recipes`)

# what the value does to the field
SET = "set"
APPEND = "append"
REMOVE = "remove"

# what an empty value does
SETS = "sets"
UNSETS = "unsets"
ERROR = "error"

JWK_RECIPE = "jwk"  # the one that is made of several flags (`shell.commands.keywork`)

ADD = "add"
UPDATE = "update"

Types: TypeAlias = tuple[ProvisionerType, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """One meaning of one flag.

    `field` is the dotted path in ca.json. `many` flags may be repeated: their values are collected, and
    never split at commas, as step does on its command line. `recipe` names the work for RECIPE;
    `choices` can be offered where the field has none. `check` says why a text of the right kind is no value
    all the same, `replaces` is another field whose place this one takes. `refused` are types for which step stops instead of ignoring the flag, `ours` flags that step does
    not have.
    """

    flag: str
    field: str
    types: Types
    help: str
    source: str = TEXT
    effect: str = SET
    empty: str = ERROR
    commands: tuple[str, ...] = (ADD, UPDATE)
    aliases: tuple[str, ...] = ()
    metavar: str = "TEXT"
    many: bool = False
    recipe: str = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None
    replaces: str = ""
    refused: Types = ()
    ours: bool = False

    @property
    def name(self) -> str:
        """The name of the flag's parameter, such as `force_cn`."""
        if self.field == "name":
            return "new_name"  # `name` is the provisioner that the line is about
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def switch(self) -> bool:
        """Whether the flag is a boolean one, which needs no value."""
        row = find_field(self.types[0], self.field)
        return self.metavar == "" or (row is not None and row.kind is BOOLEAN)

    @property
    def secret(self) -> bool:
        """Whether the word itself is a secret."""
        row = find_field(self.types[0], self.field)
        return self.source == TEXT and row is not None and row.secret

    @property
    def path(self) -> tuple[str, ...]:
        """The names in the field's path."""
        return tuple(self.field.split("."))


_JWK = (types.JWK,)
_OIDC = (types.OIDC,)
_ACME = (types.ACME,)
_SCEP = (types.SCEP,)
_AWS = (types.AWS,)
_AZURE = (types.AZURE,)
_GCP = (types.GCP,)
_CLOUD = (types.AWS, types.GCP, types.AZURE)
_WITH_OPTIONS = tuple(row for row in TYPES if row is not types.SSHPOP)


def _text(flag: str, field: str, of: Types, help: str, metavar: str, empty: str = ERROR) -> Flag:
    return Flag(flag, field, of, help, metavar=metavar, empty=empty)


def _file(flag: str, field: str, of: Types, recipe: str, help: str, empty: str = ERROR) -> Flag:
    source = RECIPE if recipe else FILE
    return Flag(flag, field, of, help, source, metavar="FILE", recipe=recipe, empty=empty)


def _switch(flag: str, field: str, of: Types, help: str) -> Flag:
    return Flag(flag, field, of, help, metavar="true|false")


def _address_problem(text: str) -> str:
    return "" if text.lower().startswith(("https://", "http://")) else "it is no http or https address"


def _age_problem(text: str) -> str:
    return "it is below 0s" if text.startswith("-") else ""


def _list(
    flag: str,
    field: str,
    of: Types,
    what: str,
    metavar: str,
    *,
    adds: bool = True,
    removes: bool = True,
) -> list[Flag]:
    """Return the row that appends to a list and the one that takes out of it.

    `adds` and `removes` say whether step has the flag on `add`, and the `--remove-` flag at all.
    """
    more = Flag(f"--{flag}", field, of, f"{what}", effect=APPEND, many=True, metavar=metavar)
    less = replace(
        more,
        flag=f"--remove-{flag}",
        help=f"take out: {what}",
        effect=REMOVE,
        commands=(UPDATE,),
        ours=not removes,
    )
    if adds:
        return [more, less]
    return [
        replace(more, commands=(UPDATE,)),
        replace(more, commands=(ADD,), ours=True),
        less,
    ]


def _durations() -> list[Flag]:
    rows = []
    for flag, group, what in (
        ("x509", "TLS", "X.509 certificates"),
        ("ssh-user", "UserSSH", "SSH user certificates"),
        ("ssh-host", "HostSSH", "SSH host certificates"),
    ):
        for bound, meaning in (("min", "shortest"), ("max", "longest"), ("default", "usual")):
            rows.append(
                Flag(
                    f"--{flag}-{bound}-dur",
                    f"claims.{bound}{group}CertDuration",
                    TYPES,
                    f'{meaning} lifetime of {what}, such as 24h; "" goes back to the CA\'s own',
                    empty=UNSETS,
                    metavar="DURATION",
                )
            )
    return rows


def _templates() -> list[Flag]:
    rows = []
    for group, what in (("x509", "X.509"), ("ssh", "SSH")):
        template = _file(
            f"--{group}-template",
            f"options.{group}.template",
            _WITH_OPTIONS,
            "",
            f'template of {what} certificates; "" removes it',
            UNSETS,
        )
        rows.append(replace(template, replaces=f"options.{group}.templateFile"))
        rows.append(
            _file(
                f"--{group}-template-data",
                f"options.{group}.templateData",
                _WITH_OPTIONS,
                "",
                f'JSON variables for the template of {what} certificates; "" removes them',
                empty=UNSETS,
            )
        )
    return rows


FLAGS: tuple[Flag, ...] = (
    Flag("--name", "name", TYPES, "the name that the provisioner gets", commands=(UPDATE,), metavar="NAME"),
    # JWK: one recipe of several flags
    Flag(
        "--create",
        "key",
        _JWK,
        "make a new key pair",
        RECIPE,
        metavar="",
        recipe=JWK_RECIPE,
    ),
    _file("--public-key", "key", _JWK, JWK_RECIPE, "public key: JWK or PEM"),
    _file(
        "--private-key",
        "encryptedKey",
        _JWK,
        JWK_RECIPE,
        'private key: JWK or PEM, encrypted or not; "" removes the one that is stored (update)',
        empty=UNSETS,
    ),
    _file("--password-file", "encryptedKey", _JWK, JWK_RECIPE, "key password, for the private key"),
    *(
        Flag(
            f"--{flag}",
            "key",
            _JWK,
            f"{meaning}, with --create",
            RECIPE,
            metavar=metavar,
            recipe=JWK_RECIPE,
            choices=tuple(choices.split()),
            ours=True,
        )
        for flag, metavar, choices, meaning in (
            ("kty", "KTY", "EC RSA OKP", "kind of the new key"),
            ("curve", "CURVE", "P-256 P-384 P-521 Ed25519", "curve of the new key"),
            ("size", "BITS", "2048 3072 4096", "bits of a new RSA key"),
        )
    ),
    # K8sSA, X5C, Nebula
    _file("--public-key", "publicKeys", (types.K8SSA,), "k8s", "public keys of the service accounts, PEM"),
    replace(
        _file("--x5c-roots", "roots", (types.X5C,), "x5c", "root certificates, PEM"),
        aliases=("--x5c-root",),
    ),
    _file("--nebula-root", "roots", (types.NEBULA,), "nebula", "certificates of Nebula CAs"),
    # OIDC
    _text("--client-id", "clientID", _OIDC, "client identifier at the provider", "ID"),
    _text("--client-secret", "clientSecret", _OIDC, "client secret at the provider", "SECRET", empty=SETS),
    _text(
        "--listen-address",
        "listenAddress",
        _OIDC,
        "where the client listens, such as :10000",
        "ADDRESS",
        empty=UNSETS,
    ),
    replace(
        _text("--configuration-endpoint", "configurationEndpoint", _OIDC, "address of the provider", "URL"),
        check=_address_problem,
    ),
    _text("--tenant-id", "tenantID", _OIDC, "replaces {tenantid} in the issuer", "ID", empty=UNSETS),
    *_list("admin", "admins", _OIDC, "e-mail address or group that may ask for any name", "EMAIL"),
    *_list("domain", "domains", _OIDC, "e-mail domain that may log in", "DOMAIN"),
    *_list("group", "groups", _OIDC, "group that may log in", "GROUP", removes=False),
    *_list("scope", "scopes", _OIDC, "scope that the client asks for", "SCOPE", adds=False),
    *_list(
        "auth-param",
        "authParams",
        _OIDC,
        "further parameter of the client's request",
        "NAME=VALUE",
        adds=False,
        removes=False,
    ),
    # ACME and SCEP
    _switch("--require-eab", "requireEAB", _ACME, "demand external account binding"),
    _switch("--force-cn", "forceCN", (types.ACME, types.SCEP), "fill in a common name"),
    *_list("challenge", "challenges", _ACME, "challenge offered", "CHALLENGE"),
    Flag("--challenge", "challenge", _SCEP, "static challenge password", empty=UNSETS, metavar="SECRET"),
    *_list("attestation-format", "attestationFormats", _ACME, "attestation format accepted", "FORMAT"),
    replace(
        _file(
            "--attestation-roots",
            "attestationRoots",
            _ACME,
            "attestation",
            'root certificates of attestations, PEM; "" goes back to the built-in ones',
            UNSETS,
        ),
        many=True,
    ),
    Flag(
        "--capabilities",
        "capabilities",
        _SCEP,
        "capability announced; replaces the list",
        many=True,
        empty=UNSETS,
        metavar="CAPABILITY",
    ),
    _switch("--include-root", "includeRoot", _SCEP, "give out the root with the chain"),
    _switch(
        "--exclude-intermediate", "excludeIntermediate", _SCEP, "leave the intermediate out of the chain"
    ),
    _text(
        "--min-public-key-length",
        "minimumPublicKeyLength",
        _SCEP,
        "shortest RSA key accepted, in bits",
        "BITS",
        empty=UNSETS,
    ),
    _text(
        "--encryption-algorithm-identifier",
        "encryptionAlgorithmIdentifier",
        _SCEP,
        "cipher of answers: 0 DES-CBC, 1 AES-128-CBC, 2 AES-256-CBC, 3 AES-128-GCM, 4 AES-256-GCM",
        "NUMBER",
        empty=UNSETS,
    ),
    _file(
        "--scep-decrypter-certificate-file",
        "decrypterCertificate",
        _SCEP,
        "scep-certificate",
        'certificate that clients encrypt to, PEM; "" removes it',
        empty=UNSETS,
    ),
    _file(
        "--scep-decrypter-key-file",
        "decrypterKeyPEM",
        _SCEP,
        "scep-key",
        'private key of that certificate, PEM; "" removes it',
        empty=UNSETS,
    ),
    _text(
        "--scep-decrypter-key-uri",
        "decrypterKey",
        _SCEP,
        'key manager address of that key; "" removes it',
        "URI",
        empty=UNSETS,
    ),
    _file(
        "--scep-decrypter-key-password-file",
        "decrypterKeyPassword",
        _SCEP,
        "",
        'password of that key; "" removes it',
        empty=UNSETS,
    ),
    # the clouds
    *_list("aws-account", "accounts", _AWS, "AWS account accepted", "ID"),
    _text("--azure-tenant", "tenantID", _AZURE, "Microsoft Entra tenant", "ID"),
    *_list("azure-resource-group", "resourceGroups", _AZURE, "resource group accepted", "NAME"),
    _text("--azure-audience", "audience", _AZURE, "audience of the token", "NAME", empty=UNSETS),
    *_list("azure-subscription-id", "subscriptionIDs", _AZURE, "subscription accepted", "ID"),
    *_list("azure-object-id", "objectIDs", _AZURE, "object accepted", "ID"),
    *_list("gcp-service-account", "serviceAccounts", _GCP, "service account accepted", "EMAIL"),
    *_list("gcp-project", "projectIDs", _GCP, "project accepted", "ID"),
    _text(
        "--gcp-organization",
        "organizationID",
        _GCP,
        'organization whose projects are accepted, instead of projects; "" removes it',
        "ID",
        empty=UNSETS,
    ),
    replace(
        _text(
            "--instance-age",
            "instanceAge",
            (types.AWS, types.GCP),
            "age above which an instance is refused",
            "DURATION",
            UNSETS,
        ),
        check=_age_problem,
    ),
    _switch("--disable-custom-sans", "disableCustomSANs", _CLOUD, "issue only the instance's own names"),
    replace(
        _switch(
            "--disable-trust-on-first-use",
            "disableTrustOnFirstUse",
            _CLOUD,
            "let an instance ask for more than one certificate",
        ),
        aliases=("--disable-tofu",),
    ),
    *(
        replace(
            _switch(
                f"--disable-ssh-ca-{what}",
                f"disableSSHCA{what.title()}",
                _GCP,
                f"refuse SSH {what} certificates",
            ),
            refused=(types.AWS, types.AZURE),
        )
        for what in ("user", "host")
    ),
    # all types
    *_templates(),
    *_durations(),
    _switch("--disable-renewal", "claims.disableRenewal", TYPES, "let no certificate be renewed"),
    _switch(
        "--allow-renewal-after-expiry",
        "claims.allowRenewalAfterExpiry",
        TYPES,
        "let an expired certificate be renewed",
    ),
    _switch(
        "--disable-smallstep-extensions",
        "claims.disableSmallstepExtensions",
        TYPES,
        "leave out the extension that names the provisioner",
    ),
    _switch("--ssh", "claims.enableSSHCA", TYPES, "issue SSH certificates; on for a new provisioner"),
)


def flags_of(command: str) -> list[Flag]:
    """Return the rows of `add` or of `update`, in the order of the table."""
    return [row for row in FLAGS if command in row.commands]


@cache
def rows_by_name(command: str) -> dict[str, list[Flag]]:
    """Return the rows of a command by the name of their parameter; several where the type decides."""
    found: dict[str, list[Flag]] = {}
    for row in flags_of(command):
        found.setdefault(row.name, []).append(row)
    return found


def row_for(rows: list[Flag], type_: ProvisionerType | None) -> Flag | None:
    """Return the row of a flag that means something for a type, or None."""
    return next((row for row in rows if type_ in row.types), None)


def flags_for(command: str, type_: ProvisionerType, field: str) -> list[Flag]:
    """Return the rows by which a command gives a field its value."""
    return [row for row in flags_of(command) if type_ in row.types and row.field == field]
