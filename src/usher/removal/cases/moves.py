"""How the state of a case changes: checked, stored, in the ledger, and told. Called with the case locked."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.utils import timezone

from usher.directory.models import Remark
from usher.directory.remarks.questions import take_back
from usher.ledger.actors import Actor
from usher.ledger.record import record
from usher.removal.cases.notices import tell_of_state
from usher.removal.models import Case
from usher.removal.states import CaseState, check_transition

HALTED = "halted"
"""The rule in `held_by` where no guardrail holds a case, but what was met when it ran."""


class MovedFields(TypedDict, total=False):
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime
    changed_by: list[dict[str, str | int | None]]
    scheduled_for: datetime
    started_at: datetime
    finished_at: datetime | None
    held_by: list[dict[str, str]]
    later_facts: dict[str, dict[str, object]]
    error: str
    remedy: str
    outcome: str


def move(
    case: Case,
    wanted: CaseState,
    actor: Actor,
    action: str,
    *,
    reason: str = "",
    **fields: Unpack[MovedFields],
) -> Case:
    check_transition(CaseState(case.state), wanted)
    before = {"state": str(case.state)}
    case.state = wanted
    for name, value in fields.items():
        setattr(case, name, value)
    case.save(update_fields=["state", "changed_at", *fields])
    entry = record(
        actor,
        action,
        str(case),
        reason=reason,
        before=before,
        after={"state": str(wanted)},
        connection=case.connection_id,
    )
    tell_of_state(case, entry)
    return case


def end(case: Case, wanted: CaseState, actor: Actor, action: str, outcome: str, *, reason: str = "") -> Case:
    if case.person is not None:
        take_back(case.person, Remark.Kind.ASANA_CHANGED)  # it is about this case
    return move(
        case,
        wanted,
        actor,
        action,
        reason=reason,
        outcome=outcome[:1000],
        finished_at=timezone.now(),
        held_by=[],
    )
