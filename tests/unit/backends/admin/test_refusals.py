"""What refusals and broken answers of step-ca mean to a person; the words are those of step-ca v0.30.2."""

from __future__ import annotations

from typing import Any

import pytest

from shell.backends.admin.outcome import Answer, Lost, Outcome, Refused, Unreachable
from shell.backends.admin.refusals import explained, meaning_of

Message = dict[str, Any]


def acme(**members: Any) -> Message:
    """Return the message of an ACME provisioner as the CA gives it."""
    return {"id": "1", "type": "ACME", "name": "acme", "details": {"ACME": {}}, **members}


def refused(words: str, status: int = 400, type: str = "badRequest") -> Refused:
    """Return a refusal in these words."""
    return Refused(status, type, words, "7")


def brief(outcome: Outcome, sent: Message | None = None, before: Message | None = None) -> str:
    """Return what a person is told of an outcome."""
    return explained(outcome, sent, before).brief


INIT = "error initializing provisioner p: "


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("cannot change provisioner ID", "made one of its name since"),
        ("cannot change provisioner createdAt", "made one of its name since"),
        ("cannot change provisioner type", "cannot change; add another"),
        ("cannot change provisioner authorityID", "(authorityID)"),
        ("cannot change provisioner deletedAt", "(deletedAt)"),
        ("error storing provisioner p: provisioner with name p already exists", "named p already"),
        ("error storing provisioner p: provisioner with token ID azure/x already exists", "(azure/x)"),
        (
            "error updating provisioner 'p' in authority cache: provisioner with Token ID x already exists",
            "(x)",
        ),
        ("provisioner with token ID k8ssa/k8sSA-default already exists", "one K8sSA provisioner"),
        ("x; error saving authority provisioner; changed since last read", "another node"),
        ("error loading provisioner foo: provisioner foo not found", "does not have foo any more"),
        ("cannot remove provisioner p because no super admins will remain", "all super admins"),
        ("error deleting admin 1: cannot remove the last super admin", "no other super admin"),
        ("cannot change role of last super admin", "no other super admin"),
        (
            "error storing admin: admin with subject s and provisioner p already exists",
            "s is an admin of p already",
        ),
        ("error deleting admin 1: admins not found for provisioner new", "no admins under the name new"),
        ("error deleting admin 1: admin 1 not found", "no such admin any more"),
        ("must have super admin access to make this request", "only a super admin"),
        ("subject cannot be empty", "needs a subject"),
        ("invalid value for admin type", "an admin is an admin"),
        (
            "error storing authority policy: the provided policy would lock out [step] from the CA",
            "certificates of an admin",
        ),
        ("authority already has a policy", "has a policy already"),
        ("authority policy does not exist", "has no policy"),
        ("error validating authority policy: cannot parse permitted domain", "a name that is none"),
        ('proto: (line 1:2): unknown field "acme"', "no field acme"),
        ("operation not supported in standalone mode", "no policies for single"),
        ("policy operations not yet supported in linked deployments", "no policies for single"),
        (
            "this functionality is currently only available in Certificate Manager: u",
            "no external account keys",
        ),
        ("ACME EAB not enabled for provisioner 'p'", "requireEAB"),
        ("administration API not enabled", "remote management is off"),
        ("error loading provisioners: unsupported provisioner type NOOP", "without a type"),
        (
            "max duration '1w' is invalid: error parsing 1w as duration: time: x",
            "the max lifetime 1w is no Go",
        ),
        ("min duration '2h' cannot be greater than max duration '1h'", "min is 2h, and max is 1h"),
        ("default duration '2h' cannot be greater than max duration '1h'", "default is 2h, and max is 1h"),
        ("invalid template: invalid SSH template: error parsing template: x", "the SSH template is no Go"),
        ("invalid template: invalid X.509 template data: error validating json", "X.509 template is no JSON"),
        ("webhook secret must not be set", "CA's own"),
        ("webhook ID cannot be updated", "CA's own"),
        ("webhook name is required", "has no name"),
        ("webhook url is invalid", "is none"),
        ("webhook url must use https", "https only"),
        ("webhook url may not contain username or password", "--basic-auth-username"),
        ('webhook kind "NO_KIND" is invalid', "NO_KIND is no kind"),
        ('provisioner "p" already has a webhook with the name "w"', "webhook w already"),
        ('provisioner "p" has no webhook with the name "w"', "webhook w is not there"),
        ("error storing provisioner n: provisioner does not have any details", "no settings of its type"),
        ("error unmarshaling public key: x", "no JWK"),
        ("syntax error (line 1:2): unexpected token", "could not read"),
        ("error reading request body: error decoding json: x", "could not read"),
        (INIT + "provisioner key cannot be empty", "it does not take key:"),
        (INIT + "clientID cannot be empty", "take clientID:"),
        (INIT + "error parsing listenAddress: x", "take listenAddress:"),
        (INIT + "provisioner tenantId cannot be empty", "take tenantID:"),
        (INIT + "v3: not a supported AWS Instance Metadata Service version", "take imdsVersions:"),
        (INIT + "provisioner instanceAge cannot be negative", "take instanceAge:"),
        (INIT + "error parsing AWS IID certificate: no certificates found", "take iidRoots:"),
        (INIT + "provisioner cannot have both `projectIDs` and `organizationID` set", "take projectIDs:"),
        (INIT + 'acme challenge "x" is not supported', "take challenges:"),
        (INIT + 'acme attestation format "x" is not supported', "take attestationFormats:"),
        (INIT + "error parsing attestationRoots: malformed certificate", "take attestationRoots:"),
        (INIT + "provisioner root(s) cannot be empty", "take roots:"),
        (INIT + "no x509 certificates found in roots attribute for provisioner 'p'", "take roots:"),
        (INIT + "failed to create CA pool: x", "take roots:"),
        (INIT + "K8s Service Account provisioner cannot be initialized without pub keys", "take publicKeys:"),
        (INIT + "error parsing public key in provisioner 'p': x", "take publicKeys:"),
        (INIT + "2047 bits is not exactly divisible by 8", "take minimumPublicKeyLength:"),
        (
            INIT + "only encryption algorithm identifiers from 0 to 4 are valid",
            "encryptionAlgorithmIdentifier:",
        ),
        (INIT + "failed parsing decrypter certificate: trailing data", "take decrypterCertificate:"),
        (INIT + "failed parsing decrypter key: no PEM block found", "take decrypterKeyPEM:"),
        (INIT + "failed creating decrypter: x", "take decrypterKey:"),
        (INIT + "mismatch between decrypter certificate and decrypter public keys", "decrypterCertificate:"),
        (INIT + "claims: MinTLSCertDuration must be greater than 0", "take claims.minTLSCertDuration:"),
        (
            INIT + "claims: MaxCertDuration cannot be less than DefaultCertDuration: x",
            "claims.maxTLSCertDuration:",
        ),
        (
            INIT + "claims: DefaultCertDuration cannot be less than MinCertDuration: x",
            "claims.defaultTLSCert",
        ),
        (INIT + "webhook url must use https", "called over https only"),
        (INIT + "error parsing configurationEndpoint: x", "take configurationEndpoint:"),
        (
            'error validating configuration for provisioner "p": provisioner name cannot be empty',
            "take name:",
        ),
    ],
)
def test_the_words_of_the_ca_are_explained(words: str, means: str) -> None:
    """Each refusal says what it is about and, but for one, what to do next."""
    found = meaning_of(refused(words))
    assert found is not None
    assert means in str(found)
    assert found.hint or "no admins under" in found.why


