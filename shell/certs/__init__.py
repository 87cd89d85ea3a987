"""Certificates, and keys in PEM form: the only users of `cryptography` besides `shell.keys`.

The functions take bytes and return values; they open no files and know no clock. Those named
`..._from_file` turn what is in a file into a member of ca.json, byte for byte as step writes it; those
named `..._problems` say what step-ca would make of a member; `describe` says what a person wants to see.
"""
