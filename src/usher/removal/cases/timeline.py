"""The way of a case through its states, as far as it has come and as it would go on."""

from dataclasses import dataclass
from datetime import datetime

from usher.removal.models import Approval, Case
from usher.removal.states import CaseState

WAY = (CaseState.DRAFT, CaseState.WAITING, CaseState.SCHEDULED, CaseState.RUNNING, CaseState.DONE)
ENDED_OTHERWISE = frozenset({CaseState.FAILED, CaseState.CANCELLED, CaseState.SUPERSEDED})


@dataclass(frozen=True)
class TimelineStage:
    """`at`: when it was reached; None for what lies ahead."""

    state: CaseState
    at: datetime | None
    is_now: bool

    @property
    def is_reached(self) -> bool:
        return self.at is not None


def timeline_of(case: Case) -> list[TimelineStage]:
    """Of a case that ended otherwise, the states that it passed, then how it ended."""
    state = CaseState.SCHEDULED if case.state == CaseState.APPROVED else CaseState(case.state)
    times = _times(case)
    if state in ENDED_OTHERWISE:
        passed = [
            TimelineStage(one, times[one], is_now=False)
            for one in WAY
            if times[one] and one != CaseState.DONE
        ]
        return [*passed, TimelineStage(state, case.finished_at or case.changed_at, is_now=True)]
    here = WAY.index(state)
    return [
        TimelineStage(one, times[one] if position <= here else None, is_now=position == here)
        for position, one in enumerate(WAY)
    ]


def in_state_since(case: Case) -> datetime:
    """When it came into the state that it is in."""
    now = next(stage for stage in timeline_of(case) if stage.is_now)
    return now.at or case.changed_at


def _times(case: Case) -> dict[CaseState, datetime | None]:
    approved = case.approvals.filter(word=Approval.Word.APPROVED).first()
    scheduled_at = (approved.at if approved else case.asked_at) if case.scheduled_for else None
    return {
        CaseState.DRAFT: case.opened_at,
        CaseState.WAITING: case.asked_at,
        CaseState.SCHEDULED: scheduled_at,
        CaseState.RUNNING: case.started_at,
        CaseState.DONE: case.finished_at,
    }
