"""Keys of JWK provisioners: the only user of `jwcrypto`.

Keys are dicts in the form that step writes; the functions take bytes and texts and open no files.
No message, and no `repr`, holds a password or a private value.
"""

from shell.keys.files import (
    KeyMaterial,
    key_password,
    private_for_provisioner,
    public_for_provisioner,
    read_key_file,
)
from shell.keys.jwe import ITERATIONS, MAX_ITERATIONS, compact_form, decrypt_key, encrypt_key
from shell.keys.jwk import Jwk, create_key, fingerprint, public_part, same_pair, thumbprint
from shell.keys.problems import jwk_problems

__all__ = [
    "ITERATIONS",
    "MAX_ITERATIONS",
    "Jwk",
    "KeyMaterial",
    "compact_form",
    "create_key",
    "decrypt_key",
    "encrypt_key",
    "fingerprint",
    "jwk_problems",
    "key_password",
    "private_for_provisioner",
    "public_for_provisioner",
    "public_part",
    "read_key_file",
    "same_pair",
    "thumbprint",
]
