"""A batch: one transaction, all errors at once, one exit code."""

from __future__ import annotations

import json

import pytest

from shell import batch
from shell.interpreter import Interpreter
from tests.unit.language.fake import REGISTRY, Session


class Outcome:
    """What a batch did."""

    def __init__(
        self, *texts: str, as_json: bool = False, files: dict[str, str] | None = None, name: str = "f"
    ) -> None:
        self.session = Session()
        self.session.files = files or {}
        interpreter = Interpreter(self.session, REGISTRY, interactive=False, json=as_json)
        printed: list[str] = []
        told: list[str] = []
        names = [name if len(texts) == 1 else f"{name}{number}" for number in range(1, len(texts) + 1)]
        sources = list(zip(names, texts, strict=True))
        self.code = batch.run(interpreter, sources, printed.append, told.append, as_json)
        self.output = "".join(printed)
        self.errors = "".join(told)


def test_a_batch_runs_its_lines_in_order() -> None:
    """Of all sources, as one; results stream to the output, notices to the other."""
    done = Outcome("add a\nlist | count\n", "add b --type acme\ncommit\nshow a")
    assert (done.code, done.session.committed) == (0, ["a", "b"])
    assert done.output == "add a JWK []\n2\nadd b ACME []\ndone\nname: a\ntype: ACME\n"
    assert done.errors == "two\n"


def test_nothing_is_done_by_nothing() -> None:
    """An empty batch, or one of comments, is a success."""
    assert Outcome("# nothing\n\n").code == Outcome().code == 0


def test_all_errors_of_all_sources_are_told_before_anything_runs() -> None:
    """Each with file, line and column; the exit code is that of usage."""
    done = Outcome("list\nadd\n", "commit\nshow 'x\n", "lst")
    assert (done.code, done.output) == (2, "")
    assert [line.split(": ")[0] for line in done.errors.split("\n") if "error" in line] == [
        "f1:2:4",
        "f2:2:6",
        "f3:1:1",
    ]


def test_the_first_failing_line_ends_the_batch_and_nothing_is_applied() -> None:
    """What was printed stays printed; what was staged is dropped."""
    done = Outcome("list | count\nadd a\nfail\ncommit")
    assert (done.code, done.output, done.session.committed) == (1, "2\nadd a JWK []\n", [])
    assert done.errors == "two\nf:3:1: error: it failed\n  hint: do it again\n"
    assert (done.session.staged, done.session.discards) == ([], 1)


def test_a_result_that_fails_when_it_is_shown_fails_in_its_line() -> None:
    """Blocks may be made late."""
    done = Outcome("late\ncommit")
    assert (done.code, done.errors) == (1, "f:1:1: error: it failed late\n")


def test_staged_edits_must_be_committed_or_discarded() -> None:
    """At the end, and also where `quit` ends it; a dry run is an end too, and writes nothing."""
    for text in ("add a", "add a\nquit\ncommit", "commit --dry-run\nadd a", "add a\nsource s"):
        done = Outcome(text, files={"s": "quit"})
        assert (done.code, done.session.committed, done.session.staged) == (1, [], [])
        assert "neither" not in done.output
        assert "end it with: commit" in done.errors
    tried = Outcome("add a\ncommit --dry-run")
    assert (tried.code, tried.session.committed) == (0, [])
    assert Outcome("add a\ndiscard").code == Outcome("add a\ncommit\nquit\nlist").code == 0


def test_quit_ends_a_batch() -> None:
    """Whatever follows does not run."""
    assert Outcome("quit\nlist").output == ""


@pytest.mark.parametrize("last", ["add b", "commit", "discard"])
def test_a_commit_is_the_last_change(last: str) -> None:
    """Found before anything runs; reading on is fine, and a rehearsal is no commit."""
    done = Outcome(f"add a\ncommit\nlist\n  {last}\n")
    assert (done.code, done.output) == (2, "")
    assert done.errors.startswith(f"f:4:3: error: {last.split()[0]} stands behind commit in line 2,")
    assert Outcome("add a\ncommit --dry-run\ncommit\ncommit --dry-run").code == 0


def test_the_first_exit_code_that_is_not_zero_decides() -> None:
    """A check that fails stops the batch there."""
    done = Outcome("add a\ncheck\ncommit")
    assert (done.code, done.output, done.session.committed) == (3, "add a JWK []\na problem\n", [])
    assert done.errors == "f:2: the batch stops here, with exit code 3\n"
    assert Outcome("add a\ncheck").errors == ""


def test_a_difference_is_told_by_the_exit_code_only_if_nothing_was_committed() -> None:
    """It does not stop the batch."""
    assert Outcome("add a\ndiff --detailed-exitcode\ndiscard").code == 7
    assert Outcome("add a\ndiff --detailed-exitcode\ncommit --dry-run\ndiscard").code == 7
    assert Outcome("add a\ndiff --detailed-exitcode\ncommit").code == 0
    assert Outcome("diff --detailed-exitcode").code == 0
    assert Outcome("add a\ndiff --detailed-exitcode").code == 1


