"""The rules about one provisioner and about the file: what each finds, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shell.model.facts import UNKNOWN, Facts, FileFact
from shell.model.problems import Problem
from shell.model.rules import RULE_MODULES, check, table
from shell.model.rules.policy import constraint_flaw
from shell.model.rules.scep import decrypter_file
from shell.model.rules.templates import written_template_flaw
from tests.support.views import ListView

NOW = datetime(2026, 1, 1, tzinfo=UTC)
AROUND = {"root": "r", "crt": "c", "key": "k", "address": ":443", "db": {"type": "bbolt", "dataSource": "d"}}
JWK = {"type": "JWK", "name": "a", "key": {"kty": "oct", "k": "AAAA", "kid": "k"}, "encryptedKey": "e"}
OIDC = {
    "type": "OIDC",
    "name": "a",
    "clientID": "c",
    "configurationEndpoint": "https://x",
    "domains": ["x.example"],
}
SCEP = {"type": "SCEP", "name": "a", "challenge": "x", "encryptionAlgorithmIdentifier": 2}
WIRE = {
    "oidc": {"provider": {"issuerUrl": "https://x"}},
    "dpop": {"key": "AAAA", "target": "https://x/{{ .DeviceID }}"},
}


def acme(**members: Any) -> dict[str, Any]:
    """Return an ACME provisioner."""
    return {"type": "ACME", "name": "a", **members}


def hooked(**members: Any) -> dict[str, Any]:
    """Return a provisioner with one webhook, good but for these members."""
    good = {"name": "w", "url": "https://x/", "kind": "ENRICHING"}
    return acme(options={"webhooks": [{**good, **members}]})


def wired(**options: Any) -> dict[str, Any]:
    """Return a provisioner with a Wire challenge and these options."""
    return acme(challenges=["wire-dpop-01"], options={"wire": options})


def tls(**claims: Any) -> dict[str, Any]:
    """Return a provisioner with lifetimes of X.509 certificates."""
    return acme(claims={f"{bound}TLSCertDuration": text for bound, text in claims.items()})


def problems(*entries: Any, settings: Any = None, facts: Facts = UNKNOWN) -> list[Problem]:
    """Return everything that is wrong with a file of these provisioners."""
    view = ListView(entries, AROUND if settings is None else settings)
    return check(view, view, (), facts, everything=True)


def found(*entries: Any, settings: Any = None, facts: Facts = UNKNOWN) -> set[tuple[str, str, str]]:
    """Return severity, code and field of what is wrong."""
    all_of_them = problems(*entries, settings=settings, facts=facts)
    return {(problem.severity, problem.code, problem.field) for problem in all_of_them}


@pytest.mark.parametrize(
    "entry",
    [
        acme(),
        tls(max="1h", default="1h"),
        tls(default="72h"),
        JWK,
        OIDC,
        SCEP,
        {"type": "X5C", "name": "a", "roots": "AAAA"},
        {"type": "K8sSA", "name": "a", "publicKeys": "AAAA"},
        {"type": "Nebula", "name": "a", "roots": "AAAA"},
        {"type": "SSHPOP", "name": "a"},
        {"type": "AWS", "name": "a", "accounts": ["1"], "instanceAge": "1h", "imdsVersions": ["v2"]},
        {"type": "GCP", "name": "a", "projectIDs": ["p"]},
        {"type": "Azure", "name": "a", "tenantID": "t", "resourceGroups": ["g"]},
        acme(options={"x509": {"template": '{"a": 1}', "templateData": {}}, "ssh": {}}),
        acme(challenges=["DEVICE-ATTEST-01"], attestationFormats=["Apple"], attestationRoots="AAAA"),
        wired(**WIRE),
        wired(oidc={"provider": {"discoveryBaseUrl": "https://x"}}, dpop=WIRE["dpop"]),
    ],
)
def test_good_provisioners_have_no_problems(entry: Any) -> None:
    """What an administrator usually has is found good."""
    assert found(entry) == set()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        # who it is
        ({"type": "SSHPOP"}, "error name-missing name"),
        ({"type": "SSHPOP", "name": "a b"}, "warning name-odd name"),
        ({"type": "SSHPOP", "name": "a/b"}, "warning name-odd name"),
        ({"type": "X5C", "name": "a"}, "error required-missing roots"),
        ({"type": "X5C", "name": "a", "roots": []}, "error required-missing roots"),
        ({"type": "K8sSA", "name": "a"}, "error required-missing publicKeys"),
        ({"type": "K8sSA", "name": "a", "publicKeys": ""}, "danger publicKeys-empty publicKeys"),
        ({"type": "JWK", "name": "a"}, "error deadly key"),
        (acme(claims="x"), "error shape claims"),
        ({**JWK, "key": {"kty": "oct", "k": "AAAA"}}, "warning key-id-missing key.kid"),
        ({**JWK, "encryptedKey": ""}, "warning encrypted-key-missing encryptedKey"),
        ({**OIDC, "clientSecret": "s"}, "warning client-secret-published clientSecret"),
        (acme(magic=5), "warning unknown-member magic"),
        (acme(claims={"a.b": 5}), 'warning unknown-member claims."a.b"'),
        (hooked(magic=5), "warning unknown-member options.webhooks.0.magic"),
        # claims
        (tls(max="1h"), "error lifetime-contradiction claims.maxTLSCertDuration"),
        (tls(min="48h", max="72h"), "error lifetime-contradiction claims.minTLSCertDuration"),
        (tls(max="0s", default="0s", min="0s"), "error lifetime-contradiction claims.maxTLSCertDuration"),
        (
            acme(claims={"minUserSSHCertDuration": "99h"}),
            "warning ssh-lifetime-contradiction claims.minUserSSHCertDuration",
        ),
        (tls(max="87600h"), "warning lifetime-very-long claims.maxTLSCertDuration"),
        (tls(default="87600h"), "warning lifetime-very-long claims.defaultTLSCertDuration"),
        (acme(claims={"enableSSHCA": True}), "warning ssh-not-set-up claims.enableSSHCA"),
        # OIDC and the clouds
        ({**OIDC, "configurationEndpoint": "idp"}, "error endpoint-invalid configurationEndpoint"),
        ({**OIDC, "configurationEndpoint": "https://x y"}, "error endpoint-invalid configurationEndpoint"),
        ({**OIDC, "configurationEndpoint": ""}, "error required-missing configurationEndpoint"),
        ({**OIDC, "configurationEndpoint": "http://x"}, "warning endpoint-not-https configurationEndpoint"),
        ({**OIDC, "listenAddress": "1"}, "error listen-address-invalid listenAddress"),
        ({**OIDC, "domains": []}, "warning no-restriction domains"),
        ({"type": "AWS", "name": "a"}, "warning no-restriction accounts"),
        ({"type": "Azure", "name": "a", "tenantID": "t"}, "warning no-restriction resourceGroups"),
        (
            {"type": "GCP", "name": "a", "projectIDs": ["p"], "instanceAge": "-1h"},
            "error instance-age-negative instanceAge",
        ),
        (
            {"type": "AWS", "name": "a", "accounts": ["1"], "imdsVersions": ["v3"]},
            "error imds-version imdsVersions",
        ),
        (
            {"type": "GCP", "name": "a", "projectIDs": ["p"], "organizationID": "1"},
            "error project-and-organization organizationID",
        ),
        (
            {"type": "GCP", "name": "a", "organizationID": "1"},
            "warning organization-credentials organizationID",
        ),
        (
            {"type": "AWS", "name": "a", "accounts": ["1"], "iidRoots": "f"},
            "warning iid-roots-relative iidRoots",
        ),
        # ACME
        (acme(challenges=["x"]), "error challenge-unknown challenges"),
        (
            acme(challenges=["device-attest-01"], attestationFormats=["x"]),
            "error attestation-format-unknown attestationFormats",
        ),
        (acme(attestationRoots="AAAA"), "warning attestation-unused attestationRoots"),
        (wired(), "error wire-incomplete options.wire.oidc"),
        (wired(oidc={}), "error wire-incomplete options.wire.oidc.provider"),
        (wired(oidc=WIRE["oidc"]), "error wire-incomplete options.wire.dpop"),
        (
            wired(oidc={"provider": {}}, dpop=WIRE["dpop"]),
            "error wire-incomplete options.wire.oidc.provider.issuerUrl",
        ),
        (
            wired(oidc={"provider": {"issuerUrl": "https://x/%zz"}}, dpop=WIRE["dpop"]),
            "error wire-incomplete options.wire.oidc.provider.issuerUrl",
        ),
        (wired(oidc=WIRE["oidc"], dpop={"target": ""}), "error wire-incomplete options.wire.dpop.key"),
        (
            wired(oidc={**WIRE["oidc"], "transform": "{{ magic }}"}, dpop=WIRE["dpop"]),
            "error wire-incomplete options.wire.oidc.transform",
        ),
        # SCEP
        ({**SCEP, "minimumPublicKeyLength": 7}, "error key-length-uneven minimumPublicKeyLength"),
        ({**SCEP, "minimumPublicKeyLength": 1024}, "warning key-length-short minimumPublicKeyLength"),
        (
            {**SCEP, "encryptionAlgorithmIdentifier": 5},
            "error encryption-algorithm-unknown encryptionAlgorithmIdentifier",
        ),
        (
            {**SCEP, "encryptionAlgorithmIdentifier": 0},
            "warning encryption-weak encryptionAlgorithmIdentifier",
        ),
        ({**SCEP, "challenge": ""}, "warning challenge-missing challenge"),
        (
            {**SCEP, "decrypterKey": "x", "decrypterCertificate": "AAAA"},
            "error decrypter-key-address decrypterKey",
        ),
        ({**SCEP, "decrypterKey": "softkms:x"}, "error decrypter-certificate-missing decrypterCertificate"),
        # templates
        (acme(options={"x509": {"template": "{{"}}), "danger template-broken options.x509.template"),
        (acme(options={"ssh": {"template": "x"}}), "danger template-broken options.ssh.template"),
        (acme(options={"x509": {"templateData": "x"}}), "danger template-data options.x509.templateData"),
        (
            acme(options={"x509": {"template": "{}", "templateFile": "f"}}),
            "warning template-both options.x509.templateFile",
        ),
        # webhooks
        (hooked(name=""), "error webhook-invalid options.webhooks.0.name"),
        (hooked(url="https://x/%zz"), "error webhook-invalid options.webhooks.0.url"),
        (hooked(url="/x"), "error webhook-invalid options.webhooks.0.url"),
        (hooked(url="http://x/"), "error webhook-invalid options.webhooks.0.url"),
        (hooked(url="https://u@x/"), "error webhook-invalid options.webhooks.0.url"),
        (hooked(kind=None), "error webhook-invalid options.webhooks.0.kind"),
        (hooked(kind="x"), "error webhook-invalid options.webhooks.0.kind"),
    ],
)
def test_each_rule_finds_its_problem(entry: Any, problem: str) -> None:
    """What is wrong is found once, in its field, with its severity, and nothing else beside what follows."""
    severity, code, field = problem.split(" ", 2)
    results = [result for result in problems(entry) if result.code == code]
    assert (severity, field) in [(result.severity, result.field) for result in results]
    assert all(result.message and not result.stops for result in results if code not in ("deadly", "shape"))
    assert not [result for result in problems(entry) if result.severity == "error" and result.code != code]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (hooked(), "warning webhook-unsigned options.webhooks"),
        (hooked(url="https://x/{{"), "danger webhook-template options.webhooks.0.url"),
        (hooked(certType="x509"), "warning webhook-cert-type options.webhooks.0.certType"),
        (hooked(secret="s"), "warning webhook-secret-ignored options.webhooks.0.secret"),
        (
            {**SCEP, "options": hooked(kind="enriching")["options"]},
            "warning webhook-kind-case options.webhooks.0.kind",
        ),
        (
            acme(options={"webhooks": [*hooked()["options"]["webhooks"], *hooked()["options"]["webhooks"]]}),
            "warning webhook-duplicate-name options.webhooks.1.name",
        ),
    ],
)
def test_webhooks_have_regrets(entry: Any, problem: str) -> None:
    """A webhook that step-ca takes can still be one that is never called, or not safely."""
    unsigned = ("warning", "webhook-unsigned", "options.webhooks")
    assert found(entry) == {tuple(problem.split(" ")), unsigned}


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([acme(), {"type": "SSHPOP", "name": "a"}], "error duplicate-name name"),
        ([{**OIDC, "name": "b"}, OIDC], "error duplicate-identifier clientID"),
        ([acme(), {**OIDC, "name": "b", "clientID": "acme/a"}], "error duplicate-identifier clientID"),
        (
            [{"type": "K8sSA", "name": name, "publicKeys": "AAAA"} for name in "ab"],
            "error second-k8ssa type",
        ),
        ([JWK, {**JWK, "name": "b"}], "warning key-shared key.kid"),
        ([{"type": "Magic", "name": "a"}, acme()], "warning skipped type"),
        ([None, acme()], "warning skipped type"),
    ],
)
def test_provisioners_are_compared(entries: list[Any], problem: str) -> None:
    """Names, identifiers and keys that two have are found, and entries that step-ca passes over."""
    assert found(*entries) == {tuple(problem.split(" "))}
    assert all(result.stops == (result.severity == "error") for result in problems(*entries))


def test_keys_without_an_id_are_not_one_key() -> None:
    """Keys are compared by their id only where they have one."""
    plain = {**JWK, "key": {"kty": "oct", "k": "AAAA"}}
    assert {code for _, code, _ in found(plain, {**plain, "name": "b"})} == {"key-id-missing"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"root": ""}, "root"),
        ({"root": ["r", ""]}, "root"),
        ({"crt": None}, "crt"),
        ({"key": ""}, "key"),
        ({"address": ""}, "address"),
        ({"address": "x"}, "address"),
        ({"address": ":https"}, "address"),
        ({"metricsAddress": "x"}, "metricsAddress"),
        ({"dnsNames": []}, "dnsNames"),
        ({"dnsNames": ["é.example"]}, "dnsNames"),
        ({"federatedRoots": [""]}, "federatedRoots"),
        ({"kms": {"uri": "x"}}, "kms.uri"),
        ({"ssh": {"keys": [{"type": "user"}]}}, "ssh.keys.0.key"),
        ({"tls": {"minVersion": 1.3, "maxVersion": 1.2}}, "tls.minVersion"),
        ({"authority": {"backdate": "-1s"}}, "authority.backdate"),
        ({"authority": {"claims": {"maxTLSCertDuration": "1h"}}}, "authority.claims.maxTLSCertDuration"),
        ({"authority": {"type": "x"}}, "authority.type"),
        ({"authority": {"deploymentType": "Linked"}}, "authority.deploymentType"),
        ({"db": {}}, "db.type"),
        ({"kms": {"type": "x"}}, "kms.type"),
        ({"logger": {"format": "x"}}, "logger.format"),
        ({"crl": {"cacheDuration": "-1s"}}, "crl.cacheDuration"),
        ({"crl": {"renewPeriod": "-1s"}}, "crl.renewPeriod"),
        ({"crl": {"cacheDuration": "1h", "renewPeriod": "2h"}}, "crl.renewPeriod"),
        ({"templates": {"data": {"User": 1}}}, "templates.data.User"),
        ({"ssh": {"keys": [None, {"type": "x"}]}}, "ssh.keys.1.type"),
        ({"ssh": {"keys": [None]}}, "ssh.keys.0"),
        (
            {"authority": {"policy": {"x509": {"allow": {"dns": [5, "a..b"]}}}}},
            "authority.policy.x509.allow.dns",
        ),
        ({"commonName": 5}, "commonName"),
    ],
)
def test_what_is_around_stops_the_ca(members: Any, field: str) -> None:
    """An error around the provisioners is one of the file, and step-ca does not start."""
    results = problems(settings={**AROUND, **members})
    errors = {
        (result.provisioner, result.field)
        for result in results
        if result.severity == "error" and result.stops
    }
    assert ("", field) in errors


def test_good_settings_have_no_problems() -> None:
    """Settings that step-ca takes are found good, also those that are there without a value."""
    good = {
        **AROUND,
        "root": ["r"],
        "tls": {"minVersion": 1.2},
        "crl": {"cacheDuration": "24h", "renewPeriod": "1h"},
        "authority": {"backdate": "1m", "claims": {"maxTLSCertDuration": "48h"}},
        "ssh": {"keys": [{"type": "user", "key": {"kty": "oct", "k": "AAAA"}}]},
        "dnsNames": ["ca.example.com"],
    }
    assert found(settings=good) == set()
    assert found(settings={**AROUND, "authority": {"backdate": "x"}}) == {
        ("error", "shape", "authority.backdate")
    }


def test_remote_management_has_its_own_rules() -> None:
    """With enableAdmin the list and the policy of the file are not looked at, and a database is needed."""
    policy = {"x509": {"allow": {"dns": ["a..b"]}}}
    settings = {**AROUND, "authority": {"enableAdmin": True, "policy": policy}}
    assert found(settings=settings) == {("warning", "list-ignored", "authority.enableAdmin")}
    without = found(settings={**settings, "db": None})
    assert ("error", "admin-without-database", "authority.enableAdmin") in without


def test_another_authority_needs_no_certificates_of_ours() -> None:
    """A registration authority has no root and no key."""
    settings = {"address": ":443", "authority": {"type": "stepcas"}}
    assert found(settings=settings) == set()


def test_of_a_running_ca_nothing_around_is_known() -> None:
    """What stands in the ca.json of a CA is unknown, and no rule says anything of it."""
    assert found(acme(claims={"enableSSHCA": True}), settings={}) == set()
    assert found(hooked(), settings={}) == set()
    assert found(tls(max="1h"), settings={}) == set()
    assert {code for _, code, _ in found(tls(max="1h", default="2h"), settings={})} == {
        "lifetime-contradiction"
    }


def test_acme_needs_a_database() -> None:
    """Without a database step-ca does not serve ACME."""
    assert found(acme(), settings={**AROUND, "db": None}) == {("warning", "acme-without-database", "")}


def test_ssh_keys_make_ssh_certificates() -> None:
    """SSH certificates may be allowed where the CA has keys for them."""
    settings = {**AROUND, "ssh": {"userKey": "k"}}
    assert found(acme(claims={"enableSSHCA": True}), settings=settings) == set()


def test_lifetimes_are_held_against_the_intermediate() -> None:
    """A certificate that would outlive the intermediate is regretted, where both times are known."""
    facts = Facts(now=NOW, intermediate_expires=NOW + timedelta(days=30))
    longest = {("warning", "outlives-intermediate", "claims.maxTLSCertDuration")}
    usual = {("warning", "outlives-intermediate", "claims.defaultTLSCertDuration")}
    assert found(tls(max="1000h"), facts=facts) == longest
    assert found(tls(default="1000h"), facts=facts) == usual
    assert found(tls(max="48h"), facts=facts) == set()
    endless = found(
        tls(max="2500000h"), facts=Facts(now=datetime(9900, 1, 1, tzinfo=UTC), intermediate_expires=NOW)
    )
    assert longest < endless


def test_files_that_are_named_are_looked_at() -> None:
    """A file that is not there, or holds nothing of use, is a problem of its field; an unknown one is not."""
    gone, empty = FileFact(problem="is not there"), FileFact(text="nothing")
    aws = {"type": "AWS", "name": "a", "accounts": ["1"], "iidRoots": "/f"}
    for fact in (gone, empty):
        assert found(aws, facts=Facts(files={"/f": fact})) == {("error", "iid-roots-unreadable", "iidRoots")}
    certificate = FileFact(text="-----BEGIN CERTIFICATE-----")
    assert found(aws, facts=Facts(files={"/f": certificate})) == found(aws) == set()
    assert found(facts=Facts(files={"r": gone, "c": empty})) == {("error", "file-missing", "root")}
    key = {**SCEP, "decrypterKey": "softkms:path=f", "decrypterCertificate": "AAAA"}
    assert found(key, facts=Facts(files={"f": gone})) == {("error", "decrypter-key-address", "decrypterKey")}


def test_template_files_are_read_as_templates() -> None:
    """A template file that is not there or looks broken fails every request, unless a template hides it."""
    entry = acme(options={"x509": {"templateFile": "f"}})
    problem = {("danger", "template-file", "options.x509.templateFile")}
    assert found(entry, facts=Facts(files={"f": FileFact(problem="is not there")})) == problem
    assert found(entry, facts=Facts(files={"f": FileFact(text="{{")})) == problem
    assert found(entry, facts=Facts(files={"f": FileFact(text="{}")})) == set()
    hidden = acme(options={"x509": {"templateFile": "f", "template": "{}"}})
    codes = {code for _, code, _ in found(hidden, facts=Facts(files={"f": FileFact(problem="is not there")}))}
    assert codes == {"template-both"}


def test_scep_needs_an_rsa_key() -> None:
    """A CA whose key is not RSA needs a decrypter of its own for SCEP."""
    problem = {("warning", "decrypter-missing", "decrypterKeyPEM")}
    assert found(SCEP, facts=Facts(intermediate_key="EC P-256")) == problem
    assert found(SCEP, facts=Facts(intermediate_key="RSA 2048")) == set()


def test_a_challenge_may_be_asked_by_a_webhook() -> None:
    """A webhook of the kind SCEPCHALLENGE stands for a challenge."""
    entry = {**SCEP, "challenge": "", "options": hooked(kind="SCEPCHALLENGE")["options"]}
    assert {code for _, code, _ in found(entry)} == {"webhook-unsigned"}


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("softkms:path=/a", "/a"),
        ("SoftKMS:/a", "/a"),
        ("softkms:path=/a;x=y", "/a"),
        ("awskms:/a", ""),
        ("/a", ""),
    ],
)
def test_the_file_of_a_key_address(address: str, path: str) -> None:
    """Only the software key manager names a file."""
    assert decrypter_file(address) == path


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("", False),
        (" {} ", False),
        ("e30=", False),
        ("e\n30=", False),
        ("é", True),
        ("e30", True),
        ("e3t9", True),
    ],
)
def test_templates_stand_as_text_or_base64(text: str, broken: bool) -> None:
    """A template that does not begin with a brace is base64."""
    assert bool(written_template_flaw(text)) == broken


@pytest.mark.parametrize(
    ("kind", "constraint"),
    [
        ("dns", "example.com"),
        ("dns", "*.example.com"),
        ("dns", " Example.com "),
        ("ip", "10.0.0.0/8"),
        ("ip", "::1"),
        ("cn", "Some Name"),
        ("email", "@example.com"),
        ("email", "a@example.com"),
        ("email", "a@"),
        ("dns", "xn--bcher-kva.example"),
        ("email", "example.com"),
        ("uri", "*.example.com"),
        ("uri", "example.com"),
    ],
)
def test_constraints_that_are_read(kind: str, constraint: str) -> None:
    """Constraints of a policy in the forms that step-ca documents are good."""
    assert constraint_flaw(kind, constraint) == ""


@pytest.mark.parametrize(
    ("kind", "constraint", "why"),
    [
        ("dns", " ", "empty"),
        ("dns", "a..b", "empty label"),
        ("dns", ".a", "begins with a dot"),
        ("dns", "a.*.b", "not at the beginning"),
        ("dns", "*a.b", "part of a label"),
        ("dns", "a b", "odd character"),
        ("ip", "10.0.0", "neither"),
        ("ip", "10.0.0.0/99", "neither"),
        ("cn", "*", "wildcard alone"),
        ("email", "*@a", "wildcard"),
        ("email", "a@b@c", "too many @"),
        ("dns", "*", "odd character"),
        ("dns", "a.", "empty label"),
        ("dns", "-a", "hyphen"),
        ("dns", "ab--c", "two hyphens"),
        ("ip", "fe80::1%eth0", "neither"),
        ("ip", "10.0.0.0/255.0.0.0", "neither"),
        ("email", "@", "no domain"),
        ("email", "é@a", "not ASCII"),
        ("email", "@.a", "begins with a dot"),
        ("email", ".a@b", "begins with a dot"),
        ("email", "a@b c", "odd character"),
        ("uri", "https://a", "scheme"),
        ("uri", "a..b", "empty label"),
        ("uri", "[::1]", "brackets"),
        ("uri", "a:1", "port"),
        ("uri", "10.0.0.1", "IP address"),
        ("uri", "a/b", "odd character"),
    ],
)
def test_constraints_that_are_not_read(kind: str, constraint: str, why: str) -> None:
    """What step-ca cannot read is named."""
    assert why in constraint_flaw(kind, constraint)


def test_every_rule_has_a_place_and_a_reason() -> None:
    """Rules are documented by a sentence, have codes in kebab-case, and come from the listed modules."""
    rows = [
        *table.FILE_RULES,
        *table.ENTRY_RULES,
        *table.LIST_RULES,
        *table.CHANGE_RULES,
        *table.WHOLE_RULES,
    ]
    modules = {module.__name__ for module in RULE_MODULES}
    for row in rows:
        assert row.summary.endswith(".")
        assert row.code.replace("-", "").isalnum()
        assert row.look.__module__ in modules
