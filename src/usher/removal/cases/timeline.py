"""The way of a case through its states, as far as it has come and as it would go on."""

from dataclasses import dataclass
from datetime import datetime

from usher.removal.models import Approval, Case
from usher.removal.states import State

WAY = (State.DRAFT, State.WAITING, State.SCHEDULED, State.RUNNING, State.DONE)
ENDED_OTHERWISE = frozenset({State.FAILED, State.CANCELLED, State.SUPERSEDED})


@dataclass(frozen=True)
class Stage:
    """`at`: when it was reached; None for what lies ahead."""

    state: State
    at: datetime | None
    is_now: bool

    @property
    def is_reached(self) -> bool:
        return self.at is not None


def stages_of(case: Case) -> list[Stage]:
    """Of a case that ended otherwise, the states that it passed, then how it ended."""
    state = State.SCHEDULED if case.state == State.APPROVED else State(case.state)
    times = _times(case)
    if state in ENDED_OTHERWISE:
        passed = [Stage(one, times[one], is_now=False) for one in WAY if times[one] and one != State.DONE]
        return [*passed, Stage(state, case.finished_at or case.changed_at, is_now=True)]
    here = WAY.index(state)
    return [
        Stage(one, times[one] if position <= here else None, is_now=position == here)
        for position, one in enumerate(WAY)
    ]


def since(case: Case) -> datetime:
    """When it came into the state that it is in."""
    now = next(stage for stage in stages_of(case) if stage.is_now)
    return now.at or case.changed_at


def _times(case: Case) -> dict[State, datetime | None]:
    approved = case.approvals.filter(word=Approval.Word.APPROVED).first()
    scheduled_at = (approved.at if approved else case.asked_at) if case.scheduled_for else None
    return {
        State.DRAFT: case.opened_at,
        State.WAITING: case.asked_at,
        State.SCHEDULED: scheduled_at,
        State.RUNNING: case.started_at,
        State.DONE: case.finished_at,
    }
