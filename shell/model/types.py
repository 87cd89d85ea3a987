"""The eleven types of provisioner, one row each.

A row says how a type is spelled, which fields it cannot do without, and what makes up the token
identifier by which step-ca finds it. Which fields a type has stands in `shell.model.fields`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class ProvisionerType:
    """A type of provisioner.

    `name` is the usual spelling, `written` the one that `step` writes into ca.json. `required` are the
    fields without which step-ca disables the provisioner. `token_identifier` is the text of the
    identifier, with field paths in braces; no two provisioners of a CA may share one
    (certificates: authority/provisioner/*.go, GetIDForToken).
    """

    __slots__ = ("help", "name", "required", "token_identifier", "written")

    def __init__(
        self, name: str, written: str, required: tuple[str, ...], token_identifier: str, help: str
    ) -> None:
        self.name = name
        self.written = written
        self.required = required
        self.token_identifier = token_identifier
        self.help = help

    def __repr__(self) -> str:
        return self.name


JWK = ProvisionerType(
    "JWK", "JWK", ("key",), "{name}:{key.kid}", "one-time tokens signed with a key of its own"
)
OIDC = ProvisionerType(
    "OIDC",
    "OIDC",
    ("clientID", "configurationEndpoint"),
    "{clientID}",
    "ID tokens of an OpenID Connect provider",
)
X5C = ProvisionerType(
    "X5C", "X5C", ("roots",), "x5c/{name}", "tokens signed with a certificate of another CA"
)
K8SSA = ProvisionerType(
    "K8sSA", "K8SSA", ("publicKeys",), "k8ssa/k8sSA-default", "tokens of Kubernetes service accounts"
)
ACME = ProvisionerType("ACME", "ACME", (), "acme/{name}", "the ACME protocol (certbot, Caddy, step, devices)")
AWS = ProvisionerType("AWS", "AWS", (), "aws/{name}", "identity documents of Amazon EC2 instances")
GCP = ProvisionerType("GCP", "GCP", (), "gcp/{name}", "identity tokens of Google Cloud instances")
AZURE = ProvisionerType(
    "Azure", "AZURE", ("tenantID",), "{tenantID}", "managed identities of Microsoft Azure"
)
SSHPOP = ProvisionerType("SSHPOP", "SSHPOP", (), "sshpop/{name}", "renewal of SSH host certificates")
SCEP = ProvisionerType("SCEP", "SCEP", (), "scep/{name}", "the SCEP protocol (network and managed devices)")
NEBULA = ProvisionerType(
    "Nebula", "NEBULA", ("roots",), "nebula/{name}", "tokens signed with a Nebula certificate"
)

TYPES = (JWK, OIDC, X5C, K8SSA, ACME, AWS, GCP, AZURE, SSHPOP, SCEP, NEBULA)

_BY_SPELLING = {row.name.lower(): row for row in TYPES}


def find_type(spelling: object) -> ProvisionerType | None:
    """Return the type that step-ca reads this spelling as (case does not matter), or None."""
    return _BY_SPELLING.get(spelling.lower()) if isinstance(spelling, str) else None


def type_names(types: Iterable[ProvisionerType] = TYPES) -> list[str]:
    """Return the usual spellings."""
    return [row.name for row in types]
