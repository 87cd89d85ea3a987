"""The draft: staging, undo, redo, and the names that provisioners have now."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shell.errors import UsageError
from shell.model.provisioner import Provisioner
from shell.model.values import Number
from shell.model.view import ProvisionerId
from shell.staging.base import Base
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Drop, Remove, Set, Unset
from tests.support import drafts
from tests.support.drafts import acme, contents, ident, make_base


class DraftMachine(RuleBasedStateMachine):
    """A draft beside a naive model: the whole content before each step, kept as copies."""

    @initialize(entries=st.lists(drafts.entries(), max_size=4))
    def begin(self, entries: list[dict[str, Any]]) -> None:
        """Start on some base."""
        self.draft = Draft(make_base(*entries))
        self.present: dict[int, dict[str, Any]] = dict(enumerate(entries))
        self.past: list[dict[int, dict[str, Any]]] = []
        self.future: list[dict[int, dict[str, Any]]] = []

    @rule(data=st.data(), count=st.integers(0, 3))
    def stage(self, data: st.DataObject, count: int) -> None:
        """Stage a step of some edits, joined as those of one line are."""
        mark = len(self.draft.steps)
        before = dict(self.present)
        for _ in range(count):
            edit = data.draw(drafts.edits(self.draft))
            self.draft.stage([edit], "part")
            now = self.draft.current(edit.id)
            self.present = {**self.present}
            self.present.pop(edit.id, None)
            if now is not None:
                self.present[edit.id] = now.members
        self.draft.join(mark, "line")
        if count:
            self.past.append(before)
            self.future.clear()

    @rule()
    def undo(self) -> None:
        """Undo restores exactly what was there before the step."""
        step = self.draft.undo()
        assert (step is None) == (not self.past)
        if self.past:
            self.future.append(self.present)
            self.present = self.past.pop()

    @rule()
    def redo(self) -> None:
        """Redo puts exactly what was undone there again."""
        step = self.draft.redo()
        assert (step is None) == (not self.future)
        if self.future:
            self.past.append(self.present)
            self.present = self.future.pop()

    @precondition(lambda self: self.past)
    @rule()
    def discard(self) -> None:
        """Discarding leaves the base, and nothing to undo or redo."""
        self.draft.discard()
        self.present = dict(enumerate(contents(Draft(self.draft.base))))
        self.past.clear()
        self.future.clear()

    @invariant()
    def agrees(self) -> None:
        """Identities, contents, names and summaries are those of the naive model."""
        assert list(self.draft.ids()) == sorted(self.present)
        assert {id_: self.draft.provisioner(id_).members for id_ in self.draft.ids()} == self.present
        names = {Provisioner(members).name for members in self.present.values()}
        for name in (*names, "never"):
            wanted = [id_ for id_ in sorted(self.present) if Provisioner(self.present[id_]).name == name]
            assert list(self.draft.named(name)) == wanted
        for id_ in self.draft.ids():
            assert self.draft.summary(id_).name == self.draft.provisioner(id_).name
        assert set(self.draft.staged_names()) <= names


TestDraftMachine = DraftMachine.TestCase
TestDraftMachine.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)


def test_untouched_provisioners_are_never_decoded() -> None:
    """Staging decodes what it touches and nothing else."""
    decoded = []

    def decode(place: int) -> Provisioner:
        decoded.append(place)
        return Provisioner(acme(f"p{place}"))

    base = Base({}, [make_base(acme(f"p{place}")).summary(ident(0)) for place in range(5)], decode, "f")
    draft = Draft(base)
    draft.stage([Set(draft.named("p3")[0], ("forceCN",), True)], "line")
    assert draft.touched() == [3]
    assert decoded == [3]


def test_a_step_is_staged_whole_or_not_at_all() -> None:
    """An edit that does not fit takes back those of its step that did, and the error names the field."""
    draft = Draft(make_base(acme("a", challenges="text")))
    with pytest.raises(UsageError, match="challenges is not a list"):
        draft.stage(
            [Set(ident(0), ("forceCN",), True), Append(ident(0), ("challenges",), ("dns-01",))], "line"
        )
    assert draft.touched() == []
    assert draft.steps == []


def test_an_interruption_leaves_nothing_half_staged() -> None:
    """Ctrl-C while a step is being staged takes back what was done of it."""

    def interrupted() -> Any:
        yield Set(ident(0), ("forceCN",), True)
        raise KeyboardInterrupt

    draft = Draft(make_base(acme("a")))
    with pytest.raises(KeyboardInterrupt):
        draft.stage(interrupted(), "line")
    assert draft.touched() == []


def test_a_step_without_edits_is_no_step() -> None:
    """Nothing to stage leaves the history, and what can be done again, as it is."""
    draft = Draft(make_base(acme("a")))
    draft.stage([Remove(ident(0))], "remove a")
    draft.undo()
    draft.stage([], "nothing")
    assert draft.redo() is not None
    assert [step.line for step in draft.steps] == ["remove a"]


def test_undo_and_redo_keep_the_line() -> None:
    """What was joined is one step with one line, undone and done again as such."""
    draft = Draft(make_base(acme("a"), acme("b")))
    draft.stage([Remove(ident(0))], "remove a")
    draft.stage([Remove(ident(1))], "remove b")
    draft.join(0, "source both")
    step = draft.undo()
    assert step is not None
    assert step.line == "source both"
    assert list(draft.ids()) == [0, 1]
    draft.redo()
    assert list(draft.ids()) == []


def test_joining_nothing_makes_no_step() -> None:
    """A `source` of an empty file leaves no step."""
    draft = Draft(make_base())
    draft.join(0, "source empty")
    assert draft.steps == []


def test_setting_what_is_there_touches_nothing() -> None:
    """A value that is the same, or null where nothing was, makes no difference."""
    draft = Draft(make_base(acme("a", forceCN=True)))
    draft.stage([Set(ident(0), ("forceCN",), True), Set(ident(0), ("website",), None)], "line")
    assert draft.touched() == []


def test_a_number_is_not_the_text_of_its_digits() -> None:
    """Replacing the text "1" by the number 1 is a difference."""
    draft = Draft(make_base(acme("a", later="1")))
    draft.stage([Set(ident(0), ("later",), Number("1"))], "line")
    assert draft.touched() == [0]


def test_what_is_not_there_cannot_be_edited_or_asked_for() -> None:
    """An edit of a removed provisioner is an error, and so is looking at it."""
    draft = Draft(make_base(acme("a")))
    draft.stage([Remove(ident(0))], "line")
    with pytest.raises(UsageError, match="not there any more"):
        draft.stage([Unset(ident(0), ("forceCN",))], "line")
    with pytest.raises(KeyError):
        draft.provisioner(ident(0))


def test_what_is_there_cannot_be_added() -> None:
    """Adding under an identity that is in use is an error; one that was removed can come back."""
    draft = Draft(make_base(acme("a")))
    with pytest.raises(UsageError, match="there already"):
        draft.stage([Add(ident(0), Provisioner(acme("b")))], "line")
    draft.stage([Remove(ident(0)), Add(ident(0), Provisioner(acme("b")))], "line")
    assert contents(draft) == [acme("b")]


def test_list_edits_keep_order_and_repeat_nothing() -> None:
    """Append adds what is not there, Drop takes an item wherever it stands; an empty list goes."""
    draft = Draft(make_base(acme("a", caaIdentities=["x", "y", "x"])))
    path = ("caaIdentities",)
    draft.stage([Append(ident(0), path, ("y", "z", "z"))], "line")
    assert draft.provisioner(ident(0)).get(path) == ["x", "y", "x", "z"]
    draft.stage([Append(ident(0), path, ("z",), unique=False)], "line")
    assert draft.provisioner(ident(0)).get(path) == ["x", "y", "x", "z", "z"]
    draft.stage([Drop(ident(0), path, ("x", "z"))], "line")
    assert draft.provisioner(ident(0)).get(path) == ["y"]
    draft.stage([Drop(ident(0), path, ("y",))], "line")
    assert draft.provisioner(ident(0)).members == acme("a")
    draft.stage([Append(ident(0), path, ("new",))], "line")
    assert draft.provisioner(ident(0)).get(path) == ["new"]


def test_settings_and_flaws_are_seen_through_the_draft() -> None:
    """A draft shows the settings of its base, and the flaws of entries as the edits leave them."""
    scanned = [(("type", "ACME"), ("name", "a"), ("forceCN", "no"))]
    base = make_base(acme("a", forceCN="no"))
    draft = Draft(base)
    assert draft.settings == base.settings
    assert [path for path, _ in draft.flaws(ident(0))] == ["forceCN"]
    draft.stage([Set(ident(0), ("forceCN",), False)], "line")
    assert draft.flaws(ident(0)) == ()
    fromscan = Base({}, base.summaries, base.provisioner, "f", scanned.__getitem__)  # type: ignore[arg-type]
    assert [path for path, _ in fromscan.flaws(ident(0))] == ["forceCN"]


def test_an_identity_is_never_given_twice() -> None:
    """What was added and undone does not lend its identity to the next."""
    draft = Draft(make_base(acme("a")))
    first = draft.new_id()
    draft.stage([Add(first, Provisioner(acme("b")))], "line")
    draft.undo()
    assert draft.new_id() != first
    assert isinstance(first, int)
    assert ProvisionerId(1) == first
