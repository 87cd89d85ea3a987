"""Which target is chosen, from flags, variables and step's files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shell.errors import ExitCode, ShellError, UsageError
from shell.targets import Options, Target, disagreement, installed, resolve

URL = "https://ca.example.com:9000"


class World:
    """A machine with a step path: files are written into it, and targets resolved on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "step"
        self.environ: dict[str, str] = {"STEPPATH": str(self.base), "HOME": str(folder)}

    def write(self, name: str, content: object) -> Path:
        """Write text, or a value as JSON, under the folder of the machine."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def defaults(self, **members: Any) -> Path:
        """Write the defaults.json of the step path."""
        return self.write("step/config/defaults.json", {k.replace("_", "-"): v for k, v in members.items()})

    def context(self, name: str, profile: Mapping[str, Any] | None = None, **members: Any) -> None:
        """Add a context with what its authority and its profile say."""
        path = self.base / "contexts.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        known[name] = {"authority": f"{name}-a", "profile": f"{name}-p"}
        self.write("step/contexts.json", known)
        told = {k.replace("_", "-"): v for k, v in members.items()}
        self.write(f"step/authorities/{name}-a/config/defaults.json", told)
        self.write(f"step/profiles/{name}-p/config/defaults.json", dict(profile or {}))

    def resolve(self, **flags: Any) -> Target:
        """Return the target for these flags."""
        return resolve(Options(**flags), self.environ, str(self.folder))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return an empty machine."""
    monkeypatch.setattr(installed, "UNIT_FOLDERS", (str(tmp_path / "units"),))
    monkeypatch.setattr(installed, "USUAL_FILES", (str(tmp_path / "etc/ca.json"),))
    return World(tmp_path)


def test_a_file_named_by_a_flag(world: World) -> None:
    """--ca-config names a file, from the working folder; the prompt shows its own name."""
    path = world.write("x/ca.json", {})
    target = world.resolve(ca_config="x/ca.json")
    assert (target.kind, target.path, target.url) == ("file", str(path), "")
    assert (target.origin, target.label, target.name) == ("--ca-config", "ca.json", str(path))


def test_a_file_by_flag_needs_nothing_of_step(world: World) -> None:
    """With --ca-config broken files of step's are not even read, and STEP_CONTEXT asks for nothing."""
    world.write("ca.json", {})
    world.write("step/config/defaults.json", "{")
    world.environ |= {"STEP_CONTEXT": "nowhere", "STEP_CA_URL": URL}
    assert world.resolve(ca_config="ca.json").kind == "file"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (URL, URL),
        ("ca.example.com", "https://ca.example.com"),
        ("ca.example.com:9000/a/b?c#d", URL),
        ("HTTPS://ca.example.com:9000", URL),
        ("::1", "https://[::1]"),
        ("::1:9000", "https://[::1]:9000"),
        ("2001:db8:0:0:0:0:0:1", "https://[2001:db8::1]"),
        ("https://[::1]:9000", "https://[::1]:9000"),
    ],
)
def test_addresses_are_taken_as_step_takes_them(world: World, given: str, url: str) -> None:
    """The scheme may be missing, path and query are dropped, bare IPv6 addresses get brackets."""
    target = world.resolve(ca_url=given)
    assert (target.kind, target.url, target.label, target.origin) == ("ca", url, url, "--ca-url")


@pytest.mark.parametrize(
    "given",
    ["http://ca", "https://", "https://a b", "https://ca:x", "u@ca", "https://ca:0", "a:b:c:d", "[::1"],
)
def test_what_is_no_address(world: World, given: str) -> None:
    """Another scheme, no host, or a bad port is a usage error that names the flag."""
    with pytest.raises(UsageError, match="--ca-url is no address of a CA") as caught:
        world.resolve(ca_url=given)
    assert caught.value.code == "bad-url"


