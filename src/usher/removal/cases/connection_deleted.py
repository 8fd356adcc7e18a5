"""What becomes of open cases when the data of their connection are deleted: they end, and are kept."""

from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.removal.cases import transitions
from usher.removal.models import Case
from usher.removal.states import OPEN, CaseState

WHY = "The connection's data were deleted"


def end_cases(instance: Connection, **_: object) -> None:
    """Before a connection is deleted, in the same transaction. What is under way may have been done in part."""
    for case in Case.objects.filter(connection=instance, state__in=sorted(OPEN)):
        ended = case
        if case.state == CaseState.RUNNING:
            ended = transitions.fail(case, f"{WHY} while it ran.", "Look in Asana whether they are gone.")
        transitions.cancel(ended, SYSTEM, reason=WHY)
