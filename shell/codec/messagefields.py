"""Where the fields of a provisioner stand in a message of the admin API, one row each.

A message is linkedca ProtoJSON as a value: zero values are left out, bytes are standard base64, an enum
is its name. A row says which member of `details` holds a field of ca.json, and in which form
(certificates: authority/provisioners.go, ProvisionerToCertificates; linkedca: spec/provisioners.proto).
"""

from __future__ import annotations

import base64
import binascii
import re

from shell.model import types
from shell.model.fields import REDACTED, REDACTED_BASE64
from shell.model.values import Number, format_json, parse_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

    Message = dict[str, JSON]

PLACEHOLDERS = (REDACTED, REDACTED_BASE64)
_BLOCK = re.compile(rb"-----BEGIN ([^\r\n]*)-----[ \t]*\r?\n.*?-----END \1-----[ \t]*(?:\r?\n|\Z)", re.DOTALL)


class Form:
    """How one kind of value is written; this base is text, and everything that stays as it is."""

    def write(self, value: JSON) -> JSON:
        """Return the member of the message for a value of ca.json, or None where it is left out."""
        return None if value in ("", None) else value

    def read(self, value: JSON) -> JSON:
        """Return the value of ca.json for a member of the message, or None where there is none."""
        return None if value in ("", None) else value

    def flaw(self, value: JSON) -> str:
        """Return why the message cannot hold a value that a ca.json can, or the empty text."""
        return ""


class _Switch(Form):
    """A boolean that is false when it is left out."""

    def write(self, value: JSON) -> JSON:
        return True if value is True else None

    read = write


class _Choice(Form):
    """A boolean whose absence is a third state; `optional` in the schema."""

    def write(self, value: JSON) -> JSON:
        return value if isinstance(value, bool) else None

    read = write


class _Whole(Form):
    """A whole number of 32 bits, 0 when it is left out."""

    def write(self, value: JSON) -> JSON:
        return value if isinstance(value, Number) and int(value) else None

    def read(self, value: JSON) -> JSON:
        # ProtoJSON allows a number in quotes
        return Number(value) if isinstance(value, str) and value not in ("", "0") else None

    def flaw(self, value: JSON) -> str:
        if isinstance(value, Number) and not -(2**31) <= int(value) < 2**31:
            return "the admin API takes only whole numbers of 32 bits"
        return ""


class _Texts(Form):
    """A list of texts."""

    def write(self, value: JSON) -> JSON:
        return [item or "" for item in value] if isinstance(value, list) and value else None

    def read(self, value: JSON) -> JSON:
        return value if isinstance(value, list) and value else None


class _Bytes(Form):
    """A text that the message has as bytes."""

    def write(self, value: JSON) -> JSON:
        return encode_text(value) or None if isinstance(value, str) else None

    def read(self, value: JSON) -> JSON:
        return decode_bytes(value).decode("utf-8", "surrogateescape") or None


class _Json(Form):
    """A JSON value that the message has as the bytes of its text."""

    def write(self, value: JSON) -> JSON:
        return None if value is None else encode_text(format_json(value))

    def read(self, value: JSON) -> JSON:
        try:
            return parse_json(decode_bytes(value).decode("utf-8", "surrogateescape"))
        except ValueError:
            return None  # nothing, or bytes that ca.json cannot have; they stay in the message


class _Pem(Form):
    """Bytes in base64 on both sides; Go lets line breaks stand in those of ca.json."""

    def write(self, value: JSON) -> JSON:
        return _base64(decode_bytes(value)) or None

    read = write


class _Bundle(Form):
    """A PEM bundle: one base64 text in ca.json, a list of blocks in the message.

    step-ca joins the blocks with a line break, for some types also where there is one already.
    """

    def __init__(self, *, always_broken: bool) -> None:
        self._always_broken = always_broken

    def write(self, value: JSON) -> JSON:
        data = decode_bytes(value)
        blocks = pem_blocks(data) or ([data] if data else [])
        return [_base64(block) for block in blocks] or None

    def read(self, value: JSON) -> JSON:
        joined = b""
        for number, item in enumerate(value if isinstance(value, list) else ()):
            block = decode_bytes(item)
            if number and (self._always_broken or not block.endswith(b"\n")):
                joined += b"\n"
            joined += block
        return _base64(joined) or None


class _Names(Form):
    """A list of names that the message has as those of an enum: `http-01` is `HTTP_01`."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)

    def write(self, value: JSON) -> JSON:
        items = value if isinstance(value, list) else []
        return [_enum_name(item) for item in items if isinstance(item, str)] or None

    def read(self, value: JSON) -> JSON:
        items = value if isinstance(value, list) else []
        return [item.lower().replace("_", "-") for item in items if isinstance(item, str)] or None

    def flaw(self, value: JSON) -> str:
        items = value if isinstance(value, list) else []
        odd = [item for item in items if isinstance(item, str) and item.lower() not in self._known]
        return f'the admin API does not know "{odd[0]}"' if odd else ""


def _enum_name(text: str) -> str:
    return text.upper().replace("-", "_")


def pem_blocks(data: bytes) -> list[bytes]:
    """Return the PEM blocks of a text, each with its final line break if it has one."""
    return [match.group() for match in _BLOCK.finditer(data)]


def decode_bytes(value: JSON) -> bytes:
    """Return the bytes of a base64 text, in either alphabet, padded or not; none for anything else."""
    if not isinstance(value, str) or isinstance(value, Number):
        return b""
    bare = value.replace("\n", "").replace("\r", "").rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return b""


def encode_text(text: str) -> str:
    """Return a text as the message has bytes; half of a surrogate pair is what Go makes of it."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = re.sub("[\ud800-\udfff]", "\ufffd", text).encode()
    return _base64(data)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


