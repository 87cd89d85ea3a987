"""Run one program and print what it cost, as JSON.

    python -I -S stopwatch.py STDIN_FILE PROGRAM [ARGUMENT...]

A process of its own, since Linux counts the memory of the process that starts another to the peak of the
other one: this one is as small as a Python can be. Standard output of the program is thrown away; its
last errors come back. `written` is what it and its children gave to write calls, in bytes, on Linux; else 0.
"""

import json
import os
import sys
import tempfile
import time


def main() -> None:
    """Run the program of the arguments and print the figures."""
    source, *command = sys.argv[1:]
    given = os.open(source, os.O_RDONLY)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    errors, name = tempfile.mkstemp()
    os.unlink(name)
    files = [
        (os.POSIX_SPAWN_DUP2, given, 0),
        (os.POSIX_SPAWN_DUP2, nowhere, 1),
        (os.POSIX_SPAWN_DUP2, errors, 2),
    ]
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=files)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    taken = time.perf_counter() - began
    written = _written(child)
    _, status, used = os.wait4(child, 0)
    figures = {
        "seconds": taken,
        "processor": used.ru_utime + used.ru_stime,
        "kilobytes": used.ru_maxrss,
        "written": written,
        "code": os.waitstatus_to_exitcode(status),
        "errors": os.pread(errors, 2000, 0).decode(errors="replace"),
    }
    print(json.dumps(figures))


def _written(child: int) -> int:
    """Return how many bytes a process has written that has ended and is not waited for yet."""
    try:
        with open(f"/proc/{child}/io") as file:
            return int(dict(line.split(":") for line in file)["wchar"])
    except OSError:
        return 0


if __name__ == "__main__":
    main()
