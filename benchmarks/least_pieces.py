"""What two unavoidable pieces of a commit cost, in seconds each, as JSON by name.

    python -I least_pieces.py FOLDER COUNT

`login` is the PBKDF2 of a password as step protects a key with it; `durable` is a file of 4 kB written, synced and
renamed over another one, and its folder synced.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable

ITERATIONS = 600_000


def _login() -> None:
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", ITERATIONS, 16)


def _durable(folder: str) -> None:
    path = os.path.join(folder, "durable")
    with open(path + ".new", "wb") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure both pieces so often as the arguments say, and print the figures."""
    folder, count = sys.argv[1:]
    found = [(_seconds(_login), _seconds(lambda: _durable(folder))) for _ in range(int(count))]
    print(json.dumps(dict(zip(("login", "durable"), zip(*found, strict=True), strict=True))))


if __name__ == "__main__":
    main()
