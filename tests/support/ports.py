"""Free TCP ports on loopback."""

from __future__ import annotations

import errno
import os
import random
import socket
from functools import cache
from itertools import cycle, islice

# Below the range from which Linux takes the ports of outgoing connections, so that none of those
# can take the port between our look and the server's.
FIRST, LAST = 20000, 32000
_WORKERS = 12
"""How many processes that run tests at one time have ports of their own."""


def _own_ports() -> range:
    """Return the ports of this worker of xdist: no other one takes them between our look and the server's."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    size = (LAST - FIRST) // _WORKERS
    return range(FIRST + number * size, FIRST + (number + 1) * size)


_PORTS = cycle(random.sample(_own_ports(), len(_own_ports())))


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on, and that is not returned again for long."""
    for port in islice(_PORTS, len(_own_ports())):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise RuntimeError(f"no free port among {_own_ports()} on 127.0.0.1")


@cache
def _held() -> socket.socket:
    """Return a socket that has a port and never listens: nobody else can take it, and connections are refused."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder


def refused_port() -> int:
    """Return a port on 127.0.0.1 that refuses connections as long as this process lives."""
    return int(_held().getsockname()[1])


def refused_url() -> str:
    """Return an https URL on loopback whose port refuses connections."""
    return f"https://127.0.0.1:{refused_port()}"
