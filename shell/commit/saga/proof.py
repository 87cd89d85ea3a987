"""Looking at a CA after writing: whether it has what was written, and whether its admin still gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from shell.backends.admin.api import AdminApi
from shell.backends.admin.failures import CaError
from shell.backends.admin.outcome import Lost, Unreachable
from shell.codec.linkedca import from_message, same_listed, same_message
from shell.commit.saga.caller import StepFailed
from shell.commit.saga.steps import Create, Remove, Replace
from shell.escape import visible
from shell.model.provisioner import Provisioner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.codec.messagefields import Message
    from shell.commit.saga.caller import Patience
    from shell.commit.saga.steps import AnyStep

Answered = TypeVar("Answered")


class Proof:
    """Looks at the CA of an API; every look is tried again while the CA does not answer."""

    def __init__(self, api: AdminApi, patience: Patience) -> None:
        self._api = api
        self._patience = patience

    def require_as_written(self, steps: Sequence[AnyStep]) -> None:
        """Raise StepFailed where the CA does not have what these steps have made of it.

        The list tells; one that was walked while it changed can skip and repeat, so that whatever looks
        wrong in it is read by itself.
        """
        names, gone = _results(steps)
        if not names and not gone:
            return
        listed = {str(entry.get("name")): entry for entry in self._ask(self._api.provisioners)}
        for name, message in names.items():
            entry = listed.get(name)
            if entry is None or not same_listed(Provisioner(entry), from_message(message)):
                self._require_same(name, message)
        for name in sorted(gone):
            if name in listed and self._read(name) is not None:
                raise StepFailed(f"{visible(name)} is there again: somebody else has made it meanwhile")

    def _require_same(self, name: str, message: Message) -> None:
        found = self._read(name)
        if found is None or not same_message(found, message):
            raise StepFailed(
                f"{visible(name)} is not as it was written: somebody else has changed it at the same time"
            )

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

    def require_login(self) -> None:
        """Raise StepFailed where a fresh login, or an admin call with it, does not work any more."""
        try:
            fresh = self._ask(self._api.login.rehearse)
            me = self._ask(AdminApi(self._api.connection, fresh).whoami)
        except StepFailed as error:
            raise StepFailed(f"a new login would not work any more: {error.why}", error.request_id) from None
        if me is None:
            raise StepFailed("a new login would not be one of an admin any more")

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


def _results(steps: Sequence[AnyStep]) -> tuple[dict[str, Message], set[str]]:
    """Return the messages that steps leave, by name, and the names that nothing has any more."""
    names: dict[str, Message] = {}
    gone: set[str] = set()
    for step in steps:
        if isinstance(step, Create):
            names[step.path_name] = step.message
        elif isinstance(step, Replace):
            names[step.new_name] = step.after
            gone.add(step.path_name)
        elif isinstance(step, Remove):
            gone.add(step.path_name)
    return names, gone - names.keys()
