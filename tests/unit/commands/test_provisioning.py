"""`add`, `update`, `remove`, `copy`, `jwe-key` and `webhook` on a ca.json, up to what is staged.

That the result is step's is the business of tests/live/test_parity_with_step.py.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shell.errors import ShellError
from shell.keys.jwe import decrypt_key, encrypt_key
from shell.keys.jwk import Jwk, create_key, same_pair, to_key
from tests.support import nebula
from tests.support.certificates import certificate, private_pem, public_pem
from tests.support.lines import Lines
from tests.support.pki import Entry, Pki

PASSWORD = "a key password"
IDP = "https://idp.example.com"


@pytest.fixture(scope="module")
def pair() -> tuple[Jwk, Jwk]:
    """Return a key pair as (private, public)."""
    return create_key()


@pytest.fixture(scope="module")
def protected(pair: tuple[Jwk, Jwk]) -> str:
    """Return the private key under the password, with few rounds."""
    return encrypt_key(pair[0], PASSWORD, 1000)


@pytest.fixture
def folder(tmp_path: Path, pair: tuple[Jwk, Jwk], protected: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, which is the working folder, with key files and a password file."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "key.pub").write_text(json.dumps(pair[1]))
    (folder / "key.priv").write_text(json.dumps(pair[0]))
    (folder / "key.jwe").write_text(protected)
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "roots").write_bytes(certificate("root"))
    (folder / "tpl").write_text("{{ .Subject }}\n")
    monkeypatch.chdir(folder)
    return folder


class Start:
    """Opens sessions on a ca.json with given provisioners."""

    def __init__(self, pki: Pki, path: Path) -> None:
        self.pki = pki
        self.path = path

    def __call__(self, *entries: Entry, interactive: bool = False, folder: Path | None = None) -> Lines:
        """Return a session on a ca.json that holds these entries."""
        self.path.write_text(json.dumps(self.pki.config(entries)))
        return Lines(self.path, interactive=interactive, folder=folder)


@pytest.fixture
def start(pki: Pki, folder: Path, tmp_path: Path) -> Start:
    """Return what opens a session."""
    return Start(pki, tmp_path / "ca.json")


def acme(name: str = "p", **members: Any) -> Entry:
    """Return a small provisioner."""
    return {"type": "ACME", "name": name, **members}


def jwk(pair: tuple[Jwk, Jwk], name: str = "p", **members: Any) -> Entry:
    """Return a JWK provisioner with the public key of the pair."""
    return {"type": "JWK", "name": name, "key": dict(pair[1]), **members}


def refused(lines: Lines, line: str) -> ShellError:
    """Return the error of a line that stages nothing."""
    before = lines.names()
    with pytest.raises(ShellError) as caught:
        lines.run(line=line)
    assert lines.names() == before
    return caught.value


# add


def test_an_entry_is_added_as_it_is(start: Start) -> None:
    """`--entry` keeps the order, the numbers, unknown members and unknown types; the name may be left out."""
    lines = start()
    lines.run(line="""add p --entry '{"zz": 1.20, "type": "brand-new", "a": {"b": null}}'""")
    assert lines.text("p") == '{"type": "brand-new", "name": "p", "zz": 1.20, "a": {"b": null}}'
    lines.run(line="""add q --entry '{"name": "q", "TYPE": "acme", "FORCEcn": true}'""")
    assert lines.text("q") == '{"name": "q", "type": "acme", "forceCN": true}'


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("[]", "bad-json"),
        ("{", "bad-json"),
        ('{"type": "ACME"} x', "bad-json"),
        ('{"type": "ACME", "name": "other"}', "name-differs"),
        ('{"type": "ACME", "forceCN": 1}', "bad-value"),
    ],
)
def test_an_entry_that_is_none_is_refused(start: Start, entry: str, code: str) -> None:
    """What is no object, has another name, or would make step-ca refuse the file is not added."""
    assert refused(start(), f"add p --entry '{entry}'").code == code


def test_an_entry_says_everything(start: Start, folder: Path) -> None:
    """It can come from a file, and takes no other flag beside it."""
    (folder / "entry").write_text('\ufeff{"type": "SSHPOP"}\n')
    lines = start()
    lines.run(line="add p --entry @entry")
    assert lines.entry("p") == {"type": "SSHPOP", "name": "p"}
    assert refused(lines, "add q --entry @entry --type ACME").code == "contradicting-flags"
    assert refused(lines, "add q --entry @entry --ssh").code == "contradicting-flags"


def test_everything_that_is_missing_is_said_at_once(start: Start) -> None:
    """One error names all required fields and the flags that supply them."""
    error = refused(start(), "add p --type OIDC")
    assert "clientID and configurationEndpoint" in error.message
    assert error.hint == "add p --type OIDC --client-id ID --configuration-endpoint URL"
    assert "--create or --public-key FILE" in refused(start(), "add p").hint


def test_a_taken_name_is_refused_before_a_password_is_asked(start: Start) -> None:
    """No key is made for a provisioner that cannot be added."""
    assert (
        refused(
            start(
                acme("p"),
            ),
            "add p --create",
        ).code
        == "name-taken"
    )


def test_a_key_file_makes_a_provisioner(start: Start, pair: tuple[Jwk, Jwk], protected: str) -> None:
    """A public key alone, a private one that is then protected, or one that is protected already."""
    lines = start()
    notices = lines.run(line="add a key.pub").notices
    assert lines.entry("a")["key"] == pair[1]
    assert "encryptedKey" not in lines.entry("a")
    assert "public key only" in notices[0]
    lines.run(line="add b key.priv --password-file password")
    assert decrypt_key(lines.entry("b")["encryptedKey"], PASSWORD) == pair[0]
    lines.run(line="add c key.jwe --password-file password")
    assert (lines.entry("c")["key"], lines.entry("c")["encryptedKey"]) == (pair[1], protected)


def test_a_key_file_is_for_a_new_jwk_provisioner_alone(start: Start) -> None:
    """It goes neither with another type nor with other keys, and what is protected needs its password."""
    assert refused(start(), "add p key.pub --type ACME").code == "contradicting-flags"
    assert refused(start(), "add p key.pub --create --password-file password").code == "contradicting-flags"
    assert refused(start(), "add p key.jwe").code == "no-key-password"


@pytest.mark.parametrize(
    "flags", ["--create", "--public-key key.pub --private-key key.priv", "--create --kty OKP"]
)
def test_a_batch_says_where_a_key_password_comes_from(start: Start, flags: str) -> None:
    """Without a person to ask, the error names the flag, and no password is made."""
    error = refused(start(), f"add p {flags}")
    assert error.code == "no-key-password"
    assert "--password-file" in error.hint


def test_the_prompt_asks_for_the_key_password(start: Start, pair: tuple[Jwk, Jwk]) -> None:
    """Nothing is staged before the answer, which then protects the key and appears nowhere."""
    lines = start(interactive=True)
    request = lines.run(line="add p --public-key key.pub --private-key key.priv").request
    assert request is not None
    assert callable(request.resume)
    assert (request.kind, lines.names()) == ("password", [])
    result = request.resume(PASSWORD)
    assert decrypt_key(lines.entry("p")["encryptedKey"], PASSWORD) == pair[0]
    assert PASSWORD not in repr([result.notices, result.remarks, lines.session.draft.steps[-1].line])


def test_an_empty_answer_makes_a_password_and_shows_it_once(start: Start) -> None:
    """The notice holds the password that opens the key; redo never makes another."""
    lines = start(interactive=True)
    request = lines.run(line="add p --create").request
    assert request is not None
    assert callable(request.resume)
    notice = request.resume("").notices[0]
    encrypted = lines.entry("p")["encryptedKey"]
    assert decrypt_key(encrypted, notice.rpartition(" ")[2])["kty"] == "EC"
    lines.run(line="undo")
    lines.run(line="redo")
    assert lines.entry("p")["encryptedKey"] == encrypted


@pytest.mark.parametrize("words", ["key.jwe", "--public-key key.pub --private-key key.pem"])
def test_a_protected_key_file_is_opened_with_its_password(
    start: Start, folder: Path, pair: tuple[Jwk, Jwk], words: str
) -> None:
    """At the prompt it is asked for, and none is made up: an empty answer stages nothing, a wrong one is told."""
    (folder / "key.pem").write_bytes(private_pem(to_key(pair[0]), password=PASSWORD))
    assert refused(start(), f"add p {words}").code == "no-key-password"
    lines = start(interactive=True)
    request = lines.run(line=f"add p {words}").request
    assert request is not None
    assert callable(request.resume)
    assert request.resume("").notices == ["no password, and nothing staged"]
    with pytest.raises(ShellError, match="does not open"):
        request.resume("wrong")
    assert lines.names() == []
    request.resume(PASSWORD)
    entry = lines.entry("p")
    assert same_pair(entry["key"], decrypt_key(entry["encryptedKey"], PASSWORD))


def test_files_that_hold_another_thing_are_refused(start: Start) -> None:
    """A private key is never published, a public one is no private half, and a certificate no key file."""
    lines = start()
    assert refused(lines, "add p --public-key key.priv").code == "key-is-private"
    assert refused(lines, "add p --public-key key.pub --private-key key.pub").code == "key-is-public"
    assert refused(lines, "add p tpl").code == "key-format"
    assert refused(lines, "add p missing").code == "unreadable"


def test_a_new_key_can_be_of_another_kind(start: Start) -> None:
    """`--kty`, `--curve` and `--size` go with `--create`, and with nothing else."""
    lines = start()
    lines.run(line="add p --create --kty EC --curve P-384 --password-file password")
    assert lines.entry("p")["key"]["crv"] == "P-384"
    lines.run(line="add r --create --kty RSA --size 2048 --password-file password")
    assert len(lines.entry("r")["key"]["n"]) == 342
    assert refused(lines, "add q --create --size big --password-file password").code == "bad-value"
    assert refused(lines, "add q --create --kty oct --password-file password").code == "key-symmetric"
    assert refused(lines, "add q --public-key key.pub --kty RSA").code == "flag-needs-flag"
    assert refused(lines, "add q --create --public-key key.pub").code == "contradicting-flags"


def test_values_are_written_as_step_writes_them(start: Start) -> None:
    """Lifetimes in Go's canonical form, choices in their usual case, each item once, empty values not at all."""
    lines = start()
    lines.run(
        line="add a --type ACME --challenge DNS-01 --challenge dns-01 --x509-max-dur 48h --ssh-template ''"
    )
    assert lines.entry("a")["challenges"] == ["dns-01"]
    assert lines.entry("a")["claims"]["maxTLSCertDuration"] == "48h0m0s"
    assert lines.entry("a")["options"] == {"x509": {}, "ssh": {}}
    lines.run(line="add b --type AWS --aws-account 1 --aws-account 1 --instance-age 90m")
    assert (lines.entry("b")["accounts"], lines.entry("b")["instanceAge"]) == (["1"], "1h30m0s")


