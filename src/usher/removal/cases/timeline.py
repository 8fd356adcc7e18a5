"""The states that a case has passed, the current one, and those ahead."""

from dataclasses import dataclass
from datetime import datetime

from usher.removal.models import Approval, Case
from usher.removal.states import CaseState

USUAL_STATES = (CaseState.DRAFT, CaseState.WAITING, CaseState.SCHEDULED, CaseState.RUNNING, CaseState.DONE)
ENDED_OTHERWISE = frozenset({CaseState.FAILED, CaseState.CANCELLED, CaseState.SUPERSEDED})


@dataclass(frozen=True)
class TimelineStage:
    """`at`: when the case reached it; None if it lies ahead."""

    state: CaseState
    at: datetime | None
    is_now: bool

    @property
    def is_reached(self) -> bool:
        return self.at is not None


def timeline_of(case: Case) -> list[TimelineStage]:
    """A case that failed, was cancelled or superseded shows the states it passed and how it ended."""
    state = CaseState.SCHEDULED if case.state == CaseState.APPROVED else CaseState(case.state)
    times = _times(case)
    if state in ENDED_OTHERWISE:
        passed = [
            TimelineStage(one, times[one], is_now=False)
            for one in USUAL_STATES
            if times[one] and one != CaseState.DONE
        ]
        return [*passed, TimelineStage(state, case.finished_at or case.changed_at, is_now=True)]
    here = USUAL_STATES.index(state)
    return [
        TimelineStage(one, times[one] if position <= here else None, is_now=position == here)
        for position, one in enumerate(USUAL_STATES)
    ]


def in_state_since(case: Case) -> datetime:
    """When the case reached its current state."""
    now = next(stage for stage in timeline_of(case) if stage.is_now)
    return now.at or case.changed_at


def _times(case: Case) -> dict[CaseState, datetime | None]:
    approved = next((one for one in case.approvals.all() if one.word == Approval.Word.APPROVED), None)
    scheduled_at = (approved.at if approved else case.asked_at) if case.scheduled_for else None
    return {
        CaseState.DRAFT: case.opened_at,
        CaseState.WAITING: case.asked_at,
        CaseState.SCHEDULED: scheduled_at,
        CaseState.RUNNING: case.started_at,
        CaseState.DONE: case.finished_at,
    }
