"""The states of a case, and the only place that says which state may follow which."""

from django.db import models

from usher.refusals import Refused


class CaseState(models.TextChoices):
    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    SUPERSEDED = "superseded", "Superseded"


NEXT_STATES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.DRAFT: frozenset(
        {CaseState.WAITING, CaseState.APPROVED, CaseState.CANCELLED, CaseState.SUPERSEDED}
    ),
    CaseState.WAITING: frozenset({CaseState.APPROVED, CaseState.CANCELLED, CaseState.SUPERSEDED}),
    CaseState.APPROVED: frozenset({CaseState.SCHEDULED, CaseState.CANCELLED, CaseState.SUPERSEDED}),
    # Back to waiting: an approval no longer counts.
    CaseState.SCHEDULED: frozenset(
        {CaseState.RUNNING, CaseState.WAITING, CaseState.CANCELLED, CaseState.SUPERSEDED}
    ),
    # Back to scheduled: removals were stopped, or the case waits for Asana. It continues where it left off.
    CaseState.RUNNING: frozenset(
        {CaseState.DONE, CaseState.FAILED, CaseState.SCHEDULED, CaseState.SUPERSEDED}
    ),
    CaseState.FAILED: frozenset({CaseState.SCHEDULED, CaseState.CANCELLED, CaseState.SUPERSEDED}),
    CaseState.DONE: frozenset(),
    CaseState.CANCELLED: frozenset(),
    CaseState.SUPERSEDED: frozenset(),
}

OPEN = frozenset(state for state, next_states in NEXT_STATES.items() if next_states)
CLOSED = frozenset(CaseState) - OPEN
CANCELLABLE = frozenset(
    state for state, next_states in NEXT_STATES.items() if CaseState.CANCELLED in next_states
)


class WrongState(Refused):
    """The case cannot go from its current state to the requested one."""

    def __init__(self, current: CaseState, wanted: CaseState) -> None:
        super().__init__(
            f"The case is {current.label.lower()}, so it cannot become {wanted.label.lower()}.",
            "Open the case to see what has changed.",
        )
        self.current = current


def check_transition(current: CaseState, wanted: CaseState) -> None:
    """Raises WrongState if `wanted` may not follow `current`."""
    if wanted not in NEXT_STATES[current]:
        raise WrongState(current, wanted)