def test_secrets_come_from_sources(start: Start, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client secret is read from a variable, a SCEP challenge from a file, without the line end."""
    monkeypatch.setenv("CLIENT_SECRET", "s3cret\n")
    (folder / "challenge").write_text("ch4llenge\n")
    lines = start()
    lines.run(
        line=f"add o --type OIDC --client-id a --configuration-endpoint {IDP} --client-secret env:CLIENT_SECRET"
    )
    lines.run(line="add s --type SCEP --challenge @challenge")
    assert lines.entry("o")["clientSecret"] == "s3cret"
    assert lines.entry("s")["challenge"] == "ch4llenge"


def test_a_restricted_session_reads_only_in_its_folder(start: Start, folder: Path) -> None:
    """A flag's path is held to the folder as any other source."""
    lines = start(folder=folder)
    lines.run(line="add p --type ACME --x509-template tpl")
    assert lines.entry("p")["options"]["x509"] == {"template": "{{ .Subject }}\n"}
    assert refused(lines, "add q --type ACME --x509-template ../ca.json").code == "outside-folder"
    assert refused(lines, "add q ../ca.json").code == "outside-folder"


def test_standard_input_is_no_template_where_it_holds_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that came on standard input has used it up, and at the prompt it is the keyboard."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    saved = os.dup(0)
    try:
        os.dup2(nothing, 0)
        assert refused(start(), "add p --type ACME --x509-template -").code == "empty-input"
        assert refused(start(interactive=True), "add p --type ACME --x509-template -").code == "no-input"
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(nothing)


def test_an_empty_file_is_no_template(start: Start, folder: Path) -> None:
    """As with step there is then none."""
    (folder / "empty").write_text("")
    lines = start()
    lines.run(line="add p --type ACME --x509-template empty")
    assert lines.entry("p")["options"] == {"x509": {}, "ssh": {}}


@pytest.mark.parametrize("data", ["[1]", "nothing"])
def test_template_data_is_an_object(start: Start, folder: Path, data: str) -> None:
    """Variables that step-ca could not read are refused, with the flag."""
    (folder / "data").write_text(data)
    error = refused(start(), "add p --type ACME --x509-template-data data")
    assert error.message.startswith("--x509-template-data: ")


def test_certificates_and_keys_are_read_for_their_types(start: Start, folder: Path) -> None:
    """Each file flag makes the member that its type has; several files make one bundle."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    (folder / "sa.pub").write_bytes(public_pem(rsa_key))
    (folder / "scep.crt").write_bytes(certificate("scep", key=rsa_key))
    (folder / "scep.key").write_bytes(private_pem(rsa_key))
    (folder / "nebula.crt").write_bytes(nebula.version1())
    lines = start()
    lines.run(line="add x --type X5C --x5c-roots roots")
    lines.run(line="add n --type Nebula --nebula-root nebula.crt")
    lines.run(line="add k --type K8sSA --public-key sa.pub")
    lines.run(line="add a --type ACME --attestation-roots roots --attestation-roots roots")
    lines.run(
        line="add s --type SCEP --scep-decrypter-certificate-file scep.crt --scep-decrypter-key-file scep.key "
        "--scep-decrypter-key-password-file password --capabilities AES"
    )
    found = {
        name: base64.b64decode(lines.entry(name)[member]).count(b"-----BEGIN ")
        for name, member in (("x", "roots"), ("n", "roots"), ("k", "publicKeys"), ("a", "attestationRoots"))
    }
    assert found == {"x": 1, "n": 1, "k": 1, "a": 2}
    scep = lines.entry("s")
    assert base64.b64decode(scep["decrypterKeyPEM"]) == private_pem(rsa_key)
    assert scep["decrypterKeyPassword"] == PASSWORD
    lines.run(line='update s --scep-decrypter-key-file "" --capabilities "" --challenge ""')
    assert {"decrypterKeyPEM", "capabilities"}.isdisjoint(lines.entry("s"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("add p --type AWS --disable-ssh-ca-user", "flag-of-other-type"),
        ("add p --type SCEP --challenge a --challenge b", "repeated-flag"),
        ("add p --type OIDC --client-id c --configuration-endpoint ftp://x", "bad-value"),
        ("add p key.pub --type X5C", "contradicting-flags"),
    ],
)
def test_what_a_type_cannot_have_is_refused(start: Start, line: str, code: str) -> None:
    """Where step stops, so does the line."""
    assert refused(start(), line).code == code


def test_a_flag_that_means_nothing_for_the_type_is_said(start: Start) -> None:
    """The line does the rest."""
    lines = start()
    answer = lines.run(line="add p --type SSHPOP --x509-template tpl --disable-renewal")
    assert answer.notices == ["--x509-template means nothing for SSHPOP provisioners and is ignored"]
    assert lines.entry("p")["claims"]["disableRenewal"] is True


def test_numbers_in_template_data_keep_their_spelling(start: Start, folder: Path) -> None:
    """`1.50` stays `1.50`."""
    (folder / "data").write_text('{"n": 1.50}')
    lines = start()
    lines.run(line="add p --type ACME --ssh-template-data data")
    assert '"ssh": {"templateData": {"n": 1.50}}' in lines.text("p")


# update


def test_an_update_touches_what_it_names(start: Start) -> None:
    """Everything else stays, also what nobody knows; the draft holds one edit."""
    lines = start(acme(zz=1, claims={"maxTLSCertDuration": "48h"}))
    lines.run(line="update p --require-eab")
    assert lines.entry("p") == acme(zz="1", claims={"maxTLSCertDuration": "48h"}, requireEAB=True)
    assert len(lines.session.draft.steps[-1].edits) == 1


def test_an_update_that_changes_nothing_stages_nothing(start: Start) -> None:
    """It is said, and there is nothing to undo."""
    lines = start(acme(forceCN=True, challenges=["dns-01"]))
    for line in ("--force-cn", "--challenge DNS-01", "--require-eab=false", "--name p", "--client-id x"):
        assert "nothing to do" in lines.run(line=f"update p {line}").notices[-1]
    assert not lines.session.has_staged_edits
    assert refused(lines, "update p").code == "nothing-given"


def test_a_switch_that_is_off_leaves_the_file(start: Start) -> None:
    """What step leaves out when it is false is removed; a claim stays as an explicit false."""
    lines = start(acme(forceCN=True, claims={"enableSSHCA": True}))
    lines.run(line="update p --force-cn=false --ssh=false")
    assert lines.entry("p") == acme(claims={"enableSSHCA": False})


def test_list_items_are_found_in_any_case_where_step_ca_reads_any(start: Start) -> None:
    """A challenge written in capitals can be removed, and is not added again; a domain must match."""
    lines = start(
        acme(challenges=["HTTP-01", "dns-01"]),
        {"type": "OIDC", "name": "o", "clientID": "c", "configurationEndpoint": IDP, "domains": ["A.com"]},
    )
    lines.run(line="update p --remove-challenge http-01 --challenge dns-01 --challenge tls-alpn-01")
    assert lines.entry("p")["challenges"] == ["dns-01", "tls-alpn-01"]
    answer = lines.run(line="update o --remove-domain a.com --domain b.com")
    assert answer.notices == ["a.com is not in domains of o"]
    assert lines.entry("o")["domains"] == ["A.com", "b.com"]


def test_a_template_takes_the_place_of_a_template_file(start: Start) -> None:
    """The reference goes when the text comes, and both go when it is emptied; else it stays."""
    reference = {"x509": {"templateFile": "t.tpl", "templateData": {"a": "b"}}}
    lines = start(acme("p", options=reference), acme("q", options=reference))
    lines.run(line="update p --force-cn")
    assert lines.entry("p")["options"] == reference
    lines.run(line="update p --x509-template tpl")
    assert lines.entry("p")["options"] == {
        "x509": {"templateData": {"a": "b"}, "template": "{{ .Subject }}\n"}
    }
    lines.run(line='update q --x509-template "" --x509-template-data ""')
    assert lines.entry("q")["options"] == {"x509": {}}


def test_projects_and_organization_exclude_each_other_in_the_result(start: Start) -> None:
    """One line may put one in the place of the other; a line that leaves both is refused."""
    lines = start({"type": "GCP", "name": "g", "projectIDs": ["a"]})
    assert refused(lines, "update g --gcp-organization 1").code == "contradicting-fields"
    assert not lines.session.has_staged_edits
    lines.run(line="update g --gcp-organization 1 --remove-gcp-project a")
    assert lines.entry("g") == {"type": "GCP", "name": "g", "organizationID": "1"}


def test_a_provisioner_is_renamed(start: Start) -> None:
    """`--name` goes with other changes; a name that is taken is refused."""
    lines = start(acme("p"), acme("q"))
    assert refused(lines, "update p --name q --force-cn").code == "name-taken"
    lines.run(line="update p --name r --force-cn")
    assert lines.entry("r") == acme("r", forceCN=True)


def test_an_unknown_type_has_no_flags(start: Start) -> None:
    """Nobody knows what a flag would mean for it; the fields can be set."""
    error = refused(start({"type": "new", "name": "p"}), "update p --ssh")
    assert (error.code, "set p" in error.hint) == ("unknown-type", True)


def test_a_new_public_key_drops_the_old_private_one(
    start: Start, pair: tuple[Jwk, Jwk], folder: Path
) -> None:
    """It belonged to the old key, and a notice says so; the same key again changes nothing."""
    lines = start(jwk(pair, encryptedKey="old"))
    assert "nothing to do" in lines.run(line="update p --public-key key.pub").notices[-1]
    (folder / "new.pub").write_text(json.dumps(create_key()[1]))
    assert "goes with it" in lines.run(line="update p --public-key new.pub").notices[0]
    assert "encryptedKey" not in lines.entry("p")


def test_a_private_key_must_belong_to_the_public_one(
    start: Start, pair: tuple[Jwk, Jwk], folder: Path
) -> None:
    """To the new one where a line gives both halves, to the present one else; what is closed is let by and said."""
    (folder / "other.priv").write_text(json.dumps(create_key()[0]))
    lines = start(jwk(pair))
    assert refused(lines, "update p --private-key other.priv --password-file password").code == "key-pair"
    lines.run(line="update p --private-key key.priv --password-file password")
    assert decrypt_key(lines.entry("p")["encryptedKey"], PASSWORD) == pair[0]
    assert "stays closed" in lines.run(line="update p --private-key key.jwe").notices[0]
    lines.run(line='update p --private-key ""')
    assert "encryptedKey" not in lines.entry("p")


def test_an_update_can_make_a_key(start: Start, pair: tuple[Jwk, Jwk]) -> None:
    """Both halves are replaced together."""
    lines = start(jwk(pair, encryptedKey="old"))
    lines.run(line="update p --create --password-file password")
    entry = lines.entry("p")
    assert same_pair(entry["key"], decrypt_key(entry["encryptedKey"], PASSWORD))
    assert entry["key"]["kid"] != pair[1]["kid"]


# remove, copy, jwe-key


def test_a_provisioner_is_removed(start: Start) -> None:
    """By name, or by its place in the list."""
    lines = start(acme("a"), acme("b"), acme("c"))
    lines.run(line="remove b")
    lines.run(line="remove %2")
    assert lines.names() == ["a"]


def test_a_key_identifier_guards_a_removal(start: Start, pair: tuple[Jwk, Jwk]) -> None:
    """Only the provisioner with that key goes, also of several of one name; another key is named in the error."""
    other = {"kty": "EC", "kid": "1234"}
    lines = start(jwk(pair), jwk(pair, key=other), acme("a"))
    error = refused(lines, "remove p --kid 99")
    assert (error.code, "1234" in error.hint) == ("other-key", True)
    lines.run(line="remove p --kid 1234")
    assert lines.entry("p")["key"] == pair[1]
    assert refused(lines, "remove a --kid 1234").hint == "it has no key"


def test_all_of_one_name_are_removed(start: Start) -> None:
    """In a broken file one line removes them; without the flag the line says which there are."""
    lines = start(acme("p"), acme("p"), acme("q"))
    assert refused(lines, "remove p").code == "ambiguous-name"
    lines.run(line="remove p --all")
    assert lines.names() == ["q"]
    assert refused(lines, "remove p --all").code == "no-such-provisioner"


def test_a_copy_takes_over_everything_but_secrets_of_the_original(start: Start) -> None:
    """Also unknown members and webhooks, but no secret of a webhook; flags change the copy alone."""
    hook = {"id": "1", "name": "h", "url": "https://h", "secret": "s", "bearerToken": "t"}
    lines = start(acme("p", zz=[1], options={"webhooks": [hook]}))
    lines.run(line="copy p q --force-cn")
    kept = {"id": "1", "name": "h", "url": "https://h"}
    assert lines.entry("q") == acme("q", zz=["1"], options={"webhooks": [kept]}, forceCN=True)
    assert "forceCN" not in lines.entry("p")


@pytest.mark.parametrize(
    ("entry", "flags", "field", "needs"),
    [
        (
            {"type": "OIDC", "clientID": "a", "clientSecret": "s", "configurationEndpoint": IDP},
            "--client-id b",
            "clientID",
            "--client-id ID",
        ),
        ({"type": "Azure", "tenantID": "a"}, "--azure-tenant b", "tenantID", "--azure-tenant ID"),
        (
            {"type": "JWK", "key": {"kid": "a"}, "encryptedKey": "x"},
            "--public-key key.pub",
            "key",
            "--create",
        ),
    ],
    ids=["OIDC", "Azure", "JWK"],
)
def test_a_copy_has_an_identity_of_its_own(
    start: Start, entry: Entry, flags: str, field: str, needs: str
) -> None:
    """Without a key, client or tenant of its own there is no copy; secrets that go with it are not taken."""
    lines = start({"name": "p", **entry})
    assert needs in refused(lines, "copy p q").hint
    lines.run(line=f"copy p q {flags}")
    assert lines.entry("q")[field] != entry[field]
    assert {"clientSecret", "encryptedKey"}.isdisjoint(lines.entry("q"))


def test_some_cannot_be_copied(start: Start) -> None:
    """A CA has one K8sSA provisioner; a type that nobody knows is copied as it is."""
    lines = start({"type": "K8sSA", "name": "k"}, {"type": "new", "name": "n", "x": {}})
    assert refused(lines, "copy k l").code == "only-one"
    assert refused(lines, "copy n k").code == "name-taken"
    lines.run(line="copy n m")
    assert lines.entry("m") == {"type": "new", "name": "m", "x": {}}


def test_the_encrypted_key_is_printed(start: Start, pair: tuple[Jwk, Jwk], protected: str) -> None:
    """Of several provisioners with the key it is the last one's, as the CA has it."""
    kid = pair[1]["kid"]
    lines = start(jwk(pair, "a", encryptedKey="other"), jwk(pair, "b", encryptedKey=protected))
    answer = lines.run("jwe-key", "--", kid)
    assert answer.blocks[0].lines == [protected]  # type: ignore[union-attr]
    assert answer.json == protected
    assert refused(lines, "jwe-key nothing").code == "no-such-key"
    assert refused(start(jwk(pair)), f"jwe-key -- {kid}").code == "no-encrypted-key"


# webhooks


@pytest.mark.parametrize(
    "line",
    [
        "webhook add p h --url https://h --bearer-token-file token --disable-tls-client-auth --cert-type x509",
        "webhook update p h --url https://h",
        "webhook remove p h",
    ],
)
def test_webhooks_of_a_file_are_refused_with_a_way_out(start: Start, line: str) -> None:
    """The error says why a file cannot have them; the line that it offers works."""
    lines = start(acme("p"))
    error = refused(lines, line)
    assert error.code == "needs-admin-api"
    assert "remote management" in error.hint
    if "--url" in line:
        lines.run(line=error.hint[error.hint.index("set p ") :])
        assert lines.entry("p")["options"]["webhooks"][0]["url"] == "https://h"


def test_completion_knows_the_type(start: Start, pair: tuple[Jwk, Jwk]) -> None:
    """Flags are offered for the type, items to remove from the list, key identifiers and webhooks."""
    from shell.commands import REGISTRY
    from shell.language.analysis import analyse
    from shell.language.cursor import candidates

    lines = start(jwk(pair, "j"), acme("p", challenges=["dns-01"], options={"webhooks": [{"name": "h"}, {}]}))

    def offered(line: str) -> list[str]:
        analysis = analyse(line, REGISTRY, cursor=len(line), interactive=True)
        return [candidate.text for _, candidate in candidates(analysis, REGISTRY, lines.session)]

    assert "--create" in offered("update j --")
    assert "--create" not in offered("update p --")
    assert "--challenge" in offered("add x --type acme --")
    assert offered("update p --remove-challenge ") == ["dns-01"]
    assert "dns-01" in offered("add x --type ACME --challenge ")
    assert "dns-01" not in offered("add x --type SCEP --challenge ")
    assert offered("add x --create --kty ") == ["EC", "RSA", "OKP"]
    assert offered("remove j --kid ")[:1] == [pair[1]["kid"]]
    assert offered("webhook remove p ")[0] == "h"
    assert offered("update j --x509-max-dur ")[0] == "5m"


def test_an_update_says_which_fields_it_is_about(start: Start) -> None:
    """Each field once, so that a flag of which one thought something else is noticed."""
    lines = start(acme())
    told = lines.run(
        line="update p --x509-max-dur 48h --require-eab --challenge http-01 --challenge dns-01"
    ).remarks
    assert told == ["staged: requireEAB, challenges, claims.maxTLSCertDuration of p"]
