"""Inviting a removed person again."""

from django.db import transaction

from usher.ledger.actors import Actor
from usher.removal.cases.opening import CannotOpen, CaseRequest, open_case
from usher.removal.cases.transitions import request_approval
from usher.removal.models import Case, Target
from usher.removal.states import CaseState


def undo(case: Case, actor: Actor, reason: str = "") -> Case:
    """Opens a case that invites the person to the workspaces they were removed from, and requests its approval.

    Raises CannotOpen.
    """
    if case.state != CaseState.DONE or case.kind != Case.Kind.REMOVE:
        raise CannotOpen(
            "Only a completed removal can be undone.", "Cancel the case if it has not started.", case
        )
    if case.person is None:
        raise CannotOpen("This person is no longer in Usher's people list.", "Invite them in Asana.", case)
    removed_from = case.targets.filter(outcome=Target.Outcome.DONE).values_list("workspace_gid", flat=True)
    request = CaseRequest(
        kind=Case.Kind.RESTORE,
        reason=reason or f"Undoes case {case.pk}",
        workspaces=list(removed_from),
    )
    with transaction.atomic():
        restoring = open_case(case.person, request, actor)
        restoring.undoes = case
        restoring.save(update_fields=["undoes"])
        return request_approval(restoring, actor)
