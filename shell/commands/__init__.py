"""The commands: each takes the session and typed arguments, and returns a result.

`TABLE` maps each name to the module that declares it, which is imported when the command is used.
"""

from __future__ import annotations

from shell.language.registry import Registry

TABLE = {
    "list": "shell.commands.listing",
    "show": "shell.commands.showing",
    "claims": "shell.commands.showing",
    "add": "shell.commands.provisioning",
    "update": "shell.commands.provisioning",
    "remove": "shell.commands.provisioning",
    "copy": "shell.commands.provisioning",
    "jwe-key": "shell.commands.provisioning",
    "webhook add": "shell.commands.webhooks",
    "webhook update": "shell.commands.webhooks",
    "webhook remove": "shell.commands.webhooks",
    "set": "shell.commands.editing",
    "unset": "shell.commands.editing",
    "rename": "shell.commands.editing",
    "edit": "shell.commands.editing",
    "diff": "shell.commands.drafting",
    "staged": "shell.commands.drafting",
    "undo": "shell.commands.drafting",
    "redo": "shell.commands.drafting",
    "discard": "shell.commands.drafting",
    "check": "shell.commands.committing",
    "commit": "shell.commands.committing",
    "repair": "shell.commands.repairing",
    "history": "shell.commands.past",
    "history show": "shell.commands.past",
    "rollback": "shell.commands.past",
    "recover show": "shell.commands.past",
    "recover forward": "shell.commands.past",
    "recover back": "shell.commands.past",
    "status": "shell.commands.about",
    "whoami": "shell.commands.connecting",
    "connect": "shell.commands.connecting",
    "source": "shell.commands.about",
    "help": "shell.commands.helping",
    "quit": "shell.commands.about",
    "exit": "shell.commands.about",
}

REGISTRY = Registry(TABLE)
