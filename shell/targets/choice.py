"""Which target: what the command line, the environment and step's files name, in that order.

A flag wins over a STEP_* variable, a variable over defaults.json (of the context where there are
contexts), defaults.json over the place where step-ca itself looks. Nothing is guessed: two targets
named in one place, a flag and a variable that contradict each other, and a name for something that
does not exist are errors, and never does one target stand in for another. Nothing is opened here but
step's own files; whether the target answers is for its backend to find out.
"""

from __future__ import annotations

import os

import shell.targets.stepfiles as stepfiles
from shell.errors import ShellError, UsageError
from shell.escape import visible
from shell.targets.addresses import ca_url
from shell.targets.stepfiles import Setting
from shell.targets.target import ALIASES, LOGIN, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from shell.targets.stepfiles import Context
    from shell.targets.target import Options

    Settings = Mapping[str, Setting]


def resolve(options: Options, environ: Mapping[str, str], cwd: str) -> Target:
    """Return the target that is named, before anything else where by a flag.

    Paths are taken from `cwd`, as step takes them, also those in defaults.json. Raises UsageError for
    contradictions and empty names, ShellError where what is named does not exist, where step's files
    are broken, and where nothing is named (then with what there is on this machine).
    """
    flags = _flags(options)
    if options.demo:
        return _demo(flags)
    variables = _variables(environ)
    named = _named(flags)
    wanted = flags.get("context")
    if not named:
        named = _named(variables)
        wanted = wanted or variables.get("context")
    world = _World(environ, cwd)
    if named and named[0] == "ca-config" and not wanted:
        return _completed(_file(named[1], world), (flags, variables), world)
    world.enter(wanted or variables.get("context"), required=not named)
    if named and wanted and named[1] is not flags.get(named[0]):
        _require_agreement(named, wanted, world)
    target = _of_setting(named, world) if named else _of_defaults(world)
    return _completed(target, (flags, variables, world.defaults), world)


class _World:
    """The step environment, as far as it has been entered: the context that holds, and what it says."""

    __slots__ = ("context", "cwd", "defaults", "environ", "folder")

    def __init__(self, environ: Mapping[str, str], cwd: str) -> None:
        self.environ = environ
        self.cwd = cwd
        self.context: Context | None = None
        self.defaults: Settings = {}
        self.folder = ""

    def enter(self, wanted: Setting | None, *, required: bool) -> None:
        """Read step's files, in the context that is wanted or else the current one.

        With several contexts and no current one nothing is read, unless something is `required`.
        """
        base = stepfiles.base_path(self.environ, self.cwd)
        known = stepfiles.contexts(base)
        if wanted:
            self.context = stepfiles.named_context(base, known, wanted)
        else:
            self.context = stepfiles.current_context(base, known, required=required)
        self.folder = stepfiles.authority_path(base, self.context)
        if self.context or not known:
            self.defaults = _canonical(stepfiles.defaults(base, self.context))

    def path(self, value: str) -> str:
        """Return the absolute path of a setting: step takes every one from the working folder."""
        return os.path.join(self.cwd, value)


def _flags(options: Options) -> dict[str, Setting]:
    found = {}
    for name in ALIASES:
        value = getattr(options, name.replace("-", "_"))
        if value is not None:
            found[name] = Setting(value, f"--{name}")
    return found


def _variables(environ: Mapping[str, str]) -> dict[str, Setting]:
    """Return what STEP_* variables say; one that is empty still hides defaults.json, as for step."""
    found = {}
    for name in ALIASES:
        variable = "STEP_" + name.upper().replace("-", "_")
        if variable in environ:
            found[name] = Setting(environ[variable], variable)
    return found


def _canonical(defaults: Settings) -> dict[str, Setting]:
    found = {}
    for name, aliases in ALIASES.items():
        for spelling in (name, *aliases):
            if spelling in defaults and name != "context":
                found[name] = defaults[spelling]
                break
    return found


def _named(settings: Settings) -> tuple[str, Setting] | None:
    """Return the one target that flags or variables name; raises UsageError for two, and for an empty name."""
    for name in ("ca-config", "ca-url", "context"):
        if name in settings and not settings[name].value:
            origin = settings[name].origin
            remedy = f"unset {origin}" if origin.startswith("STEP_") else f"leave {origin} out"
            raise UsageError(
                "empty-target", f"{origin} is empty and names nothing", hint=f"{remedy}, or give it a value"
            )
    config, url = settings.get("ca-config"), settings.get("ca-url")
    if config and url:
        raise UsageError(
            "two-targets",
            f"{config.origin} names a file and {url.origin} a CA; a session has one target",
            hint=_choose(config, url),
        )
    if config:
        return "ca-config", config
    return ("ca-url", url) if url else None


