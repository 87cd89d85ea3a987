"""What is wrong with a certificate or a key of a provisioner, and what step-ca does about it."""

from __future__ import annotations

from typing import Literal, NamedTuple

Effect = Literal["refused", "disabled", "unusable", "danger", "warning"]


class Finding(NamedTuple):
    """One problem: its effect, a stable kebab-case code, and a sentence for the user.

    The effect is what the running program was seen to do: `refused`: step-ca refuses the whole file,
    or dies of it; `disabled`: it starts without this provisioner; `unusable`: it accepts the value,
    and nobody will ever get a certificate through it; `danger`: it accepts the value, and a secret or
    a right is given away; `warning`: it accepts the value, and it may be regretted.
    """

    effect: Effect
    code: str
    message: str
