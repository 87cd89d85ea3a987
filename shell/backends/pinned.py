"""The root certificate of a CA that is known by its fingerprint only."""

from __future__ import annotations

import hashlib
import ssl

from shell.model.values import parse_json

_BEGIN = "-----BEGIN CERTIFICATE-----"
_END = "-----END CERTIFICATE-----"


def first_certificate(pem: str) -> bytes:
    """Return the first certificate of a PEM text, DER; raises ValueError where there is none."""
    begin = pem.find(_BEGIN)
    end = pem.find(_END, begin)
    if begin < 0 or end < 0:
        raise ValueError("no certificate")
    return ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])


def pinned_root(body: bytes, fingerprint: str) -> str:
    """Return the root in a CA's answer to `/root/FINGERPRINT`, PEM; the empty text where it has another fingerprint.

    `fingerprint` is its SHA-256 in lower-case hex. Whatever else came with it, of which that says nothing, is left out.
    """
    try:
        value = parse_json(body.decode())
        root = first_certificate(str(value.get("ca") if isinstance(value, dict) else None))
    except ValueError:
        return ""
    return ssl.DER_cert_to_PEM_cert(root) if hashlib.sha256(root).hexdigest() == fingerprint else ""
