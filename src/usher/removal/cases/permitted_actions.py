"""What a user may do with a case now, and why not for the actions that they may miss."""

from collections.abc import Collection
from dataclasses import dataclass

from usher.access.models import User
from usher.access.roles import Action
from usher.connections.models import Mode
from usher.removal.guardrails.facts import identity, requesters
from usher.removal.guardrails.rules import Blocker, Rule
from usher.removal.models import Approval, Case
from usher.removal.states import CANCELLABLE, OPEN, CaseState

LIMITS = frozenset({Rule.DAILY_LIMIT, Rule.SHARE_LIMIT})


@dataclass(frozen=True)
class PermittedActions:
    """`why_not_approve` and `why_not_undo` are empty if the action is permitted, or makes no sense in this state."""

    request_approval: bool
    change: bool
    approve: bool
    is_second_approval: bool
    reject: bool
    cancel: bool
    try_again: bool
    undo: bool
    why_not_approve: str
    why_not_undo: str

    @property
    def any(self) -> bool:
        return self.request_approval or self.approve or self.reject or self.cancel or self.try_again


def permitted_actions(case: Case, user: User, blockers: Collection[Blocker]) -> PermittedActions:
    """`blockers`: why the case may not run now."""
    state = CaseState(case.state)
    is_second = state == CaseState.SCHEDULED and any(one.rule in LIMITS for one in blockers)
    # Approval may have become mandatory after the case was scheduled without one.
    lacks_approval = state == CaseState.SCHEDULED and any(one.rule == Rule.APPROVAL for one in blockers)
    wants_approval = state == CaseState.WAITING or is_second or lacks_approval
    why_not_approve = _why_not_approve(case, user) if wants_approval else ""
    may_approve = wants_approval and not why_not_approve
    why_not_undo = _why_not_undo(case, user) if _is_undoable(case) else ""
    opens_cases = user.may(Action.OPEN_CASES)
    return PermittedActions(
        request_approval=state == CaseState.DRAFT and opens_cases,
        change=state == CaseState.DRAFT and opens_cases,
        approve=may_approve,
        is_second_approval=is_second,
        reject=may_approve and state == CaseState.WAITING,
        cancel=state in CANCELLABLE and opens_cases,
        try_again=state == CaseState.FAILED and opens_cases,
        undo=_is_undoable(case) and not why_not_undo,
        why_not_approve=why_not_approve,
        why_not_undo=why_not_undo,
    )


def _why_not_approve(case: Case, user: User) -> str:
    who = identity(user.username, user.pk)
    if who in requesters(case):
        return "You requested this case, so another approver or admin must approve it."
    if not user.may(Action.APPROVE):
        return "Only an approver or admin may approve."
    approved = [
        one for one in case.approvals.all() if one.word == Approval.Word.APPROVED and not one.lapsed_at
    ]
    if any(identity(one.by, one.by_id) == who for one in approved):
        return "You have already approved it. Somebody else must give the second approval; one of you must be an admin."
    return ""


def _is_undoable(case: Case) -> bool:
    return case.state == CaseState.DONE and case.kind == Case.Kind.REMOVE


def _why_not_undo(case: Case, user: User) -> str:
    if case.person is None or case.connection is None or not case.connection.is_connected:
        return "The connection was disconnected, so nobody can be invited through it."
    if case.connection.mode != Mode.ACT:
        return "The connection is in “Read” mode, so Usher invites nobody there."
    open_case = Case.objects.filter(person=case.person, state__in=sorted(OPEN)).first()
    if open_case is not None:
        return f"Case {open_case.pk} about the same person is still open."
    return "" if user.may(Action.RESTORE) else "Only an approver or admin may invite somebody again."