def _choose(config: Setting, url: Setting) -> str:
    if config.origin.startswith("--"):
        return "leave one of them out"
    return f"unset one of them, or say --ca-config {visible(config.value)} or --ca-url {visible(url.value)}"


def _require_agreement(named: tuple[str, Setting], wanted: Setting, world: _World) -> None:
    """Refuse a variable that names another target than the context that is asked for.

    step lets the variable win; then `--context staging` would work on whatever STEP_CA_URL says.
    """
    name, setting = named
    own = world.defaults.get(name)
    same = own is not None and (
        world.path(own.value) == world.path(setting.value)
        if name == "ca-config"
        else ca_url(own) == ca_url(setting)
    )
    if not same:
        raise UsageError(
            "two-targets",
            f'{wanted.origin} asks for the context "{visible(wanted.value)}", but {setting.origin} names '
            f"{visible(setting.value)}",
            hint=f"unset {setting.origin}, or say --{name} {visible(setting.value)}",
        )


def _of_setting(named: tuple[str, Setting], world: _World) -> Target:
    name, setting = named
    return _file(setting, world) if name == "ca-config" else Target("ca", setting.origin, url=ca_url(setting))


def _file(setting: Setting, world: _World) -> Target:
    path = world.path(setting.value)
    if _missing(path):
        raise ShellError(
            "no-such-file",
            f"{setting.origin} names {visible(path)}, which does not exist",
            hint=_ways(world),
            file=path,
        )
    return Target("file", setting.origin, path=path)


def _of_defaults(world: _World) -> Target:
    """Return the target that step's files name; of a file on this machine and a CA it is the file.

    `step ca init` writes both, and the file is what the CA reads. A file that is not here belongs to
    the machine of the CA, and then the CA is what is named.
    """
    config, url = world.defaults.get("ca-config"), world.defaults.get("ca-url")
    if config and not (url and _missing(world.path(config.value))):
        target = _file(config, world)
        if url:
            target.alternative = f"for the CA at {visible(url.value)} say --ca-url {visible(url.value)}"
        return target
    if url:
        return Target("ca", url.origin, url=ca_url(url))
    return _where_step_ca_looks(world)


def _where_step_ca_looks(world: _World) -> Target:
    """Return config/ca.json in the folder of the CA: the default of --ca-config, and of step-ca itself."""
    path = os.path.join(world.folder, "config", "ca.json")
    context = f'the context "{visible(world.context.name)}"' if world.context else ""
    if not _missing(path):
        return Target("file", f"where step-ca looks in {context or 'the step path'}", path=path)
    said = f"{context} names no CA and no ca.json" if context else "no target is named"
    raise UsageError("no-target", said, hint=_ways(world))


def _ways(world: _World) -> str:
    from shell.targets.installed import ways_to_name_a_target

    return ways_to_name_a_target(world.environ, world.cwd)


def _completed(target: Target, levels: tuple[Settings, ...], world: _World) -> Target:
    """Return the target with what it is verified with and the login settings.

    Root and fingerprint come from one level: a fingerprint that is named does not meet an older root.
    A file says itself which root its CA has; only a flag says another.
    """
    target.context = world.context.name if world.context else ""
    sources = levels[:1] if target.kind == "file" else levels
    trust: Settings = next((level for level in sources if "root" in level or "fingerprint" in level), {})
    root = trust["root"].value if "root" in trust else ""
    target.fingerprint = trust["fingerprint"].value if "fingerprint" in trust else ""
    own = os.path.join(world.folder, "certs", "root_ca.crt")
    if root:
        target.root = world.path(root)
    elif target.kind == "ca" and not target.fingerprint and not _missing(own):
        target.root = own
    for name in LOGIN:
        setting = next((level[name] for level in levels if name in level), None)
        if setting and setting.value:
            setattr(target, name.replace("-", "_"), setting)
    return target


def _missing(path: str) -> bool:
    """Whether nothing is at a path; what may not be looked at counts as there, and is refused when opened."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _demo(flags: Settings) -> Target:
    others = [flags[name].origin for name in ("ca-config", "ca-url", "context") if name in flags]
    if others:
        raise UsageError(
            "two-targets",
            f"--demo brings a target of its own, and {others[0]} names another",
            hint="leave one of them out",
        )
    from shell.demo import make_demo

    return Target("file", "--demo", path=make_demo())