def test_nobody_is_asked() -> None:
    """A command that needs an answer fails."""
    done = Outcome("add a\nask\ncommit")
    assert (done.code, done.session.committed) == (1, [])
    assert "f:2:1: error: ask needs somebody who answers" in done.errors


def test_an_error_behind_the_commit_says_that_it_was_done() -> None:
    """The exit code alone would say that nothing changed."""
    done = Outcome("add a\ncommit\nfail")
    assert (done.code, done.session.committed) == (1, ["a"])
    assert done.errors.endswith("commit in line 2 was done before this error\n")


def test_a_reader_that_has_gone_ends_a_batch() -> None:
    """Before the commit nothing is applied; behind it the batch has done its work."""

    def run(text: str) -> tuple[int, list[str]]:
        session = Session()
        interpreter = Interpreter(session, REGISTRY, interactive=False)

        def gone(_: str) -> None:
            raise BrokenPipeError

        return batch.run(interpreter, [("f", text)], gone, gone, False), session.committed

    assert run("commit\nlist") == (0, [])
    with pytest.raises(BrokenPipeError):
        run("list\nadd a\ncommit")


def test_wrong_words_behind_the_commit_are_no_usage_error() -> None:
    """The exit code of usage says that nothing has run."""
    done = Outcome("add a\ncommit\nmisuse")
    assert (done.code, done.session.committed) == (1, ["a"])
    assert Outcome("misuse").code == 2


def test_an_interruption_drops_what_is_staged() -> None:
    """With the exit code that shells give it."""
    done = Outcome("add a\ninterrupt\ncommit")
    assert (done.code, done.errors, done.session.staged) == (130, "error: interrupted\n", [])


def test_a_file_is_run_in_its_place() -> None:
    """As part of the same transaction, with places of its own."""
    done = Outcome("source s\nadd b\ncommit", files={"s": "add a\nsource t\nadd c", "t": "list | count"})
    assert (done.code, done.session.committed) == (0, ["a", "c", "b"])
    done = Outcome("add b\nsource s\ncommit", files={"s": "list\nlst\nadd"})
    assert (done.code, done.output, done.session.committed) == (2, "add b JWK []\n", [])
    assert [line[:6] for line in done.errors.split("\n") if "error" in line] == ["s:2:1:", "s:3:4:"]
    done = Outcome("source s\nlist", files={"s": "check\nlist"})
    assert (done.code, done.output) == (3, "a problem\n")


def test_a_file_may_not_change_behind_the_commit() -> None:
    """Nor hold a second one: the rule is kept while it runs."""
    done = Outcome("add a\ncommit\nsource s", files={"s": "list\nadd b"})
    assert (done.code, done.session.committed) == (1, ["a"])
    assert "s:2:1: error: add stands behind commit in line 2" in done.errors


def test_files_that_run_each_other_come_to_an_end() -> None:
    """With an error at the line that goes too deep."""
    done = Outcome("source s", files={"s": "source s"})
    assert (done.code, "more than 20 deep" in done.errors) == (1, True)


def test_a_secret_among_the_arguments_is_warned_of() -> None:
    """Once, for `-c` only, and not for a source; the secret is not repeated."""
    text = "add a --client-secret hunter2\nadd b --pin 12\ndiscard"
    for name in ("-c", "-c 3"):
        done = Outcome(text, name=name)
        assert (done.code, done.errors.count("warning"), "hunter2" in done.errors) == (0, 1, False)
    assert Outcome(text).errors == ""
    assert Outcome("add a --client-secret @f\ndiscard", name="-c").errors == ""


def test_errors_can_be_json() -> None:
    """For the whole program, or because the failing line asked for JSON."""
    done = Outcome("list\nfail", as_json=True)
    first, last = done.output.split("\n"), done.errors.split("\n")[1]
    assert (len(json.loads(first[0])), json.loads(last)["error"]["line"]) == (2, 2)
    assert json.loads(Outcome("fail --json").errors)["error"]["code"] == "failed"


def test_what_stands_in_the_way_is_said_before_the_first_edit() -> None:
    """And not where a batch only reads; what reading shows is said once, by the line that read."""

    class Warned(Outcome):
        """A batch in a session with something to say."""

        def __init__(self, text: str) -> None:
            self.session = Session()
            self.session.warnings = ["read-only"]
            self.session.notices = ["ignored"]
            told: list[str] = []
            interpreter = Interpreter(self.session, REGISTRY, interactive=False)
            self.code = batch.run(interpreter, [("f", text)], lambda _: None, told.append, json=False)
            self.errors = "".join(told)

    assert Warned("list\nlist | count").errors.startswith("ignored\n")
    assert Warned("list | count").errors.count("read-only") == 0
    assert Warned("add a\ncommit").errors.startswith("note: read-only\nignored\n")
