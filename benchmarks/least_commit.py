"""The least that a program in Python can do to commit a change to a file: the floor under ours.

    python -I -S least_commit.py FILE

Reads the file, checks that it is JSON, writes as many bytes to a new file, syncs it, renames it over the
old one and syncs the folder. It looks at nothing, keeps no backup and writes no journal.
"""

import json
import os
import sys

path = sys.argv[1]
with open(path, "rb") as file:
    data = file.read()
json.loads(data)
with open(path + ".new", "wb") as file:
    file.write(data)
    os.fsync(file.fileno())
os.rename(path + ".new", path)
folder = os.open(os.path.dirname(path), os.O_RDONLY)
os.fsync(folder)
