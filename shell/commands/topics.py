"""The topics of `help`: what is not about one command or one field. The documentation prints the same."""

from __future__ import annotations

from shell.errors import ExitCode

EXIT_CODES = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.FAILED: "failed; nothing was changed",
    ExitCode.USAGE: "wrong words; nothing was run",
    ExitCode.CHECK: "the check found what must not be committed; nothing was changed",
    ExitCode.CONFLICT: "the target changed under the edits; nothing was changed",
    ExitCode.ROLLED_BACK: "failed midway; everything was taken back",
    ExitCode.INCOMPLETE: "stopped midway; see `recover show`",
    ExitCode.CHANGES: "`diff --detailed-exitcode` found changes, and nothing was committed",
    ExitCode.INTERRUPTED: "interrupted before anything was written",
}

TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "staging": (
        "Edits are staged first and written later.",
        (
            "Every command that edits puts an edit on the draft and touches nothing else. `diff` shows what the",
            "draft would change, `staged` the lines that made it, `undo` takes the last line back and `redo` puts",
            "it on again, `discard` drops them all. At a prompt the draft survives a crash: the next start offers it.",
            "",
            "A provisioner is meant by its name. Where names repeat in a broken file, %3 means the third in `list`.",
        ),
    ),
    "commit": (
        "`commit` writes all staged edits or none.",
        (
            "The file is locked and read again; edits by others are merged where they touch other fields, and named",
            "where they do not fit (exit code 4). Then the check runs: an error stops the commit, a danger must be",
            "accepted (at a prompt by typing the name, in a batch with --accept CODE:NAME), a warning is shown.",
            "Only the members that changed are written; every other byte of the file stays. The file is replaced in",
            "one step, so that a crash leaves the old one or the new one, and a backup is kept.",
            "",
            "step-ca reads its file at start and on SIGHUP. With --reload-pid, --reload-unit or --reload-command the",
            "commit signals it, waits until the running CA serves the change, and takes the change back if it refuses.",
            "",
            "On a CA each change is a request of its own, in an order in which every moment between is harmless: what is",
            "added, then what is changed, then what is removed. An error before the first removal takes everything back;",
            "after it the commit goes on to its end. Before anything is removed a fresh login is tried, so that you lock",
            "yourself out of nothing. What stopped midway is told at the next start, and settled with `recover`.",
        ),
    ),
    "batch": (
        "The same commands run from -c, from a file and from standard input.",
        (
            "All lines are read and checked before the first one runs, and every error is told with its place. A",
            "batch is one transaction: the first line that fails ends it and nothing is written. Staged edits need a",
            "`commit` or a `discard`; `commit` is the last change. Nothing is ever asked: a value that is missing is an",
            "error that says how to give it. Commands are written out in full.",
        ),
    ),
    "prompt": (
        "The prompt, its marks and its keys.",
        (
            "What stands in the brackets of `ca.json [step +2 ! ~]>`:",
            "  step           the admin who is logged in, at a CA",
            "  +2             two edits are staged",
            "  !              others changed the target: with nothing staged the next line reads it again, else `commit` merges",
            "  ~              written, and the running CA does not serve it",
            "",
            "The line below says the same in words, and at a CA its root and when the admin's certificate ends.",
            "",
            "  Tab            completes; where several fit, goes through them, and Enter takes one",
            "  right arrow    takes the rest of a line typed before; what is still missing stands in grey too",
            "  ?              says what may stand here, where a word may begin",
            "  Enter          runs the line; in an open quote it begins the next one",
            "  Ctrl-C         drops the line, or ends the one that runs",
            "  Ctrl-D         leaves; with staged edits you are asked first",
            "  Ctrl-R         searches the history",
            "  Ctrl-X Ctrl-E  opens the line in $EDITOR",
            "  Ctrl-X u       takes the last staged line back, Ctrl-X r stages it again",
            "",
            "Keys are those of emacs, or of vi where inputrc has `set editing-mode vi`.",
            "",
            "Several pasted lines run one by one, and one undo takes them back; a commit among them waits for Enter. `add`",
            "alone asks for what a new provisioner needs. Lines with secrets, with errors or with a leading blank are not",
            "kept in the history. TERM=dumb gives a plain prompt, NO_COLOR one without colours, PAGER pages what is tall.",
        ),
    ),
    "language": (
        "Words, quotes, sources and filters.",
        (
            'Words are separated by blanks and quoted as in a POSIX shell: \'as it is\', "with \\" inside", back\\ slash.',
            "# begins a comment, a \\ at the end goes on in the next line. $ ; & < * and the backtick must be quoted.",
            "",
            "Secrets and files come from sources: @FILE is a file's content, env:NAME a variable's, fd:N what can be",
            "read from a descriptor. Elsewhere an @ is an @.",
            "",
            "| match RE, | except RE and | count choose among the lines of any output, > FILE writes it to a file,",
            "--json prints one JSON document instead.",
        ),
    ),
    "secrets": (
        "What is secret is never shown, logged or kept in a history.",
        (
            "Client secrets, SCEP challenges and decrypter keys, encrypted keys and the credentials of webhooks are",
            "shown as (set) and (changed). Give them by source, not as a word: a word of -c is in the process list.",
            "The login password opens your own provisioner key; the key password protects the key being edited.",
            "`show --secrets` shows them at a prompt, after a question.",
        ),
    ),
    "exit-codes": (
        "The exit code says what happened.",
        tuple(f"{code:>4}  {meaning}" for code, meaning in EXIT_CODES.items()),
    ),
}