@pytest.mark.parametrize(
    ("type", "means"),
    [
        ("authorityMismatch", "another authority"),
        ("deleted", "removed it meanwhile"),
        ("notImplemented", "does not offer"),
    ],
)
def test_a_kind_of_error_has_a_meaning_of_its_own(type: str, means: str) -> None:
    """Where the words are unknown, the kind says something."""
    assert means in brief(refused("zzz", 400, type))


def test_unknown_words_are_told_as_they_are() -> None:
    """And made visible."""
    assert brief(refused("never heard\u202e of it")) == "the CA refused (400): never heard\\u202e of it"


@pytest.mark.parametrize(
    ("type", "details", "names"),
    [
        (
            "OIDC",
            {"OIDC": {"clientId": "c", "configurationEndpoint": "https://i"}},
            "(configurationEndpoint)",
        ),
        ("AZURE", {"Azure": {"tenantId": "t"}}, "(tenantID)"),
        ("GCP", {"GCP": {}}, "(the keys of Google)"),
    ],
)
def test_a_provider_that_the_ca_does_not_reach_is_named(type: str, details: Message, names: str) -> None:
    """By the field that says which one it is."""
    sent = acme(type=type, details=details)
    text = brief(refused(INIT + "failed to connect to https://i: dial tcp", 500), sent)
    assert names in text
    assert "check --online" in text


def test_an_unknown_failure_names_what_was_changed() -> None:
    """A 500 without words that are known is mostly a value: of a change its fields, of an addition what it sets."""
    before = acme()
    sent = acme(details={"ACME": {"forceCn": True}}, claims={"x509": {"durations": {"max": "1h"}}})
    failed = refused("zzz", 500, "internalServerError")
    text = brief(failed, sent, before)
    assert text.startswith("the CA refused (500): zzz; it changed ")
    assert "forceCN" in text
    assert "claims.maxTLSCertDuration" in text
    assert "it set " in brief(failed, sent)
    assert "forceCN" in brief(failed, sent)
    assert brief(failed, before, before) == "the CA refused (500): zzz"


def test_a_dropped_connection_names_the_field_that_is_known_to_do_that() -> None:
    """A negative lifetime makes step-ca panic, and a JWK provisioner without a key."""
    lost = Lost("the connection ended", "/admin/provisioners")
    negative = acme(claims={"ssh": {"enabled": True, "userDurations": {"max": "-1h"}}})
    assert "claims.maxUserSSHCertDuration: step-ca breaks off at a negative" in brief(lost, negative)
    assert "likely key" in brief(lost, acme(type="JWK", details={"JWK": {}}))
    oidc = acme(type="OIDC", details={"OIDC": {"configurationEndpoint": "https://i"}})
    assert "likely configurationEndpoint" in brief(lost, oidc)
    changed = acme(details={"ACME": {"requireEab": True}})
    assert brief(lost, changed, acme()) == "the connection ended (it changed requireEAB)"
    assert brief(lost) == "the connection ended"


def test_a_secret_is_named_and_not_shown() -> None:
    """What is said of a request are the names of fields."""
    sent = acme(type="SCEP", details={"SCEP": {"challenge": "hunter2"}})
    assert "hunter2" not in brief(Lost("x", "/"), sent) + brief(refused("zzz", 500), sent)
    assert "challenge" in brief(Lost("x", "/"), sent)


@pytest.mark.parametrize("outcome", [Answer(200, None, "7"), Unreachable("ca-down", "down")])
def test_what_is_clear_is_not_explained(outcome: Outcome) -> None:
    """An answer, and a request that was never sent."""
    assert explained(outcome, acme()) is outcome
