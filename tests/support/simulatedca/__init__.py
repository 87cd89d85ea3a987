"""A CA in memory that answers like step-ca's admin API, for tests that need many of them, fast.

It speaks below `shell.backends.admin.connection.Connection`, as a `Transport`, so that everything above is
the real thing. What it holds is edited like data, what it is asked is recorded, and what should go wrong
is said by a function. The contract tests hold it to the real step-ca.
"""

from tests.support.simulatedca.authority import CannotStart, Database, SimulatedCa
from tests.support.simulatedca.faults import Fault, Request, SimulatedTransport

__all__ = ["CannotStart", "Database", "Fault", "Request", "SimulatedCa", "SimulatedTransport"]
