"""`python -m shell` is the program."""

from shell.cli import entry

entry()
