"""Certificates, and keys in PEM form: the only users of `cryptography` besides `shell.keys`.

The functions take bytes and return values; they open no files and know no clock. Those named
`..._from_file` turn what is in a file into a member of ca.json, byte for byte as step writes it; those
named `..._problems` say what step-ca would make of a member; `describe` says what a person wants to see.
"""

from shell.certs.bundle import Certificate, read_bundle
from shell.certs.describe import describe
from shell.certs.findings import Effect, Finding
from shell.certs.kubernetes import k8s_keys_from_file, k8s_keys_problems
from shell.certs.nebula import nebula_roots_from_file, nebula_roots_problems
from shell.certs.nebula_read import NebulaCertificate
from shell.certs.roots import (
    attestation_roots_from_files,
    attestation_roots_problems,
    x5c_roots_from_file,
    x5c_roots_problems,
)
from shell.certs.scep import (
    decrypter_certificate_from_file,
    decrypter_certificate_problems,
    decrypter_key_from_file,
    decrypter_key_problems,
    decrypter_pair_problems,
)

__all__ = [
    "Certificate",
    "Effect",
    "Finding",
    "NebulaCertificate",
    "attestation_roots_from_files",
    "attestation_roots_problems",
    "decrypter_certificate_from_file",
    "decrypter_certificate_problems",
    "decrypter_key_from_file",
    "decrypter_key_problems",
    "decrypter_pair_problems",
    "describe",
    "k8s_keys_from_file",
    "k8s_keys_problems",
    "nebula_roots_from_file",
    "nebula_roots_problems",
    "read_bundle",
    "x5c_roots_from_file",
    "x5c_roots_problems",
]
