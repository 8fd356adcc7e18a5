"""Approvals that no longer count: read again at the moment at which a case begins."""

from django.utils import timezone

from usher.access.models import User
from usher.access.roles import Action
from usher.removal.cases.in_advance import why_counts_no_longer
from usher.removal.cases.versions import SETTLED, changed_since
from usher.removal.models import Approval, Case


def lapse_approvals(case: Case) -> list[str]:
    """Marks those that no longer count, and returns why, in words. Inside a transaction that holds the case."""
    reasons = []
    counting = case.approvals.filter(word=Approval.Word.APPROVED, lapsed_at=None)
    for approval in counting:
        why = why_lapsed(approval, case)
        if why:
            approval.lapsed_at, approval.lapsed_why = timezone.now(), why[:1000]
            approval.save(update_fields=["lapsed_at", "lapsed_why"])
            reasons.append(why)
    return reasons


def why_lapsed(approval: Approval, case: Case) -> str:
    """Empty if it still counts. A user of the machine, who approved by the command line, has no account."""
    changed = changed_since(case, approval.version, SETTLED) if approval.version else []
    if changed:
        return f"{approval.by} approved it before {' and '.join(changed)} changed."
    if approval.rule is not None:
        return why_counts_no_longer(approval, case)
    if approval.by_id is None:
        return ""
    user = User.objects.filter(pk=approval.by_id).first()
    if user is None or not user.is_active:
        return f"The account of {approval.by}, who approved it, is no longer active."
    if not user.may(Action.APPROVE):
        return f"{approval.by}, who approved it, may no longer approve."
    if approval.is_admin and user.role != "admin":
        return f"{approval.by}, who approved it as an admin, is no admin any more."
    if case.connection_id is not None and not user.seen.includes(case.connection_id):
        return f"{approval.by}, who approved it, no longer sees the connection."
    return ""
