"""A scratch ca.json to try things on, with something of everything.

The certificates and keys in it are real but belong to nobody; they were made once and are data here,
so that the demonstration needs no network, no CA and no cryptography. The key password of `ops` is
`demo`. One thing is wrong on purpose, so that `check` has something to say: `printers` has no key of
its own to decrypt with.
"""

from __future__ import annotations

import json
import os

PREFIX = "step-shell-demo-"

_ROOT = """\
-----BEGIN CERTIFICATE-----
MIIByTCCAW6gAwIBAgIQDXFEorGo4jRPLqvuANcFoDAKBggqhkjOPQQDAjAxMRAw
DgYDVQQKDAdFeGFtcGxlMR0wGwYDVQQDDBRFeGFtcGxlIERlbW8gUm9vdCBDQTAg
Fw0yNjAxMDEwMDAwMDBaGA8yMDY2MDEwMTAwMDAwMFowMTEQMA4GA1UECgwHRXhh
bXBsZTEdMBsGA1UEAwwURXhhbXBsZSBEZW1vIFJvb3QgQ0EwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAASlYaMd+3pQsXyYtJJ9ZhKgs4WpUCvc3cC9OnPm7bfqKo1p
X771KXISTimP3ClkIlcnDnxj8LklQWTbID/llUaro2YwZDASBgNVHRMBAf8ECDAG
AQH/AgEBMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQUuIIJ8mCjVS/SVzIUu3X9
EVCTIQIwHwYDVR0jBBgwFoAUuIIJ8mCjVS/SVzIUu3X9EVCTIQIwCgYIKoZIzj0E
AwIDSQAwRgIhAOR8d1z2K3WShgR5RD516Tn0xtvbdMMD/DkV3IFvS1Q3AiEAvcpt
EQ/G5wB50K21kQjaI14nuuqAPPW/8G6qAcRi16U=
-----END CERTIFICATE-----
"""

_INTERMEDIATE = """\
-----BEGIN CERTIFICATE-----
MIIB0DCCAXagAwIBAgIQSvxawjFb+V06HLOztVRp3zAKBggqhkjOPQQDAjAxMRAw
DgYDVQQKDAdFeGFtcGxlMR0wGwYDVQQDDBRFeGFtcGxlIERlbW8gUm9vdCBDQTAg
Fw0yNjAxMDEwMDAwMDBaGA8yMDU2MDEwMTAwMDAwMFowOTEQMA4GA1UECgwHRXhh
bXBsZTElMCMGA1UEAwwcRXhhbXBsZSBEZW1vIEludGVybWVkaWF0ZSBDQTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABG1BvzPk/xJlo5bFpeVR+srwV5/VIYN5mggB
rShSnZLZgLgEMR9DpzdgxNl73V7WVh5b5STZhio/SGaFZaWN+iGjZjBkMBIGA1Ud
EwEB/wQIMAYBAf8CAQAwDgYDVR0PAQH/BAQDAgEGMB0GA1UdDgQWBBRyOnkk3dnf
aYcA/YhV0OgcQAaw4jAfBgNVHSMEGDAWgBS4ggnyYKNVL9JXMhS7df0RUJMhAjAK
BggqhkjOPQQDAgNIADBFAiAmfO93FoydWqyO+Vay+sxBlOFI3CYqRoQ4sxUQIWx9
+QIhAI1gF14VrATtU6PuXbBP3LK/1x3/VFd0h2bAR0Sho9y+
-----END CERTIFICATE-----
"""

