"""Everything that the page of a case shows, apart from what is read from Asana at that moment."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from usher.access.models import User
from usher.removal.cases.permitted_actions import LIMITS, permitted_actions
from usher.removal.cases.snapshot import snapshot_of
from usher.removal.cases.timeline import in_state_since, timeline_of
from usher.removal.guardrails.facts import blockers_now
from usher.removal.guardrails.rules import Blocker, Rule
from usher.removal.models import Case, Target
from usher.removal.states import CaseState

BEFORE_RUNNING = frozenset(
    {CaseState.DRAFT, CaseState.WAITING, CaseState.APPROVED, CaseState.SCHEDULED, CaseState.FAILED}
)
MAY_BE_HELD = frozenset({CaseState.WAITING, CaseState.SCHEDULED})
CALLS_SHOWN = 300

# What a case that waits for approval waits for by its nature, which its state says already.
SAID_BY_WAITING = frozenset({Rule.APPROVAL, Rule.GRACE})


@dataclass(frozen=True)
class Facts:
    """What was known of a person at one time: when the case was opened, or now."""

    group: str
    employment: str
    last_day: date | None
    left_on: date | None
    last_used_at: datetime | None
    memberships: list[dict[str, object]]


def case_shown(case: Case, user: User) -> dict[str, object]:
    """The context of the whole page."""
    refused = refused_now(case)
    return {
        **_progress(case, refused),
        **calls_shown(case),
        "targets": list(case.targets.all()),
        "approvals": list(case.approvals.all()),
        "stages": timeline_of(case),
        "since": in_state_since(case),
        "offers": permitted_actions(case, user, refused),
        "is_before": case.state in BEFORE_RUNNING and not case.targets.exclude(sent_at=None).exists(),
        "then": facts_from(case.facts),
        "now": facts_now(case),
        "undone_by": case.undone_by.first(),
        "recorded": recorded(case),
    }


def progress_shown(case: Case) -> dict[str, object]:
    """Of the part that is asked for again and again while a case is open."""
    return _progress(case, refused_now(case))


def calls_shown(case: Case) -> dict[str, object]:
    calls = case.calls.select_related("step")
    return {"case": case, "calls": calls[:CALLS_SHOWN], "calls_count": calls.count()}


def refused_now(case: Case) -> list[Blocker]:
    return blockers_now(case) if case.state in MAY_BE_HELD else []


def _progress(case: Case, refused: list[Blocker]) -> dict[str, object]:
    is_limited = any(one.rule in LIMITS for one in refused)
    return {
        "case": case,
        "steps": list(case.steps.select_related("target")),
        "holds": holds(case, refused),
        "is_due": is_due(case),
        # Whoever watches gets the whole page anew when this is another: buttons depend on it.
        "standing": f"{case.state}-{case.approvals.count()}{'-limited' if is_limited else ''}",
    }


def is_due(case: Case) -> bool:
    return bool(case.scheduled_for and case.scheduled_for <= timezone.now())


def holds(case: Case, refused: list[Blocker]) -> list[Blocker]:
    """What stands in the way, beside what the state says already."""
    if case.state == CaseState.WAITING:
        return [one for one in refused if one.rule not in SAID_BY_WAITING]
    return [one for one in refused if one.rule != Rule.GRACE or not case.scheduled_for]


def facts_now(case: Case) -> Facts | None:
    """None where the person is no longer known."""
    return facts_from(snapshot_of(case.person).as_json()) if case.person else None


def facts_from(kept: dict[str, object]) -> Facts | None:
    """As `PersonSnapshot.as_json` writes them; None where nothing was kept."""
    employment = kept.get("employment")
    memberships = kept.get("memberships")
    if not isinstance(employment, dict) or not isinstance(memberships, list):
        return None
    return Facts(
        group=_text(employment.get("group")),
        employment=_text(employment.get("reason")),
        last_day=parse_date(_text(employment.get("last_day"))),
        left_on=parse_date(_text(employment.get("left_on"))),
        last_used_at=parse_datetime(_text(kept.get("last_used_at"))),
        memberships=[{**one, "since": parse_datetime(_text(one.get("since")))} for one in memberships],
    )


def recorded(case: Case) -> list[tuple[Target, dict[str, object]]]:
    """The access as the record step found it or, where it never came so far, as the last preview saw it."""
    targets = list(case.targets.all())
    seen = case.preview.get("seen")
    previewed = {one["workspace_gid"]: one for one in seen} if isinstance(seen, list) else {}
    found = [(target, target.recorded or previewed.get(target.workspace_gid)) for target in targets]
    return [
        (target, {**access, "at": parse_datetime(_text(access.get("at")))})
        for target, access in found
        if access
    ]


def _text(value: object) -> str:
    return str(value) if value else ""
