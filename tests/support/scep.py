"""A small SCEP client (RFC 8894): what a device does to get a certificate, over messages made by hand."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import pkcs7

from shell.certs.wire import der
from tests.support.certificates import DER, certificate, subject_of

SEQUENCE, SET, OCTETS, INTEGER, OID, PRINTABLE, EXPLICIT = 0x30, 0x31, 0x04, 0x02, 0x06, 0x13, 0xA0
REQUEST = b"19"
SUCCESS, FAILURE = b"0", b"2"


def oid(text: str) -> bytes:
    """Return an object identifier in DER."""
    first, second, *others = map(int, text.split("."))
    content = bytes([first * 40 + second])
    for number in others:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return der(OID, content)


DATA, SIGNED = oid("1.2.840.113549.1.7.1"), oid("1.2.840.113549.1.7.2")
CONTENT_TYPE, DIGEST = oid("1.2.840.113549.1.9.3"), oid("1.2.840.113549.1.9.4")
MESSAGE_TYPE, STATUS, NONCE, TRANSACTION = (oid(f"2.16.840.1.113733.1.9.{last}") for last in (2, 3, 5, 7))
SHA256 = der(SEQUENCE, oid("2.16.840.1.101.3.4.2.1") + b"\x05\x00")
RSA = der(SEQUENCE, oid("1.2.840.113549.1.1.1") + b"\x05\x00")


class Device:
    """A device with a key, which asks for a certificate by this name with a challenge."""

    def __init__(self, name: str, challenge: str) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        pem = certificate(name, key=self.key, ca=None, signs=None)
        self._certificate = x509.load_pem_x509_certificate(pem)
        self._request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(subject_of(name))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, challenge.encode())
            .sign(self.key, hashes.SHA256())
        )

    def request(self, recipient: x509.Certificate) -> bytes:
        """Return the message that asks: encrypted for the recipient, signed by the device's own certificate."""
        enveloped = (
            pkcs7.PKCS7EnvelopeBuilder()
            .set_data(self._request.public_bytes(DER))
            .add_recipient(recipient)
            .set_content_encryption_algorithm(algorithms.AES256)
            .encrypt(DER, [pkcs7.PKCS7Options.Binary])
        )
        content = der(SEQUENCE, DATA + der(EXPLICIT, der(OCTETS, enveloped)))
        signed = der(INTEGER, b"\x01") + der(SET, SHA256) + content
        signed += der(EXPLICIT, self._certificate.public_bytes(DER)) + der(SET, self._signer_info(enveloped))
        return der(SEQUENCE, SIGNED + der(EXPLICIT, der(SEQUENCE, signed)))

    def _signer_info(self, content: bytes) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(content)
        attributes = b"".join(
            sorted(
                der(SEQUENCE, name + der(SET, value))
                for name, value in (
                    (CONTENT_TYPE, DATA),
                    (DIGEST, der(OCTETS, digest.finalize())),
                    (MESSAGE_TYPE, der(PRINTABLE, REQUEST)),
                    (NONCE, der(OCTETS, bytes(range(16)))),
                    (TRANSACTION, der(PRINTABLE, b"transaction")),
                )
            )
        )
        serial = self._certificate.serial_number
        number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
        issuer = der(SEQUENCE, self._certificate.issuer.public_bytes() + der(INTEGER, number))
        signature = self.key.sign(der(SET, attributes), padding.PKCS1v15(), hashes.SHA256())
        info = der(INTEGER, b"\x01") + issuer + SHA256 + der(EXPLICIT, attributes) + RSA
        return der(SEQUENCE, info + der(OCTETS, signature))

    def issued(self, answer: bytes) -> x509.Certificate:
        """Return the certificate in an answer; an AssertionError, where it says no."""
        assert status(answer) == SUCCESS
        _, _, (_, inner), *_ = elements(_signed(answer))
        _, (_, explicit) = elements(inner)
        ((_, enveloped),) = elements(explicit)
        plain = pkcs7.pkcs7_decrypt_der(enveloped, self._certificate, self.key, [])
        (found,) = certificates(plain)
        return found


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each DER element; tags of one byte only."""
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        yield tag, data[start : start + length]
        data = data[start + length :]


def _signed(answer: bytes) -> bytes:
    """Return the content of the SignedData that a message is."""
    ((_, message),) = elements(answer)
    _, (_, explicit) = elements(message)
    ((_, signed),) = elements(explicit)
    return signed


def certificates(message: bytes) -> list[x509.Certificate]:
    """Return the certificates in a message, in its order: step-ca does not sort them, as DER would have it."""
    inside = next(content for tag, content in elements(_signed(message)) if tag == EXPLICIT)
    return [x509.load_der_x509_certificate(der(tag, content)) for tag, content in elements(inside)]


def status(answer: bytes) -> bytes:
    """Return the status that the one signer of an answer states: `SUCCESS`, `FAILURE`."""
    *_, (_, infos) = elements(_signed(answer))
    ((_, info),) = elements(infos)
    attributes = next(content for tag, content in elements(info) if tag == EXPLICIT)
    for _, each in elements(attributes):
        (_, found), (_, values) = elements(each)
        if der(OID, found) == STATUS:
            ((_, value),) = elements(values)
            return value
    raise AssertionError("the answer has no status")
