"""The configurations that a real step-ca and our check are both asked about.

A case says where our check must have an error if step-ca does not take the file: the provisioner (or
the empty text for the file) and the field. What step-ca does is not written down; it is asked.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support import certificates, nebula
from tests.support.pki import Pki

Entry = dict[str, Any]
Config = dict[str, Any] | str


class Parts:
    """What cases are made of: keys and certificates in the form of ca.json."""

    def __init__(self, pki: Pki, folder: Path) -> None:
        self.pki = pki
        self.folder = folder

    @cached_property
    def roots(self) -> str:
        """An X.509 root certificate."""
        return packed(self.pki.root.read_bytes())

    @cached_property
    def nebula_roots(self) -> str:
        """The certificate of a Nebula CA."""
        return packed(nebula.version1())

    @cached_property
    def rsa_key(self) -> rsa.RSAPrivateKey:
        """An RSA key."""
        return rsa.generate_private_key(65537, 2048)

    @cached_property
    def rsa_certificate(self) -> str:
        """A certificate of that key."""
        return packed(certificates.certificate(key=self.rsa_key))

    @cached_property
    def rsa_private(self) -> str:
        """That key."""
        return packed(certificates.private_pem(self.rsa_key))

    @cached_property
    def rsa_file(self) -> Path:
        """A file with that key."""
        path = self.folder / "decrypter.key"
        path.write_bytes(certificates.private_pem(self.rsa_key))
        return path

    @cached_property
    def ec_key(self) -> ec.EllipticCurvePrivateKey:
        """An EC key."""
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def jwk(self) -> Entry:
        """A JWK provisioner."""
        return self.pki.jwk("ops")

    def key(self, **members: Any) -> Entry:
        """That provisioner with other members in its key; None takes one out."""
        entry = copy.deepcopy(self.jwk)
        entry["key"] = {
            name: value for name, value in {**entry["key"], **members}.items() if value is not None
        }
        return entry

    def text(self, *provisioners: Entry) -> str:
        """A ca.json as text."""
        return json.dumps(self.pki.config(provisioners))


def packed(data: bytes) -> str:
    """Return bytes as they stand in ca.json."""
    return base64.b64encode(data).decode()


@dataclass(frozen=True, slots=True)
class Case:
    """A configuration: provisioners and further members, or a whole text; and where an error must be."""

    name: str
    provisioners: Callable[[Parts], list[Any]] | None = None
    field: str = ""
    provisioner: str = "ops"
    members: Callable[[Parts], dict[str, Any]] = lambda parts: {}
    text: Callable[[Parts], str] | None = None

    def config(self, parts: Parts) -> Config:
        """Return the ca.json."""
        if self.text:
            return self.text(parts)
        provisioners = self.provisioners(parts) if self.provisioners else []
        return parts.pki.config(provisioners, **self.members(parts))


def one(name: str, field: str = "", **members: Any) -> Case:
    """Return the case of one provisioner called ops; `members` must have its type."""
    return Case(name, lambda parts: [{"name": "ops", **members}], field)


def built(name: str, build: Callable[[Parts], Entry], field: str = "") -> Case:
    """Return the case of one provisioner that is made of parts."""
    return Case(name, lambda parts: [build(parts)], field)


def around(name: str, field: str, **members: Any) -> Case:
    """Return the case of a ca.json without provisioners and with these members."""
    return Case(name, None, field, "", lambda parts: members)


def tls(**claims: Any) -> Entry:
    """Return claims for the lifetimes of X.509 certificates."""
    return {f"{name}TLSCertDuration": value for name, value in claims.items()}


def hook(**members: Any) -> Entry:
    """Return options with one webhook, good but for these members; None takes one out."""
    good = {"name": "guard", "url": "https://hooks.example.com/x", "kind": "ENRICHING", **members}
    return {"webhooks": [{name: value for name, value in good.items() if value is not None}]}


def scep(name: str, field: str, build: Callable[[Parts], Entry]) -> Case:
    """Return the case of a SCEP provisioner that is made of parts."""
    return built(name, lambda parts: {"type": "SCEP", "name": "ops", "challenge": "x", **build(parts)}, field)


def wire(name: str, field: str, build: Callable[[Parts], Entry | None]) -> Case:
    """Return the case of an ACME provisioner with a Wire challenge and these options."""
    return built(
        name,
        lambda parts: {
            "type": "ACME",
            "name": "ops",
            "challenges": ["wire-oidc-01"],
            **({"options": {"wire": built}} if (built := build(parts)) is not None else {}),
        },
        field,
    )


def whole_wire(parts: Parts) -> Entry:
    """Return Wire options that step-ca takes."""
    return {
        "oidc": {"provider": {"issuerUrl": "https://idp.example.com"}, "config": {"clientId": "x"}},
        "dpop": {"key": packed(certificates.public_pem(parts.ec_key)), "target": "https://x/{{.DeviceID}}"},
    }


def but(entry: Entry, path: str, value: Any) -> Entry:
    """Return a copy with the value at a dotted path replaced, or taken out by None."""
    changed = copy.deepcopy(entry)
    *way, last = path.split(".")
    inner = changed
    for name in way:
        inner = inner[name]
    inner[last] = value
    if value is None:
        del inner[last]
    return changed


def stretched(text: str) -> str:
    """Return base64 with a line break in it, which Go passes over."""
    return text[:40] + "\n" + text[40:]


def shorter(text: str) -> str:
    """Return base64 without its last character."""
    return text[:-1]


OIDC = {"type": "OIDC", "clientID": "client", "configurationEndpoint": "https://127.0.0.1:1"}

CASES = [
    # names and types
    one("acme", type="ACME"),
    one("acme in other case", type="acme"),
    one("no type"),
    one("unknown type with a bad field", type="Magic", roots=5),
    one("type is a number", "type", type=5),
    Case("null entry", lambda parts: [None, {"type": "ACME", "name": "ops"}]),
    Case("entry is a text", lambda parts: ["x"], "", ""),
    Case("entry is a list", lambda parts: [[]], "", ""),
    Case("no name", lambda parts: [{"type": "ACME"}], "name", ""),
    Case("name is null", lambda parts: [{"type": "ACME", "name": None}], "name", ""),
    Case("name is a number", lambda parts: [{"type": "ACME", "name": 7}], "name", ""),
    Case(
        "two of one name and type",
        lambda parts: [{"type": "ACME", "name": "ops"}, {"type": "ACME", "name": "ops"}],
        "name",
    ),
    Case(
        "two of one name",
        lambda parts: [{"type": "ACME", "name": "ops"}, {"type": "SSHPOP", "name": "ops"}],
        "name",
    ),
    Case(
        "names that differ in case",
        lambda parts: [{"type": "ACME", "name": "ops"}, {"type": "SSHPOP", "name": "Ops"}],
    ),
    Case(
        "two of one client",
        lambda parts: [
            {"type": "OIDC", "name": "first", "clientID": "c"},
            {"type": "OIDC", "name": "ops", "clientID": "c"},
        ],
        "clientID",
    ),
    Case(
        "two of one tenant",
        lambda parts: [
            {"type": "Azure", "name": "first", "tenantID": "t"},
            {"type": "Azure", "name": "ops", "tenantID": "t"},
        ],
        "tenantID",
    ),
    Case(
        "client that is called as an ACME identifier",
        lambda parts: [{"type": "ACME", "name": "a"}, {**OIDC, "name": "ops", "clientID": "acme/a"}],
        "clientID",
    ),
    Case(
        "two for Kubernetes",
        lambda parts: [
            {"type": "K8sSA", "name": "first", "publicKeys": "AAAA"},
            {"type": "K8sSA", "name": "ops", "publicKeys": "AAAA"},
        ],
        "type",
    ),
    Case("one key under two names", lambda parts: [parts.jwk, {**parts.jwk, "name": "again"}]),
    # claims
    one("claims that are empty", type="ACME", claims={}),
    one("claims that are a list", "claims", type="ACME", claims=[]),
    one("longest below the usual of the CA", "claims.maxTLSCertDuration", type="ACME", claims=tls(max="1h")),
    one(
        "shortest above the usual of the CA", "claims.minTLSCertDuration", type="ACME", claims=tls(min="48h")
    ),
    one("longest and usual", type="ACME", claims=tls(max="1h", default="1h")),
    one("usual above the longest of the CA", type="ACME", claims=tls(default="72h")),
    one("usual below the shortest of the CA", type="ACME", claims=tls(default="1m")),
    one(
        "longest below shortest",
        "claims.maxTLSCertDuration",
        type="ACME",
        claims=tls(min="2h", max="1h", default="1h"),
    ),
    one(
        "usual below shortest",
        "claims.defaultTLSCertDuration",
        type="ACME",
        claims=tls(min="2h", default="1h"),
    ),
    one(
        "usual above longest",
        "claims.maxTLSCertDuration",
        type="ACME",
        claims=tls(max="2h", default="3h"),
    ),
    one("shortest is zero", "claims.minTLSCertDuration", type="ACME", claims=tls(min="0s")),
    one("longest is negative", "claims.maxTLSCertDuration", type="ACME", claims=tls(max="-1h")),
    one("usual is zero", "claims.defaultTLSCertDuration", type="ACME", claims=tls(default="0")),
    one("days", "claims.maxTLSCertDuration", type="ACME", claims=tls(max="30d")),
    one("a duration without unit", "claims.maxTLSCertDuration", type="ACME", claims=tls(max="90")),
    one("a duration that is a number", "claims.maxTLSCertDuration", type="ACME", claims=tls(max=90)),
    one("a duration that is null", type="ACME", claims=tls(max=None)),
    one("a duration with fractions", type="ACME", claims=tls(max="36.5h", default=".5h")),
    one("a duration that is too long", "claims.maxTLSCertDuration", type="ACME", claims=tls(max="2562048h")),
    one("SSH lifetimes that contradict", type="ACME", claims={"minUserSSHCertDuration": "99h"}),
    one("a switch that is a text", "claims.enableSSHCA", type="ACME", claims={"enableSSHCA": "true"}),
    Case(
        "longest above that of the CA is allowed by the CA",
        lambda parts: [{"type": "ACME", "name": "ops", "claims": tls(min="50h")}],
        members=lambda parts: {"authority": {"claims": tls(max="90h", default="60h")}},
    ),
    # JWK
    built("jwk", lambda parts: parts.jwk),
    built("jwk without key", lambda parts: but(parts.jwk, "key", None), "key"),
    built("jwk with null for a key", lambda parts: {**parts.jwk, "key": None}, "key"),
    built("jwk with an empty key", lambda parts: {**parts.jwk, "key": {}}, "key"),
    built("jwk with a text for a key", lambda parts: {**parts.jwk, "key": "x"}, "key"),
    built("key without kty", lambda parts: parts.key(kty=None), "key"),
    built("key of an unknown kty", lambda parts: parts.key(kty="XX"), "key"),
    built("key without y", lambda parts: parts.key(y=None), "key"),
    built("key with a short x", lambda parts: parts.key(x="AAAA"), "key"),
    built("key that is no point", lambda parts: parts.key(x=parts.jwk["key"]["y"]), "key"),
    built("key with bad base64", lambda parts: parts.key(x="+" * 43), "key"),
    built("key with padding", lambda parts: parts.key(x=parts.jwk["key"]["x"] + "=")),
    built("key of an unknown curve", lambda parts: parts.key(crv="P-224"), "key"),
    built("key with a number for kid", lambda parts: parts.key(kid=7), "key"),
    built("key without kid", lambda parts: parts.key(kid=None)),
    built("key with a private part of the wrong length", lambda parts: parts.key(d="AAAA"), "key"),
    built("key with a private part", lambda parts: parts.key(d=parts.jwk["key"]["x"])),
    built("key with further members", lambda parts: parts.key(note=[1])),
    built("symmetric key", lambda parts: {**parts.jwk, "key": {"kty": "oct", "k": "AAAA", "kid": "k"}}),
    built("Ed25519 key", lambda parts: {**parts.jwk, "key": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}}),
    built(
        "Ed448 key", lambda parts: {**parts.jwk, "key": {"kty": "OKP", "crv": "Ed448", "x": "AAAA"}}, "key"
    ),
    built("RSA key without e", lambda parts: {**parts.jwk, "key": {"kty": "RSA", "n": "AAAA"}}, "key"),
    built("encrypted key that is a number", lambda parts: {**parts.jwk, "encryptedKey": 5}, "encryptedKey"),
    built("encrypted key that is none", lambda parts: {**parts.jwk, "encryptedKey": "x"}),
    # X5C, K8sSA, Nebula
    built("x5c", lambda parts: {"type": "X5C", "name": "ops", "roots": parts.roots}),
    built(
        "base64 with a line break",
        lambda parts: {"type": "X5C", "name": "ops", "roots": stretched(parts.roots)},
    ),
    built(
        "roots as numbers",
        lambda parts: {"type": "X5C", "name": "ops", "roots": list(parts.pki.root.read_bytes())},
    ),
    built(
        "base64 without its end",
        lambda parts: {"type": "X5C", "name": "ops", "roots": shorter(parts.roots)},
        "roots",
    ),
    one("x5c without roots", "roots", type="X5C"),
    one("x5c with empty roots", "roots", type="X5C", roots=""),
    one("x5c with other bytes", "roots", type="X5C", roots="AAAA"),
    one("x5c with PEM that is not packed", "roots", type="X5C", roots="-----BEGIN CERTIFICATE-----"),
    built(
        "x5c with a key for a root",
        lambda parts: {"type": "X5C", "name": "ops", "roots": packed(certificates.public_pem(parts.ec_key))},
        "roots",
    ),
    built(
        "Kubernetes",
        lambda parts: {
            "type": "K8sSA",
            "name": "ops",
            "publicKeys": packed(certificates.public_pem(parts.ec_key)),
        },
    ),
    one("Kubernetes without keys", "publicKeys", type="K8sSA"),
    one("Kubernetes with empty keys", type="K8sSA", publicKeys=""),
    one("Kubernetes with other bytes", type="K8sSA", publicKeys="AAAA"),
    built(
        "Kubernetes with a private key",
        lambda parts: {"type": "K8sSA", "name": "ops", "publicKeys": parts.rsa_private},
        "publicKeys",
    ),
    built("Nebula", lambda parts: {"type": "Nebula", "name": "ops", "roots": parts.nebula_roots}),
    built(
        "Nebula with an X.509 root",
        lambda parts: {"type": "Nebula", "name": "ops", "roots": parts.roots},
        "roots",
    ),
    one("Nebula without roots", "roots", type="Nebula"),
    # OIDC and the clouds; what needs the network cannot be accepted here
    one("OIDC without client", "clientID", type="OIDC", configurationEndpoint="https://x"),
    one("OIDC without endpoint", "configurationEndpoint", type="OIDC", clientID="c"),
    one(
        "OIDC without a scheme",
        "configurationEndpoint",
        type="OIDC",
        clientID="c",
        configurationEndpoint="idp",
    ),
    one(
        "OIDC with a bad port",
        "configurationEndpoint",
        type="OIDC",
        clientID="c",
        configurationEndpoint="https://x:y",
    ),
    one("OIDC with a bad listening address", "listenAddress", **{**OIDC, "listenAddress": "10000"}),
    one("OIDC with a text for a list", "domains", **{**OIDC, "domains": "example.com"}),
    one("AWS", type="AWS"),
    one("AWS with an unknown version", "imdsVersions", type="AWS", imdsVersions=["v3"]),
    one("AWS with a negative age", "instanceAge", type="AWS", instanceAge="-1h"),
    one("AWS with null for an age", "instanceAge", type="AWS", instanceAge=None),
    one("AWS with roots that are not there", "iidRoots", type="AWS", iidRoots="/nonexistent/roots.pem"),
    built(
        "AWS with roots of a file",
        lambda parts: {"type": "AWS", "name": "ops", "iidRoots": str(parts.pki.root)},
    ),
    built(
        "AWS with a file without certificates",
        lambda parts: {"type": "AWS", "name": "ops", "iidRoots": str(parts.pki.key)},
        "iidRoots",
    ),
    one("AWS with numbers for accounts", "accounts", type="AWS", accounts=[5]),
    one("GCP with both", "organizationID", type="GCP", projectIDs=["p"], organizationID="1"),
    one("GCP with a negative age", "instanceAge", type="GCP", instanceAge="-1s"),
    one("Azure without tenant", "tenantID", type="Azure"),
    # ACME
    one("challenges in other case", type="ACME", challenges=["HTTP-01", "Dns-01"]),
    one("unknown challenge", "challenges", type="ACME", challenges=["http-02"]),
    one("null for a challenge", "challenges", type="ACME", challenges=[None]),
    one("unknown format", "attestationFormats", type="ACME", attestationFormats=["fido"]),
    one("attestation roots that are none", "attestationRoots", type="ACME", attestationRoots="AAAA"),
    one("attestation roots that are empty", type="ACME", attestationRoots=""),
    built(
        "attestation roots", lambda parts: {"type": "ACME", "name": "ops", "attestationRoots": parts.roots}
    ),
    one("text for a switch", "requireEAB", type="ACME", requireEAB="yes"),
    wire("Wire", "", whole_wire),
    wire("Wire without options", "options.wire.oidc", lambda parts: None),
    wire("Wire without DPoP", "options.wire.dpop", lambda parts: but(whole_wire(parts), "dpop", None)),
    wire(
        "Wire without issuer",
        "options.wire.oidc.provider.issuerUrl",
        lambda parts: but(whole_wire(parts), "oidc.provider.issuerUrl", None),
    ),
    wire(
        "Wire with a broken template",
        "options.wire.dpop.target",
        lambda parts: but(whole_wire(parts), "dpop.target", "{{.DeviceID"),
    ),
    wire(
        "Wire with a key that is none",
        "options.wire.dpop.key",
        lambda parts: but(whole_wire(parts), "dpop.key", "AAAA"),
    ),
    wire(
        "Wire with a private key",
        "",
        lambda parts: but(whole_wire(parts), "dpop.key", packed(certificates.private_pem(parts.ec_key))),
    ),
    wire(
        "Wire with a certificate",
        "",
        lambda parts: but(whole_wire(parts), "dpop.key", parts.roots),
    ),
    wire(
        "Wire with two keys",
        "options.wire.dpop.key",
        lambda parts: but(whole_wire(parts), "dpop.key", packed(certificates.public_pem(parts.ec_key) * 2)),
    ),
    one("Wire in upper case", type="ACME", challenges=["WIRE-OIDC-01"]),
    # SCEP
    one("SCEP", type="SCEP", challenge="x"),
    one("SCEP with an uneven length", "minimumPublicKeyLength", type="SCEP", minimumPublicKeyLength=2047),
    one("SCEP with a negative length", type="SCEP", minimumPublicKeyLength=-8),
    one("SCEP with a fraction", "minimumPublicKeyLength", type="SCEP", minimumPublicKeyLength=2048.0),
    one(
        "SCEP with an unknown cipher",
        "encryptionAlgorithmIdentifier",
        type="SCEP",
        encryptionAlgorithmIdentifier=5,
    ),
    scep(
        "SCEP with a decrypter",
        "",
        lambda parts: {"decrypterCertificate": parts.rsa_certificate, "decrypterKeyPEM": parts.rsa_private},
    ),
    scep(
        "SCEP without the decrypter's certificate",
        "decrypterCertificate",
        lambda parts: {"decrypterKeyPEM": parts.rsa_private},
    ),
    scep(
        "SCEP with the certificate of another",
        "decrypterKeyPEM",
        lambda parts: {"decrypterCertificate": parts.roots, "decrypterKeyPEM": parts.rsa_private},
    ),
    scep(
        "SCEP with an EC decrypter",
        "decrypterKeyPEM",
        lambda parts: {
            "decrypterCertificate": packed(certificates.certificate(key=parts.ec_key)),
            "decrypterKeyPEM": packed(certificates.private_pem(parts.ec_key)),
        },
    ),
    scep(
        "SCEP with two certificates",
        "decrypterCertificate",
        lambda parts: {"decrypterCertificate": packed(parts.pki.root.read_bytes() * 2)},
    ),
    scep("SCEP with an unknown key manager", "decrypterKey", lambda parts: {"decrypterKey": "magic:x"}),
    scep("SCEP with a path for a key manager", "decrypterKey", lambda parts: {"decrypterKey": "/etc/key"}),
    scep(
        "SCEP with a key manager that cannot decrypt",
        "decrypterKey",
        lambda parts: {"decrypterKey": "azurekms:x", "decrypterCertificate": parts.rsa_certificate},
    ),
    scep(
        "SCEP with a key file that is not there",
        "decrypterKey",
        lambda parts: {
            "decrypterKey": "softkms:path=/nonexistent/key",
            "decrypterCertificate": parts.rsa_certificate,
        },
    ),
    scep(
        "SCEP with a key file",
        "decrypterKeyPEM",
        lambda parts: {
            "decrypterKey": f"softkms:path={parts.rsa_file}",
            "decrypterCertificate": parts.rsa_certificate,
        },
    ),
    one("SCEP with null for a webhook", "options.webhooks.0", type="SCEP", options={"webhooks": [None]}),
    # SSHPOP, options, webhooks
    one("SSHPOP with options", type="SSHPOP", options="x"),
    one("options that are a list", "options", type="ACME", options=[]),
    one(
        "template that is an object", "options.x509.template", type="ACME", options={"x509": {"template": {}}}
    ),
    one("variables that are a text", type="ACME", options={"x509": {"templateData": "x"}}),
    one("webhook", type="ACME", options=hook()),
    one("webhook that is null", type="ACME", options={"webhooks": [None]}),
    one("webhook without name", "options.webhooks.0.name", type="ACME", options=hook(name="")),
    one("webhook without address", "options.webhooks.0.url", type="ACME", options=hook(url=None)),
    one("webhook on http", "options.webhooks.0.url", type="ACME", options=hook(url="http://x")),
    one("webhook with a user", "options.webhooks.0.url", type="ACME", options=hook(url="https://u:p@x")),
    one(
        "webhook with a bad escape", "options.webhooks.0.url", type="ACME", options=hook(url="https://x/%zz")
    ),
    one("webhook with a template for a path", type="ACME", options=hook(url="https://x/{{ .Token.sub }}")),
    one(
        "webhook with a template for a host",
        "options.webhooks.0.url",
        type="ACME",
        options=hook(url="https://{{ .x }}/"),
    ),
    one("webhook without kind", "options.webhooks.0.kind", type="ACME", options=hook(kind=None)),
    one("webhook of an unknown kind", "options.webhooks.0.kind", type="ACME", options=hook(kind="LOGGING")),
    one("webhook of a kind in lower case", type="ACME", options=hook(kind="enriching")),
    one("webhook with a secret", type="ACME", options=hook(secret={})),
    one("webhook with an unknown kind of certificate", type="ACME", options=hook(certType="x509")),
    # around the provisioners
    around("root is empty", "root", root=""),
    around("root is a number", "root", root=7),
    around("root is an empty list", "root", root=[]),
    around("root is not there", "root", root="/nonexistent/root.crt"),
    around("intermediate is not named", "crt", crt=""),
    around("key is not named", "key", key=""),
    around("address is empty", "address", address=""),
    around("address without port", "address", address="127.0.0.1"),
    around("address with a name for a port", "address", address="127.0.0.1:https"),
    around("names are an empty list", "dnsNames", dnsNames=[]),
    around("names are null", "", dnsNames=None),
    around("names are a text", "dnsNames", dnsNames="ca.example.com"),
    around("TLS versions swapped", "tls.minVersion", tls={"minVersion": 1.3, "maxVersion": 1.2}),
    around("TLS version above the usual", "tls.minVersion", tls={"minVersion": 1.4}),
    around("TLS version as a text", "tls.minVersion", tls={"minVersion": "1.2"}),
    around("negative backdate", "authority.backdate", authority={"backdate": "-1m"}),
    around("remote management without a database", "authority.enableAdmin", authority={"enableAdmin": True}),
    around("longest of the CA", "authority.claims.maxTLSCertDuration", authority={"claims": tls(max="1h")}),
    around("switch of the CA", "authority.claims.enableSSHCA", authority={"claims": {"enableSSHCA": 1}}),
    around("unknown database", "db.type", db={"type": "sqlite", "dataSource": "x"}),
    around("unknown key manager", "kms.type", kms={"type": "magic"}),
    around("unknown kind of authority", "authority.type", authority={"type": "magic"}),
    around("unknown log format", "logger.format", logger={"format": "xml"}),
    around("text for a logger", "logger", logger="text"),
    around(
        "revocation list with a negative time",
        "crl.cacheDuration",
        crl={"enabled": True, "cacheDuration": "-1s"},
    ),
    around(
        "revocation list renewed too late",
        "crl.renewPeriod",
        crl={"cacheDuration": "1h", "renewPeriod": "2h"},
    ),
    around("metrics without a port", "metricsAddress", metricsAddress="localhost"),
    around("reserved template variable", "templates.data.Step", templates={"data": {"Step": 1}}),
    around("SSH key of no kind", "ssh.keys.0.type", ssh={"keys": [{"type": "x"}]}),
    around("name that cannot stand in a certificate", "dnsNames", dnsNames=["é.example"]),
    around("SSH key without a key", "ssh.keys.0.key", ssh={"keys": [{"type": "host"}]}),
    around("address of a key manager without its kind", "kms.uri", kms={"uri": "x"}),
    around("empty name of a federated root", "federatedRoots", federatedRoots=[""]),
    around("null for an SSH key", "ssh.keys.0", ssh={"keys": [None]}),
    around("list for monitoring", "monitoring", monitoring=[]),
    around("policy", "", authority={"policy": {"x509": {"allow": {"dns": ["*.example.com"]}}}}),
    around(
        "policy with a wildcard inside",
        "authority.policy.x509.allow.dns",
        authority={"policy": {"x509": {"allow": {"dns": ["a.*.example.com"]}}}},
    ),
    around(
        "policy with a bad address",
        "authority.policy.x509.deny.ip",
        authority={"policy": {"x509": {"deny": {"ip": ["10.0.0"]}}}},
    ),
    around(
        "policy with a scheme",
        "authority.policy.x509.allow.uri",
        authority={"policy": {"x509": {"allow": {"uri": ["https://x"]}}}},
    ),
    around(
        "policy with two at signs",
        "authority.policy.ssh.user.allow.email",
        authority={"policy": {"ssh": {"user": {"allow": {"email": ["a@b@c"]}}}}},
    ),
    around(
        "policy with a wildcard for a name",
        "authority.policy.x509.allow.cn",
        authority={"policy": {"x509": {"allow": {"cn": ["*"]}}}},
    ),
    around("policy that is a list", "authority.policy", authority={"policy": []}),
    Case("authority that is a text", text=lambda parts: '{"root": "r", "authority": "x"}', provisioner=""),
    # the text
    Case("byte order mark", text=lambda parts: "\ufeff" + parts.text(), provisioner=""),
    Case("text after the document", text=lambda parts: parts.text() + "\nand more", provisioner=""),
    Case("comma before the end", text=lambda parts: parts.text()[:-1] + ",}", provisioner=""),
    Case(
        "a member of a key twice",
        text=lambda parts: parts.text(parts.jwk).replace('"kty"', '"kty": "EC", "kty"'),
        field="key",
    ),
    Case(
        "members in other case",
        text=lambda parts: parts.text({"TYPE": "ACME", "Name": "ops", "CLAIMS": {}}),
    ),
    Case(
        "a repeated member of the wrong kind",
        text=lambda parts: parts.text({"type": "ACME", "name": "ops"}).replace(
            '"name"', '"forceCN": 1, "name"'
        ),
        field="forceCN",
    ),
]
