"""What a commit to a CA does before it changes anything: read again, rebase, check again, order the steps."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from shell.backends.admin.addresses import provisioner_path
from shell.backends.admin.target import FRESH, CaReading
from shell.codec.linkedca import differences, from_message
from shell.commit.gate import require_acceptable, require_nothing_new
from shell.commit.prepare import rebased
from shell.commit.saga.adminsteps import Appoint, Dismiss
from shell.commit.saga.course import LOOKED_AT_TWICE
from shell.commit.saga.order import steps_of
from shell.commit.saga.steps import Create, Remove, Replace, Revise
from shell.errors import CheckFailed, Conflict
from shell.escape import visible
from shell.staging.diff import CHANGE
from shell.staging.edits import Add
from shell.staging.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shell.backends.admin.api import Admin
    from shell.backends.admin.target import AdminCa
    from shell.codec.messagefields import Message
    from shell.commit.outcome import Check, Options
    from shell.commit.saga.anystep import AnyStep
    from shell.model.view import ProvisionerId
    from shell.staging.draft import Draft
    from shell.staging.edits import Appointee
    from shell.staging.plan import Plan

ATTEMPTS = 3
"""How often a commit begins anew on what others have changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft on what the CA has now, and the steps that make it true.

    `fingerprint` names what the CA has. `rehearse` says that a fresh login is to be tried on the way.
    """

    draft: Draft
    plan: Plan
    steps: tuple[AnyStep, ...]
    fingerprint: str
    rehearse: bool
    notes: tuple[str, ...]


def prepare(
    target: AdminCa,
    reading: CaReading,
    plan: Plan,
    draft: Draft,
    options: Options,
    check: Check,
    *,
    anew: bool = False,
) -> Ready:
    """Bring a draft, and its plan, to what the CA has now, and make the steps.

    Of a few changed provisioners each is read, and the list again where one of them differs; of more the list,
    unless it was read just now; and the list where everything is to be looked at `anew`. Raises Conflict and CheckFailed as `shell.commit.saga.commit.commit` does.
    """
    before = draft
    if anew:
        target.api.forget_admins()
    if anew or (_is_late(plan) and monotonic() - reading.read_at > FRESH):
        reading = target.read(login=True)
        draft = rebased(before, reading.base) if reading.fingerprint != draft.base.fingerprint else draft
        plan = plan_of(draft)
    messages, fresh = _messages(target, draft, plan)
    for _ in range(ATTEMPTS):
        if fresh:
            break
        reading = target.read(login=True)
        draft = rebased(before, reading.base)
        plan = plan_of(draft)
        messages, fresh = _messages(target, draft, plan)
    if not fresh:
        raise keeps_changing()
    if anew or draft is not before:
        problems = check(draft.base, draft, draft.touched())
        require_nothing_new(check(before.base, before, before.touched()), problems, options.accept)
        require_acceptable(problems, options.accept)
    if options.expect and not plan.is_named(options.expect):
        raise Conflict(
            "other-plan",
            f"the plan is not the one that was expected: its digest is {plan.short_digest}; nothing was written",
            hint="look at it again with: diff",
        )
    steps = steps_of(plan, draft.base, messages)
    return _ready(target, reading, plan, draft, steps)


def _messages(target: AdminCa, draft: Draft, plan: Plan) -> tuple[dict[ProvisionerId, Message], bool]:
    """Return the messages of what the plan changes or removes, and whether they say what the base says.

    Of many changes those are left out that are read when they are written.
    """
    found: dict[ProvisionerId, Message] = {}
    fresh = True
    late = _is_late(plan)
    wanted = [
        (change, change.before)
        for change in plan.changes
        if change.before is not None and not (late and change.action == CHANGE and not change.renamed)
    ]
    for number, (change, before) in enumerate(wanted, 1):
        for following, _ in wanted[number : number + 1]:
            target.api.expect(provisioner_path(following.name))
        message = target.detail(change.name)
        if message is None:
            fresh = False
        else:
            found[change.id] = message
            fresh = fresh and not differences(before, from_message(message))
    return found, fresh


def keeps_changing() -> Conflict:
    """Return the error for a CA that others change as fast as we look."""
    return Conflict(
        "target-keeps-changing",
        "somebody else is changing the same provisioners just now; nothing was written",
        hint="commit again when they have finished",
    )


def _is_late(plan: Plan) -> bool:
    """Whether so much is changed that each is read only in the moment before it is written."""
    return sum(change.action == CHANGE for change in plan.changes) > LOOKED_AT_TWICE


def _ready(
    target: AdminCa,
    reading: CaReading,
    plan: Plan,
    draft: Draft,
    steps: list[AnyStep],
) -> Ready:
    own = target.api.login.provisioner
    touches_own = any(step.path_name == own for step in steps)
    notes: list[str] = []
    removals = [step for step in steps if isinstance(step, Remove)]
    dismissals = _dismissals(target, steps, removals) if removals or _renames(steps) else []
    new = {step.path_name for step in steps if isinstance(step, Create)}
    appoints = [Appoint(each.subject, name, each.super) for name, each in _appointed(draft) if name in new]
    rehearse = bool(removals) or touches_own
    if rehearse and not target.api.login.can_rehearse:
        rehearse = False
        notes.append("with this login it cannot be tried beforehand whether a new login would still work")
    adds = [step for step in steps if isinstance(step, Create)]
    changes = [step for step in steps if isinstance(step, Replace | Revise)]
    ordered: tuple[AnyStep, ...] = (*adds, *appoints, *changes, *dismissals, *removals)
    return Ready(draft, plan, ordered, reading.fingerprint, rehearse, tuple(notes))


def _appointed(draft: Draft) -> Iterable[tuple[str, Appointee]]:
    """Yield the admins that come back with provisioners, each with the name that the provisioner has by now."""
    for edit in (edit for step in draft.steps for edit in step.edits):
        if isinstance(edit, Add) and (now := draft.current(edit.id)) is not None:
            yield from ((now.name, each) for each in edit.admins)


def _renames(steps: list[AnyStep]) -> bool:
    return any(isinstance(step, Replace) and step.renames for step in steps)


def _dismissals(target: AdminCa, steps: list[AnyStep], removals: list[Remove]) -> list[Dismiss]:
    """Return the removals of admins that come before those of their provisioners.

    Raises CheckFailed for what the check forbids as well, but on what the CA has now: a renaming of a provisioner
    that has admins, and a removal of our own. Who is dismissed was an admin when that was checked, and accepted;
    whoever is made one before it goes is seen by `shell.commit.saga.proof`.
    """
    admins = target.api.seen_admins()
    by_owner: dict[str, list[Admin]] = {}
    for admin in admins:
        by_owner.setdefault(admin.provisioner_id, []).append(admin)
    owners = {admin.provisioner_id for admin in target.api.admins()} if _renames(steps) else set()
    for step in steps:
        if isinstance(step, Replace) and step.renames and step.before.get("id") in owners:
            raise _forbidden(
                "rename-with-admins", f"{step.shown}: it has admins, whom that cuts off until the CA reloads"
            )
    found = []
    for removal in removals:
        if removal.path_name == target.api.login.provisioner:
            raise _forbidden("own-provisioner-removed", f"{removal.shown}: you are logged in through it")
        for admin in by_owner.get(str(removal.before.get("id")), ()):
            found.append(Dismiss(admin.subject, removal.path_name, admin.super))
    if found and not _is_super(target, admins):
        names = ", ".join(sorted({visible(each.provisioner) for each in found}))
        raise _forbidden("needs-super-admin", f"only a super admin can remove {names}, which has admins")
    return found


def _is_super(target: AdminCa, admins: Sequence[Admin]) -> bool:
    me = target.api.myself(admins)
    return me is not None and me.super


def _forbidden(code: str, why: str) -> CheckFailed:
    return CheckFailed(
        code, f"{why}; nothing was changed", hint="log in through another provisioner, or leave it out"
    )
