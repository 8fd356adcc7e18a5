"""The states of a case, and which may follow which. The only place that says so."""

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waiting for approval"
    APPROVED = "approved", "Approved"
    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    SUPERSEDED = "superseded", "Superseded"


FOLLOWS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.WAITING, State.APPROVED, State.CANCELLED, State.SUPERSEDED}),
    State.WAITING: frozenset({State.APPROVED, State.CANCELLED, State.SUPERSEDED}),
    State.APPROVED: frozenset({State.SCHEDULED, State.CANCELLED, State.SUPERSEDED}),
    State.SCHEDULED: frozenset({State.RUNNING, State.CANCELLED, State.SUPERSEDED}),
    # Back to scheduled: the stop switch halted it, or it waits for Asana. It goes on where it stood.
    State.RUNNING: frozenset({State.DONE, State.FAILED, State.SCHEDULED, State.SUPERSEDED}),
    State.FAILED: frozenset({State.SCHEDULED, State.CANCELLED, State.SUPERSEDED}),
    State.DONE: frozenset(),
    State.CANCELLED: frozenset(),
    State.SUPERSEDED: frozenset(),
}

OPEN = frozenset(state for state, following in FOLLOWS.items() if following)
CLOSED = frozenset(State) - OPEN
CANCELLABLE = frozenset(state for state, following in FOLLOWS.items() if State.CANCELLED in following)


class WrongState(Exception):
    """What was asked for is not possible in the state that the case is in."""

    def __init__(self, current: State, wanted: State) -> None:
        super().__init__(f"The case is {current.label.lower()}, so it cannot become {wanted.label.lower()}.")
        self.current = current


def check(current: State, wanted: State) -> None:
    """Raises WrongState where `wanted` may not follow `current`."""
    if wanted not in FOLLOWS[current]:
        raise WrongState(current, wanted)
