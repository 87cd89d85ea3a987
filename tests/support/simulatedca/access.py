"""Who may do what at a simulated CA: its public endpoints, certificates for admins, and their tokens."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from shell.certs.request import IssuedChain, read_chain
from shell.model.claims import ttl
from shell.model.durations import SECOND, format_duration, parse_duration
from shell.model.provisioner import Provisioner
from tests.support.simulatedca import listing
from tests.support.simulatedca.issuing import is_signed_by, unverified

if TYPE_CHECKING:
    from tests.support.simulatedca.authority import SimulatedCa
    from tests.support.simulatedca.faults import Request

GENERIC_401 = (
    "The request lacked necessary authorization to be completed. Please see the certificate authority logs for "
    "more info."
)
_PREFIX = "adminHandler.authorizeToken; "
_LEEWAY = 60


class Denied(Exception):
    """A request whose sender is not admitted."""

    def __init__(self, message: str, status: int = 401, type: str = "unauthorized") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type


class Access:
    """Looks at tokens for a node, in step-ca's order (certificates: authority/authorize.go)."""

    def __init__(self, ca: SimulatedCa) -> None:
        self._ca = ca
        self.started = ca.now()
        self._leaves: dict[str, tuple[IssuedChain, x509.Certificate, bool]] = {}

    def authorize(self, request: Request) -> None:
        """Raise Denied where the token of an admin request is not good."""
        token = request.headers.get("authorization", "")
        if not token:
            raise Denied("missing authorization header token")
        try:
            header, claims = unverified(token)
        except ValueError:
            raise Denied(
                f"{_PREFIX}error parsing x5c token: invalid character '\\x05' looking for beginning of value"
            ) from None
        chain, leaf = self._leaf(header.get("x5c") or [])
        if "digitalSignature" not in chain.leaf.key_usages:
            raise Denied(f"{_PREFIX}certificate used to sign x5c token cannot be used for digital signature")
        if not is_signed_by(token, leaf.public_key()):
            raise Denied(
                f"{_PREFIX}error parsing x5c claims: go-jose/go-jose: error in cryptographic primitive"
            )
        owner = self._owner(chain)
        if owner is None:
            raise Denied("unable to load provisioner from certificate", 404, "notFound")
        self._use(claims.get("jti", token), _PREFIX + "error with reuse token: token already used")
        self._check_claims(request, claims)
        self._check_admin(request, chain, self._ca.cache.by_id[owner]["name"])

    def _owner(self, chain: IssuedChain) -> str | None:
        """Return the provisioner of a certificate: the one noted when it was issued, else one of its name."""
        noted = self._ca.database.issued.get(chain.leaf.serial, "")
        if noted in self._ca.cache.by_id:
            return noted
        return self._ca.cache.id_of(chain.provisioner.name) if chain.provisioner else None

    def _leaf(self, certificates: list[str]) -> tuple[IssuedChain, x509.Certificate]:
        key = "".join(certificates)
        if key not in self._leaves and certificates:
            pems = [x509.load_der_x509_certificate(base64.b64decode(text)) for text in certificates]
            chain = read_chain([_pem(certificate) for certificate in pems])
            self._leaves[key] = (chain, pems[0], len(pems) > 1 and self._ca.issuer.has_issued(pems[0]))
        chain, leaf, trusted = self._leaves.get(key) or self._unverified()
        reason = ""
        if not trusted:
            reason = "certificate signed by unknown authority"
        elif not chain.leaf.not_before <= self._ca.now() <= chain.leaf.not_after:
            reason = "certificate has expired or is not yet valid"
        elif not _for_clients(leaf):
            reason = "certificate specifies an incompatible key usage"
        if reason:
            self._unverified(reason)
        return chain, leaf

    def _unverified(self, reason: str = "certificate signed by unknown authority") -> Any:
        raise Denied(f"{_PREFIX}error verifying x5c certificate chain in token: x509: {reason}")

    def _use(self, key: str, message: str) -> None:
        if key in self._ca.database.used:
            raise Denied(message)
        self._ca.database.used.add(key)

    def _check_claims(self, request: Request, claims: dict[str, Any]) -> None:
        now = self._ca.now().timestamp()
        prefix = "x5c.authorizeToken; "
        if claims.get("exp", now) < now - _LEEWAY:
            raise Denied(
                f"{prefix}invalid x5c claims: go-jose/go-jose/jwt: validation failed, token is expired (exp)"
            )
        if max(claims.get("nbf", now), claims.get("iat", now)) > now + _LEEWAY:
            raise Denied(
                f"{prefix}invalid x5c claims: go-jose/go-jose/jwt: validation failed, token not valid yet (nbf)"
            )
        if claims.get("aud") != request.path:
            raise Denied(f"{prefix}x5c token has invalid audience claim (aud)")
        if claims.get("iss") != "step-admin-client/1.0":
            raise Denied(f"{prefix}x5c token has invalid issuer claim (iss)")

    def _check_admin(self, request: Request, chain: IssuedChain, provisioner: str) -> None:
        # indexed by the name that the provisioner had when the node loaded
        found = [self._ca.by_subject.get((name, provisioner)) for name in chain.names]
        admin = next((self._ca.database.admins.get(id_) for id_ in found if id_), None)
        if admin is None:
            shown = " ".join([chain.leaf.common_name, *chain.names])
            raise Denied(
                f"{_PREFIX}unable to load admin with subject(s) [{shown}] and provisioner '{provisioner}'"
            )
        writes = request.path.startswith("/admin/admins") and request.method != "GET"
        if writes and admin["type"] != "SUPER_ADMIN":
            raise Denied("must have super admin access to make this request")

    # what needs no admin

    def answer_public(self, request: Request) -> tuple[int, Any]:
        """Return status and body for a public request."""
        match request.method, request.path.removeprefix("/1.0").split("/")[1:]:
            case "GET", ["version"]:
                return 200, {"version": "0.30.2"}
            case "GET", ["health"]:
                return 200, {"status": "ok"}
            case "GET", ["provisioners"]:
                entries = [listing.published(message) for message in self._ca.cache.by_id.values()]
                return 200, listing.page(entries, request.query, "provisioners", lambda entry: entry["name"])
            case "GET", ["provisioners", kid, "encrypted-key"]:
                return self._encrypted_key(kid)
            case "POST", ["sign"]:
                return self._sign(request.json)
            case "POST", ["renew"]:
                return self._renew(request)
            case _:
                return 404, b"404 page not found\n"

    def _encrypted_key(self, kid: str) -> tuple[int, Any]:
        for message in self._ca.cache.by_id.values():
            entry = listing.listed(message)
            if (entry.get("key") or {}).get("kid") == kid and entry.get("encryptedKey"):
                return 200, {"key": entry["encryptedKey"]}
        return 404, {"status": 404, "message": "The requested resource could not be found."}

    def _sign(self, body: dict[str, Any]) -> tuple[int, Any]:
        try:
            header, claims = unverified(body["ott"])
        except (ValueError, KeyError):
            return 401, {"status": 401, "message": GENERIC_401}
        owner = self._ca.cache.id_of(str(claims.get("iss")))
        entry = listing.listed(self._ca.cache.by_id[owner]) if owner else {}
        key = entry.get("key") or {}
        now = self._ca.now().timestamp()
        good = (
            key.get("kid") == header.get("kid")
            and str(claims.get("aud", "")).endswith("/1.0/sign")
            and claims.get("jti") not in self._ca.database.used
            and is_signed_by(body["ott"], key)
            and claims.get("exp", now) >= now - _LEEWAY
            and claims.get("nbf", now) <= now + _LEEWAY
            and bool(claims.get("sub"))
        )
        if not good:
            return 401, {"status": 401, "message": GENERIC_401}
        self._ca.database.used.add(claims["jti"])
        return self._issued(body, entry, claims)

    def _issued(self, body: dict[str, Any], entry: dict[str, Any], claims: dict[str, Any]) -> tuple[int, Any]:
        shortest, usual, longest = ttl(Provisioner(listing.value(entry)), None)
        wanted = parse_duration(body["notAfter"]) if body.get("notAfter") else usual
        forbidden = "The request was forbidden by the certificate authority: requested duration of "
        if wanted > longest:
            why = f"{format_duration(wanted)} is more than the authorized maximum certificate duration of {format_duration(longest)}"
            return 403, {"status": 403, "message": forbidden + why}
        if wanted < shortest:
            why = f"{format_duration(wanted)} is less than the authorized minimum certificate duration of {format_duration(shortest)}"
            return 403, {"status": 403, "message": forbidden + why}
        template = entry.get("options", {}).get("x509", {}).get("template") or ""
        if "fail" in template:
            return 400, {"status": 400, "message": "The request could not be completed: " + template}
        now = self._ca.now()
        chain = self._ca.issuer.issue(
            x509.load_pem_x509_csr(body["csr"].encode()).public_key(),
            sans=claims.get("sans") or [claims["sub"]],
            provisioner=(entry["type"], entry["name"], entry["key"]["kid"]),
            start=now - timedelta(minutes=1),
            end=now + timedelta(seconds=wanted // SECOND),
            signs=not template or "digitalSignature" in template,
            for_clients=not template or "clientAuth" in template,
        )
        return self._noted(chain, entry["name"])

    def _noted(self, chain: list[str], provisioner: str) -> tuple[int, Any]:
        serial = x509.load_pem_x509_certificate(chain[0].encode()).serial_number
        self._ca.database.issued[serial] = self._ca.cache.id_of(provisioner) or ""
        return 201, {"crt": chain[0], "ca": chain[1], "certChain": chain}

    def _renew(self, request: Request) -> tuple[int, Any]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        header, _ = unverified(token)
        try:
            chain, leaf = self._leaf(header.get("x5cInsecure") or [])
        except Denied:
            return 401, {"status": 401, "message": GENERIC_401}
        mark = chain.provisioner
        owner = self._owner(chain)
        if owner is None or mark is None or not is_signed_by(token, leaf.public_key()):
            return 401, {"status": 401, "message": GENERIC_401}
        entry = listing.listed(self._ca.cache.by_id[owner])
        if entry.get("claims", {}).get("disableRenewal"):
            return 401, {"status": 401, "message": GENERIC_401}
        now = self._ca.now()
        renewed = self._ca.issuer.issue(
            leaf.public_key(),
            sans=list(chain.names),
            provisioner=(entry["type"], mark.name, mark.credential_id),
            start=now - timedelta(minutes=1),
            end=now + (chain.leaf.not_after - chain.leaf.not_before),
        )
        return self._noted(renewed, entry["name"])


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()


def _for_clients(leaf: x509.Certificate) -> bool:
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH in purposes