def test_flags_win_over_variables_and_those_over_files(world: World) -> None:
    """A flag beats a STEP_* variable, and a variable beats defaults.json."""
    one, two, three = (world.write(f"{name}.json", {}) for name in ("one", "two", "three"))
    world.defaults(ca_config=str(three))
    assert world.resolve().path == str(three)
    world.environ["STEP_CA_CONFIG"] = str(two)
    assert (world.resolve().path, world.resolve().origin) == (str(two), "STEP_CA_CONFIG")
    assert world.resolve(ca_config=str(one)).path == str(one)
    assert world.resolve(ca_url=URL).url == URL


@pytest.mark.parametrize("level", ["flags", "variables"])
def test_two_targets_in_one_place(world: World, level: str) -> None:
    """A file and a CA named in the same place contradict each other."""
    world.write("ca.json", {})
    flags = {}
    if level == "flags":
        flags = {"ca_config": "ca.json", "ca_url": URL}
    else:
        world.environ |= {"STEP_CA_CONFIG": "ca.json", "STEP_CA_URL": URL}
    with pytest.raises(UsageError) as caught:
        world.resolve(**flags)
    assert caught.value.code == "two-targets"
    assert "names a file and" in caught.value.message
    assert "one of them" in caught.value.hint


@pytest.mark.parametrize("name", ["STEP_CA_CONFIG", "STEP_CA_URL", "STEP_CONTEXT"])
def test_an_empty_variable_is_no_target(world: World, name: str) -> None:
    """A variable that is set and empty counts as set, as for step, and names nothing."""
    world.defaults(ca_url=URL)
    world.environ[name] = ""
    with pytest.raises(UsageError, match=f"{name} is empty") as caught:
        world.resolve()
    assert caught.value.hint == f"unset {name}, or give it a value"


def test_an_empty_flag_is_no_target(world: World) -> None:
    """So does a flag."""
    with pytest.raises(UsageError, match="--ca-config is empty") as caught:
        world.resolve(ca_config="")
    assert caught.value.hint == "leave --ca-config out, or give it a value"


def test_a_named_file_must_exist(world: World) -> None:
    """A file that does not exist is an error, and nothing else is taken in its place."""
    world.defaults(ca_url=URL)
    with pytest.raises(ShellError, match=r"--ca-config names .*nope.json, which does not exist") as caught:
        world.resolve(ca_config="nope.json")
    assert (caught.value.code, caught.value.exit_code) == ("no-such-file", ExitCode.FAILED)
    with pytest.raises(ShellError, match="which does not exist"):
        world.resolve(ca_config=str(world.write("plain", "") / "below"))


