"""Inviting somebody again who was removed."""

from django.db import transaction

from usher.ledger.actors import Actor
from usher.removal.cases.opening import CannotOpen, CaseRequest, open_case
from usher.removal.cases.transitions import request_approval
from usher.removal.models import Case, Target
from usher.removal.states import CaseState


def undo(case: Case, actor: Actor, reason: str = "") -> Case:
    """Opens a case that invites them to where they were removed from, and hands it in. Raises CannotOpen."""
    if case.state != CaseState.DONE or case.kind != Case.Kind.REMOVE:
        raise CannotOpen(
            "Only a removal that was done can be undone.", "One that has not begun can be cancelled.", case
        )
    if case.person is None:
        raise CannotOpen("Usher does not know this person any more.", "Invite them in Asana.", case)
    removed_from = case.targets.filter(outcome=Target.Outcome.DONE).values_list("workspace_gid", flat=True)
    wish = CaseRequest(
        kind=Case.Kind.RESTORE,
        reason=reason or f"Undoes case {case.pk}",
        workspaces=list(removed_from),
    )
    with transaction.atomic():
        restoring = open_case(case.person, wish, actor)
        restoring.undoes = case
        restoring.save(update_fields=["undoes"])
        return request_approval(restoring, actor)
