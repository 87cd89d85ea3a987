"""One commit among many: `python -m tests.faults.one CA.JSON STATE-DIR NAME FIELD VALUE`.

Stages a new provisioner NAME, or where FIELD is not empty sets it on the provisioner NAME; says "ready",
commits when a line comes in, and prints how that ended.
"""

from __future__ import annotations

import json
import sys

from shell.backends.cafile import CaFile
from shell.commit.files import commit
from shell.commit.outcome import Options
from shell.errors import ShellError
from shell.model.provisioner import Provisioner
from shell.staging.draft import Draft
from shell.staging.edits import Add, Set
from shell.state import State
from tests.support.filecommit import NOW, acme, no_problems

if __name__ == "__main__":
    path, folder, name, field, value = sys.argv[1:]
    target = CaFile(path)
    reading = target.read()
    draft = Draft(reading.base)
    if field:
        draft.stage([Set(draft.named(name)[0], (field,), value)], "set")
    else:
        draft.stage([Add(draft.new_id(), Provisioner(acme(name)))], "add")
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        state = State.open(folder, path)
        outcome = commit(target, reading, draft, Options(), state=state, check=no_problems, now=NOW)
        json.dump({"word": outcome.word, "id": outcome.id}, sys.stdout)
    except ShellError as error:
        json.dump({"word": error.code, "exit": error.exit_code, "message": error.message}, sys.stdout)