def test_a_file_that_may_not_be_looked_at_is_not_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in a closed folder is the target; that it cannot be opened is said when it is opened."""

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.stat", refuse)
    assert world.resolve(ca_config="/closed/ca.json").path == "/closed/ca.json"


def test_step_ca_init_names_both(world: World) -> None:
    """defaults.json as `step ca init` writes it names a file and a CA: the file, and how to get the CA."""
    path = world.write("step/config/ca.json", {})
    defaults = world.defaults(ca_url=URL, ca_config=str(path), fingerprint="ab", root="/r.crt")
    target = world.resolve()
    assert (target.kind, target.path) == ("file", str(path))
    assert target.origin == f"ca-config in {defaults}"
    assert target.alternative == f"for the CA at {URL} say --ca-url {URL}"


def test_a_file_of_another_machine_is_not_the_target(world: World) -> None:
    """Where the file of such a defaults.json is not on this machine, the CA is what is named."""
    world.defaults(ca_url=URL, ca_config="/no/such/ca.json")
    assert (world.resolve().kind, world.resolve().url) == ("ca", URL)


def test_a_missing_file_without_a_ca_is_an_error(world: World) -> None:
    """Where it names nothing but a file that does not exist, that is an error."""
    world.defaults(ca_config="/no/such/ca.json")
    with pytest.raises(ShellError, match="which does not exist"):
        world.resolve()


def test_the_place_of_step_ca_is_the_last(world: World) -> None:
    """Without any name it is config/ca.json of the step path, where step-ca looks as well."""
    path = world.write("step/config/ca.json", {})
    world.defaults(ca_config="", ca_url="", something=True)
    target = world.resolve()
    assert (target.path, target.origin) == (str(path), "where step-ca looks in the step path")
    world.defaults(ca_url=URL)
    assert world.resolve().kind == "ca"


def test_paths_of_defaults_are_from_the_working_folder(world: World) -> None:
    """A relative path in defaults.json counts from the working folder, as step takes it."""
    path = world.write("rel/ca.json", {})
    world.defaults(ca_config="rel/ca.json")
    assert world.resolve().path == str(path)


def test_the_step_path_without_steppath(world: World) -> None:
    """Without STEPPATH, or with an empty one, it is .step in the home folder."""
    path = world.write(".step/config/ca.json", {})
    for environ in ({}, {"STEPPATH": ""}):
        world.environ = {"HOME": str(world.folder), **environ}
        assert world.resolve().path == str(path)


def test_the_home_folder_without_home(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HOME the home folder comes from the user database; a user without one is told what to set."""
    import pwd

    path = world.write(".step/config/ca.json", {})
    entry = pwd.struct_passwd(("u", "x", 1, 1, "", str(world.folder), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: entry)
    world.environ = {}
    assert world.resolve().path == str(path)

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(ShellError, match="HOME is not set") as caught:
        world.resolve()
    assert caught.value.hint == "set HOME or STEPPATH"


def test_the_current_context(world: World) -> None:
    """The current context names the target; its profile lies over its authority."""
    world.context("prod", {"root": "/profile.crt"}, ca_url=URL, root="/authority.crt")
    world.context("test", ca_url="https://test")
    world.write("step/current-context.json", {"CONTEXT": "prod"})
    target = world.resolve()
    assert (target.url, target.root, target.context) == (URL, "/profile.crt", "prod")
    assert target.origin == f"ca-url in {world.base}/authorities/prod-a/config/defaults.json (context prod)"


def test_a_context_by_name(world: World) -> None:
    """--context and STEP_CONTEXT choose one; the flag wins."""
    world.context("prod", ca_url=URL)
    world.context("test", ca_url="https://test")
    world.environ["STEP_CONTEXT"] = "prod"
    assert world.resolve().url == URL
    assert world.resolve(context="test").url == "https://test"


def test_a_single_context_is_the_current_one(world: World) -> None:
    """A context that is alone needs no choice, and the defaults.json outside of it is not read."""
    world.defaults(ca_url="https://outside")
    world.context("only", ca_url=URL)
    assert world.resolve().url == URL
    assert not (world.base / "current-context.json").exists()


def test_several_contexts_need_a_choice(world: World) -> None:
    """Step would ask; we name them. A target that is named anyway needs no context."""
    world.context("b", ca_url=URL)
    world.context("A", ca_url=URL)
    with pytest.raises(UsageError, match="has 2 contexts and none is the current one") as caught:
        world.resolve()
    assert caught.value.hint == "name one with --context: A, b"
    assert world.resolve(ca_url="https://other").url == "https://other"


@pytest.mark.parametrize("known", [True, False])
def test_a_context_that_does_not_exist(world: World, known: bool) -> None:
    """A context that is named and does not exist is an error, also where there are no contexts at all."""
    if known:
        world.context("prod", ca_url=URL)
    else:
        world.defaults(ca_url=URL)
    with pytest.raises(ShellError, match='--context names the context "stage"') as caught:
        world.resolve(context="stage")
    assert caught.value.code == "no-such-context"
    assert ("prod" in caught.value.hint) == known


@pytest.mark.parametrize("content", [{"context": "gone"}, {}, {"context": 1}])
def test_a_current_context_that_does_not_exist(world: World, content: object) -> None:
    """current-context.json must name a context of contexts.json; another may still be named by flag."""
    world.context("prod", ca_url=URL)
    path = world.write("step/current-context.json", content)
    with pytest.raises(ShellError, match=r"which .*contexts.json does not have") as caught:
        world.resolve()
    assert caught.value.file == str(path)
    assert world.resolve(context="prod").url == URL


@pytest.mark.parametrize("flag", [True, False])
def test_a_variable_against_a_context(world: World, flag: bool) -> None:
    """A variable that names another target than the context asked for is refused, not preferred."""
    world.context("prod", ca_url=URL)
    world.environ["STEP_CA_URL"] = "https://other"
    if not flag:
        world.environ["STEP_CONTEXT"] = "prod"
    with pytest.raises(UsageError, match='the context "prod", but STEP_CA_URL names https://other') as caught:
        world.resolve(context="prod" if flag else None)
    assert caught.value.hint == "unset STEP_CA_URL, or say --ca-url https://other"
    world.environ["STEP_CA_URL"] = URL + "/"
    assert world.resolve(context="prod" if flag else None).url == URL
    assert world.resolve(context="prod", ca_url="https://third").url == "https://third"


def test_a_file_variable_against_a_context(world: World) -> None:
    """Files agree when they are the same path."""
    path = world.write("ca.json", {})
    world.context("prod", ca_url=URL, ca_config=str(path))
    world.environ["STEP_CA_CONFIG"] = "ca.json"
    assert world.resolve(context="prod").path == str(path)
    world.environ["STEP_CA_CONFIG"] = "other.json"
    with pytest.raises(UsageError, match=r"but STEP_CA_CONFIG names other.json"):
        world.resolve(context="prod")


def test_the_place_of_step_ca_in_a_context(world: World) -> None:
    """A context that names nothing means the ca.json of its authority, never that of the base folder."""
    world.write("step/config/ca.json", {})
    world.context("prod")
    with pytest.raises(UsageError, match=r'the context "prod" names no CA and no ca.json'):
        world.resolve()
    path = world.write("step/authorities/prod-a/config/ca.json", {})
    assert (world.resolve().path, world.resolve().origin) == (
        str(path),
        'where step-ca looks in the context "prod"',
    )


@pytest.mark.parametrize(
    ("name", "content", "line", "column", "why"),
    [
        ("config/defaults.json", '{"ca-url": "a",\n  }', 1, 15, "comma"),
        ("config/defaults.json", '{"ca-url": "a"} x', 1, 17, "something behind the JSON object"),
        ("config/defaults.json", "[]", 1, 1, "this is no JSON object"),
        ("config/defaults.json", "\ufeff{}", 1, 1, "expected a value"),
        ("config/defaults.json", "", 1, 1, "expected a value"),
        ("contexts.json", '{\n "a": 1}', 2, 7, 'the context "a" is no object'),
        ("contexts.json", '{"a": {"profile": "p"}}', 1, 7, 'the context "a" has no authority'),
        ("contexts.json", '{"a": {"authority": "p", "profile": ""}}', 1, 7, 'the context "a" has no profile'),
        (
            "contexts.json",
            '{"a": {"authority": 1, "profile": "p"}}',
            1,
            7,
            'the context "a" has no authority',
        ),
        ("current-context.json", "nonsense", 1, 1, "expected a value"),
    ],
)
def test_broken_files_of_step(
    world: World, name: str, content: str, line: int, column: int, why: str
) -> None:
    """A file of step's that cannot be used is an error with file, line and column."""
    path = world.write(f"step/{name}", content)
    with pytest.raises(ShellError) as caught:
        world.resolve()
    error = caught.value
    assert error.code == "bad-step-file"
    assert (error.file, error.line, error.column) == (str(path), line, column)
    assert why in error.message


def test_an_unreadable_file_of_step(world: World) -> None:
    """A file that cannot be read is an error with the reason."""
    (world.base / "config" / "defaults.json").mkdir(parents=True)
    with pytest.raises(ShellError, match="cannot be read: Is a directory") as caught:
        world.resolve()
    assert caught.value.code == "unreadable-step-file"


def test_null_files_are_empty(world: World) -> None:
    """A file of step's that holds null says nothing, as for step."""
    world.write("step/config/defaults.json", "null")
    world.write("step/contexts.json", "null")
    path = world.write("step/config/ca.json", {})
    assert world.resolve().path == str(path)


def test_what_a_ca_is_verified_with(world: World) -> None:
    """Root and fingerprint come from one place, the first that has either; else the root of the step path."""
    world.defaults(ca_url=URL, root="d.crt", fingerprint="dd")
    target = world.resolve()
    assert (target.root, target.fingerprint) == (str(world.folder / "d.crt"), "dd")
    target = world.resolve(fingerprint="ff")
    assert (target.root, target.fingerprint) == ("", "ff")
    world.environ["STEP_ROOT"] = "/v.crt"
    assert (world.resolve().root, world.resolve().fingerprint) == ("/v.crt", "")
    del world.environ["STEP_ROOT"]
    world.defaults(ca_url=URL)
    assert world.resolve().root == ""
    own = world.write("step/certs/root_ca.crt", "")
    assert world.resolve().root == str(own)


def test_the_root_of_a_file(world: World) -> None:
    """A file names its root itself: only a flag says another, neither a variable nor defaults.json."""
    path = world.write("ca.json", {})
    world.defaults(ca_config=str(path), root="/d.crt")
    world.write("step/certs/root_ca.crt", "")
    world.environ["STEP_ROOT"] = "/v.crt"
    assert world.resolve().root == ""
    assert world.resolve(root="r.crt").root == str(world.folder / "r.crt")
    assert world.resolve(ca_config="ca.json").root == ""
    assert world.resolve(ca_config="ca.json", root="/r.crt").root == "/r.crt"


def test_login_settings(world: World) -> None:
    """Each login setting comes from the first place that says it, under every name that step knows."""
    world.defaults(
        ca_url=URL,
        admin_name="d",
        admin_issuer="p",
        password_file="f",
        admin_cert="c",
        admin_key="k",
        ssh=True,
    )
    target = world.resolve(admin_key="flag")
    assert target.admin_subject
    assert (target.admin_subject.value, target.admin_subject.origin) == (
        "d",
        f"admin-name in {world.base}/config/defaults.json",
    )
    assert [
        setting.value if setting else None
        for setting in (
            target.admin_provisioner,
            target.admin_password_file,
            target.admin_cert,
            target.admin_key,
        )
    ] == ["p", "f", "c", "flag"]
    world.environ |= {"STEP_ADMIN_SUBJECT": "v", "STEP_ADMIN_PROVISIONER": ""}
    target = world.resolve()
    assert target.admin_subject
    assert repr(target.admin_subject) == "Setting('v', 'STEP_ADMIN_SUBJECT')"
    assert target.admin_provisioner is None


def test_settings_of_edits_do_nothing(world: World) -> None:
    """Variables and defaults that are flags of edits for step leave no trace in a target."""
    world.write("ca.json", {})
    world.defaults(ca_config="ca.json", ssh=True, name="x", type="ACME", require_eab=True)
    world.environ |= {"STEP_NAME": "x", "STEP_SSH": "true", "STEP_TYPE": "ACME"}
    target = world.resolve()
    said = {name: getattr(target, name) for name in Target.__slots__}
    assert {name for name, value in said.items() if value} == {"kind", "origin", "path"}


def test_the_demo_is_a_target_of_its_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """--demo makes its file, and does not go with another target named on the command line."""
    monkeypatch.setattr("shell.demo.make_demo", lambda: "/tmp/demo/ca.json")
    world.environ["STEP_CA_URL"] = URL
    target = world.resolve(demo=True)
    assert (target.kind, target.path, target.origin) == ("file", "/tmp/demo/ca.json", "--demo")
    with pytest.raises(UsageError, match="--ca-url names another"):
        world.resolve(demo=True, ca_url=URL)


def test_no_target_says_what_there_is(world: World) -> None:
    """Without any target the error names the ways, and the files and contexts of this machine."""
    with pytest.raises(UsageError) as caught:
        world.resolve()
    assert caught.value.code == "no-target"
    for word in ("--ca-config FILE", "--ca-url https://HOST --root FILE", "--context NAME", "--demo"):
        assert word in caught.value.hint
    assert "there is no ca.json in the usual places" in caught.value.hint
    etc = world.write("etc/ca.json", {})
    served = world.write("srv/config/ca.json", {})
    world.write(
        "units/ca.service",
        f"[Service]\nEnvironment=STEPPATH={world.folder}/srv\nExecStart=/usr/bin/step-ca --password-file p\n",
    )
    world.context("one")
    world.context("two words")
    world.write("step/current-context.json", {"context": "one"})
    with pytest.raises(UsageError) as caught:
        world.resolve()
    lines = caught.value.hint.partition("there is on this machine:\n")[2].splitlines()
    assert [line.strip() for line in lines] == [
        f"--ca-config {served}  (unit ca.service)",
        f"--ca-config {etc}",
        "--context one",
        "--context 'two words'",
    ]


@pytest.mark.parametrize(
    ("unit", "files"),
    [
        ("WorkingDirectory=/etc/step-ca\nExecStart=/usr/bin/step-ca config/ca.json \\\n --password-file p", ["/etc/step-ca/config/ca.json"]),
        ('Environment="STEPPATH=/srv/step"\nExecStart=-/usr/bin/step-ca ${STEPPATH}/config/x.json', ["/srv/step/config/x.json"]),
        ("ExecStart=/bin/true\nExecStartPre=/usr/bin/step-ca a.json", []),
        ("ExecStart=/usr/bin/step-ca", []),
    ],
)  # fmt: skip
def test_the_file_of_a_unit(unit: str, files: list[str]) -> None:
    """The ca.json of a unit is read from its command line, its folder and its STEPPATH."""
    assert installed.files_of_unit(unit) == files


def test_looking_around_survives_anything(world: World) -> None:
    """Unreadable units and broken contexts list nothing, instead of failing in the middle of an error."""
    (world.folder / "units" / "dir.service").mkdir(parents=True)
    world.write("units/other.service", "[Service]\nExecStart=/bin/true\n")
    world.write("step/contexts.json", "{")
    hint = installed.ways_to_name_a_target(world.environ, str(world.folder))
    assert "there is no ca.json" in hint


def test_flags_of_a_pasted_line_on_a_file(world: World) -> None:
    """On a file --ca-config must name it; a CA is another target; roots and logins play no part."""
    path = world.write("ca.json", {})
    (world.folder / "link.json").symlink_to(path)
    target = world.resolve(ca_config="ca.json")
    assert disagreement(target, "--ca-config", str(world.folder / "link.json")) == ""
    assert disagreement(target, "--admin-subject", "anybody") == ""
    assert disagreement(target, "--root", "/any.crt") == ""
    assert disagreement(target, "ca-config", "/x\x1b.json") == (
        f"--ca-config /x\\u001b.json is not what this session works on: {path}"
    )
    assert "--ca-url" in disagreement(target, "--ca-url", URL)
    assert "--context" in disagreement(target, "--context", "prod")


def test_flags_of_a_pasted_line_on_a_ca(world: World) -> None:
    """On a CA the address, the root, the fingerprint and the login must be those of the session."""
    target = world.resolve(ca_url=URL, root="r.crt", fingerprint="ABcd", admin_subject="step")
    agreeing = {
        "--ca-url": f"{URL}/",
        "--root": str(world.folder / "r.crt"),
        "--fingerprint": "ab-cd",
        "--admin-subject": "step",
        "--offline": "",
    }
    assert [flag for flag, value in agreeing.items() if disagreement(target, flag, value)] == []
    for flag in ("--ca-config", "--ca-url", "--root", "--fingerprint", "--admin-subject", "--admin-cert"):
        assert flag in disagreement(target, flag, "other"), flag
    assert disagreement(world.resolve(ca_url=URL), "--root", "r.crt")
