"""What somebody may do with a case as it stands, and why they may not do what they might look for."""

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
    """`why_not_approve` and `why_not_undo` are empty where it is offered, or where nobody would look for it."""

    ask: bool
    change: bool
    approve: bool
    is_second_approval: bool
    refuse: bool
    cancel: bool
    try_again: bool
    undo: bool
    why_not_approve: str
    why_not_undo: str

    @property
    def any(self) -> bool:
        return self.ask or self.approve or self.refuse or self.cancel or self.try_again


def permitted_actions(case: Case, user: User, refused: Collection[Blocker]) -> PermittedActions:
    """`refused`: why the case may not run now."""
    state = CaseState(case.state)
    is_second = state == CaseState.SCHEDULED and any(one.rule in LIMITS for one in refused)
    # Approval may have been switched on after a case was scheduled without any.
    lacks_approval = state == CaseState.SCHEDULED and any(one.rule == Rule.APPROVAL for one in refused)
    wants_approval = state == CaseState.WAITING or is_second or lacks_approval
    why_not_approve = _why_not_approve(case, user) if wants_approval else ""
    may_approve = wants_approval and not why_not_approve
    why_not_undo = _why_not_undo(case, user) if _is_undoable(case) else ""
    opens_cases = user.may(Action.OPEN_CASES)
    return PermittedActions(
        ask=state == CaseState.DRAFT and opens_cases,
        change=state == CaseState.DRAFT and opens_cases,
        approve=may_approve,
        is_second_approval=is_second,
        refuse=may_approve and state == CaseState.WAITING,
        cancel=state in CANCELLABLE and opens_cases,
        try_again=state == CaseState.FAILED and opens_cases,
        undo=_is_undoable(case) and not why_not_undo,
        why_not_approve=why_not_approve,
        why_not_undo=why_not_undo,
    )


def _why_not_approve(case: Case, user: User) -> str:
    me = identity(user.username, user.pk)
    if me in requesters(case):
        return "You asked for this, so you cannot approve it: another approver or admin must."
    if not user.may(Action.APPROVE):
        return "Only an approver or admin may approve."
    approved = case.approvals.filter(word=Approval.Word.APPROVED)
    if any(identity(one.by, one.by_id) == me for one in approved):
        return "You have approved it already: the second approval is another person's, and one of both an admin's."
    return ""


def _is_undoable(case: Case) -> bool:
    return case.state == CaseState.DONE and case.kind == Case.Kind.REMOVE


def _why_not_undo(case: Case, user: User) -> str:
    if case.person is None or case.connection is None or not case.connection.is_connected:
        return "The connection is gone, so nobody can be invited through it."
    if case.connection.mode != Mode.ACT:
        return "The connection only reads now, so Usher invites nobody there."
    open_case = Case.objects.filter(person=case.person, state__in=sorted(OPEN)).first()
    if open_case is not None:
        return f"Case {open_case.pk} about the same person is open."
    return "" if user.may(Action.RESTORE) else "Only an approver or admin may invite somebody again."