_DEVICE_ROOTS = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJ6ekNDQVhTZ0F3SUJBZ0lRSklvVTk0MElya2I4TmVxQnY0cU9YREFL"
    "QmdncWhrak9QUVFEQWpBME1SQXcKRGdZRFZRUUtEQWRGZUdGdGNHeGxNU0F3SGdZRFZRUUREQmRGZUdGdGNHeGxJRVJsZG1s"
    "alpYTWdVbTl2ZENCRApRVEFnRncweU5qQXhNREV3TURBd01EQmFHQTh5TURZMk1ERXdNVEF3TURBd01Gb3dOREVRTUE0R0Ex"
    "VUVDZ3dIClJYaGhiWEJzWlRFZ01CNEdBMVVFQXd3WFJYaGhiWEJzWlNCRVpYWnBZMlZ6SUZKdmIzUWdRMEV3V1RBVEJnY3EK"
    "aGtqT1BRSUJCZ2dxaGtqT1BRTUJCd05DQUFRNnBoTzEwWEtCUHB3Smp3UzM2d01Lb2pTYWovcHNmVjRvTG5wQgo5S0h2blJm"
    "NlgzaDJIRkZpVGk1MkhKbWJGSy9zK3JnWHJmOFVWM0JJUVEvV3E2bkhvMll3WkRBU0JnTlZIUk1CCkFmOEVDREFHQVFIL0Fn"
    "RUJNQTRHQTFVZER3RUIvd1FFQXdJQkJqQWRCZ05WSFE0RUZnUVVaeCtOTkJNUWRCY3MKSjVHVXVyYzRoTmJnVnRVd0h3WURW"
    "UjBqQkJnd0ZvQVVaeCtOTkJNUWRCY3NKNUdVdXJjNGhOYmdWdFV3Q2dZSQpLb1pJemowRUF3SURTUUF3UmdJaEFOL1Y4WUsx"
    "NXRqcTdBa3YyVWQzSFdpOFlLUU1wRElWRXR1N09qcExzbE5PCkFpRUFtTmI1MnQySXpBaDJhUFUzSkZHUlVGNGtnNUp3VERD"
    "QmR4RGxnOVU3VmM4PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
)

_CLUSTER_KEYS = (
    "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFK2syRTVmMkVP"
    "aXkvWTZROVJXdnB1cjZmMmxvaQphVzAyQnl6SEJhaXB0SDd5dnUxNEpIKzByaGxIUHRFblJaNnhXTGFxYkJoWmduZmpBME5s"
    "Uk1rVFFnPT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg=="
)

_OPS_KEY: dict[str, object] = {
    "use": "sig",
    "kty": "EC",
    "kid": "LRpcptS0WBIF61D-euIXIlHwTbfeE6wyJLECgUh44AM",
    "crv": "P-256",
    "alg": "ES256",
    "x": "LhKu8qmHtpvCLMJ66OCcCmErWJ2LqoevTN8q7ATVTU4",
    "y": "TPClPB4G_kzG-rCbWCRktnGg3gYVuykf8h88PgNIpzs",
}

_OPS_ENCRYPTED_KEY = (
    "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJjdHkiOiJqd2sranNvbiIsImVuYyI6IkEyNTZHQ00iLCJwMmMiOjYwMDAw"
    "MCwicDJzIjoiVmg2UzZLeGNDeDNSeU5ITGhKbVc1ZyJ9.CoiJu6sxdGIGFGtFDK0ZLNNMEtYJ-Z0tYlYOovSw-vN33zMGUb0"
    "l3w.X4vKuzLMZtRw6AIm.YXV8S2TZsCPj0pStPkX5e5euccpitsnv-0o-rEAN683fOFNB0H7FgjIPSkLAzXe6aPgRUaCe1wH"
    "LkDmK83WW2b3iJdtHFLTn9He6kDTorHFCVLOd40_G5g5sGafxdXBdtcQgfPSL8NWYQXCCLd1V62YIxyjURx7YN-xnq9SeNij"
    "nPhP80NcibrvnZ_ZsSh4adleEnEtXs4H0su7j823-tSxOg0-zRMFqDZ0m3xc34J9lwcoK68tR4EZEgm6PBaFztaSqLo9LrGR"
    "ix6OpAVkkFY0MrYZ1bxwZMlQVGazc3UfSSw5RoQfRc2WP3__JWO-9-2UTwm6pWftePdHwMv0.XZ3gm6ovkZo02Z3d2ib6oA"
)

