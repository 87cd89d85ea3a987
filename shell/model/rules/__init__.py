"""The rules of a check: what step-ca refuses, what takes access away, what will be regretted.

Rules are rows of tables (`shell.model.rules.table`), put there by the modules that are imported here.
They see the provisioners before and after, and a value of facts; they read nothing themselves.
"""

from __future__ import annotations

from shell.model.rules import (
    acme,
    admins,
    around,
    changes,
    federated,
    identity,
    lifetimes,
    online,
    policy,
    scep,
    templates,
    webhooks,
)
from shell.model.rules.run import check

RULE_MODULES = (
    around,
    policy,
    identity,
    lifetimes,
    federated,
    acme,
    scep,
    templates,
    webhooks,
    online,
    changes,
    admins,
)
"""The modules whose rows are in the tables."""

__all__ = ["RULE_MODULES", "check"]
