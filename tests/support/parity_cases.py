"""What the step CLI and we are compared on: words for every flag, documented examples, and deliberate differences.

File names in the words are those of the folder that tests/live/test_parity_with_step.py makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.pki import Entry

IDP = "https://accounts.google.com/.well-known/openid-configuration"

BASE = {
    "JWK": "--public-key jwk.pub",
    "OIDC": f"--client-id cid --configuration-endpoint {IDP}",
    "X5C": "--x5c-roots root.crt",
    "K8SSA": "--public-key pem.pub",
    "Azure": "--azure-tenant tenant",
    "Nebula": "--nebula-root nebula.crt",
    **dict.fromkeys(("ACME", "AWS", "GCP", "SSHPOP", "SCEP"), ""),
}

DURATIONS = {
    f"--{kind}-{bound}-dur": [("ACME", f"--{kind}-{bound}-dur {text}")]
    for kind in ("x509", "ssh-user", "ssh-host")
    for bound, text in (("min", "1m30s"), ("max", "2160h"), ("default", "12h"))
}
DURATIONS["--x509-max-dur"] = [("SSHPOP", "--x509-max-dur 48h --x509-default-dur 1.5h")]

# For each flag: types, and words that hold it. They come behind what a type needs anyhow.
BOTH_COMMANDS: dict[str, list[tuple[str, str]]] = {
    "--client-id": [("OIDC", "--client-id another")],
    "--client-secret": [("OIDC", "--client-secret s3cret"), ("OIDC", "--client-secret=")],
    "--listen-address": [("OIDC", "--listen-address :10000")],
    "--configuration-endpoint": [("OIDC", "--configuration-endpoint https://idp.example.com")],
    "--tenant-id": [("OIDC", "--tenant-id tid")],
    "--admin": [
        ("OIDC", "--admin a@x.com --admin b@x.com"),
        ("OIDC", "--admin a,b"),
        ("OIDC", "-admin=@x.com"),
    ],
    "--domain": [("OIDC", "--domain x.com --domain y.com")],
    "--group": [("OIDC", "--group g1")],
    "--x5c-roots": [("X5C", "--x5c-roots roots.crt")],
    "--x5c-root": [("X5C", "--x5c-root roots.crt")],
    "--nebula-root": [("Nebula", "--nebula-root nebula.crt")],
    "--require-eab": [("ACME", "--require-eab"), ("ACME", "--require-eab=false")],
    "--force-cn": [
        ("ACME", "--force-cn"),
        ("SCEP", "--force-cn"),
        ("SCEP", "--force-cn=0"),
        ("X5C", "--force-cn"),
    ],
    "--challenge": [
        ("ACME", "--challenge HTTP-01 --challenge device-attest-01 --challenge http-01"),
        ("SCEP", "--challenge s3cret"),
    ],
    "--attestation-format": [("ACME", "--attestation-format apple --attestation-format TPM")],
    "--attestation-roots": [("ACME", "--attestation-roots root.crt --attestation-roots roots.crt")],
    "--capabilities": [("SCEP", "--capabilities AES --capabilities SHA-256"), ("SCEP", "--capabilities a,b")],
    "--include-root": [("SCEP", "--include-root")],
    "--exclude-intermediate": [("SCEP", "--exclude-intermediate")],
    "--min-public-key-length": [("SCEP", "--min-public-key-length 4096")],
    "--encryption-algorithm-identifier": [
        ("SCEP", "--encryption-algorithm-identifier 2"),
        ("SCEP", "--encryption-algorithm-identifier 0"),
    ],
    "--scep-decrypter-certificate-file": [("SCEP", "--scep-decrypter-certificate-file scep.crt")],
    "--scep-decrypter-key-file": [
        ("SCEP", "--scep-decrypter-key-file scep.key --scep-decrypter-certificate-file scep.crt")
    ],
    "--scep-decrypter-key-uri": [
        ("SCEP", "--scep-decrypter-key-uri softkms:path=scep.key --scep-decrypter-certificate-file scep.crt")
    ],
    "--scep-decrypter-key-password-file": [
        (
            "SCEP",
            (
                "--scep-decrypter-key-file scep.locked --scep-decrypter-certificate-file scep.crt "
                "--scep-decrypter-key-password-file password.txt"
            ),
        )
    ],
    "--aws-account": [("AWS", "--aws-account 1 --aws-account 2")],
    "--azure-tenant": [("Azure", "--azure-tenant other")],
    "--azure-resource-group": [("Azure", "--azure-resource-group rg")],
    "--azure-audience": [("Azure", "--azure-audience https://aud/")],
    "--azure-subscription-id": [("Azure", "--azure-subscription-id sub")],
    "--azure-object-id": [("Azure", "--azure-object-id oid")],
    "--gcp-service-account": [("GCP", "--gcp-service-account sa@x")],
    "--gcp-project": [("GCP", "--gcp-project p9")],
    "--gcp-organization": [("GCP", "--gcp-organization 123"), ("GCP", "--gcp-organization=")],
    "--instance-age": [
        ("AWS", "--instance-age 1h"),
        ("GCP", "--instance-age 90m"),
        ("AWS", "--instance-age 0s"),
    ],
    "--disable-custom-sans": [(kind, "--disable-custom-sans") for kind in ("AWS", "GCP", "Azure")],
    "--disable-trust-on-first-use": [("AWS", "--disable-trust-on-first-use")],
    "--disable-tofu": [("Azure", "--disable-tofu"), ("GCP", "--disable-tofu=true")],
    "--disable-ssh-ca-user": [("GCP", "--disable-ssh-ca-user=false"), ("OIDC", "--disable-ssh-ca-user")],
    "--disable-ssh-ca-host": [("GCP", "--disable-ssh-ca-host")],
    "--x509-template": [
        *((kind, "--x509-template tpl") for kind in BASE if kind not in ("SCEP", "K8SSA")),
        ("SCEP", "--x509-template="),
    ],
    "--x509-template-data": [("ACME", "--x509-template tpl --x509-template-data data.json")],
    "--ssh-template": [("X5C", "--ssh-template tpl"), ("SSHPOP", "--ssh-template tpl")],
    "--ssh-template-data": [("K8SSA", "--ssh-template tpl --ssh-template-data data.json")],
    **DURATIONS,
    "--disable-renewal": [("ACME", "--disable-renewal")],
    "--allow-renewal-after-expiry": [("X5C", "--allow-renewal-after-expiry=true")],
    "--disable-smallstep-extensions": [("JWK", "--disable-smallstep-extensions")],
    "--ssh": [(kind, "--ssh=false") for kind in BASE] + [("ACME", "--ssh")],
}

SAMPLES = {
    "add": {
        **BOTH_COMMANDS,
        "--type": [(kind, "") for kind in BASE],
        "--create": [("JWK", "--create --password-file password.txt"), ("ACME", "--create")],
        "--public-key": [
            ("JWK", "--public-key pem.pub"),
            ("K8SSA", "--public-key keys.pub"),
            ("ACME", "--public-key x"),
        ],
        "--private-key": [("JWK", "--public-key jwk.pub --private-key jwk.priv")],
        "--password-file": [
            ("JWK", "--public-key jwk.pub --private-key plain.priv --password-file password-alone.txt"),
            ("JWK", "--create --password-file password.txt"),
        ],
    },
    "update": {
        **BOTH_COMMANDS,
        # another client or tenant, as another name or key, is another provisioner to step in a file: DIFFERENCES
        "--client-id": [("OIDC", "--client-id cid")],
        "--azure-tenant": [("Azure", "--azure-tenant tenant")],
        "--name": [("OIDC", "--name other"), ("Azure", "--name other"), ("K8SSA", "--name other")],
        "--create": [("X5C", "--create")],
        "--public-key": [("K8SSA", "--public-key keys.pub"), ("JWK", "--public-key jwk.pub")],
        "--private-key": [("JWK", "--private-key jwk.priv"), ("JWK", "--private-key=")],
        "--password-file": [("JWK", "--private-key plain.priv --password-file password-alone.txt")],
        "--remove-admin": [("OIDC", "--remove-admin a2@x.com"), ("OIDC", "--remove-admin nobody")],
        "--remove-domain": [("OIDC", "--remove-domain d2")],
        "--scope": [("OIDC", "--scope groups")],
        "--remove-scope": [("OIDC", "--remove-scope profile")],
        "--auth-param": [("OIDC", "--auth-param prompt=login")],
        "--remove-challenge": [("ACME", "--remove-challenge DNS-01"), ("ACME", "--remove-challenge http-01")],
        "--remove-attestation-format": [
            ("ACME", "--remove-attestation-format step --remove-attestation-format tpm")
        ],
        "--remove-aws-account": [
            ("AWS", "--remove-aws-account a2"),
            ("AWS", "--remove-aws-account a2 --remove-aws-account a1"),
        ],
        "--remove-azure-resource-group": [("Azure", "--remove-azure-resource-group rg2")],
        "--remove-azure-subscription-id": [("Azure", "--remove-azure-subscription-id s1")],
        "--remove-azure-object-id": [("Azure", "--remove-azure-object-id o1")],
        "--remove-gcp-service-account": [("GCP", "--remove-gcp-service-account sa1")],
        "--remove-gcp-project": [
            ("GCP", "--remove-gcp-project p2"),
            ("GCP", "--remove-gcp-project p1 --remove-gcp-project p2 --gcp-organization 1"),
        ],
    },
}
# Here both stop: the projects that are there stand in the way of an organization.
BOTH_REFUSE = {("update", "--gcp-organization", "--gcp-organization 123")}

# What an updated provisioner has before.
RICH = {
    "OIDC": "--admin a1@x.com --admin a2@x.com --domain d1 --domain d2 --group g0",
    "ACME": "--challenge http-01 --challenge dns-01 --attestation-format step --attestation-format tpm --force-cn --require-eab",
    "AWS": "--aws-account a1 --aws-account a2 --instance-age 1h",
    "Azure": "--azure-resource-group rg1 --azure-resource-group rg2 --azure-subscription-id s1 --azure-object-id o1",
    "GCP": "--gcp-service-account sa1 --gcp-project p1 --gcp-project p2",
    "SCEP": "--challenge old --force-cn --capabilities X --encryption-algorithm-identifier 1",
}


REFUSED = [
    "add p --type X5C",
    "add p --type OIDC",
    "add p --type Azure",
    "add p --type Nebula",
    "add p --type K8SSA",
    "add p --type JWK",
    "add p --type nothing",
    "add p --type OIDC --client-id a --configuration-endpoint ftp://x",
    "add p --create --public-key jwk.pub --password-file password.txt",
    "add p --create --private-key jwk.priv --password-file password.txt",
    "add p --public-key jwk.pub --private-key jwk.pub --password-file password.txt",
    "add p --public-key data.json",
    "add p --public-key missing",
    "add p --type AWS --disable-ssh-ca-user",
    "add p --type Azure --azure-tenant t --disable-ssh-ca-host=false",
    "add p --type GCP --gcp-organization a --gcp-project b",
    "add p --type AWS --instance-age -1h",
    "add p --type AWS --instance-age 1d",
    "add p --type ACME --challenge http-02",
    "add p --type ACME --attestation-format ios",
    "add p --type ACME --attestation-roots pem.pub",
    "add p --type SCEP --challenge a --challenge b",
    "add p --type SCEP --min-public-key-length many",
    "add p --type SCEP --scep-decrypter-key-file root.crt.not",
    "add p --type X5C --x5c-roots pem.pub",
    "add p --type Nebula --nebula-root root.crt",
    "add p --type K8SSA --public-key pem.priv",
    "add p --type ACME --x509-max-dur 90",
    "add p --type ACME --x509-template missing",
    "add p --type ACME --ssh false",
    "add p --type ACME --ssh=maybe",
    "add p --type ACME --unheard-of",
    "add p --type ACME --client-id",
    "add old --type ACME",
    "update nobody --force-cn",
    "update old --challenge http-02",
    "update old --remove-challenge http-02",
    "update old --type X5C",
    "remove nobody",
    "remove",
]


# The examples of the manual, in order: each works on what the ones before it left. `--gcp-organization` and
# `--x509-min-dur` are written as the program has them, not as the manual misspells them.
EXAMPLES = f"""
add cicd --type JWK --create --x509-template tpl --password-file password.txt
remove cicd
add cicd --type JWK --create --x509-min-dur 20m --x509-default-dur 48h --x509-max-dur 48h --ssh-user-min-dur 17m --ssh-host-default-dur 16h --password-file password.txt
add jane@doe.com --type JWK --public-key jwk.pub --private-key jwk.priv
add Google --type OIDC --ssh --client-id id --client-secret secret --configuration-endpoint {IDP}
add x5c --type X5C --x5c-roots root.crt
add acme --type ACME
remove acme
add acme --type ACME --force-cn --require-eab
add attestation --type ACME --challenge device-attest-01
add kube --type K8SSA --ssh --public-key pem.pub
add sshpop --type SSHPOP
add my_scep_provisioner --type SCEP --challenge secret --encryption-algorithm-identifier 2
add Azure --type Azure --azure-tenant bc9043e2-b645-4c1c-a87a-78f8644bfe57 --azure-resource-group identity --azure-resource-group accounting --azure-subscription-id dc760a01 --azure-object-id f50926c7
add Google2 --type GCP --disable-custom-sans --gcp-project internal
add Google3 --type GCP --gcp-organization 123456789
add Amazon --type AWS --aws-account 123456789 --disable-custom-sans --disable-trust-on-first-use
add Amazon2 --type AWS --aws-account 123456789
update cicd --x509-template tpl
update cicd --x509-template ""
update cicd --x509-min-dur 20m --x509-default-dur 48h --ssh-user-min-dur 17m --ssh-host-default-dur 16h
update jane@doe.com --public-key jwk.pub --private-key jwk.priv
update cicd --ssh=false
update cicd --private-key=""
update Google --configuration-endpoint {IDP}
update x5c --x5c-roots root.crt
update acme --force-cn --require-eab
update kube --public-key pem.pub --x509-min-dur 30m
update Azure --azure-resource-group another --azure-resource-group third
update Google2 --disable-custom-sans --gcp-project internal2 --remove-gcp-project internal
update Google2 --gcp-organization 123456789 --remove-gcp-project internal2
update Google2 --gcp-organization="" --gcp-project internal
update Amazon --disable-custom-sans --disable-trust-on-first-use
update my_scep_provisioner --force-cn
remove acme
"""


ABSENT = "(absent)"
REFUSES = "(refuses)"


@dataclass(frozen=True)
class Difference:
    """One line that step and we take differently on purpose: what `path` of the provisioner is afterwards.

    `heading` is where docs/differences.md gives the reason. `step` and `ours` are a value, ABSENT, or REFUSES for
    a program that stops and leaves the list as it was. In `start` the text `jwk` stands for a provisioner with the
    key of jwk.pub, ROOT for the content of root.crt, FILES for the folder.
    """

    heading: str
    start: tuple[Entry | str, ...]
    line: str
    path: str
    step: Any
    ours: Any


_UPDATE = "An update changes what it names"
_IDENTITY = "Names and keys can change in a file"
_KEYS = "Keys are kept in pairs, and private ones private"
_CLEAR = "Everything can be cleared"
_LISTS = "Lists keep their order, and hold an item once"
_WORDS = "More words are known"
_STRICT = "Mistakes are refused"
_OFFLINE = "Nothing is fetched, and nothing is judged while an edit is staged"

_BARE: Entry = {"type": "ACME", "name": "p"}
_OIDC: Entry = {
    "type": "OIDC",
    "name": "p",
    "clientID": "c",
    "clientSecret": "",
    "configurationEndpoint": IDP,
}
_FALSE = {
    "enableSSHCA": False,
    "disableRenewal": False,
    "allowRenewalAfterExpiry": False,
    "disableSmallstepExtensions": False,
}

DIFFERENCES = (
    Difference(_UPDATE, (_BARE,), "update p --force-cn", "claims", _FALSE, ABSENT),
    Difference(
        _UPDATE,
        ({**_BARE, "claims": {"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "1h"}},),
        "update p --x509-default-dur 2h",
        "claims",
        {"maxTLSCertDuration": "48h0m0s", "defaultTLSCertDuration": "2h0m0s", **_FALSE},
        {"maxTLSCertDuration": "48h", "defaultTLSCertDuration": "2h0m0s"},
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "claims": {"enableSSHCA": False, "maxUserSSHCertDuration": "1h"}},),
        "update p --force-cn",
        "claims.maxUserSSHCertDuration",
        ABSENT,
        "1h",
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "options": {"x509": {"templateFile": "FILES/tpl"}}},),
        "update p --force-cn",
        "options.x509.templateFile",
        ABSENT,
        "FILES/tpl",
    ),
    Difference(
        _UPDATE,
        ({**_BARE, "options": {"x509": {"templateData": {"a": 1}}}},),
        "update p --force-cn",
        "options.x509.templateData",
        ABSENT,
        {"a": 1},
    ),
    Difference(_UPDATE, ({**_BARE, "xNew": {"a": 1}},), "update p --force-cn", "xNew", ABSENT, {"a": 1}),
    Difference(
        _UPDATE,
        ({"type": "AWS", "name": "p", "imdsVersions": ["v2"]},),
        "update p --aws-account 1",
        "imdsVersions",
        ["v2", "v1"],
        ["v2"],
    ),
    Difference(_UPDATE, ({"type": "acme", "name": "p"},), "update p --force-cn", "type", "ACME", "acme"),
    Difference(
        _UPDATE,
        ({"type": "AWS", "name": "p"},),
        "update p --aws-account 1",
        "disableCustomSANs",
        False,
        ABSENT,
    ),
    Difference(_IDENTITY, (_BARE,), "update p --name q", "name", REFUSES, "q"),
    Difference(_IDENTITY, (_OIDC,), "update p --client-id other", "clientID", REFUSES, "other"),
    Difference(
        _IDENTITY,
        ({"type": "Azure", "name": "p", "tenantID": "t"},),
        "update p --azure-tenant other",
        "tenantID",
        REFUSES,
        "other",
    ),
    Difference(
        _IDENTITY,
        ("jwk",),
        "update p --public-key pem.pub",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(
        _IDENTITY,
        ("jwk",),
        "update p --create --password-file password.txt",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(_KEYS, (), "add p --public-key plain.priv", "key.kty", "EC", REFUSES),
    Difference(_KEYS, (), "add p --public-key pem.priv", "key.kty", "EC", REFUSES),
    Difference(
        _KEYS,
        (),
        "add p --public-key jwk.pub --private-key other.priv --password-file password.txt",
        "key.kty",
        "EC",
        REFUSES,
    ),
    Difference(
        _KEYS,
        (),
        "add p --public-key jwk.pub --private-key jwk.priv --password-file tpl",
        "key.kty",
        "EC",
        REFUSES,
    ),
    Difference(
        _CLEAR,
        ({**_BARE, "claims": {"minTLSCertDuration": "1m"}},),
        'update p --x509-min-dur ""',
        "claims.minTLSCertDuration",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({**_BARE, "attestationRoots": "ROOT"},),
        'update p --attestation-roots ""',
        "attestationRoots",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({"type": "SCEP", "name": "p", "decrypterCertificate": "ROOT"},),
        'update p --scep-decrypter-certificate-file ""',
        "decrypterCertificate",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _CLEAR,
        ({"type": "SCEP", "name": "p", "decrypterKeyPassword": "old"},),
        'update p --scep-decrypter-key-password-file ""',
        "decrypterKeyPassword",
        "old",
        ABSENT,
    ),
    Difference(
        _LISTS,
        ({**_OIDC, "domains": ["a", "b", "c", "d"]},),
        "update p --remove-domain a --domain b --domain e",
        "domains",
        ["d", "b", "c", "b", "e"],
        ["b", "c", "d", "e"],
    ),
    Difference(
        _LISTS,
        ({**_OIDC, "domains": ["a", "b", "a"]},),
        "update p --remove-domain a",
        "domains",
        ["a", "b"],
        ["b"],
    ),
    Difference(
        _LISTS,
        (),
        f"add p --type OIDC --client-id c --configuration-endpoint {IDP} --group a --group a",
        "groups",
        ["a", "a"],
        ["a"],
    ),
    Difference(
        _LISTS,
        ({"type": "AWS", "name": "p", "accounts": ["1"]},),
        "update p --remove-aws-account 1",
        "accounts",
        [],
        ABSENT,
    ),
    Difference(_WORDS, ({**_OIDC, "groups": ["g"]},), "update p --remove-group g", "groups", REFUSES, ABSENT),
    Difference(
        _WORDS,
        ({**_OIDC, "authParams": ["a=b"]},),
        "update p --remove-auth-param a=b",
        "authParams",
        REFUSES,
        ABSENT,
    ),
    Difference(
        _WORDS,
        (),
        f"add p --type OIDC --client-id c --configuration-endpoint {IDP} --scope openid --auth-param a=b",
        "scopes",
        REFUSES,
        ["openid"],
    ),
    Difference(
        _WORDS,
        (),
        "add p --create --kty RSA --size 2048 --password-file password.txt",
        "key.kty",
        REFUSES,
        "RSA",
    ),
    Difference(_WORDS, (), "add p jwk.pub", "key.kty", REFUSES, "EC"),
    Difference(
        _WORDS, (_BARE,), "update p --challenge wire-oidc-01", "challenges", REFUSES, ["wire-oidc-01"]
    ),
    Difference(
        _WORDS,
        (),
        "add p --public-key jwk.pub --private-key plain.priv --password-file env:KEY_PASSWORD",
        "key.kty",
        REFUSES,
        "EC",
    ),
    Difference(_STRICT, (), "add p --type NOOP --public-key jwk.pub", "type", "NOOP", REFUSES),
    Difference(_STRICT, (_OIDC,), 'update p --domain ""', "domains", [""], REFUSES),
    Difference(_STRICT, (), "add p --type ACME --unheard x", "type", REFUSES, REFUSES),
    Difference(_OFFLINE, (_BARE,), "update p --x509-min-dur 0s", "claims.minTLSCertDuration", REFUSES, "0s"),
    Difference(
        _OFFLINE,
        (_OIDC,),
        "update p --configuration-endpoint https://127.0.0.1:1",
        "configurationEndpoint",
        REFUSES,
        "https://127.0.0.1:1",
    ),
    Difference(
        _OFFLINE,
        (),
        "add p --type SCEP --encryption-algorithm-identifier 7",
        "encryptionAlgorithmIdentifier",
        REFUSES,
        7,
    ),
)

# Differences that no single field shows: a test of their own stands for each.
FURTHER_HEADINGS = (
    "A password is the text without its line end",
    "A provisioner stays where it is",
)