TEXT = Form()
BYTES = _Bytes()
JSON_BYTES = _Json()
_SWITCH = _Switch()
_CHOICE = _Choice()
_WHOLE = _Whole()
_TEXTS = _Texts()
_PEM = _Pem()
_BROKEN = _Bundle(always_broken=True)
_JOINED = _Bundle(always_broken=False)
_CHALLENGES = _Names(("http-01", "dns-01", "tls-alpn-01", "device-attest-01"))
_FORMATS = _Names(("apple", "step", "tpm"))


class Row:
    """A field of ca.json (`path`), its place in the message's details, and the form it has there."""

    __slots__ = ("form", "path", "place")

    def __init__(self, path: str, place: str, form: Form) -> None:
        self.path = path
        self.place = tuple(place.split("."))
        self.form = form


def _rows(form: Form, **places: str) -> list[Row]:
    return [Row(path, place, form) for path, place in places.items()]


def _same_name(form: Form, *paths: str) -> list[Row]:
    return [Row(path, path, form) for path in paths]


_CLOUD = [
    *_rows(_SWITCH, disableCustomSANs="disableCustomSans", disableTrustOnFirstUse="disableTrustOnFirstUse")
]

DETAILS: Mapping[ProvisionerType, list[Row]] = {
    types.JWK: [
        *_rows(JSON_BYTES, key="publicKey"),
        *_rows(BYTES, encryptedKey="encryptedPrivateKey"),
    ],
    types.OIDC: [
        *_rows(TEXT, clientID="clientId", tenantID="tenantId"),
        *_same_name(TEXT, "clientSecret", "configurationEndpoint", "listenAddress"),
        *_same_name(_TEXTS, "admins", "domains", "groups", "scopes", "authParams"),
    ],
    types.X5C: _same_name(_BROKEN, "roots"),
    types.K8SSA: _same_name(_BROKEN, "publicKeys"),
    types.ACME: [
        *_rows(_SWITCH, forceCN="forceCn", requireEAB="requireEab"),
        *_same_name(TEXT, "termsOfService", "website"),
        *_same_name(_TEXTS, "caaIdentities"),
        *_same_name(_CHALLENGES, "challenges"),
        *_same_name(_FORMATS, "attestationFormats"),
        *_same_name(_JOINED, "attestationRoots"),
    ],
    types.AWS: [*_same_name(_TEXTS, "accounts"), *_CLOUD, *_same_name(TEXT, "instanceAge")],
    types.GCP: [
        *_rows(_TEXTS, serviceAccounts="serviceAccounts", projectIDs="projectIds"),
        *_rows(TEXT, organizationID="organizationId", instanceAge="instanceAge"),
        *_CLOUD,
        *_rows(_CHOICE, disableSSHCAUser="disableSshCaUser", disableSSHCAHost="disableSshCaHost"),
    ],
    types.AZURE: [
        *_rows(TEXT, tenantID="tenantId", audience="audience"),
        *_rows(_TEXTS, resourceGroups="resourceGroups"),
        *_rows(_TEXTS, subscriptionIDs="subscriptionIds", objectIDs="objectIds"),
        *_CLOUD,
    ],
    types.SSHPOP: [],
    types.SCEP: [
        *_rows(_SWITCH, forceCN="forceCn"),
        *_same_name(TEXT, "challenge"),
        *_same_name(_TEXTS, "capabilities"),
        *_same_name(_SWITCH, "includeRoot", "excludeIntermediate"),
        *_same_name(_WHOLE, "minimumPublicKeyLength", "encryptionAlgorithmIdentifier"),
        *_rows(_PEM, decrypterCertificate="decrypter.certificate", decrypterKeyPEM="decrypter.key"),
        *_rows(TEXT, decrypterKey="decrypter.keyUri"),
        *_rows(BYTES, decrypterKeyPassword="decrypter.keyPassword"),  # a place, not a password
    ],
    types.NEBULA: _same_name(_JOINED, "roots"),
}

# The claims: ours, the object in the message, the durations in it, and the bound.
DURATIONS = tuple(
    (f"claims.{bound}{group}CertDuration", part, durations, bound)
    for group, part, durations in (
        ("TLS", "x509", "durations"),
        ("UserSSH", "ssh", "userDurations"),
        ("HostSSH", "ssh", "hostDurations"),
    )
    for bound in ("min", "max", "default")
)
SWITCHES = ("disableRenewal", "allowRenewalAfterExpiry", "disableSmallstepExtensions")
TEMPLATES = (("x509", "x509Template"), ("ssh", "sshTemplate"))
# What a list of the CA says about a provisioner besides its fields.
PUBLISHED_ONLY = ("state", "stateReason")