_TEMPLATE = """\
{
  "subject": {"commonName": {{ toJson .Subject.CommonName }}, "organization": "Example"},
  "sans": {{ toJson .SANs }},
  "keyUsage": ["digitalSignature"],
  "extKeyUsage": ["serverAuth", "clientAuth"]
}
"""


def make_demo() -> str:
    """Make a new private folder with the scratch ca.json and the certificates it names; return its path.

    The folder lies where temporary files do and stays, so that what was tried can be opened again.
    """
    import tempfile  # only here: reading a file must not pay for it

    folder = tempfile.mkdtemp(prefix=PREFIX)
    for name, text in (
        ("root_ca.crt", _ROOT),
        ("intermediate_ca.crt", _INTERMEDIATE),
        ("ca.json", json.dumps(_configuration(folder), indent=2) + "\n"),
    ):
        with open(os.path.join(folder, name), "w", encoding="utf-8", opener=_private) as file:
            file.write(text)
    return os.path.join(folder, "ca.json")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _configuration(folder: str) -> dict[str, object]:
    return {
        "root": os.path.join(folder, "root_ca.crt"),
        "crt": os.path.join(folder, "intermediate_ca.crt"),
        "key": os.path.join(folder, "intermediate_ca_key"),
        "address": "127.0.0.1:9000",
        "dnsNames": ["ca.example.com", "localhost"],
        "ssh": {
            "hostKey": os.path.join(folder, "ssh_host_ca_key"),
            "userKey": os.path.join(folder, "ssh_user_ca_key"),
        },
        "logger": {"format": "text"},
        "db": {"type": "badgerv2", "dataSource": os.path.join(folder, "db")},
        "authority": {
            "claims": {"maxTLSCertDuration": "720h", "defaultTLSCertDuration": "24h"},
            "provisioners": _provisioners(),
        },
    }


def _provisioners() -> list[object]:
    return [
        {
            "type": "JWK",
            "name": "ops",
            "key": _OPS_KEY,
            "encryptedKey": _OPS_ENCRYPTED_KEY,
            "claims": {"maxTLSCertDuration": "2160h", "defaultTLSCertDuration": "168h", "enableSSHCA": True},
            "options": {"x509": {"template": _TEMPLATE, "templateData": {"Team": "operations"}}},
        },
        {
            "type": "ACME",
            "name": "acme",
            "challenges": ["http-01", "dns-01"],
            "claims": {"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "24h"},
        },
        {
            "type": "OIDC",
            "name": "people",
            "clientID": "step-ca",
            "clientSecret": "",
            "configurationEndpoint": "https://login.example.com/.well-known/openid-configuration",
            "admins": ["ada@example.com"],
            "domains": ["example.com"],
            "listenAddress": ":10000",
            "claims": {
                "maxUserSSHCertDuration": "12h",
                "defaultUserSSHCertDuration": "8h",
                "enableSSHCA": True,
            },
        },
        {"type": "X5C", "name": "devices", "roots": _DEVICE_ROOTS, "claims": {"disableRenewal": True}},
        {"type": "K8SSA", "name": "cluster", "publicKeys": _CLUSTER_KEYS},
        {"type": "SSHPOP", "name": "hosts", "claims": {"enableSSHCA": True}},
        {
            "type": "SCEP",
            "name": "printers",
            "challenge": "only for trying things on",
            "forceCN": True,
            "minimumPublicKeyLength": 2048,
            "encryptionAlgorithmIdentifier": 2,
        },
        {
            "type": "AWS",
            "name": "instances",
            "accounts": ["123456789012"],
            "disableCustomSANs": True,
            "instanceAge": "1h",
        },
    ]
