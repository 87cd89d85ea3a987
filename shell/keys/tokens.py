"""Tokens that a CA takes: the one-time token of a login, and the token of each admin request.

Their form is that of step v0.30.6 (certificates: ca/client.go, ca/adminClient.go; cli: token/*.go). The
caller says what time it is; nothing here looks at a clock, and no `repr` holds a key.
"""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING

from jwcrypto import jwk, jws

from shell.keys.jwk import from_key, guessed_algorithm, thumbprint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from shell.certs.pemkeys import PrivateKey

LIFETIME = 300
"""How long a token holds, in seconds; step's own."""
_ADMIN_ISSUER = "step-admin-client/1.0"
_RENEW_ISSUER = "step-ca-client/1.0"
_WEBHOOK_SECRET_BYTES = 64


def one_time_token(
    private: Mapping[str, Any],
    *,
    issuer: str,
    subject: str,
    sans: Sequence[str],
    audience: str,
    root_sha256: str,
    now: int,
) -> str:
    """Return the token with which a holder of a JWK provisioner's key asks for a certificate.

    `private` is the provisioner's private JWK, `issuer` its name, `audience` the URL of `/1.0/sign`,
    `root_sha256` the fingerprint of the root in hex, and `now` a Unix time in seconds.
    """
    algorithm = private.get("alg") or guessed_algorithm(private)
    header = _json({"alg": algorithm, "kid": private["kid"], "typ": "JWT"})
    claims = {
        "aud": audience,
        "iss": issuer,
        "sub": subject,
        "sans": list(sans),
        "sha": root_sha256,
        **_times(now),
    }
    return _signed(algorithm, header, claims, jwk.JWK(**private))


class AdminSigner:
    """Signs the token of each admin request with the key of an admin's certificate.

    `chain` is the certificate and those that lead to the root, DER, without the root.
    """

    __slots__ = ("_algorithm", "_header", "_key", "_renew_header", "_subject")

    def __init__(self, key: PrivateKey, chain: Sequence[bytes], subject: str) -> None:
        members = from_key(key)
        self._key = jwk.JWK(**members)
        self._algorithm = members["alg"]
        self._subject = subject
        common = {"alg": members["alg"], "kid": thumbprint(members), "typ": "JWT"}
        certificates = [base64.b64encode(der).decode("ascii") for der in chain]
        self._header = _json({**common, "x5c": certificates})
        self._renew_header = _json({**common, "x5cInsecure": certificates})

    def token(self, path: str, now: int, id: str = "") -> str:
        """Return the token of one request; `path` is that of its URL, decoded and without a query.

        step-ca takes the bare path as audience whatever name it was reached by (authority/authorize.go,
        AuthorizeAdminToken), also where the full URL does not match. `id` is what the CA takes once, without one
        a new one: it looks at `jti`, for an admin of an OIDC provisioner at `nonce` (GetTokenID of each type).
        """
        times = _times(now)
        mark = id or times["jti"]
        claims = {
            "aud": path,
            "iss": _ADMIN_ISSUER,
            "sub": self._subject,
            **times,
            "jti": mark,
            "nonce": mark,
        }
        return _signed(self._algorithm, self._header, claims, self._key)

    def renew_token(self, audience: str, now: int) -> str:
        """Return the token with which the certificate renews itself; `audience` is the URL of `/1.0/renew`."""
        claims = {"aud": audience, "iss": _RENEW_ISSUER, "sub": self._subject, **_times(now)}
        return _signed(self._algorithm, self._renew_header, claims, self._key)


def new_token_id() -> str:
    """Return what tells a token from every other one; it is of no use to whoever finds it."""
    return secrets.token_hex(32)


def new_webhook_secret() -> str:
    """Return a secret for a webhook as step-ca makes it: 64 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(_WEBHOOK_SECRET_BYTES)).decode("ascii")


def _times(now: int) -> dict[str, Any]:
    return {"jti": new_token_id(), "iat": now, "nbf": now, "exp": now + LIFETIME}


def _json(header: Mapping[str, Any]) -> str:
    return json.dumps(header, separators=(",", ":"))


def _signed(algorithm: str, header: str, claims: Mapping[str, Any], key: jwk.JWK) -> str:
    """Return a token in its compact form; `header` is JSON and names the algorithm.

    By the core of JWS: what goes around it copies a registry of headers for each of a thousand tokens, to check
    headers that others have made.
    """
    payload = json.dumps(dict(claims), separators=(",", ":"), ensure_ascii=False).encode()
    parts = jws.JWSCore(algorithm, key, header, payload).sign()
    return ".".join((parts["protected"], parts["payload"].decode("ascii"), parts["signature"]))
