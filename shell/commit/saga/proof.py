"""Looking at a CA after writing: whether it has what was written, and whether its admin still gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from shell.backends.admin.api import AdminApi
from shell.backends.admin.failures import CaError
from shell.backends.admin.outcome import Lost, Unreachable
from shell.codec.linkedca import differences, from_message, same_listed, same_message
from shell.commit.saga.caller import Moved, StepFailed
from shell.commit.saga.steps import Create, Remove, Replace
from shell.escape import visible
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shell.backends.admin.api import Admin
    from shell.codec.messagefields import Message
    from shell.commit.saga.adminsteps import Dismiss
    from shell.commit.saga.anystep import AnyStep
    from shell.commit.saga.caller import Patience
    from shell.model.values import JSON

Answered = TypeVar("Answered")
_NAMED = 3  # fields that a message names
_STALE = "has loaded in that moment and works with what was there before: reload it (SIGHUP)"
_READ_ONE_BY_ONE = 4
"""Up to so many provisioners are read by themselves where nothing else asks for the list."""


class Proof:
    """Looks at the CA of an API; every look is tried again while the CA does not answer."""

    def __init__(self, api: AdminApi, patience: Patience) -> None:
        self._api = api
        self._patience = patience

    def require_as_written(self, steps: Sequence[AnyStep], going: Sequence[Remove] = ()) -> list[str]:
        """Return what to say of what others have changed since these steps were made, with these steps in it.

        Raises StepFailed where the CA does not have what the steps have made of it: somebody who had read it
        before has written over it. Raises Moved where something that is `going` is not as it was read.

        The list tells; one that was walked while it changed can skip and repeat, so that whatever looks
        wrong in it is read by itself.
        """
        names, gone = _results(steps)
        if not names and not gone and not going:
            return []
        listed: dict[str, dict[str, JSON]] = {}
        if names or gone or len(going) > _READ_ONE_BY_ONE:
            listed = {str(entry.get("name")): entry for entry in self._ask(self._api.provisioners)}
        notes = []
        for name, step in names.items():
            if not _is_listed(listed, name, _result(step)):
                notes += self._survivor(name, step, listed)
        for name in sorted(gone):
            if name in listed and self._read(name) is not None:
                raise StepFailed(f"{visible(name)} is there again: somebody else has made it meanwhile")
        for removal in going:
            if not _is_listed(listed, removal.path_name, removal.before):
                self._require_standing(removal)
        return notes

    def _survivor(
        self, name: str, step: Create | Replace, listed: Mapping[str, dict[str, JSON]]
    ) -> list[str]:
        """Return what to say of a provisioner that is not listed as it was written; raises StepFailed where that is lost."""
        found = self._read(name)
        if found is None:
            raise StepFailed(
                f"{visible(name)} is not there any more: somebody else has removed or renamed it"
            )
        if same_message(found, _result(step)):
            # a CA that loads reads its database first, and answers with what it has read some milliseconds later
            stale = isinstance(step, Replace) and _is_listed(listed, name, step.before)
            return [f"{visible(name)} is written, but the CA {_STALE}"] if stale else []
        if lost := _lost(step, found):
            raise StepFailed(
                f"{visible(name)} is not as it was written ({visible(', '.join(lost[:_NAMED]))}): somebody else has written over "
                "it at the same time"
            )
        return [f"{visible(name)} was changed by somebody else right afterwards; what you changed is in it"]

    def _require_standing(self, removal: Remove) -> None:
        found = self._read(removal.path_name)
        if found is not None and not same_message(found, removal.before):
            raise Moved(f"{removal.shown}: somebody else has changed it since it was read")

    def _read(self, name: str) -> Message | None:
        return self._ask(lambda: self._api.provisioner(name))

    def require_no_admins(self, steps: Sequence[AnyStep]) -> None:
        """Raise StepFailed where a provisioner that was renamed has admins: they are cut off until a reload.

        Nobody was his admin before; somebody may have been made one meanwhile.
        """
        renamed = {
            str(one.before.get("id")): one for one in steps if isinstance(one, Replace) and one.renames
        }
        if not renamed:
            return
        for admin in self._ask(self._api.admins):
            if step := renamed.get(admin.provisioner_id):
                raise StepFailed(
                    f"{step.shown}: {visible(admin.subject)} was made its admin meanwhile, and would be cut off "
                    "until the CA reloads"
                )

    def require_known_admins(
        self,
        going: Sequence[Remove],
        dismissals: Sequence[Dismiss],
        admins: Sequence[Admin] | None,
        *,
        begun: bool,
    ) -> None:
        """Raise Moved where the admins of what goes are not those who are dismissed, whom a rollback makes again.

        `admins` are those of this moment, where they were just read. Where the removals were `begun` before,
        some may have gone.
        """
        names = {str(removal.before.get("id")): removal.path_name for removal in going}
        known = {(dismissal.provisioner, dismissal.subject): dismissal.super for dismissal in dismissals}
        now = self._ask(self._api.admins) if admins is None and going else admins or ()
        found = {
            (names[admin.provisioner_id], admin.subject): admin.super
            for admin in now
            if admin.provisioner_id in names
        }
        for name, subject in sorted(found.keys() | known.keys()):
            one = (name, subject)
            if one not in known:
                what = "was made its admin"
            elif one not in found:
                what = "" if begun else "was removed from its admins"
            else:
                what = "" if found[one] == known[one] else "was given another role"
            if what:
                raise Moved(f"remove {visible(name)}: {visible(subject)} {what} meanwhile")

    def require_login(self) -> Sequence[Admin]:
        """Return the admins; raises StepFailed where a fresh login, or that call with it, does not work any more."""
        try:
            fresh = AdminApi(self._api.connection, self._ask(self._api.login.rehearse))
            admins = self._ask(fresh.admins)
            me = self._ask(lambda: fresh.myself(admins))
        except StepFailed as error:
            raise StepFailed(f"a new login would not work any more: {error.why}", error.request_id) from None
        if me is None:
            raise StepFailed("a new login would not be one of an admin any more")
        return admins

    def _ask(self, question: Callable[[], Answered]) -> Answered:
        """Return the answer to a question; raises StepFailed where the CA refuses or never answers."""
        attempt = 0
        while True:
            try:
                return question()
            except CaError as error:
                attempt += 1
                unheard = isinstance(error.outcome, Lost | Unreachable)
                if not unheard or attempt >= self._patience.attempts:
                    raise StepFailed(error.message, error.request_id) from None
                self._patience.sleep(self._patience.pause)


def _is_listed(listed: Mapping[str, dict[str, JSON]], name: str, message: Message) -> bool:
    entry = listed.get(name)
    return entry is not None and same_listed(Provisioner(entry), from_message(message))


def _lost(step: Create | Replace, found: Message) -> tuple[str, ...]:
    """Return what of a step is not in what the CA has now: dotted paths, or what cannot be told."""
    there = from_message(found)
    if isinstance(step, Create):
        return () if found.get("type") == step.message.get("type") else ("type",)
    after = from_message(step.after)
    ours = differences(from_message(step.before), after)
    if not ours:
        return ("what the list does not show of it",)
    return tuple(path for path in differences(after, there) if path in ours)


def _result(step: Create | Replace) -> Message:
    return step.message if isinstance(step, Create) else step.after


def _results(steps: Sequence[AnyStep]) -> tuple[dict[str, Create | Replace], set[str]]:
    """Return the steps that leave something, by the name of that, and the names that nothing has any more."""
    names: dict[str, Create | Replace] = {}
    gone: set[str] = set()
    for step in steps:
        if isinstance(step, Create):
            names[step.path_name] = step
        elif isinstance(step, Replace):
            names[step.new_name] = step
            gone.add(step.path_name)
        elif isinstance(step, Remove):
            gone.add(step.path_name)
    return names, gone - names.keys()
