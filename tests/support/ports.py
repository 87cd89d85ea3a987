"""Free TCP ports on loopback."""

from __future__ import annotations

import errno
import random
import socket

# Below the range from which Linux takes the ports of outgoing connections, so that none of those
# can take the port between our look and the server's.
FIRST, LAST = 20000, 32000


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listened on a moment ago; the caller retries if it is taken."""
    for port in random.sample(range(FIRST, LAST), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise RuntimeError(f"no free port between {FIRST} and {LAST} on 127.0.0.1")


def refused_url() -> str:
    """Return an https URL on loopback whose port refuses connections."""
    return f"https://127.0.0.1:{free_port()}"
