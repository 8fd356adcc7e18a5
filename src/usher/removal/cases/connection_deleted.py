"""Ends the open cases of a connection whose data is deleted. The cases themselves are kept."""

from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.removal.cases import transitions
from usher.removal.models import Case
from usher.removal.states import OPEN, CaseState

WHY = "The data of the connection was deleted"


def end_cases(connection: Connection) -> None:
    """Called before a connection is deleted, in the same transaction: see USHER_BEFORE_CONNECTION_DELETED.

    A case that is running may have been done in part, so it ends as failed first.
    """
    for case in Case.objects.filter(connection=connection, state__in=sorted(OPEN)):
        ended = case
        if case.state == CaseState.RUNNING:
            ended = transitions.fail(
                case, f"{WHY} while it ran.", "Check in Asana whether the person was removed."
            )
        transitions.cancel(ended, SYSTEM, reason=WHY)
