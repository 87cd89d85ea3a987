"""Which target to connect to, and who said so: `resolve`; whether a pasted line means it: `disagreement`."""

from shell.targets.agreement import disagreement
from shell.targets.choice import resolve
from shell.targets.target import Options, Target

__all__ = ["Options", "Target", "disagreement", "resolve"]
