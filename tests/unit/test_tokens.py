"""The tokens that a CA takes, and the requests for certificates that go with them."""

from __future__ import annotations

import base64
import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from shell.certs.request import general_name, new_key, read_chain, signing_request
from shell.errors import ShellError
from shell.keys.jwk import create_key, from_key, thumbprint
from shell.keys.tokens import AdminSigner, new_webhook_secret, one_time_token
from tests.support.certificates import certificate
from tests.support.pki import Pki
from tests.support.simulatedca.issuing import Issuer, is_signed_by, unverified


@pytest.mark.parametrize(
    ("kty", "curve"), [("EC", "P-256"), ("EC", "P-384"), ("EC", "P-521"), ("RSA", ""), ("OKP", "")]
)
def test_the_token_of_a_login(kty: str, curve: str) -> None:
    """It has the claims of step's, is signed with the provisioner's key, and no two are the same."""
    private, public = create_key(kty, curve)
    wanted = {
        "issuer": "Admin JWK",
        "subject": "step",
        "sans": ["step"],
        "audience": "https://ca:9000/1.0/sign",
        "root_sha256": "0f",
        "now": 1795502312,
    }
    token, other = (one_time_token(private, **wanted) for _ in range(2))  # type: ignore[arg-type]
    header, claims = unverified(token)
    assert header == {"alg": private["alg"], "kid": private["kid"], "typ": "JWT"}
    identifier = claims.pop("jti")
    assert len(bytes.fromhex(identifier)) == 32
    assert identifier != unverified(other)[1]["jti"]
    assert claims == {
        "aud": "https://ca:9000/1.0/sign",
        "exp": 1795502612,
        "iat": 1795502312,
        "iss": "Admin JWK",
        "nbf": 1795502312,
        "sans": ["step"],
        "sha": "0f",
        "sub": "step",
    }
    assert is_signed_by(token, public)


def test_the_token_of_an_admin_request() -> None:
    """It has the chain in its header, the bare path as audience, and the signature of the admin's key."""
    key = new_key()
    signer = AdminSigner(key, [b"leaf", b"intermediate"], "step")
    token = signer.token("/admin/provisioners/a b/é", 100)
    header, claims = unverified(token)
    assert claims["jti"] == claims.pop("nonce") != unverified(signer.token("/", 100))[1]["jti"]
    _, named = unverified(signer.token("/", 100, "an id"))
    assert named["jti"] == named["nonce"] == "an id"
    assert header == {
        "alg": "ES256",
        "kid": thumbprint(from_key(key)),
        "typ": "JWT",
        "x5c": [base64.b64encode(der).decode() for der in (b"leaf", b"intermediate")],
    }
    del claims["jti"]
    assert claims == {
        "aud": "/admin/provisioners/a b/é",
        "iss": "step-admin-client/1.0",
        "sub": "step",
        "iat": 100,
        "nbf": 100,
        "exp": 400,
    }
    assert is_signed_by(token, key.public_key())
    assert not is_signed_by(token, new_key().public_key())
    assert "leaf" not in repr(signer)


def test_the_token_of_a_renewal() -> None:
    """The chain stands under another name there."""
    header, claims = unverified(
        AdminSigner(new_key(), [b"leaf"], "step").renew_token("https://ca/1.0/renew", 1)
    )
    assert header["x5cInsecure"] == ["bGVhZg=="]
    assert (claims["aud"], claims["iss"]) == ("https://ca/1.0/renew", "step-ca-client/1.0")


def test_a_secret_for_a_webhook() -> None:
    """As many random bytes as the CA would take."""
    one, other = new_webhook_secret(), new_webhook_secret()
    assert len(base64.b64decode(one, validate=True)) == 64
    assert one != other


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("step", x509.DNSName("step")),
        ("me@example.com", x509.RFC822Name("me@example.com")),
        ("10.0.0.1", x509.IPAddress(ipaddress.ip_address("10.0.0.1"))),
        ("::1", x509.IPAddress(ipaddress.ip_address("::1"))),
        ("https://a.example/x", x509.UniformResourceIdentifier("https://a.example/x")),
        ("https://me@a.example/x", x509.UniformResourceIdentifier("https://me@a.example/x")),
        ("urn:uuid:1", x509.UniformResourceIdentifier("urn:uuid:1")),
        ("spiffe://a/b", x509.UniformResourceIdentifier("spiffe://a/b")),
    ],
)
def test_what_kind_of_name_a_subject_is(text: str, name: x509.GeneralName) -> None:
    """An address with an @, an IP address, a URI; everything else is a DNS name."""
    assert general_name(text) == name


def test_a_subject_that_no_certificate_can_hold() -> None:
    """It is said what to write instead."""
    with pytest.raises(ShellError) as error:
        signing_request(new_key(), "é", ["é"])
    assert error.value.code == "bad-subject"


def test_a_signing_request() -> None:
    """It has the subject, the names, and a good signature."""
    csr = x509.load_pem_x509_csr(signing_request(new_key(), "step", ["step", "me@x.com"]).encode())
    assert csr.is_signature_valid
    assert csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "step"
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.DNSName("step"), x509.RFC822Name("me@x.com")]
    bare = x509.load_pem_x509_csr(signing_request(new_key(), "step", []).encode())
    assert not list(bare.extensions)


def test_what_an_issued_chain_says(pki: Pki) -> None:
    """Leaf and intermediate in order, the names an admin is looked for by, and the provisioner."""
    now = datetime.datetime.now(datetime.UTC)
    issued = Issuer(pki).issue(
        new_key().public_key(),
        sans=["step", "me@x.com", "other"],
        provisioner=("JWK", "Admin é", "kid"),
        start=now,
        end=now,
    )
    chain = read_chain(["".join(issued)])
    assert chain == read_chain(issued)
    assert len(chain.der) == 2
    assert chain.names == ("step", "other", "me@x.com")
    assert chain.provisioner is not None
    assert (chain.provisioner.type, chain.provisioner.name, chain.provisioner.credential_id) == (
        1,
        "Admin é",
        "kid",
    )
    assert read_chain([certificate("root").decode()]).provisioner is None


def test_what_is_no_chain() -> None:
    """Nothing, text without a certificate, and a certificate that is none."""
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for pems in ([], ["text"], [broken]):
        with pytest.raises(ValueError, match=r"."):
            read_chain(pems)
