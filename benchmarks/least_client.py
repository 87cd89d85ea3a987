"""The least that a program in Python can do for so many changes on a CA: the floor under our batches.

    python -I least_client.py URL ROOT_FILE PASSWORD_FILE list
    python -I least_client.py URL ROOT_FILE PASSWORD_FILE add|update|remove FIRST COUNT

One connection, one login with the password, and the requests that cannot be done without: a POST for each
addition; a GET and a PUT for each update, since the API replaces the whole; a GET and a DELETE for each removal,
since nobody could take it back otherwise. Names are those of `configs.name_of`. It checks nothing, reads nothing
back and keeps no journal.

Prints, as JSON, the seconds of each answer by its method: what the server takes, with the way to it.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import secrets
import ssl
import sys
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator

ADMIN = "step"
PROVISIONER = "admin"
LIFETIME = 300
PAGE = 100


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Client:
    """Requests to one CA over one connection; `seconds` has what each took, by method."""

    def __init__(self, url: str, root: str) -> None:
        self.url = url
        self.root = root
        host = urlsplit(url)
        self._connection = http.client.HTTPSConnection(
            str(host.hostname), host.port, context=ssl.create_default_context(cafile=root)
        )
        self.seconds: dict[str, list[float]] = {}

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Any:
        """Send one request and return the JSON of its answer; raises RuntimeError for a refusal."""
        headers = {"authorization": token} if token else {}
        data = None if body is None else _json(body)
        began = time.perf_counter()
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        self.seconds.setdefault(method, []).append(time.perf_counter() - began)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return json.loads(text)

    def provisioners(self) -> Iterator[dict[str, Any]]:
        """Give what the CA publishes, asking for a page when it is needed."""
        cursor = ""
        while True:
            page = self.ask("GET", f"/provisioners?limit={PAGE}&cursor={cursor}")
            yield from page["provisioners"]
            cursor = page["nextCursor"]
            if not cursor:
                return


class Admin:
    """An admin who is logged in."""

    def __init__(self, client: Client, password: bytes) -> None:
        self._client = client
        own = next(one for one in client.provisioners() if one["name"] == PROVISIONER)
        self._key = ec.generate_private_key(ec.SECP256R1())
        chain = self._certified(_opened(own["encryptedKey"], password))
        self._header = {"alg": "ES256", "typ": "JWT", "x5c": chain}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request of an admin."""
        claims = {"aud": path, "iss": "step-admin-client/1.0", "sub": ADMIN}
        return self._client.ask(method, path, body, _token(self._header, claims, self._key))

    def _certified(self, private: dict[str, str]) -> list[str]:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ADMIN)])
        names = x509.SubjectAlternativeName([x509.DNSName(ADMIN)])
        request = x509.CertificateSigningRequestBuilder(name).add_extension(names, critical=False)
        text = request.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        with open(self._client.root, "rb") as file:
            root = x509.load_pem_x509_certificate(file.read())
        claims = {
            "aud": f"{self._client.url}/1.0/sign",
            "iss": PROVISIONER,
            "sub": ADMIN,
            "sans": [ADMIN],
            "sha": root.fingerprint(hashes.SHA256()).hex(),
        }
        number = int.from_bytes(_octets(private["d"]))
        signer = ec.derive_private_key(number, ec.SECP256R1())
        token = _token({"alg": "ES256", "kid": private["kid"], "typ": "JWT"}, claims, signer)
        issued = self._client.ask("POST", "/1.0/sign", {"csr": text, "ott": token})
        chain = [x509.load_pem_x509_certificate(each.encode()) for each in issued["certChain"]]
        return [b64encode(one.public_bytes(serialization.Encoding.DER)).decode() for one in chain]


def _opened(sealed: str, password: bytes) -> dict[str, str]:
    """Return the private key in a JWE as step writes it, PBES2-HS256+A128KW over A256GCM."""
    protected, wrapped, nonce, text, tag = sealed.split(".")
    header = json.loads(_octets(protected))
    salt = header["alg"].encode() + b"\0" + _octets(header["p2s"])
    unwrapping = hashlib.pbkdf2_hmac("sha256", password, salt, header["p2c"], 16)
    content_key = aes_key_unwrap(unwrapping, _octets(wrapped))
    plain = AESGCM(content_key).decrypt(_octets(nonce), _octets(text) + _octets(tag), protected.encode())
    found: dict[str, str] = json.loads(plain)
    return found


def _token(header: dict[str, Any], claims: dict[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    now = int(time.time())
    times = {"jti": secrets.token_hex(32), "iat": now, "nbf": now, "exp": now + LIFETIME}
    signed = f"{_b64(_json(header))}.{_b64(_json({**claims, **times}))}"
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_b64(r.to_bytes(32) + s.to_bytes(32))}"


def change(admin: Admin, kind: str, numbers: range) -> None:
    """Make one change of this kind to the provisioner of each number."""
    for number in numbers:
        name = f"host{number:05d}.example.com"
        path = f"/admin/provisioners/{name}"
        if kind == "add":
            message = {"type": "ACME", "name": name, "details": {"ACME": {}}}
            admin.ask("POST", "/admin/provisioners", message)
            continue
        message = admin.ask("GET", path)
        if kind == "remove":
            admin.ask("DELETE", path)
            continue
        message["claims"] = {"x509": {"enabled": True, "durations": {"max": "97h"}}}
        admin.ask("PUT", path, message)


def main() -> None:
    """Do what the arguments say, and print the seconds of each answer by method."""
    url, root, password_file, kind, *more = sys.argv[1:]
    client = Client(url, root)
    if kind == "list":
        list(client.provisioners())
    else:
        with open(password_file, "rb") as file:
            admin = Admin(client, file.read().rstrip(b"\n"))
        client.seconds.clear()
        first, count = map(int, more)
        change(admin, kind, range(first, first + count))
    print(json.dumps(client.seconds))


if __name__ == "__main__":
    main()
