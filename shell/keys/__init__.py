"""Keys of JWK provisioners: the only user of `jwcrypto`.

Keys are dicts in the form that step writes; the functions take bytes and texts and open no files.
No message, and no `repr`, holds a password or a private value.
"""
