"""Gathering the facts that the rules ask for: files, certificates, keys and the oddities of the text.

Only what the touched provisioners name is looked at, or what all of them name when everything is
checked. Nothing here judges; a file that cannot be read is a fact like another.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shell.facts.files import intermediate, looks, named_by, named_in_settings
from shell.facts.judgements import judgements
from shell.facts.oddities import oddities
from shell.model.facts import Facts, materials

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from shell.backends.cafile import Reading
    from shell.facts.online import Ask
    from shell.model.facts import Material
    from shell.model.provisioner import Provisioner
    from shell.model.view import ProvisionerId, View


def _judged(
    reading: Reading | None, provisioners: list[Provisioner], ids: list[ProvisionerId], everything: bool
) -> set[Material]:
    """Return the keys and certificates to look into: without `everything` those that an edit brought.

    What was there before is "already so" whatever is wrong with it, and the libraries that read keys and
    certificates take longer to load than a commit.
    """
    base = None if reading is None or everything else reading.base
    return {
        material
        for id_, item in zip(ids, provisioners, strict=True)
        for material in materials(item, base.provisioner(id_) if base and id_ < len(base) else None)
    }


def gather(
    reading: Reading | None,
    after: View,
    touched: Iterable[ProvisionerId],
    *,
    config_path: str = "",
    now: datetime | None = None,
    everything: bool = False,
    step_path: str = "",
    ask: Ask | None = None,
) -> Facts:
    """Return the facts about a target.

    `reading` is the file as it was read, None for a running CA. `config_path` is the path of the
    ca.json; relative names in it are looked up as step-ca would be if it ran in the folder of step.
    `step_path` is that folder (STEPPATH); without it the parent of the ca.json's folder is taken.
    `ask` asks the network; without it nothing is asked.
    """
    present = list(after.ids())
    ids = present if everything else sorted(set(touched) & set(present))
    provisioners = [after.provisioner(id_) for id_ in ids]
    base = step_path or os.environ.get("STEPPATH") or os.path.dirname(os.path.dirname(config_path))
    files = dict(looks([*named_by(provisioners), *named_in_settings(after.settings)], base))
    expires, key = intermediate(after.settings, files)
    return Facts(
        now=now,
        target="file" if reading is not None else "ca",
        files=files,
        findings=judgements(_judged(reading, provisioners, ids, everything), now) if now is not None else {},
        intermediate_expires=expires,
        intermediate_key=key,
        oddities=dict(oddities(reading, ids)) if reading is not None else {},
        answers=ask(provisioners, after.settings, files) if ask is not None else {},
    )
